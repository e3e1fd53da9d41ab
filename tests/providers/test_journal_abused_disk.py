"""A disk that is full or fails at every change that the journal makes: nothing acknowledged is lost.

Every write, sync, rename, removal and new file of whole sequences fails once, with ENOSPC or EIO,
also twice in a row and in the middle of a write; the next run on a disk that works converges.
`--sweep all` tries every kind of failure at every change, and at every change of a whole `init`.
"""

from __future__ import annotations

import errno
import json
import random
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import closing
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from platform_cli.errors import PlatformError
from platform_cli.journal.event import Event
from platform_cli.journal.postgres_outbox import Outbox
from platform_cli.journal.sqlite import SqliteJournal
from tests.providers.journal_abused_child import APPENDED, IMPORTED
from tests.providers.journal_abused_disk import (
    Abuser,
    Failure,
    Order,
    Told,
    abuser,
    built,
    lacking,
)
from tests.providers.journal_abused_looks import (
    NEW,
    SWEEP_S,
    is_swept,  # noqa: F401 - a fixture
    look,
    pytest_generate_tests,  # noqa: F401 - a hook
    quick_home,  # noqa: F401 - a fixture
)
from tests.providers.journal_sqlite import fill, open_, read

SEED = 20260105
ONCE, TWICE, TORN = (1, False), (2, False), (1, True)
ALL_KINDS = (*product((errno.ENOSPC, errno.EIO), (ONCE, TWICE, (3, False))), (errno.ENOSPC, TORN))
KINDS = ((errno.ENOSPC, ONCE), (errno.EIO, TWICE), (errno.ENOSPC, TORN))
SAMPLED_INITS = 4
UNCHANGED = re.compile("is safe|nothing was|unchanged|written down", re.IGNORECASE)
"""What a person is told of what there is: other files than the journal may be the first to fail."""


@pytest.fixture(name="failing", scope="module")
def _failing() -> Iterator[Abuser]:
    why = lacking()
    if why is not None:
        pytest.skip(why)
    with tempfile.TemporaryDirectory() as folder, abuser(built(Path(folder))) as process:
        yield process


@pytest.fixture(name="limited", scope="module")
def _limited() -> Iterator[Abuser]:
    with abuser(None) as process:
        yield process


# The journal alone


def fresh(home: Path, seed: Path | None) -> None:
    """The home as it was before: with a journal, or with nothing at all."""
    shutil.rmtree(home, ignore_errors=True)
    if seed is not None:
        shutil.copytree(seed, home)


def told_well(told: Told, what: str) -> list[str]:
    """Nothing but events that were kept and refusals with advice. Gives what was kept."""
    assert told.status == 0, f"{what}\n{told.said[-1]}"
    for line in told.said:
        assert line.startswith(("kept ", "refused PLT-HOME-00")), f"{what}\n{line}"
        assert "NO HINT" not in line, f"{what}\n{line}"
        assert line.startswith("kept ") or "is safe" in line or "Nothing was" in line, line
    return [line.split()[1] for line in told.said if line.startswith("kept ")]


def nothing_lost(home: Path, base: list[Event], told: Told, task: str, what: str) -> None:
    """What was acknowledged is there in its order; what was not is there whole or not at all."""
    kept = [each for each in told_well(told, what) if each.startswith("e")]
    found = read(home)
    assert found[: len(base)] == base, what
    new = [each.id for each in found[len(base) :]]
    if task == "extend":
        assert len(new) in {0, IMPORTED}, what
        assert new or "kept import" not in told.said, what
    else:
        assert [each for each in new if each in kept] == kept, what
        assert set(new) <= {f"e{number}" for number in range(100, 100 + APPENDED)}, what
    with closing(open_(home)) as journal:
        journal.append(NEW)
    assert not look(home / "journal.db", [*found, NEW], what), what
    left = {path.name for path in home.iterdir()}
    assert left <= {"journal.db", "journal.db.begun", "locks"}, what


@pytest.mark.timeout(SWEEP_S)
@pytest.mark.parametrize("begun", [False, True], ids=["new", "begun"])
@pytest.mark.parametrize("task", ["append", "extend", "hold"])
def test_every_change_of_a_sequence_fails(
    home: Path, failing: Abuser, task: str, *, begun: bool, swept: bool
) -> None:
    seed = home.parent / "seed" if begun else None
    base = fill(seed, 8) if seed else []
    fresh(home, seed)
    seen = failing.run(Order(task, str(home), (str(home),))).seen
    assert seen > 30
    points = list(product(range(1, seen + 1), ALL_KINDS if swept else KINDS))
    if not swept and (task, begun) != ("append", True):  # each change once, in one of the ways
        points = [(at, KINDS[at % len(KINDS)]) for at in range(1, seen + 1)]
    noticed = 0
    for at, (error, (times, torn)) in points:
        fresh(home, seed)
        failure = Failure(at, times, error, torn)
        told = failing.run(Order(task, str(home), (str(home),), failure))
        assert told.seen >= at, "the change that was to fail never came"
        nothing_lost(home, base, told, task, f"{task} {failure}")
        noticed += any(line.startswith("refused") for line in told.said)
    assert noticed > seen / 2


@pytest.mark.timeout(SWEEP_S)
@pytest.mark.parametrize("begun", [False, True], ids=["new", "begun"])
@pytest.mark.parametrize("task", ["append", "extend"])
def test_a_limit_on_the_size_of_files_at_every_place(
    home: Path, limited: Abuser, task: str, *, begun: bool, swept: bool
) -> None:
    seed = home.parent / "seed" if begun else None
    base = fill(seed, 8) if seed else []
    fresh(home, seed)
    limited.run(Order(task, str(home)))
    full = (home / "journal.db").stat().st_size
    refused = 0
    for largest in range(0, full + 4096, 64 if swept else 1536):
        fresh(home, seed)
        told = limited.run(Order(task, str(home), largest=largest))
        refused += any(line.startswith("refused PLT-HOME-002") for line in told.said)
        nothing_lost(home, base, told, task, f"{task}, no file above {largest}")
    assert refused > 5


# What a shared journal did not take


def test_every_change_of_the_outbox_fails(home: Path, failing: Abuser, *, swept: bool) -> None:
    place = "postgresql://db.example/journal"
    fresh(home, None)
    seen = failing.run(Order("outbox", str(home), (str(home),))).seen
    assert seen > 15
    kinds = ALL_KINDS if swept else KINDS
    for at, (error, (times, torn)) in product(range(1, seen + 1), kinds):
        fresh(home, None)
        failure = Failure(at, times, error, torn)
        told = failing.run(Order("outbox", str(home), (str(home),), failure))
        kept = told_well(told, f"{failure}")
        found: list[str] = []
        outbox = Outbox(home / "outbox", place)
        outbox.deliver(lambda events, found=found: found.extend(e.id for e in events))  # type: ignore[misc]  # mypy cannot infer a default
        assert [each for each in found if each in kept] == kept, f"{failure}"
        assert len(found) == len(set(found)) <= APPENDED
        assert not outbox.folder.exists() or not list(outbox.folder.iterdir()), f"{failure}"


# A whole `init`


class Onboarding:
    """`init` on a disk that fails below the journal, and again on one that works."""

    def __init__(self, child: Abuser, home: Path) -> None:
        self.child, self.home = child, home
        self.under = tuple(f"{home}/{name}" for name in ("journal", ".journal", "locks"))

    def order(self, failure: Failure | None = None, largest: int | None = None) -> Told:
        failing = Failure() if failure is None else failure
        under = () if failure is None else self.under
        return self.child.run(Order("init", str(self.home), under, failing, largest=largest))

    def converges(self, first: Told, what: str) -> None:
        """The run told what to do; the next one does it, and the one after that nothing."""
        assert first.status == 0, f"{what}\n{first.said[-1]}"
        assert first.said[0] in {"exit 0", "exit 1"}, f"{what}\n{first.said}"
        if first.said[0] == "exit 1":
            document = json.loads(first.said[1])
            error = document.get("error") or document
            assert error["code"] in {"PLT-HOME-001", "PLT-HOME-002"}, f"{what}\n{error}"
            assert UNCHANGED.search(error["summary"]), error
            assert error["hint"]
        again, last = self.order(), self.order()
        assert [again.said[0], last.said[0]] == ["exit 0", "exit 0"], f"{what}\n{again.said[1]}"
        assert not self._wrong(json.loads(last.said[1])), what

    def _wrong(self, last: dict[str, Any]) -> list[str]:
        with closing(SqliteJournal.read(self.home / "journal.sqlite3")) as journal:
            events = list(journal.events())
        ids = [each.id for each in events]
        acknowledged = (self.home.parent / "acknowledged").read_text(encoding="utf-8").split()
        intents = [each.id for each in events if each.type == "call.intent"]
        closed = [each.detail["intent"] for each in events if each.type == "call.result"]
        bare = self.home / "forge" / "local" / "loyalty" / "loyalty.git"
        log = ("git", "-C", str(bare), "log", "--format=%(trailers:key=Platform-Onboarding)")
        commits = subprocess.run(log, capture_output=True, text=True, check=True).stdout.split()
        found = {
            "lost": not set(acknowledged) <= set(ids),
            "doubled": len(ids) != len(set(ids)),
            "onboardings": {each.onboarding for each in events} != {last["onboarding"]},
            "intents": sorted(intents) != sorted(closed),
            "ready": sum(each.type == "onboarding.ready" for each in events) != 1,
            "not converged": last["mutating_calls"] != 0,
            "commits": commits != ["Platform-Onboarding:", last["onboarding"]],
            "repositories": [p.name for p in bare.parents[1].iterdir()] != ["loyalty"],
        }
        return [name for name, wrong in found.items() if wrong]

    def anew(self) -> None:
        """Nothing is there."""
        shutil.rmtree(self.home.parent)
        self.home.parent.mkdir()


@pytest.mark.timeout(SWEEP_S)
def test_every_change_of_the_journal_in_an_init_fails(
    home: Path, failing: Abuser, share: slice, *, swept: bool
) -> None:
    world = Onboarding(failing, home / "places" / "home")
    world.home.parent.mkdir(parents=True)
    seen = world.order(Failure()).seen
    assert seen > 1_000
    kinds = ((errno.ENOSPC, ONCE), (errno.EIO, TWICE)) if swept else ALL_KINDS
    points = list(product(range(1, seen - 20), kinds))  # the order of steps differs a little
    tried = points[share] if swept else random.Random(SEED).sample(points, SAMPLED_INITS)
    for at, (error, (times, torn)) in tried:
        world.anew()
        failure = Failure(at, times, error, torn)
        world.converges(world.order(failure), f"{failure}")


@pytest.mark.parametrize("largest", [10_000, 70_000, 100_000])
def test_an_init_that_meets_a_limit_on_the_size_of_files(
    home: Path, limited: Abuser, largest: int
) -> None:
    world = Onboarding(limited, home / "places" / "home")
    world.home.parent.mkdir(parents=True)
    first = world.order(largest=largest)
    assert first.said[0] == "exit 1"
    world.converges(first, f"no file above {largest}")


def test_why_there_may_be_no_failing_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert "compiler" in str(lacking()) or "needs Linux" in str(lacking())
    with pytest.raises(PlatformError, match="cannot be used"):
        open_(Path("/dev/null/home"))
