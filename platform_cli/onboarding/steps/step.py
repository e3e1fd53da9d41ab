"""What every step is made of: targets that observe, decide and apply.

A step never prints, never journals and never asks what another step has done: it looks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar, runtime_checkable

from platform_cli.onboarding.plan import Change, Resource
from platform_cli.onboarding.wanted import Wanted
from platform_cli.providers import Providers

Observed = TypeVar("Observed")


class Target(Protocol[Observed]):
    """One resource that a step brings into being."""

    @property
    def address(self) -> str:
        """Where the resource is or will be; unique in a plan; what `--adopt` names."""
        ...

    def observe(self, providers: Providers) -> Observed:
        """Look at the resource. Only reads."""
        ...

    def decide(self, observed: Observed) -> Change:
        """What is to be done about what was seen. Pure."""
        ...

    def apply(self, providers: Providers, change: Change) -> Resource:
        """Make the one mutating call that the change describes."""
        ...


@runtime_checkable
class HasInitialFields(Protocol):
    """A target with fields that are written once and then belong to the team."""

    def differs(
        self,
        observed: Any,
        payload: Mapping[str, Any],
        resource: Mapping[str, Any],
    ) -> str | None:
        """How the fields differ from what the journal says we wrote. Pure."""
        ...


@dataclass(frozen=True, slots=True)
class Step:
    """A row of the KPI: a permanent id, the steps it needs, and its targets for one domain."""

    id: str
    needs: tuple[str, ...]
    targets: Callable[[Wanted], Sequence[Target[Any]]]
    done_by_looking: bool = False
    """Calls nothing outside: observing its targets is all there is to do."""
    together: bool = False
    """Its targets need nothing of each other: they are changed at the same time."""
