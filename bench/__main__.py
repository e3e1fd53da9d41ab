"""`python -m bench [--runs N] [NAME …]`: measures side by side; writes docs/benchmarks.md.

The page is written when all benches ran, and says how many pairs each row has.
"""

from __future__ import annotations

import argparse
import json
import platform
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


def main(names: list[str], runs: int) -> None:
    """Run the benches; rewrite the page when all of them ran."""
    found: list[Ratio] = []
    for name in names or BENCHES:
        for ratio in import_module(f"bench.{name}").run(runs=runs):
            print(json.dumps(asdict(ratio)), flush=True)
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
    parser = argparse.ArgumentParser(prog="python -m bench")
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(BENCHES))
    parser.add_argument("--runs", type=int, default=11, help="pairs for each row")
    wished = parser.parse_args()
    main(wished.names, wished.runs)
