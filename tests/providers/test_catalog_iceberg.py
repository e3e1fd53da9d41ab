"""An Iceberg REST catalog does what every catalog must, flat and nested."""

from __future__ import annotations

from tests.providers.catalog_suite import CatalogSuite
from tests.providers.catalog_tables import TableSuite
from tests.providers.iceberg_worlds import IcebergFixtures


class TestFlat(IcebergFixtures, CatalogSuite):
    """A namespace for each tier, beside all others."""


class TestNested(IcebergFixtures, CatalogSuite):
    """Below one for the domain."""

    layout = "nested"


class TestTables(IcebergFixtures, TableSuite):
    """Tables in flat namespaces."""


class TestTablesNested(IcebergFixtures, TableSuite):
    """Tables in nested ones."""

    layout = "nested"
