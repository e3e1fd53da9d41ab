"""Figures -> the JSON document `platform-cli/kpi-onboarding/1`.

The edge where microseconds become seconds. A key is never renamed; what is not known is null.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any, Final

from platform_cli.journal.event import format_time
from platform_cli.kpi.comparison import Comparison
from platform_cli.kpi.figures import Figures, OpenRun, StepFigures
from platform_cli.kpi.groups import Bucket, Group
from platform_cli.kpi.percentile import Summary
from platform_cli.kpi.spans import Split
from platform_cli.kpi.timeline import Onboarding

SCHEMA: Final = "platform-cli/kpi-onboarding/1"


def document(
    figures: Figures,
    *,
    runs: bool,
    baseline: Comparison | None = None,
    in_progress: bool = False,
) -> dict[str, Any]:
    """The document as a dict, its keys in the documented order.

    `runs` lists the onboardings behind the figures, `in_progress` how many were open day by day;
    raises ValueError where the onboardings were not kept.
    """
    if (runs or in_progress) and figures.runs is None:
        raise ValueError("the onboardings behind these figures were not kept")
    return {
        "schema": SCHEMA,
        "n": figures.lead_time.n,
        "open": figures.open,
        "abandoned": figures.abandoned,
        "closed": figures.closed,
        "excluded": _excluded(figures),
        "lead_time_s": _summary(figures.lead_time),
        "censored_p50_s": _seconds(figures.censored_p50_us),
        "oldest_open_s": _seconds(figures.oldest_open_us),
        "split_s": _split(figures.split),
        "first_pass_rate": _number(figures.first_pass_rate),
        "target_s": figures.target_s,
        "alarm_s": figures.alarm_s,
        "steps": [_step(step) for step in figures.steps],
        "runs": [_run(one) for one in figures.runs or ()] if runs else None,
        "groups": None if figures.groups is None else [_group(g) for g in figures.groups],
        "open_runs": [_open_run(one) for one in figures.open_runs or ()] if runs else None,
        "in_progress": _in_progress(figures) if in_progress else None,
        "since": None if figures.since is None else figures.since.isoformat(),
        "trend": [_group(g) | {"split_s": _split(g.split)} for g in figures.trend],
        "time_by_step": [_group(group) for group in figures.time_by_step],
        "distribution": [_bucket(bucket) for bucket in figures.distribution],
        "baseline": None if baseline is None else _baseline(baseline),
        "clock_back": figures.clock_back,
        "error": None,
    }


def _excluded(figures: Figures) -> dict[str, int]:
    left_out = {"profile": figures.excluded_profile}
    return left_out if figures.since is None else left_out | {"since": figures.excluded_since}


def _seconds(us: int | Fraction | None) -> float | None:
    """The float nearest to the exact number of seconds."""
    return None if us is None else float(Fraction(us) / 1_000_000)


def _number(value: Fraction | None) -> float | None:
    return None if value is None else float(value)


def _summary(lead_time: Summary) -> dict[str, Any]:
    values = lead_time.values_us
    return {
        "p50": _seconds(lead_time.p50_us),
        "p90": _seconds(lead_time.p90_us),
        "p95": _seconds(lead_time.p95_us),
        "values": None if values is None else [_seconds(us) for us in values],
    }


def _split(split: Split | None) -> dict[str, float | None]:
    """Without a ready onboarding there is nothing to split: null, not 0."""
    return {
        "machine": _seconds(split.machine_us if split else None),
        "retry": _seconds(split.retry_us if split else None),
        "waiting": _seconds(split.waiting_us if split else None),
    }


def _step(step: StepFigures) -> dict[str, Any]:
    return {
        "id": step.id,
        "n": step.n,
        "p50_s": _seconds(step.p50_us),
        "p90_s": _seconds(step.p90_us),
        "failures": step.failures,
        "share": _number(step.share),
    }


def _run(one: Onboarding) -> dict[str, Any]:
    return {
        "onboarding": one.id,
        "domain": one.domain,
        "profile": one.profile,
        "start": format_time(one.start),
        "ready": None if one.ready is None else format_time(one.ready),
        "lead_time_s": _seconds(one.lead_time_us),
        "split_s": _split(one.split),
        "template": one.template,
        "first_pass": one.first_pass,
        "clock_back": one.clock_back,
    }


def _in_progress(figures: Figures) -> list[dict[str, Any]]:
    return [
        {"day": point.day.isoformat(), "open": point.open} for point in figures.in_progress or ()
    ]


def _open_run(one: OpenRun) -> dict[str, Any]:
    return {
        "onboarding": one.onboarding.id,
        "domain": one.onboarding.domain,
        "profile": one.onboarding.profile,
        "start": format_time(one.onboarding.start),
        "age_s": _seconds(one.age_us),
        "abandoned": one.abandoned,
        "template": one.onboarding.template,
    }


def _group(group: Group) -> dict[str, Any]:
    return {
        "by": group.by,
        "key": group.key,
        "n": group.lead_time.n,
        "lead_time_s": _summary(group.lead_time),
    }


def _bucket(bucket: Bucket) -> dict[str, Any]:
    return {"up_to_s": _seconds(bucket.up_to_us), "n": bucket.n}


def _baseline(baseline: Comparison) -> dict[str, Any]:
    return {
        "before_s": _seconds(baseline.before_us),
        "after_s": _seconds(baseline.after_us),
        "saved_s": _seconds(baseline.saved_us),
        "factor": _number(baseline.factor),
    }
