"""Events to write into a journal. Imports little: processes that the tests start wait for it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from platform_cli.journal.event import Event

START = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)


def event(number: int, **changes: Any) -> Event:
    """The event of that number; like no other in its id and time."""
    made = Event(
        id=f"e{number}",
        onboarding="o1",
        run="r1",
        domain="loyalty",
        profile="local",
        at=START + timedelta(microseconds=number),
        type="step.started",
        step="repo.create",
        attempt=1,
        duration_s=None,
        detail={"number": number},
    )
    return replace(made, **changes)
