"""SIGKILL to the real process: at every mutating call of every profile, in every order the plan
allows, and at any other moment; duplicates and orphans are counted where they arrive.

A failure prints one line that replays its history: pytest tests/crash --replay HISTORY
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from itertools import groupby
from pathlib import Path
from typing import Protocol

import pytest

from platform_cli.journal.event import from_line
from tests.crash import figures
from tests.crash.choosing import SEED, chosen
from tests.crash.histories import History, Left, Zygote, events
from tests.crash.profiles import PROFILES, lived
from tests.crash.scratch import quick_folder
from tests.crash.turns import NEEDS, TRIALS, interleavings, orders

# With --sweep there are many histories in one test.
pytestmark = [pytest.mark.crash, pytest.mark.timeout(3600)]
AT_ONCE = 10
"""How many histories are one test, so that workers can share them."""
MOMENTS = {"sample": 16, "long": 120}
"""How many of all moments are tried; in a whole sweep, each."""
PARTS = 2
"""Into how many tests they are shared out."""


class Hold(Protocol):
    """Plays histories, counts them, and fails with a line for each that left something wrong."""

    def __call__(self, histories: Iterable[History], *, counting: bool = False) -> list[Left]:
        """What each has left. `counting` has the kill points of unharmed runs counted, too."""
        ...


@pytest.fixture(scope="module")
def zygote() -> Iterator[Zygote]:
    with Zygote() as process:
        yield process


@pytest.fixture
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="platform-cli-crash-", dir=quick_folder()) as name:
        yield Path(name)


@pytest.fixture
def hold(zygote: Zygote, folder: Path, record_property: Callable[[str, object], None]) -> Hold:
    numbers: dict[str, int] = {}
    record_property(figures.PROPERTY, numbers)

    def held(histories: Iterable[History], *, counting: bool = False) -> list[Left]:
        failed, lefts = [], []
        for history in histories:
            with tempfile.TemporaryDirectory(dir=folder) as place:
                left = lived(zygote, history, Path(place), counting=counting)
            lefts.append(left)
            figures.count(numbers, history, left)
            wrong = [f"{one.harm}: {one.what}" for one in left.wrong]
            if history.kind == "one kill" and left.kills != 1:
                wrong.append("nobody was killed")
            if wrong:
                failed += [f"replay: pytest tests/crash --replay '{history}'", *wrong]
        if failed:
            pytest.fail("\n".join(failed), pytrace=False)
        return lefts

    return held


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Share the histories out over tests: the same ones in every worker."""
    if "histories" not in metafunc.fixturenames:
        return
    parts: dict[str, list[History]] = {}
    replayed = History.replayed(metafunc.config.getoption("--replay"))
    if replayed is not None:
        parts[str(replayed)] = [replayed]
    else:
        for profile in PROFILES.values():
            all_of_it = chosen(profile, metafunc.config.getoption("--sweep"))
            for begin in range(0, len(all_of_it), AT_ONCE):
                parts[f"{profile.name}-{begin}"] = all_of_it[begin : begin + AT_ONCE]
    metafunc.parametrize("histories", parts.values(), ids=parts.keys())


def test_histories(hold: Hold, histories: list[History]) -> None:
    hold(histories)


@pytest.mark.parametrize("part", range(PARTS))
def test_kills_at_any_moment(hold: Hold, part: int, request: pytest.FixtureRequest) -> None:
    """Every event and every audited moment of an unharmed first run, with jobs in one order."""
    unharmed = History("local", order="order:0")
    hold([unharmed])  # so that what is kept from run to run is there before moments are counted
    (left,) = hold([unharmed], counting=True)
    moments = [f"event:{n}:{when}" for n in range(1, left.counts["event"] + 1) for when in _AROUND]
    moments += [f"audit:{n}" for n in range(1, left.counts["audit"] + 1)]
    if number := MOMENTS.get(request.config.getoption("--sweep")):
        moments = random.Random(SEED).sample(moments, number)
    hold(History("local", (moment,), "order:0") for moment in moments[part::PARTS])


_AROUND = ("before", "after")


@pytest.mark.parametrize("name", PROFILES)
def test_an_unharmed_run_makes_each_call_once_and_the_second_none(hold: Hold, name: str) -> None:
    """What the table says of a profile is what happens, at the servers and at the kill points."""
    profile = PROFILES[name]
    (left,) = hold([History(name)], counting=True)
    assert left.counts["call"] == profile.calls
    assert left.counts["result"] == (profile.results or profile.calls)
    if profile.fakes:
        assert (left.arrived, left.refused) == (profile.calls, 0)
    else:
        assert left.result
        assert left.result["mutating_calls"] == profile.calls


def test_the_journal_is_what_its_export_prints(zygote: Zygote, folder: Path) -> None:
    status, output = zygote.run(folder / "home", None)
    assert status == 0, output
    done = subprocess.run(
        [sys.executable, "-m", "platform_cli", "journal", "export"],
        env={**os.environ, "PLATFORM_HOME": str(folder / "home")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert [from_line(line) for line in done.stdout.splitlines()] == events(folder / "home")


def test_an_order_is_kept_and_comes_again(zygote: Zygote, folder: Path) -> None:
    """`order:N` makes whole steps in that order; the same `mix:SEED` makes the same calls."""
    told: dict[int, list[str]] = {}
    for number, order in enumerate(["order:23", "mix:5", "mix:5"]):
        place = folder / str(number)
        place.mkdir()
        status, output = zygote.run(place / "home", None, order=order)
        assert status == 0, output
        # What comes to be ready has names with the onboarding's id.
        told[number] = [
            f"{event.step} {event.type} {event.detail['address']}"
            for event in events(place / "home")
            if event.type in {"call.intent", "call.result"} and event.step in NEEDS
        ]
    whole = [one for one in orders()[23] if one not in TRIALS]
    assert [step for step, _ in groupby(text.split()[0] for text in told[0])] == whole
    assert told[1] == told[2]
    assert len(list(groupby(text.split()[0] for text in told[1]))) > len(whole)


def test_how_many_orders_there_are() -> None:
    assert len(orders()) == len(set(orders())) == 24
    assert interleavings({"repo.create": 1, "oncall.rotation": 1, "catalog.schemas": 1}) == 6
    assert interleavings({"repo.create": 1, "repo.connect": 2, "trial": 1, "oncall": 2}) == 3


def test_a_history_is_read_as_it_is_written() -> None:
    for text in ("local/", "github/order:7,call:3:after", "all/mix:12,call:1:before,event:2:after"):
        assert str(History.read(text)) == text
    assert History.read("all/mix:12,call:1:before,call:2:after").kind == "two kills"
