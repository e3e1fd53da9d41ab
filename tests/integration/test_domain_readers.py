"""Each rendering, given to the programs that its files are for: they accept it and do their work.

Static ones run on every rendering; dbt builds all of them in one process, because loading it is
what takes the time.
"""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from tests.integration.domain_rendered import RENDERINGS, Repository, rendered, run, tool, tools

pytestmark = pytest.mark.integration

PORTAL = Path(__file__).with_name("portal.cjs")


# ---- The workflow


def test_actionlint_accepts_the_workflow(repository: Repository, tmp_path: Path) -> None:
    run([tool("actionlint"), "-no-color", ".github/workflows/ci.yml"], repository.folder, tmp_path)


def test_zizmor_finds_nothing_at_its_strictest(repository: Repository, tmp_path: Path) -> None:
    arguments = ["--offline", "--no-progress", "--persona", "auditor", "--collect=all", "."]
    said = run([tool("zizmor"), *arguments], repository.folder, tmp_path)
    assert "No findings" in said


def test_zizmor_is_asked_in_earnest(least: Repository, tmp_path: Path) -> None:
    """The same call finds what is wrong with a workflow that is wrong."""
    folder = tmp_path / "wrong"
    shutil.copytree(least.folder / ".github", folder / ".github")
    workflow = folder / ".github/workflows/ci.yml"
    text = workflow.read_text(encoding="utf-8")
    workflow.write_text(text.replace("persist-credentials: false", "persist-credentials: true"))
    arguments = ["--offline", "--no-progress", "--persona", "auditor", "--collect=all", "."]
    assert "artipacked" in run([tool("zizmor"), *arguments], folder, tmp_path, status=13)


# ---- Observability


def test_prometheus_reads_the_alerts_and_they_fire(repository: Repository, tmp_path: Path) -> None:
    promtool, folder = tool("promtool"), repository.folder / "observability"
    assert "4 rules found" in run([promtool, "check", "rules", "alerts.yaml"], folder, tmp_path)
    run([promtool, "test", "rules", "alerts_test.yaml"], folder, tmp_path)


@pytest.mark.parametrize(
    ("alert", "rule", "looser"),
    [
        ("ProductStale", "> 24 * 3600", "> 48 * 3600"),
        (
            "ProductIncomplete",
            'completeness_ratio{table="loyalty.product.loyalty_facts"} < 0.99',
            "",
        ),
        ("ProductInaccurate", 'accuracy_ratio{table="loyalty.product.loyalty_facts"} < 0.99', ""),
        ("ProductUnobserved", "for: 1h", "for: 2h"),
    ],
)
def test_the_alerts_tests_notice_a_limit_that_was_loosened(
    least: Repository, tmp_path: Path, alert: str, rule: str, looser: str
) -> None:
    folder = tmp_path / "observability"
    shutil.copytree(least.folder / "observability", folder)
    text = least.text("observability/alerts.yaml")
    assert rule in text
    changed = text.replace(rule, looser or rule.replace("0.99", "0.4"))
    (folder / "alerts.yaml").write_text(changed, encoding="utf-8")
    promtool = tool("promtool")
    said = run(
        [promtool, "test", "rules", "alerts_test.yaml"], folder, tmp_path, status=1, both=True
    )
    assert f"alertname: {alert}" in said


# ---- The portal


def entities(repository: Repository) -> list[dict[str, Any]]:
    """The portal's entities, each placeholder replaced by its file's text, as Backstage does."""
    found: list[dict[str, Any]] = list(yaml.safe_load_all(repository.text("catalog-info.yaml")))
    for entity in found:
        definition = entity["spec"].get("definition")
        if definition is not None:
            assert set(definition) == {"$text"}
            entity["spec"]["definition"] = repository.text(definition["$text"].removeprefix("./"))
    return found


def wrong_with(found: list[dict[str, Any]], home: Path) -> str:
    """What Backstage's own model says."""
    place = tools()
    if place is None or not (place / "portal" / "node_modules").is_dir():
        pytest.skip("@backstage/catalog-model is not here: .ci/tools fetches it")
    modules = {"NODE_PATH": str(place / "portal" / "node_modules")}
    return run([tool("node"), PORTAL], home, home, given=json.dumps(found), more=modules)


def test_backstage_accepts_the_entities(repository: Repository, tmp_path: Path) -> None:
    assert wrong_with(entities(repository), tmp_path) == ""


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda one: one[0]["metadata"].update(name="a b"), "domain:default/a b"),
        (lambda one: one[1]["spec"].update(owner=""), "owner"),
        (lambda one: one[2]["spec"].pop("lifecycle"), "lifecycle"),
        (lambda one: one[3]["spec"].update(system="loyalty-data"), "which is not here"),
        (lambda one: one[0].update(more=1), "additional properties"),
    ],
)
def test_backstage_is_asked_in_earnest(
    least: Repository, tmp_path: Path, spoil: Callable[[list[dict[str, Any]]], object], says: str
) -> None:
    found = entities(least)
    spoil(found)
    assert says in wrong_with(found, tmp_path)


# ---- dbt

# One adapter keeps one database for its process, so each folder is a child of the loaded dbt.
_EACH = """
import json, os, sys
from dbt.cli.main import dbtRunner

for folder in sys.argv[2:]:
    child = os.fork()
    if not child:
        os.chdir(folder)
        done = dbtRunner().invoke([*json.loads(sys.argv[1]), "--no-use-colors"])
        print(done.exception or "", flush=True)
        sys.exit(0 if done.success else 1)
    if os.waitpid(child, 0)[1]:
        sys.exit(f"dbt fails in {folder}")
"""


def each(python: str, words: list[str], home: Path, more: Mapping[str, str]) -> dict[str, Path]:
    """Run dbt on every rendering, loaded once; the folders by the renderings' names."""
    folders = {name: home / name for name in RENDERINGS if name != "person"}  # dbt has no owners
    for name, folder in folders.items():
        rendered(RENDERINGS[name], folder)
    arguments = [python, "-c", _EACH, json.dumps(words), *map(str, folders.values())]
    said = run(arguments, home, home, more=more)
    assert "deprecat" not in said.lower()
    return folders


def test_dbt_builds_every_rendering_on_duckdb(tmp_path: Path) -> None:
    tool("dbt")
    duckdb = pytest.importorskip("duckdb", reason="dbt-duckdb comes with the extra `local`")
    folders = each(sys.executable, ["build"], tmp_path, {})
    for name, folder in folders.items():
        data = RENDERINGS[name]
        catalog = data["catalog_name"]
        product = data.get("product", f"{catalog}_facts")
        with duckdb.connect(str(folder / f"{catalog}_dev.duckdb"), read_only=True) as database:
            found = database.table(f'product."{product}"').order("event_id")
            rows = [dict(zip(found.columns, row, strict=True)) for row in found.fetchall()]
            schemas = database.sql("select distinct table_schema from information_schema.tables")
            assert {schema for (schema,) in schemas.fetchall()} == {"raw", "derived", "product"}
        assert [row["event_id"] for row in rows] == ["e-001", "e-002", "e-003", "e-004", "e-005"]
        assert rows[2]["amount"] == 82
        if data.get("customer_data"):
            assert {len(row["customer_email"] or "") for row in rows} == {0, 64}
            assert rows[1]["customer_email"] == rows[2]["customer_email"]
        left = {path.name for path in folder.iterdir()}
        ignored = {"target", "logs", f"{catalog}_dev.duckdb", ".user.yml"}
        fresh = rendered(data, tmp_path / "fresh" / name)
        assert left - {Path(file).parts[0] for file in fresh.rendered.files} <= ignored


def test_dbt_reads_every_rendering_for_databricks(tmp_path: Path) -> None:
    python = tool("python", inside="databricks/bin")
    environment = {
        "DATABRICKS_HOST": "https://workspace.example.com",
        "DATABRICKS_HTTP_PATH": "/sql/1.0/warehouses/0123456789abcdef",
        "DATABRICKS_TOKEN": "none",
    }
    folders = each(python, ["parse", "--target", "databricks"], tmp_path, environment)
    for name, folder in folders.items():
        manifest = json.loads((folder / "target" / "manifest.json").read_text(encoding="utf-8"))
        assert manifest["metadata"]["adapter_type"] == "databricks"
        catalog = RENDERINGS[name]["catalog_name"]
        places = {
            (node["database"], node["schema"])
            for node in manifest["nodes"].values()
            if node["resource_type"] == "model"
        }
        assert places == {(catalog, tier) for tier in ("raw", "derived", "product")}


def test_the_databricks_profile_is_whole_and_has_no_credential(repository: Repository) -> None:
    """What can be said of the target where its adapter is not here."""
    profile = repository.yaml("profiles.yml")[repository.data["catalog_name"]]
    assert profile["target"] == "dev"
    remote = profile["outputs"]["databricks"]
    assert set(remote) == {"type", "host", "http_path", "token", "catalog", "schema", "threads"}
    for key in ("host", "http_path", "token", "catalog"):
        assert remote[key].startswith("{{ env_var('"), key


# ---- Policies


def test_opa_checks_formats_and_wholly_tests_the_policies(
    least: Repository, tmp_path: Path
) -> None:
    opa = tool("opa")
    run([opa, "check", "--strict", "--bundle", "policies"], least.folder, tmp_path)
    assert run([opa, "fmt", "--diff", "policies"], least.folder, tmp_path) == ""
    run([opa, "test", "--bundle", "policies"], least.folder, tmp_path)
    said = run([opa, "test", "--bundle", "policies", "--coverage"], least.folder, tmp_path)
    assert json.loads(said)["coverage"] == 100


# ---- Files whose readers are services: their published shapes, written down by hand

_TEXT: Mapping[str, Any] = {"type": "string", "minLength": 1}
_TEXTS: Mapping[str, Any] = {"type": "array", "items": _TEXT, "minItems": 1}
_GROUP: Mapping[str, Any] = {
    "type": "object",
    "required": ["patterns"],
    "properties": {"patterns": _TEXTS},
    "additionalProperties": False,
}
DEPENDABOT: Mapping[str, Any] = {
    "type": "object",
    "required": ["version", "updates"],
    "additionalProperties": False,
    "properties": {
        "version": {"const": 2},
        "updates": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "required": ["package-ecosystem", "directory", "schedule", "cooldown"],
                "additionalProperties": False,
                "properties": {
                    "package-ecosystem": {"enum": ["github-actions", "pip", "pre-commit"]},
                    "directory": {"type": "string", "pattern": "^/"},
                    "schedule": {
                        "type": "object",
                        "required": ["interval"],
                        "additionalProperties": False,
                        "properties": {"interval": {"enum": ["daily", "weekly", "monthly"]}},
                    },
                    "cooldown": {
                        "type": "object",
                        "required": ["default-days"],
                        "additionalProperties": False,
                        "properties": {
                            "default-days": {"type": "integer", "minimum": 7, "maximum": 90}
                        },
                    },
                    "groups": {"type": "object", "additionalProperties": _GROUP},
                },
            },
        },
    },
}
_HOOK: Mapping[str, Any] = {
    "type": "object",
    "required": ["id"],
    "additionalProperties": False,
    "properties": {
        "id": _TEXT,
        "name": _TEXT,
        "entry": _TEXT,
        "language": {"const": "system"},
        "files": {"type": "string", "format": "regex"},
        "exclude": {"type": "string", "format": "regex"},
        "args": _TEXTS,
        "pass_filenames": {"type": "boolean"},
    },
}
PRE_COMMIT: Mapping[str, Any] = {
    "type": "object",
    "required": ["repos"],
    "additionalProperties": False,
    "properties": {
        "repos": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "required": ["repo", "hooks"],
                "additionalProperties": False,
                "properties": {
                    "repo": _TEXT,
                    "rev": {"type": "string", "pattern": "^[0-9a-f]{40}$"},
                    "hooks": {"type": "array", "items": _HOOK, "minItems": 1},
                },
                "if": {"properties": {"repo": {"const": "local"}}},
                "then": {
                    "not": {"required": ["rev"]},
                    "properties": {"hooks": {"items": {"required": ["name", "entry", "language"]}}},
                },
                "else": {"required": ["rev"]},
            },
        }
    },
}
_PANEL: Mapping[str, Any] = {
    "type": "object",
    "required": ["id", "type", "title", "datasource", "gridPos", "targets"],
    "properties": {
        "type": {"enum": ["stat", "timeseries"]},
        "gridPos": {
            "type": "object",
            "required": ["h", "w", "x", "y"],
            "properties": {
                "w": {"maximum": 24, "minimum": 1},
                "x": {"maximum": 23, "minimum": 0},
            },
        },
        "targets": {"items": {"required": ["refId", "expr"]}, "minItems": 1},
    },
}
DASHBOARD: Mapping[str, Any] = {
    "type": "object",
    "required": ["__inputs", "id", "uid", "title", "schemaVersion", "panels", "time"],
    "properties": {
        "id": {"type": "null"},
        "uid": {"type": "string", "pattern": "^[A-Za-z0-9_-]{1,40}$"},
        "title": _TEXT,
        "schemaVersion": {"type": "integer", "minimum": 36},
        "panels": {"type": "array", "items": _PANEL, "minItems": 3},
    },
}


@pytest.mark.parametrize(
    ("name", "schema"),
    [
        (".github/dependabot.yml", DEPENDABOT),
        (".pre-commit-config.yaml", PRE_COMMIT),
        ("observability/dashboard.json", DASHBOARD),
    ],
)
def test_services_can_read_their_files(
    repository: Repository, name: str, schema: Mapping[str, Any]
) -> None:
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema).validate(repository.yaml(name))


def test_an_editor_accepts_the_contract_by_the_schema_it_names(repository: Repository) -> None:
    first, *_ = repository.text("product.contract.yaml").splitlines()
    said, _, name = first.partition("$schema=")
    assert said == "# yaml-language-server: "
    schema = json.loads(repository.text(name))
    Draft202012Validator.check_schema(schema)
    contract = repository.yaml("product.contract.yaml")
    Draft202012Validator(schema).validate(contract)
    assert not Draft202012Validator(schema).is_valid({**contract, "sla": {"freshness": "soon"}})


def test_the_hooks_would_change_nothing(repository: Repository) -> None:
    """end-of-file-fixer and trailing-whitespace, as .pre-commit-config.yaml asks for them."""
    for name in repository.rendered.files:
        if name.startswith("policies/"):
            continue
        text = repository.text(name)
        assert text.endswith("\n"), name
        assert not text.endswith("\n\n"), name
        if not name.endswith(".md"):
            assert not [line for line in text.splitlines() if line != line.rstrip()], name
