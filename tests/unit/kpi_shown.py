"""The command `kpi onboarding` in this process, over a journal that a test makes."""

from __future__ import annotations

import json
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from platform_cli.cli.app import run
from platform_cli.journal.event import Event, EventType
from platform_cli.journal.sqlite import SqliteJournal

HOSTILE = "=cmd()|' /C calc'!A0<script>alert(1)</script>"


@dataclass(frozen=True)
class Shown:
    """What came out, and the exit code."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.out)
        return found


@dataclass(frozen=True)
class Kpi:
    """A place with a journal."""

    home: Path
    capture: pytest.CaptureFixture[str]

    def keep(self, events: Iterable[Event]) -> None:
        path = self.home / "journal.sqlite3"
        with closing(SqliteJournal.open(path, self.home / "locks")) as kept:
            kept.extend(events)

    def show(self, *words: str) -> Shown:
        self.capture.readouterr()
        code = run(["kpi", "onboarding", *words])
        captured = self.capture.readouterr()
        return Shown(int(code), captured.out, captured.err)


def onboarding(
    number: int,
    *,
    asked: datetime,
    lead_s: float | None,
    domain: str | None = None,
    profile: str = "work",
    template: str = "1.0.0",
    machine_s: float = 5,
    step: str = "repo.create",
) -> list[Event]:
    """Asked for, run at the end of its time, and ready; or open, after a failed attempt."""
    began = asked + timedelta(seconds=max((lead_s or 60) - machine_s, 0))
    ended = began + timedelta(seconds=min(machine_s, lead_s if lead_s is not None else machine_s))
    told: list[tuple[EventType, datetime, dict[str, Any]]] = [
        ("onboarding.requested", asked, {}),
        ("run.started", began, {"detail": {"template": template}}),
        ("step.started", began, {"step": step, "attempt": 1}),
        (
            "step.finished",
            ended,
            {
                "step": step,
                "attempt": 1,
                "duration_s": (ended - began).total_seconds(),
                "detail": {"status": "failed" if lead_s is None else "done"},
            },
        ),
    ]
    if lead_s is not None:
        told.append(("onboarding.ready", ended, {}))
    return [
        Event(
            id=f"{profile}-{number}-{place}",
            onboarding=f"{profile}-o{number}",
            run=f"{profile}-r{number}",
            domain=domain or f"domain-{number}",
            profile=profile,
            at=at,
            type=kind,
            **more,
        )
        for place, (kind, at, more) in enumerate(told)
    ]


def several(number: int, *, ended: datetime | None = None) -> list[Event]:
    """So many, one a day until yesterday; each took ten minutes longer than the one before."""
    last = ended or datetime.now(tz=UTC).replace(microsecond=0) - timedelta(days=1)
    return [
        event
        for n in range(number)
        for event in onboarding(n, asked=last - timedelta(days=number - n), lead_s=600.0 * (n + 1))
    ]
