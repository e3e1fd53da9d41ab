"""What stands where the journal should be: nothing any more, a link, another thing, or no way in.

Each is refused with advice and left as it is, by the journal and by the commands that read it.
"""

from __future__ import annotations

import os
import socket
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from platform_cli.journal.sqlite import SqliteJournal
from tests.cli.program import LOYALTY, Program
from tests.providers.journal_abused_disk import Order, abuser
from tests.providers.journal_abused_looks import (
    NEW,
    advised,
    flipped,
    quick_home,  # noqa: F401 - a fixture
)
from tests.providers.journal_sqlite import fill, open_, read, refusal, snapshot

# Another thing in its place


def directory(file: Path) -> None:
    file.mkdir()


def pipe(file: Path) -> None:
    os.mkfifo(file)


def listening(file: Path) -> None:
    with closing(socket.socket(socket.AF_UNIX)) as server:
        server.bind(str(file))


def empty(file: Path) -> None:
    file.touch()


def text(file: Path) -> None:
    file.write_text("Notes on what to buy: bread, milk, a database.\n" * 300, encoding="utf-8")


def foreign(file: Path) -> None:
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("CREATE TABLE events (id TEXT)")


def newer(file: Path) -> None:
    fill(file.parent)
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("INSERT INTO migrations VALUES (99, 'from the future')")


def link_to_nothing(file: Path) -> None:
    file.symlink_to(file.parent / "unmounted" / "journal.db")


def link_to_itself(file: Path) -> None:
    file.symlink_to(file.name)


@pytest.mark.parametrize(
    ("put", "code"),
    [
        (directory, "PLT-HOME-001"),
        (pipe, "PLT-JOURNAL-002"),
        (listening, "PLT-JOURNAL-002"),
        (empty, "PLT-JOURNAL-002"),
        (text, "PLT-JOURNAL-002"),
        (foreign, "PLT-JOURNAL-002"),
        (newer, "PLT-JOURNAL-001"),
        (link_to_nothing, "PLT-HOME-001"),
        (link_to_itself, "PLT-HOME-001"),
    ],
)
def test_another_thing_in_its_place(home: Path, put: Callable[[Path], None], code: str) -> None:
    home.mkdir()
    put(home / "journal.db")
    before = snapshot(home) if "link" not in put.__name__ else sorted(home.iterdir())
    for call in (lambda: read(home), lambda: open_(home)):
        error = refusal(call)
        assert advised(error) == code
        assert str(home / "journal.db") in error.summary
    assert before == (snapshot(home) if "link" not in put.__name__ else sorted(home.iterdir()))


def test_a_link_to_a_journal_is_that_journal(home: Path) -> None:
    events = fill(home)
    beside = home.parent / "beside"
    beside.mkdir()
    (beside / "journal.db").symlink_to(home / "journal.db")
    with closing(open_(beside)) as journal:
        journal.append(NEW)
    assert read(home) == read(beside) == [*events, NEW]
    assert (beside / "journal.db").is_symlink()


def test_a_home_that_is_a_link_to_a_disk_that_is_away_is_not_begun_anew(home: Path) -> None:
    home.symlink_to(home.parent / "mounted")
    for call in (lambda: read(home), lambda: open_(home)):
        error = refusal(call)
        assert advised(error) == "PLT-HOME-001"
        assert "is a link" in error.summary
    (home.parent / "mounted").mkdir()
    assert len(fill(home)) == len(read(home)) == 20


# Nothing in its place any more


def test_a_journal_that_is_gone_is_not_begun_anew_in_silence(home: Path) -> None:
    events = fill(home)
    file, said = home / "journal.db", home / "journal.db.begun"
    file.rename(home / "elsewhere")
    before = snapshot(home)
    for call in (lambda: read(home), lambda: open_(home)):
        error = refusal(call)
        assert advised(error) == "PLT-JOURNAL-002"
        assert "it is missing, though journal.db.begun is there" in error.summary
        assert "move it and journal.db.begun away" in str(error.hint)
    assert snapshot(home) == before
    (home / "elsewhere").rename(file)
    assert read(home) == events
    file.unlink()
    said.unlink()
    assert read(home) == []
    fill(home, 3)
    assert len(read(home)) == 3
    assert said.exists()


def test_a_journal_from_before_there_was_such_word_gets_it_when_it_is_written_to(
    home: Path,
) -> None:
    events = fill(home)
    said = home / "journal.db.begun"
    said.unlink()
    assert read(home) == events
    assert not said.exists(), "reading wrote"
    open_(home).close()
    assert said.exists()
    said.write_bytes(b"")  # what stands in it is for people
    assert read(home) == events


# No way in: as another user, whom root becomes


@pytest.mark.parametrize(
    ("file", "folder", "reading"),
    [(0o444, 0o755, True), (0o444, 0o555, True), (0o644, 0o555, True), (0, 0o755, False)],
)
def test_what_may_not_be_written_can_be_read(file: int, folder: int, *, reading: bool) -> None:
    # Not in pytest's folder: another user cannot look into that.
    with abuser(None) as child, child.folder_of_all() as home:
        fill(home)
        before = read(home)
        (home / "journal.db").chmod(file)
        home.chmod(folder)
        try:
            read_ = child.run(Order("read", str(home), as_nobody=True))
            written = child.run(Order("append", str(home), as_nobody=True))
        finally:
            home.chmod(0o755)
            (home / "journal.db").chmod(0o600)
        assert [read_.status, written.status] == [0, 0], read_.said + written.said
        refused = [line for line in written.said if line != "kept opened"]
        assert refused
        assert all(line.startswith("refused PLT-HOME-001 ") for line in refused)
        assert not any("NO HINT" in line for line in refused)
        if reading:
            assert read_.said == ["read 20"]
        else:
            assert read_.said[0].startswith("refused PLT-HOME-001 ")
        assert read(home) == before


# The commands


COMMANDS = {
    "kpi": ("kpi", "onboarding"),
    "status": ("status",),
    "export": ("journal", "export"),
    "init": LOYALTY,
}


def _text_flipped(body: bytes) -> bytes:
    return flipped(body, (body.index(b'"number":7') + 3) * 8)


ABUSES: dict[str, Callable[[bytes], bytes | None]] = {
    "gone": lambda _: None,
    "empty": lambda _: b"",
    "cut": lambda body: body[: len(body) // 2],
    "flipped": _text_flipped,
    "text": lambda _: b"Notes on what to buy: bread, milk, a database.\n" * 300,
}


@pytest.mark.parametrize("abuse", ABUSES)
def test_every_command_tells_a_person_and_changes_nothing(tmp_path: Path, abuse: str) -> None:
    program = Program(tmp_path / "places")
    file = program.home / "journal.sqlite3"
    with closing(SqliteJournal.open(file, program.home / "locks")) as journal:
        made = tmp_path / "made"
        journal.extend(fill(made))
    body = ABUSES[abuse](file.read_bytes())
    if body is None:
        file.unlink()
    else:
        file.write_bytes(body)
    before = program.snapshot()
    for argv in COMMANDS.values():
        if abuse == "flipped" and argv == LOYALTY:
            continue  # it reads its own domain's events, and those are whole
        done = program.run(*argv, accept=frozenset({1}))
        assert "PLT-JOURNAL-002: " in done.err, done.all
        assert "journal.sqlite3" in done.err
        assert "Nothing was changed" in done.err
        assert "Restore it from a copy" in done.err
        assert "Traceback" not in done.all
    changed = {name for name, what in program.snapshot().items() if before.get(name) != what} - {
        "home",
        "home/locks",
    }
    assert not changed
