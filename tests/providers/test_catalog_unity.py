"""Unity Catalog does what every catalog must, in either layout, Databricks' or open source."""

from __future__ import annotations

import pytest

from platform_cli.providers.catalog.port import EVERYONE, Catalog, Schema
from tests.providers.catalog_suite import DOMAIN, MARKER, CatalogSuite
from tests.providers.catalog_tables import TableSuite
from tests.providers.unity_worlds import UnityFixtures, alone

__all__ = ["alone"]


class _Suite(UnityFixtures, CatalogSuite):
    """The port's suite; a principal that is no team and no person is none of Unity Catalog's."""

    def test_tags_and_grants_of_one_name_are_two_things(
        self, catalog: Catalog, made: Schema
    ) -> None:
        catalog.set_tags(DOMAIN, "raw", {"@acme domain": "write", "domain": "x", "onboarding": "x"})
        catalog.grant(DOMAIN, "raw", "@acme/domain", "read")
        seen = catalog.schema(DOMAIN, "raw")
        assert seen is not None
        assert seen.marker == MARKER
        assert dict(catalog.grants(DOMAIN, "raw")) == {"@acme/domain": "read"}
        assert not catalog.may_read(EVERYONE, DOMAIN, "raw")


class TestDatabricks(_Suite):
    """A catalog for each domain."""


class TestDatabricksShared(_Suite):
    """A catalog that all share."""

    layout = "mesh"


class TestGuarded(_Suite):
    """The open-source server with its authorization."""

    flavour = "guarded"


class TestOpen(_Suite):
    """The open-source server without it: grants are written down, and held by nobody."""

    flavour = "open"


class TestTables(UnityFixtures, TableSuite):
    """Tables on Databricks."""


class TestTablesOpen(UnityFixtures, TableSuite):
    """Tables on the open-source server, which knows where they may be kept by itself."""

    flavour = "open"


@pytest.mark.parametrize(
    ("flavour", "held"), [("databricks", True), ("guarded", True), ("open", False)]
)
def test_whether_grants_hold(flavour: str, held: bool) -> None:
    from tests.fakes.unity.server import serving
    from tests.providers.unity_worlds import opened_at

    with serving(flavour) as state:  # type: ignore[arg-type]  # one of the three
        assert opened_at(state).enforces_access is held
