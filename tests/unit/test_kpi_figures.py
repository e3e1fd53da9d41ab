"""Onboardings -> figures -> the JSON document, with onboardings made by hand."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any

import pytest

from platform_cli.kpi.document import document
from platform_cli.kpi.figures import Figures, figures, usual_durations
from platform_cli.kpi.spans import Attempt, Split
from platform_cli.kpi.timeline import Onboarding

NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)
DAY = 86_400
US = 1_000_000
BOUNDS_S = [60.0 * m for m in (1, 5, 15, 30, 60, 120, 240, 480, 1440, 2880, 10080, 20160, 43200)]


def ready(lead_s: int, *attempts: Attempt, name: str = "loyalty") -> Onboarding:
    """Ready after so many seconds: a tenth machine, a tenth retry, the rest waiting."""
    tenth = lead_s * US // 10
    start = NOW - timedelta(days=20)
    return Onboarding(
        id=f"o-{name}-{lead_s}",
        domain=name,
        profile="work",
        start=start,
        ready=start + timedelta(seconds=lead_s),
        closed=False,
        last=start + timedelta(seconds=lead_s),
        lead_time_us=lead_s * US,
        split=Split(tenth, tenth, lead_s * US - 2 * tenth),
        attempts=attempts,
        first_pass=True,
        clock_back=False,
    )


def still_open(age_s: float, *attempts: Attempt, quiet_s: float = 0) -> Onboarding:
    """Started so long ago, last heard of so long ago."""
    return replace(
        ready(0, *attempts),
        start=NOW - timedelta(seconds=age_s),
        last=NOW - timedelta(seconds=quiet_s),
        ready=None,
        lead_time_us=None,
        split=None,
        first_pass=False,
    )


def count(*onboardings: Onboarding, profiles: frozenset[str] | None = None) -> Figures:
    return figures(
        onboardings,
        now=NOW,
        profiles=profiles,
        target_s=1800,
        alarm_s=14400,
        abandoned_days=14,
    )


def done(step: str, seconds: float, machine_s: float | None = None) -> Attempt:
    whole = round(seconds * US)
    return Attempt(step, "done", whole, whole if machine_s is None else round(machine_s * US))


def test_nothing_is_no_data_and_never_nought() -> None:
    told = document(count(), runs=False)
    assert told == {
        "schema": "platform-cli/kpi-onboarding/1",
        "n": 0,
        "open": 0,
        "abandoned": 0,
        "closed": 0,
        "excluded": {"profile": 0},
        "lead_time_s": {"p50": None, "p90": None, "p95": None, "values": []},
        "censored_p50_s": None,
        "oldest_open_s": None,
        "split_s": {"machine": None, "retry": None, "waiting": None},
        "first_pass_rate": None,
        "target_s": 1800,
        "alarm_s": 14400,
        "steps": [],
        "runs": None,
        "groups": None,
        "open_runs": None,
        "in_progress": None,
        "since": None,
        "trend": [],
        "time_by_step": [],
        "distribution": [{"up_to_s": bound, "n": 0} for bound in (*BOUNDS_S, None)],
        "baseline": None,
        "clock_back": 0,
        "error": None,
    }
    assert next(iter(told)) == "schema"


def test_one() -> None:
    told = document(count(ready(100)), runs=False)
    assert told["n"] == 1
    assert told["lead_time_s"] == {"p50": 100.0, "p90": None, "p95": None, "values": [100.0]}
    assert told["split_s"] == {"machine": 10.0, "retry": 10.0, "waiting": 80.0}
    assert told["first_pass_rate"] == 1.0
    assert told["censored_p50_s"] == 100.0
    assert told["oldest_open_s"] is None


def test_four_are_listed() -> None:
    told = document(count(ready(400), ready(100), ready(300), ready(200)), runs=False)
    assert told["lead_time_s"] == {
        "p50": 250.0,
        "p90": None,
        "p95": None,
        "values": [100.0, 200.0, 300.0, 400.0],
    }


def test_five_are_summarised() -> None:
    told = document(count(*(ready(100 * i) for i in range(1, 6))), runs=False)
    assert told["lead_time_s"] == {"p50": 300.0, "p90": 460.0, "p95": 480.0, "values": None}
    assert told["split_s"] == {"machine": 150.0, "retry": 150.0, "waiting": 1200.0}


def test_open_ones_are_censored_and_not_dropped() -> None:
    told = count(ready(100), ready(200), still_open(500), still_open(900), still_open(1000))
    assert told.open == 3
    assert told.lead_time.p50_us == 150 * US
    assert told.censored_p50_us is None  # three of five have not come
    assert told.oldest_open_us == 1000 * US


def test_an_open_one_from_the_future_has_no_age() -> None:
    told = count(still_open(-50, quiet_s=-50))
    assert (told.oldest_open_us, told.abandoned) == (0, 0)


@pytest.mark.parametrize(
    ("quiet_s", "abandoned"), [(14 * DAY - 1e-6, 0), (14 * DAY, 1), (99 * DAY, 1)]
)
def test_abandoned_are_open_still(quiet_s: float, abandoned: int) -> None:
    told = count(still_open(100 * DAY, quiet_s=quiet_s))
    assert (told.open, told.abandoned) == (1, abandoned)
    assert told.oldest_open_us == 100 * DAY * US


def test_closed_counts_in_closed_and_nowhere_else() -> None:
    attempt = done("render", 3)
    told = count(
        ready(100),
        replace(ready(7, attempt), closed=True, first_pass=False, clock_back=True),
        replace(still_open(9, attempt), closed=True),
    )
    assert (told.closed, told.lead_time.n, told.open, told.clock_back) == (2, 1, 0, 0)
    assert told.steps == ()
    assert told.first_pass_rate == 1
    assert told.runs is not None
    assert [one.id for one in told.runs] == ["o-loyalty-100"]


@pytest.mark.parametrize(
    ("profiles", "leads", "excluded"),
    [
        (None, [2, 3], 1),
        (frozenset({"local"}), [1], 2),
        (frozenset({"work"}), [2], 2),
        (frozenset({"work", "local", "test"}), [1, 2, 3], 0),
        (frozenset[str](), [], 3),
    ],
)
def test_profiles(profiles: frozenset[str] | None, leads: list[int], excluded: int) -> None:
    onboardings = [
        replace(ready(1), profile="local"),
        replace(ready(2), profile="work"),
        replace(ready(3), profile="test"),
    ]
    told = count(*onboardings, profiles=profiles)
    assert told.lead_time.values_us == tuple(lead * US for lead in leads)
    assert told.excluded_profile == excluded


def test_excluded_and_closed_is_excluded() -> None:
    told = count(replace(ready(1), profile="local", closed=True))
    assert (told.excluded_profile, told.closed) == (1, 0)


def test_first_pass_is_over_the_ready_ones() -> None:
    told = count(ready(1), ready(2), replace(ready(3), first_pass=False), still_open(9))
    assert told.first_pass_rate == Fraction(2, 3)


def test_clocks_that_went_back_are_counted() -> None:
    told = count(
        ready(1), replace(ready(2), clock_back=True), replace(still_open(3), clock_back=True)
    )
    assert told.clock_back == 2


def test_steps_of_ready_and_open_onboardings() -> None:
    told = count(
        ready(
            100,
            Attempt("repo.create", "failed", 9 * US, 0),
            done("repo.create", 3),
            done("render", 1),
        ),
        ready(100, done("render", 1), Attempt("render", "kept", 1, 1)),
        still_open(5, Attempt("render", "done", 4 * US, 0), Attempt("render", "cut", 9 * US, 0)),
    )
    assert document(told, runs=False)["steps"] == [
        # done 1, 1 and 4, kept once; the cut one has no end.
        {
            "id": "render",
            "n": 4,
            "p50_s": 1.0,
            "p90_s": None,
            "failures": 0,
            "share": pytest.approx(0.4),
        },
        {
            "id": "repo.create",
            "n": 2,
            "p50_s": 3.0,
            "p90_s": None,
            "failures": 1,
            "share": pytest.approx(0.6),
        },
    ]


def test_p90_of_a_step_is_claimed_from_five_that_were_done() -> None:
    four = [done("render", i) for i in (1, 2, 3, 4)]
    failed = Attempt("render", "failed", US, 0)
    assert count(ready(9, *four, failed)).steps[0].p90_us is None
    assert (
        count(ready(9, *four, failed, done("render", 5))).steps[0].p90_us == Fraction(46, 10) * US
    )


def test_shares_are_of_machine_time_and_sum_to_one() -> None:
    told = count(
        ready(9, done("a", 9, machine_s=1), done("b", 9, machine_s=2), Attempt("c", "cut", US, US)),
        still_open(9, done("d", 9, machine_s=0)),
    )
    assert [(step.id, step.n, step.share) for step in told.steps] == [
        ("a", 1, Fraction(1, 4)),
        ("b", 1, Fraction(1, 2)),
        ("c", 0, Fraction(1, 4)),  # cut off, and still a quarter of the time
        ("d", 1, 0),
    ]
    assert sum(step.share or 0 for step in told.steps) == 1


def test_without_machine_time_there_is_no_share() -> None:
    told = count(still_open(9, Attempt("a", "done", US, 0), Attempt("b", "cut", US, 0)))
    assert [(step.id, step.share) for step in told.steps] == [("a", None)]


def test_runs_list_the_onboardings_behind_the_figures() -> None:
    one, other = ready(100, done("render", 1), name="loyalty"), ready(30, name="orders")
    told = document(count(one, still_open(5), other), runs=True)
    assert len(told["runs"]) == told["n"]
    assert told["runs"][1] == {
        "onboarding": "o-orders-30",
        "domain": "orders",
        "profile": "work",
        "start": "2026-03-11T12:00:00.000000Z",
        "ready": "2026-03-11T12:00:30.000000Z",
        "lead_time_s": 30.0,
        "split_s": {"machine": 3.0, "retry": 3.0, "waiting": 24.0},
        "template": None,
        "first_pass": True,
        "clock_back": False,
    }


def test_runs_that_were_not_kept_cannot_be_listed() -> None:
    told = figures(
        [ready(1)],
        now=NOW,
        profiles=None,
        target_s=1,
        alarm_s=2,
        abandoned_days=14,
        keep_runs=False,
    )
    assert told.runs is None
    assert document(told, runs=False)["runs"] is None
    with pytest.raises(ValueError, match="not kept"):
        document(told, runs=True)


def test_the_document_is_json() -> None:
    told = document(count(ready(1, done("render", 1)), ready(2), still_open(3)), runs=True)
    again: dict[str, Any] = json.loads(json.dumps(told, allow_nan=False))
    assert again == told


def test_onboardings_are_streamed_once() -> None:
    def stream() -> Iterator[Onboarding]:
        yield from (ready(i) for i in range(1, 4))

    told = figures(stream(), now=NOW, profiles=None, target_s=1, alarm_s=2, abandoned_days=14)
    assert told.lead_time.n == 3


def test_usual_durations_are_of_what_was_done() -> None:
    told = usual_durations(
        [
            ready(9, done("render", 1), done("render", 2), Attempt("render", "failed", 99 * US, 0)),
            still_open(9, done("repo.create", 0.25), Attempt("repo.push", "kept", US, 0)),
            replace(ready(9, done("render", 1000)), closed=True),
        ],
    )
    assert told == {"render": 1.5, "repo.create": 0.25}
    assert usual_durations([]) == {}
