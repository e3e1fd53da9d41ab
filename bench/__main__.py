"""`python -m bench [NAME …]`: measures side by side and writes the table in docs/benchmarks.md."""

from __future__ import annotations

import json
import platform
import sys
from dataclasses import asdict
from importlib import import_module
from pathlib import Path

from bench.measure import Ratio

BENCHES = ("startup", "init", "contracts", "policies", "calls", "latency", "kpi")
PAGE = Path(__file__).parents[1] / "docs" / "benchmarks.md"
HEAD = """# Measurements

Every figure is a ratio against something one could use instead: both run in turn as whole
processes, several times, medians of the pairs. Absolute times are told to show the size of the
thing, and mean little on another machine. Written by `make bench`; one row alone:
`python -m bench startup`.

| id | ours | beside it | ours / beside (s) | ratio (lowest to highest) | goal | held | pairs |
|---|---|---|---|---|---|---|---|
"""


def main(names: list[str]) -> None:
    """Run the benches; rewrite the page when all of them ran."""
    found: list[Ratio] = []
    for name in names or BENCHES:
        for ratio in import_module(f"bench.{name}").run(runs=11):
            print(json.dumps(asdict(ratio)))
            found.append(ratio)
    table = "\n".join(_row(ratio) for ratio in found)
    print("\n" + table)
    if not names:
        system = f"{platform.system()} {platform.machine()}, Python {platform.python_version()}"
        PAGE.write_text(f"{HEAD}{table}\n\nLast run: {system}.\n")


def _row(r: Ratio) -> str:
    return (
        f"| `{r.id}` | {r.ours} | {r.beside} | {r.ours_s:.3f} / {r.beside_s:.3f} | "
        f"{r.ratio:.3g} ({r.lowest:.3g} to {r.highest:.3g}) | ≤ {r.goal:g} | "
        f"{'yes' if r.held else 'no'} | {r.runs} |"
    )


if __name__ == "__main__":
    main(sys.argv[1:])
