"""The rule table, row by row: labelled changes, each forth and back where it has two directions."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from platform_cli.contracts.compare import compare, removal
from platform_cli.contracts.rules import RULES
from tests.unit.contract_changes import (
    CLASSES,
    DEPRECATION,
    REMOVALS,
    REVERSES,
    ROWS,
    SAME,
    Row,
)
from tests.unit.contract_samples import GONE, TODAY, changed, contract, document


def told(before: Any, after: Any, at: str) -> list[str]:
    comparison = compare(changed({at: before}), changed({at: after}), today=TODAY)
    return [f"{one.id} {one.change_class} {one.address}" for one in comparison.differences]


@pytest.mark.parametrize("row", ROWS, ids=[row.label for row in ROWS])
def test_a_change_and_its_reverse(row: Row) -> None:
    assert told(row.before, row.after, row.at) == [row.forth]
    assert told(row.after, row.before, row.at) == [row.back]


@pytest.mark.parametrize(
    ("version", "present", "refused"), [r[1:] for r in REMOVALS], ids=[r[0] for r in REMOVALS]
)
def test_a_contract_that_is_gone(
    version: str, present: list[tuple[str, dict[str, Any] | None]], refused: bool
) -> None:
    beside = [
        changed({"version": other, "deprecation": GONE if said is None else said})
        for other, said in present
    ]
    gone = removal(changed({"version": version}), beside, today=TODAY)
    said = f"{gone.id} {gone.change_class}" if gone else None
    assert said == ("contract-removed refused" if refused else None)


def test_the_labelled_changes_are_many_and_cover_every_rule_both_ways() -> None:
    """Each rule twice, each of its classes twice, and each pair of a rule and its reverse twice."""
    labels = [row.label for row in ROWS] + [row[0] for row in REMOVALS]
    assert len(set(labels)) == len(labels) >= 120
    sides = [side.split() for row in ROWS for side in (row.forth, row.back)]
    sides += [["contract-removed", "refused", ""] for row in REMOVALS if row[3]]
    seen = Counter((rule, change_class) for rule, change_class, _ in sides)
    expected = {
        (rule, one) for rule, said in CLASSES.items() for one in said.split() if one != "+warn"
    }
    # A deprecation may go once its sunset has passed.
    assert set(seen) == expected | {("deprecation-removed", "patch")}
    assert [pair for pair, times in seen.items() if times < 2] == []
    pairs = Counter(frozenset((row.forth.split()[0], row.back.split()[0])) for row in ROWS)
    wanted = {frozenset((a, b)) for a, said in REVERSES.items() for b in said.split()}
    assert set(pairs) == wanted
    assert [set(pair) for pair, times in pairs.items() if times < 2] == []
    assert {rule for pair in wanted for rule in pair} | {"contract-removed"} == set(RULES)


def test_the_rules_are_those_that_are_promised() -> None:
    told = {
        rule.id: " ".join(
            (
                rule.change_class,
                *((rule.exempt.change_class,) if rule.exempt else ()),
                *(("+warn",) if rule.warning else ()),
            )
        )
        for rule in RULES.values()
    }
    assert told == CLASSES


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
