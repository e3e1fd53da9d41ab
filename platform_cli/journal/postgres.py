"""The journal in one PostgreSQL that all teams share.

Owns its transactions, and what happens when the connection is lost in the middle of a run: events
are kept in `postgres_outbox`, and the run ends. The domain locks are in `postgres_lock`.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

from platform_cli.errors import PlatformError
from platform_cli.journal.event import Event
from platform_cli.journal.port import Holder, Imported
from platform_cli.journal.postgres_connection import Address, connect, lost, read_address
from platform_cli.journal.postgres_lock import Holds, key_of
from platform_cli.journal.postgres_migrations import migrate
from platform_cli.journal.postgres_outbox import Outbox
from platform_cli.journal.postgres_reading import FIELDS, PAGE, PostgresReading
from platform_cli.journal.row import to_row

if TYPE_CHECKING:
    import psycopg

    Connection = psycopg.Connection[Any]

_BEGIN: Final = """
    BEGIN; SELECT pg_advisory_xact_lock({key}); SELECT coalesce(max(seq), 0) FROM events
"""
_KNOWN: Final = "SELECT id FROM events WHERE id = ANY(%s)"
# In one statement, so that the tallies beside the events can never differ from them.
_INSERT: Final = f"""
    WITH new AS (
        INSERT INTO events ({FIELDS})
        SELECT * FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::text[], %s::text[],
            %s::text[], %s::text[], %s::text[], %s::text[], %s::integer[],
            %s::double precision[], %s::text[], %s::bigint[])
        RETURNING seq, onboarding, profile, domain
    ), counted AS (
        INSERT INTO domains (profile, domain, events)
        SELECT profile, domain, count(*) FROM new GROUP BY profile, domain
        ON CONFLICT (profile, domain) DO UPDATE SET events = domains.events + excluded.events
    )
    INSERT INTO onboardings (first, onboarding)
    SELECT min(seq), onboarding FROM new GROUP BY onboarding ON CONFLICT (onboarding) DO NOTHING
"""  # noqa: S608 - made of constants
_OF_IDS: Final = f"SELECT {FIELDS} FROM events WHERE id = ANY(%s)"  # noqa: S608 - constants


# Each of these begins something new. After the connection was lost none is kept: the run ends at
# it, and what it would have begun is not begun. All other events tell of what has happened.
_BEGINNINGS: Final = frozenset(
    {
        "onboarding.requested",
        "onboarding.closed",
        "run.started",
        "step.started",
        "wait.started",
        "call.intent",
    }
)


class PostgresJournal(PostgresReading):
    """The journal, to read and to append to, from many threads, processes and machines at once."""

    def __init__(self, address: Address, outbox: Path) -> None:
        """Open the database of this address; `open` is the way in."""
        self._lock = threading.RLock()
        self._outbox = Outbox(outbox, address.place)
        self._lost: PlatformError | None = None
        super().__init__(address)
        self._writer = connect(address)
        self._holds = Holds(address.place)
        try:
            with self._meaning():
                self._scope = _scope(self._writer)
            self._deliver()
        except BaseException:
            self.close()
            raise

    @classmethod
    def open(cls, url: str, outbox: Path) -> Self:
        """Open or begin the journal, and deliver what waits on disk. Raises PLT-JOURNAL-…"""
        return cls(read_address(url), outbox)

    @staticmethod
    def read(url: str) -> PostgresReading:
        """Open the journal to read only. Raises like `open`; makes nothing."""
        return PostgresReading(read_address(url))

    def append(self, event: Event) -> None:
        """Write one event durably before returning. See the port.

        While a domain is held, a lost connection is not the end of the call under way: what
        happened is kept on disk. The next event that would begin something raises PLT-JOURNAL-007.
        """
        import psycopg

        with self._lock:
            if self._lost is None and self._open:
                try:
                    self._write((event,))
                except PlatformError as error:
                    # An event that no journal keeps is refused here as anywhere.
                    if not self._holds.any or not isinstance(error.__cause__, psycopg.Error):
                        raise
                    self._lost = error
                else:
                    return
            self._keep(event)

    def extend(self, events: Iterable[Event]) -> Imported:
        """Write all of them or none, in one transaction. See the port."""
        with self._lock:
            return self._write(events)

    @contextmanager
    def hold(self, profile: str, domain: str, holder: Holder) -> Iterator[None]:
        """Hold the domain while the context lasts. See the port.

        The lock belongs to the connection that writes: where one is lost the other is, too.
        """
        with self._lock, self._meaning():
            connection = self._live()
            self._holds.take(connection, key_of(self._scope, profile, domain), domain, holder)
        try:
            yield
        finally:
            with self._lock:
                self._holds.let_go(self._writer, key_of(self._scope, profile, domain))

    def differing(self, events: Iterable[Event]) -> Iterator[Event]:
        """Those of the events that this journal does not have just as they are."""
        stream = iter(events)
        while page := list(islice(stream, PAGE)):
            with self._snapshot() as connection:
                rows = (
                    connection.execute(_OF_IDS.encode(), ([event.id for event in page],))
                    if connection is not None
                    else ()
                )
                found = {event.id: event for event in map(self._event, rows)}
            yield from (event for event in page if found.get(event.id) != event)

    def close(self) -> None:
        """Deliver what this process kept, if that can be done now, and let go of everything."""
        with self._lock:
            if self._outbox.pending:
                with suppress(PlatformError):  # it waits on disk for the next run
                    self._live()
                self._outbox.leave()
            writer = getattr(self, "_writer", None)
            if writer is not None:
                writer.close()
            super().close()

    def _settle(self, connection: Connection) -> None:
        migrate(connection, self.place, key_of("migrate", self.place, ""))

    def _keep(self, event: Event) -> None:
        if event.type in _BEGINNINGS:
            raise self._stopped()
        self._outbox.add(event)
        if not self._open:
            # A call that outlived its run: this process delivers nothing more, the next one does.
            self._outbox.leave()
        if event.type == "run.finished":
            # Written down, and still no run that ended well: nobody else can see it yet.
            raise self._stopped()

    def _stopped(self) -> PlatformError:
        why = self._lost.summary if self._lost is not None else f"{self.place} was lost."
        kept = (
            f" What had happened is kept in {self._outbox.folder}." if self._outbox.pending else ""
        )
        return PlatformError(
            self._lost.code if self._lost is not None else "PLT-JOURNAL-007",
            f"{why}{kept}",
            hint="Run the same line again when the journal is back: events kept on disk are "
            "delivered first, each once and in order.",
            address="journal.url",
        )

    def _live(self) -> Connection:
        """The connection that writes; a new one where the old one was lost and holds nothing."""
        if self._holds.any or not (self._writer.closed or self._lost is not None):
            return self._writer
        self._writer.close()
        self._writer = connect(self._address)
        self._deliver()
        self._lost = None
        return self._writer

    def _deliver(self) -> None:
        """Before anything new is written, so that the order is that of what happened."""
        writer = self._writer
        self._outbox.deliver(lambda events: self._written(writer, self._begun(writer), events))

    def _write(self, events: Iterable[Event]) -> Imported:
        import psycopg

        with self._meaning():
            connection = self._live()
            try:
                last = self._begun(connection)
            except psycopg.Error as error:
                if self._holds.any or not lost(error) or not connection.closed:
                    raise
                # It was lost while nothing was going on: nothing is lost with it.
                connection = self._live()
                last = self._begun(connection)
            return self._written(connection, last, events)

    def _begun(self, connection: Connection) -> int:
        """Begin a transaction that no other writer overlaps; the number of the last event."""
        with _undone(connection):
            cursor = connection.execute(_BEGIN.format(key=key_of(self._scope, "append", "")))
            while cursor.nextset():
                pass
            ((last,),) = cursor.fetchall()
            return int(last)

    def _written(self, connection: Connection, last: int, events: Iterable[Event]) -> Imported:
        added = known = 0
        stream = iter(events)
        with _undone(connection):
            while page := list(islice(stream, PAGE)):
                new = self._new(connection, page)
                rows = [to_row(last + n, event) for n, event in enumerate(new, start=1)]
                if rows:
                    columns = [list(column) for column in zip(*rows, strict=True)]
                    connection.execute(_INSERT.encode(), columns)
                last += len(new)
                added += len(new)
                known += len(page) - len(new)
            connection.execute("COMMIT")
        return Imported(added, known)

    def _new(self, connection: Connection, page: Sequence[Event]) -> list[Event]:
        """Those of the page that the journal does not have, each once."""
        rows = connection.execute(_KNOWN.encode(), ([event.id for event in page],)).fetchall()
        known = {row[0].decode() for row in rows}
        new: dict[str, Event] = {}
        for event in page:
            if event.id not in known:
                new.setdefault(event.id, event)
        return list(new.values())


@contextmanager
def _undone(connection: Connection) -> Iterator[None]:
    """Whatever goes wrong, the transaction is rolled back; the server does it for a lost one."""
    try:
        yield
    except BaseException:
        with suppress(Exception):
            connection.rollback()
        raise


def _scope(connection: Connection) -> str:
    """What tells this journal's locks from those of another one in the same database."""
    ((table,),) = connection.execute("SELECT 'events'::regclass::oid::bigint").fetchall()
    return str(table)
