"""`python -m bench [--runs N] [NAME …]`: measures side by side; writes docs/benchmarks.md.

Each row of the page is of the last run of its bench, and says how many pairs that had.
`python -m bench profile [NAME …]` writes below them where the time of a run goes.
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
PROFILES = ("latency", "latency-both", "policies")
PAGE = Path(__file__).parents[1] / "docs" / "benchmarks.md"
HEAD = """# Measurements

Every figure is a ratio against something one could use instead: both run in turn as whole
processes, several times, medians of the pairs. Absolute times are told to show the size of the
thing, and mean little on another machine. Written by `make bench`; one bench alone:
`python -m bench startup`. A row is of the last run of its bench.

| id | ours | beside it | ours / beside (s) | ratio (lowest to highest) | goal | held | pairs |
|---|---|---|---|---|---|---|---|
"""
BELOW = """
## Where the time goes

Of what is above its goal, by parts that add up to the whole run. Written by
`python -m bench profile`.

"""


def main(names: list[str], runs: int) -> None:
    """Run the benches, and put their rows into the page in the place of those that were there."""
    found: list[Ratio] = []
    for name in names or BENCHES:
        for ratio in import_module(f"bench.{name}").run(runs=runs):
            print(json.dumps(asdict(ratio)), flush=True)
            found.append(ratio)
    print("\n" + "\n".join(_row(ratio) for ratio in found))
    _write({ratio.id: _row(ratio) for ratio in found}, {})


def tell_profiles(names: list[str], runs: int) -> None:
    """Run each so many times, and put where the time goes below the table."""
    profile = import_module("bench.profile")
    for name in names or PROFILES:
        section: str = profile.run(name, runs)
        print(section)
        _write({}, {name: section})


def _write(rows: dict[str, str], sections: dict[str, str]) -> None:
    """The page, with these rows and sections in the place of those that were there."""
    page = PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""
    old = [line for line in page.splitlines() if line.startswith("| `")]
    rows = {line.split("`")[1]: line for line in old} | rows
    table = "\n".join(rows[key] for key in sorted(rows, key=_place))
    system = f"{platform.system()} {platform.machine()}, Python {platform.python_version()}"
    text = f"{HEAD}{table}\n\nLast run: {system}.\n"
    _, *parts = page.split("\n### ")
    sections = {part.split("`")[1]: f"### {part.rstrip()}\n" for part in parts} | sections
    if sections:
        told = "\n".join(sections[name] for name in PROFILES if name in sections)
        text += f"{BELOW}{told}"
    PAGE.write_text(text, encoding="utf-8")


def _place(identity: str) -> tuple[int, str]:
    return BENCHES.index(identity.partition("-")[0]), identity


def _row(r: Ratio) -> str:
    return (
        f"| `{r.id}` | {r.ours} | {r.beside} | {r.ours_s:.3f} / {r.beside_s:.3f} | "
        f"{r.ratio:.3g} ({r.lowest:.3g} to {r.highest:.3g}) | ≤ {r.goal:g} | "
        f"{'yes' if r.held else 'no'} | {r.runs} |"
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m bench")
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help=", ".join((*BENCHES, "profile NAME"))
    )
    parser.add_argument("--runs", type=int, default=11, help="pairs for each row")
    wished = parser.parse_args()
    if wished.names[:1] == ["profile"]:
        tell_profiles(wished.names[1:], wished.runs)
    else:
        main(wished.names, wished.runs)
