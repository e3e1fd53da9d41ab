"""Handling a SQLite journal in a test: making one, reading it, and comparing a folder."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from platform_cli.errors import PlatformError
from platform_cli.journal.event import Event
from platform_cli.journal.sqlite import SqliteJournal
from tests.providers.journal_events import event

ROOT = Path(__file__).parents[2]


def open_(home: Path, **options: float) -> SqliteJournal:
    return SqliteJournal.open(home / "journal.db", home / "locks", **options)


def read(home: Path) -> list[Event]:
    with closing(SqliteJournal.read(home / "journal.db")) as journal:
        return list(journal.events())


def fill(home: Path, count: int = 20) -> list[Event]:
    """Make a journal of so many events, of four onboardings and domains."""
    events = [
        event(number, onboarding=f"o{number % 4}", domain=f"domain-{number % 4}")
        for number in range(count)
    ]
    with closing(open_(home)) as journal:
        journal.extend(events)
    return events


def start(task: str, home: Path, *arguments: object) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "tests.providers.journal_child", task, str(home)]
    return subprocess.Popen(
        [*command, *map(str, arguments)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )


def run(task: str, home: Path, *arguments: object, exit_code: int = 0) -> list[str]:
    with start(task, home, *arguments) as child:
        said, _ = child.communicate(timeout=120)
    assert child.returncode == exit_code
    return said.decode().splitlines()


def snapshot(folder: Path) -> dict[str, object]:
    """Everything a reader could have changed: names, bytes, modes and times of change.

    Not the inode's own time: SQLite run by root gives a rollback journal the owner that it has.
    """
    found: dict[str, object] = {}
    for path in (folder, *sorted(folder.rglob("*"))):
        known = path.stat()
        body = path.read_bytes() if path.is_file() else None
        found[str(path)] = (body, known.st_mtime_ns, known.st_mode)
    return found


def refusal(call: Callable[[], object]) -> PlatformError:
    with pytest.raises(PlatformError) as refused:
        call()
    return refused.value


def refused_unchanged(home: Path, code: str, *also: str) -> None:
    before = snapshot(home)
    for call in (lambda: read(home), lambda: open_(home)):
        error = refusal(call)
        assert error.code in (code, *also)
        assert str(home / "journal.db") in error.summary
        assert "Nothing was changed" in error.summary
    assert snapshot(home) == before
