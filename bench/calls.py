"""The calls of a first and of a second `init`, beside the fewest that the APIs allow.

On GitHub, and on GitHub with PagerDuty, with their REST APIs: GraphQL would tell more at once, and
has no variables. Counted at the fake servers of the tests, which have every call that was made.
"""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from pathlib import Path

from bench.measure import Ratio
from tests.cli.github import CANARY, on_github
from tests.cli.pagerduty import also_on_pagerduty
from tests.cli.program import LOYALTY, SET_UP, Program
from tests.fakes.github.server import serving
from tests.fakes.github.state import State
from tests.fakes.pagerduty import server as pagerduty
from tests.fakes.pagerduty.state import State as PagerState

Counts = dict[tuple[str, str], int]
FEWEST: Counts = {
    # A repository, three permissions, two variables, an environment, a push and a ruleset; the
    # trial's branch and pull request, the one closed and the other deleted.
    ("first", "mutating"): 13,
    ("second", "mutating"): 0,
    # The repository, its teams, variables, environments, the tip of main and the rules that apply
    # to it: each once. The tip also says that the repository is not empty; of people nobody asks
    # where the owners are teams.
    ("second", "reading"): 6,
}
MORE_WITH_PAGERDUTY: Counts = {
    # A schedule, an escalation policy, a service, its integration; a page, and the page resolved;
    # the secret at GitHub.
    ("first", "mutating"): 7,
    ("second", "mutating"): 0,
    # The schedule, listed with its turns, the policy, the service with its integrations; the
    # secrets at GitHub.
    ("second", "reading"): 4,
}


def run(runs: int) -> list[Ratio]:  # noqa: ARG001 - a count is the same each time
    """One onboarding, twice; and again with the second provider."""
    both = {key: FEWEST[key] + MORE_WITH_PAGERDUTY[key] for key in FEWEST}
    return [
        *_rows("calls", "GitHub", _counts(paged=False), FEWEST),
        *_rows("calls-both", "GitHub and PagerDuty", _counts(paged=True), both),
    ]


def _rows(identity: str, where: str, found: Counts, fewest: Counts) -> list[Ratio]:
    return [_ratio(identity, where, key, found[key], few) for key, few in fewest.items()]


def _counts(*, paged: bool) -> Counts:
    with tempfile.TemporaryDirectory() as folder, ExitStack() as servers:
        place = Path(folder)
        hub = servers.enter_context(serving(place / "github", token=CANARY))
        program = on_github(Program(place / "places"), hub)
        pagers = []
        if paged:
            pager, trusted = servers.enter_context(pagerduty.serving(place / "pagerduty"))
            also_on_pagerduty(program, pager, trusted, "hub")
            pagers.append(pager)
        program.run(*LOYALTY, accept=SET_UP)
        first = _counted(hub, pagers)
        program.run(*LOYALTY, accept=SET_UP)
        both = _counted(hub, pagers)
    found = {("first", kind): first[kind] for kind in first}
    return found | {("second", kind): both[kind] - first[kind] for kind in both}


def _counted(hub: State, pagers: list[PagerState]) -> dict[str, int]:
    calls = [call for pager in pagers for call, _ in pager.calls]
    return {
        "mutating": len(hub.mutations) + sum(call.mutating for call in calls),
        "reading": len(hub.reads) + sum(not call.mutating for call in calls),
    }


def _ratio(identity: str, where: str, key: tuple[str, str], ours: int, fewest: int) -> Ratio:
    which, kind = key
    # Nothing beside nothing is as good as it gets; something beside nothing is not.
    ratio = (ours + 1) / (fewest + 1) if fewest == 0 else ours / fewest
    return Ratio(
        f"{identity}-{which}-{kind}",
        f"{kind} calls of a {which} init on {where} (calls, not seconds)",
        "the fewest that the API allows",
        ours,
        fewest,
        ratio,
        ratio,
        ratio,
        goal=1.0,
        runs=1,
    )
