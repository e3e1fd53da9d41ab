"""Two commands in turn, whole processes, medians and the ratio pair by pair.

Absolute times mean little on a shared machine, so nothing else is claimed than the ratio.
"""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two: how it is run, and what is put right before each run."""

    argv: Sequence[str]
    prepare: Callable[[], Path]
    accept: frozenset[int] = frozenset({0})
    environment: Callable[[Path], dict[str, str]] = lambda _: {}


@dataclass(frozen=True, slots=True)
class Ratio:
    """What a comparison came to."""

    id: str
    ours: str
    beside: str
    ours_s: float
    beside_s: float
    ratio: float
    lowest: float
    highest: float
    goal: float
    runs: int

    @property
    def held(self) -> bool:
        """Whether the goal was met."""
        return self.ratio <= self.goal


def compare(
    identity: str,
    ours: tuple[str, Side],
    beside: tuple[str, Side],
    *,
    goal: float,
    runs: int,
) -> Ratio:
    """Run the two in turn, after one warm-up of each."""
    pairs = []
    for number in range(runs + 1):
        pair = (_once(ours[1]), _once(beside[1]))
        if number:
            pairs.append(pair)
    ratios = [mine / theirs for mine, theirs in pairs]
    return Ratio(
        identity,
        ours[0],
        beside[0],
        median(mine for mine, _ in pairs),
        median(theirs for _, theirs in pairs),
        median(ratios),
        min(ratios),
        max(ratios),
        goal,
        runs,
    )


def _once(side: Side) -> float:
    folder = side.prepare()
    environment = {**os.environ, **side.environment(folder)}
    begun_s = time.perf_counter()
    done = subprocess.run(side.argv, cwd=folder, env=environment, capture_output=True, check=False)
    took_s = time.perf_counter() - begun_s
    if done.returncode not in side.accept:
        raise SystemExit(f"{side.argv}: exit {done.returncode}\n{done.stderr.decode()[-2000:]}")
    return took_s
