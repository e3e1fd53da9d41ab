"""The journal in one SQLite file of the user's.

Owns its transactions and what is streamed from it. A rollback journal and not a write-ahead log:
then a reader writes nothing, and a dry run can read. Rows are in `row`, tables in `migrations`,
the file itself in `sqlite_file`, the domain locks in `lock`.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, suppress
from itertools import pairwise
from pathlib import Path
from typing import Any, Final, Self, TypeVar

from platform_cli.journal import lock
from platform_cli.journal.event import Event
from platform_cli.journal.migrations import MIGRATIONS, migrate, number_of
from platform_cli.journal.place import (
    FILE_MODE,
    followed,
    private_folder,
    refusal,
    remember,
    sync_folder,
)
from platform_cli.journal.port import Holder, Imported
from platform_cli.journal.row import COLUMNS, from_row, to_row
from platform_cli.journal.sqlite_file import (
    Key,
    Mode,
    admit,
    busy,
    connect,
    damaged,
    exists,
    leave,
    private_copy,
    rollback_journal,
    translated,
)
from platform_cli.journal.sqlite_proof import agree, agree_with, indexes_agree

T = TypeVar("T")

BUSY_S: Final = 60.0  # thirty people's runs that end together take a second or two
_PAGE: Final = 1000  # rows fetched at once: between pages nobody who writes has to wait
_LOOKS: Final = 5

_FIELDS: Final = ", ".join(COLUMNS)
_MARK: Final = """
    SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'events'), 0),
           coalesce((SELECT max(seq) FROM events), 0),
           coalesce((SELECT events FROM domains WHERE profile = ? AND domain = ?), 0)
"""
_ALL: Final = f"""
    SELECT {_FIELDS} FROM events WHERE seq > ? AND seq <= ? ORDER BY seq LIMIT {_PAGE}
"""  # noqa: S608 - made of constants
_OF_DOMAIN: Final = f"""
    SELECT {_FIELDS} FROM events INDEXED BY events_of_domain
    WHERE seq > ? AND seq <= ? AND profile = ? AND domain = ? ORDER BY seq LIMIT {_PAGE}
"""  # noqa: S608 - made of constants
_OF_ONBOARDING: Final = f"""
    SELECT {_FIELDS} FROM events INDEXED BY events_of_onboarding
    WHERE onboarding = (SELECT onboarding FROM onboardings WHERE first = ?) AND seq <= ?
    ORDER BY seq
"""  # noqa: S608 - made of constants
_ONBOARDINGS: Final = f"""
    SELECT first FROM onboardings WHERE first > ? AND first <= ? ORDER BY first LIMIT {_PAGE}
"""  # noqa: S608 - made of constants
# Looked up before and not by ON CONFLICT: that would use up a number of the sequence.
_INSERT: Final = f"""
    INSERT INTO events ({_FIELDS}) SELECT {", ".join("?" * len(COLUMNS))}
    WHERE NOT EXISTS (SELECT 1 FROM events WHERE id = ?)
"""  # noqa: S608 - made of constants
_COUNT: Final = """
    INSERT INTO domains (profile, domain, events) VALUES (?, ?, 1)
    ON CONFLICT (profile, domain) DO UPDATE SET events = events + 1
"""
_FIRST: Final = """
    INSERT INTO onboardings (first, onboarding) VALUES (?, ?) ON CONFLICT (onboarding) DO NOTHING
"""


class SqliteReading:
    """A journal to read only: writes nothing anywhere, and a file that is missing is empty."""

    _mode: Mode = "ro"

    def __init__(self, path: Path, busy_s: float = BUSY_S) -> None:
        """Open the file as it is. Raises PLT-JOURNAL-001, -002, -003 or PLT-HOME-001, -002."""
        self._path = followed(path)
        self._busy_s = busy_s
        self._copied = False
        self._lock = threading.RLock()
        self._connection: sqlite3.Connection | None = None
        self._key: Key | None = None
        if not exists(self._path):
            return
        self._key = admit(self._path, self._mode)
        try:
            try:
                self._connection = connect(self._path, self._mode, busy_s)
            except sqlite3.Error as error:
                raise translated(error, self._path) from error
            self._settle()
        except BaseException:
            self.close()
            raise

    @property
    def place(self) -> str:
        """The file's path."""
        return str(self._path)

    def events(
        self,
        *,
        profile: str | None = None,
        domain: str | None = None,
    ) -> Iterator[Event]:
        """Events in the journal's order: those it held when asked. See the port."""
        if profile is not None and domain is not None:
            yield from self._of_domain(profile, domain)
            return
        for event in self._all():
            if profile in (None, event.profile) and domain in (None, event.domain):
                yield event

    def by_onboarding(self) -> Iterator[list[Event]]:
        """Each onboarding's events in order; onboardings by their first event. See the port."""
        mark, _ = self._mark()
        given, after = 0, 0
        while after < mark and (page := self._rows(_ONBOARDINGS, after, mark)):
            for (first,) in page:
                rows = self._rows(_OF_ONBOARDING, first, mark)
                events = [self._event(row) for row in rows]
                whole = first > after and rows and rows[0][0] == first and _rising(rows)
                if not whole or len({event.onboarding for event in events}) != 1:
                    raise damaged(self._path, f"the onboarding that begins in row {first} is torn")
                given, after = given + len(rows), first
                yield events
        if given != mark:
            raise damaged(self._path, f"of {mark} events {given} belong to an onboarding")

    def prove(self) -> None:
        """Everything in it must agree. Raises PLT-JOURNAL-002; takes as long as reading it all."""
        self._look(lambda connection: agree_with(connection, self._path, self._all()))
        for _ in self.by_onboarding():
            pass

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            if self._key is not None:
                if self._connection is not None:
                    self._connection.close()
                leave(self._key)
                self._key = None

    def _all(self) -> Iterator[Event]:
        mark, _ = self._mark()
        last = 0
        while last < mark:
            for row in self._rows(_ALL, last, mark) or [(None,)]:
                if row[0] != last + 1:
                    raise damaged(self._path, f"row {last + 1} of the events is missing")
                last += 1
                yield self._event(row)

    def _of_domain(self, profile: str, domain: str) -> Iterator[Event]:
        mark, kept = self._mark(profile, domain)
        given, last = 0, 0
        while last < mark and (rows := self._rows(_OF_DOMAIN, last, mark, profile, domain)):
            for row in rows:
                event = self._event(row)
                if row[0] <= last or (event.profile, event.domain) != (profile, domain):
                    raise damaged(self._path, f"row {row[0]} stands where row {last}'s next should")
                last = row[0]
                yield event
            given += len(rows)
        if given != kept:
            raise damaged(self._path, f"{kept} events of {domain} were written, {given} are found")

    def _event(self, row: Sequence[Any]) -> Event:
        try:
            return from_row(row)
        except ValueError as error:
            raise damaged(self._path, f"row {row[0]} of the events: {error}") from error

    def _mark(self, profile: str | None = None, domain: str | None = None) -> tuple[int, int]:
        """How many events there are now, and how many of the domain; later ones are not read."""
        if self._connection is None:
            return 0, 0
        ((counted, found, kept),) = self._rows(_MARK, profile, domain)
        if counted != found:
            raise damaged(self._path, f"{counted} events were written, the last found is {found}")
        return found, kept

    def _rows(self, sql: str, *values: object) -> list[Any]:
        return self._look(lambda connection: connection.execute(sql, values).fetchall())

    def _look(self, ask: Callable[[sqlite3.Connection], T]) -> T:
        with self._lock:
            for _ in range(_LOOKS):
                assert self._connection is not None  # noqa: S101 - for the type checker
                try:
                    return ask(self._connection)
                except (sqlite3.Error, UnicodeDecodeError) as error:
                    code = getattr(error, "sqlite_errorcode", None)
                    if code != sqlite3.SQLITE_READONLY_ROLLBACK:
                        raise translated(error, self._path) from error
                    self._turn_to_copy()
        raise busy(self._path)

    def _settle(self) -> None:
        if self._look(lambda connection: _inspect(connection, self._path)) < len(MIGRATIONS):
            self._turn_to_copy()

    def _turn_to_copy(self) -> None:
        """Go on with a copy: there a killed writer's half may be undone, and tables be added."""
        assert self._connection is not None and self._key is not None  # noqa: S101, PT018 - types
        try:
            copy = private_copy(
                self._path,
                self._key,
                self._busy_s,
                lambda connection: _upgrade(connection, self._path),
            )
        except (sqlite3.Error, UnicodeDecodeError) as error:
            raise translated(error, self._path) from error
        except OSError as error:
            raise refusal(error, self._path) from error
        if copy is not None:
            self._connection.close()
            self._connection = copy
            self._copied = True


class SqliteJournal(SqliteReading):
    """The journal, to read and to append to, from many threads and processes at once."""

    _mode: Mode = "rw"

    def __init__(self, path: Path, locks: Path, busy_s: float = BUSY_S) -> None:
        """Open a file that is known to be a journal; `open` is the way in."""
        self._locks = locks
        super().__init__(path, busy_s)

    @classmethod
    def open(cls, path: Path, locks: Path, busy_s: float = BUSY_S) -> Self:
        """Open or begin the journal. Raises PLT-JOURNAL-001, -002, -003 or PLT-HOME-001, -002."""
        path = followed(path)
        private_folder(path.parent)
        if not exists(path):
            with lock.alone(locks, "create", path):
                if not exists(path):
                    _create(path, busy_s)
        # Looked at before it is opened for writing: then a file that is refused stays as it is.
        with closing(SqliteReading(path, busy_s)) as found:
            if found._copied:  # noqa: SLF001 - its own base class
                found.prove()  # half a transaction is about to be undone: is that all of it?
        remember(path)
        return cls(path, locks, busy_s)

    @staticmethod
    def read(path: Path, busy_s: float = BUSY_S) -> SqliteReading:
        """Open the journal to read only. Raises like `open`; creates and writes nothing."""
        return SqliteReading(path, busy_s)

    def append(self, event: Event) -> None:
        """Write one event durably before returning. See the port."""
        self._write((event,))

    def extend(self, events: Iterable[Event]) -> Imported:
        """Write all of them or none, in one transaction. See the port."""
        # What is known is told by an index: were it damaged, an event would stand there twice.
        return self._write(events, lambda connection: indexes_agree(connection, self._path))

    def _write(
        self,
        events: Iterable[Event],
        first: Callable[[sqlite3.Connection], None] = lambda _: None,
    ) -> Imported:
        added = known = 0
        with self._lock:
            self._do("BEGIN IMMEDIATE")
            try:
                self._look(first)
                last, _ = self._mark()
                for event in events:
                    if self._insert(last + added + 1, event):
                        added += 1
                    else:
                        known += 1
                self._do("COMMIT")
            except BaseException:
                if self._connection is not None:
                    _roll_back(self._connection)
                raise
        return Imported(added, known)

    def hold(self, profile: str, domain: str, holder: Holder) -> AbstractContextManager[None]:
        """Hold the domain while the context lasts. See the port."""
        return lock.hold(self._locks, profile, domain, holder)

    def _settle(self) -> None:
        self._look(lambda connection: _upgrade(connection, self._path))

    def _insert(self, seq: int, event: Event) -> bool:
        if self._do(_INSERT, *to_row(seq, event), event.id).rowcount != 1:
            return False
        self._do(_COUNT, event.profile, event.domain)
        self._do(_FIRST, seq, event.onboarding)
        return True

    def _do(self, sql: str, *values: object) -> sqlite3.Cursor:
        return self._look(lambda connection: connection.execute(sql, values))


def _inspect(connection: sqlite3.Connection, path: Path) -> int:
    """The number of the journal's last migration, where the file is whole and ours."""
    connection.execute("BEGIN")
    try:
        number = number_of(connection, path)
        agree(connection, path)
        return number
    finally:
        _roll_back(connection)


def _upgrade(connection: sqlite3.Connection, path: Path) -> None:
    if _inspect(connection, path) == len(MIGRATIONS):
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        migrate(connection, number_of(connection, path))
        connection.execute("COMMIT")
    except BaseException:
        _roll_back(connection)
        raise


def _roll_back(connection: sqlite3.Connection) -> None:
    # Where even this fails, the next to open the file undoes the transaction.
    with suppress(sqlite3.Error):
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def _create(path: Path, busy_s: float) -> None:
    """Make the file aside and give it its name when it is whole: an empty journal is no start."""
    new = path.with_name(f".{path.name}.new")
    try:
        _remove(new)  # what a beginner left that was killed
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, FILE_MODE)
        try:
            os.fchmod(descriptor, FILE_MODE)
        finally:
            os.close(descriptor)
        connection = connect(new, "rw", busy_s)
        try:
            connection.execute("BEGIN IMMEDIATE")
            migrate(connection, 0)
            connection.execute("COMMIT")
        finally:
            connection.close()
        new.rename(path)
        sync_folder(path.parent)
    except (sqlite3.Error, OSError) as error:
        with suppress(OSError):
            _remove(new)
        if isinstance(error, OSError):
            raise refusal(error, path) from error
        raise translated(error, path) from error


def _remove(new: Path) -> None:
    for left in (new, rollback_journal(new)):
        left.unlink(missing_ok=True)


def _rising(rows: Sequence[Sequence[Any]]) -> bool:
    return all(one[0] < other[0] for one, other in pairwise(rows))
