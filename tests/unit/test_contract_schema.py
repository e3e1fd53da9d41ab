"""The JSON Schema and the validator say the same, as far as a schema can say it."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from jsonschema import Draft202012Validator

from platform_cli.contracts.language import COLUMN, CONTRACT, DEPRECATION, OWNER, SLA
from platform_cli.contracts.load import load
from platform_cli.contracts.schema import schema
from tests.unit.contract_samples import FULL, GONE, document, text
from tests.unit.contract_strategies import PIECES, damaged, documents

VALIDATOR = Draft202012Validator(schema())

# What one place of a document cannot tell: the schema lets it pass, and the validator does not.
BEYOND = {"duplicate-column", "unknown-column", "value-mismatch", "unknown-type", "sunset-invalid"}


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(schema())
    assert next(iter(schema())) == "$schema"
    assert json.loads(json.dumps(schema())) == schema()


def test_the_sample_passes_both() -> None:
    assert VALIDATOR.is_valid(FULL)
    assert load(text(FULL), "x").valid


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(documents())
def test_what_is_generated_valid_passes_both(made: dict[str, Any]) -> None:
    loaded = load(text(made), "x")
    assert loaded.valid, loaded.findings
    assert loaded.document() == made
    assert [error.message for error in VALIDATOR.iter_errors(made)] == []


def agree(made: Any) -> bool:
    """Whether both take the document; they may differ by what a schema cannot say, and no more."""
    refused = [error.message for error in VALIDATOR.iter_errors(made)]
    findings = load(text(made), "x").findings
    ids = {finding.id for finding in findings}
    # What is no type at all is refused by the schema, too; what is wrong inside of one is not.
    if refused:
        assert ids - (BEYOND - {"unknown-type"}), (made, refused, findings)
    elif ids - BEYOND:
        pytest.fail(f"the schema takes {made}, and the validator says {findings}")
    return not refused


@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=400)
@given(damaged())
def test_damage_is_refused_by_both_or_neither(made: dict[str, Any]) -> None:
    agree(made)


# Something in every place that the language has.
EVERYWHERE: dict[str, Any] = {
    "name": "orders.product.order_facts",
    "version": "2.1.0",
    "owner": {"team": "@orders", "on_call": "pager", "reviewers": ["@ann"], "x-chat": "a"},
    "schema": [
        {
            "name": "id", "type": "string", "required": True, "description": "a", "default": "a",
            "tags": ["PII"], "mask": "sha256", "enum": ["a", "b"], "extensible": True,
            "unique": True, "primary_key": True, "unit": "kg", "currency": "EUR",
            "timezone": "UTC", "x-a": {"b": [1]},
        },
    ],
    "sla": {
        "freshness": "1h", "completeness": "99%", "accuracy": "99%",
        "late_arrival_window": "2h", "x-window": "night",
    },
    "semantics": {
        "grain": ["id"],
        "id": {"meaning": "The order.", "semantics_change": "editorial", "x-by": "a"},
        "a rule": "b",
    },
    "deprecation": {
        "previous_version": "1.4.0", "sunset_date": "2027-03-01", "migration_notes": "a", "x-a": 1,
    },
    "tags": ["gold"],
    "retention_days": 365,
    "description": "a",
    "x-a": None,
}  # fmt: skip


def places(made: Any) -> Iterator[tuple[Any, Any]]:
    """Every key and every index, with what holds it."""
    for key, value in made.items() if isinstance(made, dict) else enumerate(made):
        yield made, key
        if isinstance(value, (dict, list)):
            yield from places(value)


@pytest.mark.parametrize("made", [[], [EVERYWHERE], "x", 1, None, True, {}])
def test_what_is_no_mapping_is_judged_alike(made: Any) -> None:
    assert not agree(made)


def test_something_stands_in_every_place() -> None:
    assert agree(EVERYWHERE)
    assert load(text(EVERYWHERE), "x").valid
    assert set(EVERYWHERE) == {*CONTRACT.fields, "x-a"}
    assert set(EVERYWHERE["schema"][0]) == {*COLUMN.fields, "x-a"}
    for name, record in (("owner", OWNER), ("sla", SLA), ("deprecation", DEPRECATION)):
        assert {key for key in EVERYWHERE[name] if key[:2] != "x-"} == set(record.fields)


def test_every_place_with_everything_in_it_is_judged_alike() -> None:
    """Each value of the language in the place of each other, each twice, and each left out."""
    made = copy.deepcopy(EVERYWHERE)
    taken = refused = 0
    for holder, key in list(places(made)):
        kept = holder[key]
        for piece in (*PIECES, [kept, kept], {"x": kept}):
            holder[key] = piece
            taken, refused = (taken + 1, refused) if agree(made) else (taken, refused + 1)
        holder[key] = kept
        if isinstance(holder, dict):
            holder[f"{key}s"] = kept
            agree(made)
            del holder[f"{key}s"], holder[key]
            agree(made)
            holder[key] = kept
        else:
            holder.append(kept)
            agree(made)
            holder.pop()
    assert (taken > 100, refused > 1000) == (True, True)


SAID_BY_BOTH: list[tuple[str, Any]] = [
    ("name", GONE), ("version", GONE), ("owner", GONE), ("schema", GONE), ("sla", GONE),
    ("semantics", GONE), ("name", "Orders.product.x"), ("name", "orders.gold.x"), ("name", "orders.x"),
    ("version", 2.1), ("version", "2.1"), ("version", "v2.1.0"), ("version", "02.1.0"),
    ("owner", "orders"), ("owner", {}), ("owner", {"team": "@a", "pager": "b"}),
    ("owner.reviewers", ["ann"]), ("owner.on_call", "a/b"), ("schema", []), ("schema", {}),
    ("schema.weight.type", GONE), ("schema.weight.type", "varchar"), ("schema.weight.typ", "date"),
    ("schema.weight.required", "yes"), ("schema.weight.default", None), ("schema.weight.enum", []),
    ("schema.weight.extensible", True), ("schema.weight.tags", "PII"), ("schema.weight.tags", [""]),
    ("schema.email.tags", ["PII", "PII"]), ("schema.weight.currency", "euro"),
    ("schema.weight.mask", ""), ("sla.freshness", GONE), ("sla.freshness", "1 day"),
    ("sla.freshness", "0h"), ("sla.completeness", 99.9), ("sla.completeness", "100.1%"),
    ("sla.availability", "99%"), ("semantics", {}), ("semantics.amount", ""),
    ("semantics.amount", {"semantics_change": "editorial"}), ("semantics.grain", []),
    ("semantics.amount", {"meaning": "a", "semantics_change": "yes"}), ("semantics.grain", {"meaning": "a"}),
    ("retention_days", 0), ("retention_days", -1), ("retention_days", "365"), ("retention_days", 1.5),
    ("deprecation", {}), ("deprecation", {"sunset_date": "soon"}), ("tags", ["a", "a"]),
    ("description", None), ("description", 5), ("colour", "red"),
]  # fmt: skip


@pytest.mark.parametrize(("at", "value"), SAID_BY_BOTH)
def test_both_refuse(at: str, value: Any) -> None:
    made = document({at: value})
    assert not VALIDATOR.is_valid(made)
    assert not load(text(made), "x").valid


@pytest.mark.parametrize(
    ("at", "value"),
    [
        ("schema.weight.type", "decimal(5,6)"),
        ("schema.weight.type", "array<int>"),
        ("schema.WEIGHT", {"type": "date"}),
        ("schema.weight.default", "heavy"),
        ("semantics.grain", ["idd"]),
        ("deprecation", {"sunset_date": "2026-02-30"}),
    ],
)
def test_the_validator_says_more(at: str, value: Any) -> None:
    made = document({at: value})
    assert VALIDATOR.is_valid(made)
    assert not load(text(made), "x").valid


def test_every_field_of_the_schema_says_what_it_is() -> None:
    properties = schema()["properties"]
    assert all(one["description"] for one in properties.values())
    columns = properties["schema"]["items"]["properties"]
    assert all(one["description"] for one in columns.values())


def test_a_rendered_stub_is_a_draft_and_passes_both() -> None:
    source = (
        Path(__file__).parents[2] / "templates/domain/repository/product.contract.yaml.jinja"
    ).read_text(encoding="utf-8")
    lines = [line for line in source.splitlines() if not line.startswith("[%")]
    answers = {
        "catalog_name": '"loyalty.product.events"',
        "description": '"What happens in loyalty."',
        "owner": '"@acme/loyalty-team"',
        "on_call": '"loyalty-pager"',
        "region": '"region:EU"',
    }

    def answer(question: re.Match[str]) -> str:
        return next(said for word, said in answers.items() if word in question[1])

    made = re.sub(r"\[\[ (.*) \]\]", answer, "\n".join(lines))
    loaded = load(made.encode(), "product.contract.yaml")
    assert loaded.valid, loaded.findings
    assert loaded.contract is not None
    assert loaded.contract.draft
    assert VALIDATOR.is_valid(loaded.document())
