"""SIGKILL to the real process at every mutating call, every event, and in between."""

from __future__ import annotations

import itertools
import json
import random
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.crash.histories import CALLS, Zygote, play, single_points, wrong_with

pytestmark = pytest.mark.crash
SEED = 20260105
SAMPLED_PAIRS = 24
SAMPLED_MOMENTS = 24


@pytest.fixture(scope="module")
def zygote() -> Iterator[Zygote]:
    with Zygote() as process:
        yield process


def _hold(zygote: Zygote, history: str, folder: Path) -> None:
    left = play(zygote, history, folder)
    wrong = wrong_with(left, folder / "home")
    assert not wrong, f"replay: pytest tests/crash --replay {history}\n" + "\n".join(wrong)


def _hold_all(zygote: Zygote, histories: list[str], folder: Path) -> None:
    for number, history in enumerate(histories):
        place = folder / str(number)
        place.mkdir()
        _hold(zygote, history, place)
        shutil.rmtree(place)


def _moments(zygote: Zygote, folder: Path) -> list[str]:
    """Every event and every audited moment of an unharmed first run."""
    counted = folder / "counts.json"
    (folder / "counting").mkdir()
    zygote.run(folder / "counting" / "home", None, counted)
    counts = json.loads(counted.read_text(encoding="utf-8"))
    assert counts["call"] == CALLS
    events = [f"event:{n}:{w}" for n in range(1, counts["event"] + 1) for w in ("before", "after")]
    return events + [f"audit:{n}" for n in range(1, counts["audit"] + 1)]


def test_a_history_that_a_failure_printed(
    zygote: Zygote, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    history = request.config.getoption("--replay")
    _hold(zygote, history or "", tmp_path)


@pytest.mark.parametrize("point", single_points())
def test_one_kill(zygote: Zygote, tmp_path: Path, point: str) -> None:
    left = play(zygote, point, tmp_path)
    assert left.kills == 1
    assert not wrong_with(left, tmp_path / "home")


def test_pairs_of_kills(zygote: Zygote, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    pairs = [",".join(pair) for pair in itertools.product(single_points(), repeat=2)]
    if request.config.getoption("--sweep") == "sample":
        pairs = random.Random(SEED).sample(pairs, SAMPLED_PAIRS)
    _hold_all(zygote, pairs, tmp_path)


def test_kills_at_any_moment(
    zygote: Zygote, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    moments = _moments(zygote, tmp_path)
    if request.config.getoption("--sweep") == "sample":
        moments = random.Random(SEED).sample(moments, SAMPLED_MOMENTS)
    _hold_all(zygote, moments, tmp_path)
