"""Each day-one check fails when the world is broken in its way, says so, and passes after the mend.

Real embedded providers, real git. The build is dbt's own, so it is real in its own test alone.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from platform_cli.cli.app import run
from platform_cli.providers.catalog.local import LocalCatalog
from platform_cli.providers.catalog.port import EVERYONE
from platform_cli.providers.forge.local import LocalForge
from platform_cli.providers.forge.port import Build

BESIDE_PYTHON = str(Path(sys.executable).parent)
DBT = shutil.which("dbt", path=os.pathsep.join((BESIDE_PYTHON, os.environ["PATH"])))
INIT = ["init", "loyalty", "--owner", "@loyalty-team", "--on-call", "loyalty-pager"]
GREEN = Build("green", "nothing: the build has a test of its own", "green")


@dataclass(slots=True)
class Platform:
    """One PLATFORM_HOME with the domain loyalty in it."""

    home: Path
    capture: pytest.CaptureFixture[str]

    def call(self, *argv: str) -> tuple[int, dict[str, Any]]:
        code = run([*argv, "--format", "json", "--quiet"])
        return code, json.loads(self.capture.readouterr().out)

    def verify(self) -> tuple[int, dict[str, dict[str, Any]]]:
        code, told = self.call("verify", "loyalty", "--trials")
        return code, {check["id"]: check for check in told["checks"]}

    def commit(self, edit: Callable[[Path], object]) -> None:
        """Change `main` as a person would."""
        clone = self.home.parent / "clone"
        shutil.rmtree(clone, ignore_errors=True)
        url = str(self.home / "forge" / "local" / "loyalty" / "loyalty.git")
        identity = ["-c", "user.name=Ann", "-c", "user.email=ann@example.org"]
        git("clone", "--quiet", url, str(clone))
        edit(clone)
        git("-C", str(clone), "add", "--all")
        git("-C", str(clone), *identity, "commit", "--quiet", "--message", "A change")
        git("-C", str(clone), "push", "--quiet", "origin", "main")

    def take_back(self) -> None:
        """Undo the last commit on `main`."""
        bare = self.home / "forge" / "local" / "loyalty" / "loyalty.git"
        git("-C", str(bare), "update-ref", "refs/heads/main", "refs/heads/main~1")


def git(*argv: str) -> None:
    subprocess.run(["git", *argv], check=True, capture_output=True)


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished domain, made once and copied for each test."""
    home = tmp_path_factory.mktemp("finished") / "home"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PLATFORM_HOME", str(home))
        patch.setenv("XDG_CONFIG_HOME", str(home.parent / "config"))
        patch.setattr(LocalForge, "build", lambda *_: GREEN)
        assert run([*INIT, "--quiet"]) == 0
    return home


@pytest.fixture
def platform(
    finished: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Platform:
    home = tmp_path / "home"
    shutil.copytree(finished, home, symlinks=True)
    monkeypatch.setenv("PLATFORM_HOME", str(home))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setattr(LocalForge, "build", lambda *_: GREEN)
    return Platform(home, capsys)


def test_a_finished_domain_is_ready_and_nothing_is_left_of_the_trial(platform: Platform) -> None:
    code, told = platform.call(*INIT)
    assert (code, told["outcome"], told["mutating_calls"]) == (0, "ready", 0)
    assert {check["status"] for check in told["checks"]} == {"passed"}
    bare = platform.home / "forge" / "local" / "loyalty" / "loyalty.git"
    branches = subprocess.run(
        ["git", "-C", str(bare), "branch", "--format=%(refname:short)"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    assert branches == ["main"]
    code, status = platform.call("status", "loyalty")
    assert code == 0
    pages = [r for r in status["domains"][0]["resources"] if r["kind"] == "page"]
    assert [page["differs"].split(",")[0] for page in pages] == ["resolved"]


def test_a_trial_that_a_kill_left_is_swept_although_its_onboarding_was_closed(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Cut(BaseException):
        """Stands for SIGKILL: nothing of ours runs after it."""

    def cut(*_: object) -> None:
        raise Cut

    with monkeypatch.context() as patch:
        patch.setattr(LocalForge, "close_pull_request", cut)
        with pytest.raises(Cut):
            platform.verify()
    assert platform.call("journal", "close", "loyalty", "--reason", "a typo")[0] == 0
    code, told = platform.call(*INIT)
    assert (code, told["outcome"]) == (0, "ready")
    folder = platform.home / "forge" / "local" / "loyalty"
    heads = folder / "loyalty.git" / "refs" / "heads"
    assert [path.name for path in heads.iterdir()] == ["main"]
    assert '"open": true' not in (folder / "pull_requests.json").read_text(encoding="utf-8")
    assert '"triggered"' not in (platform.home / "pager" / "pager.json").read_text(encoding="utf-8")
    code, told = platform.call(*INIT)
    assert (code, told["mutating_calls"]) == (0, 0)


def test_verify_reads_only(platform: Platform) -> None:
    before = {p: p.read_bytes() for p in platform.home.rglob("*") if p.is_file()}
    code, told = platform.call("verify", "loyalty")
    assert code == 0
    assert told["schema"] == "platform-cli/verify/1"
    not_run = {check["id"] for check in told["checks"] if check["status"] == "not-run"}
    assert not_run == {"codeowners", "policy", "oncall"}
    assert {p: p.read_bytes() for p in platform.home.rglob("*") if p.is_file()} == before


def _codeowners(clone: Path) -> None:
    path = clone / ".github" / "CODEOWNERS"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("@local/loyalty-team", "@local/platform-team"), encoding="utf-8")


def _contract(clone: Path) -> None:
    path = clone / "product.contract.yaml"
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join(line for line in lines if not line.startswith("version:")))


def _policies(clone: Path) -> None:
    path = next((clone / "policies").rglob("pii_masking.rego"))
    path.write_text("package mesh.pii_masking\n", encoding="utf-8")


@pytest.mark.parametrize(
    ("check", "edit", "says"),
    [
        ("codeowners", _codeowners, "@local/loyalty-team"),
        ("contract", _contract, "version"),
        ("policy", _policies, "pii_masking.rego"),
    ],
)
def test_a_bad_commit_fails_its_check_until_it_is_taken_back(
    platform: Platform, check: str, edit: Callable[[Path], object], says: str
) -> None:
    platform.commit(edit)
    code, checks = platform.verify()
    assert code == 5
    assert checks[check]["status"] == "failed"
    assert says in checks[check]["saw"] + str(checks[check]["next"])
    assert checks[check]["next"]
    platform.take_back()
    code, checks = platform.verify()
    assert (code, checks[check]["status"]) == (0, "passed")


def test_an_outsider_who_reads_raw_fails_the_catalog_until_init_mends_it(
    platform: Platform,
) -> None:
    LocalCatalog(platform.home / "catalog").grant("loyalty", "raw", EVERYONE, "read")
    code, told = platform.call("verify", "loyalty")
    assert (code, told["error"]["code"]) == (5, "PLT-CHECK-001")
    assert "raw" in told["error"]["summary"]
    code, told = platform.call(*INIT)
    assert (code, told["mutating_calls"]) == (0, 1)
    code, checks = platform.verify()
    assert (code, checks["catalog"]["status"]) == (0, "passed")


def test_a_trial_is_not_opened_in_a_repository_that_is_somebody_elses_by_now(
    platform: Platform,
) -> None:
    folder = platform.home / "forge" / "local" / "loyalty"
    (folder / "repository.json").unlink()
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    code, checks = platform.verify()
    assert code == 5
    for check in ("codeowners", "policy"):
        assert "not ours" in checks[check]["saw"]
        assert checks[check]["next"]
    assert checks["oncall"]["status"] == "passed"
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before


def test_a_page_is_not_sent_to_a_service_that_is_somebody_elses_by_now(
    platform: Platform,
) -> None:
    path = platform.home / "pager" / "pager.json"
    document = json.loads(path.read_text(encoding="utf-8"))
    document["services"][0] |= {"id": "somebody-elses", "marker": None}
    path.write_text(json.dumps(document), encoding="utf-8")
    code, checks = platform.verify()
    assert (code, checks["oncall"]["status"]) == (5, "failed")
    assert "not ours" in checks["oncall"]["saw"]
    assert checks["codeowners"]["status"] == "passed"
    assert json.loads(path.read_text(encoding="utf-8")) == document


def _contacts(home: Path, contact: str | None) -> None:
    """Take every contact out of the pager's files, or put one in."""
    for path in (home / "pager").rglob("*.json"):
        document = json.loads(path.read_text(encoding="utf-8"))
        _set(document, contact)
        path.write_text(json.dumps(document), encoding="utf-8")


def _set(node: Any, contact: str | None) -> None:
    if isinstance(node, dict):
        if "contact" in node:
            node["contact"] = contact
        for child in node.values():
            _set(child, contact)
    elif isinstance(node, list):
        for child in node:
            _set(child, contact)


def test_a_rotation_that_cannot_be_reached_fails_oncall(platform: Platform) -> None:
    _contacts(platform.home, None)
    code, checks = platform.verify()
    assert code == 5
    assert checks["oncall"]["status"] == "failed"
    assert checks["oncall"]["next"]
    _contacts(platform.home, "ann@example.org")
    code, checks = platform.verify()
    assert (code, checks["oncall"]["status"]) == (0, "passed")


def test_without_a_page_the_proof_is_incomplete_and_the_line_to_type_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PLATFORM_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setattr(LocalForge, "build", lambda *_: GREEN)
    platform = Platform(tmp_path / "home", capsys)
    code, told = platform.call(*INIT, "--no-page")
    assert (code, told["outcome"], told["lead_time_s"]) == (3, "incomplete", None)
    skipped = next(check for check in told["checks"] if check["id"] == "oncall")
    assert (skipped["status"], skipped["next"]) == ("skipped", "Run init without --no-page.")
    code, told = platform.call("verify", "loyalty")
    assert (code, told["outcome"]) == (3, "incomplete")
    code, told = platform.call("verify", "loyalty", "--trials")
    assert (code, told["outcome"]) == (0, "ready")
    assert told["lead_time_s"] > 0
    code, told = platform.call(*INIT)
    assert (code, told["outcome"], told["mutating_calls"]) == (0, "ready", 0)


@pytest.mark.integration
@pytest.mark.skipif(DBT is None, reason="dbt is not there: it comes with the extra `local`")
def test_the_build_is_dbts_own(
    finished: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    home = tmp_path / "home"
    shutil.copytree(finished, home, symlinks=True)
    monkeypatch.setenv("PLATFORM_HOME", str(home))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    platform = Platform(home, capsys)
    _, told = platform.call("verify", "loyalty")
    assert {c["id"]: c["status"] for c in told["checks"]}["ci"] == "passed"

    def broken(clone: Path) -> None:
        model = next((clone / "models" / "product").glob("*.sql"))
        model.write_text("select no_such_column from nowhere", encoding="utf-8")

    platform.commit(broken)
    code, told = platform.call("verify", "loyalty")
    checks = {check["id"]: check for check in told["checks"]}
    assert (code, checks["ci"]["status"]) == (5, "failed")
    assert checks["ci"]["next"]


def test_a_machine_without_dbt_skips_the_build_and_says_what_to_type(
    finished: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        home = tmp_path / "home"
        shutil.copytree(finished, home, symlinks=True)
        patch.setenv("PLATFORM_HOME", str(home))
        patch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
        patch.setenv("PATH", os.pathsep.join(_without_dbt()))
        patch.setattr("sys.executable", "/usr/bin/python3")
        code, told = Platform(home, capsys).call("verify", "loyalty")
    ci = next(check for check in told["checks"] if check["id"] == "ci")
    assert ci["status"] == "skipped"
    assert "platform-cli[local]" in ci["next"]
    assert code == 0


def _without_dbt() -> list[str]:
    folders = os.environ["PATH"].split(os.pathsep)
    return [folder for folder in folders if not (Path(folder) / "dbt").exists()]
