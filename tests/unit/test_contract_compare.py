"""What holds of every comparison, whatever the contracts."""

from __future__ import annotations

import copy
import random
from collections import Counter
from dataclasses import asdict
from datetime import date
from typing import Any

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from platform_cli.contracts.compare import compare
from platform_cli.contracts.model import Contract
from platform_cli.contracts.rules import CLASSES, RULES, Class, rank
from platform_cli.contracts.types import Struct
from platform_cli.contracts.values import same_key
from tests.unit.contract_changes import ROWS
from tests.unit.contract_samples import TODAY, changed, contract
from tests.unit.contract_strategies import documents

slow = settings(
    suppress_health_check=[HealthCheck.too_slow],
    max_examples=settings.default.max_examples * 2 // 5 if settings.default else 40,
)


@st.composite
def pairs(draw: st.DrawFn) -> tuple[dict[str, Any], dict[str, Any]]:
    """A contract, and one that shares much of it."""
    old, other = draw(documents()), draw(documents())
    new, other = copy.deepcopy(old), copy.deepcopy(other)
    for key in sorted({*old, *other}):
        if draw(st.integers(0, 2)) == 0 and key not in {"schema", "semantics"}:
            new.pop(key, None)
            if key in other:
                new[key] = other[key]
    if draw(st.booleans()):
        new["schema"] = other["schema"]
        new["semantics"] = other["semantics"]
    if draw(st.booleans()):
        one = draw(st.sampled_from(new["schema"]))
        other_column = dict(draw(st.sampled_from(other["schema"])))
        name = one["name"]
        one.clear()
        one.update({**other_column, "name": name})
    random.Random(draw(st.integers(0, 5))).shuffle(new["schema"])
    return old, new


@slow
@given(documents())
def test_a_contract_does_not_differ_from_itself(made: dict[str, Any]) -> None:
    comparison = compare(contract(made), contract(copy.deepcopy(made)), today=TODAY)
    assert comparison.differences == ()
    assert comparison.change_class == "none"


@slow
@given(documents(), st.randoms(use_true_random=False))
def test_the_order_of_what_is_a_set_is_no_difference(
    made: dict[str, Any], shuffled: random.Random
) -> None:
    other = copy.deepcopy(made)
    lists = [
        other.get("tags"),
        *(column.get(k) for column in other["schema"] for k in ("tags", "enum")),
    ]
    if isinstance(other["owner"], dict):
        lists.append(other["owner"].get("reviewers"))
    if isinstance(other["semantics"], dict) and isinstance(other["semantics"].get("grain"), list):
        lists.append(other["semantics"]["grain"])
    for one in lists:
        shuffled.shuffle(one or [])
    assert compare(contract(made), contract(other), today=TODAY).differences == ()


@slow
@given(pairs())
def test_nothing_that_differs_passes_in_silence(
    pair: tuple[dict[str, Any], dict[str, Any]],
) -> None:
    old, new = contract(pair[0]), contract(pair[1])
    silent = compare(old, new, today=TODAY).differences == ()
    assert silent == (said(old) == said(new))


def said(one: Contract) -> object:
    """What a contract says, without what is no part of it: spelling, order, drafts, the version."""
    made = asdict(one)
    for key in ("path", "places", "version", "draft"):
        made.pop(key)
    made["sla"] = {
        "promises": {key: value["size"] for key, value in made["sla"]["promises"].items()},
        "extensions": made["sla"]["extensions"],
    }
    made["description"] = " ".join((made["description"] or "").split())
    for column in made["columns"]:
        column["description"] = " ".join((column["description"] or "").split())
        column["enum"] = column["enum"] and frozenset(column["enum"])
    for key, entry in list(made["semantics"]["entries"].items()):
        entry.pop("editorial")
        if entry["text"] is None and not entry["extensions"]:
            made["semantics"]["entries"].pop(key)
    if made["deprecation"]:
        notes = made["deprecation"]["migration_notes"]
        made["deprecation"]["migration_notes"] = " ".join(notes.split())
    return same_key(_hashable(made))


def _hashable(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _hashable(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_hashable(one) for one in value]
    return value


FAMILIES = [
    {"column-removed", "column-added-optional", "column-added-required"},
    {"type-widened", "type-narrowed"},
    {"null-loosened", "null-tightened"},
    {"default-added", "default-changed"},
    {"enum-value-added", "enum-value-removed"},
    {"enum-opened", "enum-closed"},
    {"unit-changed", "unit-added"},
    {"grain-changed", "grain-added"},
    {"meaning-changed", "meaning-added"},
    {"sla-loosened", "sla-tightened"},
    {"retention-shortened", "retention-lengthened"},
    {"mask-added", "mask-removed", "mask-changed"},
    {"tag-added", "tag-removed"},
    {"sunset-moved-earlier", "sunset-moved-later"},
    {"deprecation-added", "deprecation-removed"},
]


@slow
@given(pairs())
def test_what_goes_comes_back(pair: tuple[dict[str, Any], dict[str, Any]]) -> None:
    old, new = contract(pair[0]), contract(pair[1])
    forth = compare(old, new, today=TODAY).differences
    back = compare(new, old, today=TODAY).differences
    assert _families(forth) == _families(back)
    sides = Counter((one.old, one.new) for one in forth if one.id != "column-moved")
    reverse = Counter((one.new, one.old) for one in back if one.id != "column-moved")
    assert sides == reverse


def _families(differences: Any) -> Counter[str]:
    family = {one: min(members) for members in FAMILIES for one in members}
    return Counter(family.get(one.id, one.id) for one in differences)


@slow
@given(pairs(), st.dates(), st.dates())
def test_the_class_is_the_highest_of_its_differences(
    pair: tuple[dict[str, Any], dict[str, Any]], one: date, other: date
) -> None:
    old, new = contract(pair[0]), contract(pair[1])
    early, late = sorted((one, other))
    comparison = compare(old, new, today=early)
    ranks = [rank(each.change_class) for each in comparison.differences]
    assert rank(comparison.change_class) == max(ranks, default=0)
    # As time goes by nothing becomes dearer: a sunset can only have passed.
    assert rank(compare(old, new, today=late).change_class) <= rank(comparison.change_class)
    for each in comparison.differences:
        assert each.id in RULES
        assert each.reason
        # One column may stand where it stood, and all around it have moved.
        assert each.old != each.new or each.id == "column-moved"


@given(
    st.lists(
        st.sampled_from(ROWS),
        min_size=2,
        max_size=4,
        unique_by=lambda row: tuple(row.at.split(".")[:2]),
    )
)
def test_changes_together_cost_what_the_dearest_of_them_costs(rows: list[Any]) -> None:
    roots = [row.at for row in rows]
    assume(
        not any(one != other and one.startswith(f"{other}.") for one in roots for other in roots)
    )
    before = {row.at: row.before for row in rows}
    after = {row.at: row.after for row in rows}
    together = compare(changed(before), changed(after), today=TODAY)
    alone = [
        compare(changed(before), changed({**before, row.at: row.after}), today=TODAY).change_class
        for row in rows
    ]
    assert rank(together.change_class) == max(rank(one) for one in alone)


@slow
@given(pairs(), st.dictionaries(st.sampled_from(sorted(RULES)), st.sampled_from(CLASSES[1:])))
def test_reclassing_changes_classes_and_nothing_else(
    pair: tuple[dict[str, Any], dict[str, Any]], table: dict[str, Class]
) -> None:
    old, new = contract(pair[0]), contract(pair[1])
    plain = compare(old, new, today=TODAY).differences
    priced = compare(old, new, today=TODAY, reclassed=table).differences
    assert [(a.id, a.address, a.old, a.new) for a in plain] == [
        (b.id, b.address, b.old, b.new) for b in priced
    ]
    for a, b in zip(plain, priced, strict=True):
        if a.change_class != b.change_class:
            assert f"to {table[b.id]}" in b.reason
        if b.id not in table:
            assert a == b


def test_a_large_contract_is_compared_without_delay() -> None:
    """Every column renamed and moved: the guessing looks at each once."""
    columns = [{"name": f"c{n}", "type": "date"} for n in range(4_000)]
    renamed = [{"name": f"d{n}", "type": "date"} for n in reversed(range(4_000))]
    comparison = compare(changed({"schema": columns, "semantics": "TODO"}),
                         changed({"schema": renamed, "semantics": "TODO"}), today=TODAY)  # fmt: skip
    assert len(comparison.differences) == 8_000
    assert len(comparison.renames) == 4_000
    moved = compare(changed({"schema": columns, "semantics": "TODO"}),
                    changed({"schema": columns[::-1], "semantics": "TODO"}), today=TODAY)  # fmt: skip
    assert len(moved.differences) == 3_999


def test_a_struct_follows_the_rules_of_columns_at_every_depth() -> None:
    old = changed(
        {"schema.address.type": "array<map<string, struct<a: integer, b: date, c: date>>>"}
    )
    new = changed(
        {"schema.address.type": "array<map<string, struct<a: bigint, c: date, d: date>>>"}
    )
    assert isinstance(changed({}).columns[8].type, Struct)
    found = [(one.id, one.address) for one in compare(old, new, today=TODAY).differences]
    assert found == [
        ("type-widened", "schema.address[]{}.a"),
        ("column-removed", "schema.address[]{}.b"),
        ("column-added-optional", "schema.address[]{}.d"),
    ]
