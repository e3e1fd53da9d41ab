"""Plan, Change, Action as plain data: what `--dry-run` prints and `engine` applies.

Nothing here looks at the world or changes it. A change describes its one mutating call fully, so
that the call made later can be compared with the plan printed before.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

Action = Literal["create", "update", "keep", "use", "adopt", "conflict", "unknown"]

# The order in which one change speaks for its whole step.
_LOUDEST_FIRST: Final[tuple[Action, ...]] = (
    "conflict",
    "unknown",
    "adopt",
    "create",
    "update",
    "use",
    "keep",
)

PENDING: Final[frozenset[Action]] = frozenset({"create", "update", "adopt"})
"""Actions that make a change outside."""

LOST: Final = "ours by its id; its marker is gone"
"""Why a marker is written again: whoever edited the text that carried it took it away."""

NEW_ONBOARDING: Final = "(new)"
"""Stands for the onboarding's id in the plan of a dry run that has none yet."""


@dataclass(frozen=True, slots=True)
class Call:
    """One mutating call: the provider's method and everything it is given, secrets left out."""

    method: str
    payload: Mapping[str, Any]

    def __str__(self) -> str:
        """One line for people: the method and its payload."""
        given = ", ".join(f"{key}={_short(value)}" for key, value in self.payload.items())
        return f"{self.method}({given})"


@dataclass(frozen=True, slots=True)
class Resource:
    """Something that exists, or will, outside this process."""

    kind: str
    address: str
    id: str | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """What is to happen to one resource, why, and by which call (none: nothing is called)."""

    action: Action
    resource: Resource
    reason: str
    call: Call | None = None
    way_out: str | None = None

    @property
    def pending(self) -> bool:
        """Whether something is left to do."""
        return self.action in PENDING

    def made(self, resource: Resource) -> Change:
        """The same change, with what it left behind."""
        return replace(self, resource=resource)


@dataclass(frozen=True, slots=True)
class StepPlan:
    """The changes of one step, in the order in which they are applied."""

    id: str
    needs: tuple[str, ...]
    changes: tuple[Change, ...]

    @property
    def action(self) -> Action:
        """The action that speaks for the whole step."""
        present = {change.action for change in self.changes}
        return next((action for action in _LOUDEST_FIRST if action in present), "keep")

    @property
    def pending(self) -> bool:
        """Whether anything is left to do."""
        return any(change.pending for change in self.changes)


@dataclass(frozen=True, slots=True)
class Plan:
    """Every step of an onboarding with its changes, in an order that respects their needs."""

    steps: tuple[StepPlan, ...]

    @property
    def conflicts(self) -> tuple[Change, ...]:
        """The changes that a person must decide about."""
        return tuple(
            change for step in self.steps for change in step.changes if change.action == "conflict"
        )

    @property
    def calls(self) -> tuple[Call, ...]:
        """The mutating calls that applying this plan makes."""
        return tuple(
            change.call
            for step in self.steps
            for change in step.changes
            if change.pending and change.call is not None
        )

    @property
    def pending(self) -> bool:
        """Whether anything is left to do."""
        return any(step.pending for step in self.steps)


def _short(value: object) -> str:
    if isinstance(value, Mapping):
        inner = ", ".join(f"{key}: {_short(item)}" for key, item in value.items())
        return "{" + inner + "}"
    if isinstance(value, str):
        return repr(value)
    return str(value)
