"""A second table beside the first: every reader of a domain's repository takes both.

A reader that is missing on this machine skips its test and says so.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import pytest
import yaml

from platform_cli import policies, template
from platform_cli.domain_repo import inputs, publishing
from platform_cli.domain_repo.about import About, about
from platform_cli.domain_repo.adding import add
from tests.integration.domain_rendered import HOSTILE, LEAST, LONGEST, run, tool

pytestmark = pytest.mark.integration

_TEMPLATES: tuple[Literal["domain", "product"], ...] = ("domain", "product")
NOW = datetime(2026, 11, 21, tzinfo=UTC)
CASES: Mapping[str, tuple[Mapping[str, Any], str, Mapping[str, str]]] = {
    "least": (LEAST, "returns", {}),
    "hostile": (
        {**LEAST, "domain": "null", "catalog_name": "null", "region": "US", "customer_data": True},
        "select",
        {"description": HOSTILE},
    ),
    "longest": (
        {
            **LEAST,
            "domain": LONGEST,
            "catalog_name": LONGEST.replace("-", "_"),
            "owner": "@someone",
        },
        "t" * 60,
        {"region": "CA"},
    ),
}


def repository(case: str, folder: Path) -> tuple[About, str]:
    """A domain's repository with a second table in it."""
    data, table, said = CASES[case]
    template.render(template.packaged(), data, folder / "repository")
    own = about(folder / "repository")
    before = {path: path.read_bytes() for path in own.folder.rglob("*") if path.is_file()}
    (folder / "scratch").mkdir()
    added = add(table, own, said, folder / "scratch")
    assert added.outcome == "added", added.error
    assert all(path.read_bytes() == content for path, content in before.items())
    shutil.rmtree(folder / "scratch")
    return own, table


@pytest.fixture(params=CASES)
def second(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[About, str]:
    return repository(request.param, tmp_path)


@pytest.mark.parametrize("case", ["least", "hostile"])
def test_dbt_builds_both_tables(tmp_path: Path, case: str) -> None:
    dbt = tool("dbt")
    own, table = repository(case, tmp_path)
    said = run([dbt, "build", "--no-use-colors"], own.folder, tmp_path)
    assert "WARN=0 ERROR=0 SKIP=0" in said
    assert "deprecat" not in said.lower()
    shown = ["show", "--no-use-colors", "--quiet", "--output", "json", "--select", table]
    rows = json.loads(run([dbt, *shown], own.folder, tmp_path))["show"]
    assert [row["record_id"] for row in rows] == ["r-001", "r-002", "r-003"]
    assert [row["amount"] for row in rows] == [12.5, None, 82]


def test_a_broken_grain_is_found(tmp_path: Path) -> None:
    dbt = tool("dbt")
    own, table = repository("least", tmp_path)
    model = own.folder / "models" / "product" / f"{table}.sql"
    model.write_text(model.read_text("utf-8").replace("r-002", "r-001"), encoding="utf-8")
    with pytest.raises(AssertionError, match=f"{table}_grain"):
        run([dbt, "build", "--no-use-colors", "--select", table], own.folder, tmp_path)


def test_both_contracts_are_valid_drafts(second: tuple[About, str]) -> None:
    own, table = second
    contracts = {one.table: one for one in publishing.contracts_of(own)}
    assert len(contracts) == 2
    assert all(one.draft for one in contracts.values())
    first, other = (contracts[name] for name in sorted(contracts, key=lambda one: one == table))
    assert other.owner == first.owner
    regions = [{tag for tag in one.tags if tag.startswith("region:")} for one in (first, other)]
    assert regions[0] == regions[1] or table == "t" * 60  # which was told another one
    assert {name for name, _ in other.sla.promises.items()} == set(first.sla.promises)


def test_no_policy_denies_either(second: tuple[About, str]) -> None:
    own, _ = second
    outcome = inputs.decide(own.folder, (), policies.released(), engine="embedded", now=NOW)
    assert outcome.outcome == "passed"
    assert outcome.documents == 2


def test_contract_and_model_agree(second: tuple[About, str]) -> None:
    own, table = second
    contract = yaml.safe_load((own.folder / "product" / f"{table}.contract.yaml").read_bytes())
    (model,) = yaml.safe_load((own.folder / f"models/product/{table}.yml").read_bytes())["models"]
    assert model["name"] == table
    assert model["config"]["contract"]["enforced"] is True
    assert [
        (c["name"], c["data_type"], {"type": "not_null"} in c.get("constraints", []))
        for c in model["columns"]
    ] == [(c["name"], c["type"], c["required"]) for c in contract["schema"]]


def test_alerts_and_dashboard_watch_the_second_table(second: tuple[About, str]) -> None:
    own, table = second
    place, full = own.folder / "observability", f"{own.catalog_name}.product.{table}"
    groups = [
        yaml.safe_load((place / name).read_bytes())["groups"][0]
        for name in ("alerts.yaml", f"{table}.alerts.yaml")
    ]
    assert groups[0]["name"] != groups[1]["name"]
    first, other = ({rule["alert"]: rule for rule in group["rules"]} for group in groups)
    assert set(first) == set(other)
    for name, rule in other.items():
        assert f'table="{full}"' in rule["expr"]
        assert rule["labels"] == first[name]["labels"]
    metric = re.compile(r"data_product_\w+")
    boards = [
        json.loads((place / name).read_bytes())
        for name in ("dashboard.json", f"{table}.dashboard.json")
    ]
    assert boards[0]["uid"] != boards[1]["uid"]
    assert len(boards[1]["uid"]) <= 40
    used = [set(metric.findall(json.dumps(board))) for board in boards]
    assert used[0] == used[1]
    assert full in boards[1]["title"]


def test_prometheus_reads_the_alerts_and_they_fire(
    second: tuple[About, str], tmp_path: Path
) -> None:
    promtool = tool("promtool")
    own, table = second
    folder = own.folder / "observability"
    run([promtool, "check", "rules", "alerts.yaml", f"{table}.alerts.yaml"], folder, tmp_path)
    run([promtool, "test", "rules", f"{table}.alerts_test.yaml"], folder, tmp_path)


def test_texts_are_quoted_as_in_the_first_template() -> None:
    quotes = [
        (template.packaged(name) / "quote.jinja").read_text(encoding="utf-8") for name in _TEMPLATES
    ]
    macros = [re.search(r"\[% macro quoted.*?endmacro %\]", text, re.DOTALL) for text in quotes]
    assert macros[0] is not None
    assert macros[1] is not None
    assert macros[0][0] == macros[1][0]


def test_the_template_asks_for_the_same_regions() -> None:
    asked = [
        {question.key: question for question in template.questions(template.packaged(name))}
        for name in _TEMPLATES
    ]
    assert asked[0]["region"].choices == asked[1]["region"].choices
