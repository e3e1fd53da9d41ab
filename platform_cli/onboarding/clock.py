"""Time and ids, injected: one wall-clock anchor a run, monotonic after it.

A wall clock that is set back in the middle of a run therefore moves nothing.
"""

from __future__ import annotations

import time
import uuid
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Where time comes from."""

    def wall(self) -> datetime:
        """The wall clock, in UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds that only go forward."""
        ...


class SystemClock:
    """The machine's clocks."""

    def wall(self) -> datetime:
        """The machine's wall clock."""
        return datetime.now(tz=UTC)

    def monotonic(self) -> float:
        """The machine's monotonic clock."""
        return time.monotonic()


class RunClock:
    """The time of one run: an anchor of the wall clock, then monotonic."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._anchor = clock.wall()
        self._start_s = clock.monotonic()

    def now(self) -> datetime:
        """The moment, by the anchor and the monotonic clock."""
        return self._anchor + timedelta(seconds=self.elapsed_s())

    def elapsed_s(self) -> float:
        """Seconds since the run began."""
        return self._clock.monotonic() - self._start_s


def new_id() -> str:
    """An id that nobody else has."""
    return uuid.uuid4().hex
