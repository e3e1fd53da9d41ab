"""The words for a stretch of time: `90d` as typed, and the week that a moment belongs to."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import Final

_UNITS: Final = {"s": 1, "min": 60, "m": 60, "h": 3_600, "d": 86_400, "w": 7 * 86_400}
_SPAN: Final = re.compile(r"(\d{1,6})\s?(s|min|m|h|d|w)", re.ASCII)
# Longer than any onboarding; a date so far back still exists.
_LONGEST: Final = timedelta(days=365 * 100)


def parse_span(text: str) -> timedelta:
    """A stretch such as `45s`, `30min`, `4h`, `90d` or `2w`. Raises ValueError."""
    found = _SPAN.fullmatch(text.strip())
    if found is None:
        msg = f"{text!a} is not a stretch of time such as 30min, 4h or 90d"
        raise ValueError(msg)
    span = timedelta(seconds=int(found[1]) * _UNITS[found[2]])
    if span > _LONGEST:
        msg = f"{text!a} is longer than a hundred years"
        raise ValueError(msg)
    return span


def parse_since(text: str, now: datetime) -> date:
    """The first day that counts: a date as it is typed, or so long ago. Raises ValueError."""
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        pass
    try:
        return day_of(now - parse_span(text))
    except ValueError:
        msg = f"{text!a} is neither a stretch of time such as 90d nor a date such as 2026-09-01"
        raise ValueError(msg) from None


def day_of(at: datetime) -> date:
    """The day in UTC."""
    return at.astimezone(UTC).date()


def week_of(at: datetime) -> str:
    """The ISO week in UTC, such as `2026-W47`; sorts as text in the order of time."""
    week = day_of(at).isocalendar()
    return f"{week.year:04}-W{week.week:02}"
