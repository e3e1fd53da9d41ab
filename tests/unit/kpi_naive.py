"""The KPI page computed a second time, as naively as it can be written, from the page alone.

Slow, quadratic, and only for journals as the engine writes them. It imports nothing of
`platform_cli.kpi`: where the two differ, one of them is wrong.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from itertools import pairwise
from typing import Any

from platform_cli.journal.event import Event

SECOND = timedelta(seconds=1)
NOTHING = timedelta(0)


@dataclass
class Piece:
    """An attempt or a wait, from when to when, and how it ended (a wait: its reason)."""

    run: str
    step: str | None
    begin: datetime
    end: datetime
    how: str

    def at(self, moment: datetime) -> bool:
        return self.begin <= moment < self.end


@dataclass
class Told:
    """One onboarding as its events tell it."""

    first: Event
    start: datetime
    ready: datetime | None
    lead_time: timedelta | None
    machine: timedelta
    retry: timedelta
    waiting: timedelta
    closed: bool
    last: datetime
    first_pass: bool
    clock_back: bool
    finished: list[tuple[str, str, timedelta]]
    step_machine: dict[str, timedelta]
    template: str | None
    under_way: dict[str | None, timedelta]


def events_of(events: Sequence[Event], run: str) -> list[Event]:
    return [
        e
        for e in events
        if e.run == run and e.type not in ("onboarding.requested", "onboarding.closed")
    ]


def runs_in_order(events: Sequence[Event]) -> list[str]:
    return [e.run for e in events if e.type == "run.started"]


def predecessor(events: Sequence[Event], offset: dict[str, timedelta], run: str) -> str | None:
    """Of the runs that had ended before this one began, the one that ended last."""
    begins = events.index(events_of(events, run)[0])

    def placed_end(other: str) -> tuple[datetime, int]:
        theirs = events_of(events, other)
        return max(e.at for e in theirs) + offset[other], events.index(theirs[-1])

    ended = [r for r in runs_in_order(events) if events.index(events_of(events, r)[-1]) < begins]
    return max(ended, key=placed_end) if ended else None


def gap(events: Sequence[Event], previous: str, run: str) -> timedelta:
    """From one run to the next, as the wall clock says: it may be negative."""
    return events_of(events, run)[0].at - max(e.at for e in events_of(events, previous))


def offsets(events: Sequence[Event]) -> dict[str, timedelta]:
    """What is to be added to each run's times so that no gap between two runs is negative."""
    result: dict[str, timedelta] = {}
    for run in runs_in_order(events):
        previous = predecessor(events, result, run)
        if previous is None:
            result[run] = NOTHING
            continue
        end = max(e.at for e in events_of(events, previous)) + result[previous]
        begin = end + max(gap(events, previous, run), NOTHING)
        result[run] = begin - events_of(events, run)[0].at
    return result


def went_back(events: Sequence[Event], offset: dict[str, timedelta], run: str) -> bool:
    previous = predecessor(events, offset, run)
    return previous is not None and gap(events, previous, run) < NOTHING


def pieces_of(
    events: Sequence[Event], run: str, offset: timedelta, ready: int | None
) -> tuple[list[Piece], list[Piece]]:
    """The attempts and the waits that this run began before the onboarding was ready."""
    attempts, waits = [], []
    mine = events_of(events, run)
    for i, event in enumerate(mine):
        if ready is not None and events.index(event) > ready:
            break
        if event.type not in ("step.started", "wait.started"):
            continue
        kind = event.type.split(".")[0]
        end = None
        for later in mine[i + 1 :]:
            if (
                later.step == event.step
                and later.attempt == event.attempt
                and later.detail.get("reason") == event.detail.get("reason")
                and later.type == f"{kind}.finished"
            ):
                end = later
                break
        end_at = end.at if end is not None else max(e.at for e in mine)
        if kind == "step":
            how = end.detail["status"] if end is not None else "killed"
            attempts.append(Piece(run, event.step, event.at + offset, end_at + offset, how))
        else:
            waits.append(
                Piece(run, event.step, event.at + offset, end_at + offset, event.detail["reason"])
            )
    return attempts, waits


def polling_or_backing_off(piece: Piece, waits: list[Piece], moment: datetime) -> bool:
    return any(w.run == piece.run and w.step == piece.step and w.at(moment) for w in waits)


def state(attempts: list[Piece], waits: list[Piece], moment: datetime) -> str:
    """What the onboarding is in at one instant."""
    running = [a for a in attempts if a.at(moment) and not polling_or_backing_off(a, waits, moment)]
    if any(a.how != "failed" for a in running):
        return "machine"
    if any(a.how == "failed" for a in running):
        return "retry"
    if any(w.at(moment) and w.how == "backoff" for w in waits):
        return "retry"
    return "waiting"


def tell(events: Sequence[Event]) -> Told | None:
    requests = [e.at for e in events if e.type == "onboarding.requested"]
    started = [e.at for e in events if e.type == "run.started"]
    if not requests and not started:
        return None
    start = min(requests[:1] + started[:1])
    readies = [i for i, e in enumerate(events) if e.type == "onboarding.ready"]
    ready = readies[0] if readies else None
    counted = events if ready is None else events[: ready + 1]
    shift = {r: o for r, o in offsets(events).items() if r in runs_in_order(counted)}
    attempts: list[Piece] = []
    waits: list[Piece] = []
    for run, offset in shift.items():
        a, w = pieces_of(events, run, offset, ready)
        attempts, waits = attempts + a, waits + w
    clock_back = any(went_back(events, shift, run) for run in shift)
    told = Told(
        first=events[0],
        start=start,
        ready=None,
        lead_time=None,
        machine=NOTHING,
        retry=NOTHING,
        waiting=NOTHING,
        closed=any(e.type == "onboarding.closed" for e in events),
        last=max([e.at for e in events if e.type != "onboarding.requested"] or [start]),
        first_pass=False,
        clock_back=clock_back,
        finished=[(str(a.step), a.how, a.end - a.begin) for a in attempts if a.how != "killed"],
        step_machine={},
        template=next((e.detail.get("template") for e in events if e.type == "run.started"), None),
        under_way={},
    )
    if ready is not None:
        tell_ready(told, events, ready, shift, (attempts, waits))
    return told


def tell_ready(
    told: Told,
    events: Sequence[Event],
    ready: int,
    shift: dict[str, timedelta],
    pieces: tuple[list[Piece], list[Piece]],
) -> None:
    attempts, waits = pieces
    told.ready = events[ready].at
    placed = events[ready].at + shift[events[ready].run]
    if placed < told.start:
        told.clock_back = True
        placed = told.start
    told.lead_time = placed - told.start
    edges = {told.start, placed}
    for piece in attempts + waits:
        edges |= {t for t in (piece.begin, piece.end) if told.start < t < placed}
    moments = sorted(edges)
    for begin, end in pairwise(moments):
        now = state(attempts, waits, begin)
        if now == "machine":
            told.machine += end - begin
        elif now == "retry":
            told.retry += end - begin
        else:
            told.waiting += end - begin
        busy = {p.step for p in attempts + waits if p.step is not None and p.at(begin)}
        for step in busy or (None,):
            told.under_way[step] = told.under_way.get(step, NOTHING) + (end - begin)
        for a in attempts:
            if a.how != "failed" and a.at(begin) and not polling_or_backing_off(a, waits, begin):
                name = str(a.step)
                told.step_machine[name] = told.step_machine.get(name, NOTHING) + (end - begin)
    first_run = runs_in_order(events)[0]
    failed = [
        e
        for e in events[:ready]
        if e.run == first_run and e.type == "step.finished" and e.detail["status"] == "failed"
    ]
    told.first_pass = events[ready].run == first_run and not failed


def exact(span: timedelta) -> Fraction:
    return Fraction(span // timedelta(microseconds=1), 1_000_000)


def cont(values: list[Fraction], share: Fraction) -> float | None:
    """PostgreSQL's percentile_cont, as its documentation puts it."""
    if not values:
        return None
    row = share * (len(values) - 1)
    floor = row.numerator // row.denominator
    ceiling = -(-row.numerator // row.denominator)
    low, high = sorted(values)[floor], sorted(values)[ceiling]
    return float(low if floor == ceiling else (ceiling - row) * low + (row - floor) * high)


def kaplan_meier(reached: list[Fraction], still_open: list[Fraction]) -> float | None:
    surviving = Fraction(1)
    for t in sorted(set(reached)):
        at_risk = sum(1 for x in reached + still_open if x >= t)
        surviving *= 1 - Fraction(reached.count(t), at_risk)
        if surviving <= Fraction(1, 2):
            return float(t)
    return None


def seconds(span: timedelta) -> float:
    return float(exact(span))


def lead_times(values: list[Fraction]) -> dict[str, Any]:
    few = len(values) < 5
    return {
        "p50": cont(values, Fraction(50, 100)),
        "p90": None if few else cont(values, Fraction(90, 100)),
        "p95": None if few else cont(values, Fraction(95, 100)),
        "values": [float(v) for v in sorted(values)] if few else None,
    }


def split_of(many: list[Told]) -> dict[str, float | None]:
    return {
        "machine": seconds(sum((t.machine for t in many), NOTHING)) if many else None,
        "retry": seconds(sum((t.retry for t in many), NOTHING)) if many else None,
        "waiting": seconds(sum((t.waiting for t in many), NOTHING)) if many else None,
    }


def rfc3339(at: datetime) -> str:
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def steps_of(counted: list[Told], reached: list[Told]) -> list[dict[str, Any]]:
    names = {step for t in counted for step, _, _ in t.finished} | {
        s for t in reached for s in t.step_machine
    }
    whole = sum((m for t in reached for m in t.step_machine.values()), NOTHING)
    rows = []
    for name in sorted(names):
        ends = [(how, took) for t in counted for step, how, took in t.finished if step == name]
        done = [exact(took) for how, took in ends if how == "done"]
        mine = sum((t.step_machine.get(name, NOTHING) for t in reached), NOTHING)
        rows.append(
            {
                "id": name,
                "n": len(ends),
                "p50_s": cont(done, Fraction(1, 2)),
                "p90_s": cont(done, Fraction(9, 10)) if len(done) >= 5 else None,
                "failures": sum(1 for how, _ in ends if how == "failed"),
                "share": float(exact(mine) / exact(whole)) if whole else None,
            }
        )
    return rows


def week(at: datetime) -> str:
    monday = at.astimezone(UTC).date()
    while monday.weekday() != 0:
        monday -= timedelta(days=1)
    thursday = monday + timedelta(days=3)  # the year of a week is that of its Thursday
    number = 1 + (thursday - thursday.replace(month=1, day=1)).days // 7
    return f"{thursday.year}-W{number:02}"


def grouped(by: str, reached: list[Told]) -> list[dict[str, Any]]:
    """Every lead time under its key; by step, every onboarding under every step there is."""
    found: dict[str, list[Fraction]] = {}
    if by == "step":
        names: set[str | None] = {step for t in reached for step in t.under_way}
        if reached:
            names.add(None)
        for name in names:
            found[name or "(between steps)"] = [
                exact(t.under_way.get(name, NOTHING)) for t in reached
            ]
    else:
        for t in reached:
            assert t.ready is not None
            assert t.lead_time is not None
            key = {
                "week": week(t.ready),
                "template": t.template or "unknown",
                "profile": t.first.profile,
            }[by]
            found.setdefault(key, []).append(exact(t.lead_time))
    return [
        {"by": by, "key": key, "n": len(values), "lead_time_s": lead_times(values)}
        for key, values in sorted(found.items())
    ]


MINUTES = (1, 5, 15, 30, 60, 120, 240, 480, 1440, 2880, 10080, 20160, 43200)


def buckets(values: list[Fraction], target_s: int, alarm_s: int) -> list[dict[str, Any]]:
    bounds = sorted({m * 60 for m in MINUTES} | {target_s, alarm_s})
    rows: list[dict[str, Any]] = []
    below = 0
    for bound in bounds:
        at_most = len([v for v in values if v <= bound])
        rows.append({"up_to_s": float(bound), "n": at_most - below})
        below = at_most
    return [*rows, {"up_to_s": None, "n": len(values) - below}]


def day_that_counts(told: Told) -> date:
    return (told.ready or told.start).astimezone(UTC).date()


def naive_document(
    journal: list[list[Event]],
    *,
    now: datetime,
    profiles: frozenset[str] | None,
    target_s: int,
    alarm_s: int,
    abandoned_days: int,
    since: date | None = None,
    by: str | None = None,
) -> dict[str, Any]:
    """`platform-cli/kpi-onboarding/1` with `runs`, from the events of each onboarding."""
    everything = [told for told in map(tell, journal) if told is not None]
    asked_for = [
        t
        for t in everything
        if (t.first.profile != "local" if profiles is None else t.first.profile in profiles)
    ]
    counted = [t for t in asked_for if since is None or day_that_counts(t) >= since]
    alive = [t for t in counted if not t.closed]
    reached = [t for t in alive if t.lead_time is not None]
    still_open = [t for t in alive if t.lead_time is None]
    values = [exact(t.lead_time) for t in reached if t.lead_time is not None]
    ages = [exact(max(now - t.start, NOTHING)) for t in still_open]
    quiet = [not t.last > now - timedelta(days=abandoned_days) for t in still_open]
    excluded = {"profile": len(everything) - len(asked_for)}
    if since is not None:
        excluded["since"] = len(asked_for) - len(counted)
    return {
        "schema": "platform-cli/kpi-onboarding/1",
        "n": len(reached),
        "open": len(still_open),
        "abandoned": sum(quiet),
        "closed": len(counted) - len(alive),
        "excluded": excluded,
        "lead_time_s": lead_times(values),
        "censored_p50_s": kaplan_meier(values, ages),
        "oldest_open_s": float(max(ages)) if ages else None,
        "split_s": split_of(reached),
        "first_pass_rate": float(Fraction(sum(t.first_pass for t in reached), len(reached)))
        if reached
        else None,
        "target_s": target_s,
        "alarm_s": alarm_s,
        "steps": steps_of(alive, reached),
        "runs": [run_of(t) for t in reached],
        "groups": None if by is None else grouped(by, reached),
        "open_runs": [
            {
                "onboarding": t.first.onboarding,
                "domain": t.first.domain,
                "profile": t.first.profile,
                "start": rfc3339(t.start),
                "age_s": float(age),
                "abandoned": abandoned,
                "template": t.template,
            }
            for t, age, abandoned in zip(still_open, ages, quiet, strict=True)
        ],
        "since": None if since is None else since.isoformat(),
        "in_progress": in_progress(reached, still_open, now, since),
        "trend": [
            g
            | {
                "split_s": split_of(
                    [t for t in reached if t.ready is not None and week(t.ready) == g["key"]]
                )
            }
            for g in grouped("week", reached)
        ],
        "time_by_step": grouped("step", reached),
        "distribution": buckets(values, target_s, alarm_s),
        "baseline": None,
        "clock_back": sum(t.clock_back for t in alive),
        "error": None,
    }


def in_progress(
    reached: list[Told], still_open: list[Told], now: datetime, since: date | None
) -> list[dict[str, Any]]:
    """Each day's end is looked at by itself: who had begun by then, and was not ready."""
    if not reached and not still_open:
        return []
    today = now.astimezone(UTC).date()
    first = min(t.start for t in reached + still_open).astimezone(UTC).date()
    first = max(first, since) if since is not None else first
    rows = []
    day = today
    while day >= first or day == today:
        end = min(datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1), now)
        begun = [t for t in reached + still_open if t.start < end or t.start <= now == end]
        gone = [
            t
            for t in reached
            if t.ready is not None
            and (max(t.ready, t.start) < end or max(t.ready, t.start) <= now == end)
        ]
        rows.append({"day": day.isoformat(), "open": len(begun) - len(gone)})
        day -= timedelta(days=1)
    return rows[::-1]


def run_of(t: Told) -> dict[str, Any]:
    return {
        "onboarding": t.first.onboarding,
        "domain": t.first.domain,
        "profile": t.first.profile,
        "start": rfc3339(t.start),
        "ready": None if t.ready is None else rfc3339(t.ready),
        "lead_time_s": None if t.lead_time is None else seconds(t.lead_time),
        "split_s": split_of([t]),
        "template": t.template,
        "first_pass": t.first_pass,
        "clock_back": t.clock_back,
    }
