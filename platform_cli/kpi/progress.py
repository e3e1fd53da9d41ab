"""How many onboardings were in progress at the end of each day, or of each week where that is long.

Open ones count until now. Pure: told what now is.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from platform_cli.kpi.periods import day_of
from platform_cli.kpi.timeline import Onboarding

_LONGEST_IN_DAYS: Final = 120
# More would not be seen in a chart; what was before is left out.
_MOST: Final = 520


@dataclass(frozen=True, slots=True)
class InProgress:
    """So many were asked for and not ready when the day ended."""

    day: date
    open: int


def in_progress(
    ready: Sequence[Onboarding],
    still_open: Sequence[Onboarding],
    now: datetime,
    since: date | None = None,
) -> tuple[InProgress, ...]:
    """A count for each day from the first request, or from `since`, to today."""
    began = sorted(one.start for one in (*ready, *still_open))
    ended = sorted(max(one.ready, one.start) for one in ready if one.ready is not None)
    if not began:
        return ()
    today = day_of(now)
    first = day_of(began[0]) if since is None else max(since, day_of(began[0]))
    step = timedelta(days=1 if (today - first).days <= _LONGEST_IN_DAYS else 7)
    days = min(max((today - first) // step, 0), _MOST - 1)
    counts = []
    for number in range(days, -1, -1):
        day = today - step * number
        moment = min(_end_of(day), now)
        still = bisect_right(began, moment) - bisect_right(ended, moment)
        counts.append(InProgress(day, still))
    return tuple(counts)


def _end_of(day: date) -> datetime:
    return datetime.combine(day, time.max, tzinfo=UTC)
