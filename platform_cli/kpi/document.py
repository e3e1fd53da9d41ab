"""Figures -> the JSON document `platform-cli/kpi-onboarding/1`.

The edge where microseconds become seconds. A key is never renamed; what is not known is null.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any, Final

from platform_cli.journal.event import format_time
from platform_cli.kpi.figures import Figures, StepFigures
from platform_cli.kpi.percentile import Summary
from platform_cli.kpi.timeline import Onboarding, Split

SCHEMA: Final = "platform-cli/kpi-onboarding/1"


def document(figures: Figures, *, runs: bool) -> dict[str, Any]:
    """The document as a dict, its keys in the documented order.

    `runs` lists the onboardings behind the figures; raises ValueError where they were not kept.
    """
    if runs and figures.runs is None:
        raise ValueError("the onboardings behind these figures were not kept")
    return {
        "schema": SCHEMA,
        "n": figures.lead_time.n,
        "open": figures.open,
        "abandoned": figures.abandoned,
        "closed": figures.closed,
        "excluded": {"profile": figures.excluded_profile},
        "lead_time_s": _summary(figures.lead_time),
        "censored_p50_s": _seconds(figures.censored_p50_us),
        "oldest_open_s": _seconds(figures.oldest_open_us),
        "split_s": _split(figures.split),
        "first_pass_rate": _number(figures.first_pass_rate),
        "target_s": figures.target_s,
        "alarm_s": figures.alarm_s,
        "steps": [_step(step) for step in figures.steps],
        "runs": [_run(one) for one in figures.runs or ()] if runs else None,
        "groups": None,
    }


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
    }
