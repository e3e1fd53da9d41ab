"""The namespaces in one catalog file, written through pyiceberg's catalog for SQL databases.

Importing this module costs half a second: it is imported where something is first written. Owns
the translation of pyiceberg's errors; knows no lock and makes no file.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pyiceberg.catalog.sql import SqlCatalog
from pyiceberg.exceptions import NamespaceAlreadyExistsError, NoSuchNamespaceError
from sqlalchemy.exc import IntegrityError

from platform_cli.providers.catalog import rows

_WAREHOUSE: Final = "warehouse"


class _Catalog(SqlCatalog):
    """Lets go of its connection also where opening fails."""

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


@contextmanager
def opened(path: Path, file: Path) -> Iterator[Store]:
    """Open the catalog at `path`; errors speak of `file`. Where they differ, tables are made.

    Raises PLT-CATALOG-002 or a PLT-HOME code, for the body's calls as well.
    """
    with rows.translating(file):
        catalog = _Catalog(
            rows.NAME,
            uri=rows.url(path, "rw").render_as_string(hide_password=False),
            # As it is, not quoted: pyiceberg takes what follows for the path.
            warehouse=f"file://{file.with_name(_WAREHOUSE)}",
            init_catalog_tables="false" if path == file else "true",
        )
        try:
            yield Store(catalog)
        finally:
            catalog.close()
