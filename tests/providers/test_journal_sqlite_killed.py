"""The SQLite journal and its locks when many processes come at once, and some are killed."""

from __future__ import annotations

import random
import signal
from contextlib import closing
from pathlib import Path

import pytest

from platform_cli.journal import lock
from tests.providers.journal_sqlite import (
    open_,
    read,
    refusal,
    start,
)
from tests.providers.journal_suite import ANA, BEN, ids


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


# Killed and crowded


def test_no_acknowledged_event_is_lost_or_doubled_when_the_writer_is_killed(home: Path) -> None:
    acknowledged: list[int] = []
    generator = random.Random(7)
    for _ in range(12):
        first = len(read(home))
        with start("append", home, first, 1000) as child:
            assert child.stdout is not None
            for _ in range(generator.randrange(1, 25)):
                acknowledged.append(int(child.stdout.readline()))
            child.send_signal(signal.SIGKILL)
            acknowledged += [int(line) for line in child.stdout.read().splitlines()]
        found = ids(iter(read(home)))
        # One more may be there: written, and killed before it could be said.
        assert len(found) - len(acknowledged) in (0, 1)
        if len(found) > len(acknowledged):
            acknowledged.append(len(acknowledged))
        assert found == [f"e{number}" for number in acknowledged]
    with closing(open_(home)) as journal:
        assert sum(len(group) for group in journal.by_onboarding()) == len(acknowledged)


def test_eight_processes_append_at_once(home: Path) -> None:
    children = [start("append", home, first, 200) for first in range(0, 8000, 1000)]
    for child in children:
        with child:
            said, _ = child.communicate(timeout=120)
            assert child.returncode == 0
            assert len(said.splitlines()) == 200
    found = [int(each[1:]) for each in ids(iter(read(home)))]
    assert sorted(found) == [first + k for first in range(0, 8000, 1000) for k in range(200)]
    for first in range(0, 8000, 1000):
        own = [number for number in found if number // 1000 * 1000 == first]
        assert own == sorted(own)


def test_fifty_want_one_lock_and_a_killed_holder_does_not_keep_it(home: Path) -> None:
    fates = {f"p{n}": "die" if n % 10 == 3 else "live" for n in range(50)}
    open_(home).close()
    children = {name: start("hold_once", home, name, fate) for name, fate in fates.items()}
    for name, child in children.items():
        with child:
            child.communicate(timeout=120)
            assert child.returncode == (-signal.SIGKILL if fates[name] == "die" else 0)
    visits = (home / "visits").read_text().splitlines()
    wanted: list[str] = []
    for line in visits:
        if line.startswith("in "):
            name = line.removeprefix("in ")
            wanted += [line] if fates[name] == "die" else [line, f"out {name}"]
    assert visits == wanted, "somebody entered while another was inside"
    assert sum(line.startswith("in ") for line in visits) == 50


def test_a_program_that_the_holder_started_does_not_keep_the_lock(home: Path) -> None:
    with start("hold_and_spawn", home) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        # The program that it started reads stdin: it lives until the pipe is closed.
        assert child.stdout.readline() == b"up\n"
        child.kill()
        assert child.wait(60) == -signal.SIGKILL
        with closing(open_(home)) as journal, journal.hold("local", "loyalty", BEN):
            pass


def test_whoever_is_refused_is_told_of_the_holder_in_another_process(home: Path) -> None:
    with start("hold_until_told", home) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"held\n"
        with closing(open_(home)) as journal:
            hold = journal.hold("local", "loyalty", BEN)
            assert "held by ana on here since 2026-01-05" in refusal(hold.__enter__).summary
            child.communicate(b"go\n", timeout=60)
            with journal.hold("local", "loyalty", BEN):
                pass


@pytest.mark.parametrize("record", [b"", b"\n", b"\xff\xfe\n", b"[]\n", b'{"actor": 1}\n', b"{"])
def test_a_lock_whose_record_is_unreadable_is_still_a_lock(home: Path, record: bytes) -> None:
    with closing(open_(home)) as journal, journal.hold("local", "loyalty", ANA):
        file = home / "locks" / lock.file_name("local", "loyalty")
        file.write_bytes(record)
        error = refusal(journal.hold("local", "loyalty", BEN).__enter__)
    assert error.code == "PLT-JOURNAL-005"
    assert error.summary.startswith("loyalty is held by another run.")


def test_a_lock_file_that_was_tidied_away_lets_nobody_in_twice(
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    real = lock._opened
    removed: list[Path] = []

    def opened_and_removed(path: Path) -> int:
        descriptor = real(path)
        if len(removed) < 3:
            path.unlink()
            removed.append(path)
        return descriptor

    monkeypatch.setattr(lock, "_opened", opened_and_removed)
    with closing(open_(home)) as journal, journal.hold("local", "loyalty", ANA):
        assert len(removed) == 3
        assert refusal(journal.hold("local", "loyalty", BEN).__enter__).code == "PLT-JOURNAL-005"


def test_a_planted_link_is_not_followed(home: Path, tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.write_text("mine")
    with closing(open_(home)) as journal:
        (home / "locks").mkdir(exist_ok=True)
        (home / "locks" / lock.file_name("local", "loyalty")).symlink_to(precious)
        assert refusal(journal.hold("local", "loyalty", ANA).__enter__).code == "PLT-HOME-001"
    assert precious.read_text() == "mine"
