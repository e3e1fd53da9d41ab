"""SIGKILL to the real process at every mutating call of PagerDuty, counted where they arrive."""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.crash.histories import Elsewhere, Left, Zygote, play, single_points, wrong_in_journal
from tests.fakes.pagerduty.server import serving
from tests.fakes.pagerduty.state import TOKEN, State

pytestmark = pytest.mark.crash
SEED = 20260109
CALLS = 6
"""A schedule, an escalation policy, a service, an integration; a page, and the page resolved."""
SAMPLED = 6
SAMPLED_PAIRS = 2


@pytest.fixture(scope="module")
def zygote() -> Iterator[Zygote]:
    with Zygote() as process:
        yield process


def _elsewhere(state: State, trusted: Path) -> Elsewhere:
    lines = (
        'profile = "paged"',
        "[profiles.paged]",
        'pager = "pagerduty"',
        "[profiles.paged.pagerduty]",
        f'base_url = "{state.base}"',
        'team = "Loyalty"',
    )
    environment = {"PAGERDUTY_TOKEN": TOKEN, "SSL_CERT_FILE": str(trusted)}
    return Elsewhere(environment, "\n".join(lines) + "\n", kinds="pager.")


def _wrong_at_pagerduty(state: State, left: Left) -> list[str]:
    """Duplicates, orphans and open pages, looked for in what the fake keeps."""
    found = {
        "schedules": [one["name"] for one in state.schedules],
        "policies": [one["name"] for one in state.policies],
        "services": [one["name"] for one in state.services],
        "integrations": [len(kept) for kept in state.integrations.values()],
        "open": [one["title"] for one in state.incidents if one["status"] != "resolved"],
    }
    wanted = {
        "schedules": ["loyalty-pager"],
        "policies": ["loyalty-pager"],
        "services": ["loyalty"],
        "integrations": [1],
        "open": [],
    }
    wrong = [f"{key}: {found[key]}" for key in wanted if found[key] != wanted[key]]
    marked = f"loyalty/{left.result['onboarding']}]"
    for one in (*state.schedules, *state.policies, *state.services):
        if marked not in str(one["description"]):
            wrong.append(f"{one['name']} carries another marker: {one['description']}")
    return wrong


def _hold(zygote: Zygote, history: str, folder: Path, kills: int | None = None) -> State:
    with serving(folder / "pagerduty") as (state, trusted):
        state.add_team("Loyalty", state.add_user("Ann", "ann@example.org"))
        left = play(zygote, history, folder, _elsewhere(state, trusted))
        wrong = [*_wrong_at_pagerduty(state, left), *wrong_in_journal(left), *state.wrong]
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
    assert len(state.mutations) == CALLS


def test_one_kill(zygote: Zygote, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    for point in _chosen(single_points(CALLS), SAMPLED, request):
        _hold(zygote, point, tmp_path / point.replace(":", "-"), kills=1)


def test_two_kills(zygote: Zygote, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    points = single_points(CALLS)
    pairs = [f"{a},{b}" for a in points for b in points]
    for pair in _chosen(pairs, SAMPLED_PAIRS, request):
        _hold(zygote, pair, tmp_path / pair.replace(":", "-"))
