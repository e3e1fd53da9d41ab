"""`init` on a GitHub that takes 100 ms a call, beside the calls that must follow each other.

The chain is named here, call by call, because a count of what did follow each other in a run grows
with every call that is needlessly made after another, and would make such a run look good. In it
stand calls that need what the one before left behind, and the looks just before each change, which
are promised. A run that does not make it in this order stops the bench.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from re import fullmatch
from statistics import median
from typing import Final, Protocol

from bench.measure import Ratio
from tests.cli.github import CANARY, on_github
from tests.cli.pagerduty import also_on_pagerduty
from tests.cli.program import LOYALTY, SET_UP, Program
from tests.fakes.github.server import serving
from tests.fakes.pagerduty import server as pagerduty

LATENCY_S: Final = 0.1

_REPO: Final = "/repos/acme/loyalty"
_GIT: Final = "/acme/loyalty.git"
_TRIAL: Final = f"GET {_REPO}/commits/heads/platform-cli/trial-.*"
_FROM_MAIN_ON: Final = (
    f"GET {_REPO}/commits/heads/main",  # a look: nothing is pushed over what is there
    f"GET {_GIT}/info/refs",  # git asks the server what it has
    f"POST {_GIT}/git-receive-pack",
    f"GET {_REPO}/rules/branches/main",  # a look
    f"POST {_REPO}/rulesets",
    _TRIAL,  # a look; nothing is proven before all of it stands
    f"GET {_GIT}/info/refs",
    f"POST {_GIT}/git-receive-pack",
    f"GET {_REPO}/pulls",  # a look
    f"POST {_REPO}/pulls",
    f"GET {_REPO}/pulls",  # whom GitHub asked
    f"GET {_REPO}/pulls",  # a look
    f"PATCH {_REPO}/pulls/1",
    _TRIAL,  # a look
    f"DELETE {_REPO}/git/refs/heads/.*",
)
CHAIN: Final = (
    f"GET {_REPO}",  # the plan: nothing is made before it is known whose everything is
    f"GET {_REPO}",  # a look
    "POST /orgs/acme/repos",
    f"GET {_REPO}/teams",  # a look
    f"PUT /orgs/acme/teams/.*{_REPO.removeprefix('/repos')}",
    *_FROM_MAIN_ON,
)
CHAIN_WITH_PAGERDUTY: Final = (
    "GET /schedules",  # the plan
    "GET /schedules",  # a look
    "POST /schedules",
    "GET /escalation_policies",  # a look
    "POST /escalation_policies",
    "GET /services",  # a look
    "POST /services",
    "GET /services",  # a look
    "POST /services/.*/integrations",
    f"GET {_REPO}/actions/secrets",  # a look
    "GET /services/.*/integrations/.*",  # the key, which only PagerDuty keeps
    f"PUT {_REPO}/actions/secrets/.*",
    *_FROM_MAIN_ON,
)


class _Called(Protocol):
    """A request, as both fakes keep it."""

    @property
    def method(self) -> str: ...

    @property
    def path(self) -> str: ...


class _Served(Protocol):
    """What both fakes have of the calls to them: each with its status, and when it was."""

    @property
    def calls(self) -> Sequence[tuple[_Called, int]]: ...

    @property
    def spans(self) -> Sequence[tuple[float, float]]: ...


@dataclass(frozen=True, slots=True)
class Spent:
    """One call: what was asked, and when it began and ended, in seconds after the run's start."""

    what: str
    begun_s: float
    ended_s: float


@dataclass(frozen=True, slots=True)
class Lived:
    """One `init`: how long it took, its calls, and when its steps began and ended."""

    took_s: float
    calls: tuple[Spent, ...]
    moments: tuple[tuple[str, float], ...]
    chain_s: float


def run(runs: int) -> list[Ratio]:
    """Every run in a fresh folder."""
    return [
        _ratio("latency", "GitHub", [lived(paged=False) for _ in range(runs)]),
        _ratio("latency-both", "GitHub and PagerDuty", [lived(paged=True) for _ in range(runs)]),
    ]


def _ratio(identity: str, where: str, runs: Sequence[Lived]) -> Ratio:
    ratios = [one.took_s / one.chain_s for one in runs]
    return Ratio(
        identity,
        f"platform-cli init, {where} with 100 ms a call",
        "the longest chain of calls that must follow each other x 100 ms",
        median(one.took_s for one in runs),
        median(one.chain_s for one in runs),
        median(ratios),
        min(ratios),
        max(ratios),
        goal=1.15,
        runs=len(runs),
    )


def lived(*, paged: bool) -> Lived:
    """One `init`, with all that the fake servers and the journal saw of it."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as servers:
        place = Path(folder)
        hub = servers.enter_context(
            serving(place / "github", token=CANARY, latency_s=LATENCY_S),
        )
        program = on_github(Program(place / "places"), hub)
        states: list[_Served] = [hub]
        if paged:
            pager, trusted = servers.enter_context(pagerduty.serving(place / "pagerduty"))
            pager.latency_s = LATENCY_S
            also_on_pagerduty(program, pager, trusted, "hub")
            states.append(pager)
        begun_s, begun = time.monotonic(), time.time()
        program.run(*LOYALTY, accept=SET_UP)
        took_s = time.monotonic() - begun_s
        calls = sorted(
            (
                Spent(f"{call.method} {call.path}", from_s - begun_s, to_s - begun_s)
                for state in states
                for (call, _), (from_s, to_s) in zip(state.calls, state.spans, strict=True)
            ),
            key=lambda call: call.begun_s,
        )
        moments = tuple(
            (f"{event.type} {event.step or ''}".strip(), _since(begun, event.at))
            for event in program.events()
        )
    chain = CHAIN_WITH_PAGERDUTY if paged else CHAIN
    _must_hold(chain, calls)
    return Lived(took_s, tuple(calls), moments, len(chain) * LATENCY_S)


def _since(begun: float, at: datetime) -> float:
    return at.timestamp() - begun


def _must_hold(chain: Sequence[str], calls: Sequence[Spent]) -> None:
    """The run made these calls in this order, each after the one before it had ended."""
    free_s = 0.0
    for wanted in chain:
        found = next(
            (one for one in calls if one.begun_s >= free_s and fullmatch(wanted, one.what)), None
        )
        if found is None:
            raise SystemExit(f"latency: the run no longer makes {wanted} where the chain has it")
        free_s = found.ended_s
