"""One machine's journal as `journal export` prints it: what it may never do, and what it comes to.

Asks the program for events and figures, and works both out again, as naively as it can be done.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Final

from platform_cli.journal.event import Event
from tests.crash.stateful_program import Clock, Done, Machine, Program, at, command
from tests.unit.kpi_naive import naive_document, seconds, tell

_MEASURED: Final = ("p50_s", "p90_s")
"""Of a step: measured by the run, where the naive computation has the moments of events alone."""


@dataclass(slots=True)
class Ledger:
    """What a journal has said so far."""

    program: Program
    machine: Machine
    profile: str
    events: list[Event] = field(default_factory=list)
    figured: int = 0
    partner: Machine | None = None
    """Another machine that writes to it, too."""

    def look(self) -> None:
        """Read it again: nothing is lost, changed, there twice or closed twice."""
        before, events = self.events, self.program.events(self.machine)
        assert events[: len(before)] == before, "the journal's past was changed"
        self.events = events
        ids = Counter(event.id for event in events)
        assert not [key for key, n in ids.items() if n > 1], "an event is there twice"
        writers = (self.machine, *((self.partner,) if self.partner else ()))
        lost = {one for writer in writers for one in writer.acknowledged()} - set(ids)
        assert not lost, f"acknowledged, and lost: {lost}"
        closed = [str(e.detail["intent"]) for e in events if e.type == "call.result"]
        intents = {e.id for e in events if e.type == "call.intent"}
        assert set(closed) <= intents, "a result without an intent"
        assert len(closed) == len(set(closed)), "an intent has two results"
        assert all(e.duration_s is None or e.duration_s >= 0 for e in events), "less than 0 s"

    def figures(self) -> None:
        """The report says what the naive computation says, and its parts sum up."""
        if self.figured == len(self.events):
            return
        self.figured = len(self.events)
        now = at(self.machine)
        argv = ["kpi", "onboarding", "--of-profile", self.profile, "--runs"]
        done = self.program.run(self.machine, *command(argv), clock=Clock(now=now.isoformat()))
        assert done.status == 0, done.output
        onboardings: dict[str, list[Event]] = {}
        for event in self.events:
            onboardings.setdefault(event.onboarding, []).append(event)
        naive = naive_document(
            list(onboardings.values()),
            now=now,
            profiles=frozenset({self.profile}),
            target_s=1_800,
            alarm_s=14_400,
            abandoned_days=14,
        )
        naive["in_progress"] = None  # for the page alone
        self._same(json.loads(json.dumps(naive)), done)
        for run in done.json["runs"]:
            parts = [round(part * 1_000_000) for part in run["split_s"].values()]
            assert min(parts) >= 0, run
            assert sum(parts) == round(run["lead_time_s"] * 1_000_000), run

    def _same(self, naive: dict[str, Any], done: Done) -> None:
        found = done.json
        for row in (*naive["steps"], *found["steps"]):
            for key in _MEASURED:
                del row[key]
        for key, value in naive.items():
            assert found.pop(key) == value, f"kpi: {key} is {value}, and not as in\n{done.output}"
        assert not found, f"kpi: more than is known: {found}"

    def agrees(self, result: dict[str, Any], *, ready: bool) -> None:
        """The lead time in a run's result is the one that its events come to."""
        naive = tell([e for e in self.events if e.onboarding == result["onboarding"]])
        assert naive is not None, "a run without an event"
        assert (naive.lead_time is not None) == ready, "ready in one of result and journal alone"
        if naive.lead_time is not None:
            assert result["lead_time_s"] == seconds(naive.lead_time), f"not {naive.lead_time}"

    def domains(self) -> list[str]:
        """The names that it knows."""
        return sorted({event.domain for event in self.events})

    def of(self, domain: str) -> list[Event]:
        """Everything about one name."""
        return [event for event in self.events if event.domain == domain]

    def ids(self, domain: str) -> set[str]:
        """Every onboarding of that name."""
        return {event.onboarding for event in self.of(domain)}

    def current(self, domain: str) -> str | None:
        """The onboarding that is not closed."""
        closed = {e.onboarding for e in self.of(domain) if e.type == "onboarding.closed"}
        return next(
            (e.onboarding for e in reversed(self.of(domain)) if e.onboarding not in closed), None
        )

    def ready(self, domain: str) -> bool:
        """Whether that one was proven."""
        current = self.current(domain)
        return any(e.onboarding == current and e.type == "onboarding.ready" for e in self.events)

    def unanswered(self, domain: str) -> set[str]:
        """Intents that have no result."""
        intents = {event.id for event in self.of(domain) if event.type == "call.intent"}
        return intents - {e.detail["intent"] for e in self.of(domain) if e.type == "call.result"}
