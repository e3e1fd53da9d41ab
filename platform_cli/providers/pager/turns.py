"""Who is on call at a moment: weekly turns, counted from a fixed start.

Owns the arithmetic of time zones and hand-overs. A turn begins when the clock on the wall shows
the hand-over, so the week with a clock change is an hour longer or shorter. Reads no file.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Final, TypeVar

Member = TypeVar("Member")
DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")

_MONDAY: Final = date(1970, 1, 5)
"""Turn 0 begins in this week: fixed, so that everybody counts alike."""
_WEEK: Final = 7
_HANDOVER: Final = re.compile(rf"({'|'.join(DAYS)}) ([01][0-9]|2[0-3]):([0-5][0-9])")


@dataclass(frozen=True, slots=True)
class Handover:
    """A day of the week, 0 for Monday, and the time that the clock on the wall shows."""

    weekday: int
    at: time

    def begins(self, number: int, zone: tzinfo) -> datetime:
        """When the turn of that number begins. An hour shown twice counts the first time."""
        day = _MONDAY + timedelta(days=self.weekday + _WEEK * number)
        # Where the clock jumps over that hour, Python takes the offset from before the jump:
        # a hand-over at 02:30, half an hour into the jump, is half an hour after it.
        return datetime.combine(day, self.at, zone).astimezone(UTC)

    def number(self, moment: datetime, zone: tzinfo) -> int:
        """The number of the turn that the moment lies in; negative before turn 0."""
        days = (moment.astimezone(zone).date() - _MONDAY).days - self.weekday
        number = days // _WEEK
        # The date alone can be one turn off, on the day of a hand-over and by a clock change.
        while self.begins(number, zone) > moment:
            number -= 1
        while self.begins(number + 1, zone) <= moment:
            number += 1
        return number


def parse_handover(text: str) -> Handover:
    """Read a hand-over such as `Mon 09:00`. Raises ValueError."""
    found = _HANDOVER.fullmatch(text)
    if found is None:
        raise ValueError(f"the hand-over {text!r} is not a day and a time such as Mon 09:00")
    day, hour, minute = found.groups()
    return Handover(DAYS.index(day), time(int(hour), int(minute)))


def parse_zone(name: str) -> tzinfo:
    """The time zone of that name. Raises ValueError where this machine knows none."""
    if name == "UTC":
        return UTC  # needs no database of zones, which a small machine may lack
    from zoneinfo import ZoneInfo

    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # all three, depending on how wrong the name is
        raise ValueError(f"the time zone {name!r} is not known on this machine") from None


def on_turn(
    members: Sequence[Member],
    handover: str,
    time_zone: str,
    moment: datetime,
) -> Member | None:
    """The one member whose turn it is, or None where there are none. Raises ValueError."""
    weekly, zone = parse_handover(handover), parse_zone(time_zone)
    return members[weekly.number(moment, zone) % len(members)] if members else None
