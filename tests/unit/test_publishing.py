"""What `publish` decides, with a catalog in memory that counts its calls."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from platform_cli.providers.catalog.port import Column, ColumnType, Deprecation
from platform_cli.providers.marker import Marker
from tests.fakes.catalog import KeptTable
from tests.unit.contract_samples import GONE
from tests.unit.publishing_world import MARKER, NOTICE, World, actions

FILE = "product.contract.yaml"
FACTS = "orders.product.order_facts"


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path / "repository")


def stopped(world: World, code: str, *words: str, dry_run: bool = False) -> None:
    """It is refused with these words, and not one call is made."""
    before = world.published()
    result = world.publish(dry_run=dry_run)
    assert result.error is not None
    assert result.error.code == code
    told = " ".join(f"{one.address} {one.summary} {one.hint}" for one in result.error.problems)
    for word in words:
        assert word in told
    assert world.calls() == []
    assert result.mutating_calls == 0
    assert world.published() == before
    assert {status for _, status in actions(result).values()} <= {
        "failed",
        "blocked",
        "kept",
        "draft",
    }


def test_a_contract_is_published_with_all_that_it_says(world: World) -> None:
    world.write(FILE, {"deprecation": {"previous_version": "1.4.0", **NOTICE}})
    result = world.publish()
    assert actions(result) == {FILE: ("create", "done")}
    assert (result.outcome, result.error, result.mutating_calls) == ("published", None, 1)
    assert world.calls() == [f"catalog.create_table {FACTS}"]
    (table,) = world.catalog.tables("orders", "product")
    assert (table.name, table.marker) == ("order_facts", MARKER)
    said = table.publication
    assert said is not None
    assert (said.contract, said.version, said.owner) == (FACTS, "2.1.0", "@orders-team")
    assert said.sla == {
        "freshness": "1h",
        "completeness": "99.9%",
        "accuracy": "99%",
        "late_arrival_window": "2h",
    }
    assert said.tags == {"customer_data", "region:EU"}
    assert said.description == "Orders as they were placed."
    assert said.deprecation == Deprecation("1.4.0", date(2027, 6, 1), "Read the new one.")
    assert said.digest.startswith("sha256:")
    columns = {column.name: column for column in said.columns}
    assert columns["id"] == Column("id", ColumnType("string"), required=True)
    assert columns["amount"] == Column(
        "amount", ColumnType("decimal", (12, 2)), description="Gross."
    )
    sku = ColumnType(
        "struct", None, (("sku", ColumnType("string")), ("quantity", ColumnType("integer")))
    )
    assert columns["lines"].type == ColumnType("array", None, (("element", sku),))
    inner = (("key", ColumnType("string")), ("value", ColumnType("integer")))
    assert columns["attributes"].type == ColumnType("map", None, inner)
    assert [column.name for column in said.columns][:2] == ["id", "amount"]


def test_a_second_time_nothing_is_called(world: World) -> None:
    world.write(FILE)
    world.publish()
    world.calls()
    for _ in range(2):
        assert actions(world.publish()) == {FILE: ("keep", "kept")}
        assert world.calls() == []


def test_one_change_is_one_call(world: World) -> None:
    world.write(FILE)
    world.write("product/lines.contract.yaml", {"name": "orders.product.lines"})
    world.publish()
    world.calls()
    world.write(FILE, {"version": "2.2.0", "schema.note": {"type": "string"}, "tags": ["gold"]})
    result = world.publish()
    assert actions(result) == {
        FILE: ("update", "done"),
        "product/lines.contract.yaml": ("keep", "kept"),
    }
    assert world.calls() == [f"catalog.set_table {FACTS}"]
    assert world.versions() == {"order_facts": "2.2.0", "lines": "2.1.0"}
    assert result.lines[0].change.published == "2.1.0"


def test_a_draft_is_said_to_be_one_and_nobody_is_asked(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.write(FILE, {"semantics": "TODO"})

    def asked(*_: object) -> None:
        raise AssertionError("the catalog was asked")

    monkeypatch.setattr(type(world.catalog), "schema", asked)
    monkeypatch.setattr(type(world.catalog), "tables", asked)
    result = world.publish()
    assert actions(result) == {FILE: ("draft", "draft")}
    assert (result.outcome, result.error) == ("published", None)
    assert world.calls() == []


def test_a_draft_again_leaves_what_is_published(world: World) -> None:
    world.write(FILE)
    world.write("b.contract.yaml", {"name": "orders.product.b"})
    world.publish()
    world.calls()
    world.write(FILE, {"version": "3.0.0", "semantics": "TODO"})
    assert actions(world.publish())[FILE] == ("draft", "draft")
    assert world.calls() == []
    assert world.versions()["order_facts"] == "2.1.0"


def test_only_the_product_tier_is_published(world: World) -> None:
    world.write("a.contract.yaml", {"name": "orders.raw.a"})
    world.write("b.contract.yaml", {"name": "orders.derived.b"})
    result = world.publish()
    assert (result.outcome, result.lines, result.error) == ("published", (), None)
    assert world.calls() == []


def test_two_majors_stand_side_by_side(world: World) -> None:
    world.write("order_facts.contract.yaml")
    world.publish()
    world.write("order_facts.v3.contract.yaml", {"version": "3.0.0", "deprecation": NOTICE})
    world.calls()
    result = world.publish()
    assert world.calls() == [f"catalog.create_table {FACTS}_v3"]
    assert world.versions() == {"order_facts": "2.1.0", "order_facts_v3": "3.0.0"}
    contracts = {said.contract for said in world.published().values() if said is not None}
    assert contracts == {FACTS}
    assert [line.change.wish.address for line in result.lines] == [FACTS, f"{FACTS}_v3"]
    # The earlier one may still move on, and goes in the end; the later one keeps its name.
    world.write("order_facts.contract.yaml", {"version": "2.1.1", "owner": "@others"})
    world.publish()
    assert world.calls() == [f"catalog.set_table {FACTS}"]
    (world.folder / "order_facts.contract.yaml").unlink()
    assert actions(world.publish()) == {"order_facts.v3.contract.yaml": ("keep", "kept")}
    assert world.versions() == {"order_facts": "2.1.1", "order_facts_v3": "3.0.0"}


@pytest.mark.parametrize("dry_run", [True, False])
class TestRefused:
    def test_a_lower_version(self, world: World, dry_run: bool) -> None:
        world.write(FILE)
        world.publish()
        world.calls()
        world.write(FILE, {"version": "2.0.9"})
        words = (FILE, "version 2.0.9 is lower than 2.1.0")
        stopped(world, "PLT-PUBLISH-001", *words, dry_run=dry_run)

    @pytest.mark.parametrize(
        "change", [{"owner": "@others"}, {"version": "2.1.0+b", "tags": ["gold"]}, {"x-a": 1}]
    )
    def test_another_content_of_the_same_version(
        self, world: World, dry_run: bool, change: dict[str, Any]
    ) -> None:
        world.write(FILE)
        world.publish()
        world.calls()
        world.write(FILE, change)
        stopped(world, "PLT-PUBLISH-001", "with another content", "contract diff", dry_run=dry_run)

    def test_another_major_in_the_same_file_before_the_sunset(
        self, world: World, dry_run: bool
    ) -> None:
        world.write("order_facts.contract.yaml")
        world.publish()
        world.calls()
        for notice in (
            GONE,
            NOTICE,
            {**NOTICE, "previous_version": "1.0.0", "sunset_date": "2026-01-01"},
        ):
            change = {"version": "3.0.0", "deprecation": notice, "schema.amount": GONE}
            world.write("order_facts.contract.yaml", change)
            words = ("version 2.1.0 is published", "order_facts.v3.contract.yaml")
            stopped(world, "PLT-PUBLISH-001", *words, dry_run=dry_run)

    def test_a_file_whose_name_gives_another_major(self, world: World, dry_run: bool) -> None:
        world.write("order_facts.v3.contract.yaml")
        words = ("its name says major 3", "2.1.0")
        stopped(world, "PLT-PUBLISH-001", *words, dry_run=dry_run)

    def test_two_contracts_of_one_table(self, world: World, dry_run: bool) -> None:
        world.write("a.contract.yaml")
        world.write("b.contract.yaml", {"version": "3.0.0", "deprecation": NOTICE})
        world.write("c.contract.yaml", {"name": f"{FACTS}_v4"})
        world.write("d.v4.contract.yaml", {"version": "4.0.0"})
        words = (
            "b.contract.yaml it would be published as order_facts, as a.contract.yaml is",
            ".v3.contract.yaml",
            "d.v4.contract.yaml it would be published as order_facts_v4, as c.contract.yaml is",
        )
        stopped(world, "PLT-PUBLISH-001", *words, dry_run=dry_run)

    def test_a_table_of_another_contract(self, world: World, dry_run: bool) -> None:
        world.write("a.v2.contract.yaml")
        world.publish()
        world.calls()
        (world.folder / "a.v2.contract.yaml").unlink()
        world.write(FILE, {"name": f"{FACTS}_v2"})
        words = (f"is published from the contract {FACTS}",)
        stopped(world, "PLT-PUBLISH-001", *words, dry_run=dry_run)

    def test_a_major_that_is_published_under_another_name(
        self, world: World, dry_run: bool
    ) -> None:
        world.write(FILE)
        world.publish()
        world.calls()
        (world.folder / FILE).rename(world.folder / "a.v2.contract.yaml")
        words = (f"{FACTS} 2.x is published as order_facts already",)
        stopped(world, "PLT-PUBLISH-001", *words, dry_run=dry_run)

    def test_a_table_of_another_domain(self, world: World, dry_run: bool) -> None:
        world.write(FILE, {"name": "loyalty.product.points"})
        world.write("raw.contract.yaml", {"name": "orders_eu.raw.points"})
        words = ("domain loyalty", "domain orders_eu", "that of orders")
        stopped(world, "PLT-PUBLISH-001", *words, dry_run=dry_run)
        addresses = {line.change.wish.address for line in world.publish(dry_run=dry_run).lines}
        assert addresses == {"loyalty.product.points", "orders_eu.raw.points"}

    @pytest.mark.parametrize("marker", [None, Marker("loyalty", "onboarding-2")])
    def test_a_table_that_is_not_ours(
        self, world: World, dry_run: bool, marker: Marker | None
    ) -> None:
        foreign = KeptTable("x", marker, None)
        world.catalog.kept_tables["orders", "product"] = {"order_facts": foreign}
        world.write(FILE)
        whose = "belongs to loyalty" if marker else "carries no marker of ours"
        stopped(world, "PLT-PUBLISH-002", whose, FACTS, dry_run=dry_run)
        assert foreign == KeptTable("x", marker, None)

    def test_all_or_nothing(self, world: World, dry_run: bool) -> None:
        """One that cannot be published keeps the others back; each is told."""
        world.write(FILE)
        world.publish()
        world.calls()
        world.catalog.kept_tables["orders", "product"]["b"] = KeptTable("x", None, None)
        world.write(FILE, {"version": "1.0.0"})
        world.write("new.contract.yaml", {"name": "orders.product.new"})
        world.write("b.contract.yaml", {"name": "orders.product.b"})
        words = ("lower than", "carries no marker")
        stopped(world, "PLT-PUBLISH-002", *words, dry_run=dry_run)
        result = world.publish(dry_run=dry_run)
        assert actions(result) == {
            "b.contract.yaml": ("conflict", "failed"),
            "new.contract.yaml": ("create", "blocked"),
            FILE: ("refuse", "failed"),
        }


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"version": "0.4.0"}, {"version": "1.0.0"}),  # what was never promised needs no notice
        ({"version": "3.0.0-rc.1"}, {"version": "3.0.0-rc.2", "tags": ["gold"]}),
        ({"version": "3.0.0-rc.2"}, {"version": "3.0.0", "tags": ["gold"]}),
        ({}, {"version": "2.1.0+build.7"}),
        ({}, {"version": "3.0.0", "deprecation": {**NOTICE, "sunset_date": "2026-11-21"}}),
        (
            {},
            {
                "version": "4.0.0",
                "deprecation": {**NOTICE, "previous_version": "2.1.0", "sunset_date": "2026-11-20"},
            },
        ),
        ({}, {"sla.freshness": "60m"}),
    ],
)
def test_what_may_take_the_place_of_what_is_published(
    world: World, first: dict[str, Any], second: dict[str, Any]
) -> None:
    world.write(FILE, first)
    world.publish()
    world.calls()
    world.write(FILE, second)
    assert actions(world.publish()) == {FILE: ("update", "done")}
    assert world.calls() == [f"catalog.set_table {FACTS}"]
    assert actions(world.publish()) == {FILE: ("keep", "kept")}


def test_another_layout_of_the_file_is_no_change(world: World) -> None:
    world.write(FILE)
    world.publish()
    world.calls()
    file = world.folder / FILE
    file.write_bytes(b"# A comment.\n" + file.read_bytes().replace(b'"Gross."', b"'Gross.'"))
    (world.folder / "deep").mkdir()
    file.rename(world.folder / "deep" / "facts.contract.yaml")
    assert actions(world.publish()) == {"deep/facts.contract.yaml": ("keep", "kept")}


def test_what_somebody_changed_in_the_catalog_is_restored(world: World) -> None:
    world.write(FILE)
    world.publish()
    world.calls()
    kept = world.catalog.kept_tables["orders", "product"]["order_facts"]
    whole = kept.publication
    assert whole is not None

    for changed in (
        None,
        replace(whole, owner="@mine"),
        replace(whole, columns=()),
        replace(whole, version="newest"),
    ):
        kept.publication = changed
        assert actions(world.publish()) == {FILE: ("update", "done")}
        assert world.calls() == [f"catalog.set_table {FACTS}"]
        assert kept.publication == whole
