"""Onboardings -> figures. One pass: keeps lead times, ages and durations, never events.

What is counted where stands in the docstrings of `Figures` and `StepFigures`. A tally is complete
in itself, so figures by week, template or profile are one tally a key.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Final

from platform_cli.kpi.groups import Bucket, By, Group, Grouping, distribution
from platform_cli.kpi.percentile import ENOUGH, Summary, censored_median, percentile, summary
from platform_cli.kpi.periods import day_of
from platform_cli.kpi.progress import InProgress, in_progress
from platform_cli.kpi.spans import Split
from platform_cli.kpi.timeline import Onboarding, age_us

# Left out unless a profile is asked for by name: it is a rehearsal, not an onboarding.
REHEARSAL: Final = "local"


@dataclass(frozen=True, slots=True)
class StepFigures:
    """One step, over the attempts in ready and open onboardings.

    `n` counts the attempts that finished, whatever their end (done, kept, failed); `failures`
    those that failed. An attempt that a killed run cut off has no end and counts in neither. The
    percentiles take the attempts that were done; p90 is claimed from five of them on.
    `share` is of machine time, over the ready onboardings: the machine time of this step's
    attempts added up, by the same sum over all steps. Steps that run at the same time each count
    in full, so the shares sum to 1. None: there is no machine time to share.
    """

    id: str
    n: int
    p50_us: Fraction | None
    p90_us: Fraction | None
    failures: int
    share: Fraction | None


@dataclass(frozen=True, slots=True)
class Figures:
    """Everything that `kpi onboarding` reports. None is "no data", never 0.

    An onboarding counts in one place: `excluded_profile` if its profile was not asked for; else
    `excluded_since` if it was ready, or while it is open was asked for, before `since`; else
    `closed` if it was taken out, even where it had been ready; else `lead_time.n` or `open`.
    `abandoned` are among `open`. `split`, `first_pass_rate`, `runs`, `trend` (by week of
    readiness), `time_by_step`, `groups` and `distribution` are over the ready ones.
    `clock_back` counts those among ready and open whose clock went back between two runs.
    """

    open: int
    abandoned: int
    closed: int
    excluded_profile: int
    excluded_since: int
    since: date | None
    lead_time: Summary
    censored_p50_us: int | None
    oldest_open_us: int | None
    split: Split | None
    first_pass_rate: Fraction | None
    target_s: int
    alarm_s: int
    steps: tuple[StepFigures, ...]
    clock_back: int
    trend: tuple[Group, ...]
    time_by_step: tuple[Group, ...]
    distribution: tuple[Bucket, ...]
    groups: tuple[Group, ...] | None
    runs: tuple[Onboarding, ...] | None
    open_runs: tuple[OpenRun, ...] | None
    in_progress: tuple[InProgress, ...] | None


@dataclass(frozen=True, slots=True)
class OpenRun:
    """An onboarding that is not ready, and how old it is by now."""

    onboarding: Onboarding
    age_us: int
    abandoned: bool


def figures(
    onboardings: Iterable[Onboarding],
    *,
    now: datetime,
    profiles: frozenset[str] | None,
    target_s: int,
    alarm_s: int,
    abandoned_days: int,
    since: date | None = None,
    by: By | None = None,
    keep_runs: bool = True,
) -> Figures:
    """Count them all, once. `profiles` None: every profile but `local`.

    `keep_runs` False lets go of the onboardings behind the figures, which no list then names.
    """
    tally = _Tally(
        now=now,
        abandoned_after=timedelta(days=abandoned_days),
        keep_runs=keep_runs,
        grouping=Grouping(by) if by is not None else None,
    )
    other_profile = too_early = 0
    for one in onboardings:
        if one.profile == REHEARSAL if profiles is None else one.profile not in profiles:
            other_profile += 1
        elif since is not None and day_of(one.ready or one.start) < since:
            too_early += 1
        else:
            tally.add(one)
    return Figures(
        open=len(tally.ages_us),
        abandoned=tally.abandoned,
        closed=tally.closed,
        excluded_profile=other_profile,
        excluded_since=too_early,
        since=since,
        lead_time=summary(tally.lead_times_us),
        censored_p50_us=censored_median(tally.lead_times_us, tally.ages_us),
        oldest_open_us=max(tally.ages_us, default=None),
        split=tally.split if tally.lead_times_us else None,
        first_pass_rate=_rate(tally.first_passes, len(tally.lead_times_us)),
        target_s=target_s,
        alarm_s=alarm_s,
        steps=tally.step_figures(),
        clock_back=tally.clock_back,
        trend=tally.by_week.groups(),
        time_by_step=tally.by_step.groups(),
        distribution=distribution(tally.lead_times_us, (target_s * 1_000_000, alarm_s * 1_000_000)),
        groups=tally.grouping.groups() if tally.grouping is not None else None,
        runs=tuple(tally.runs) if keep_runs else None,
        open_runs=tuple(tally.open_runs) if keep_runs else None,
        in_progress=tally.in_progress(since) if keep_runs else None,
    )


def usual_durations(onboardings: Iterable[Onboarding]) -> dict[str, float]:
    """How many seconds each step usually takes: the p50 of its attempts that were done."""
    done: dict[str, array[int]] = {}
    for one in onboardings:
        for attempt in () if one.closed else one.attempts:
            if attempt.ending == "done":
                done.setdefault(attempt.step, array("q")).append(attempt.duration_us)
    medians = {step: percentile(sorted(values), 50) for step, values in sorted(done.items())}
    return {step: float(p50 / 1_000_000) for step, p50 in medians.items() if p50 is not None}


def _rate(part: int, whole: int) -> Fraction | None:
    return Fraction(part, whole) if whole else None


@dataclass(slots=True)
class _Step:
    """What is kept of one step: 8 bytes an attempt that was done, and three sums."""

    n: int = 0
    failures: int = 0
    machine_us: int = 0
    done_us: array[int] = field(default_factory=lambda: array("q"))


@dataclass(slots=True)
class _Tally:
    """What is kept of the onboardings of the counted profiles, or of one group of them."""

    now: datetime
    abandoned_after: timedelta
    keep_runs: bool
    grouping: Grouping | None
    by_week: Grouping = field(default_factory=lambda: Grouping("week"))
    by_step: Grouping = field(default_factory=lambda: Grouping("step"))
    lead_times_us: array[int] = field(default_factory=lambda: array("q"))
    ages_us: array[int] = field(default_factory=lambda: array("q"))
    abandoned: int = 0
    closed: int = 0
    first_passes: int = 0
    clock_back: int = 0
    split: Split = field(default_factory=lambda: Split(0, 0, 0))
    steps: dict[str, _Step] = field(default_factory=dict)
    runs: list[Onboarding] = field(default_factory=list)
    open_runs: list[OpenRun] = field(default_factory=list)

    def add(self, one: Onboarding) -> None:
        """Count one onboarding."""
        if one.closed:  # closed wins over ready: it was taken out, visibly
            self.closed += 1
            return
        self.clock_back += one.clock_back
        self._add_attempts(one)
        if one.lead_time_us is None or one.split is None:
            self._add_open(one)
            return
        self.lead_times_us.append(one.lead_time_us)
        self.first_passes += one.first_pass
        self.split = self.split.plus(one.split)
        self.by_week.add(one)
        self.by_step.add(one)
        if self.grouping is not None:
            self.grouping.add(one)
        if self.keep_runs:
            self.runs.append(replace(one, attempts=()))

    def _add_open(self, one: Onboarding) -> None:
        age = age_us(one, self.now)
        # No event for that long; one from the future (another clock) is an event.
        abandoned = self.now - one.last >= self.abandoned_after
        self.ages_us.append(age)
        self.abandoned += abandoned
        if self.keep_runs:
            self.open_runs.append(OpenRun(replace(one, attempts=()), age, abandoned))

    def _add_attempts(self, one: Onboarding) -> None:
        for attempt in one.attempts:
            step = self.steps.setdefault(attempt.step, _Step())
            step.machine_us += attempt.machine_us
            step.n += attempt.ending != "cut"
            step.failures += attempt.ending == "failed"
            if attempt.ending == "done":
                step.done_us.append(attempt.duration_us)

    def in_progress(self, since: date | None) -> tuple[InProgress, ...]:
        """How many were in progress, day by day."""
        return in_progress(self.runs, [run.onboarding for run in self.open_runs], self.now, since)

    def step_figures(self) -> tuple[StepFigures, ...]:
        """Each step of which anything is known, by id."""
        machine_us = sum(step.machine_us for step in self.steps.values())
        rows = []
        for name, step in sorted(self.steps.items()):
            if not step.n and not step.machine_us:
                continue  # only ever cut off, and in no time: there is nothing to say
            ordered = sorted(step.done_us)
            rows.append(
                StepFigures(
                    id=name,
                    n=step.n,
                    p50_us=percentile(ordered, 50),
                    p90_us=percentile(ordered, 90) if len(ordered) >= ENOUGH else None,
                    failures=step.failures,
                    share=_rate(step.machine_us, machine_us),
                ),
            )
        return tuple(rows)
