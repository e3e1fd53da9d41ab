"""Percentiles and the censored median: by hand, and against the standard library."""

from __future__ import annotations

import statistics
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from platform_cli.kpi.percentile import censored_median, percentile, summary

LENGTHS = st.lists(st.integers(0, 10**13), min_size=1, max_size=60)


@pytest.mark.parametrize(
    ("values", "percent", "expected"),
    [
        ([7], 50, 7),
        ([7], 95, 7),
        ([1, 2], 50, Fraction(3, 2)),
        ([10, 20, 30, 40], 50, 25),
        ([10, 20, 30, 40, 50], 50, 30),
        ([10, 20, 30, 40, 50], 90, 46),  # 0.9 x 4 = 3.6: 40 + 0.6 x 10
        ([10, 20, 30, 40, 50], 95, 48),
        ([0, 0, 0, 0, 1], 95, Fraction(4, 5)),
        ([1, 5], 0, 1),
        ([1, 5], 100, 5),
    ],
)
def test_linear_interpolation(values: list[int], percent: int, expected: Fraction | int) -> None:
    assert percentile(values, percent) == expected


def test_no_value_no_percentile() -> None:
    assert percentile([], 50) is None


@settings(deadline=None)
@given(LENGTHS, st.integers(0, 100))
def test_same_as_a_weighted_sum(values: list[int], percent: int) -> None:
    ordered = sorted(values)
    place = Fraction(percent, 100) * (len(ordered) - 1)
    weighted = sum(max(Fraction(0), 1 - abs(place - i)) * value for i, value in enumerate(ordered))
    assert percentile(ordered, percent) == weighted


@settings(deadline=None)
@given(st.lists(st.integers(0, 10**13).map(Fraction), min_size=2, max_size=60))
def test_same_as_the_standard_library(values: list[Fraction]) -> None:
    cuts = statistics.quantiles(values, n=100, method="inclusive")
    ordered = sorted(int(value) for value in values)
    assert [percentile(ordered, percent) for percent in range(1, 100)] == cuts
    assert percentile(ordered, 50) == statistics.median(values)


@pytest.mark.parametrize("n", [1, 2, 3, 4])
def test_below_five_the_values_stand_for_themselves(n: int) -> None:
    told = summary(range(n, 0, -1))
    assert told.n == n
    assert told.values_us == tuple(range(1, n + 1))
    assert told.p50_us == Fraction(n + 1, 2)
    assert told.p90_us is None
    assert told.p95_us is None


def test_from_five_on_percentiles_are_claimed() -> None:
    told = summary([50, 10, 40, 20, 30])
    assert [told.n, told.p50_us, told.p90_us, told.p95_us] == [5, 30, 46, 48]
    assert told.values_us is None


def test_of_nothing_nothing_is_said() -> None:
    told = summary([])
    assert (told.n, told.p50_us, told.p90_us, told.p95_us, told.values_us) == (
        0,
        None,
        None,
        None,
        (),
    )


@pytest.mark.parametrize(
    ("reached", "still_open", "expected"),
    [
        ([], [], None),
        ([], [5, 6], None),
        ([5], [], 5),
        ([1, 2, 3, 4], [], 2),  # a half is open after 2: no more than half
        ([1, 2, 3, 4, 5], [], 3),
        ([1, 2], [9, 9], 2),
        ([1, 2], [9, 9, 9], None),  # three of five never came
        # The censored one at 2 leaves; 3/4, then 3/4 x 1/2 at 3.
        ([1, 3, 4], [2], 3),
        # 3/4, then two leave, then 0.
        ([1, 9], [2, 3], 9),
        # At the same moment, who is reached counts before who leaves: 2/3, then 1/3.
        ([1, 2], [2], 2),
        ([2], [1, 1, 1], 2),
        ([0, 0], [0], 0),
        # Exactly a half, where floating point would miss it: 5/6 x 4/5 x 3/4.
        ([1, 2, 3, 4, 5, 6], [], 3),
    ],
)
def test_kaplan_meier(reached: list[int], still_open: list[int], expected: int | None) -> None:
    assert censored_median(reached, still_open) == expected


@settings(deadline=None)
@given(st.lists(st.integers(0, 30), max_size=25), st.lists(st.integers(0, 30), max_size=25))
def test_kaplan_meier_is_the_product_of_its_factors(
    reached: list[int], still_open: list[int]
) -> None:
    surviving, expected = Fraction(1), None
    for t in sorted(set(reached)):
        at_risk = sum(1 for x in [*reached, *still_open] if x >= t)
        surviving *= 1 - Fraction(reached.count(t), at_risk)
        if surviving <= Fraction(1, 2):
            expected = t
            break
    assert censored_median(reached, still_open) == expected


@settings(deadline=None)
@given(LENGTHS)
def test_without_open_ones_it_is_the_lower_median(values: list[int]) -> None:
    assert censored_median(values, []) == statistics.median_low(values)


@settings(deadline=None)
@given(LENGTHS, st.lists(st.integers(0, 10**13), min_size=1, max_size=20))
def test_open_ones_never_flatter(values: list[int], ages: list[int]) -> None:
    plain = censored_median(values, [])
    with_open = censored_median(values, ages)
    assert plain is not None
    assert with_open is None or with_open >= plain
