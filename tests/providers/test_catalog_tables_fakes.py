"""The catalogs in memory that other tests rely on keep the port's promises about tables, too."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from platform_cli.providers.catalog.port import Schema, Table, Tier
from tests.fakes import memory
from tests.fakes.catalog import Kept, KeptTable, MemoryCatalog
from tests.fakes.forge import MemoryForge
from tests.providers.catalog_suite import World
from tests.providers.catalog_tables import TableSuite


class TestCatalog(TableSuite):
    @pytest.fixture
    def fake(self) -> MemoryCatalog:
        return MemoryCatalog()

    @pytest.fixture
    def world(self, fake: MemoryCatalog) -> World:
        def foreign(domain: str, tier: Tier) -> None:
            fake.schemas[(domain, tier)] = Kept("theirs", None)

        return World(lambda: fake, foreign)

    @pytest.fixture
    def stranger(self, fake: MemoryCatalog) -> Callable[[str, Tier, str], None]:
        def make(domain: str, tier: Tier, name: str) -> None:
            fake.kept_tables.setdefault((domain, tier), {})[name] = KeptTable("theirs", None, None)

        return make


class TestCatalogOfOneLedger(TableSuite):
    @pytest.fixture
    def fake(self) -> memory.MemoryCatalog:
        return memory.MemoryCatalog(MemoryForge())

    @pytest.fixture
    def world(self, fake: memory.MemoryCatalog) -> World:
        def foreign(domain: str, tier: Tier) -> None:
            fake.schemas[domain, tier] = Schema(fake.address(domain, tier), None, None, {})

        return World(lambda: fake, foreign)

    @pytest.fixture
    def stranger(self, fake: memory.MemoryCatalog) -> Callable[[str, Tier, str], None]:
        def make(domain: str, tier: Tier, name: str) -> None:
            address = f"{domain}.{tier}.{name}"
            fake.kept_tables[address] = Table(name, address, None, None, None)

        return make
