"""The check `dbt` on projects that dbt itself has read, and on every rendering of the template."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
import yaml

from platform_cli.contracts.dbt_agreement import check
from platform_cli.contracts.load import load
from platform_cli.contracts.model import Contract
from platform_cli.dbt_project import DbtProject, read
from tests.integration.domain_rendered import LEAST, RENDERINGS, Repository, rendered, run, tool

pytestmark = pytest.mark.integration


def contract_of(folder: Path, name: str = "product.contract.yaml") -> Contract:
    loaded = load((folder / name).read_bytes(), name)
    assert loaded.contract is not None, loaded.findings
    return loaded.contract


# ---- The template


@pytest.fixture(scope="module", params=RENDERINGS)
def repository(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Repository:
    folder = tmp_path_factory.mktemp(request.param) / "repository"
    return rendered(RENDERINGS[request.param], folder)


def test_the_templates_model_and_contract_agree(repository: Repository) -> None:
    project = read(repository.folder)
    assert project.problems == ()
    contract = contract_of(repository.folder)
    assert check(contract, project) == []
    (model,) = project.models[repository.product]
    assert len(model.columns) == len(contract.columns)
    assert model.enforced is True


DAMAGES = {
    "a type": ("data_type: decimal(12,2)", "data_type: decimal(10,2)", "dbt-type-differs"),
    "a column": ("- name: amount", "- name: total", "dbt-column-missing"),
    "a value": ("[opened, changed, closed]", "[opened, closed]", "dbt-enum-differs"),
    "the key": ("data_tests: [not_null, unique]", "data_tests: [not_null]", None),
    "enforcement": ("enforced: true", "enforced: false", "dbt-not-enforced"),
}


@pytest.mark.parametrize("what", DAMAGES)
def test_a_model_that_drifted_is_found(tmp_path: Path, what: str) -> None:
    checkout = rendered(LEAST, tmp_path / "repository")
    path = checkout.folder / "models" / "product" / f"{checkout.product}.yml"
    before, after, told = DAMAGES[what]
    text = path.read_text()
    assert before in text
    path.write_text(text.replace(before, after))
    found = check(contract_of(checkout.folder), read(checkout.folder)) or []
    # The template's own query in tests/ still proves the key and the grain.
    assert (told in {one.id for one in found}) if told else (found == [])
    (checkout.folder / "tests" / f"{checkout.product}_grain.sql").unlink()
    found = check(contract_of(checkout.folder), read(checkout.folder)) or []
    assert told or {one.id for one in found} == {"dbt-key-differs"}


# ---- dbt's own word

FILES = {
    "profiles.yml": """\
shop: {target: dev, outputs: {dev: {type: duckdb, path: shop.duckdb}}}
""",
    "dbt_project.yml": """\
name: shop
profile: shop
flags: {send_anonymous_usage_stats: false, require_generic_test_arguments_property: true}
vars: {money: "decimal(10,2)"}
models:
  shop:
    marts: {+materialized: table, +contract: {enforced: true}}
""",
    "macros/unique_rows.sql": """\
{% test unique_rows(model, columns) %}
select {{ columns | join(', ') }} from {{ model }}
group by {{ columns | join(', ') }} having count(*) > 1
{% endtest %}
""",
    "models/lines.sql": "select 1 as order_id, 1 as line, 2.5 as amount, 'open' as status",
    "models/marts/order_lines.sql": """\
with summed as (
    select order_id, line, sum(amount) as amount, any_value(status) as status
    from {{ ref('lines') }}
    group by 1, 2
)
select order_id, line, cast(amount as {{ var('money') }}) as amount, status from summed
""",
    "models/marts/order_lines.yml": """\
models:
  - name: order_lines
    constraints:
      - {type: primary_key, columns: [order_id, line]}
    data_tests:
      - unique_rows: {arguments: {columns: [order_id, line]}}
    columns:
      - name: order_id
        data_type: integer
        constraints: [{type: not_null}]
      - {name: line, data_type: int, constraints: [{type: not_null}], data_tests: [not_null]}
      - {name: amount, data_type: "{{ var('money') }}"}
      - name: status
        data_type: varchar
        constraints: [{type: check, expression: "status in ('open', 'closed')"}]
        data_tests:
          - accepted_values:
              arguments: {values: ['open', 'closed']}
              config: {severity: "{{ 'error' if 1 else 'warn' }}"}
""",
    "models/marts/orders_v1.sql": "select order_id, status as old from {{ ref('lines') }}",
    "models/marts/orders.sql": "select distinct order_id, line from {{ ref('lines') }}",
    "models/marts/orders.yaml": """\
models:
  - name: orders
    latest_version: 2
    columns:
      - {name: order_id, data_type: integer, data_tests: [unique, {not_null: {name: filled}}]}
      - {name: line, data_type: integer}
    versions:
      - v: 1
        columns:
          - include: all
            exclude: [line]
          - {name: old, data_type: string}
      - v: 2
        config: {alias: orders_now}
""",
}
PROMISED: dict[str, Any] = {
    "name": "shop.product.order_lines",
    "version": "1.0.0",
    "owner": "@shop",
    "schema": [
        {"name": "order_id", "type": "integer", "required": True, "primary_key": True},
        {"name": "line", "type": "integer", "required": True, "primary_key": True},
        {"name": "amount", "type": "decimal(10,2)"},
        {"name": "status", "type": "string", "enum": ["open", "closed"]},
    ],
    "sla": {"freshness": "1h", "completeness": "99%", "accuracy": "99%"},
    "semantics": {"grain": ["order_id", "line"]},
}


def promised(changes: dict[str, Any] | None = None) -> Contract:
    made = copy.deepcopy(PROMISED) | (changes or {})
    loaded = load(yaml.safe_dump(made).encode(), "product.contract.yaml")
    assert loaded.contract is not None, loaded.findings
    return loaded.contract


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    dbt = tool("dbt")
    folder = tmp_path_factory.mktemp("dbt") / "shop"
    for name, text in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    said = run([dbt, "build", "--no-use-colors"], folder, folder.parent)
    assert "ERROR=0" in said
    return folder


@pytest.fixture
def project(built: Path) -> DbtProject:
    return read(built)


def test_the_files_are_read_as_dbt_reads_them(project: DbtProject) -> None:
    """A manifest is believed only while columns, types, constraints and tests are the same."""
    assert (project.problems, project.adapter) == ((), "duckdb")
    models = {one for found in project.models.values() for one in map(id, found)}
    assert len(models) == 4
    assert {one.stale for found in project.models.values() for one in found} == {None}
    versions = {one.version: one.relation for one in project.models["orders"]}
    assert versions == {"1": "orders_v1", "2": "orders_now"}


def test_what_dbt_resolved_agrees_with_the_contract(project: DbtProject) -> None:
    assert check(promised(), project) == []
    (model,) = project.models["order_lines"]
    assert [one.data_type for one in model.columns] == [
        "integer",
        "int",
        "decimal(10,2)",
        "varchar",
    ]
    assert [one.weakened for one in model.tests] == [None, None, None]
    assert "cast(amount as decimal(10,2))" in (model.sql or "")


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"semantics": {"grain": ["order_id"]}}, {"dbt-grain-differs", "grain-suspect"}),
        (
            {"schema": [*PROMISED["schema"][:2], {"name": "amount", "type": "decimal(10,3)"}]},
            {"dbt-type-differs", "dbt-column-extra"},
        ),
        ({"name": "shop.product.lines"}, None),
        ({"name": "shop.product.nothing"}, None),
    ],
)
def test_what_dbt_resolved_and_the_contract_says_otherwise(
    project: DbtProject, changes: dict[str, Any], told: set[str] | None
) -> None:
    found = check(promised(changes), project)
    if changes.get("name") == "shop.product.lines":
        assert found is not None
        assert "dbt-not-enforced" in {one.id for one in found}
    else:
        assert ({one.id for one in found} if found is not None else None) == told


def test_without_the_manifest_only_what_is_written_is_known(built: Path, tmp_path: Path) -> None:
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    found = check(promised(), read(tmp_path)) or []
    assert [(one.id, one.severity) for one in found] == [("dbt-type-unknown", "warning")]


def test_a_manifest_that_is_older_than_the_files_is_told(built: Path, tmp_path: Path) -> None:
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text.replace("{name: line, data_type: int,", "{name: line,"))
    (tmp_path / "target").mkdir()
    (tmp_path / "target" / "manifest.json").write_bytes(
        (built / "target" / "manifest.json").read_bytes()
    )
    found = check(promised(), read(tmp_path)) or []
    assert {one.id for one in found} == {
        "dbt-manifest-stale",
        "dbt-type-differs",
        "dbt-type-unknown",
    }
