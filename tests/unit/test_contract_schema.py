"""The JSON Schema and the validator say the same, as far as a schema can say it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from jsonschema import Draft202012Validator

from platform_cli.contracts.load import load
from platform_cli.contracts.schema import schema
from tests.unit.contract_samples import FULL, GONE, document, text
from tests.unit.contract_strategies import damaged, documents

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


@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=400)
@given(damaged())
def test_damage_is_refused_by_both_or_neither(made: dict[str, Any]) -> None:
    refused = [error.message for error in VALIDATOR.iter_errors(made)]
    findings = load(text(made), "x").findings
    if refused:
        assert findings, refused
    if {finding.id for finding in findings} - BEYOND:
        assert refused, findings


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
    made = "\n".join(lines)
    for question, answer in (
        ("quoted(catalog_name ~ '.product.' ~ product)", '"loyalty.product.events"'),
        ("quoted(description)", '"What happens in loyalty."'),
        ("quoted(owner)", '"@acme/loyalty-team"'),
        ("quoted(on_call)", '"loyalty-pager"'),
        ("quoted('region:' ~ region)", '"region:EU"'),
    ):
        assert question in made
        made = made.replace(f"[[ {question} ]]", answer)
    loaded = load(made.encode(), "product.contract.yaml")
    assert loaded.valid, loaded.findings
    assert loaded.contract is not None
    assert loaded.contract.draft
    assert VALIDATOR.is_valid(loaded.document())
