"""The SQLite journal when the disk is full, another writer stays, or the file is not as written."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest

from platform_cli.errors import PlatformError
from platform_cli.journal import sqlite, sqlite_file
from platform_cli.journal.event import Event
from platform_cli.journal.port import Imported
from platform_cli.journal.row import COLUMNS
from platform_cli.journal.sqlite import SqliteJournal, SqliteReading
from tests.providers.journal_events import event
from tests.providers.journal_sqlite import (
    fill,
    open_,
    read,
    refusal,
    refused_unchanged,
    run,
)
from tests.providers.journal_suite import ids


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


# A full disk, a busy journal, errors


def test_a_limit_on_files_is_a_full_disk_and_loses_nothing(home: Path) -> None:
    said = run("fill_up", home, 40_000)
    (refused,) = [line for line in said if line.startswith("refused")]
    assert refused == "refused PLT-HOME-002"
    acknowledged = [f"e{line}" for line in said if line != refused]
    assert len(acknowledged) > 10
    assert ids(iter(read(home))) == acknowledged


def test_a_full_disk_undoes_the_whole_transaction(home: Path) -> None:
    events = fill(home)
    with closing(open_(home)) as journal:
        assert journal._connection is not None
        ((pages,),) = journal._connection.execute("PRAGMA page_count").fetchall()
        journal._connection.execute(f"PRAGMA max_page_count = {pages + 5}")
        error = refusal(lambda: journal.extend(event(n) for n in range(1000, 3000)))
        assert error.code == "PLT-HOME-002"
        assert "safe" in error.summary
        assert list(journal.events()) == events
        journal._connection.execute("PRAGMA max_page_count = 1000000")
        assert journal.extend(event(n) for n in range(1000, 3000)) == Imported(2000, 0)


def test_a_journal_that_cannot_be_begun_leaves_nothing(
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def full(connection: sqlite3.Connection, since: int) -> None:
        connection.execute("CREATE TABLE one (x)")
        connection.execute("PRAGMA max_page_count = 3")
        connection.execute("CREATE TABLE two (x)")
        connection.execute("CREATE TABLE three (x)")

    monkeypatch.setattr(sqlite, "migrate", full)
    assert refusal(lambda: open_(home)).code == "PLT-HOME-002"
    assert [path.name for path in home.iterdir()] == ["locks"]
    monkeypatch.undo()
    assert len(fill(home)) == len(read(home))


def test_a_writer_that_does_not_let_go(home: Path) -> None:
    events = fill(home)
    with closing(open_(home, busy_s=0.05)) as journal:
        other = sqlite3.connect(home / "journal.db", isolation_level=None)
        with closing(other):
            other.execute("BEGIN IMMEDIATE")
            assert refusal(lambda: journal.append(event(100))).code == "PLT-JOURNAL-003"
            assert list(journal.events()) == events
            other.execute("ROLLBACK")
            other.execute("BEGIN EXCLUSIVE")
            assert refusal(lambda: list(journal.events())).code == "PLT-JOURNAL-003"
        journal.append(event(100))
        assert list(journal.events()) == [*events, event(100)]


def test_a_reader_that_does_not_let_go(home: Path) -> None:
    events = fill(home, 3000)
    with closing(open_(home, busy_s=0.05)) as journal:
        other = sqlite3.connect(home / "journal.db", isolation_level=None)
        with closing(other):
            reading = other.execute("SELECT * FROM events")
            reading.fetchone()
            assert refusal(lambda: journal.append(event(9000))).code == "PLT-JOURNAL-003"
            reading.close()
        journal.append(event(9000))
        assert list(journal.events()) == [*events, event(9000)]


def test_an_interrupt_in_the_middle_of_a_transaction(home: Path) -> None:
    events = fill(home)

    def interrupted() -> Iterator[Event]:
        yield event(100)
        raise KeyboardInterrupt

    with closing(open_(home)) as journal:
        with pytest.raises(KeyboardInterrupt):
            journal.extend(interrupted())
        released = threading.Thread(target=journal.append, args=(event(101),))
        released.start()
        released.join(60)
        assert list(journal.events()) == [*events, event(101)]


def test_a_file_that_is_taken_away_meanwhile_is_not_written_to_unseen(home: Path) -> None:
    events = fill(home)
    with closing(open_(home)) as journal:
        (home / "journal.db").rename(home / "elsewhere.db")
        assert refusal(lambda: journal.append(event(100))).code == "PLT-HOME-001"
    (home / "elsewhere.db").rename(home / "journal.db")
    assert read(home) == events


def test_an_event_that_cannot_be_kept_changes_nothing(home: Path) -> None:
    events = fill(home)
    with closing(open_(home)) as journal:
        for bad in (
            event(100, duration_s=float("nan")),
            event(100, duration_s=float("inf")),
            event(100, detail={"x": float("nan")}),
            event(100, id="\ud800"),
        ):
            with pytest.raises(ValueError):
                journal.append(bad)
        assert list(journal.events()) == events


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("SQLITE_FULL", "PLT-HOME-002"),
        ("SQLITE_IOERR_WRITE", "PLT-HOME-002"),
        ("SQLITE_IOERR", "PLT-HOME-001"),
        ("SQLITE_IOERR_FSYNC", "PLT-HOME-001"),
        ("SQLITE_IOERR_READ", "PLT-HOME-001"),
        ("SQLITE_IOERR_LOCK", "PLT-HOME-001"),
        ("SQLITE_IOERR_SHORT_READ", "PLT-JOURNAL-002"),
        ("SQLITE_READONLY", "PLT-HOME-001"),
        ("SQLITE_READONLY_DBMOVED", "PLT-HOME-001"),
        ("SQLITE_CANTOPEN", "PLT-HOME-001"),
        ("SQLITE_CANTOPEN_ISDIR", "PLT-HOME-001"),
        ("SQLITE_PERM", "PLT-HOME-001"),
        ("SQLITE_CORRUPT", "PLT-JOURNAL-002"),
        ("SQLITE_CORRUPT_INDEX", "PLT-JOURNAL-002"),
        ("SQLITE_NOTADB", "PLT-JOURNAL-002"),
        ("SQLITE_CONSTRAINT_UNIQUE", "PLT-JOURNAL-002"),
        ("SQLITE_BUSY", "PLT-JOURNAL-003"),
        ("SQLITE_BUSY_SNAPSHOT", "PLT-JOURNAL-003"),
    ],
)
def test_errors_are_told_apart_by_their_code(tmp_path: Path, name: str, code: str) -> None:
    error = sqlite3.OperationalError("words that mean nothing")
    error.sqlite_errorcode = getattr(sqlite3, name)
    told = sqlite_file.translated(error, tmp_path / "journal.db")
    assert isinstance(told, PlatformError)
    assert told.code == code
    assert told.hint
    assert told.address == str(tmp_path / "journal.db")


def test_our_own_misuse_is_not_dressed_up(home: Path) -> None:
    fill(home)
    journal = open_(home)
    journal.close()
    journal.close()
    with pytest.raises(sqlite3.ProgrammingError):
        list(journal.events())


# What is not a journal, or not any more


def test_a_newer_schema(home: Path) -> None:
    fill(home)
    with closing(sqlite3.connect(home / "journal.db", isolation_level=None)) as other:
        other.execute("INSERT INTO migrations VALUES (99, 'from the future')")
        other.execute("CREATE TABLE later (x)")
    refused_unchanged(home, "PLT-JOURNAL-001")


def test_a_newer_schema_whose_writer_was_killed_is_not_mended_either(home: Path) -> None:
    fill(home)
    with closing(sqlite3.connect(home / "journal.db", isolation_level=None)) as other:
        other.execute("INSERT INTO migrations VALUES (99, 'from the future')")
    script = (
        "import os, signal, sqlite3, sys\n"
        "c = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
        "c.execute('PRAGMA cache_size = 2')\n"
        "c.execute('BEGIN IMMEDIATE')\n"
        "for n in range(500):\n"
        "    c.execute('INSERT INTO onboardings VALUES (?, ?)', (1000 + n, 'x' * 300 + str(n)))\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    subprocess.run([sys.executable, "-c", script, home / "journal.db"], check=False)
    assert (home / "journal.db-journal").stat().st_size > 0
    refused_unchanged(home, "PLT-JOURNAL-001")


@pytest.mark.parametrize(
    "change",
    [
        "DELETE FROM migrations",
        "UPDATE migrations SET name = 'other'",
        "UPDATE migrations SET number = 0",
        "DROP TABLE migrations",
        "DROP INDEX events_of_domain",
        "ALTER TABLE events ADD COLUMN more",
        "CREATE TRIGGER t AFTER INSERT ON events BEGIN DELETE FROM events; END",
        "PRAGMA application_id = 7",
    ],
)
def test_tables_that_are_not_ours(home: Path, change: str) -> None:
    fill(home)
    with closing(sqlite3.connect(home / "journal.db", isolation_level=None)) as other:
        other.execute(change)
    refused_unchanged(home, "PLT-JOURNAL-002")


def test_another_programs_file(home: Path) -> None:
    home.mkdir()
    with closing(sqlite3.connect(home / "journal.db", isolation_level=None)) as other:
        other.execute("CREATE TABLE events (id)")
    refused_unchanged(home, "PLT-JOURNAL-002")


def test_a_file_that_was_switched_to_a_write_ahead_log(home: Path) -> None:
    fill(home)
    with closing(sqlite3.connect(home / "journal.db", isolation_level=None)) as other:
        other.execute("PRAGMA journal_mode = WAL")
    refused_unchanged(home, "PLT-JOURNAL-002")


@pytest.mark.parametrize("body", [b"", b"x", b"hello, this is no database" * 500, bytes(8192)])
def test_garbage(home: Path, body: bytes) -> None:
    home.mkdir()
    (home / "journal.db").write_bytes(body)
    refused_unchanged(home, "PLT-JOURNAL-002")


def test_a_journal_that_vanished_but_for_its_rollback_journal(home: Path) -> None:
    home.mkdir()
    (home / "journal.db-journal").write_bytes(b"\0" * 512)
    refused_unchanged(home, "PLT-JOURNAL-002")


def test_every_field_of_a_row_is_covered_by_its_checksum(home: Path) -> None:
    fill(home)
    changes = {
        "id": "'e7x'",
        "onboarding": "'o0'",
        "run": "'r2'",
        "domain": "'domain-0'",
        "profile": "'prod'",
        "at": "'2026-01-05T09:00:00.000099Z'",
        "type": "'step.finished'",
        "step": "NULL",
        "attempt": "2",
        "duration_s": "0.0",
        "detail": "'{}'",
        "checksum": "checksum + 1",
        "seq": "99",
    }
    assert set(changes) == set(COLUMNS)
    for column, value in changes.items():
        with closing(sqlite3.connect(home / "journal.db")) as other:
            before = other.execute("SELECT * FROM events WHERE seq = 8").fetchone()
            other.execute(f"UPDATE events SET {column} = {value} WHERE seq = 8")  # noqa: S608 - constants
            other.commit()
            error = refusal(lambda: read(home))
            assert error.code == "PLT-JOURNAL-002"
            assert ("last found is 99" if column == "seq" else "row 8 ") in error.summary
            other.execute("DELETE FROM events WHERE seq IN (8, 99)")
            marks = ", ".join("?" * len(before))
            other.execute(f"INSERT INTO events VALUES ({marks})", before)  # noqa: S608 - constants
            other.execute("UPDATE sqlite_sequence SET seq = 20")
            other.commit()
        assert len(read(home)) == 20


@pytest.mark.parametrize("gone", [1, 8, 20])
def test_a_row_that_is_gone_is_missed(home: Path, gone: int) -> None:
    fill(home)
    with closing(sqlite3.connect(home / "journal.db", isolation_level=None)) as other:
        other.execute("DELETE FROM events WHERE seq = ?", (gone,))
    domain = f"domain-{(gone - 1) % 4}"

    def look(ask: Callable[[SqliteReading], Iterator[object]]) -> None:
        with closing(SqliteJournal.read(home / "journal.db")) as journal:
            list(ask(journal))

    for ask in (
        SqliteReading.events,
        SqliteReading.by_onboarding,
        lambda journal: journal.events(profile="local", domain=domain),
    ):
        assert refusal(partial(look, ask)).code == "PLT-JOURNAL-002"
