"""What stands in the files of a rendered domain, and that they say the same as one another.

The programs that read them have test_domain_readers.py.
"""

from __future__ import annotations

import csv
import hashlib
import json
import platform
import re
import shutil
import stat
import sys
from pathlib import Path
from typing import Any

import pytest

from platform_cli import template
from tests.integration.domain_rendered import LEAST, Repository, rendered, run, tool

pytestmark = pytest.mark.integration


# ---- As a whole


def test_the_files_of_a_rendering(least: Repository) -> None:
    found = [p.relative_to(least.folder).as_posix() for p in least.folder.rglob("*") if p.is_file()]
    assert tuple(sorted(found)) == least.rendered.files
    assert re.fullmatch(r"\d+\.\d+\.\d+", least.rendered.version)


def test_rendering_twice_gives_the_same_bytes_and_modes(
    repository: Repository, tmp_path: Path
) -> None:
    again = rendered(repository.data, tmp_path / "elsewhere" / "again")
    assert again.rendered == repository.rendered
    for name in again.rendered.files:
        one, other = repository.folder / name, again.folder / name
        assert one.read_bytes() == other.read_bytes(), name
        assert stat.S_IMODE(one.stat().st_mode) == stat.S_IMODE(other.stat().st_mode) == 0o644


_RENDER = """
import json, sys
from pathlib import Path
from platform_cli import policies, template
template.render(template.packaged(), json.loads(sys.argv[1]), Path(sys.argv[2]))
"""


def test_another_machine_renders_the_same(least: Repository, tmp_path: Path) -> None:
    """Another home, time zone, language, order of sets and umask; and no program on the PATH."""
    folder = tmp_path / "deep" / "er"
    other = {"TZ": "Pacific/Chatham", "LC_ALL": "tr_TR.UTF-8", "PYTHONHASHSEED": "7", "PATH": ""}
    words = [sys.executable, "-c", f"import os; os.umask(0o077){_RENDER}"]
    run([*words, json.dumps(dict(LEAST)), folder], tmp_path, tmp_path / "home", more=other)
    for name in least.rendered.files:
        assert (folder / name).read_bytes() == (least.folder / name).read_bytes(), name
        assert stat.S_IMODE((folder / name).stat().st_mode) == 0o644


def test_nothing_of_this_machine_is_inside(repository: Repository, tmp_path: Path) -> None:
    programs = {shutil.which(name) or "" for name in ("git", "opa", "dbt", "promtool", "node")}
    here = {str(Path.home()), sys.prefix, sys.executable, str(template.packaged()), "/tmp/"}
    here |= {str(repository.folder), str(Path(__file__).parents[2]), platform.node(), *programs}
    for name in repository.rendered.files:
        text = repository.text(name)
        assert not [word for word in here if len(word) > 4 and word in text], name


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


# ---- The contract and the model


def test_the_contract_is_a_draft_whose_only_gaps_are_its_semantics(repository: Repository) -> None:
    contract = repository.yaml("product.contract.yaml")
    assert contract["name"] == repository.table
    assert contract["version"] == "0.1.0"
    assert contract["description"] == repository.description
    owner = str(repository.data["owner"])
    assert contract["owner"] == {
        "team": owner if "/" in owner else f"user:{owner}",
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
