"""Moments as files write them: a time with its offset, or a day."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Final

_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_MOMENT: Final = re.compile(
    r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{1,6})?([Zz]|[+-]\d\d:\d\d)", re.ASCII
)


def moment(text: str) -> datetime:
    """The moment in UTC; a day alone is its first moment. Raises ValueError."""
    if _DAY.fullmatch(text):
        return datetime.fromisoformat(text).replace(tzinfo=UTC)
    if not _MOMENT.fullmatch(text):
        raise ValueError(f"{text!r} is neither a day nor a time with its offset")
    try:
        return datetime.fromisoformat(text.upper()).astimezone(UTC)
    except OverflowError:
        raise ValueError(f"{text!r} is before the year 1 or after the year 9999") from None


def last_moment(text: str) -> datetime:
    """The same, but a day alone is its last second: what holds until a day holds on that day."""
    found = moment(text)
    return found + timedelta(hours=23, minutes=59, seconds=59) if _DAY.fullmatch(text) else found
