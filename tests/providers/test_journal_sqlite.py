"""The SQLite journal: the port's suite, reading without a trace, modes, migrations."""

from __future__ import annotations

import os
import signal
import stat
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from platform_cli.journal import migrations, sqlite
from platform_cli.journal.migrations import MIGRATIONS, Migration
from platform_cli.journal.port import Reading
from platform_cli.journal.sqlite import SqliteJournal
from tests.providers.journal_events import event
from tests.providers.journal_sqlite import (
    fill,
    open_,
    read,
    refusal,
    refused_unchanged,
    run,
    snapshot,
    start,
)
from tests.providers.journal_suite import ANA, JournalSuite, OpenJournal, ids


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def open_journal(home: Path) -> Iterator[OpenJournal]:
    opened: list[SqliteJournal] = []

    def open_it() -> SqliteJournal:
        opened.append(open_(home))
        return opened[-1]

    yield open_it
    for journal in opened:
        journal.close()


class TestSqlite(JournalSuite):
    """The port's promises."""


# Reading


def test_reading_a_journal_that_is_not_there_makes_nothing(tmp_path: Path) -> None:
    before = snapshot(tmp_path)
    for path in (tmp_path / "journal.db", tmp_path / "no" / "folder" / "journal.db"):
        with closing(SqliteJournal.read(path)) as journal:
            assert list(journal.events()) == []
            assert list(journal.events(profile="local", domain="loyalty")) == []
            assert list(journal.by_onboarding()) == []
            assert journal.place == str(path)
    assert snapshot(tmp_path) == before


def test_reading_leaves_the_folder_as_it_is(home: Path) -> None:
    events = fill(home)
    before = snapshot(home)
    journal: Reading = SqliteJournal.read(home / "journal.db")
    with closing(journal):
        assert list(journal.events()) == events
        assert list(journal.events(profile="local", domain="domain-1")) == events[1::4]
        assert list(journal.by_onboarding()) == [events[n::4] for n in range(4)]
    assert snapshot(home) == before


def test_a_killed_writers_half_is_not_seen_by_readers_and_undone_by_writers(
    home: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    events = fill(home)
    run("die_in_transaction", home, 300, exit_code=-signal.SIGKILL)
    left = home / "journal.db-journal"
    assert left.stat().st_size > 0, "the child must leave a hot rollback journal"
    assert len((home / "journal.db").read_bytes()) > 100_000
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    before = snapshot(home)
    with closing(SqliteJournal.read(home / "journal.db")) as journal:
        assert list(temporary.iterdir()) == []
        assert list(journal.events()) == events
        assert list(journal.by_onboarding()) == [events[n::4] for n in range(4)]
    assert snapshot(home) == before
    with closing(open_(home)) as journal:
        assert not left.exists()
        journal.append(event(1000))
        assert list(journal.events()) == [*events, event(1000)]


def test_a_reader_goes_on_when_a_writer_is_killed_meanwhile(home: Path) -> None:
    events = fill(home, 1500)
    with closing(SqliteJournal.read(home / "journal.db")) as journal:
        stream = journal.events()
        found = [next(stream)]
        run("die_in_transaction", home, 300, exit_code=-signal.SIGKILL)
        before = snapshot(home)
        assert [*found, *stream] == events
        assert snapshot(home) == before


def test_a_journal_open_for_writing_goes_on_when_another_writer_is_killed(home: Path) -> None:
    events = fill(home)
    with closing(open_(home)) as journal:
        for number in (100, 101):
            run("die_in_transaction", home, 300, exit_code=-signal.SIGKILL)
            with closing(SqliteJournal.read(home / "journal.db")) as reading:
                assert list(reading.events()) == events
            journal.append(event(number))
            events.append(event(number))
        assert list(journal.events()) == events


# Files and modes


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o777])
def test_folders_and_files_are_private_whatever_the_umask(home: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        with closing(open_(home)) as journal:
            journal.append(event(1))
            with journal.hold("local", "loyalty", ANA):
                found = {
                    path.relative_to(home).parts[0]: stat.S_IMODE(path.stat().st_mode)
                    for path in home.rglob("*")
                    if path.is_dir() or path.parent == home
                }
                locks = [stat.S_IMODE(p.stat().st_mode) for p in (home / "locks").iterdir()]
    finally:
        os.umask(before)
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    assert found == {"journal.db": 0o600, "journal.db.begun": 0o600, "locks": 0o700}
    assert set(locks) == {0o600}


def test_many_begin_the_journal_at_once(home: Path) -> None:
    children = [start("append", home, first, 1) for first in range(8)]
    for child in children:
        with child:
            child.communicate(timeout=120)
            assert child.returncode == 0
    assert sorted(ids(iter(read(home)))) == [f"e{n}" for n in range(8)]
    assert {path.name for path in home.iterdir()} == {"journal.db", "journal.db.begun", "locks"}


def test_what_a_killed_beginner_left_is_no_journal_and_no_obstacle(home: Path) -> None:
    home.mkdir()
    (home / ".journal.db.new").write_bytes(b"half")
    (home / ".journal.db.new-journal").write_bytes(b"half")
    assert read(home) == []
    fill(home)
    assert {path.name for path in home.iterdir()} == {"journal.db", "journal.db.begun", "locks"}


def test_names_that_mean_something_in_an_address(tmp_path: Path) -> None:
    home = tmp_path / "a ?mode=memory#x%41&y ü"
    events = fill(home)
    assert read(home) == events
    assert (home / "journal.db").exists()


def test_a_file_where_the_folder_should_be(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    for home in (tmp_path / "file", tmp_path / "file" / "home"):
        assert refusal(lambda: open_(home)).code == "PLT-HOME-001"  # noqa: B023 - called at once
        assert refusal(lambda: read(home)).code == "PLT-HOME-001"  # noqa: B023 - called at once
    with closing(open_(tmp_path / "home")) as journal:
        (tmp_path / "home" / "locks").rename(tmp_path / "gone")
        (tmp_path / "home" / "locks").write_text("")
        assert refusal(journal.hold("local", "loyalty", ANA).__enter__).code == "PLT-HOME-001"
    assert (tmp_path / "file").read_text() == "mine"


def test_a_folder_where_the_file_should_be(home: Path) -> None:
    (home / "journal.db").mkdir(parents=True)
    assert refusal(lambda: open_(home)).code == "PLT-HOME-001"
    assert refusal(lambda: read(home)).code == "PLT-HOME-001"


def test_a_folder_that_may_not_be_written() -> None:
    # Not in tmp_path: another user, whom root becomes here, cannot look into that.
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        home.chmod(0o755)
        events = fill(home)
        (home / "journal.db").chmod(0o444)
        home.chmod(0o555)
        try:
            said = run("as_nobody", home)
        finally:
            home.chmod(0o755)
        assert said == ["PLT-HOME-001", "PLT-HOME-001", f"read {len(events)}"]
        (home / "journal.db").chmod(0o600)
        assert read(home) == events


# Migrations


def test_the_migrations_are_numbered_without_a_gap() -> None:
    assert [each.number for each in MIGRATIONS] == list(range(1, len(MIGRATIONS) + 1))


def test_an_older_journal_is_brought_up_to_date_and_can_be_read_before(
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    events = fill(home)
    later = (*MIGRATIONS, Migration(2, "more", ("CREATE TABLE more (x INTEGER)",)))
    for module in (migrations, sqlite):
        monkeypatch.setattr(module, "MIGRATIONS", later)
    before = snapshot(home)
    assert read(home) == events
    assert snapshot(home) == before
    with closing(open_(home)) as journal:
        journal.append(event(100))
        assert list(journal.events()) == [*events, event(100)]
    monkeypatch.undo()
    refused_unchanged(home, "PLT-JOURNAL-001")


def test_a_migration_that_fails_changes_nothing(
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    events = fill(home)
    later = (*MIGRATIONS, Migration(2, "bad", ("CREATE TABLE more (x)", "CREATE TABLE more (x)")))
    for module in (migrations, sqlite):
        monkeypatch.setattr(module, "MIGRATIONS", later)
    before = snapshot(home)
    assert refusal(lambda: open_(home)).code == "PLT-JOURNAL-002"
    assert snapshot(home) == before
    monkeypatch.undo()
    assert read(home) == events
