"""The p50 beside another number: what it was before, or the most it may be."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class Comparison:
    """Before and after. None where there is no p50 yet, or nothing to divide by."""

    before_us: int
    after_us: Fraction | None
    saved_us: Fraction | None
    """Less than nothing where it takes longer now."""
    factor: Fraction | None
    """So many times as fast as before."""


def whole_us(span: timedelta) -> int:
    """The span as whole microseconds."""
    return span // timedelta(microseconds=1)


def before_and_after(before: timedelta, p50_us: Fraction | None) -> Comparison:
    """How the p50 compares with what it was before."""
    before_us = whole_us(before)
    return Comparison(
        before_us=before_us,
        after_us=p50_us,
        saved_us=None if p50_us is None else before_us - p50_us,
        factor=Fraction(before_us) / p50_us if p50_us else None,
    )


def above(limit: timedelta, p50_us: Fraction | None) -> bool:
    """Whether the p50 is above the limit. No data is not above."""
    return p50_us is not None and p50_us > whole_us(limit)
