"""`init` on a GitHub that takes 100 ms a call, beside the calls alone that followed each other.

The longest chain of calls none of which began before the one before it had ended, times 100 ms:
what is above it is our own time, and calls that could have been made at the same time.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterable
from contextlib import ExitStack
from itertools import chain
from pathlib import Path
from statistics import median

from bench.measure import Ratio
from tests.cli.github import CANARY, on_github
from tests.cli.pagerduty import also_on_pagerduty
from tests.cli.program import LOYALTY, SET_UP, Program
from tests.fakes.github.server import serving
from tests.fakes.pagerduty import server as pagerduty

LATENCY_S = 0.1


def run(runs: int) -> list[Ratio]:
    """Every run in a fresh folder; the chain is that of the same run."""
    return [
        _ratio("latency", "GitHub", [_once(paged=False) for _ in range(runs)]),
        _ratio("latency-both", "GitHub and PagerDuty", [_once(paged=True) for _ in range(runs)]),
    ]


def _ratio(identity: str, where: str, pairs: list[tuple[float, float]]) -> Ratio:
    ratios = [ours_s / chain_s for ours_s, chain_s in pairs]
    return Ratio(
        identity,
        f"platform-cli init, {where} with 100 ms a call",
        "the longest chain of its calls x 100 ms",
        median(ours_s for ours_s, _ in pairs),
        median(chain_s for _, chain_s in pairs),
        median(ratios),
        min(ratios),
        max(ratios),
        goal=1.15,
        runs=len(pairs),
    )


def _once(*, paged: bool) -> tuple[float, float]:
    with tempfile.TemporaryDirectory() as folder, ExitStack() as servers:
        place = Path(folder)
        hub = servers.enter_context(
            serving(place / "github", token=CANARY, latency_s=LATENCY_S),
        )
        program = on_github(Program(place / "places"), hub)
        spans = [hub.spans]
        if paged:
            pager, trusted = servers.enter_context(pagerduty.serving(place / "pagerduty"))
            pager.latency_s = LATENCY_S
            also_on_pagerduty(program, pager, trusted, "hub")
            spans.append(pager.spans)
        begun_s = time.perf_counter()
        program.run(*LOYALTY, accept=SET_UP)
        took_s = time.perf_counter() - begun_s
        return took_s, longest_chain(chain(*spans)) * LATENCY_S


def longest_chain(spans: Iterable[tuple[float, float]]) -> int:
    """How many of the spans can follow each other: always the next that ends first."""
    count, free_s = 0, float("-inf")
    for begun_s, ended_s in sorted(spans, key=lambda span: span[1]):
        if begun_s >= free_s:
            count, free_s = count + 1, ended_s
    return count
