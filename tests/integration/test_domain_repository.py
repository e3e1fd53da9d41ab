"""The packaged template, rendered: each file is given to whoever reads it, as far as they are here.

A reader that is missing on this machine skips its test and says so. Put opa, promtool, actionlint,
zizmor and dbt on the PATH to run them all.
"""

from __future__ import annotations

import csv
import hashlib
import json
import os
import re
import shutil
import stat
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from platform_cli import template
from platform_cli.errors import PlatformError

pytestmark = pytest.mark.integration

LONGEST = "customer-care-and-more-of-a-very-long-na"
HOSTILE = (
    """Say "hi" & 'bye' <script>alert(1)</script> `x` {{ 7*7 }} ${{ secrets.X }} [[ y ]] [% z %] [[[ w """
    """# a | b *é* _u_ ~s~ \\ \\n $k$ https://evil.example @me :tada: %} {% if %} : - ? ! 😀 --- ==="""
)
LEAST: Mapping[str, Any] = {
    "domain": "loyalty",
    "catalog_name": "loyalty",
    "owner": "@local/loyalty-team",
    "on_call": "loyalty-pager",
    "organisation": "local",
    "platform_team": "@local/platform-team",
    "compliance_team": "@local/data-compliance",
    "cli_source": "platform-cli==0.1.0",
    "profile": "local",
    "python_version": "3.12",
}
RENDERINGS: Mapping[str, Mapping[str, Any]] = {
    "least": LEAST,
    "all": {
        **LEAST,
        "domain": "null",
        "catalog_name": "null",
        "description": HOSTILE,
        "product": "select",
        "region": "US",
        "customer_data": True,
        "lifecycle": "production",
    },
    "hyphen": {**LEAST, "domain": "customer-care", "catalog_name": "customer_care"},
    "longest": {
        **LEAST,
        "domain": LONGEST,
        "catalog_name": LONGEST.replace("-", "_"),
        "on_call": "A rotation with_a name-of sixty characters and not one more",
        "product": "p" * 60,
        "cli_source": 'platform-cli @ file:///opt/wheels/x.whl ; python_version > "3"',
    },
    "elsewhere": {**LEAST, "owner": "@another-org/Team.of_some", "organisation": "another-org"},
    "person": {**LEAST, "owner": "@someone"},
}
FILES = """\
.copier-answers.yml
.editorconfig
.github/CODEOWNERS
.github/dependabot.yml
.github/workflows/ci.yml
.gitignore
.pre-commit-config.yaml
Makefile
README.md
catalog-info.yaml
consumes.yaml
dbt_project.yml
decision-paths/README.md
decision-paths/daily-review.yaml
exceptions/README.md
macros/generate_schema_name.sql
macros/sha256.sql
models/derived/derived_events.sql
models/derived/derived_events.yml
models/product/loyalty_facts.sql
models/product/loyalty_facts.yml
models/raw/raw_events.sql
models/raw/raw_events.yml
observability/README.md
observability/alerts.yaml
observability/alerts_test.yaml
observability/dashboard.json
platform.toml
policies/.manifest
policies/README.md
policies/conftest.toml
policies/mesh/bounded_context/bounded_context.rego
policies/mesh/bounded_context/bounded_context_test.rego
policies/mesh/contract_rules/data.json
policies/mesh/cross_region/cross_region.rego
policies/mesh/cross_region/cross_region_test.rego
policies/mesh/limits/data.json
policies/mesh/pii_masking/pii_masking.rego
policies/mesh/pii_masking/pii_masking_test.rego
policies/mesh/pipelines/pipelines.rego
policies/mesh/pipelines/pipelines_test.rego
policies/mesh/regions/data.json
policies/mesh/retention/retention.rego
policies/mesh/retention/retention_test.rego
policies/mesh/shown/shown.rego
policies/mesh/shown/shown_test.rego
policies/mesh/tag_inheritance/tag_inheritance.rego
policies/mesh/tag_inheritance/tag_inheritance_test.rego
policies/mesh/tags/tags.rego
policies/mesh/tags/tags_test.rego
policies/mesh/transforms/data.json
product.contract.yaml
profiles.yml
requirements.in
requirements.txt
seeds/sample_events.csv
seeds/sample_events.yml
tests/loyalty_facts_grain.sql
"""


@dataclass(frozen=True, slots=True)
class Repository:
    """One rendering: the folder, and what it was rendered with."""

    folder: Path
    data: Mapping[str, Any]
    rendered: template.Rendered

    def text(self, name: str) -> str:
        return (self.folder / name).read_text(encoding="utf-8")

    def yaml(self, name: str) -> Any:
        return yaml.safe_load(self.text(name))

    @property
    def product(self) -> str:
        return str(self.data.get("product", f"{self.data['catalog_name']}_facts"))

    @property
    def table(self) -> str:
        return f"{self.data['catalog_name']}.product.{self.product}"

    @property
    def description(self) -> str:
        return str(self.data.get("description", f"The {self.data['domain']} domain"))


@pytest.fixture(scope="module", params=RENDERINGS)
def repository(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Repository:
    data = RENDERINGS[request.param]
    folder = tmp_path_factory.mktemp(request.param) / "repository"
    return Repository(folder, data, template.render(template.packaged(), data, folder))


@pytest.fixture(scope="module")
def least(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    folder = tmp_path_factory.mktemp("least-alone") / "repository"
    return Repository(folder, LEAST, template.render(template.packaged(), LEAST, folder))


def tool(name: str) -> str:
    """The program's path, in this Python's environment or on the PATH; else the test is skipped."""
    beside = str(Path(sys.executable).parent)
    found = shutil.which(name, path=os.pathsep.join([beside, os.environ.get("PATH", "")]))
    if found is None:
        pytest.skip(f"{name} is not on this machine")
    return found


def run(arguments: list[str], folder: Path, home: Path) -> str:
    """Run a reader with nothing of this machine in its environment; its output."""
    environment = {
        "HOME": str(home),
        "PATH": os.pathsep.join([str(Path(arguments[0]).parent), "/usr/bin", "/bin"]),
        "LC_ALL": "C.UTF-8",
    }
    done = subprocess.run(
        arguments, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{arguments}\n{done.stdout}\n{done.stderr}"
    return done.stdout


# ---- As a whole


def test_the_files_of_a_rendering(least: Repository) -> None:
    assert least.rendered.files == tuple(sorted(FILES.split()))
    found = [p.relative_to(least.folder).as_posix() for p in least.folder.rglob("*") if p.is_file()]
    assert tuple(sorted(found)) == least.rendered.files
    assert re.fullmatch(r"\d+\.\d+\.\d+", least.rendered.version)


def test_rendering_twice_gives_the_same_bytes_and_modes(
    repository: Repository, tmp_path: Path
) -> None:
    again = template.render(template.packaged(), repository.data, tmp_path / "elsewhere" / "again")
    assert again == repository.rendered
    for name in again.files:
        one, other = repository.folder / name, tmp_path / "elsewhere" / "again" / name
        assert one.read_bytes() == other.read_bytes(), name
        assert stat.S_IMODE(one.stat().st_mode) == stat.S_IMODE(other.stat().st_mode) == 0o644


def test_nothing_of_this_machine_is_inside(repository: Repository, tmp_path: Path) -> None:
    paths = {
        str(Path.home()),
        sys.prefix,
        str(template.packaged()),
        str(repository.folder),
        "/tmp/",
    }
    for name in repository.rendered.files:
        text = repository.text(name)
        assert not [path for path in paths if len(path) > 1 and path in text], name


def test_the_answers_say_where_the_repository_comes_from(repository: Repository) -> None:
    said = repository.yaml(".copier-answers.yml")
    assert said.pop("_src_path") == "platform-cli/templates/domain"
    assert said.pop("_commit") == repository.rendered.version
    assert {key: said[key] for key in repository.data} == dict(repository.data)
    declared = {q.key for q in template.questions(template.packaged())} - {"template_version"}
    assert set(said) == declared


@pytest.mark.parametrize("version", ["1.0.0"])
def test_the_shared_rules_are_the_same_in_every_domain(
    repository: Repository, least: Repository, version: str
) -> None:
    """A policy bundle has one digest, so nothing of a domain may stand in it."""
    for name in least.rendered.files:
        if name.startswith("policies/"):
            assert repository.text(name) == least.text(name), name
    assert repository.yaml("policies/.manifest")["revision"] == version


# ---- Who reviews, what is required


def test_code_owners(repository: Repository) -> None:
    lines = [line.split() for line in repository.text(".github/CODEOWNERS").splitlines()]
    assert [line for line in lines if line and line[0] != "#"] == [
        ["*", repository.data["owner"]],
        ["/.github/", "@local/platform-team"],
        ["/policies/", "@local/platform-team"],
        ["/platform.toml", "@local/platform-team"],
        ["/exceptions/", "@local/data-compliance"],
    ]


def test_the_required_checks_are_the_jobs(repository: Repository) -> None:
    workflow = repository.yaml(".github/workflows/ci.yml")
    assert tuple(job["name"] for job in workflow["jobs"].values()) == template.REQUIRED_CHECKS
    assert workflow["permissions"] == {}
    uses = [
        step["uses"] for job in workflow["jobs"].values() for step in job["steps"] if "uses" in step
    ]
    assert uses
    assert all(re.fullmatch(r"actions/[a-z-]+@[0-9a-f]{40}", use) for use in uses)


def test_no_command_is_promised_that_does_not_exist(least: Repository) -> None:
    words = re.compile(r"platform-cli (contract|policy|publish|product)")
    for name in least.rendered.files:
        assert not words.search(least.text(name)), name


def test_the_workflow_passes_strict_linters(repository: Repository, tmp_path: Path) -> None:
    run([tool("actionlint"), "-no-color", ".github/workflows/ci.yml"], repository.folder, tmp_path)


def test_the_workflow_has_no_finding_of_the_strictest_persona(
    least: Repository, tmp_path: Path
) -> None:
    arguments = ["--offline", "--no-progress", "--persona", "auditor", "--collect=all", "."]
    run([tool("zizmor"), *arguments], least.folder, tmp_path)


def test_dependencies_are_pinned_by_hash_and_name_no_index(least: Repository) -> None:
    text = least.text("requirements.txt")
    pinned = re.findall(r"^([a-z0-9-]+)==\S+", text, flags=re.MULTILINE)
    assert {"dbt-core", "dbt-duckdb", "duckdb"} <= set(pinned)
    assert text.count("--hash=sha256:") >= len(pinned)
    assert "://" not in text
    assert "index" not in text.split("\n", 1)[1]


def test_dependabot_waits_seven_days(least: Repository) -> None:
    updates = least.yaml(".github/dependabot.yml")["updates"]
    assert [u["package-ecosystem"] for u in updates] == ["github-actions", "pip", "pre-commit"]
    assert all(u["cooldown"] == {"default-days": 7} for u in updates)


def test_make_lists_its_targets(least: Repository, tmp_path: Path) -> None:
    said = run([tool("make")], least.folder, tmp_path)
    assert [line.split()[0] for line in said.splitlines()] == [
        "help",
        "setup",
        "build",
        "policies",
        "alerts",
        "clean",
    ]


# ---- The contract and the model


def test_the_contract_is_a_draft_whose_only_gaps_are_its_semantics(repository: Repository) -> None:
    contract = repository.yaml("product.contract.yaml")
    assert contract["name"] == repository.table
    assert contract["version"] == "0.1.0"
    assert contract["description"] == repository.description
    assert contract["owner"] == {
        "team": repository.data["owner"],
        "on_call": repository.data["on_call"],
    }
    assert contract["sla"] == {"freshness": "24h", "completeness": "99%", "accuracy": "99%"}
    columns = [column["name"] for column in contract["schema"]]
    semantics = contract.pop("semantics")
    assert semantics.pop("grain") == ["event_id"]
    assert semantics == dict.fromkeys(columns, "TODO")
    assert "TODO" not in json.dumps(contract).replace(repository.description, "")


def test_the_contract_says_what_the_answers_say(repository: Repository) -> None:
    contract = repository.yaml("product.contract.yaml")
    customers = repository.data.get("customer_data", False)
    region = f"region:{repository.data.get('region', 'EU')}"
    assert contract["tags"] == ([region, "customer_data"] if customers else [region])
    assert contract.get("retention_days") == (365 if customers else None)
    masked = {c["name"]: c["mask"] for c in contract["schema"] if "PII" in c.get("tags", [])}
    assert masked == ({"customer_email": "sha256"} if customers else {})


def test_contract_and_model_agree(repository: Repository) -> None:
    promised = repository.yaml("product.contract.yaml")["schema"]
    (model,) = repository.yaml(f"models/product/{repository.product}.yml")["models"]
    assert model["name"] == repository.product
    assert model["config"]["contract"]["enforced"] is True
    assert [
        (c["name"], c["data_type"], {"type": "not_null"} in c.get("constraints", []))
        for c in model["columns"]
    ] == [(c["name"], c["type"], c["required"]) for c in promised]
    query = repository.text(f"models/product/{repository.product}.sql")
    selected = re.findall(r"^    (?:cast\(.* as )?(\w+),?$", query, flags=re.MULTILINE)
    assert selected == [c["name"] for c in promised]
    header = next(csv.reader(repository.text("seeds/sample_events.csv").splitlines()))
    assert header == [c["name"] for c in promised]
    enums = {c["name"]: c["enum"] for c in promised if "enum" in c}
    tested = {
        column["name"]: test["accepted_values"]["arguments"]["values"]
        for column in model["columns"]
        for test in column.get("data_tests", [])
        if "accepted_values" in test
    }
    assert tested == enums


def test_no_credential_stands_in_the_profile(repository: Repository) -> None:
    profile = repository.yaml("profiles.yml")[repository.data["catalog_name"]]
    assert profile["target"] == "dev"
    remote = profile["outputs"]["databricks"]
    for key in ("host", "http_path", "token", "catalog"):
        assert re.match(r"\{\{ env_var\('[A-Z_]+'", remote[key]), key


@pytest.mark.parametrize("options", ["least", "all"])
def test_dbt_builds_out_of_the_box(tmp_path: Path, options: str) -> None:
    dbt, data, folder = tool("dbt"), RENDERINGS[options], tmp_path / "checkout"
    checkout = Repository(folder, data, template.render(template.packaged(), data, folder))
    said = run([dbt, "build", "--no-use-colors"], folder, tmp_path)
    assert "WARN=0 ERROR=0 SKIP=0" in said
    assert "deprecat" not in said.lower()
    shown = ["show", "--no-use-colors", "--quiet", "--output", "json", "--select", checkout.product]
    rows = json.loads(run([dbt, *shown], folder, tmp_path))["show"]
    by_id = {row["event_id"]: row for row in rows}
    assert sorted(by_id) == ["e-001", "e-002", "e-003", "e-004", "e-005"]
    assert by_id["e-003"]["amount"] == 82
    if data.get("customer_data"):
        assert {len(row["customer_email"] or "") for row in rows} == {0, 64}
        assert by_id["e-002"]["customer_email"] == by_id["e-003"]["customer_email"]
    git_ignores = {"target", "logs", f"{data['catalog_name']}_dev.duckdb", ".user.yml"}
    left = {path.name for path in folder.iterdir()}
    assert left - {Path(name).parts[0] for name in checkout.rendered.files} <= git_ignores


# ---- Policies


def test_the_bundle_is_digested(least: Repository) -> None:
    """Sorted paths, each as: path, NUL, length, NUL, bytes; so no two bundles give the same text."""
    bundle = least.folder / "policies"
    digest = hashlib.sha256()
    names = [p.relative_to(bundle).as_posix() for p in bundle.rglob("*") if p.is_file()]
    for name in sorted(names):
        if name != ".manifest":
            content = (bundle / name).read_bytes()
            digest.update(f"{name}\0{len(content)}\0".encode() + content)
    manifest = least.yaml("policies/.manifest")
    assert manifest["metadata"]["digest"] == f"sha256:{digest.hexdigest()}"
    assert manifest["roots"] == ["mesh"]


def test_the_policies_are_checked_formatted_and_wholly_tested(
    least: Repository, tmp_path: Path
) -> None:
    opa = tool("opa")
    run([opa, "check", "--strict", "--bundle", "policies"], least.folder, tmp_path)
    assert run([opa, "fmt", "--diff", "policies"], least.folder, tmp_path) == ""
    run([opa, "test", "--bundle", "policies"], least.folder, tmp_path)
    said = run([opa, "test", "--bundle", "policies", "--coverage"], least.folder, tmp_path)
    assert json.loads(said)["coverage"] == 100


def decisions(opa: str, package: str, document: object, folder: Path, home: Path) -> list[Any]:
    given = home / "input.json"
    given.write_text(json.dumps(document))
    query = ["--format", "json", f"data.mesh.{package}.deny"]
    arguments = ["eval", "--strict-builtin-errors", "--bundle", "policies", "--input", str(given)]
    said = run([opa, *arguments, *query], folder, home)
    found: list[Any] = json.loads(said)["result"][0]["expressions"][0]["value"]
    return found


@pytest.mark.parametrize("package", ["pii_masking", "retention"])
def test_the_contract_passes_the_policies(
    repository: Repository, tmp_path: Path, package: str
) -> None:
    contract = repository.yaml("product.contract.yaml")
    assert decisions(tool("opa"), package, contract, repository.folder, tmp_path) == []


@pytest.mark.parametrize("package", ["pii_masking", "retention"])
def test_the_examples_of_each_policy_are_true(
    least: Repository, tmp_path: Path, package: str
) -> None:
    policy = f"policies/mesh/{package}/{package}.rego"
    said = run(
        [tool("opa"), "inspect", "--annotations", "--format", "json", policy],
        least.folder,
        tmp_path,
    )
    (about,) = [
        a["annotations"]
        for a in json.loads(said)["annotations"]
        if a["annotations"]["scope"] == "package"
    ]
    assert about["title"]
    assert about["description"]
    custom = about["custom"]
    assert custom["id"] == f"mesh.{package}"
    assert custom["severity"] == "deny"
    for key, denied in (("passes", False), ("fails", True)):
        found = decisions(tool("opa"), package, json.loads(custom[key]), least.folder, tmp_path)
        assert bool(found) is denied
        assert all(set(finding) == {"msg", "address"} for finding in found)


# ---- Observability


def test_alerts_watch_what_the_contract_promises(repository: Repository) -> None:
    promised = repository.yaml("product.contract.yaml")["sla"]
    (group,) = repository.yaml("observability/alerts.yaml")["groups"]
    rules = {rule["alert"]: rule for rule in group["rules"]}
    hours = int(promised["freshness"].removesuffix("h"))
    share = int(promised["completeness"].removesuffix("%")) / 100
    assert rules["ProductStale"]["expr"].endswith(f"> {hours} * 3600")
    assert rules["ProductIncomplete"]["expr"].endswith(f"< {share}")
    assert rules["ProductInaccurate"]["expr"].endswith(f"< {share}")
    for rule in rules.values():
        assert f'table="{repository.table}"' in rule["expr"]
        assert rule["labels"]["service"] == rule["labels"]["domain"] == repository.data["domain"]
        assert rule["labels"]["on_call"] == repository.data["on_call"]


def test_the_metrics_are_those_that_the_page_defines(repository: Repository) -> None:
    metric = re.compile(r"data_product_\w+")
    defined = re.findall(
        r"^\| `(data_product_\w+)` \|",
        repository.text("observability/README.md"),
        flags=re.MULTILINE,
    )
    assert len(set(defined)) == len(defined) == 3
    for name in ("alerts.yaml", "alerts_test.yaml", "dashboard.json"):
        assert set(metric.findall(repository.text(f"observability/{name}"))) == set(defined)


def test_the_dashboard_can_be_imported(repository: Repository) -> None:
    board = json.loads(repository.text("observability/dashboard.json"))
    assert len(board["uid"]) <= 40
    assert board["id"] is None
    assert [panel["id"] for panel in board["panels"]] == [1, 2, 3]
    assert {panel["datasource"]["uid"] for panel in board["panels"]} == {"${DS_PROMETHEUS}"}


def test_prometheus_reads_the_alerts_and_they_fire(repository: Repository, tmp_path: Path) -> None:
    promtool, folder = tool("promtool"), repository.folder / "observability"
    run([promtool, "check", "rules", "alerts.yaml"], folder, tmp_path)
    run([promtool, "test", "rules", "alerts_test.yaml"], folder, tmp_path)


# ---- The portal, the settings, the pages


def test_the_portal_finds_the_domain(repository: Repository) -> None:
    entities = list(yaml.safe_load_all(repository.text("catalog-info.yaml")))
    assert [e["kind"] for e in entities] == ["Domain", "System", "Component", "API"]
    owner = str(repository.data["owner"])
    kind, name = ("group", owner.split("/")[1]) if "/" in owner else ("user", owner[1:])
    for entity in entities:
        assert entity["spec"]["owner"] == f"{kind}:default/{name}"
        assert re.fullmatch(
            r"[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?", entity["metadata"]["name"]
        )
    system = entities[1]["metadata"]["name"]
    assert entities[1]["spec"]["domain"] == entities[0]["metadata"]["name"]
    assert {e["spec"]["system"] for e in entities[2:]} == {system}
    assert entities[2]["spec"]["providesApis"] == [entities[3]["metadata"]["name"]]
    assert entities[3]["spec"]["definition"] == {"$text": "./product.contract.yaml"}


def test_platform_toml_has_only_what_a_project_may_say(repository: Repository) -> None:
    said = tomllib.loads(repository.text("platform.toml"))
    assert set(said) == {"domain", "contract"}
    assert said["contract"] == {"paths": ["**/*.contract.yaml"], "dbt": "."}
    assert said["domain"]["name"] == repository.data["domain"]
    assert said["domain"]["description"] == repository.description


def test_the_decision_path_is_filled(repository: Repository) -> None:
    path = repository.yaml("decision-paths/daily-review.yaml")
    assert list(path["signals"]) == ["freshness", "quality", "cost", "usage"]
    assert path["stands_on"] == [{"table": repository.table, "version": "0.1.0"}]
    page = repository.text("decision-paths/README.md")
    assert list(path["readiness"]) == re.findall(r"^\| `(\w+)` \|", page, flags=re.MULTILINE)
    assert len(path["readiness"]) == 7
    for check in path["readiness"].values():
        assert check["owner"].startswith("@")
        assert check["state"] in {"done", "open"}
        assert check["evidence"]


def test_pages_name_files_that_are_there(repository: Repository) -> None:
    for page in [n for n in repository.rendered.files if n.endswith("README.md")]:
        shown = re.findall(r"`([a-z./-]+(?:/|\.(?:yaml|md|toml|json|txt)))`", repository.text(page))
        for name in shown:
            if name not in {
                ".yml",
                "data.mesh",
                "alerts.yaml",
                "alerts_test.yaml",
                "dashboard.json",
            }:
                beside = (repository.folder / page).parent / name
                assert beside.exists() or (repository.folder / name).exists(), f"{page}: {name}"


def shown_as_text(markdown: str) -> str:
    """The first paragraph below the title, as a reader sees it; fails where it is more than text."""
    tokens = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(markdown)
    inline = next(t for t in tokens if t.type == "inline" and t.content.startswith("**What it is."))
    children = (inline.children or [])[4:]
    assert {child.type for child in children} <= {"text", "text_special"}
    return "".join(child.content for child in children)


@given(text=st.text(min_size=1, max_size=80))
@example(text=HOSTILE)
@example(text="]]>[[% [% [[")
@example(text="   # not a title")
@example(text="null")
@example(text="\\")
@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.filter_too_much],
)
def test_any_description_arrives_as_it_was_written(
    text: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    source = template.packaged()
    try:
        asked = template.answers(source, {"description": text})
    except PlatformError:
        assume(False)
    folder = tmp_path_factory.mktemp("any") / "repository"
    done = Repository(folder, LEAST, template.render(source, {**LEAST, **asked}, folder))
    assert done.yaml("product.contract.yaml")["description"] == text
    assert done.yaml(".copier-answers.yml")["description"] == text
    assert tomllib.loads(done.text("platform.toml"))["domain"]["description"] == text
    entities = list(yaml.safe_load_all(done.text("catalog-info.yaml")))
    assert entities[0]["metadata"]["description"] == text
    assert shown_as_text(done.text("README.md")).split() == text.split()
    shutil.rmtree(folder)
