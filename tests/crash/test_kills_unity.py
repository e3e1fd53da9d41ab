"""SIGKILL to the real process at every mutating call of Unity Catalog, counted where they arrive."""

from __future__ import annotations

import os
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
    wrong_at_home,
    wrong_in_journal,
)
from tests.fakes.unity.server import serving
from tests.fakes.unity.state import TOKEN, State

# With --sweep all there are many histories in one test.
pytestmark = [pytest.mark.crash, pytest.mark.timeout(3600)]
SEED = 20260110
CALLS = 19
"""A catalog, three schemas, two uses of the catalog, four grants and nine tags."""
CHANGES = 10
"""What the journal has of them: three schemas, four grants, and the tags of each schema."""
SAMPLED = 6
SAMPLED_PAIRS = 2
POINTS = [
    *(f"call:{number}:{when}" for number in range(1, CALLS + 1) for when in ("before", "after")),
    *(f"call:{number}:record" for number in range(1, CHANGES + 1)),
]
TIERS = ("derived", "product", "raw")


@pytest.fixture(scope="module")
def zygote() -> Iterator[Zygote]:
    with Zygote() as process:
        yield process


def _elsewhere(state: State) -> Elsewhere:
    lines = (
        'profile = "lake"',
        "[profiles.lake]",
        'catalog = "unity"',
        "[profiles.lake.unity]",
        f'host = "{state.base}"',
    )
    told = {"DATABRICKS_TOKEN": TOKEN, "DATABRICKS_CONFIG_FILE": os.devnull}
    return Elsewhere(told, "\n".join(lines) + "\n", "catalog.")


def _wrong_at_unity(state: State, left: Left) -> list[str]:
    """Duplicates, orphans and halves, looked for in what the fake keeps."""
    team = {"USE_SCHEMA", "SELECT", "MODIFY", "CREATE_TABLE"}
    onboarding = left.result["onboarding"]
    marker = {"platform_cli.domain": "loyalty", "platform_cli.onboarding": onboarding}
    owner = "@local/loyalty-team"
    found = {
        "catalogs": {name: one["properties"] for name, one in state.catalogs.items()},
        "schemas": {name: one["properties"] for name, one in state.schemas.items()},
        "tags": state.tags,
        "grants": {key[1]: held for key, held in state.grants.items()},
    }
    wanted = {
        "catalogs": {"loyalty": marker},
        "schemas": {f"loyalty.{tier}": marker for tier in TIERS},
        "tags": {
            f"loyalty.{tier}": {"domain": "loyalty", "owner": owner, "tier": tier} for tier in TIERS
        },
        "grants": {
            "loyalty": {"loyalty-team": {"USE_CATALOG"}, "account users": {"USE_CATALOG"}},
            "loyalty.raw": {"loyalty-team": team},
            "loyalty.derived": {"loyalty-team": team},
            "loyalty.product": {
                "loyalty-team": team,
                "account users": {"USE_SCHEMA", "SELECT"},
            },
        },
    }
    return [f"{key}: {found[key]}" for key in wanted if found[key] != wanted[key]]


def _hold(zygote: Zygote, history: str, folder: Path, kills: int | None = None) -> State:
    folder.mkdir()
    with serving() as state:
        left = play(zygote, history, folder, _elsewhere(state))
        wrong = [
            *_wrong_at_unity(state, left),
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
    assert len(state.mutations) == len(state.attempts) == CALLS


def test_one_kill(zygote: Zygote, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    for point in _chosen(POINTS, SAMPLED, request):
        _hold(zygote, point, tmp_path / point.replace(":", "-"), kills=1)


def test_two_kills(zygote: Zygote, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    sampled = random.Random(SEED).sample([f"{a},{b}" for a in POINTS for b in POINTS], 60)
    for pair in _chosen(sampled, SAMPLED_PAIRS, request):
        _hold(zygote, pair, tmp_path / pair.replace(":", "-"))
