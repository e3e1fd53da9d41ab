"""A wall clock that is moved by an hour, before and during runs: no time is lost or negative."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from platform_cli.journal.event import Event
from tests.cli.program import LOYALTY, SET_UP, Done, Program

MOVED = """
import sys
from datetime import timedelta
from platform_cli.onboarding.clock import SystemClock

begin_s, later_s, after = float(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3])
wall, asked = SystemClock.wall, []

def moved(clock):
    asked.append(None)
    return wall(clock) + timedelta(seconds=begin_s if len(asked) <= after else later_s)

SystemClock.wall = moved
from platform_cli.cli.app import run
sys.exit(run(sys.argv[4:]))
"""
HOUR = 3_600


def init(program: Program, begin_s: float, later_s: float, after: int, *more: str) -> Done:
    """An `init` in a process whose wall clock is off, and moves after it was asked a few times."""
    moves = [str(begin_s), str(later_s), str(after)]
    argv = [*LOYALTY, *more, "--format", "json"]
    return program.run(command=[program.python, "-c", MOVED, *moves, *argv])


def made_ready(events: list[Event]) -> list[Event]:
    """The same events, ready at their end where they were not, as of another profile."""
    if not any(event.type == "onboarding.ready" for event in events):
        last = events[-1]
        ready = replace(last, id="ready", type="onboarding.ready", step=None, attempt=None)
        events = [*events, replace(ready, duration_s=None, detail={})]
    return [
        replace(e, profile="edited", id=f"edited-{e.id}", onboarding=f"edited-{e.onboarding}")
        for e in events
    ]


def holds(program: Program) -> dict[str, Any]:
    """Import the edited export; the split sums to the lead time, and nothing is negative."""
    events = program.events()
    assert all(event.duration_s is None or event.duration_s >= 0 for event in events)
    program.imported(made_ready(events))
    argv = ("kpi", "onboarding", "--of-profile", "edited", "--runs", "--format", "json")
    told = program.run(*argv, accept=frozenset({0})).json
    assert told["n"] == 1
    (run,) = told["runs"]
    parts = run["split_s"]
    assert all(part >= 0 for part in parts.values())
    whole_us = sum(round(part * 1_000_000) for part in parts.values())
    assert whole_us == round(run["lead_time_s"] * 1_000_000)
    assert all(step["p50_s"] is None or step["p50_s"] >= 0 for step in told["steps"])
    assert isinstance(run, dict)
    return run


@pytest.mark.parametrize(("first_s", "second_s"), [(HOUR, -HOUR), (-HOUR, HOUR)])
def test_between_two_runs(program: Program, first_s: float, second_s: float) -> None:
    for shift_s in (first_s, second_s):
        done = init(program, shift_s, shift_s, 0)
        assert done.status in SET_UP, done.all
        assert (done.json["lead_time_s"] or done.json["open_for_s"] or 0) >= 0
    run = holds(program)
    if second_s < first_s:
        assert run["lead_time_s"] < HOUR, "a clock that went back took the hour with it"


@pytest.mark.parametrize(("move_s", "after"), [(HOUR, 1), (-HOUR, 2), (-HOUR, 1)])
def test_during_a_run(program: Program, move_s: float, after: int) -> None:
    done = init(program, 0, move_s, after)
    assert done.status in SET_UP, done.all
    took_s = done.json["lead_time_s"] or done.json["open_for_s"]
    assert 0 <= took_s < HOUR
    assert 0 <= holds(program)["lead_time_s"] < HOUR


def test_a_journal_from_the_future_is_told_without_negative_numbers(program: Program) -> None:
    assert init(program, HOUR, HOUR, 0).status in SET_UP
    told = program.run("kpi", "onboarding", "--of-profile", "local", "--format", "json").json
    assert told["oldest_open_s"] is None or told["oldest_open_s"] >= 0
    again = program.init("--format", "json").json
    assert (again["lead_time_s"] or again["open_for_s"] or 0) >= 0


def test_events_edited_by_hand(program: Program) -> None:
    """An hour added to some events of an export, taken from others: still no negative number."""
    program.init()
    events = [
        replace(event, at=event.at + timedelta(hours=(-1, 0, 1)[number % 3]))
        for number, event in enumerate(program.events())
    ]
    program.imported(made_ready(events))
    argv = ("kpi", "onboarding", "--of-profile", "edited", "--runs", "--format", "json")
    told = program.run(*argv, accept=frozenset({0})).json
    for run in told["runs"]:
        parts = [round(part * 1_000_000) for part in run["split_s"].values()]
        assert all(part >= 0 for part in parts)
        assert sum(parts) == round(run["lead_time_s"] * 1_000_000)
