"""Namespaces and tables in one catalog file, written through pyiceberg's catalog for SQL databases.

Importing this module costs half a second: it is imported where something is first written. Owns
the translation of pyiceberg's errors; knows no lock and makes no file.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pyiceberg.catalog.sql import SqlCatalog
from pyiceberg.exceptions import (
    CommitFailedException,
    NamespaceAlreadyExistsError,
    NoSuchNamespaceError,
    TableAlreadyExistsError,
    ValidationError,
)
from pyiceberg.schema import Schema
from pyiceberg.table import Table
from sqlalchemy.exc import IntegrityError

from platform_cli.providers.catalog import commits, files, place, rows
from platform_cli.providers.catalog.columns import Fields
from platform_cli.providers.catalog.tables import Difference


class _Catalog(SqlCatalog):
    """Lets go of its connection also where opening fails, and has one kind of files."""

    def _load_file_io(self, properties: Any = None, location: str | None = None) -> Any:  # noqa: ARG002 - pyiceberg's signature
        # A table's own properties could name any class of any module.
        return files.PrivateFiles(self.properties)

    def __init__(self, name: str, **properties: str) -> None:
        try:
            super().__init__(name, **properties)
        except BaseException:
            self.close()
            raise


@dataclass(frozen=True, slots=True)
class Store:
    """An open catalog. Each method is one transaction at most."""

    catalog: SqlCatalog
    file: Path

    def tables(self, *namespace: str) -> Mapping[str, str]:
        """Where what is known of each table and view of the namespace stands, by its name."""
        with self.catalog.engine.connect() as connection:
            return rows.Rows(connection, self.file).tables(".".join(namespace))

    def properties(self, *namespace: str) -> Mapping[str, str] | None:
        """The properties of a namespace; None where there is none of that name."""
        try:
            return self.catalog.load_namespace_properties(namespace)
        except NoSuchNamespaceError:
            return None

    def create(self, *namespace: str, properties: Mapping[str, str]) -> bool:
        """Make the namespace with its properties; its parent is implied. False where it exists."""
        try:
            self.catalog.create_namespace(namespace, dict(properties))
        except (NamespaceAlreadyExistsError, IntegrityError):
            return False
        return True

    def change(
        self,
        *namespace: str,
        updates: Mapping[str, str],
        removals: frozenset[str] = frozenset(),
    ) -> None:
        """Set and remove properties of a namespace; the others stay."""
        self.catalog.update_namespace_properties(namespace, set(removals), dict(updates))

    def create_table(
        self,
        *identifier: str,
        fields: Fields,
        properties: Mapping[str, str],
        location: str,
    ) -> bool:
        """Make the table with its schema and properties. False where a table or view has the name.

        A file that a failure leaves behind is named by nothing.
        """
        try:
            schema = Schema.model_validate({"type": "struct", "fields": fields})
            self.catalog.create_table(identifier, schema, location, properties=dict(properties))
        except TableAlreadyExistsError:
            return False
        return True

    def change_table(
        self,
        *identifier: str,
        fields: Fields | None,
        updates: Mapping[str, str],
        removals: frozenset[str],
    ) -> bool:
        """Set schema (None: as it is) and properties in one commit; other properties stay.

        False where another program was first. Raises PLT-CATALOG-002.
        """
        table = self._loaded(identifier)
        same, made = commits.of(table, Difference(fields, updates, removals))
        try:
            self.catalog.commit_table(table, same, made)
        except CommitFailedException:
            return False
        return True

    def _loaded(self, identifier: tuple[str, ...]) -> Table:
        try:
            return self.catalog.load_table(identifier)
        except (ValueError, TypeError, KeyError, ValidationError) as error:
            *namespace, name = identifier
            path = place.path_of(self.tables(*namespace)[name])
            raise place.damaged(path, "pyiceberg cannot read it") from error


@contextmanager
def opened(path: Path, file: Path) -> Iterator[Store]:
    """Open the catalog at `path`; errors speak of `file`. Where they differ, tables are made.

    Raises PLT-CATALOG-002 or a PLT-HOME code, for the body's calls as well.
    """
    with rows.translating(file):
        catalog = _Catalog(
            rows.NAME,
            uri=rows.url(path, "rw").render_as_string(hide_password=False),
            warehouse=place.location(file),
            **{"py-io-impl": f"{files.__name__}.{files.PrivateFiles.__name__}"},
            init_catalog_tables="false" if path == file else "true",
        )
        try:
            yield Store(catalog, file)
        finally:
            catalog.close()
