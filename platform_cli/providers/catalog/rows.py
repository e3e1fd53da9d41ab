"""What is in one catalog file, read by the layout that all of Iceberg's SQL catalogs share.

Only to look: pyiceberg writes (`store`), but takes three times as long to import, and most runs
change nothing. Owns the meaning of SQLite's errors, for both. Imported where it is first used.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final, Literal

from sqlalchemy import (
    URL,
    Column,
    ColumnElement,
    Connection,
    Engine,
    MetaData,
    String,
    Table,
    and_,
    create_engine,
    or_,
    select,
)
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from platform_cli.errors import PlatformError, TemporaryError
from platform_cli.providers.catalog.place import damaged

NAME: Final = "platform"
"""The catalog's name, which other tools must give to see the same namespaces."""

Mode = Literal["ro", "rw"]

_BUSY_S: Final = 10

# https://www.sqlite.org/rescode.html: the low byte says what happened, the rest where.
_PRIMARY: Final = 0xFF
_FULL: Final = 13
_BUSY: Final = frozenset({5, 6, 15})  # busy, locked, protocol
_REFUSED: Final = frozenset({3, 8, 10, 14, 22})  # perm, readonly, ioerr, cantopen, nolfs

# apache/iceberg, core/src/main/java/org/apache/iceberg/jdbc/JdbcUtil.java. A namespace is there
# when it has a property, when a table is in it, or when one below it is there.
_PROPERTIES: Final = Table(
    "iceberg_namespace_properties",
    MetaData(),
    Column("catalog_name", String),
    Column("namespace", String),
    Column("property_key", String),
    Column("property_value", String),
)
_TABLES: Final = Table(
    "iceberg_tables",
    MetaData(),
    Column("catalog_name", String),
    Column("table_namespace", String),
    Column("table_name", String),
    Column("metadata_location", String),
)


@dataclass(frozen=True, slots=True)
class Rows:
    """An open catalog, to look at."""

    connection: Connection
    file: Path

    def children(self, parent: str) -> frozenset[str]:
        """The names of the namespaces directly under this one."""
        below = f"{parent}."
        return frozenset(
            name.removeprefix(below).split(".")[0]
            for name, *_ in self._under(parent)
            if name.startswith(below)
        )

    def properties(self, namespace: str) -> Mapping[str, str] | None:
        """The properties of a namespace; None where there is none of that name."""
        found = self._under(namespace)
        if not found:
            return None
        return {key: value for name, key, value in found if name == namespace and key}

    def tables(self, namespace: str) -> Mapping[str, str]:
        """Where what is known of each table and view of the namespace stands, by its name."""
        found = self.connection.execute(
            select(_TABLES.c.table_name, _TABLES.c.metadata_location)
            .where(_TABLES.c.catalog_name == NAME, _TABLES.c.table_namespace == namespace)
            .order_by(_TABLES.c.table_name)
        ).all()
        return {self._text(name): self._text(location or "") for name, location in found}

    def _under(self, namespace: str) -> list[tuple[str, str, str]]:
        """The rows of the namespace and those below it; a table's have neither key nor value."""
        name, space = _PROPERTIES.c.namespace, _TABLES.c.table_namespace
        properties = select(name, _PROPERTIES.c.property_key, _PROPERTIES.c.property_value).where(
            _PROPERTIES.c.catalog_name == NAME, _at_or_below(name, namespace)
        )
        tables = select(space).where(_TABLES.c.catalog_name == NAME, _at_or_below(space, namespace))
        # To the last row before anything is looked at: half a result keeps the file locked.
        kept, implied = (self.connection.execute(each).all() for each in (properties, tables))
        text = self._text
        return [
            *((text(row[0]), text(row[1]), text(row[2])) for row in kept),
            *((text(row[0]), "", "") for row in implied),
        ]

    def _text(self, value: object) -> str:
        if not isinstance(value, str):
            raise damaged(self.file, f"{value!r} stands where a text should be")
        return value


def _at_or_below(column: Column[str], namespace: str) -> ColumnElement[bool]:
    # A range first: for a LIKE or an OR alone SQLite reads all domains' rows for each of them.
    near = and_(column >= namespace, column < f"{namespace}/")  # the character after a dot
    return and_(near, or_(column == namespace, column > f"{namespace}."))


@lru_cache(maxsize=8)
def _engine(path: Path, mode: Mode) -> Engine:
    """It holds no connection, but the statements that it has compiled once."""
    return create_engine(url(path, mode), poolclass=NullPool)


@contextmanager
def opened(path: Path, mode: Mode, file: Path) -> Iterator[Rows]:
    """Open the catalog at `path` to read it; errors speak of `file`. Raises as `translating`."""
    with translating(file), _engine(path, mode).connect() as connection:
        yield Rows(connection, file)


def url(path: Path, mode: Mode) -> URL:
    """How SQLAlchemy opens a file that must exist."""
    return URL.create(
        "sqlite",
        # A URI: without it SQLite makes a file that is missing, and cannot be told only to read.
        database=path.as_uri(),
        query={"mode": mode, "uri": "true", "timeout": str(_BUSY_S)},
    )


@contextmanager
def translating(file: Path) -> Iterator[None]:
    """Translate what SQLite says. Raises PLT-CATALOG-002 or a PLT-HOME code."""
    try:
        yield
    except DBAPIError as error:
        raise _refusal(error, file) from error
    except (SQLAlchemyError, UnicodeDecodeError) as error:
        # SQLite's own words about a damaged file can contain what is damaged in it.
        raise damaged(file, f"it cannot be read ({error})") from error


def _refusal(error: DBAPIError, file: Path) -> PlatformError:
    code = getattr(error.orig, "sqlite_errorcode", 0) & _PRIMARY
    if code == _FULL:
        summary = f"The disk is full at {file}; what was there before is unchanged"
        return PlatformError("PLT-HOME-002", summary, address=str(file))
    if code in _REFUSED:
        summary = f"{file}: {error.orig}; what was there before is unchanged"
        return PlatformError("PLT-HOME-001", summary, address=str(file))
    if code in _BUSY:
        return TemporaryError(
            "PLT-CATALOG-002",
            f"{file}: another program has been writing for {_BUSY_S} s. Nothing was changed.",
            hint="Run the same line again when that program is done.",
            address=str(file),
        )
    return damaged(file, f"it cannot be read ({error.orig})")
