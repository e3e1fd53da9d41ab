"""Order statistics over raw values: percentiles, and the median with censored values.

Exact: whole microseconds go in, whole numbers or fractions come out; nothing is rounded here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import groupby
from typing import Final

# With fewer values no p90 or p95 is claimed, and the values themselves are listed.
ENOUGH: Final = 5


@dataclass(frozen=True, slots=True)
class Summary:
    """What is reported of some values. `values` is None where there are enough to summarise."""

    n: int
    p50_us: Fraction | None
    p90_us: Fraction | None
    p95_us: Fraction | None
    values_us: tuple[int, ...] | None


def percentile(ordered: Sequence[int], percent: int) -> Fraction | None:
    """Linear interpolation between order statistics; None where there is no value.

    What PostgreSQL's `percentile_cont` gives: the value at `percent` of the way from the first of
    the ordered values to the last.
    """
    if not ordered:
        return None
    below, rest = divmod(percent * (len(ordered) - 1), 100)
    if rest == 0:
        return Fraction(ordered[below])
    return ordered[below] + Fraction(rest, 100) * (ordered[below + 1] - ordered[below])


def summary(values_us: Iterable[int]) -> Summary:
    """p50 from one value on, p90 and p95 from five on; below five the values, ascending."""
    ordered = sorted(values_us)
    enough = len(ordered) >= ENOUGH
    return Summary(
        n=len(ordered),
        p50_us=percentile(ordered, 50),
        p90_us=percentile(ordered, 90) if enough else None,
        p95_us=percentile(ordered, 95) if enough else None,
        values_us=None if enough else tuple(ordered),
    )


def censored_median(reached_us: Iterable[int], open_us: Iterable[int]) -> int | None:
    """Kaplan-Meier: the smallest t at which no more than half are still open, or None.

    `open_us` are the ages of those that are still open: they count as at risk up to and including
    that age, and leave without having reached anything.
    """
    moments = sorted([(us, False) for us in reached_us] + [(us, True) for us in open_us])
    at_risk = len(moments)
    # The share still open is a product of (left / at risk), one factor a moment. Between two
    # censored ones the factors cancel, so they are kept as `whole` and multiplied only when one
    # leaves: exact, and the numbers stay small where few are open.
    above, below, whole = 1, 1, at_risk
    for (us, censored), same in groupby(moments):
        count = sum(1 for _ in same)
        if censored:
            above, below = above * at_risk, below * whole
            at_risk -= count
            whole = at_risk
        else:
            at_risk -= count
            if 2 * above * at_risk <= below * whole:
                return us
    return None
