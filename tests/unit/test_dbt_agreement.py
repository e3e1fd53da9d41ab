"""The check `dbt`: a contract against the model that makes its table."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from platform_cli.contracts.dbt_agreement import check, find
from platform_cli.contracts.dbt_findings import DBT_FINDINGS, DRIFT
from platform_cli.contracts.load import load
from platform_cli.contracts.model import Contract
from platform_cli.contracts.reference import language_page
from platform_cli.dbt_project import DbtProject, from_files
from tests.unit.contract_samples import GONE, contract, document, text
from tests.unit.contract_strategies import documents
from tests.unit.dbt_samples import (
    AGREES,
    PROMISED,
    changed,
    files_of,
    found,
    ids,
    model_of,
    project_of,
)

Told = list[tuple[str, str, str]]


def only(**test: Any) -> dict[str, Any]:
    return {"constraints": [], "data_tests": [test]}


@pytest.mark.parametrize("spark", [False, True])
def test_what_says_the_same_agrees(*, spark: bool) -> None:
    assert check(PROMISED, project_of(model_of(PROMISED, spark=spark))) == []


COLUMNS: dict[str, tuple[dict[str, Any], Told]] = {
    "missing": (changed(amount=None), [("error", "dbt-column-missing", "schema.amount")]),
    "extra": (
        changed(discount={"data_type": "integer"}),
        [("error", "dbt-column-extra", "schema.discount")],
    ),
    "renamed": (
        changed(amount={"name": "amounts"}),
        [
            ("error", "dbt-column-extra", "schema.amounts"),
            ("error", "dbt-column-missing", "schema.amount"),
        ],
    ),
    "another case": (
        changed(amount={"name": "Amount"}),
        [
            ("error", "dbt-column-extra", "schema.Amount"),
            ("error", "dbt-column-missing", "schema.amount"),
        ],
    ),
}
TYPES: dict[str, tuple[dict[str, Any], Told]] = {
    "another scale": (
        changed(amount={"data_type": "decimal(12,3)"}),
        [("error", "dbt-type-differs", "schema.amount.type")],
    ),
    "no size": (
        changed(amount={"data_type": "decimal"}),
        [("error", "dbt-type-differs", "schema.amount.type")],
    ),
    "another word": (
        changed(items={"data_type": "bigint"}),
        [("error", "dbt-type-differs", "schema.items.type")],
    ),
    "a field less": (
        changed(address={"data_type": "struct(city varchar, zip integer)"}),
        [("error", "dbt-type-differs", "schema.address.type")],
    ),
    "a field of another type": (
        changed(lines={"data_type": "struct(sku varchar, quantity bigint)[]"}),
        [("error", "dbt-type-differs", "schema.lines.type")],
    ),
    "none": (
        changed(amount={"data_type": None}),
        [("error", "dbt-type-differs", "schema.amount.type")],
    ),
    "unknown": (
        changed(amount={"data_type": "money"}),
        [("warning", "dbt-type-unknown", "schema.amount")],
    ),
    "a template": (
        changed(amount={"data_type": "{{ var('money') }}"}),
        [("warning", "dbt-type-unknown", "schema.amount")],
    ),
}
NULLS: dict[str, tuple[dict[str, Any], Told]] = {
    "no constraint": (
        changed(placed_at={"constraints": []}),
        [("error", "dbt-null-differs", "schema.placed_at.required")],
    ),
    "a test will do": (changed(placed_at={"constraints": [], "data_tests": ["not_null"]}), []),
    "an older spelling": (changed(placed_at={"constraints": [], "tests": ["not_null"]}), []),
    "a package's test": (
        changed(
            placed_at={
                "constraints": [],
                "data_tests": ["dbt_expectations.expect_column_values_to_not_be_null"],
            }
        ),
        [],
    ),
    "a check": (
        changed(
            placed_at={"constraints": [{"type": "check", "expression": "placed_at is not null"}]}
        ),
        [],
    ),
    "only a warning": (
        changed(placed_at=only(not_null={"config": {"severity": "warn"}})),
        [("error", "dbt-null-differs", "schema.placed_at.required")],
    ),
    "some rows": (
        changed(placed_at=only(not_null={"config": {"where": "id > 1"}})),
        [("error", "dbt-null-differs", "schema.placed_at.required")],
    ),
    "most rows": (
        changed(placed_at=only(not_null={"arguments": {"mostly": 0.9}})),
        [("error", "dbt-null-differs", "schema.placed_at.required")],
    ),
    "switched off": (
        changed(placed_at=only(not_null={"config": {"enabled": False}})),
        [("error", "dbt-null-differs", "schema.placed_at.required")],
    ),
    "by a named test": (
        changed(placed_at=only(name="never_empty", test_name="not_null")),
        [],
    ),
    "a stricter constraint": (
        changed(amount={"constraints": [{"type": "not_null"}]}),
        [("error", "dbt-null-differs", "schema.amount.required")],
    ),
    "a stricter test": (
        changed(amount={"data_tests": ["not_null"]}),
        [("warning", "dbt-null-differs", "schema.amount.required")],
    ),
}
ENUMS: dict[str, tuple[dict[str, Any], Told]] = {
    "no test": (
        changed(status={"data_tests": []}),
        [("error", "dbt-enum-differs", "schema.status.enum")],
    ),
    "another value": (
        changed(status={"data_tests": [{"accepted_values": {"values": ["open", "shut"]}}]}),
        [("error", "dbt-enum-differs", "schema.status.enum")],
    ),
    "a value less": (
        changed(status={"data_tests": [{"accepted_values": {"values": ["open"]}}]}),
        [("error", "dbt-enum-differs", "schema.status.enum")],
    ),
    "another order": (
        changed(status={"data_tests": [{"accepted_values": {"values": ["closed", "open"]}}]}),
        [],
    ),
    "a check instead": (
        changed(
            status={
                "data_tests": [],
                "constraints": [
                    {"type": "not_null"},
                    {"type": "check", "expression": "status  IN ('open', 'closed')"},
                ],
            }
        ),
        [],
    ),
    "a check of others": (
        changed(
            status={
                "constraints": [
                    {"type": "not_null"},
                    {"type": "check", "expression": "status in ('open')"},
                ],
                "data_tests": [],
            }
        ),
        [("error", "dbt-enum-differs", "schema.status.enum")],
    ),
    "extensible and not held": (changed(stage={"data_tests": []}), []),
    "extensible and more": (
        changed(stage={"data_tests": [{"accepted_values": {"values": ["a", "b", "c"]}}]}),
        [("warning", "dbt-enum-differs", "schema.stage.enum")],
    ),
    "in the model alone": (
        changed(email={"data_tests": [{"accepted_values": {"values": ["a"]}}]}),
        [("warning", "dbt-enum-differs", "schema.email.enum")],
    ),
}
KEYS: dict[str, tuple[dict[str, Any], Told]] = {
    "not held": (
        changed(id={"data_tests": []}),
        [("error", "dbt-key-differs", "schema.id.primary_key")],
    ),
    "by a constraint": (
        changed(id={"data_tests": [], "constraints": [{"type": "primary_key"}]}),
        [],
    ),
    "a test of the model": (
        {**changed(id={"data_tests": []}), "data_tests": [{"unique": {"column_name": "id"}}]},
        [],
    ),
    "only a warning": (
        changed(id={"data_tests": [{"unique": {"severity": "warn"}}]}),
        [("error", "dbt-key-differs", "schema.id.primary_key")],
    ),
    "another key": (
        {
            **AGREES,
            "constraints": [{"type": "primary_key", "columns": ["id", "amount"]}],
        },
        [
            ("error", "dbt-key-differs", "schema.amount"),
            ("error", "dbt-null-differs", "schema.amount.required"),
        ],
    ),
    "a constraint too much": (
        changed(email={"constraints": [{"type": "unique"}]}),
        [("error", "dbt-key-differs", "schema.email")],
    ),
    "a test too much": (
        changed(email={"data_tests": ["unique"]}),
        [("warning", "dbt-key-differs", "schema.email")],
    ),
    "another grain": (
        {
            **AGREES,
            "data_tests": [
                {
                    "dbt_utils.unique_combination_of_columns": {
                        "combination_of_columns": ["id", "items"]
                    }
                }
            ],
        },
        [("warning", "grain-suspect", "semantics.grain")],
    ),
}
REST: dict[str, tuple[dict[str, Any], Told]] = {
    "not enforced": (
        {**AGREES, "config": {}},
        [("error", "dbt-not-enforced", "schema")],
    ),
    "switched off": (
        {**AGREES, "config": {"contract": {"enforced": False}}},
        [("error", "dbt-not-enforced", "schema")],
    ),
    "a template": (
        {**AGREES, "config": {"contract": {"enforced": "{{ target.name == 'prod' }}"}}},
        [("warning", "dbt-not-enforced", "schema")],
    ),
    "a rule that nobody says": (
        changed(items={"constraints": [{"type": "check", "expression": "items >= 0"}]}),
        [("warning", "dbt-check-unsaid", "semantics")],
    ),
    "a rule that semantics says": (
        changed(amount={"constraints": [{"type": "check", "expression": "amount >= 0"}]}),
        [],
    ),
    "a view has no constraints": (
        {
            **changed(id={"constraints": [], "data_tests": ["unique", "not_null"]}),
            "config": {"materialized": "view", "contract": {"enforced": True}},
        },
        [
            ("error", "dbt-null-differs", "schema.status.required"),
            ("error", "dbt-null-differs", "schema.placed_at.required"),
        ],
    ),
}
CASES = {
    f"{group}: {name}": case
    for group, cases in (
        ("columns", COLUMNS),
        ("types", TYPES),
        ("nulls", NULLS),
        ("enums", ENUMS),
        ("keys", KEYS),
        ("rest", REST),
    )
    for name, case in cases.items()
}


@pytest.mark.parametrize("name", CASES)
def test_one_difference(name: str) -> None:
    model, told = CASES[name]
    assert sorted(ids(model)) == sorted(told)


def test_a_message_names_both_sides_with_their_lines() -> None:
    (finding,) = found(changed(amount={"data_type": "decimal(10,2)"}))
    line = next(
        at
        for at, one in enumerate(text(document()).decode().splitlines(), 1)
        if "decimal(12,2)" in one
    )
    yaml = files_of(changed(amount={"data_type": "decimal(10,2)"}))["models/order_facts.yml"]
    lines = yaml.decode().splitlines()
    there = next(at for at, one in enumerate(lines, 1) if '"amount"' in one) - 1
    assert finding.message == (
        f"{DRIFT}: amount is decimal(12,2) in the contract (order_facts.contract.yaml:{line}) "
        f"and decimal(10,2) in the model (models/order_facts.yml:{there})"
    )
    assert finding.line == line


def test_a_renamed_column_is_guessed() -> None:
    missing = next(f for f in found(changed(amount={"name": "amounts"})) if f.nearest)
    assert missing.nearest == "amounts"
    assert missing.message.endswith("did you mean amounts?")


def test_a_weak_test_is_named() -> None:
    (finding,) = found(changed(placed_at=only(not_null={"config": {"where": "id > 1"}})))
    assert (
        "may be NULL, having only a not_null test with where: id > 1, in the model"
        in finding.message
    )
    assert finding.way_out is not None


def test_a_model_that_declares_nothing_is_missing_every_column() -> None:
    told = {one for _, one, _ in ids({"name": "order_facts"})}
    assert told == {"dbt-column-missing", "dbt-not-enforced", "dbt-key-differs"}


def test_every_finding_is_explained_and_met_here() -> None:
    page = language_page()
    assert [one for one in DBT_FINDINGS if f"| `{one}` |" not in page] == []
    met = {one for _, told in CASES.values() for _, one, _ in told}
    here = {"dbt-grain-differs", "dbt-version-missing", "dbt-unreadable", "dbt-manifest-stale"}
    assert met | here == set(DBT_FINDINGS)


# ---- Which model it is


def models(*names: str, **files: str) -> DbtProject:
    made = {"dbt_project.yml": b"name: shop\n"}
    made |= {f"models/{name}.sql": b"select 1 as id" for name in names}
    made |= {f"models/{name}.yml": said.encode() for name, said in files.items()}
    return from_files(made)


VERSIONED = "models: [{name: order_facts, latest_version: 2, versions: [{v: 1}, {v: 2}]}]"


@pytest.mark.parametrize(
    ("version", "path", "project", "chosen"),
    [
        ("1.0.0", "a.contract.yaml", models("order_facts"), "models/order_facts.sql"),
        ("0.1.0", "a.contract.yaml", models("order_facts"), "models/order_facts.sql"),
        ("2.0.0", "a.contract.yaml", models("order_facts"), "models/order_facts.sql"),
        (
            "2.0.0",
            "a.v2.contract.yaml",
            models("order_facts", "order_facts_v2"),
            "models/order_facts_v2.sql",
        ),
        (
            "1.3.0",
            "a.contract.yaml",
            models("order_facts", "order_facts_v2"),
            "models/order_facts.sql",
        ),
        ("2.0.0", "a.v2.contract.yaml", models("order_facts"), None),
        ("1.0.0", "a.contract.yaml", models("other"), None),
        (
            "2.0.0",
            "a.contract.yaml",
            models("order_facts_v1", "order_facts_v2", all=VERSIONED),
            "models/order_facts_v2.sql",
        ),
        (
            "1.0.0",
            "a.contract.yaml",
            models("order_facts_v1", "order_facts_v2", all=VERSIONED),
            "models/order_facts_v1.sql",
        ),
        (
            "2.0.0",
            "a.contract.yaml",
            models("order_facts_v1", "order_facts", all=VERSIONED),
            "models/order_facts.sql",
        ),
        (
            "1.0.0",
            "a.contract.yaml",
            models("facts", all="models: [{name: facts, config: {alias: order_facts}}]"),
            "models/facts.sql",
        ),
        (
            "1.0.0",
            "a.contract.yaml",
            models("order_facts", all="models: [{name: order_facts, config: {enabled: false}}]"),
            None,
        ),
    ],
)
def test_the_model_of_a_major(
    version: str, path: str, project: DbtProject, chosen: str | None
) -> None:
    promised = contract(document({"version": version}), path)
    model = find(promised, project)
    assert (model.path if model else None) == chosen
    assert (check(promised, project) is None) is (chosen is None)


def test_a_version_that_no_model_has() -> None:
    project = models("order_facts_v1", "order_facts_v2", all=VERSIONED)
    findings = check(contract(document({"version": "3.0.0"})), project)
    assert findings is not None
    (finding,) = findings
    assert (finding.id, finding.severity) == ("dbt-version-missing", "error")
    assert "the versions 1, 2" in finding.message


# ---- What could not be read


def test_a_file_that_is_not_read_never_hides_a_model() -> None:
    """Without it the check would be skipped, or the model would have no columns, without a word."""
    broken = {**files_of(AGREES), "models/order_facts.yml": b"models: [{"}
    findings = check(PROMISED, from_files(broken))
    assert findings is not None
    assert ("dbt-unreadable", "error") in {(one.id, one.severity) for one in findings}
    elsewhere = from_files({"dbt_project.yml": b"name: shop", "models/all.yml": b"models: [{"})
    findings = check(PROMISED, elsewhere)
    assert findings is not None
    assert [one.id for one in findings] == ["dbt-unreadable"]
    assert "models/all.yml:2 is not read" in findings[0].message


def test_a_file_of_other_models_is_their_matter() -> None:
    assert (
        check(PROMISED, from_files({**files_of(AGREES), "models/other.yml": b"models: [{"})) == []
    )


def test_a_broken_manifest_is_a_warning() -> None:
    project = from_files({**files_of(AGREES), "target/manifest.json": b"{"})
    findings = check(PROMISED, project)
    assert findings is not None
    assert [(one.id, one.severity) for one in findings] == [("dbt-unreadable", "warning")]
    nothing = from_files({"dbt_project.yml": b"name: shop", "target/manifest.json": b"{"})
    assert check(PROMISED, nothing) is None


# ---- Grain


GRAIN = {
    "semantics.grain": ["id", "items"],
    "schema.id.primary_key": GONE,
    "schema.id.unique": GONE,
}


def grained(sql: str, **files: bytes) -> list[tuple[str, str]]:
    promised = contract(document(GRAIN))
    findings = check(promised, project_of(model_of(promised), sql, **files))
    return [(one.id, one.message) for one in findings or ()]


def test_a_grain_has_to_be_tested() -> None:
    promised = contract(document(GRAIN))
    model = {**model_of(promised), "data_tests": []}
    findings = check(promised, project_of(model))
    assert findings is not None
    (finding,) = findings
    assert (finding.id, finding.address) == ("dbt-grain-differs", "semantics.grain")
    assert "id, items is the grain in the contract" in finding.message


@pytest.mark.parametrize(
    ("query", "proves"),
    [
        (
            "select id, items from {{ ref('order_facts') }} group by id, items having count(*) > 1",
            True,
        ),
        (
            "select id, items, count(*) as n from {{ ref('order_facts') }} group by 1, 2 having n > 1",
            True,
        ),
        ("select id from {{ ref('order_facts') }} group by id having count(*) > 1", False),
        ("select id, items from {{ ref('other') }} group by id, items having count(*) > 1", False),
        (
            """select id, items from {{ ref('order_facts') }}
            where id > 1 group by id, items having count(*) > 1""",
            False,
        ),
        (
            "select id, items from {{ ref('order_facts') }} group by id, items having count(*) > 2",
            False,
        ),
        (
            """{{ config(severity='warn') }} select id, items from {{ ref('order_facts') }}
            group by id, items having count(*) > 1""",
            False,
        ),
        ("select is not sql {{ ref('order_facts') }}", False),
    ],
)
def test_a_query_may_be_the_test_of_a_grain(query: str, *, proves: bool) -> None:
    promised = contract(document(GRAIN))
    files = files_of({**model_of(promised), "data_tests": []})
    project = from_files({**files, "tests/grain.sql": query.encode()})
    findings = check(promised, project)
    assert findings is not None
    assert [one.id for one in findings] == ([] if proves else ["dbt-grain-differs"])


@pytest.mark.parametrize(
    ("sql", "suspect"),
    [
        ("select id, items, sum(x) as amount from {{ ref('a') }} group by id, items", False),
        ("select id, items, day, sum(x) as amount from {{ ref('a') }} group by 1, 2, 3", True),
        ("select id, any_value(items) as items from {{ ref('a') }} group by id", True),
        ("select distinct id, items, status from {{ ref('a') }}", False),
        ("select distinct id from {{ ref('a') }}", True),
        (
            """select * from {{ ref('a') }}
            qualify row_number() over (partition by items, id order by x) = 1""",
            False,
        ),
        (
            "select * from {{ ref('a') }} qualify row_number() over (partition by id order by x) = 1",
            True,
        ),
        ("select id, items from {{ ref('a') }}", False),
        ("select {{ dbt_utils.star(ref('a')) }} from {{ ref('a') }} group by {{ keys }}", False),
        ("this is not sql (", False),
        ("{% if x %} select id from a group by id {% endif %}", False),
    ],
)
def test_the_query_is_compared_with_the_grain(sql: str, *, suspect: bool) -> None:
    told = grained(sql)
    assert [one for one, _ in told] == (["grain-suspect"] if suspect else [])
    if suspect:
        assert "the contract's grain is id, items (order_facts.contract.yaml:" in told[0][1]


def test_a_grain_that_changed_beside_the_contract() -> None:
    """The failure that no schema check sees: names and types as before, another row."""
    promised = contract(document())
    model = model_of(promised)
    before = project_of(model, "select * from {{ ref('a') }} group by id")
    after = project_of(model, "select id, day from {{ ref('a') }} group by id, day")
    findings = check(promised, after, was=promised, before=before)
    assert findings is not None
    assert {one.id for one in findings} == {"grain-suspect"}
    assert any("had GROUP BY id and now has GROUP BY day, id" in one.message for one in findings)
    assert check(promised, before, was=promised, before=before) == []


def test_a_grain_that_is_a_sentence_is_compared_with_the_baseline_alone() -> None:
    promised = contract(document({"semantics.grain": "one row an order"}))
    model = model_of(promised)
    before = project_of(model, "select id from {{ ref('a') }} group by id")
    after = project_of(model, "select id from {{ ref('a') }}")
    assert check(promised, after) == []
    findings = check(promised, after, was=promised, before=before)
    assert findings is not None
    (finding,) = findings
    assert finding.message == (
        "the query of the model had GROUP BY id and now has no grouping (models/order_facts.sql), "
        "and the contract's grain is as it was"
    )
    other = contract(document({"semantics.grain": "one row a day"}))
    assert check(promised, after, was=other, before=before) == []


def test_a_uniqueness_that_changed_beside_the_contract() -> None:
    promised = contract(document(GRAIN))
    model = model_of(promised)
    was = {**copy.deepcopy(model), "data_tests": []}
    findings = check(promised, project_of(model), was=promised, before=project_of(was))
    assert findings is not None
    assert [one.id for one in findings] == ["grain-suspect"]
    assert "was unique by nothing and now is by id, items" in findings[0].message


# ---- Properties


@st.composite
def pairs(draw: st.DrawFn) -> tuple[Contract, dict[str, Any]]:
    loaded = load(text(draw(documents())), "x.contract.yaml")
    promised = loaded.contract
    assert promised is not None
    return promised, model_of(promised, spark=draw(st.booleans()))


@settings(max_examples=80, deadline=None)
@given(pairs())
def test_a_project_made_of_a_contract_agrees(pair: tuple[Contract, dict[str, Any]]) -> None:
    promised, model = pair
    assert check(promised, project_of(model)) == []


def damaged(model: dict[str, Any], promised: Contract, data: st.DataObject) -> dict[str, Any]:
    """The model with one thing changed that the contract promises, or one that it does not."""
    made = copy.deepcopy(model)
    at = data.draw(st.integers(0, len(made["columns"]) - 1))
    column, said = made["columns"][at], promised.columns[at]
    held = said.unique or (said.enum is not None and not said.extensible)
    single = {one["name"] for one in made["columns"] if "unique" in one["data_tests"]}
    sets = [next(iter(one.values()))["combination_of_columns"] for one in made["data_tests"]]
    changes = ["remove", "add", "rename", "type", "unenforce", "constrain"]
    changes += ["untest"] if held else []
    changes += ["unkey"] if sets and not any(single & set(one) for one in sets) else []
    match data.draw(st.sampled_from(changes)):
        case "remove":
            made["columns"].remove(column)
        case "add":
            made["columns"].append({"name": "zz_another", "data_type": "integer"})
        case "rename":
            column["name"] = "zz_another"
        case "type":
            column["data_type"] = "uuid"
        case "unenforce":
            made["config"] = {}
        case "untest":
            column["data_tests"] = []
        case "unkey":
            made["data_tests"] = []
        case "constrain":
            column["constraints"] = [] if said.required else [{"type": "not_null"}]
    return made


@settings(max_examples=100, deadline=None)
@given(pairs(), st.data())
def test_every_single_change_of_the_model_is_found(
    pair: tuple[Contract, dict[str, Any]], data: st.DataObject
) -> None:
    promised, model = pair
    assert check(promised, project_of(damaged(model, promised, data)))
