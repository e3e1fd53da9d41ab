"""What the journal knows of one domain under one profile: whose things are whose, what was begun.

Pure: events in, a `History` out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast

from platform_cli.journal.event import Event


@dataclass(frozen=True, slots=True)
class History:
    """Everything that a new run of the domain has to know of earlier ones."""

    ids: frozenset[str] = frozenset()
    """Every onboarding id of the domain, closed ones too: what they made is ours."""
    current: str | None = None
    """The onboarding that is not closed, if there is one."""
    requested: datetime | None = None
    first_spec: Mapping[str, Any] | None = None
    """The values of the first run that changed anything outside: those bind every later run."""
    spec: Mapping[str, Any] | None = None
    """The values of the latest run, whether or not it changed anything."""
    ready: bool = False
    known_ids: frozenset[tuple[str, str]] = frozenset()
    open_intents: Mapping[str, Event] = field(default_factory=dict)
    """By address: a call that was begun and whose result was never written."""
    attempts: Mapping[str, int] = field(default_factory=dict)
    passed: frozenset[str] = frozenset()
    """The checks that passed in the run that proved the domain."""
    trials_left: tuple[str, ...] = ()
    """Onboardings, closed ones too, a check of which began a change that, as far as the journal
    knows, was not taken away again."""
    events: tuple[Event, ...] = ()
    """The events of the current onboarding."""


def history(events: Iterable[Event]) -> History:
    """Fold the events of one domain, in the journal's order."""
    by_onboarding: dict[str, list[Event]] = {}
    trials = _Trials()
    known: set[tuple[str, str]] = set()
    intents: dict[str, Event] = {}
    closed: set[str] = set()
    for event in events:
        by_onboarding.setdefault(event.onboarding, []).append(event)
        if event.type == "onboarding.closed":
            closed.add(event.onboarding)
        elif event.type == "call.intent":
            intents[event.id] = event
            trials.begun(event)
        elif event.type == "call.result":
            intents.pop(str(event.detail.get("intent")), None)
            trials.ended(event)
            known.update(_resource_id(event))
    open_ids = [onboarding for onboarding in by_onboarding if onboarding not in closed]
    current = open_ids[-1] if open_ids else None
    mine = by_onboarding.get(current, []) if current else []
    return History(
        ids=frozenset(by_onboarding),
        current=current,
        requested=next((e.at for e in mine if e.type == "onboarding.requested"), None),
        first_spec=_binding_spec(mine),
        spec=_latest_spec(mine),
        ready=any(event.type == "onboarding.ready" for event in mine),
        known_ids=frozenset(known),
        passed=_passed(mine),
        trials_left=tuple(dict.fromkeys(trials.made.values())),
        open_intents={str(event.detail.get("address")): event for event in intents.values()},
        attempts=Counter(e.step for e in mine if e.type == "step.started" and e.step is not None),
        events=tuple(mine),
    )


def _binding_spec(events: Iterable[Event]) -> Mapping[str, Any] | None:
    """What was asked for by the first run that made a call; a run that only looked binds nobody."""
    asked: dict[str, Any] = {}
    for event in events:
        if event.type == "run.started":
            asked[event.run] = event.detail.get("spec")
        elif event.type == "call.intent" and isinstance(asked.get(event.run), Mapping):
            return cast("Mapping[str, Any]", asked[event.run])
    return None


def _latest_spec(events: Sequence[Event]) -> Mapping[str, Any] | None:
    bound = _binding_spec(events)
    if bound is not None:
        return bound
    specs = [event.detail.get("spec") for event in events if event.type == "run.started"]
    return next((kept for kept in reversed(specs) if isinstance(kept, Mapping)), None)


def _passed(events: Iterable[Event]) -> frozenset[str]:
    """The checks that passed in the last run that ran any."""
    by_run: dict[str, set[str]] = {}
    for event in events:
        if event.type == "check.finished" and event.detail.get("status") == "passed":
            by_run.setdefault(event.run, set()).add(str(event.detail.get("check")))
    return frozenset(next(reversed(by_run.values()), set()))


@dataclass(slots=True)
class _Trials:
    """What checks made and may not have taken away: by address, which names its onboarding.

    Whoever takes it away may be a run of a later onboarding.
    """

    made: dict[str, str] = field(default_factory=dict)
    intents: dict[str, Event] = field(default_factory=dict)

    def begun(self, intent: Event) -> None:
        """A change of a check was about to be made."""
        if intent.step == "ready":
            self.intents[intent.id] = intent
            if intent.detail.get("action") == "create":
                self.made[str(intent.detail.get("address"))] = intent.onboarding

    def ended(self, result: Event) -> None:
        """It was made, or found to be there."""
        intent = self.intents.get(str(result.detail.get("intent")))
        if intent is None or result.detail.get("status") not in {"done", "found"}:
            return
        if intent.detail.get("action") == "update":
            self.made.pop(str(intent.detail.get("address")), None)


def _resource_id(event: Event) -> Iterable[tuple[str, str]]:
    resource = event.detail.get("resource")
    if isinstance(resource, Mapping) and resource.get("id") and resource.get("kind"):
        yield (str(resource["kind"]), str(resource["id"]))
