"""The calls to GitHub of a first and of a second `init`, beside the fewest that its API allows.

Counted at the fake server of the tests, which has every call that was made.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from bench.measure import Ratio
from tests.cli.github import CANARY, on_github
from tests.cli.program import LOYALTY, SET_UP, Program
from tests.fakes.github.server import serving
from tests.fakes.github.state import State

FEWEST = {
    # A repository, three permissions, two variables, an environment, a push and a ruleset; the
    # trial's branch and pull request, the one closed and the other deleted.
    ("first", "mutating"): 13,
    ("second", "mutating"): 0,
    # The repository and whether it is empty, its teams and its people, variables, environments,
    # the tip of main and the rules that apply to it: each once.
    ("second", "reading"): 8,
}


def run(runs: int) -> list[Ratio]:  # noqa: ARG001 - a count is the same each time
    """One onboarding, twice."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        with serving(place / "github", token=CANARY) as state:
            program = on_github(Program(place / "places"), state)
            program.run(*LOYALTY, accept=SET_UP)
            first = _counted(state)
            program.run(*LOYALTY, accept=SET_UP)
            both = _counted(state)
    found = {("first", kind): first[kind] for kind in first}
    found |= {("second", kind): both[kind] - first[kind] for kind in both}
    return [_ratio(which, kind, found[which, kind], few) for (which, kind), few in FEWEST.items()]


def _counted(state: State) -> dict[str, int]:
    return {"mutating": len(state.mutations), "reading": len(state.reads)}


def _ratio(which: str, kind: str, ours: int, fewest: int) -> Ratio:
    # Nothing beside nothing is as good as it gets; something beside nothing is not.
    ratio = (ours + 1) / (fewest + 1) if fewest == 0 else ours / fewest
    return Ratio(
        f"calls-{which}-{kind}",
        f"{kind} calls of a {which} init on GitHub (calls, not seconds)",
        "the fewest that the API allows",
        ours,
        fewest,
        ratio,
        ratio,
        ratio,
        goal=1.0,
        runs=1,
    )
