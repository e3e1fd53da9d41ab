"""The rule table, row by row: labelled changes, each forth and back where it has two directions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from platform_cli.contracts.compare import compare, removal
from platform_cli.contracts.rules import RULES
from tests.unit.contract_samples import GONE, TODAY, changed, contract, document

SUNSET = "2027-03-01"
DEPRECATION = {
    "previous_version": "1.4.0",
    "sunset_date": SUNSET,
    "migration_notes": "Read amount as a decimal.",
}


@dataclass(frozen=True)
class Row:
    """A change at one address, and what it is forth and back: `id class address` each."""

    label: str
    at: str
    before: Any
    after: Any
    forth: str
    back: str


def type_row(  # noqa: PLR0917 - a table reads best as a table
    label: str, before: str, after: str, forth: str, back: str, at: str = ""
) -> Row:
    """A change of the type of `weight`."""
    address = f"schema.weight{at}"
    return Row(
        label, "schema.weight.type", before, after, f"{forth} {address}", f"{back} {address}"
    )


WIDER, NARROWER, OTHER = "type-widened minor", "type-narrowed major", "type-changed major"

ROWS = [
    Row("optional column", "schema.note", GONE, {"type": "string"},
        "column-added-optional minor schema.note", "column-removed major schema.note"),
    Row("required column", "schema.note", GONE, {"type": "string", "required": True},
        "column-added-required major schema.note", "column-removed major schema.note"),
    Row("required column with a default", "schema.note", GONE,
        {"type": "string", "required": True, "default": "-"},
        "column-added-required minor schema.note", "column-removed major schema.note"),
    Row("optional column with a default", "schema.note", GONE, {"type": "string", "default": "-"},
        "column-added-optional minor schema.note", "column-removed major schema.note"),
    Row("field of a struct", "schema.address.type",
        "struct<city: string>", "struct<city: string, zip: integer>",
        "column-added-optional minor schema.address.zip", "column-removed major schema.address.zip"),
    Row("field of a struct in an array", "schema.lines.type",
        "array<struct<sku: string>>", "array<struct<sku: string, lot: string>>",
        "column-added-optional minor schema.lines[].lot", "column-removed major schema.lines[].lot"),
    Row("field of a struct in a map", "schema.attributes.type",
        "map<string, struct<a: string>>", "map<string, struct<a: string, b: date>>",
        "column-added-optional minor schema.attributes{}.b", "column-removed major schema.attributes{}.b"),
    Row("order of a struct's fields", "schema.address.type",
        "struct<city: string, zip: integer>", "struct<zip: integer, city: string>",
        "column-moved patch schema.address.zip", "column-moved patch schema.address.city"),
    # Types.
    type_row("integer to bigint", "integer", "bigint", WIDER, NARROWER),
    type_row("float to double", "float", "double", WIDER, NARROWER),
    type_row("integer to double", "integer", "double", WIDER, NARROWER),
    type_row("bigint to double", "bigint", "double", OTHER, OTHER),
    type_row("integer to float", "integer", "float", OTHER, OTHER),
    type_row("integer to decimal(10,0)", "integer", "decimal(10,0)", WIDER, NARROWER),
    type_row("integer to decimal(12,2)", "integer", "decimal(12,2)", WIDER, NARROWER),
    type_row("integer to decimal(11,2)", "integer", "decimal(11,2)", OTHER, OTHER),
    type_row("bigint to decimal(19,0)", "bigint", "decimal(19,0)", WIDER, NARROWER),
    type_row("bigint to decimal(20,2)", "bigint", "decimal(20,2)", OTHER, OTHER),
    type_row("decimal(5,0) to integer", "decimal(5,0)", "integer", WIDER, NARROWER),
    type_row("more digits before the point", "decimal(12,2)", "decimal(14,2)", WIDER, NARROWER),
    type_row("more digits behind the point", "decimal(12,2)", "decimal(14,4)", WIDER, NARROWER),
    type_row("digits taken from before the point", "decimal(12,2)", "decimal(12,4)", OTHER, OTHER),
    type_row("decimal to double", "decimal(12,2)", "double", OTHER, OTHER),
    type_row("string to integer", "string", "integer", OTHER, OTHER),
    type_row("date to timestamp", "date", "timestamp", OTHER, OTHER),
    type_row("timestamp to timestamp_tz", "timestamp", "timestamp_tz", OTHER, OTHER),
    type_row("date to timestamp_tz", "date", "timestamp_tz", OTHER, OTHER),
    type_row("string to json", "string", "json", OTHER, OTHER),
    type_row("string to binary", "string", "binary", OTHER, OTHER),
    type_row("boolean to integer", "boolean", "integer", OTHER, OTHER),
    type_row("one to many", "integer", "array<integer>", OTHER, OTHER),
    type_row("array to map", "array<string>", "map<string, string>", OTHER, OTHER),
    type_row("element", "array<integer>", "array<bigint>", WIDER, NARROWER, "[]"),
    type_row("element of an element", "array<array<float>>", "array<array<double>>",
             WIDER, NARROWER, "[][]"),
    type_row("value of a map", "map<string, integer>", "map<string, string>", OTHER, OTHER, "{}"),
    type_row("wider value of a map", "map<string, integer>", "map<string, bigint>",
             WIDER, NARROWER, "{}"),
    type_row("key of a map", "map<integer, date>", "map<bigint, date>", WIDER, NARROWER),
    type_row("field", "struct<a: integer>", "struct<a: bigint>", WIDER, NARROWER, ".a"),
    type_row("deep field", "array<map<string, struct<a: float>>>",
             "array<map<string, struct<a: double>>>", WIDER, NARROWER, "[]{}.a"),
    # NULL and defaults.
    Row("NULL", "schema.id.required", True, GONE,
        "null-loosened major schema.id", "null-tightened minor schema.id"),
    Row("NULL said", "schema.status.required", True, False,
        "null-loosened major schema.status", "null-tightened minor schema.status"),
    Row("default", "schema.weight.default", GONE, 1.5,
        "default-added minor schema.weight", "default-changed major schema.weight"),
    Row("default of a text", "schema.email.default", GONE, "",
        "default-added minor schema.email", "default-changed major schema.email"),
    Row("another default", "schema.items.default", 0, 1,
        "default-changed major schema.items", "default-changed major schema.items"),
    # Lists of values.
    Row("value", "schema.status.enum", ["open", "closed"], ["open", "closed", "void"],
        "enum-value-added major schema.status", "enum-value-removed minor schema.status"),
    Row("value of an extensible list", "schema.stage.enum", ["a", "b"], ["a", "b", "c"],
        "enum-value-added minor schema.stage", "enum-value-removed minor schema.stage"),
    Row("list", "schema.status.enum", ["open"], GONE,
        "enum-opened major schema.status", "enum-closed minor schema.status"),
    Row("extensible", "schema.status.extensible", GONE, True,
        "enum-opened major schema.status", "enum-closed minor schema.status"),
    Row("extensible said", "schema.stage.extensible", True, False,
        "enum-closed minor schema.stage", "enum-opened major schema.stage"),
    # Keys, grain and units.
    Row("primary key", "schema.status.primary_key", GONE, True,
        "key-changed major schema.status", "key-changed major schema.status"),
    Row("unique", "schema.id.unique", True, False,
        "key-changed major schema.id", "key-changed major schema.id"),
    Row("grain", "semantics.grain", ["id"], ["id", "status"],
        "grain-changed major semantics.grain", "grain-changed major semantics.grain"),
    Row("grain as a sentence", "semantics.grain", "One row an order.", "One row a line.",
        "grain-changed major semantics.grain", "grain-changed major semantics.grain"),
    Row("grain for the first time", "semantics.grain", GONE, ["id"],
        "grain-added minor semantics.grain", "grain-changed major semantics.grain"),
    Row("grain that was a TODO", "semantics.grain", "TODO", "One row an order.",
        "grain-added minor semantics.grain", "grain-changed major semantics.grain"),
    Row("unit", "schema.weight.unit", "kg", "lb",
        "unit-changed major schema.weight", "unit-changed major schema.weight"),
    Row("unit for the first time", "schema.items.unit", GONE, "pieces",
        "unit-added minor schema.items", "unit-changed major schema.items"),
    Row("currency", "schema.amount.currency", "EUR", "USD",
        "unit-changed major schema.amount", "unit-changed major schema.amount"),
    Row("currency for the first time", "schema.weight.currency", GONE, "EUR",
        "unit-added minor schema.weight", "unit-changed major schema.weight"),
    Row("time zone", "schema.placed_at.timezone", "UTC", "Europe/Berlin",
        "unit-changed major schema.placed_at", "unit-changed major schema.placed_at"),
    # Meanings.
    Row("meaning", "semantics.amount", "What the customer pays.", "What the seller gets.",
        "meaning-changed major semantics.amount", "meaning-changed major semantics.amount"),
    Row("meaning for the first time", "semantics.weight", GONE, "With the parcel.",
        "meaning-added patch semantics.weight", "meaning-changed major semantics.weight"),
    Row("meaning that was a TODO", "semantics.weight", "TODO", "With the parcel.",
        "meaning-added patch semantics.weight", "meaning-changed major semantics.weight"),
    Row("rule", "semantics.vat", "VAT of the seller's country.", "VAT of the buyer's country.",
        "meaning-changed major semantics.vat", "meaning-changed major semantics.vat"),
    Row("meaning of a field", "semantics.address.city", "Where it is sent.", "Where it is billed.",
        "meaning-changed major semantics.address.city", "meaning-changed major semantics.address.city"),
    Row("editorial", "semantics.amount", "What customers pay.",
        {"meaning": "What a customer pays.", "semantics_change": "editorial"},
        "meaning-changed patch semantics.amount", "meaning-changed major semantics.amount"),
    Row("description", "description", "Orders.", "All orders.",
        "description-changed patch description", "description-changed patch description"),
    Row("a column's description", "schema.amount.description", "Gross.", GONE,
        "description-changed patch schema.amount.description",
        "description-changed patch schema.amount.description"),
    # Promises.
    Row("freshness", "sla.freshness", "1h", "61m",
        "sla-loosened major sla.freshness", "sla-tightened minor sla.freshness"),
    Row("completeness", "sla.completeness", "99.9%", "99.8%",
        "sla-loosened major sla.completeness", "sla-tightened minor sla.completeness"),
    Row("accuracy", "sla.accuracy", "100%", "99.999%",
        "sla-loosened major sla.accuracy", "sla-tightened minor sla.accuracy"),
    Row("late arrivals", "sla.late_arrival_window", "2h", "1d",
        "sla-loosened major sla.late_arrival_window", "sla-tightened minor sla.late_arrival_window"),
    Row("a promise", "sla.late_arrival_window", "2h", GONE,
        "sla-loosened major sla.late_arrival_window", "sla-tightened minor sla.late_arrival_window"),
    Row("a promise that was a TODO", "sla.accuracy", "TODO", "99%",
        "sla-tightened minor sla.accuracy", "sla-loosened major sla.accuracy"),
    Row("retention", "retention_days", 365, 364,
        "retention-shortened major retention_days", "retention-lengthened minor retention_days"),
    Row("a limit of retention", "retention_days", GONE, 3650,
        "retention-shortened major retention_days", "retention-lengthened minor retention_days"),
    # Governance.
    Row("mask", "schema.amount.mask", GONE, "redact",
        "mask-added major schema.amount", "mask-removed major schema.amount"),
    Row("mask of personal data", "schema.email.mask", GONE, "sha256",
        "mask-added major schema.email", "mask-removed major schema.email"),
    Row("another mask", "schema.email.mask", "sha256", "redact",
        "mask-changed major schema.email", "mask-changed major schema.email"),
    Row("a column's tag", "schema.email.tags", GONE, ["PII"],
        "tag-added minor schema.email", "tag-removed major schema.email"),
    Row("the table's tag", "tags", ["region:EU"], ["region:EU", "customer_data"],
        "tag-added minor tags", "tag-removed major tags"),
    Row("region", "tags", ["region:EU"], ["region:US"],
        "region-moved major tags", "region-moved major tags"),
    Row("region for the first time", "tags", GONE, ["region:EU"],
        "region-moved major tags", "region-moved major tags"),
    Row("team", "owner.team", "@orders-team", "@sales-team",
        "owner-changed patch owner.team", "owner-changed patch owner.team"),
    Row("rotation", "owner.on_call", "orders-pager", GONE,
        "owner-changed patch owner.on_call", "owner-changed patch owner.on_call"),
    Row("reviewer", "owner.reviewers", ["@ann"], ["@ann", "@bob"],
        "owner-changed patch owner.reviewers", "owner-changed patch owner.reviewers"),
    # Deprecations.
    Row("deprecation", "deprecation", GONE, DEPRECATION,
        "deprecation-added patch deprecation", "deprecation-removed refused deprecation"),
    Row("deprecation that says little", "deprecation", GONE, {"sunset_date": SUNSET},
        "deprecation-added patch deprecation", "deprecation-removed refused deprecation"),
    Row("sunset", "deprecation", DEPRECATION, {**DEPRECATION, "sunset_date": "2027-03-02"},
        "sunset-moved-later patch deprecation.sunset_date",
        "sunset-moved-earlier refused deprecation.sunset_date"),
    Row("sunset long past", "deprecation", {**DEPRECATION, "sunset_date": "2026-01-01"},
        {**DEPRECATION, "sunset_date": "2026-02-01"},
        "sunset-moved-later patch deprecation.sunset_date",
        "sunset-moved-earlier refused deprecation.sunset_date"),
    Row("expired deprecation", "deprecation", {**DEPRECATION, "sunset_date": "2026-11-21"}, GONE,
        "deprecation-removed patch deprecation", "deprecation-added patch deprecation"),
    Row("migration notes", "deprecation", DEPRECATION, {**DEPRECATION, "migration_notes": "None."},
        "description-changed patch deprecation.migration_notes",
        "description-changed patch deprecation.migration_notes"),
    # The rest.
    Row("name", "name", "orders.product.order_facts", "orders.product.facts",
        "name-changed refused name", "name-changed refused name"),
    Row("tier", "name", "orders.product.order_facts", "orders.derived.order_facts",
        "name-changed refused name", "name-changed refused name"),
    Row("extension", "x-cost-centre", GONE, 12,
        "extension-changed patch x-cost-centre", "extension-changed patch x-cost-centre"),
    Row("a column's extension", "schema.amount.x-format", {"a": [1]}, {"a": [True]},
        "extension-changed patch schema.amount.x-format",
        "extension-changed patch schema.amount.x-format"),
    Row("an owner's extension", "owner.x-chat", GONE, "#orders",
        "extension-changed patch owner.x-chat", "extension-changed patch owner.x-chat"),
    Row("an extension of the sla", "sla.x-window", GONE, "night",
        "extension-changed patch sla.x-window", "extension-changed patch sla.x-window"),
]  # fmt: skip


def told(before: Any, after: Any, at: str) -> list[str]:
    comparison = compare(changed({at: before}), changed({at: after}), today=TODAY)
    return [f"{one.id} {one.change_class} {one.address}" for one in comparison.differences]


@pytest.mark.parametrize("row", ROWS, ids=[row.label for row in ROWS])
def test_a_change_and_its_reverse(row: Row) -> None:
    assert told(row.before, row.after, row.at) == [row.forth]
    assert told(row.after, row.before, row.at) == [row.back]


def test_the_table_is_large_and_covers_every_rule_twice() -> None:
    seen = [side.split()[0] for row in ROWS for side in (row.forth, row.back)]
    assert len(seen) >= 120
    alone = {"contract-removed"}  # nothing to put beside it: below
    assert {rule for rule in RULES if seen.count(rule) < 2} == alone


SAME = [
    ("duration", "sla.freshness", "1h", "60m"),
    ("duration in seconds", "sla.late_arrival_window", "2h", "7200s"),
    ("percentage", "sla.completeness", "99.9%", "99.90%"),
    ("whole percentage", "sla.accuracy", "100%", "100.00%"),
    ("case of a type", "schema.weight.type", "double", "DOUBLE"),
    ("spaces in a type", "schema.amount.type", "decimal(12,2)", " Decimal ( 12 , 2 ) "),
    ("spaces in a struct", "schema.address.type", "struct<city: string>", "STRUCT<city:String>"),
    ("not required", "schema.weight.required", GONE, False),
    ("not unique", "schema.weight.unique", GONE, False),
    ("not extensible", "schema.status.extensible", GONE, False),
    ("order of tags", "tags", ["region:EU", "a"], ["a", "region:EU"]),
    ("no tags", "schema.weight.tags", GONE, []),
    ("order of an enum", "schema.status.enum", ["a", "b"], ["b", "a"]),
    ("default of a decimal", "schema.amount.default", 1, "1.00"),
    ("default of a double", "schema.weight.default", 1, 1.0),
    ("order of reviewers", "owner.reviewers", ["@ann", "@bob"], ["@bob", "@ann"]),
    ("owner", "owner", "@orders-team", {"team": "@orders-team"}),
    ("order of the grain", "semantics.grain", ["id", "status"], ["status", "id"]),
    ("meaning", "semantics.amount", "Paid.", {"meaning": "Paid."}),
    ("folded meaning", "semantics.amount", "What is paid.", "What\nis  paid.\n"),
    ("editorial alone", "semantics.amount", "Paid.",
     {"meaning": "Paid.", "semantics_change": "editorial"}),
    ("description", "description", GONE, ""),
    ("retention", "retention_days", 365, 365.0),
    ("kinds of TODO", "semantics.amount", "TODO", "TODO: ask finance"),
    ("extension", "x-a", {"b": 1, "c": [2]}, {"c": [2.0], "b": 1}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("at", "one", "other"), [row[1:] for row in SAME], ids=[r[0] for r in SAME]
)
def test_another_spelling_is_no_difference(at: str, one: Any, other: Any) -> None:
    assert told(one, other, at) == []
    assert told(other, one, at) == []


def test_the_version_itself_is_no_difference() -> None:
    assert told("2.1.0", "3.0.0", "version") == []


def test_a_moved_column_is_named_and_nothing_else() -> None:
    made = document()
    columns = made["schema"]
    columns.insert(0, columns.pop(4))
    comparison = compare(contract(document()), contract(made), today=TODAY)
    (one,) = comparison.differences
    assert (one.id, one.address, one.old, one.new) == (
        "column-moved", "schema.stage", "column 5", "column 1",
    )  # fmt: skip
    assert comparison.change_class == "patch"


def test_a_rename_is_guessed_and_said_to_be_a_guess() -> None:
    made = document({"schema.amount": {"type": "decimal(12,2)", "currency": "EUR"}})
    columns = made["schema"]
    columns[1] = {"name": "gross", "type": "decimal(12,2)", "currency": "EUR"}
    made["semantics"]["gross"] = made["semantics"].pop("amount")
    comparison = compare(contract(document()), contract(made), today=TODAY)
    removed, added = comparison.differences
    assert (removed.id, removed.address) == ("column-removed", "schema.amount")
    assert (added.id, added.address) == ("column-added-optional", "schema.gross")
    assert "perhaps renamed to gross: a guess" in removed.reason
    assert "type, position and meaning" in removed.reason
    assert "perhaps amount, renamed: a guess" in added.reason
    (guess,) = comparison.renames
    assert (guess.old, guess.new) == ("schema.amount", "schema.gross")


def test_no_rename_is_guessed_across_types() -> None:
    made = document({"schema.amount": GONE, "schema.gross": {"type": "string"}})
    made["semantics"].pop("amount")
    assert compare(contract(document()), contract(made), today=TODAY).renames == ()


def test_renames_are_paired_one_to_one() -> None:
    old = document({"schema.p": {"type": "date"}, "schema.q": {"type": "date"}})
    new = document({"schema.r": {"type": "date"}, "schema.s": {"type": "date"}})
    comparison = compare(contract(old), contract(new), today=TODAY)
    assert [(one.old, one.new) for one in comparison.renames] == [
        ("schema.p", "schema.r"), ("schema.q", "schema.s"),
    ]  # fmt: skip


def test_a_field_is_guessed_to_be_renamed_inside_its_struct() -> None:
    old = changed({"schema.weight.type": "struct<a: date, b: string>"})
    new = changed({"schema.weight.type": "struct<a: date, c: string>"})
    (guess,) = compare(old, new, today=TODAY).renames
    assert (guess.old, guess.new) == ("schema.weight.b", "schema.weight.c")


def test_both_texts_of_a_meaning_are_quoted() -> None:
    comparison = compare(
        changed({"semantics.vat": "Counted one day."}),
        changed({"semantics.vat": "Counted at escalation."}),
        today=TODAY,
    )
    (one,) = comparison.differences
    assert (one.old, one.new) == ("Counted one day.", "Counted at escalation.")


def test_a_column_takes_its_meaning_with_it() -> None:
    without = document({"schema.amount": GONE})
    without["semantics"].pop("amount")
    forth = compare(contract(document()), contract(without), today=TODAY)
    back = compare(contract(without), contract(document()), today=TODAY)
    assert [one.id for one in forth.differences] == ["column-removed"]
    assert [one.id for one in back.differences] == ["column-added-optional"]


def test_editorial_left_standing_licenses_nothing_and_is_said() -> None:
    old = {"meaning": "Paid.", "semantics_change": "editorial"}
    new = {"meaning": "Owed.", "semantics_change": "editorial"}
    before, after = changed({"semantics.amount": old}), changed({"semantics.amount": new})
    comparison = compare(before, after, today=TODAY)
    assert [one.change_class for one in comparison.differences] == ["major"]
    (note,) = comparison.notes
    assert note.address == "semantics.amount"
    assert "remove it" in note.text
    unchanged = compare(before, before, today=TODAY)
    assert unchanged.change_class == "none"
    assert len(unchanged.notes) == 1


def test_editorial_does_not_license_taking_a_meaning_away() -> None:
    new = {"meaning": "TODO", "semantics_change": "editorial"}
    comparison = compare(changed({}), changed({"semantics.amount": new}), today=TODAY)
    assert [one.change_class for one in comparison.differences] == ["major"]


def test_a_value_for_a_list_that_becomes_extensible_is_still_major() -> None:
    new = changed({"schema.status.enum": ["open", "closed", "x"], "schema.status.extensible": True})
    comparison = compare(changed({}), new, today=TODAY)
    assert [(one.id, one.change_class) for one in comparison.differences] == [
        ("enum-value-added", "major"), ("enum-opened", "major"),
    ]  # fmt: skip


def test_a_value_for_a_list_that_was_extensible_is_minor() -> None:
    new = changed({"schema.stage.enum": ["a", "b", "c"], "schema.stage.extensible": False})
    comparison = compare(changed({}), new, today=TODAY)
    assert [(one.id, one.change_class) for one in comparison.differences] == [
        ("enum-value-added", "minor"), ("enum-closed", "minor"),
    ]  # fmt: skip


def test_each_tag_is_its_own_difference_and_a_region_is_one() -> None:
    new = changed({"tags": ["region:US", "region:CA", "gold"]})
    comparison = compare(changed({}), new, today=TODAY)
    assert [(one.id, one.old, one.new) for one in comparison.differences] == [
        ("region-moved", "region:EU", "region:CA, region:US"),
        ("tag-removed", "customer_data", None),
        ("tag-added", None, "gold"),
    ]


def test_a_further_column_of_the_key_is_named() -> None:
    new = changed({"schema.line": {"type": "integer", "required": True, "primary_key": True}})
    comparison = compare(changed({}), new, today=TODAY)
    assert [(one.id, one.address) for one in comparison.differences] == [
        ("column-added-required", "schema.line"), ("key-changed", "schema.line"),
    ]  # fmt: skip


def test_warnings_stand_beside_the_class() -> None:
    warned = {rule.id for rule in RULES.values() if rule.warning}
    assert warned == {"type-widened", "enum-value-removed", "unit-added", "grain-added"}
    old, new = changed({"schema.items.type": "integer"}), changed({"schema.items.type": "bigint"})
    (one,) = compare(old, new, today=TODAY).differences
    assert one.warning is not None
    assert one.warning in one.reason


def test_an_organisation_may_reclass_a_rule_and_the_report_says_so() -> None:
    old, new = changed({}), changed({"schema.weight.required": True})
    (one,) = compare(old, new, today=TODAY, reclassed={"null-tightened": "major"}).differences
    assert one.change_class == "major"
    assert "re-classed by the organisation from minor to major" in one.reason
    (one,) = compare(new, old, today=TODAY, reclassed={"null-tightened": "major"}).differences
    assert "re-classed" not in one.reason


def test_an_exempt_case_never_costs_more_by_reclassing() -> None:
    old = changed({})
    new = changed({"schema.stage.enum": ["a", "b", "c"]})
    for wanted, expected in (("refused", "minor"), ("major", "minor"), ("patch", "patch")):
        (one,) = compare(old, new, today=TODAY, reclassed={"enum-value-added": wanted}).differences  # type: ignore[dict-item]  # the words are classes
        assert one.change_class == expected


def test_a_deprecation_of_another_major_does_not_stand_for_the_old_one() -> None:
    old = changed({"version": "2.1.0", "deprecation": DEPRECATION})
    new = changed({"version": "3.0.0", "deprecation": {**DEPRECATION, "previous_version": "2.1.0"}})
    replaced = compare(old, new, today=TODAY)
    assert [(one.id, one.change_class) for one in replaced.differences] == [
        ("deprecation-removed", "refused"), ("deprecation-added", "patch"),
    ]  # fmt: skip
    beside = compare(old, new, today=TODAY, stays=True)
    assert [one.id for one in beside.differences] == ["deprecation-added"]


def test_a_sunset_that_is_gone_or_no_day_is_a_deprecation_that_is_gone() -> None:
    from platform_cli.contracts.load import load
    from tests.unit.contract_samples import text

    old = changed({"deprecation": DEPRECATION})
    loaded = load(text(document({"deprecation": {**DEPRECATION, "sunset_date": "soon"}})), "x")
    assert loaded.contract is not None
    comparison = compare(old, loaded.contract, today=TODAY)
    assert [(one.id, one.change_class) for one in comparison.differences] == [
        ("deprecation-removed", "refused")
    ]
    back = compare(loaded.contract, old, today=TODAY)
    assert [(one.id, one.change_class) for one in back.differences] == [
        ("sunset-moved-later", "patch")
    ]


def test_a_removed_contract_is_refused_until_its_sunset() -> None:
    old = changed({"version": "1.4.0"})
    successor = changed({"version": "2.1.0", "deprecation": DEPRECATION})
    gone = removal(old, [], today=TODAY)
    assert gone is not None
    assert (gone.id, gone.change_class) == ("contract-removed", "refused")
    announced = removal(old, [successor], today=TODAY)
    assert announced is not None
    over = changed(
        {"version": "2.1.0", "deprecation": {**DEPRECATION, "sunset_date": "2026-11-21"}}
    )
    assert removal(old, [over], today=TODAY) is None
    assert removal(changed({"version": "3.0.0"}), [over], today=TODAY) is not None
    reclassed = removal(old, [], today=TODAY, reclassed={"contract-removed": "major"})
    assert reclassed is not None
    assert reclassed.change_class == "major"


def test_every_rule_says_what_and_why() -> None:
    for identity, rule in RULES.items():
        assert identity == rule.id
        assert rule.change
        assert rule.why
