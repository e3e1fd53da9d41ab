"""What every catalog must do with tables: inherited beside `CatalogSuite`, with the same world."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from platform_cli.providers.catalog.port import (
    Catalog,
    Column,
    ColumnType,
    Deprecation,
    Publication,
    Table,
    Tier,
)
from platform_cli.providers.marker import Marker
from tests.providers.catalog_suite import DOMAIN, MARKER, World, refused

TEXT = ColumnType("string")
EVERY_TYPE: dict[str, ColumnType] = {
    **{
        word: ColumnType(word)
        for word in (
            "string",
            "boolean",
            "integer",
            "bigint",
            "float",
            "double",
            "date",
            "timestamp",
            "timestamp_tz",
            "binary",
            "json",
        )
    },
    "decimal": ColumnType("decimal", (12, 2)),
    "widest": ColumnType("decimal", (38, 38)),
    "array": ColumnType("array", None, (("element", ColumnType("json")),)),
    "map": ColumnType(
        "map", None, (("key", TEXT), ("value", ColumnType("array", None, (("element", TEXT),))))
    ),
    "struct": ColumnType(
        "struct",
        None,
        (
            ("city", TEXT),
            ("geo", ColumnType("struct", None, (("lat", ColumnType("double")), ("raw", ColumnType("json"))))),
        ),
    ),
}  # fmt: skip
FIRST = Publication(
    contract="loyalty.product.points",
    version="1.0.0",
    digest="sha256:1",
    owner="@acme/loyalty-team",
    sla={"freshness": "24h", "completeness": "99.9%"},
    columns=(Column("id", TEXT, required=True, description="Who."), Column("points", TEXT)),
)
SECOND = Publication(
    contract="loyalty.product.points",
    version="1.1.0",
    digest="sha256:2",
    owner="@acme/others",
    sla={"freshness": "1h", "accuracy": "99%"},
    columns=(
        Column("points", ColumnType("integer"), required=True),
        *(Column(f"c_{name}", held, description=name) for name, held in EVERY_TYPE.items()),
        Column("id", TEXT, required=True, description="Wer? \u00e4\u4e16 \U0001f600"),
    ),
    tags=frozenset({"customer_data", "region:EU", "a b=c"}),
    description="Points as they were given.\nOn two lines.",
    deprecation=Deprecation("0.9.0", date(2027, 3, 1), "Read points."),
)
LEAST = Publication("loyalty.product.points", "2.0.0-rc.1+b", "x", "@a", {}, (Column("id", TEXT),))


def make(catalog: Catalog, name: str = "points", publication: Publication = FIRST) -> Table:
    """A table of ours in a schema of ours."""
    return catalog.create_table(DOMAIN, "product", name, publication, marker=MARKER)


class TableSuite:
    """Inherit, and override `world` and `stranger`, which makes a table as others make one."""

    @pytest.fixture
    def world(self, tmp_path: Path) -> World:
        raise pytest.UsageError("the module of an adapter gives its world")

    @pytest.fixture
    def stranger(self, world: World) -> Callable[[str, Tier, str], None]:
        raise pytest.UsageError("the module of an adapter gives a stranger")

    @pytest.fixture
    def catalog(self, world: World) -> Catalog:
        made = world.open()
        made.create_schema(DOMAIN, "product", marker=MARKER)
        return made

    def test_no_table_is_there_before_it_is_made(self, world: World, catalog: Catalog) -> None:
        for domain in (DOMAIN, "orders"):
            assert catalog.table(domain, "product", "points") is None
            assert catalog.tables(domain, "product") == ()
            refused(
                "PLT-CATALOG-003",
                lambda: catalog.set_table(domain, "product", "points", FIRST),  # noqa: B023 - called at once
            )
        refused(
            "PLT-CATALOG-003",
            lambda: catalog.create_table("orders", "product", "points", FIRST, marker=MARKER),
        )
        assert catalog.tables("orders", "product") == ()
        assert catalog.tiers("orders") == frozenset()

    @pytest.mark.parametrize("publication", [FIRST, SECOND, LEAST], ids=["first", "all", "least"])
    def test_a_table_is_whole_from_its_first_moment(
        self, world: World, catalog: Catalog, publication: Publication
    ) -> None:
        made = make(catalog, publication=publication)
        address = f"{catalog.address(DOMAIN, 'product')}.points"
        assert made == Table("points", address, made.id, MARKER, publication)
        assert world.open().table(DOMAIN, "product", "points") == made
        assert world.open().tables(DOMAIN, "product") == (made,)
        schema = catalog.schema(DOMAIN, "product")
        assert schema is not None
        assert schema.marker == MARKER
        assert catalog.tiers(DOMAIN) == {"product"}

    def test_creating_twice_changes_nothing(self, world: World, catalog: Catalog) -> None:
        made = make(catalog)
        for handle in (catalog, world.open()):
            refused("PLT-CATALOG-001", lambda: make(handle, publication=SECOND))  # noqa: B023 - called at once
        assert world.open().tables(DOMAIN, "product") == (made,)

    @pytest.mark.parametrize("way", [(FIRST, SECOND), (SECOND, FIRST), (SECOND, LEAST)])
    def test_a_publication_is_replaced_whole(
        self, world: World, catalog: Catalog, way: tuple[Publication, Publication]
    ) -> None:
        before, after = way
        made = make(catalog, publication=before)
        for _ in range(2):
            assert catalog.set_table(DOMAIN, "product", "points", after) == replace(
                made, publication=after
            )
            seen = world.open().table(DOMAIN, "product", "points")
            assert seen == replace(made, publication=after)

    @pytest.mark.parametrize("name", EVERY_TYPE)
    def test_a_column_becomes_one_of_any_other_type(
        self, world: World, catalog: Catalog, name: str
    ) -> None:
        make(catalog)
        for held in (EVERY_TYPE[name], TEXT, EVERY_TYPE[name]):
            wanted = replace(FIRST, columns=(Column("id", held),))
            catalog.set_table(DOMAIN, "product", "points", wanted)
            seen = world.open().table(DOMAIN, "product", "points")
            assert seen is not None
            assert seen.publication == wanted

    def test_tables_are_listed_by_name_and_by_schema(self, world: World, catalog: Catalog) -> None:
        catalog.create_schema("loyalty_x", "product", marker=Marker("loyalty-x", "o"))
        catalog.create_schema(DOMAIN, "raw", marker=MARKER)
        for name in ("points_v2", "points", "_b"):
            make(catalog, name)
        catalog.create_table("loyalty_x", "product", "points", LEAST, marker=MARKER)
        found = [one.name for one in world.open().tables(DOMAIN, "product")]
        assert found == sorted(["points_v2", "points", "_b"])
        assert [one.publication for one in catalog.tables("loyalty_x", "product")] == [LEAST]
        assert catalog.tables(DOMAIN, "raw") == ()

    def test_what_is_foreign_is_shown_and_never_written(
        self, world: World, catalog: Catalog, stranger: Callable[[str, Tier, str], None]
    ) -> None:
        stranger(DOMAIN, "product", "points")
        before = catalog.table(DOMAIN, "product", "points")
        assert before is not None
        assert before.marker is None
        assert before.publication is None
        refused("PLT-CATALOG-001", lambda: make(catalog))
        if not before.built:  # what is built in a schema of ours may be spoken of
            refused(
                "PLT-CATALOG-001",
                lambda: catalog.set_table(DOMAIN, "product", "points", FIRST),
            )
        assert world.open().tables(DOMAIN, "product") == (before,)

    def test_nothing_is_made_in_a_schema_that_is_not_ours(self, world: World) -> None:
        world.foreign(DOMAIN, "product")
        refused("PLT-CATALOG-001", lambda: make(world.open()))
        assert world.open().tables(DOMAIN, "product") == ()
