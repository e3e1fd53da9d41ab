"""The SQLite journal: the port's suite, and what it does when it is killed, full or damaged."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import stat
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest

from platform_cli.errors import PlatformError
from platform_cli.journal import lock, migrations, sqlite, sqlite_file
from platform_cli.journal.event import Event
from platform_cli.journal.migrations import MIGRATIONS, Migration
from platform_cli.journal.port import Imported
from platform_cli.journal.row import COLUMNS
from platform_cli.journal.sqlite import SqliteJournal
from tests.providers.journal_events import event
from tests.providers.journal_suite import ANA, BEN, JournalSuite, OpenJournal, ids

ROOT = Path(__file__).parents[2]


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
        # Both hold the pipes: the grandchild lives until they are closed.
        assert child.stdout.readline() == b"up\n"
        os.write(child.stdin.fileno(), b"die\n")
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
    with closing(SqliteJournal.read(home / "journal.db")) as journal:
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
    assert found == {"journal.db": 0o600, "locks": 0o700}
    assert set(locks) == {0o600}


def test_many_begin_the_journal_at_once(home: Path) -> None:
    children = [start("append", home, first, 1) for first in range(8)]
    for child in children:
        with child:
            child.communicate(timeout=120)
            assert child.returncode == 0
    assert sorted(ids(iter(read(home)))) == [f"e{n}" for n in range(8)]
    assert {path.name for path in home.iterdir()} == {"journal.db", "locks"}


def test_what_a_killed_beginner_left_is_no_journal_and_no_obstacle(home: Path) -> None:
    home.mkdir()
    (home / ".journal.db.new").write_bytes(b"half")
    (home / ".journal.db.new-journal").write_bytes(b"half")
    assert read(home) == []
    fill(home)
    assert {path.name for path in home.iterdir()} == {"journal.db", "locks"}


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


def refused_unchanged(home: Path, code: str, *also: str) -> None:
    before = snapshot(home)
    for call in (lambda: read(home), lambda: open_(home)):
        error = refusal(call)
        assert error.code in (code, *also)
        assert str(home / "journal.db") in error.summary
        assert "Nothing was changed" in error.summary
    assert snapshot(home) == before


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


def test_a_file_that_was_cut(home: Path) -> None:
    fill(home, 60)
    whole = (home / "journal.db").read_bytes()
    pages = len(whole) // 4096
    cuts = {0, 1, 15, 16, 99, 100, 4095, len(whole) - 1}
    cuts |= {page * 4096 + more for page in range(1, pages) for more in (0, 1)}
    for cut in cuts:
        (home / "journal.db").write_bytes(whole[:cut])
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
    with closing(SqliteJournal.read(home / "journal.db")) as journal:
        assert refusal(lambda: list(journal.events())).code == "PLT-JOURNAL-002"
        assert refusal(lambda: list(journal.by_onboarding())).code == "PLT-JOURNAL-002"
        domain = f"domain-{(gone - 1) % 4}"
        of_domain = journal.events(profile="local", domain=domain)
        assert refusal(lambda: list(of_domain)).code == "PLT-JOURNAL-002"


def test_a_flipped_bit_is_refused_or_harmless_but_never_passed_on(home: Path) -> None:
    events = fill(home, 40)
    file = home / "journal.db"
    whole = file.read_bytes()
    generator = random.Random(11)
    refused = 0
    for _ in range(600):
        bit = generator.randrange(len(whole) * 8)
        broken = bytearray(whole)
        broken[bit // 8] ^= 1 << (bit % 8)
        file.write_bytes(broken)
        refused += look_at(file, events, f"bit {bit}")
        assert file.read_bytes() == broken
    assert refused > 50


def look_at(file: Path, events: list[Event], what: str) -> int:
    """Read in all three ways; each must give exactly what was written, or refuse."""
    refused = 0
    for way in range(3):
        with suppress(PlatformError), closing(SqliteJournal.read(file)) as journal:
            refused += 1
            if way == 0:
                assert list(journal.events()) == events, what
            elif way == 1:
                found = list(journal.events(profile="local", domain="domain-3"))
                assert found == events[3::4], what
            else:
                assert list(journal.by_onboarding()) == [events[n::4] for n in range(4)], what
            refused -= 1
    return refused


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
