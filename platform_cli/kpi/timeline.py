"""The events of one onboarding -> when it began, when it was ready, and where the time went.

Whole microseconds throughout, so that machine + retry + waiting is the lead time exactly.
Knows nothing of other onboardings, of percentiles or of seconds, and has no clock. An odd journal
(imported, cut off, edited) never makes it fail and never gives a negative duration.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Final, cast

from platform_cli.journal.event import Event
from platform_cli.kpi.spans import Attempt, Ending, Span, Split, attempts, by_step, split

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
# An imported `duration_s` may be any number; nothing of ours lasts longer than this.
_LONGEST_S: Final = 100 * 365 * 86_400.0


@dataclass(frozen=True, slots=True)
class Onboarding:
    """One onboarding, as its events tell it.

    `start`, `ready` and `last` are times as the journal has them. `lead_time_us` is `ready` less
    `start`, unless `clock_back`: then it is the sum of the runs and of the gaps between them.
    `template` is that of the first run. `steps_us` says how long each step was under way between
    start and ready (`spans.by_step`); empty while it is open.
    """

    id: str
    domain: str
    profile: str
    start: datetime
    ready: datetime | None
    closed: bool
    last: datetime
    lead_time_us: int | None
    split: Split | None
    attempts: tuple[Attempt, ...]
    first_pass: bool
    clock_back: bool
    template: str | None = None
    steps_us: tuple[tuple[str | None, int], ...] = ()


@dataclass(frozen=True, slots=True)
class LeadTime:
    """The lead time of a ready onboarding, or the age so far of an open one."""

    elapsed_us: int
    ready: bool


def microseconds(at: datetime) -> int:
    """The moment as whole microseconds since 1970, without rounding."""
    return (at - _EPOCH) // _MICROSECOND


def age_us(onboarding: Onboarding, now: datetime) -> int:
    """How long ago it started; 0 where the clock says that it starts in the future."""
    return max(0, microseconds(now) - microseconds(onboarding.start))


def lead_time_of(events: Sequence[Event], *, now: datetime) -> LeadTime | None:
    """The lead time of one onboarding, or its age while it is open. None: there is no start."""
    one = onboarding(events)
    if one is None:
        return None
    if one.lead_time_us is None:
        return LeadTime(elapsed_us=age_us(one, now), ready=False)
    return LeadTime(elapsed_us=one.lead_time_us, ready=True)


def onboarding(events: Sequence[Event]) -> Onboarding | None:
    """Read the events of one onboarding, in the journal's order. None: no run and no request.

    Lead time = the first `onboarding.ready` less the earlier of the first `onboarding.requested`
    and the start of the first run, first always in the journal's order. Nothing restarts the
    clock: a later request, run or `onboarding.ready` changes nothing.
    """
    ready = next((i for i, e in enumerate(events) if e.type == "onboarding.ready"), None)
    runs = _runs(events, until=ready)
    start = _start(events, runs)
    if start is None:
        return None
    clock_back = _place(runs)
    begins_us = ends_us = microseconds(start)
    if ready is not None:
        run = next(run for run in runs if run.id == events[ready].run)
        ends_us = microseconds(events[ready].at) + run.shift_us
    if ends_us < begins_us:
        # Overlapping runs on two machines, one with a clock that is behind: no negative durations.
        clock_back, ends_us = True, begins_us
    window = (begins_us, ends_us)
    spans = [span for run in runs for span in _Reading(run, ready).spans()]
    return Onboarding(
        id=events[0].onboarding,
        domain=events[0].domain,
        profile=events[0].profile,
        start=start,
        ready=None if ready is None else events[ready].at,
        closed=any(e.type == "onboarding.closed" for e in events),
        last=max((e.at for e in events if e.type != "onboarding.requested"), default=start),
        lead_time_us=None if ready is None else ends_us - begins_us,
        split=None if ready is None else split(spans, window),
        attempts=tuple(attempts(spans, window)),
        first_pass=_first_pass(events, ready, runs),
        clock_back=clock_back,
        template=_template(events),
        steps_us=() if ready is None else by_step(spans, window),
    )


def _start(events: Sequence[Event], runs: Sequence[_Run]) -> datetime | None:
    """The earlier of the first request and the start of the first run.

    The `at` of a request is the time that was asked for, not the time of writing; it is nobody's
    run clock, so no shift applies to it.
    """
    requested = next((e.at for e in events if e.type == "onboarding.requested"), None)
    if not runs:
        return requested
    return runs[0].anchor if requested is None else min(requested, runs[0].anchor)


def _template(events: Sequence[Event]) -> str | None:
    """The version of the template that the first run rendered, where it says one."""
    first = next((event for event in events if event.type == "run.started"), None)
    said = first.detail.get("template") if first is not None else None
    return said if isinstance(said, str) else None


def _first_pass(events: Sequence[Event], ready: int | None, runs: Sequence[_Run]) -> bool:
    """The first run reached ready, and none of its attempts had failed by then."""
    if ready is None or events[ready].run != runs[0].id:
        return False
    return not any(
        event.run == runs[0].id
        and event.type == "step.finished"
        and event.detail.get("status") == "failed"
        for event in events[:ready]
    )


# Runs: one wall-clock anchor each, monotonic after it.


@dataclass(slots=True)
class _Run:
    """One run: its events with their positions in the journal, and how far it is shifted."""

    id: str
    anchor: datetime
    last: datetime
    events: list[tuple[int, Event]] = field(default_factory=list)
    shift_us: int = 0


def _runs(events: Sequence[Event], *, until: int | None) -> list[_Run]:
    """The runs that began before the onboarding was ready, in the order in which they began.

    A run begins in the journal at its `run.started`; where that is missing, at its first event.
    A request is not on the run's clock, and `journal close` is no run.
    """
    runs: dict[str, _Run] = {}
    anchored: set[str] = set()
    for position, event in enumerate(events):
        if event.type in {"onboarding.requested", "onboarding.closed"}:
            continue
        run = runs.get(event.run)
        if run is None:
            if until is not None and position > until:
                continue
            run = runs[event.run] = _Run(event.run, event.at, event.at)
        if event.type == "run.started" and event.run not in anchored:
            anchored.add(event.run)
            run.anchor = event.at
        run.last = max(run.last, event.at)
        run.events.append((position, event))
    return list(runs.values())


def _place(runs: Sequence[_Run]) -> bool:
    """Shift the runs whose clock went back; says whether there are any.

    Inside a run time never goes back. Between two runs it may: the journal says that one had
    ended before the other began, and the clock says otherwise. That gap becomes 0. A run follows
    the one that ended last of all that had ended before it, and keeps its shift, so everything
    after a shifted run moves along and the gaps that the clock did measure stay as they are.
    Runs that interleave in the journal are overlaps: neither is placed by the other.
    """
    clock_back = False
    by_end = sorted(runs, key=lambda run: run.events[-1][0])
    ended = 0
    before: _Run | None = None
    for run in runs:
        while by_end[ended].events[-1][0] < run.events[0][0]:
            candidate = by_end[ended]
            if before is None or _end_us(candidate) >= _end_us(before):
                before = candidate
            ended += 1
        if before is not None:
            back_us = max(0, microseconds(before.last) - microseconds(run.anchor))
            clock_back = clock_back or back_us > 0
            run.shift_us = before.shift_us + back_us
    return clock_back


def _end_us(run: _Run) -> int:
    """Where a run ends once placed. A killed run (no `run.finished`) ends at its last event."""
    return microseconds(run.last) + run.shift_us


# Steps and waits: spans of placed time.


class _Reading:
    """Pairs what started with what finished, inside one run.

    What starts after `onboarding.ready` does not count. What was open then is followed to its
    end, because how an attempt ends decides what its time was.
    """

    def __init__(self, run: _Run, ready: int | None) -> None:
        self._run = run
        self._ready = ready
        self._begins_us = microseconds(run.anchor) + run.shift_us
        self._open: dict[str, tuple[int | None, int]] = {}
        # By step and whether it is a back-off: a poll may meet one, and goes on after it.
        self._waiting: dict[tuple[str | None, bool], int] = {}
        self._attempts: list[Span] = []
        self._waits: list[Span] = []

    def spans(self) -> list[Span]:
        """Every attempt and wait of the run."""
        for position, event in self._run.events:
            at_us = max(self._begins_us, microseconds(event.at) + self._run.shift_us)
            late = self._ready is not None and position > self._ready
            if event.type == "step.started" and event.step is not None and not late:
                # One attempt at a step at a time: starting again cuts what was never finished.
                self._cut(event.step, at_us)
                self._open[event.step] = (event.attempt, at_us)
            elif event.type == "step.finished" and event.step is not None:
                self._finish(event, event.step, at_us, late=late)
            elif event.type == "wait.started" and not late:
                wait = event.step, event.detail.get("reason") == "backoff"
                self._end_wait(wait, at_us)
                self._waiting[wait] = at_us
            elif event.type == "wait.finished":
                self._finish_wait(event, at_us, late=late)
        ends_us = _end_us(self._run)
        for step in list(self._open):
            self._cut(step, ends_us)
        for wait in list(self._waiting):
            self._end_wait(wait, ends_us)
        return [self._with_holes(span) for span in self._attempts] + self._waits

    def _finish(self, event: Event, step: str, at_us: int, *, late: bool) -> None:
        attempt, begins_us = self._open.get(step, (None, at_us))
        if step in self._open and attempt == event.attempt:
            del self._open[step]
            self._end_waits(step, at_us)
        elif late:
            return
        else:
            # Finished without having started: its own duration says where it began.
            begins_us = self._back_from(at_us, event)
        status = event.detail.get("status")
        ending = cast("Ending", status if status in ("done", "kept", "failed") else "other")
        measured_us = _duration_us(event)
        duration_us = at_us - begins_us if measured_us is None else measured_us
        self._attempts.append(Span(step, begins_us, at_us, ending, duration_us=max(0, duration_us)))

    def _cut(self, step: str, at_us: int) -> None:
        """An attempt that never finished. It did not end in failure: its time is machine time."""
        self._end_waits(step, at_us)
        if step in self._open:
            _, begins_us = self._open.pop(step)
            duration_us = max(0, at_us - begins_us)
            self._attempts.append(Span(step, begins_us, at_us, "cut", duration_us=duration_us))

    def _finish_wait(self, event: Event, at_us: int, *, late: bool) -> None:
        reason = event.detail.get("reason")
        backoff = reason == "backoff" or (reason != "poll" and (event.step, True) in self._waiting)
        wait = event.step, backoff
        if wait not in self._waiting and not late:
            self._waiting[wait] = self._back_from(at_us, event)
        self._end_wait(wait, at_us)

    def _end_waits(self, step: str, at_us: int) -> None:
        """A wait does not outlive its attempt."""
        self._end_wait((step, False), at_us)
        self._end_wait((step, True), at_us)

    def _end_wait(self, wait: tuple[str | None, bool], at_us: int) -> None:
        begins_us = self._waiting.pop(wait, None)
        if begins_us is not None:
            step, backoff = wait
            self._waits.append(Span(step, begins_us, at_us, backoff=backoff))

    def _back_from(self, at_us: int, event: Event) -> int:
        return max(self._begins_us, at_us - (_duration_us(event) or 0))

    def _with_holes(self, span: Span) -> Span:
        """A step between `wait.started` and `wait.finished` is not running, however it ends."""
        holes = sorted((w.begins_us, w.ends_us) for w in self._waits if w.step == span.step)
        return replace(span, holes=tuple(holes))


def _duration_us(event: Event) -> int | None:
    if event.duration_s is None:
        return None
    return round(max(0.0, min(event.duration_s, _LONGEST_S)) * 1_000_000)
