"""The journal's tables in PostgreSQL, as numbered steps that are only ever added to.

The tables are those of the SQLite file (`migrations`) in PostgreSQL's words; `holders` stands for
its folder of locks. A released step is never edited.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from platform_cli.errors import PlatformError
from platform_cli.journal.migrations import Migration

if TYPE_CHECKING:
    import psycopg

MIGRATIONS: Final[tuple[Migration, ...]] = (
    Migration(
        1,
        "events",
        (
            "CREATE TABLE migrations (number INTEGER PRIMARY KEY, name TEXT NOT NULL)",
            # No sequence gives `seq`: writers take turns, so that the numbers have no gaps and
            # their order is the order in which the events became visible.
            """CREATE TABLE events (
                seq BIGINT PRIMARY KEY,
                id TEXT NOT NULL UNIQUE,
                onboarding TEXT NOT NULL,
                run TEXT NOT NULL,
                domain TEXT NOT NULL,
                profile TEXT NOT NULL,
                at TEXT NOT NULL,
                type TEXT NOT NULL,
                step TEXT,
                attempt INTEGER,
                duration_s DOUBLE PRECISION,
                detail TEXT NOT NULL,
                checksum BIGINT NOT NULL
            )""",
            "CREATE INDEX events_of_domain ON events (profile, domain, seq)",
            "CREATE INDEX events_of_onboarding ON events (onboarding, seq)",
            """CREATE TABLE domains (
                profile TEXT NOT NULL,
                domain TEXT NOT NULL,
                events BIGINT NOT NULL,
                PRIMARY KEY (profile, domain)
            )""",
            """CREATE TABLE onboardings (
                first BIGINT PRIMARY KEY,
                onboarding TEXT NOT NULL UNIQUE
            )""",
            # Who holds a domain is told from here; that it is held, only by the advisory lock.
            """CREATE TABLE holders (
                key BIGINT PRIMARY KEY,
                backend INTEGER NOT NULL,
                record TEXT NOT NULL
            )""",
        ),
    ),
)

# The tables after each migration, as the server tells them.
_SHAPES: Final[tuple[dict[str, dict[str, str]], ...]] = (
    {
        "migrations": {"number": "integer", "name": "text"},
        "events": {
            "seq": "bigint",
            **dict.fromkeys(("id", "onboarding", "run", "domain", "profile"), "text"),
            **dict.fromkeys(("at", "type", "step"), "text"),
            "attempt": "integer",
            "duration_s": "double precision",
            "detail": "text",
            "checksum": "bigint",
        },
        "domains": {"profile": "text", "domain": "text", "events": "bigint"},
        "onboardings": {"first": "bigint", "onboarding": "text"},
        "holders": {"key": "bigint", "backend": "integer", "record": "text"},
    },
)
_TABLES: Final = ("migrations", "events", "domains", "onboardings", "holders")
_COLUMNS: Final = """
    SELECT c.relname::text, a.attname::text, format_type(a.atttypid, a.atttypmod)
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
    WHERE c.relnamespace = current_schema()::regnamespace AND c.relname = ANY(%s)
      AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped
    ORDER BY c.relname, a.attnum
"""


def number_of(connection: psycopg.Connection[Any], place: str) -> int:
    """The number of the database's last migration, 0 where nothing of a journal is there.

    Raises PLT-JOURNAL-002 where the tables are not ours, PLT-JOURNAL-001 where they are newer.
    """
    there = _shape(connection)
    if not there:
        return 0
    if "migrations" not in there or there["migrations"] != {"number": "integer", "name": "text"}:
        raise foreign(place, "its tables are not those of a journal")
    found = connection.execute("SELECT number, name FROM migrations ORDER BY number").fetchall()
    last = found[-1][0] if found else 0
    if last > len(MIGRATIONS):
        raise PlatformError(
            "PLT-JOURNAL-001",
            f"{place} has the schema {last}; this platform-cli knows up to {len(MIGRATIONS)}."
            " Nothing was changed.",
            address="journal.url",
        )
    known = [(m.number, m.name.encode()) for m in MIGRATIONS[: len(found)]]
    if not found or [tuple(row) for row in found] != known:
        raise foreign(place, "its list of migrations is not one of ours")
    if there != _SHAPES[len(found) - 1]:
        raise foreign(place, "its tables are not those of a journal")
    return len(found)


def migrate(connection: psycopg.Connection[Any], place: str, key: int) -> None:
    """Bring the tables up to date, one process at a time. Raises like `number_of`."""
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (key,))
        for migration in MIGRATIONS[number_of(connection, place) :]:
            for statement in migration.statements:
                connection.execute(statement.encode())
            connection.execute(
                "INSERT INTO migrations (number, name) VALUES (%s, %s)",
                (migration.number, migration.name),
            )


def foreign(place: str, why: str) -> PlatformError:
    """The error for a schema that is not a journal of ours."""
    return PlatformError(
        "PLT-JOURNAL-002",
        f"{place} is not a journal of platform-cli: {why}. Nothing was changed.",
        hint="Give the journal a database, or a schema, of its own.",
        address="journal.url",
    )


def _shape(connection: psycopg.Connection[Any]) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for row in connection.execute(_COLUMNS, (list(_TABLES),)).fetchall():
        table, column, kind = (cell.decode() for cell in row)
        found.setdefault(table, {})[column] = kind
    return found
