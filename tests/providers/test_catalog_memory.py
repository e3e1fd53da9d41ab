"""The catalog that other tests rely on does what every catalog must do, and fails on demand."""

from __future__ import annotations

import pytest

from platform_cli.errors import TemporaryError
from platform_cli.providers.catalog.port import Schema, Tier
from tests.fakes.forge import Fault, MemoryForge, temporary
from tests.fakes.memory import MemoryCatalog
from tests.providers.catalog_suite import DOMAIN, MARKER, CatalogSuite, World


class TestMemoryCatalog(CatalogSuite):
    """The catalog in memory keeps the port's promises."""

    @pytest.fixture
    def world(self) -> World:
        catalog = MemoryCatalog(MemoryForge())

        def foreign(domain: str, tier: Tier) -> None:
            catalog.schemas[domain, tier] = Schema(catalog.address(domain, tier), None, None, {})

        return World(lambda: catalog, foreign)


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_call_fails_before_or_after_its_effect(when: str) -> None:
    catalog = MemoryCatalog(MemoryForge())
    catalog.ledger.faults[1] = Fault(when, temporary)  # type: ignore[arg-type]  # one of the two
    with pytest.raises(TemporaryError):
        catalog.create_schema(DOMAIN, "raw", marker=MARKER)
    assert (catalog.schema(DOMAIN, "raw") is not None) == (when == "after")
