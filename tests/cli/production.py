"""Onboardings of a production profile as a journal has them: known durations, known figures."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from platform_cli.journal.event import Event, EventType

BEGIN = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
PROFILE = "production"


def ready_onboardings(number: int) -> list[Event]:
    """So many onboardings, one a day; the n-th took n minutes of steps after n hours of waiting."""
    return [event for index in range(number) for event in onboarding(index)]


def lead_time_s(index: int) -> float:
    """How long the onboarding of that index took."""
    return (index + 1) * 3_660.0


def onboarding(index: int) -> list[Event]:
    """Asked for, then n hours of nothing, then n minutes of work, then ready."""
    asked = BEGIN + timedelta(days=index)
    start = asked + timedelta(hours=index + 1)
    end = start + timedelta(minutes=index + 1)
    minutes = 60.0 * (index + 1)
    told: list[tuple[EventType, datetime, dict[str, Any]]] = [
        ("onboarding.requested", asked, {}),
        ("run.started", start, {"detail": {"actor": "ann", "host": "box"}}),
        ("step.started", start, {"step": "repo.create", "attempt": 1}),
        (
            "step.finished",
            end,
            {
                "step": "repo.create",
                "attempt": 1,
                "duration_s": minutes,
                "detail": {"status": "done"},
            },
        ),
        ("onboarding.ready", end, {}),
        ("run.finished", end, {"detail": {"outcome": "ready"}}),
    ]
    return [
        Event(
            id=f"event-{index}-{place}",
            onboarding=f"onboarding-{index}",
            run=f"run-{index}",
            domain=f"domain-{index}",
            profile=PROFILE,
            at=at,
            type=kind,
            **more,
        )
        for place, (kind, at, more) in enumerate(told)
    ]
