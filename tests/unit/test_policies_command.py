"""`platform-cli policy …` and what it gathers from a repository."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from platform_cli import policies
from platform_cli.cli import app
from platform_cli.domain_repo.inputs import from_file, gather
from platform_cli.errors import PlatformError

CONTRACT = """\
name: orders.product.customers
version: "1.0.0"
schema:
  - name: email
    type: string
    tags: [PII]
    mask: sha256
"""
Run = Callable[..., tuple[int, str]]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    monkeypatch.setenv("PLATFORM_HOME", str(tmp_path / "home"))

    def called(*argv: str | Path) -> tuple[int, str]:
        code = app.run(["policy", *(str(word) for word in argv)])
        said = capsys.readouterr()
        return code, said.out + said.err

    return called


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    place = tmp_path / "loyalty"
    place.mkdir()
    (place / "product.contract.yaml").write_text(CONTRACT, encoding="utf-8")
    policies.sync(place, policies.released())
    return place


def embedded(*argv: str | Path) -> tuple[str | Path, ...]:
    return (*argv, "--engine", "embedded")


def test_a_repository_that_passes(run: Run, repository: Path) -> None:
    code, said = run(*embedded("check", repository))
    assert code == 0
    assert "passed: 1 document, 0 denials, 0 warnings." in said


def test_a_denial_names_the_thing_the_place_and_the_way_out(run: Run, repository: Path) -> None:
    contract = repository / "product.contract.yaml"
    contract.write_text(CONTRACT.replace("    mask: sha256\n", ""), encoding="utf-8")
    code, said = run(*embedded("check", repository))
    assert code == 5
    words = " ".join(said.split())
    assert "deny mesh.pii_masking product.contract.yaml schema.email" in words
    assert "column email is tagged PII but has no mask: directive" in words
    assert "Give the column a mask" in words
    assert "see policies/mesh/pii_masking/pii_masking.rego" in words
    code, said = run(*embedded("check", repository, "--format", "json"))
    document = json.loads(said)
    assert (code, document["outcome"], document["schema"]) == (
        5,
        "denied",
        "platform-cli/policy-check/1",
    )


def test_a_changed_copy_does_not_change_what_is_decided(run: Run, repository: Path) -> None:
    for path in (repository / "policies").rglob("*.rego"):
        path.write_text("package nothing\n", encoding="utf-8")
    contract = repository / "product.contract.yaml"
    contract.write_text(CONTRACT.replace("sha256", "none"), encoding="utf-8")
    code, said = run(*embedded("check", repository, "--format", "json"))
    found = {(d["policy"], d["address"]) for d in json.loads(said)["decisions"]}
    assert code == 5
    assert ("mesh.pii_masking", "schema.email") in found
    assert ("platform.bundle", "policies/mesh/retention/retention.rego") in found


def test_a_file_alone(run: Run, tmp_path: Path) -> None:
    document = tmp_path / "x.json"
    document.write_text('{"kind": "lineage", "columns": null}', encoding="utf-8")
    code, said = run(*embedded("check", "--input", document, "--format", "json"))
    assert code == 5
    assert [d["address"] for d in json.loads(said)["decisions"]] == ["columns"]


def test_an_unknown_kind_is_an_error(run: Run, tmp_path: Path) -> None:
    document = tmp_path / "x.json"
    document.write_text('{"kind": "unheard"}', encoding="utf-8")
    code, said = run(*embedded("check", "--input", document, "--format", "json"))
    assert (code, json.loads(said)["code"]) == (1, "PLT-POLICY-004")


def test_what_is_not_there_is_a_wrong_line(run: Run, tmp_path: Path) -> None:
    for argv in (
        ("check", tmp_path / "none"),
        ("check", "--input", tmp_path / "none"),
        ("sync", tmp_path / "none"),
        ("exceptions", tmp_path / "none"),
    ):
        code, said = run(*argv)
        assert (code, "PLT-POLICY-007" in said) == (2, True)
    assert run("check", tmp_path, "--engine", "none")[0] == 2


def test_names_from_outside_begin_no_line_of_ours(run: Run, tmp_path: Path) -> None:
    document = tmp_path / "x.json"
    name = "a\npassed: 1 document\x1b[2J"
    document.write_text(
        json.dumps({"name": "a.product.b", "schema": [{"name": name, "mask": "x"}]}),
        encoding="utf-8",
    )
    _, said = run(*embedded("check", "--input", document))
    assert "\x1b" not in said
    assert not any(line.startswith("passed") for line in said.splitlines())


PIPELINE: dict[str, Any] = {
    "kind": "pipeline",
    "name": "marketing.derived.p",
    "domain": "marketing",
    "compute_region": "us-east-1",
    "reads": [
        {
            "name": "orders.product.t",
            "domain": "orders",
            "tier": "product",
            "table": "t",
            "tags": ["region:EU"],
        }
    ],
}


def test_an_exception_of_the_repository_waives(run: Run, repository: Path) -> None:
    (repository / "pipelines").mkdir()
    (repository / "pipelines" / "p.pipeline.json").write_text(
        json.dumps(PIPELINE), encoding="utf-8"
    )
    assert run(*embedded("check", repository))[0] == 5
    today = datetime.now(tz=UTC).date().isoformat()
    (repository / "exceptions").mkdir()
    given = repository / "exceptions" / "p.yaml"
    given.write_text(
        f"policy: mesh.cross_region\nresource: orders.product.t\nreason: It moves.\n"
        f"granted_by: '@compliance'\ngranted_on: {today}\nexpires: {today}\n",
        encoding="utf-8",
    )
    code, said = run(*embedded("check", repository))
    assert code == 0
    assert f"waived until {today}" in " ".join(said.split())
    assert "1 of them waived" in said
    code, said = run("exceptions", repository)
    assert code == 0
    assert "mesh.cross_region orders.product.t: 0 days left" in said
    given.write_text(given.read_text(encoding="utf-8").replace("It moves.", ""), encoding="utf-8")
    code, said = run(*embedded("check", repository))
    assert (code, "PLT-POLICY-005" in said) == (1, True)


def test_no_exceptions(run: Run, repository: Path) -> None:
    assert run("exceptions", repository) == (0, "There are no exceptions.\n")


def test_the_tests_of_the_bundle(run: Run, tmp_path: Path) -> None:
    code, said = run(*embedded("test", "--format", "json"))
    document = json.loads(said)
    assert (code, document["outcome"], document["coverage"]) == (0, "passed", 100)
    policies.sync(tmp_path, policies.released())
    broken = tmp_path / "policies/mesh/limits/data.json"
    broken.write_text(broken.read_text(encoding="utf-8").replace("730", "731"), encoding="utf-8")
    code, said = run(*embedded("test", tmp_path / "policies"))
    assert code == 1
    assert "failed data.mesh.retention_test.test_a_retention_above_the_limit_is_denied" in said


def test_a_policy_is_explained(run: Run) -> None:
    code, said = run("explain", "mesh.retention")
    assert code == 0
    for word in ("way out", "Passes", "Is denied", "customer_data", "exceptions"):
        assert word in said
    code, said = run("explain", "retention", "--format", "json")
    assert json.loads(said)["policy"] == "mesh.retention"
    assert run("explain", "unheard")[0] == 2


def test_the_bundle_is_written(run: Run, tmp_path: Path) -> None:
    first, second = tmp_path / "1.tar.gz", tmp_path / "2.tar.gz"
    code, said = run("bundle", "--output", first, "--format", "json")
    assert code == 0
    assert json.loads(said)["digest"] == policies.released().digest
    run("bundle", "--output", second)
    assert first.read_bytes() == second.read_bytes()


def test_an_organisation_s_own_bundle_is_used(run: Run, tmp_path: Path, repository: Path) -> None:
    own = tmp_path / "own"
    policies.sync(own, policies.released())
    limits = own / "policies/mesh/limits/data.json"
    limits.write_text(
        limits.read_text(encoding="utf-8").replace('"sha256", ', ""), encoding="utf-8"
    )
    archive = tmp_path / "own.tar.gz"
    code, _ = run(
        "bundle",
        own / "policies",
        "--version",
        "acme-1",
        "--required-from",
        "2027-01-01",
        "--output",
        archive,
    )
    assert code == 0
    (config := tmp_path / "config.toml").write_text(
        f"policy.bundle = {str(archive)!r}\n", encoding="utf-8"
    )
    code, said = run(*embedded("check", repository, "--config", config, "--format", "json"))
    document = json.loads(said)
    assert (code, document["bundle"]["version"]) == (5, "acme-1")
    assert {d["policy"] for d in document["decisions"]} == {"mesh.pii_masking", "platform.bundle"}
    run("sync", repository, "--config", config)
    assert (repository / "policies/.manifest").read_bytes() == (
        own / "policies/.manifest"
    ).read_bytes()


def test_sync_says_what_it_does(run: Run, repository: Path) -> None:
    (repository / "policies/x").touch()
    code, said = run("sync", repository, "--dry-run")
    assert (code, "would remove policies/x" in said, "is not yet" in said) == (0, True, True)
    code, said = run("sync", repository, "--format", "json")
    assert json.loads(said)["changes"] == [{"path": "x", "difference": "added"}]
    assert (
        run("sync", repository)[1] == f"policies/ is the release {policies.released().version}.\n"
    )


# ---- What is gathered


def test_every_contract_pipeline_and_lineage_counts(tmp_path: Path) -> None:
    for name in (
        "product.contract.yaml",
        "deep/er/x.contract.yaml",
        ".hidden/x.contract.yaml",
        "target/x.contract.yaml",
        "X.CONTRACT.YAML",
        "a.pipeline.json",
        "a.pipeline.yaml",
        "a.lineage.json",
        "a.lineage.yaml",
        ".git/x.contract.yaml",
        "contract.yaml",
        "a.contract.yaml.bak",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("{}", encoding="utf-8")
    assert [(d.path, d.expected) for d in gather(tmp_path)] == [
        (".hidden/x.contract.yaml", "contract"),
        ("X.CONTRACT.YAML", "contract"),
        ("a.lineage.json", "lineage"),
        ("a.lineage.yaml", "lineage"),
        ("a.pipeline.json", "pipeline"),
        ("a.pipeline.yaml", "pipeline"),
        ("deep/er/x.contract.yaml", "contract"),
        ("product.contract.yaml", "contract"),
        ("target/x.contract.yaml", "contract"),
    ]


def test_what_is_no_file_is_a_document_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "outside").write_text(CONTRACT, encoding="utf-8")
    place = tmp_path / "repository"
    place.mkdir()
    (place / "a.contract.yaml").symlink_to(tmp_path / "outside")
    (place / "b.contract.yaml").mkdir()
    (place / "c.contract.yaml").write_bytes(b"\xff")
    assert [(d.path, d.content) for d in gather(place)] == [
        ("a.contract.yaml", None),
        ("b.contract.yaml", None),
        ("c.contract.yaml", None),
    ]
    assert all(d.unreadable for d in gather(place))


def test_a_folder_that_is_linked_is_not_entered(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere/x.contract.yaml").touch()
    (tmp_path / "repository").mkdir()
    (tmp_path / "repository/linked").symlink_to(tmp_path / "elsewhere")
    assert gather(tmp_path / "repository") == ()


def test_a_file_that_is_named_is_read_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "a.pipeline.json").write_text("{}", encoding="utf-8")
    assert from_file(tmp_path / "a.pipeline.json").expected == "pipeline"
    with pytest.raises(PlatformError) as raised:
        from_file(tmp_path / "none.json")
    assert raised.value.code == "PLT-POLICY-007"
