"""Lead times by step, week, template or profile, and how they are distributed. Keeps numbers only.

A group holds the lead times of the ready onboardings that have its key. By step it holds, for
every ready onboarding, how much of the lead time the step was under way: 0 where it never was.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, Literal

from platform_cli.kpi.percentile import Summary, summary
from platform_cli.kpi.periods import week_of
from platform_cli.kpi.spans import Split
from platform_cli.kpi.timeline import Onboarding

By = Literal["step", "week", "template", "profile"]

# The time in which no step was under way stands among the steps: it is often the longest.
BETWEEN: Final = "(between steps)"
# An onboarding whose journal does not say which template it rendered.
UNKNOWN: Final = "unknown"

_MINUTE_US: Final = 60_000_000
# From a minute to a month, each about two or three times the one before.
BOUNDS_US: Final = tuple(
    minutes * _MINUTE_US
    for minutes in (1, 5, 15, 30, 60, 120, 240, 480, 1_440, 2_880, 10_080, 20_160, 43_200)
)


@dataclass(frozen=True, slots=True)
class Group:
    """The lead times of one group."""

    by: By
    key: str
    lead_time: Summary
    split: Split | None
    """Where the time of the group went, in all; None for a step."""


@dataclass(frozen=True, slots=True)
class Bucket:
    """How many lead times are above the bound before and at most this one; None: no bound."""

    up_to_us: int | None
    n: int


@dataclass(slots=True)
class Grouping:
    """Collects lead times by key: 8 bytes each."""

    by: By
    n: int = 0
    kept: dict[str, array[int]] = field(default_factory=dict)
    splits: dict[str, Split] = field(default_factory=dict)

    def add(self, one: Onboarding) -> None:
        """Take in an onboarding that is ready."""
        if one.lead_time_us is None or one.ready is None or one.split is None:
            return
        self.n += 1
        if self.by == "step":
            for step, us in one.steps_us:
                self._keep(BETWEEN if step is None else step, us)
            return
        if self.by == "week":
            key = week_of(one.ready)
        elif self.by == "template":
            key = one.template or UNKNOWN
        else:
            key = one.profile
        self._keep(key, one.lead_time_us)
        self.splits[key] = self.splits.get(key, Split(0, 0, 0)).plus(one.split)

    def groups(self) -> tuple[Group, ...]:
        """Every group, by its key."""
        return tuple(
            Group(self.by, key, summary(self._with_noughts(values)), self.splits.get(key))
            for key, values in sorted(self.kept.items())
        )

    def _keep(self, key: str, us: int) -> None:
        self.kept.setdefault(key, array("q")).append(us)

    def _with_noughts(self, values: array[int]) -> Iterable[int]:
        missing = self.n - len(values) if self.by == "step" else 0
        return [*values, *(0 for _ in range(missing))]


def distribution(values_us: Iterable[int], also_us: Iterable[int]) -> tuple[Bucket, ...]:
    """How many values lie in each bucket; `also_us` are bounds beside the usual ones."""
    bounds = sorted({*BOUNDS_US, *also_us})
    counts = [0] * (len(bounds) + 1)
    for value in values_us:
        counts[bisect_left(bounds, value)] += 1
    return tuple(Bucket(*pair) for pair in zip((*bounds, None), counts, strict=True))
