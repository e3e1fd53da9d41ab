"""SIGKILL to the real process at every mutating call of an Iceberg REST catalog."""

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
    wrong_at_home,
    wrong_in_journal,
)
from tests.fakes.iceberg.server import serving
from tests.fakes.iceberg.state import TOKEN, State

# With --sweep all there are many histories in one test.
pytestmark = [pytest.mark.crash, pytest.mark.timeout(3600)]
SEED = 20260111
CALLS = 11
"""The domain's namespace, three below it, four grants, and the tags of each schema."""
CHANGES = 10
"""What the journal has of them: the domain's namespace comes with the first schema."""
SAMPLED = 5
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


def elsewhere(uri: str, *more: str) -> Elsewhere:
    """A process that is told of the catalog at that address."""
    lines = (
        'profile = "lake"',
        "[profiles.lake]",
        'catalog = "iceberg"',
        "[profiles.lake.iceberg]",
        f'uri = "{uri}"',
        'layout = "nested"',
        *more,
    )
    return Elsewhere({"ICEBERG_TOKEN": TOKEN}, "\n".join(lines) + "\n", "catalog.")


def _wrong_at_the_catalog(state: State, left: Left) -> list[str]:
    """Duplicates, orphans and halves, looked for in what the fake keeps."""
    onboarding, team = left.result["onboarding"], "@local/loyalty-team"
    marker = {"platform_cli.domain": "loyalty", "platform_cli.onboarding": onboarding}
    wanted: dict[tuple[str, ...], dict[str, str]] = {("loyalty",): marker}
    for tier in TIERS:
        tags = {"domain": "loyalty", "owner": team, "tier": tier}
        grants = {team: "write"} | ({"everyone": "read"} if tier == "product" else {})
        wanted["loyalty", tier] = {
            **marker,
            **{f"platform_cli.tag.{key}": text for key, text in tags.items()},
            **{f"platform_cli.grant.{who}": privilege for who, privilege in grants.items()},
        }
    found = dict(state.namespaces)
    places = sorted(found.keys() | wanted.keys())
    return [f"{one}: {found.get(one)}" for one in places if found.get(one) != wanted.get(one)]


def _hold(zygote: Zygote, history: str, folder: Path, kills: int | None = None) -> State:
    folder.mkdir()
    with serving(warehouse="mesh") as state:
        left = play(zygote, history, folder, elsewhere(state.uri, 'warehouse = "mesh"'))
        wrong = [
            *_wrong_at_the_catalog(state, left),
            *wrong_at_home(folder / "home"),
            *wrong_in_journal(left),
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
