"""The contract language: what a text says, and every finding with its place and the nearest word."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from platform_cli.contracts.findings import FINDINGS, Finding
from platform_cli.contracts.load import load
from platform_cli.contracts.model import Owner
from platform_cli.contracts.types import Fixed, Simple
from tests.unit.contract_samples import FULL, GONE, changed, contract, document, text

SOURCE = """\
# A contract, as people write it.
name: orders.product.order_facts
version: "2.1.0"
owner:
  team: "@acme/orders-team"
  on_call: orders pager
schema:
  - name: order_id
    type: STRING
    required: yes
    primary_key: true
  - name: amount
    type: decimal(12, 2)
    currency: EUR
    tags: [finance]
sla:
  freshness: 90m
  completeness: 99.90%
  accuracy: 100%
semantics:
  grain: [order_id]
  amount: >
    What the customer pays,
    with VAT.
deprecation:
  previous_version: 1.9.2
  sunset_date: 2027-03-01
  migration_notes: Read amount.
retention_days: 730
x-dashboard: {id: 7}
"""


def findings(at: str, value: Any) -> list[Finding]:
    return list(load(text(document({at: value})), "x").findings)


def only(at: str, value: Any) -> Finding:
    (one,) = findings(at, value)
    return one


def test_what_a_text_says() -> None:
    made = load(SOURCE.encode(), "product.contract.yaml").contract
    assert made is not None
    assert (made.path, made.name, made.version) == (
        "product.contract.yaml", "orders.product.order_facts", "2.1.0",
    )  # fmt: skip
    assert (made.domain, made.tier, made.table, made.major) == (
        "orders",
        "product",
        "order_facts",
        2,
    )
    assert made.owner == Owner("@acme/orders-team", "orders pager")
    order_id, amount = made.columns
    assert (order_id.type, order_id.required, order_id.primary_key) == (
        Simple("string"),
        True,
        True,
    )
    assert (amount.type, amount.required, amount.tags) == (
        Fixed(12, 2),
        False,
        frozenset({"finance"}),
    )
    sizes = {name: promise.size for name, promise in made.sla.promises.items()}
    assert sizes == {"freshness": 5400, "completeness": Decimal("99.9"), "accuracy": 100}
    assert made.semantics.grain == frozenset({"order_id"})
    assert made.semantics.entries["amount"].text == "What the customer pays, with VAT."
    assert made.deprecation is not None
    assert made.deprecation.sunset_date == date(2027, 3, 1)
    assert made.retention_days == 730
    assert made.extensions == {"x-dashboard": {"id": 7}}
    assert not made.draft


def test_where_things_stand() -> None:
    made = load(SOURCE.encode(), "x").contract
    assert made is not None
    assert made.place("version") == (3, 10)
    assert made.place("owner.on_call") == (6, 12)
    assert made.place("schema.order_id") == (8, 5)
    assert made.place("schema.amount.type") == (13, 11)
    assert made.place("schema.amount.tags") == (15, 5)
    assert made.place("sla") == (16, 1)
    assert made.place("semantics.grain") == (21, 3)
    # What is not written stands where the thing around it stands.
    assert made.place("schema.amount.unit") == (12, 5)
    assert made.place("schema.amount[]{}.x") == (12, 5)
    assert made.place("schema.gone") == (7, 1)
    assert made.place("tags") == (1, 1)


@pytest.mark.parametrize("field", ["name", "version", "owner", "schema", "sla", "semantics"])
def test_each_of_the_six_is_needed(field: str) -> None:
    one = only(field, GONE)
    assert (one.id, one.address, one.severity) == ("missing-field", field, "error")
    assert one.expected


def test_a_file_that_misses_all_is_told_all() -> None:
    found = load(b"{}", "x").findings
    assert [one.address for one in found] == [
        "name", "version", "owner", "schema", "sla", "semantics",
    ]  # fmt: skip


WRONG: list[tuple[str, Any, str, str, str | None]] = [
    # address, value, id, address of the finding, nearest
    ("name", "orders.product", "wrong-value", "name", None),
    ("name", "Orders.Product.Facts", "wrong-value", "name", "orders.product.facts"),
    ("name", "customer-care.product.x", "wrong-value", "name", "customer_care.product.x"),
    ("name", "orders.gold.facts", "wrong-value", "name", None),
    ("version", 2.1, "wrong-type", "version", '"2.1.0"'),
    ("version", 2, "wrong-type", "version", '"2.0.0"'),
    ("version", "2.1", "wrong-value", "version", "2.1.0"),
    ("version", "v2.1.0", "wrong-value", "version", "2.1.0"),
    ("version", "2.01.0", "wrong-value", "version", "2.1.0"),
    ("version", "2.1.0.0", "wrong-value", "version", None),
    ("version", None, "wrong-type", "version", None),
    ("owner", "orders", "wrong-value", "owner", "@orders"),
    ("owner", ["@orders"], "wrong-type", "owner", None),
    ("owner", {"on_call": "a"}, "missing-field", "owner.team", None),
    ("owner.oncall", "a", "unknown-key", "owner.oncall", "on_call"),
    ("owner.on_call", "pager!", "wrong-value", "owner.on_call", None),
    ("owner.reviewers", ["ann"], "wrong-value", "owner.reviewers[0]", "@ann"),
    ("owner.reviewers", ["@a", "@a"], "duplicate-value", "owner.reviewers[1]", None),
    ("schema", [], "wrong-value", "schema", None),
    ("schema", {"id": "string"}, "wrong-type", "schema", None),
    ("schema.weight.type", "int", "unknown-type", "schema.weight.type", "integer"),
    ("schema.weight.type", "doubel", "unknown-type", "schema.weight.type", "double"),
    ("schema.weight.type", "array<integr>", "unknown-type", "schema.weight.type", "integer"),
    ("schema.weight.type", "decimal(12)", "unknown-type", "schema.weight.type", "decimal(12,0)"),
    ("schema.weight.type", 12, "wrong-type", "schema.weight.type", None),
    ("schema.weight.nullable", True, "unknown-key", "schema.weight.nullable", "required"),
    ("schema.weight.requird", True, "unknown-key", "schema.weight.requird", "required"),
    ("schema.weight.required", "true", "wrong-type", "schema.weight.required", "true"),
    ("schema.weight.required", 1, "wrong-type", "schema.weight.required", None),
    ("schema.weight.tags", "PII", "wrong-type", "schema.weight.tags", None),
    ("schema.weight.tags", ["a", 1], "wrong-type", "schema.weight.tags[1]", '"1"'),
    ("schema.weight.default", None, "wrong-type", "schema.weight.default", None),
    ("schema.weight.default", "heavy", "value-mismatch", "schema.weight.default", None),
    ("schema.items.default", 1.5, "value-mismatch", "schema.items.default", None),
    ("schema.email.default", 1, "value-mismatch", "schema.email.default", '"1"'),
    ("schema.status.default", "void", "value-mismatch", "schema.status.default", None),
    ("schema.status.enum", [], "wrong-value", "schema.status.enum", None),
    ("schema.status.enum", ["a", 1], "value-mismatch", "schema.status.enum[1]", '"1"'),
    ("schema.status.enum", ["a", ["b"]], "wrong-type", "schema.status.enum[1]", None),
    ("schema.status.enum", ["a", None], "wrong-type", "schema.status.enum[1]", None),
    ("schema.status.enum", ["a", "a"], "duplicate-value", "schema.status.enum[1]", None),
    ("schema.weight.extensible", True, "missing-field", "schema.weight.extensible", None),
    ("schema.weight.currency", "eur", "wrong-value", "schema.weight.currency", "EUR"),
    ("schema.weight.mask", "", "wrong-value", "schema.weight.mask", None),
    ("schema.WEIGHT", {"type": "date"}, "duplicate-column", "schema.WEIGHT", None),
    ("sla.freshness", GONE, "missing-field", "sla.freshness", None),
    ("sla.freshness", "24 hours", "wrong-value", "sla.freshness", "24h"),
    ("sla.freshness", "3 months", "wrong-value", "sla.freshness", None),
    ("sla.freshness", "1H", "wrong-value", "sla.freshness", "1h"),
    ("sla.freshness", 15, "wrong-type", "sla.freshness", None),
    ("sla.freshness", "0m", "wrong-value", "sla.freshness", None),
    ("sla.freshness", "1h30m", "wrong-value", "sla.freshness", None),
    ("sla.completeness", 99.9, "wrong-type", "sla.completeness", '"99.9%"'),
    ("sla.completeness", "99.9", "wrong-value", "sla.completeness", "99.9%"),
    ("sla.completeness", "99.9 %", "wrong-value", "sla.completeness", "99.9%"),
    ("sla.completeness", "100.1%", "wrong-value", "sla.completeness", None),
    ("sla.completeness", "-1%", "wrong-value", "sla.completeness", None),
    ("sla.fresh", "1h", "unknown-key", "sla.fresh", "freshness"),
    ("sla", "99%", "wrong-value", "sla", None),
    ("semantics", {}, "wrong-value", "semantics", None),
    ("semantics", ["a"], "wrong-type", "semantics", None),
    ("semantics.amount", " ", "wrong-value", "semantics.amount", None),
    ("semantics.amount", None, "wrong-type", "semantics.amount", None),
    ("semantics.amount", {"meaning": "a", "change": "editorial"}, "unknown-key",
     "semantics.amount.change", "semantics_change"),
    ("semantics.amount", {"meaning": "a", "semantics_change": "editoral"}, "wrong-value",
     "semantics.amount.semantics_change", "editorial"),
    ("semantics.grain", {"meaning": "a"}, "wrong-type", "semantics.grain", None),
    ("semantics.grain", ["idd"], "unknown-column", "semantics.grain[0]", "id"),
    ("semantics.grain", ["adress"], "unknown-column", "semantics.grain[0]", "address"),
    ("semantics.grain", ["address.street"], "unknown-column", "semantics.grain[0]", "address"),
    ("semantics.grain", ["weight.a"], "unknown-column", "semantics.grain[0]", "weight"),
    ("retention_days", "365", "wrong-type", "retention_days", None),
    ("retention_days", 0, "wrong-value", "retention_days", None),
    ("retention_days", -5, "wrong-value", "retention_days", None),
    ("retention_days", 1.5, "wrong-value", "retention_days", None),
    ("retention_days", True, "wrong-type", "retention_days", None),
    ("deprecation", {"migration_notes": "a"}, "missing-field", "deprecation.sunset_date", None),
    ("deprecation", {"sunset_date": "2026-02-30"}, "sunset-invalid", "deprecation.sunset_date", None),
    ("deprecation", {"sunset_date": "30.11.2026"}, "wrong-value", "deprecation.sunset_date", None),
    ("deprecation", {"sunset": "2027-01-01", "sunset_date": "2027-01-01"}, "unknown-key",
     "deprecation.sunset", "sunset_date"),
    ("description", 5, "wrong-type", "description", '"5"'),
    ("tags", [" "], "wrong-value", "tags[0]", None),
    ("columns", [], "unknown-key", "columns", "schema"),
    ("retention_day", 5, "unknown-key", "retention_day", "retention_days"),
    ("zzz", 5, "unknown-key", "zzz", None),
]  # fmt: skip


@pytest.mark.parametrize(("at", "value", "identity", "address", "nearest"), WRONG)
def test_what_is_wrong_is_said_with_its_place_and_the_nearest_word(
    at: str, value: Any, identity: str, address: str, nearest: str | None
) -> None:
    one = only(at, value)
    assert (one.id, one.address, one.nearest) == (identity, address, nearest)
    assert one.expected
    assert one.line > 1
    if nearest is not None:
        assert one.message.endswith(f"; did you mean {nearest}?")


def test_every_finding_is_documented_and_tested() -> None:
    elsewhere = {one for one in FINDINGS if one.startswith("yaml-")} | {
        "merge-key", "duplicate-key", "wrong-key", "more-findings", "duplicate-contract",
    }  # fmt: skip
    assert {row[2] for row in WRONG} == set(FINDINGS) - elsewhere


@pytest.mark.parametrize(
    ("at", "value"),
    [
        ("version", "2.1.0-rc.1"), ("version", "2.1.0+b.7"), ("version", "0.1.0"),
        ("owner", "@orders"), ("owner", "@acme/orders"), ("owner", "user:@ann"),
        ("owner", {"team": "@orders"}), ("owner.x-chat", "#orders"),
        ("name", "customer_care.raw.x"), ("name", "a.derived._b2"),
        ("schema.weight.type", "struct<a: array<map<string, decimal(38,0)>>>"),
        ("schema.weight.default", "1.50"), ("schema.weight.default", 2),
        ("schema.amount.default", "0.00"), ("schema.address.default", {"city": "Bonn"}),
        ("schema.lines.default", []), ("schema.placed_at.default", "now()"),
        ("schema.items.enum", [0, 1, 2]), ("schema.stage.default", "a"),
        ("schema.weight.x-a", None), ("sla.x-a", 1), ("sla.completeness", "0%"),
        ("sla.completeness", "99.999%"), ("sla.completeness", "100.0%"), ("sla.freshness", "90s"),
        ("sla.late_arrival_window", "0h"), ("semantics.grain", ["address.geo.lat", "id"]),
        ("semantics.grain", "One row an order."), ("semantics.no-column", "A rule."),
        ("semantics.amount", {"meaning": "a", "x-by": "ann"}), ("retention_days", 365.0),
        ("tags", ["PII ", "pii"]), ("tags", []), ("description", ""), ("x-", {"a": [None]}),
        ("deprecation", {"sunset_date": "2027-01-01"}),
        ("deprecation", {"sunset_date": "2027-01-01", "x-a": 1, "previous_version": "1.0.0"}),
    ],
)  # fmt: skip
def test_what_is_right(at: str, value: Any) -> None:
    assert findings(at, value) == []


def test_quotes_are_asked_for_where_yaml_would_take_a_name_for_something_else() -> None:
    source = SOURCE.replace("name: amount", "name: no").replace("  amount: >", "  no: >")
    (one,) = load(source.encode(), "x").findings
    assert (one.id, one.line, one.column) == ("wrong-type", 12, 11)
    assert "without quotes" in one.message
    assert one.nearest == '"no"'
    assert load(source.replace("name: no", 'name: "no"').encode(), "x").valid


@pytest.mark.parametrize(
    ("written", "why"), [("2.1", "a number"), ("2026-11-21", "a date"), ("2", "a number")]
)
def test_a_version_without_quotes_is_refused_with_the_reason(written: str, why: str) -> None:
    (one,) = load(SOURCE.replace('"2.1.0"', written).encode(), "x").findings
    assert (one.id, one.line, one.column) == ("wrong-type", 3, 10)
    assert f"which YAML takes for {why} without quotes" in one.message


def test_a_version_that_is_a_text_anyway_needs_no_quotes() -> None:
    assert load(SOURCE.replace('"2.1.0"', "2.1.0").encode(), "x").valid


def test_columns_without_a_name_are_told_by_number() -> None:
    made = document()
    made["schema"][1].pop("name")
    made["schema"][2] = "weight"
    made["schema"][3] = {"name": 5, "type": "date"}
    found = load(text(made), "x").findings
    assert [(one.id, one.address) for one in found] == [
        ("missing-field", "schema[1].name"),
        ("wrong-type", "schema[2]"),
        ("wrong-type", "schema.5.name"),
    ]


def test_all_findings_come_in_one_answer_in_the_order_of_the_text() -> None:
    made = document({"version": 2.1, "owner": "x", "schema.weight.type": "int", "sla.accuracy": 5})
    found = load(text(made), "x").findings
    assert [one.address for one in found] == [
        "version",
        "owner",
        "schema.weight.type",
        "sla.accuracy",
    ]
    assert [one.line for one in found] == sorted(one.line for one in found)


@pytest.mark.parametrize(
    ("at", "value", "draft"),
    [
        ("semantics.amount", "TODO", True),
        ("semantics.amount", "TODO: ask finance", True),
        ("semantics.amount", {"meaning": "TODO"}, True),
        ("semantics.grain", "TODO", True),
        ("semantics.grain", ["TODO"], True),
        ("semantics", "TODO", True),
        ("sla", "TODO", True),
        ("sla.freshness", "TODO", True),
        ("sla.accuracy", "TODO", True),
        ("sla.late_arrival_window", "TODO", True),
        ("semantics.amount", "Of TODO lists.", False),
        ("semantics.amount", "TODOs of a person.", False),
        ("sla.x-note", "TODO", False),
        ("description", "TODO", False),
    ],
)
def test_what_makes_a_draft(at: str, value: Any, draft: bool) -> None:
    assert changed({at: value}).draft is draft


@pytest.mark.parametrize("at", ["name", "version", "owner", "schema", "retention_days"])
def test_a_todo_elsewhere_is_an_error(at: str) -> None:
    assert findings(at, "TODO")


def test_two_spellings_of_an_owner_are_one() -> None:
    assert changed({"owner": "@t"}).owner == changed({"owner": {"team": "@t"}}).owner


def test_a_wrong_deprecation_leaves_a_contract_to_compare_that_is_not_valid() -> None:
    loaded = load(text(document({"deprecation": {"sunset_date": "soon"}})), "x")
    assert not loaded.valid
    assert loaded.contract is not None
    unknown = load(text(document({"deprecation": {"sunset": "soon"}})), "x")
    assert unknown.contract is None


def test_the_places_are_no_part_of_what_a_contract_says() -> None:
    assert contract(FULL) == load(b"\n\n" + text(FULL), "order_facts.contract.yaml").contract
