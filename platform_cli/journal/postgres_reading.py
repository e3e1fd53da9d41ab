"""Reading the journal that teams share: nothing is written, and SELECT is enough.

Owns what is streamed, each stream from a snapshot and a connection of its own, by a cursor on the
server. Rows are in `row`, tables in `postgres_migrations`, errors in `postgres_connection`.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Final

from platform_cli.errors import PlatformError
from platform_cli.journal.event import Event
from platform_cli.journal.postgres_connection import Address, connect, translated
from platform_cli.journal.postgres_migrations import number_of
from platform_cli.journal.row import COLUMNS, from_row

if TYPE_CHECKING:
    import psycopg

    Connection = psycopg.Connection[Any]

PAGE: Final = 1000
FIELDS: Final = ", ".join(COLUMNS)
_OF_EVENT: Final = ", ".join(f"e.{column}" for column in COLUMNS)
_ALL: Final = f"SELECT {FIELDS} FROM events ORDER BY seq"  # noqa: S608 - made of constants
_OF_DOMAIN: Final = f"""
    SELECT {FIELDS} FROM events WHERE profile = %s AND domain = %s ORDER BY seq
"""  # noqa: S608 - made of constants
_BY_ONBOARDING: Final = f"""
    SELECT o.first, {_OF_EVENT} FROM onboardings o JOIN events e USING (onboarding)
    ORDER BY o.first, e.seq
"""  # noqa: S608 - made of constants
_TALLY: Final = "SELECT coalesce(sum(events), 0)::bigint, count(*) FROM domains"
_TALLY_OF_DOMAIN: Final = """
    SELECT coalesce(sum(events), 0)::bigint, count(*) FROM domains
    WHERE profile = %s AND domain = %s
"""


class PostgresReading:
    """A journal to read only: makes no tables, and needs no more than SELECT."""

    def __init__(self, address: Address) -> None:
        """Open a connection. Raises PLT-JOURNAL-001, -002, -006, -007 or -008."""
        self._address = address
        self._idle: list[Connection] = []
        self._guard = threading.Lock()
        self._open = True
        connection = connect(address)
        try:
            with self._meaning():
                self._settle(connection)
        except BaseException:
            connection.close()
            raise
        self._idle.append(connection)

    @property
    def place(self) -> str:
        """The address, which has no password."""
        return self._address.place

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
        with self._snapshot() as connection:
            if connection is None:
                return
            ((whole, _),) = connection.execute(_TALLY).fetchall()
            given, current = 0, None
            events: list[Event] = []
            for first, *row in self._streamed(connection, _BY_ONBOARDING):
                if first != current and events:
                    yield events
                    events = []
                if first != current and row[0] != first:
                    raise self._damaged(f"the onboarding that begins in row {first} is torn")
                current = first
                events.append(self._event(row))
                given += 1
            if events:
                yield events
            if given != whole:
                raise self._damaged(f"of {whole} events {given} belong to an onboarding")

    def close(self) -> None:
        """Let go of the connections."""
        with self._guard:
            self._open = False
            for connection in self._idle:
                connection.close()
            self._idle.clear()

    def _settle(self, connection: Connection) -> None:
        number_of(connection, self.place)

    def _all(self) -> Iterator[Event]:
        with self._snapshot() as connection:
            if connection is None:
                return
            ((whole, _),) = connection.execute(_TALLY).fetchall()
            last = 0
            for row in self._streamed(connection, _ALL):
                if row[0] != last + 1:
                    raise self._damaged(f"row {last + 1} of the events is missing")
                last += 1
                yield self._event(row)
            if last != whole:
                raise self._damaged(f"of {whole} events {last} are there")

    def _of_domain(self, profile: str, domain: str) -> Iterator[Event]:
        with self._snapshot() as connection:
            if connection is None or _unkeepable(profile, domain):
                return
            ((whole, _),) = connection.execute(_TALLY_OF_DOMAIN, (profile, domain)).fetchall()
            given = 0
            for row in self._streamed(connection, _OF_DOMAIN, profile, domain):
                given += 1
                yield self._event(row)
            if given != whole:
                raise self._damaged(f"of {whole} events of {domain!a} {given} are there")

    def _streamed(
        self, connection: Connection, sql: str, *values: object
    ) -> Iterator[Sequence[Any]]:
        """Rows by a cursor on the server: a page at a time is in memory."""
        with connection.cursor(name="stream") as cursor:
            cursor.itersize = PAGE
            cursor.execute(sql.encode(), values)
            yield from cursor

    @contextmanager
    def _snapshot(self) -> Iterator[Connection | None]:
        """A connection of one's own that sees what was committed by now. None: no tables yet."""
        connection = self._borrowed()
        try:
            with self._meaning():
                connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
                yield connection if number_of(connection, self.place) else None
        finally:
            self._give_back(connection)

    def _borrowed(self) -> Connection:
        while True:
            with self._guard:
                if not self._idle:
                    break
                connection = self._idle.pop()
            with suppress(Exception):  # one that has died in the meantime: try the next
                connection.execute("SELECT 1")
                return connection
            connection.close()
        return connect(self._address)

    def _give_back(self, connection: Connection) -> None:
        with suppress(Exception):
            connection.rollback()
        with self._guard:
            if connection.closed or self._idle or not self._open:
                connection.close()
            else:
                self._idle.append(connection)

    @contextmanager
    def _meaning(self) -> Iterator[None]:
        """Translate the library's errors."""
        import psycopg

        try:
            yield
        except psycopg.Error as error:
            told = translated(error, self.place)
            if told is error:
                raise
            raise told from error

    def _event(self, row: Sequence[Any]) -> Event:
        try:
            return from_row(row)
        except ValueError as error:
            raise self._damaged(f"row {row[0]}: {error}") from error

    def _damaged(self, why: str) -> PlatformError:
        return PlatformError(
            "PLT-JOURNAL-002",
            f"{self.place} is damaged: {why}. Nothing was changed.",
            address="journal.url",
        )


def _unkeepable(*texts: str) -> bool:
    """Whether one of them is no text that PostgreSQL can hold, and so none that it has."""
    return any("\0" in text or (not text.isascii() and _has_half(text)) for text in texts)


def _has_half(text: str) -> bool:
    return any("\ud800" <= char <= "\udfff" for char in text)
