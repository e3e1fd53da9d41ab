"""SIGKILL to the real process at every mutating call of GitHub, counted where they arrive."""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.crash.histories import (
    Elsewhere,
    Left,
    Zygote,
    play,
    single_points,
    wrong_at_home,
    wrong_in_journal,
)
from tests.fakes.github.server import serving
from tests.fakes.github.state import State

pytestmark = pytest.mark.crash
SEED = 20260107
CALLS = 13
"""A repository, three permissions, two variables, an environment, a push, a ruleset; and a trial:
its branch, its pull request, the one closed, the other deleted."""
SAMPLED = 7
SAMPLED_PAIRS = 2


@pytest.fixture(scope="module")
def zygote() -> Iterator[Zygote]:
    with Zygote() as process:
        yield process


def _elsewhere(state: State) -> Elsewhere:
    lines = (
        'profile = "hub"',
        "[platform]",
        'organisation = "acme"',
        "[profiles.hub]",
        'forge = "github"',
        "[profiles.hub.github]",
        f'base_url = "{state.base}"',
    )
    return Elsewhere({"GH_TOKEN": "canary-token"}, "\n".join(lines) + "\n")


def _wrong_at_github(state: State, left: Left) -> list[str]:
    """Duplicates and orphans, looked for in what the fake keeps."""
    if list(state.repos) != ["loyalty"]:
        return [f"repositories: {list(state.repos)}"]
    repo = state.repos["loyalty"]
    found = {
        "commits": repo.git(
            "log", "--all", "--format=%(trailers:key=Platform-Onboarding,valueonly)"
        ),
        "branches": " ".join(repo.refs()),
        "teams": " ".join(sorted(repo.teams.values())),
        "variables": " ".join(sorted(repo.variables)),
        "environments": " ".join(repo.environments),
        "rulesets": " ".join(one["name"] for one in repo.rulesets.values()),
        "open": " ".join(pull.title for pull in repo.pulls if pull.open),
    }
    wanted = {
        "commits": left.result["onboarding"],
        "branches": "refs/heads/main",
        "teams": "push push push",
        "variables": "PLATFORM_DOMAIN PLATFORM_PROFILE",
        "environments": "production",
        "rulesets": "platform-cli: main",
        "open": "",
    }
    return [f"{key}: {found[key]!r}" for key in wanted if found[key].strip() != wanted[key]]


def _hold(zygote: Zygote, history: str, folder: Path, kills: int | None = None) -> State:
    with serving(folder / "github") as state:
        left = play(zygote, history, folder, _elsewhere(state))
        wrong = [
            *_wrong_at_github(state, left),
            *wrong_at_home(folder / "home"),
            *wrong_in_journal(left),
            *state.wrong,
        ]
        if left.second["mutating_calls"]:
            wrong.append(f"the second run made {left.second['mutating_calls']} mutating calls")
        assert not wrong, f"history {history}\n" + "\n".join(wrong)
        assert kills in {None, left.kills}
    shutil.rmtree(folder)
    return state


def _chosen(points: list[str], number: int, request: pytest.FixtureRequest) -> list[str]:
    if request.config.getoption("--sweep") == "all":
        return points
    return random.Random(SEED).sample(points, number)


def test_an_unharmed_run_makes_each_call_once_and_the_second_none(
    zygote: Zygote, tmp_path: Path
) -> None:
    state = _hold(zygote, "", tmp_path / "0")
    assert len(state.mutations) == len(state.changes) == CALLS


def test_one_kill(zygote: Zygote, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    for point in _chosen(single_points(CALLS), SAMPLED, request):
        _hold(zygote, point, tmp_path / point.replace(":", "-"), kills=1)


def test_two_kills(zygote: Zygote, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    points = single_points(CALLS)
    sampled = random.Random(SEED).sample([f"{a},{b}" for a in points for b in points], 60)
    for pair in _chosen(sampled, SAMPLED_PAIRS, request):
        _hold(zygote, pair, tmp_path / pair.replace(":", "-"))
