"""The journal's tables in SQLite, as numbered steps that are only ever added to.

Owns the schema and how a file shows that it is a journal of ours. A released step is never edited.
Beside `events` stand two tallies, `domains` and `onboardings`: kept apart from the rows they
count, they show a reader rows that damage made unfindable, which no checksum in a row can do.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from platform_cli.errors import PlatformError
from platform_cli.journal.place import begun

if TYPE_CHECKING:
    import sqlite3

APPLICATION_ID: Final = 0x504C544A  # "PLTJ", in the file's header: `file` and SQLite show it


@dataclass(frozen=True, slots=True)
class Migration:
    """One step of the schema."""

    number: int
    name: str
    statements: tuple[str, ...]


MIGRATIONS: Final[tuple[Migration, ...]] = (
    Migration(
        1,
        "events",
        (
            "CREATE TABLE migrations (number INTEGER PRIMARY KEY, name TEXT NOT NULL)",
            """CREATE TABLE events (
                seq INTEGER PRIMARY KEY AUTOINCREMENT,
                id TEXT NOT NULL UNIQUE,
                onboarding TEXT NOT NULL,
                run TEXT NOT NULL,
                domain TEXT NOT NULL,
                profile TEXT NOT NULL,
                at TEXT NOT NULL,
                type TEXT NOT NULL,
                step TEXT,
                attempt INTEGER,
                duration_s REAL,
                detail TEXT NOT NULL,
                checksum INTEGER NOT NULL
            )""",
            "CREATE INDEX events_of_domain ON events (profile, domain)",
            "CREATE INDEX events_of_onboarding ON events (onboarding)",
            """CREATE TABLE domains (
                profile TEXT NOT NULL,
                domain TEXT NOT NULL,
                events INTEGER NOT NULL,
                PRIMARY KEY (profile, domain)
            ) WITHOUT ROWID""",
            """CREATE TABLE onboardings (
                first INTEGER PRIMARY KEY,
                onboarding TEXT NOT NULL UNIQUE
            )""",
        ),
    ),
)


def migrate(connection: sqlite3.Connection, since: int) -> None:
    """Apply what comes after number `since`, inside the caller's transaction."""
    if since == 0:
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    for migration in MIGRATIONS[since:]:
        for statement in migration.statements:
            connection.execute(statement)
        connection.execute(
            "INSERT INTO migrations (number, name) VALUES (?, ?)",
            (migration.number, migration.name),
        )


def number_of(connection: sqlite3.Connection, path: Path) -> int:
    """The number of the file's last migration; only reads. Texts must come as bytes.

    Raises PLT-JOURNAL-002 where the file is not a journal, PLT-JOURNAL-001 where it is newer.
    """
    (application_id,) = connection.execute("PRAGMA application_id").fetchone()
    if application_id != APPLICATION_ID:
        raise foreign(path, "another program's SQLite file")
    found = connection.execute("SELECT number, name FROM migrations ORDER BY number").fetchall()
    last = found[-1][0] if found else None
    if isinstance(last, int) and last > len(MIGRATIONS):
        raise PlatformError(
            "PLT-JOURNAL-001",
            f"{path} has the schema {last}; this platform-cli knows up to"
            f" {len(MIGRATIONS)}. Nothing was changed.",
            address=str(path),
        )
    if not found or found != [(m.number, m.name.encode()) for m in MIGRATIONS[: len(found)]]:
        raise foreign(path, "its list of migrations is not one of ours")
    if _shape(connection) != _expected(MIGRATIONS[: len(found)]):
        raise foreign(path, "its tables are not those of a journal")
    return len(found)


def foreign(path: Path, why: str) -> PlatformError:
    """The error for a file that is not a journal of ours."""
    return PlatformError(
        "PLT-JOURNAL-002",
        f"{path} is not a journal of platform-cli: {why}. Nothing was changed.",
        hint=restoring(path),
        address=str(path),
    )


def restoring(path: Path) -> str:
    """What a person can do where the journal is not as it was written."""
    return (
        f"Restore it from a copy. Where there is none, move it and {begun(path).name} away: the"
        " next run begins a new journal, and `journal import` takes an export into it."
    )


def _shape(connection: sqlite3.Connection) -> list[tuple[object, ...]]:
    # SQLite keeps the words of a CREATE as they were written, so they can be compared whole.
    return connection.execute(
        "SELECT type, name, tbl_name, sql FROM sqlite_master"
        " WHERE name NOT LIKE 'sqlite!_%' ESCAPE '!' ORDER BY type, name",
    ).fetchall()


@cache  # a command opens its journal several times, and building the model takes a millisecond
def _expected(migrations: tuple[Migration, ...]) -> list[tuple[object, ...]]:
    import sqlite3

    model = sqlite3.connect(":memory:", isolation_level=None)
    try:
        model.text_factory = bytes
        for migration in migrations:
            for statement in migration.statements:
                model.execute(statement)
        return _shape(model)
    finally:
        model.close()
