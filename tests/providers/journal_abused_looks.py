"""Looking at a journal that was abused: every answer is right and whole, or a refusal with advice."""

from __future__ import annotations

import os
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Final

import pytest

from platform_cli.errors import PlatformError
from platform_cli.journal.event import Event
from platform_cli.journal.sqlite import SqliteJournal, SqliteReading
from tests.providers.journal_events import event
from tests.providers.journal_sqlite import open_

NEW: Final = event(1000, onboarding="o3", domain="domain-3")
"""What is appended to a journal that `fill` made, after it was abused."""

REFUSALS: Final = frozenset({"PLT-JOURNAL-001", "PLT-JOURNAL-002", "PLT-HOME-001", "PLT-HOME-002"})

SHARES: Final = 16
SWEEP_S: Final = 14_400
"""How long a share of the sweep may take."""

WAYS: Final[dict[str, Callable[[SqliteReading], Iterable[Event]]]] = {
    "all": SqliteReading.events,
    "a domain": lambda journal: journal.events(profile="local", domain="domain-3"),
    "onboardings": lambda journal: (each for group in journal.by_onboarding() for each in group),
}


@pytest.fixture(name="home")
def quick_home() -> Iterator[Path]:
    """A home where writing is quick: what is shown does not depend on when a disk has it."""
    memory = Path("/dev/shm")
    usable = memory.is_dir() and os.access(memory, os.W_OK | os.X_OK)
    with tempfile.TemporaryDirectory(dir=memory if usable else None) as folder:
        yield Path(folder) / "home"


@pytest.fixture(name="swept")
def is_swept(request: pytest.FixtureRequest) -> bool:
    """Whether everything is to be tried, and not a sample."""
    return bool(request.config.getoption("--sweep") == "all")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """The sweep goes in shares to as many workers as there are; the sample is in one."""
    if "share" in metafunc.fixturenames:
        swept = metafunc.config.getoption("--sweep") == "all"
        shares = [slice(n, None, SHARES) for n in range(SHARES)] if swept else [slice(None)]
        metafunc.parametrize("share", shares, ids=lambda share: f"share {share.start or 0}")


def advised(error: PlatformError) -> str:
    """The code of a refusal, which must say what happened, what is unchanged and what to do."""
    assert error.code in REFUSALS, error.summary
    assert error.hint
    assert "Nothing" in error.summary or "is safe" in error.summary, error.summary
    return error.code


def look(file: Path, events: Sequence[Event], what: str) -> Counter[str]:
    """Read in every way. Counts the refusals; any other answer must be exactly the events."""
    refused: Counter[str] = Counter()
    wanted = {
        "all": list(events),
        "a domain": [each for each in events if each.domain == "domain-3"],
        "onboardings": sorted(events, key=lambda each: each.onboarding),
    }
    for way, ask in WAYS.items():
        try:
            with closing(SqliteJournal.read(file)) as journal:
                found = list(ask(journal))
        except PlatformError as error:
            refused[advised(error)] += 1
        else:
            assert found == wanted[way], f"{what}: {way}"
    return refused


def appended(home: Path, what: str) -> bool:
    """Append; whether it was acknowledged. A refusal must have left every file as it was."""
    before = bodies(home)
    try:
        with closing(open_(home)) as journal:
            journal.append(NEW)
    except PlatformError as error:
        advised(error)
        assert bodies(home) == before, what
        return False
    return True


def bodies(home: Path) -> dict[str, bytes]:
    """The journal's files: what is in them."""
    files = (path for path in home.iterdir() if path.is_file() and not path.name.endswith(".begun"))
    return {path.name: path.read_bytes() for path in files}


def flipped(body: bytes, bit: int) -> bytes:
    """The same with one bit turned over."""
    changed = bytearray(body)
    changed[bit // 8] ^= 1 << (bit % 8)
    return bytes(changed)
