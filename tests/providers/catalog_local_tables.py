"""What the tests of the embedded catalog's tables share: its files, and one table in it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from platform_cli.providers.catalog.local import LocalCatalog
from platform_cli.providers.catalog.port import Table
from tests.providers.catalog_local import (
    FILE,
    sql,
)
from tests.providers.catalog_suite import DOMAIN


def metadata(catalog: LocalCatalog) -> list[Path]:
    """Every file that says something about a table, in the order of their versions."""
    return sorted((catalog.root / "warehouse").rglob("*.metadata.json"))


def current(catalog: LocalCatalog) -> Path:
    """The file that the catalog names for the only table."""
    ((location,),) = sql(catalog.root / FILE, "SELECT metadata_location FROM iceberg_tables")
    return Path(str(location).removeprefix("file://"))


def said(catalog: LocalCatalog) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(current(catalog).read_text(encoding="utf-8"))
    return found


def seen(catalog: LocalCatalog) -> Table | None:
    return LocalCatalog(catalog.root).table(DOMAIN, "product", "points")


def put(catalog: LocalCatalog, publication: Any) -> Table:
    return catalog.set_table(DOMAIN, "product", "points", publication)


def change(catalog: LocalCatalog, how: Callable[[dict[str, Any]], object]) -> None:
    """Another program writes what is known of the table."""
    found = said(catalog)
    how(found)
    current(catalog).write_text(json.dumps(found), encoding="utf-8")
