"""`contract pins` against what a catalog publishes: the embedded one, and one that says odd things."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import cast

import pytest

from platform_cli.cli import app
from platform_cli.cli.commands import contract_pins
from platform_cli.contracts.pins import load
from platform_cli.domain_repo.consumes import Pins, in_catalog, pinned
from platform_cli.providers.catalog.local import LocalCatalog
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
from platform_cli.settings import load as load_settings
from tests.unit.contract_samples import TODAY

TABLE = "orders.product.order_facts"
MARKER = Marker("orders", "o")
OLD = Publication(
    contract=TABLE,
    version="2.4.0",
    digest="sha256:1",
    owner="@orders",
    sla={},
    columns=(Column("id", ColumnType("string"), required=True),),
)
NEW = replace(
    OLD,
    version="3.0.0",
    deprecation=Deprecation("2.4.0", TODAY + timedelta(days=90), "Read gross."),
)


@dataclass
class Listing:
    """A catalog of which only its tables are asked, with what it was asked."""

    tables_of: dict[tuple[str, str], list[Table]]
    asked: list[tuple[str, str]]

    def tables(self, domain: str, tier: Tier) -> tuple[Table, ...]:
        """The tables of the schema."""
        self.asked.append((domain, tier))
        return tuple(self.tables_of.get((domain, tier), ()))


def table(name: str, publication: Publication | None) -> Table:
    return Table(name, f"orders.product.{name}", None, MARKER, publication)


def resolved(tables: Sequence[Table], source: str) -> tuple[list[str], list[str], Listing]:
    """What is found, what is said, and the catalog that was asked."""
    listing = Listing({("orders", "product"): list(tables)}, [])
    pins = Pins("consumes.yaml", load(source.encode()))
    found = pinned(pins, in_catalog(cast("Catalog", listing), pins), today=TODAY)
    versions = [one.contract.version if one.contract else "-" for one in found.resolutions]
    return versions, [one.finding.id for one in (*found.findings, *found.told())], listing


BOTH = f"- {{source: {TABLE}, pin: ^2.1}}\n- {{source: {TABLE}, pin: ^3.0}}\n"


def test_two_majors_are_two_tables_of_one_contract() -> None:
    tables = [table("order_facts", OLD), table("order_facts_v3", NEW)]
    versions, said, listing = resolved(tables, BOTH)
    assert versions == ["2.4.0", "3.0.0"]
    assert said == ["pin-sunsetting"]
    assert listing.asked == [("orders", "product")]


def test_what_carries_no_publication_is_none_of_ours() -> None:
    assert resolved([table("order_facts", None)], BOTH)[:2] == (
        ["-", "-"], ["pin-unknown-table", "pin-unknown-table"],
    )  # fmt: skip


@pytest.mark.parametrize("version", ["", "two", "2.4", "2.4.0\n", "99999999999.0.0"])
def test_a_version_that_somebody_else_wrote_is_told_and_counts_for_nothing(version: str) -> None:
    tables = [table("order_facts", replace(OLD, version=version))]
    assert resolved(tables, BOTH)[:2] == (
        ["-", "-"], ["contract-unreadable", "pin-unknown-table", "pin-unknown-table"],
    )  # fmt: skip


def test_who_reads_nothing_asks_nothing() -> None:
    assert resolved([], "[]")[2].asked == []


def test_the_catalog_of_the_profile(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PLATFORM_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setattr(contract_pins, "_today", lambda: TODAY)
    monkeypatch.chdir(tmp_path)
    Path("consumes.yaml").write_text(BOTH, encoding="utf-8")
    assert app.run(["contract", "pins"]) == 5
    assert f"no contract of {TABLE} is published" in capsys.readouterr().out

    catalog = LocalCatalog(load_settings().home / "catalog")
    catalog.create_schema("orders", "product", marker=MARKER)
    catalog.create_table("orders", "product", "order_facts", OLD, marker=MARKER)
    catalog.create_table("orders", "product", "order_facts_v3", NEW, marker=MARKER)
    assert app.run(["contract", "pins"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        f"{TABLE} ^2.1 -> 2.4.0",
        "  warning pin-sunsetting consumes.yaml:1:3",
        "    your producer is sunsetting ^2.1 in 90 days; read ^3.0: Read gross.",
        f"{TABLE} ^3.0 -> 3.0.0",
        "passed: 2 pins against the catalog of the profile local, 0 errors, 1 warning.",
    ]
    assert app.run(["contract", "pins", "--format", "json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [one["published"] for one in told["pins"]] == [
        "orders.product.order_facts", "orders.product.order_facts_v3",
    ]  # fmt: skip
