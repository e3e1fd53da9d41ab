"""From documents to decisions: the messages that are promised, and no way to pass in silence."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from platform_cli import policies
from platform_cli.errors import PlatformError
from platform_cli.policies import inputs, metadata, output, reference
from platform_cli.policies.bundle import Bundle, released_from
from platform_cli.policies.decisions import Decision, Outcome, evaluate
from platform_cli.policies.embedded import Embedded
from platform_cli.policies.inputs import Document
from tests.policies_generated import generated

NOW = datetime(2026, 12, 24, tzinfo=UTC)
BUNDLE = policies.released()
POLICIES = metadata.policies(BUNDLE)


def decide(*documents: object) -> Outcome:
    found = [
        each if isinstance(each, Document) else policies.document(str(number), each)
        for number, each in enumerate(documents)
    ]
    return evaluate(BUNDLE, found, engine=Embedded(), now=NOW)


def said(*documents: object) -> list[tuple[str, str, str]]:
    return [(d.policy, d.address, d.message) for d in decide(*documents).decisions]


def table(name: str, *tags: str) -> dict[str, Any]:
    domain, tier, short = name.split(".")
    return {"name": name, "domain": domain, "tier": tier, "table": short, "tags": list(tags)}


def pipeline(*reads: Mapping[str, Any], region: str = "eu-central-1") -> dict[str, Any]:
    return {
        "kind": "pipeline",
        "name": "marketing.derived.lead_attribution",
        "domain": "marketing",
        "compute_region": region,
        "reads": list(reads),
    }


# ---- What is promised word for word


def test_an_unmasked_column() -> None:
    contract = {
        "name": "orders.product.customers",
        "version": "1.0.0",
        "owner": "@orders-team",
        "schema": [{"name": "email", "type": "string", "tags": ["PII"]}],
    }
    (decision,) = decide(contract).decisions
    assert decision.policy == "mesh.pii_masking"
    assert decision.severity == "deny"
    assert decision.address == "schema.email"
    assert decision.link == "policies/mesh/pii_masking/pii_masking.rego"
    assert decision.exception is None
    assert decision.message == (
        "column email is tagged PII but has no mask: directive (allowed: sha256 | tokenize | redact)"
    )


BORROWED = (
    "pipeline marketing.derived.lead_attribution (domain=marketing) reads "
    "orders.derived.orders_clean — only the product tier of another domain is consumable"
)


def test_another_domain_s_tables() -> None:
    document = pipeline(table("orders.derived.orders_clean"), table("orders.product.order_facts"))
    assert said(document) == [
        (
            "mesh.bounded_context",
            "orders.derived.orders_clean",
            BORROWED,
        )
    ]


CHAIN = (
    ("customer.raw.users.email", None),
    ("customer.derived.users.email_lower", "lower"),
    ("customer.product.users.email_hash", "sha256"),
    ("marketing.derived.lead_attribution.hashed_lead_email", "identity"),
    ("marketing.product.leads.people", "count_distinct"),
)


def chain(*undeclared: int) -> dict[str, Any]:
    """An address on its way through two domains; the last hop counts and need not declare."""
    columns = []
    for number, (name, transform) in enumerate(CHAIN):
        parent = [{"column": CHAIN[number - 1][0], "transform": transform}] if transform else []
        tags = [] if number in undeclared or number == len(CHAIN) - 1 else ["PII"]
        columns.append({"name": name, "tags": tags, "derived_from": parent})
    return {"kind": "lineage", "columns": columns}


def test_the_worked_chain() -> None:
    assert said(chain()) == []
    for hop in (1, 2, 3):
        name = CHAIN[hop][0]
        assert said(chain(hop)) == [
            (
                "mesh.tag_inheritance",
                name,
                f"column {name} inherits PII tag from upstream but does not declare it",
            )
        ]
    assert [address for _, address, _ in said(chain(1, 2, 3))] == sorted(
        CHAIN[hop][0] for hop in (1, 2, 3)
    )


def test_the_chain_without_its_source_s_tag_inherits_nothing() -> None:
    assert said(chain(0, 1, 2, 3)) == []


# ---- The examples of each policy


@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy.id)
def test_the_examples_of_each_policy_are_true(policy: metadata.Policy) -> None:
    assert said(json.loads(policy.passes)) == []
    assert {name for name, _, _ in said(json.loads(policy.fails))} == {policy.id}


@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy.id)
def test_the_examples_are_documents_of_their_kind(policy: metadata.Policy) -> None:
    for example in (policy.passes, policy.fails):
        found = inputs.document("x", json.loads(example))
        assert inputs.kind_of(found) == policy.input
        required = set(inputs.SCHEMAS[policy.input]["required"])
        assert required <= set(found.content)


# ---- Kinds


@pytest.mark.parametrize("kind", ["Contract", "dashboard", "", None, 1, ["lineage"]])
def test_an_unknown_kind_is_an_error(kind: object) -> None:
    with pytest.raises(PlatformError) as raised:
        decide({"name": "a.raw.b", "schema": []}, {"kind": kind}, {"kind": kind})
    assert raised.value.code == "PLT-POLICY-004"
    assert raised.value.exit == 1
    assert [problem.address for problem in raised.value.problems] == ["1", "2"]


def test_a_file_of_another_kind_than_its_name_says_is_an_error() -> None:
    with pytest.raises(PlatformError) as raised:
        decide(inputs.document("a.pipeline.json", {"kind": "lineage", "columns": []}, "pipeline"))
    assert raised.value.code == "PLT-POLICY-004"


def test_a_document_that_does_not_load_is_a_denial() -> None:
    found = decide(inputs.document("a.contract.yaml", b"name: a\nname: b")).decisions
    assert [(d.policy, d.severity, d.path) for d in found] == [
        ("platform.input", "deny", "a.contract.yaml")
    ]
    assert "the key 'name' is repeated" in found[0].message


def test_no_documents_still_compile_the_bundle() -> None:
    assert decide().outcome == "passed"
    broken = released_from(
        {**BUNDLE.files, "mesh/retention/broken.rego": b"package mesh.retention\n\nx := uper(1)\n"},
        "broken",
        NOW,
    )
    with pytest.raises(PlatformError) as raised:
        evaluate(broken, [], engine=Embedded(), now=NOW)
    assert raised.value.code == "PLT-POLICY-002"


# ---- Order, determinism, and nothing that is missing passes


def test_decisions_are_sorted_and_the_same_in_any_order() -> None:
    documents = [
        policies.document(f"{number:03}", content, kind)
        for kind in inputs.KINDS
        for number, content in enumerate(generated(kind, 60))
    ]
    first = evaluate(BUNDLE, documents, engine=Embedded(), now=NOW)
    random.Random(7).shuffle(documents)
    second = evaluate(BUNDLE, documents, engine=Embedded(), now=NOW)
    assert first == second
    keys = [(d.path, d.policy, d.address, d.message) for d in first.decisions]
    assert keys == sorted(set(keys))


GOOD: Mapping[str, dict[str, Any]] = {
    "contract": {
        "name": "orders.product.customers",
        "tags": ["customer_data"],
        "retention_days": 30,
        "schema": [{"name": "email", "tags": ["PII"], "mask": "sha256"}],
    },
    "pipeline": pipeline(table("orders.product.order_facts", "region:EU")),
    "lineage": chain(),
}


def _places(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [at] if at else []
    if isinstance(value, dict):
        for key in value:
            found += _places(value[key], (*at, key))
    elif isinstance(value, list):
        for number, inside in enumerate(value):
            found += _places(inside, (*at, number))
    return found


def _changed(document: dict[str, Any], at: tuple[Any, ...], value: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(json.dumps(document))
    holder: Any = found
    for key in at[:-1]:
        holder = holder[key]
    if value is ...:
        del holder[at[-1]]
    else:
        holder[at[-1]] = value
    return found


@pytest.mark.parametrize("kind", inputs.KINDS)
@pytest.mark.parametrize("value", [None, 1.5, True, {}, {"x": "y"}, [None], [[]]], ids=repr)
def test_a_null_or_a_wrong_type_anywhere_is_denied(kind: str, value: object) -> None:
    for at in _places(GOOD[kind]):
        if at == ("kind",):
            continue
        assert decide(_changed(GOOD[kind], at, value)).outcome == "denied", at


@pytest.mark.parametrize("kind", inputs.KINDS)
def test_a_missing_field_is_denied(kind: str) -> None:
    # A tag or a column that is not there at all was never promised.
    free = {"tags", "retention_days"} if kind == "contract" else {"kind"}
    for at in _places(GOOD[kind]):
        if isinstance(at[-1], int) or at[-1] in free - {"retention_days"}:
            continue
        assert decide(_changed(GOOD[kind], at, ...)).outcome == "denied", at


@pytest.mark.parametrize("kind", inputs.KINDS)
def test_more_keys_change_nothing(kind: str) -> None:
    document = {**GOOD[kind], "x-more": {"PII": None}, "": [1e300]}
    assert said(document) == said(GOOD[kind]) == []


@pytest.mark.parametrize("table", ["limits", "regions", "transforms"])
def test_a_bundle_without_one_of_its_tables_denies(table: str) -> None:
    files = {p: c for p, c in BUNDLE.files.items() if p != f"mesh/{table}/data.json"}
    bundle = released_from(files, "less", NOW)
    documents = [policies.document(kind, GOOD[kind]) for kind in inputs.KINDS]
    found = evaluate(bundle, documents, engine=Embedded(), now=NOW)
    assert any(f"data.mesh.{table}" in d.message for d in found.decisions)


# ---- As JSON, and as a page


def test_the_document_of_a_check() -> None:
    document = output.check(decide(json.loads(POLICIES[2].fails)))
    assert list(document)[:5] == ["schema", "engine", "bundle", "outcome", "decisions"]
    assert document["schema"] == "platform-cli/policy-check/1"
    assert document["engine"] == "embedded"
    assert document["bundle"] == {"version": BUNDLE.version, "digest": BUNDLE.digest}
    assert document["outcome"] == "denied"
    assert list(document["decisions"][0])[:6] == [
        "policy",
        "severity",
        "message",
        "address",
        "link",
        "exception",
    ]
    assert json.loads(json.dumps(document)) == document


def test_the_reference_page_has_every_policy() -> None:
    page = reference.page(BUNDLE)
    for policy in POLICIES:
        assert f"## `{policy.id}`" in page
        assert policy.passes.strip() in page
        assert policy.why.strip() in page


def test_a_decision_says_the_way_out() -> None:
    found: list[Decision] = [
        d for policy in POLICIES for d in decide(json.loads(policy.fails)).decisions
    ]
    assert {d.way_out for d in found} == {p.way_out for p in POLICIES}


def test_an_engine_may_be_named() -> None:
    bundle: Bundle = BUNDLE
    outcome = evaluate(bundle, [], engine="embedded", now=NOW)
    assert outcome.engine == "embedded"
