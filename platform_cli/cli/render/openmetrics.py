"""`kpi onboarding` as OpenMetrics text, which Prometheus' older format takes as well.

Seconds throughout. A figure that is not known has no sample. Buckets only estimate percentiles:
the exact ones are exported beside them.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from platform_cli.cli.render import utf8
from platform_cli.cli.render.text import clean

_PREFIX: Final = "platform_onboarding"
_PERCENTILES: Final = (("p50", "50"), ("p90", "90"), ("p95", "95"))
Labels = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Family:
    """One metric with its samples: a suffix, labels and a value each."""

    name: str
    kind: str
    about: str
    samples: tuple[tuple[str, Labels, float], ...]


def write(told: Mapping[str, Any]) -> None:
    """Print every family of which something is known."""
    for family in _families(told):
        if family.samples:
            utf8.write("".join(f"{line}\n" for line in _lines(family)))
    utf8.write("# EOF\n")


def _lines(family: Family) -> Iterator[str]:
    name = f"{_PREFIX}_{family.name}"
    yield f"# TYPE {name} {family.kind}"
    if name.endswith("_seconds"):
        yield f"# UNIT {name} seconds"
    yield f"# HELP {name} {_escaped(family.about)}"
    for suffix, labels, value in family.samples:
        told = ",".join(f'{key}="{_escaped(text)}"' for key, text in labels.items())
        yield (
            f"{name}{suffix}{{{told}}} {_number(value)}"
            if told
            else f"{name}{suffix} {_number(value)}"
        )


def _families(told: Mapping[str, Any]) -> Iterable[Family]:
    yield _histogram(told)
    yield _gauge(
        "lead_time_exact_seconds",
        "Percentiles of the lead time, exact, from the raw onboardings.",
        _percentiles({}, told["lead_time_s"]),
    )
    yield _gauge(
        "lead_time_censored_p50_seconds",
        "The median that counts open onboardings as still running.",
        [({}, told["censored_p50_s"])],
    )
    yield _gauge(
        "time_seconds",
        "Where the lead time of the ready onboardings went, in all.",
        [({"part": part}, value) for part, value in told["split_s"].items()],
    )
    yield _gauge("open", "Onboardings that are not ready.", [({}, told["open"])])
    yield _gauge("abandoned", "Open ones without an event for long.", [({}, told["abandoned"])])
    yield _gauge("closed", "Onboardings taken out by hand.", [({}, told["closed"])])
    yield _gauge(
        "excluded",
        "Onboardings left out, and why.",
        [({"why": why}, number) for why, number in told["excluded"].items()],
    )
    yield _gauge(
        "oldest_open_seconds", "Age of the oldest open onboarding.", [({}, told["oldest_open_s"])]
    )
    yield _gauge(
        "first_pass_ratio",
        "The part that was ready in its first run with no failed step.",
        [({}, told["first_pass_rate"])],
    )
    yield _gauge("target_seconds", "The target for the lead time.", [({}, told["target_s"])])
    yield _gauge("alarm_seconds", "The alarm for the lead time.", [({}, told["alarm_s"])])
    yield from _steps(told["steps"])
    yield _gauge(
        "group_lead_time_exact_seconds",
        "Percentiles of the lead time of each group, exact.",
        [
            sample
            for group in told["groups"] or ()
            for sample in _percentiles(
                {"by": group["by"], "key": group["key"]}, group["lead_time_s"]
            )
        ],
    )


def _histogram(told: Mapping[str, Any]) -> Family:
    samples: list[tuple[str, Labels, float]] = []
    below = 0
    for bucket in told["distribution"]:
        below += bucket["n"]
        bound = math.inf if bucket["up_to_s"] is None else bucket["up_to_s"]
        samples.append(("_bucket", {"le": _number(bound)}, below))
    samples.append(("_count", {}, told["n"]))
    # The three parts sum to the lead time exactly.
    samples.append(("_sum", {}, math.fsum(part or 0 for part in told["split_s"].values())))
    return Family(
        "lead_time_seconds",
        "histogram",
        "Lead time of the ready onboardings. Percentiles taken from buckets are estimates: "
        f"{_PREFIX}_lead_time_exact_seconds has those of the report.",
        tuple(samples),
    )


def _steps(steps: Iterable[Mapping[str, Any]]) -> Iterable[Family]:
    listed = list(steps)
    yield _gauge(
        "step_seconds",
        "Percentiles of the attempts at a step that were done, exact.",
        [
            ({"step": step["id"], "percentile": percentile}, step[f"{which}_s"])
            for step in listed
            for which, percentile in _PERCENTILES[:2]
        ],
    )
    for name, key, about in (
        ("step_attempts", "n", "Attempts at a step that have ended."),
        ("step_failures", "failures", "Attempts at a step that failed."),
    ):
        yield _gauge(name, about, [({"step": step["id"]}, step[key]) for step in listed])


def _percentiles(labels: Labels, lead: Mapping[str, Any]) -> list[tuple[Labels, float | None]]:
    return [({**labels, "percentile": name}, lead[which]) for which, name in _PERCENTILES]


def _gauge(name: str, about: str, samples: Iterable[tuple[Labels, float | None]]) -> Family:
    known = tuple(("", labels, value) for labels, value in samples if value is not None)
    return Family(name, "gauge", about, known)


def _number(value: float) -> str:
    return "+Inf" if value == math.inf else repr(float(value))


def _escaped(text: str) -> str:
    """Text from outside, as a label may hold it."""
    return clean(text).replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')
