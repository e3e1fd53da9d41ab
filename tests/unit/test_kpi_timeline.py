"""One onboarding's events -> its timeline: cases worked out by hand.

A journal is written one event a line: run, seconds after ten o'clock, type, and for steps and
waits the step, the attempt and the status or reason. `d=` gives `duration_s`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from platform_cli.journal.event import Event, EventType
from platform_cli.kpi.spans import Attempt, Split
from platform_cli.kpi.timeline import LeadTime, Onboarding, lead_time_of, onboarding

TEN = datetime(2026, 3, 2, 10, tzinfo=UTC)
SHORT = {
    "requested": "onboarding.requested",
    "begin": "run.started",
    "end": "run.finished",
    "step": "step.started",
    "done": "step.finished",
    "kept": "step.finished",
    "failed": "step.finished",
    "odd": "step.finished",
    "poll": "wait.started",
    "backoff": "wait.started",
    "go-on": "wait.finished",  # without saying from which
    "go-on-poll": "wait.finished",
    "go-on-backoff": "wait.finished",
    "call": "call.intent",
    "ready": "onboarding.ready",
    "close": "onboarding.closed",
}


def at(seconds: float) -> datetime:
    return TEN + timedelta(seconds=seconds)


def journal(text: str) -> list[Event]:
    """The events of one onboarding, from lines such as `a 7 done render 1 d=2.5`."""
    events = []
    for number, line in enumerate(text.strip().splitlines()):
        run, seconds, word, *rest = line.split("#")[0].split()
        duration = [float(part[2:]) for part in rest if part.startswith("d=")]
        named = [part for part in rest if not part.startswith("d=")]
        detail: dict[str, Any] = {}
        if SHORT[word] == "step.finished":
            detail["status"] = word
        if (reason := word.removeprefix("go-on-")) in {"poll", "backoff"}:
            detail["reason"] = reason
        events.append(
            Event(
                id=f"e{number}",
                onboarding="o1",
                run=run,
                domain="loyalty",
                profile="work",
                at=at(float(seconds)),
                type=cast("EventType", SHORT[word]),
                step=named[0] if named else None,
                attempt=int(named[1]) if len(named) > 1 else None,
                duration_s=duration[0] if duration else None,
                detail=detail,
            ),
        )
    return events


def read(text: str) -> Onboarding:
    one = onboarding(journal(text))
    assert one is not None
    if one.split is not None and one.lead_time_us is not None:
        parts = (one.split.machine_us, one.split.retry_us, one.split.waiting_us)
        assert sum(parts) == one.lead_time_us
        assert min(parts) >= 0
    return one


@dataclass(frozen=True)
class Case:
    """Seconds of lead time, and of it machine, retry and waiting."""

    name: str
    text: str
    lead: float
    machine: float
    retry: float
    waiting: float
    first_pass: bool = False
    clock_back: bool = False


CASES = [
    Case(
        "one run, one step after the other, two seconds between them",
        """
        a 0 begin
        a 0 step render 1
        a 3 done render 1
        a 5 step repo.create 1
        a 9 done repo.create 1
        a 9 ready
        a 9 end
        """,
        lead=9,
        machine=7,  # 0-3, 5-9
        retry=0,
        waiting=2,
        first_pass=True,
    ),
    Case(
        "steps at the same time count once",
        """
        a 0 begin
        a 0 step render 1
        a 2 step repo.create 1
        a 6 done render 1
        a 8 done repo.create 1
        a 8 ready
        """,
        lead=8,
        machine=8,  # 0-8, of which 2-6 twice
        retry=0,
        waiting=0,
        first_pass=True,
    ),
    Case(
        "a poll is waiting, in the middle of its step",
        """
        a 0  begin
        a 0  step ready 1
        a 2  poll ready 1
        a 12 go-on ready 1
        a 15 done ready 1
        a 15 ready
        """,
        lead=15,
        machine=5,  # 0-2, 12-15
        retry=0,
        waiting=10,
        first_pass=True,
    ),
    Case(
        "a back-off in the middle of a poll: retry before waiting, and the poll goes on",
        """
        a 0  begin
        a 0  step ready 1
        a 1  poll ready 1
        a 3  backoff ready 1
        a 7  go-on-backoff ready 1
        a 12 go-on-poll ready 1
        a 13 done ready 1
        a 13 ready
        """,
        lead=13,
        machine=2,  # 0-1, 12-13
        retry=4,  # 3-7
        waiting=7,  # 1-3, 7-12
        first_pass=True,
    ),
    Case(
        "while one step polls, another runs: machine before waiting",
        """
        a 0  begin
        a 0  step repo.create 1
        a 0  step oncall.rotation 1
        a 1  poll repo.create 1
        a 7  done oncall.rotation 1
        a 11 go-on repo.create 1
        a 12 done repo.create 1
        a 12 ready
        """,
        lead=12,
        machine=8,  # 0-7, 11-12
        retry=0,
        waiting=4,  # 7-11
        first_pass=True,
    ),
    Case(
        "a failed attempt is retry, the back-off after it too, the next attempt machine",
        """
        a 0  begin
        a 0  step repo.create 1
        a 4  failed repo.create 1
        a 4  backoff repo.create 1
        a 9  go-on repo.create 1
        a 9  step repo.create 2
        a 11 done repo.create 2
        a 11 ready
        """,
        lead=11,
        machine=2,
        retry=9,
        waiting=0,
        first_pass=False,  # an attempt had failed
    ),
    Case(
        "a back-off inside an attempt that is done in the end",
        """
        a 0  begin
        a 0  step repo.create 1
        a 1  backoff repo.create 1
        a 4  go-on repo.create 1
        a 6  done repo.create 1
        a 6  ready
        """,
        lead=6,
        machine=3,  # 0-1, 4-6
        retry=3,
        waiting=0,
        first_pass=True,  # no attempt failed
    ),
    Case(
        "a poll is waiting even where its attempt fails later",
        """
        a 0  begin
        a 0  step ready 1
        a 1  poll ready 1
        a 9  go-on ready 1
        a 10 failed ready 1
        a 10 end
        b 20 begin
        b 20 step ready 1
        b 22 done ready 1
        b 22 ready
        """,
        lead=22,
        machine=2,
        retry=2,  # 0-1, 9-10
        waiting=18,  # the poll 1-9, the night 10-20
    ),
    Case(
        "machine before retry: a failing step beside one that is done",
        """
        a 0  begin
        a 0  step repo.create 1
        a 3  step catalog.schemas 1
        a 6  done repo.create 1
        a 8  failed catalog.schemas 1
        a 8  end
        b 10 begin
        b 10 step catalog.schemas 1
        b 11 done catalog.schemas 1
        b 11 ready
        """,
        lead=11,
        machine=7,  # 0-6, 10-11
        retry=2,  # 6-8
        waiting=2,  # 8-10
    ),
    Case(
        "killed: the run ends at its last event, and its cut attempt was machine time",
        """
        a 0    begin
        a 1    step repo.create 1
        a 4    call repo.create 1
        b 3600 begin
        b 3600 step repo.create 1
        b 3602 done repo.create 1
        b 3602 ready
        """,
        lead=3602,
        machine=5,  # 1-4, 3600-3602
        retry=0,
        waiting=3597,
    ),
    Case(
        "killed while polling: the poll ends at the run's last event as well",
        """
        a 0  begin
        a 0  step ready 1
        a 1  step render 1
        a 2  poll ready 1
        a 6  done render 1
        b 10 begin
        b 10 ready
        """,
        lead=10,
        machine=6,  # ready 0-2, render 1-6
        retry=0,
        waiting=4,
    ),
    Case(
        "requested an hour before the run: that hour is waiting",
        """
        a -3600 requested
        a 0     begin
        a 0     step render 1
        a 2     done render 1
        a 2     ready
        """,
        lead=3602,
        machine=2,
        retry=0,
        waiting=3600,
        first_pass=True,
    ),
    Case(
        "the first request in the journal wins, though a later one is earlier",
        """
        a -60  requested
        a 0    begin
        a 1    end
        b -600 requested
        b 10   begin
        b 10   ready
        """,
        lead=70,
        machine=0,
        retry=0,
        waiting=70,
    ),
    Case(
        "a request later than the first run does not restart the clock",
        """
        a 0  begin
        a 1  end
        b 50 requested
        b 90 begin
        b 90 ready
        """,
        lead=90,
        machine=0,
        retry=0,
        waiting=90,
    ),
    Case(
        "only the first ready counts, and nothing after it",
        """
        a 0  begin
        a 0  step render 1
        a 2  done render 1
        a 2  ready
        a 2  end
        b 50 begin
        b 50 step render 1
        b 51 failed render 1
        b 60 ready
        b 60 end
        """,
        lead=2,
        machine=2,
        retry=0,
        waiting=0,
        first_pass=True,
    ),
    Case(
        "a step that is open at ready is cut there",
        """
        a 0 begin
        a 1 step ready 1
        a 5 ready
        a 7 done ready 1
        a 7 end
        """,
        lead=5,
        machine=4,
        retry=0,
        waiting=1,
        first_pass=True,
    ),
    Case(
        "open at ready and failed after it: retry up to ready",
        """
        a 0 begin
        a 1 step repo.protect 1
        a 5 ready
        a 7 failed repo.protect 1
        a 7 end
        """,
        lead=5,
        machine=0,
        retry=4,
        waiting=1,
        first_pass=True,  # at ready nothing had failed
    ),
    Case(
        "resumed by somebody else on the same step",
        """
        a 0   begin
        a 0   step repo.create 1
        a 10  failed repo.create 1
        a 10  end
        b 100 begin
        b 100 step repo.create 1
        b 103 done repo.create 1
        b 105 ready
        """,
        lead=105,
        machine=3,
        retry=10,
        waiting=92,
    ),
    Case(
        "two machines at once overlap; neither is moved, time counts once",
        """
        a 0  begin
        b 4  begin
        a 0  step render 1
        b 4  step render 1
        a 6  done render 1
        b 10 done render 1
        a 8  end
        b 10 ready
        """,
        lead=10,
        machine=10,
        retry=0,
        waiting=0,
    ),
    Case(
        "the clock went back an hour between two runs: that gap is 0",
        """
        a 0     begin
        a 0     step render 1
        a 5     failed render 1
        a 5     end
        b -3590 begin
        b -3590 step render 1
        b -3583 done render 1
        b -3583 ready
        """,
        lead=12,  # 5 of the first run, no gap, 7 of the second
        machine=7,
        retry=5,
        waiting=0,
        clock_back=True,
    ),
    Case(
        "what comes after a shifted run moves along: the gap after it is as measured",
        """
        a 0     begin
        a 5     end
        b -3590 begin
        b -3580 end
        c -3550 begin
        c -3550 step render 1
        c -3549 done render 1
        c -3548 ready
        """,
        lead=47,  # 5 + 0 + 10 + 30 + 2
        machine=1,
        retry=0,
        waiting=46,
        clock_back=True,
    ),
    Case(
        "it goes back twice",
        """
        a 0     begin
        a 5     end
        b -100  begin
        b -90   end
        c -200  begin
        c -197  ready
        """,
        lead=18,  # 5 + 0 + 10 + 0 + 3
        machine=0,
        retry=0,
        waiting=18,
        clock_back=True,
    ),
    Case(
        "an overlapping run does not move the run that it overlaps, but the one after both",
        """
        a 0    begin
        b -500 begin
        a 100  end
        b -490 end
        c -300 begin
        c -300 step render 1
        c -290 done render 1
        c -290 ready
        """,
        lead=110,  # c begins where a, the later of the two, ended
        machine=10,
        retry=0,
        waiting=100,
        clock_back=True,
    ),
    Case(
        "a run that overlaps a shifted one keeps its own clock",
        """
        a 0    begin
        a 100  end
        b -500 begin
        c 130  begin
        b -490 end
        c 140  ready
        """,
        lead=140,
        machine=0,
        retry=0,
        waiting=140,
        clock_back=True,
    ),
    Case(
        "of two runs that end at the same moment, the next follows the one told last",
        """
        a 0    begin
        a 100  end
        b -500 begin  # moved by 600, to 100
        c 95   begin  # moved by 5, to 100: it overlaps b
        b -490 end    # 110
        c 105  end    # 110
        d 120  begin  # after c, hence moved by 5 and not by 600
        d 120  ready
        """,
        lead=125,
        machine=0,
        retry=0,
        waiting=125,
        clock_back=True,
    ),
    Case(
        "ready on an overlapping machine whose clock is behind: never negative",
        """
        a 0    begin
        b -500 begin
        a 100  end
        b -490 ready
        """,
        lead=0,
        machine=0,
        retry=0,
        waiting=0,
        clock_back=True,
    ),
    Case(
        "a request stays where it was asked for when the run after it is shifted",
        """
        a 0    begin
        a 10   end
        b -700 requested
        b -600 begin
        b -595 ready
        """,
        lead=715,  # from the request at -700; b runs from 10 to 15
        machine=0,
        retry=0,
        waiting=715,
        clock_back=True,
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_lead_time_and_split(case: Case) -> None:
    one = read(case.text)
    seconds = [us * 1_000_000 for us in (case.machine, case.retry, case.waiting)]
    assert one.split == Split(*(int(us) for us in seconds))
    assert one.lead_time_us == case.lead * 1_000_000
    assert one.first_pass is case.first_pass
    assert one.clock_back is case.clock_back


ODD = [
    Case(
        "finished without having started: its duration says where it began",
        """
        a 0 begin
        a 5 done render 1 d=3
        a 6 ready
        """,
        lead=6,
        machine=3,
        retry=0,
        waiting=3,
        first_pass=True,
    ),
    Case(
        "the same with a duration from before the run: it begins with the run",
        """
        a -100 requested
        a 0    begin
        a 5    done render 1 d=3000000
        a 5    ready
        """,
        lead=105,
        machine=5,
        retry=0,
        waiting=100,
        first_pass=True,
    ),
    Case(
        "the same without a duration: it took no time",
        """
        a 0 begin
        a 5 failed render 1
        a 5 ready
        """,
        lead=5,
        machine=0,
        retry=0,
        waiting=5,
    ),
    Case(
        "started twice: the first is cut where the second begins",
        """
        a 0 begin
        a 1 step render 1
        a 3 step render 1
        a 5 failed render 1
        a 5 ready
        """,
        lead=5,
        machine=2,  # 1-3, cut, not failed
        retry=2,
        waiting=1,
    ),
    Case(
        "a status that nobody knows is no failure",
        """
        a 0 begin
        a 1 step render 1
        a 3 odd render 1
        a 3 ready
        """,
        lead=3,
        machine=2,
        retry=0,
        waiting=1,
        first_pass=True,
    ),
    Case(
        "a wait that was never started: its duration says where it began",
        """
        a 0 begin
        a 0 step ready 1
        a 7 go-on ready 1 d=4
        a 8 done ready 1
        a 8 ready
        """,
        lead=8,
        machine=4,
        retry=0,
        waiting=4,
        first_pass=True,
    ),
    Case(
        "a wait that was never finished ends with its attempt",
        """
        a 0 begin
        a 0 step render 1
        a 1 backoff render 1
        a 4 done render 1
        a 9 step repo.create 1
        a 10 done repo.create 1
        a 10 ready
        """,
        lead=10,
        machine=2,
        retry=3,
        waiting=5,
        first_pass=True,
    ),
    Case(
        "a step that finishes before it starts, and a ready before its run",
        """
        a 0  begin
        a 9  step render 1
        a 4  done render 1
        a -5 ready
        """,
        lead=0,
        machine=0,
        retry=0,
        waiting=0,
        first_pass=True,
        clock_back=True,
    ),
    Case(
        "a run without its beginning begins at its first event",
        """
        a 2 step render 1
        a 4 done render 1
        a 5 ready
        """,
        lead=3,
        machine=2,
        retry=0,
        waiting=1,
        first_pass=True,
    ),
    Case(
        "a back-off of no step",
        """
        a 0 begin
        a 1 backoff
        a 3 go-on
        a 4 ready
        """,
        lead=4,
        machine=0,
        retry=2,
        waiting=2,
        first_pass=True,
    ),
    Case(
        "a step without a name is nobody's time",
        """
        a 0 begin
        a 1 step
        a 3 done
        a 4 ready
        """,
        lead=4,
        machine=0,
        retry=0,
        waiting=4,
        first_pass=True,
    ),
    Case(
        "an event from before its run's beginning counts from the beginning",
        """
        a -100 requested
        a 0    begin
        a -9   step render 1
        a 5    done render 1
        a 5    ready
        """,
        lead=105,
        machine=5,
        retry=0,
        waiting=100,
        first_pass=True,
    ),
    Case(
        "the run's beginning is told late: it counts all the same",
        """
        a 2 call
        a 0 begin
        a 3 step render 1
        a 5 done render 1
        a 5 ready
        """,
        lead=5,
        machine=2,
        retry=0,
        waiting=3,
        first_pass=True,
    ),
    Case(
        "a run that begins twice began the first time",
        """
        a 0 begin
        a 3 begin
        a 5 ready
        """,
        lead=5,
        machine=0,
        retry=0,
        waiting=5,
        first_pass=True,
    ),
    Case(
        "the end of another attempt does not end this one",
        """
        a 0 begin
        a 0 step render 2
        a 3 failed render 1 d=2
        a 5 done render 2
        a 6 ready
        """,
        lead=6,
        machine=5,  # 0-5; the failed one, 1-3, is beside it
        retry=0,
        waiting=1,
        first_pass=False,
    ),
    Case(
        "a wait told after ready is not counted, though a slow clock dates it earlier",
        """
        a 0  begin
        b 0  begin
        b 0  step render 1
        a 20 ready
        b 4  backoff render 1
        b 9  go-on render 1
        b 10 go-on render 1 d=9
        b 15 done render 1
        """,
        lead=20,
        machine=15,
        retry=0,
        waiting=5,
        first_pass=True,
    ),
]


@pytest.mark.parametrize("case", ODD, ids=lambda case: case.name)
def test_odd_journals_never_fail(case: Case) -> None:
    test_lead_time_and_split(case)


def test_nothing_began() -> None:
    assert onboarding([]) is None
    assert onboarding(journal("x 5 close")) is None
    assert lead_time_of(journal("x 5 close"), now=at(9)) is None


def test_a_request_alone_is_an_open_onboarding() -> None:
    one = read("a 5 requested")
    assert (one.start, one.last, one.ready, one.split) == (at(5), at(5), None, None)


def test_times_are_as_the_journal_has_them_even_where_a_run_was_shifted() -> None:
    one = read("""
        a 0   begin
        a 9   end
        b -50 begin
        b -45 ready
        c -40 begin
        """)
    assert (one.start, one.ready, one.last) == (at(0), at(-45), at(9))
    assert one.lead_time_us == 14_000_000


def test_last_is_the_last_event_of_any_kind_but_a_request() -> None:
    one = read("""
        a 0  begin
        a 3  call repo.create 1
        b 99 requested
        x 7  close
        """)
    assert (one.last, one.closed) == (at(7), True)


def test_the_clock_of_an_open_onboarding_that_went_back_is_flagged() -> None:
    one = read("""
        a 0  begin
        a 9  end
        b -5 begin
        """)
    assert (one.clock_back, one.lead_time_us, one.first_pass) == (True, None, False)


def test_a_clock_that_goes_back_after_ready_is_nobodys_business() -> None:
    assert not read("""
        a 0  begin
        a 9  ready
        a 9  end
        b -5 begin
        """).clock_back


def test_attempts_say_how_they_ended_and_what_was_machine_time() -> None:
    one = read("""
        a 0  begin
        a 0  step repo.create 1
        a 4  failed repo.create 1 d=4
        a 5  step repo.create 2
        a 6  poll repo.create 2
        a 8  go-on repo.create 2
        a 9  done repo.create 2 d=4.000001
        a 9  step render 1
        a 10 call render 1
        b 20 begin
        b 20 step repo.create 1
        b 21 kept repo.create 1
        b 21 step ready 1
        b 24 ready
        b 25 done ready 1
        """)
    assert one.attempts == (
        Attempt("repo.create", "failed", 4_000_000, 0),
        Attempt("repo.create", "done", 4_000_001, 2_000_000),  # its own measure; less the poll
        Attempt("render", "cut", 1_000_000, 1_000_000),
        Attempt("repo.create", "kept", 1_000_000, 1_000_000),
        Attempt("ready", "done", 4_000_000, 3_000_000),  # whole; cut at ready
    )


def test_a_wait_that_ends_before_it_began_is_no_wait() -> None:
    one = read("""
        a 0 begin
        a 0 step render 1
        a 9 poll render 1
        a 4 go-on render 1
        a 9 done render 1
        a 9 ready
        """)
    assert one.attempts == (Attempt("render", "done", 9_000_000, 9_000_000),)


def test_attempts_of_an_open_onboarding_have_no_machine_time_yet() -> None:
    one = read("""
        a 0 begin
        a 0 step render 1
        a 2 done render 1
        """)
    assert one.attempts == (Attempt("render", "done", 2_000_000, 0),)


def test_an_absurd_duration_is_bounded() -> None:
    one = read("""
        a 0 begin
        a 5 done render 1 d=1e308
        a 5 ready
        """)
    assert one.attempts[0].duration_us == 100 * 365 * 86_400 * 1_000_000
    assert one.attempts[0].machine_us == 5_000_000


def test_lead_time_of_an_open_one_is_its_age() -> None:
    open_one = journal("a 10 begin")
    assert lead_time_of(open_one, now=at(70)) == LeadTime(elapsed_us=60_000_000, ready=False)
    assert lead_time_of(open_one, now=at(0)) == LeadTime(elapsed_us=0, ready=False)


def test_lead_time_of_a_ready_one_does_not_grow() -> None:
    events = journal("a 10 begin\na 12.000001 ready")
    assert lead_time_of(events, now=at(9999)) == LeadTime(elapsed_us=2_000_001, ready=True)


def test_closed_is_told_beside_ready() -> None:
    one = read("a 0 begin\na 4 ready\nx 9 close")
    assert (one.closed, one.lead_time_us) == (True, 4_000_000)
