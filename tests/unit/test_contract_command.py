"""`platform-cli contract diff|schema`, as a person runs them."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from platform_cli.cli import app
from platform_cli.contracts import schema as language
from tests.unit.contract_samples import GONE, document, text

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    monkeypatch.setenv("PLATFORM_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "200")  # whoever runs the tests may have set it
    monkeypatch.chdir(tmp_path)

    def called(*argv: str) -> tuple[int, str, str]:
        code = app.run(["contract", *argv])
        said = capsys.readouterr()
        return code, said.out, said.err

    return called


def write(name: str, changes: dict[str, Any]) -> str:
    Path(name).write_bytes(text(document(changes)))
    return name


def test_the_schema_is_printed_as_it_is(run: Run) -> None:
    code, out, _ = run("schema")
    assert code == 0
    assert json.loads(out) == language.schema()
    assert run("schema", "--format", "json")[1] == out


def test_a_change_that_its_version_carries(run: Run) -> None:
    old = write("old.yaml", {})
    new = write("new.yaml", {"version": "2.2.0", "schema.note": {"type": "string"}})
    code, out, _ = run("diff", old, new)
    assert code == 0
    assert "orders.product.order_facts 2.1.0 -> 2.2.0: minor, 1 difference" in out
    assert "schema.note" in out
    assert "column-added-optional" in out
    assert "2.2.0 carries this change." in out


def test_a_change_that_its_version_does_not_carry(run: Run) -> None:
    old = write("old.yaml", {})
    new = write("new.yaml", {"version": "2.2.0", "schema.weight": GONE})
    code, out, _ = run("diff", old, new)
    assert code == 5
    assert "2.2.0 is a minor bump and does not carry this change: write 3.0.0." in out
    assert "- double" in out


def test_the_document_of_a_change(run: Run) -> None:
    old = write("old.yaml", {})
    new = write("new.yaml", {"version": "2.2.0", "schema.weight": GONE})
    code, out, _ = run("diff", old, new, "--format", "json")
    assert code == 5
    told = json.loads(out)
    assert list(told)[:6] == [
        "schema", "class", "declared", "required_version", "sufficient", "differences",
    ]  # fmt: skip
    assert told["schema"] == "platform-cli/contract-diff/1"
    assert (told["class"], told["declared"], told["required_version"], told["sufficient"]) == (
        "major", "minor", "3.0.0", False,
    )  # fmt: skip
    (one,) = told["differences"]
    assert list(one) == ["id", "class", "address", "old", "new", "reason"]
    assert (one["id"], one["address"], one["old"], one["new"]) == (
        "column-removed", "schema.weight", "double", None,
    )  # fmt: skip


def test_a_refused_change(run: Run) -> None:
    old = write("old.yaml", {})
    new = write("new.yaml", {"version": "3.0.0", "name": "orders.product.other"})
    code, out, _ = run("diff", old, new)
    assert code == 5
    assert "Refused: no version can carry this change." in out
    told = json.loads(run("diff", old, new, "--format", "json")[1])
    assert (told["class"], told["required_version"]) == ("refused", None)


def test_no_difference(run: Run) -> None:
    old = write("old.yaml", {})
    code, out, _ = run("diff", old, old)
    assert code == 0
    assert "2.1.0 -> 2.1.0: no difference" in out


def test_no_bump_at_all(run: Run) -> None:
    code, out, _ = run("diff", write("old.yaml", {}), write("new.yaml", {"description": "Other."}))
    assert code == 5
    assert "2.1.0 is no bump and does not carry this change: write 2.1.1." in out


def test_what_the_report_notes(run: Run) -> None:
    entry = {"meaning": "Paid.", "semantics_change": "editorial"}
    old = write("old.yaml", {"semantics.amount": entry})
    code, out, _ = run("diff", old, old)
    assert code == 0
    assert "remove it" in " ".join(out.split())
    assert "remove it" in json.loads(run("diff", old, old, "--format", "json")[1])["notes"][0]


def test_a_contract_that_is_not_valid_is_told_with_every_finding(run: Run) -> None:
    old = write("old.yaml", {})
    new = write("new.yaml", {"version": 2.1, "schema.weight.type": "int"})
    code, out, err = run("diff", old, new)
    assert code == 5
    assert out == ""
    assert "PLT-CONTRACT-001" in err
    assert "did you mean integer?" in " ".join(err.split())
    told = json.loads(run("diff", old, new, "--format", "json")[1])
    assert told["code"] == "PLT-CONTRACT-001"
    assert len(told["problems"]) == 2


@pytest.mark.parametrize("named", ["gone.yaml", "main:gone.yaml", ":x", "main:", ".", "a:b:c"])
def test_a_contract_that_is_not_there(run: Run, named: str) -> None:
    code, _, err = run("diff", named, write("new.yaml", {}))
    assert code == 2
    assert "PLT-CONTRACT-002" in err


def test_a_file_that_is_too_large_is_not_read_whole(run: Run) -> None:
    Path("large.yaml").write_bytes(b"#" * 5_000_000)
    code, _, err = run("diff", "large.yaml", "large.yaml")
    assert code == 5
    assert "at most 256 KiB" in err


def git(*words: str) -> str:
    identity = ["-c", "user.name=A", "-c", "user.email=a@example.com"]
    done = subprocess.run(["git", *identity, *words], check=True, capture_output=True, text=True)
    return done.stdout.strip()


def test_a_file_of_a_commit(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    git("init", "-q", "-b", "main")
    Path("product").mkdir()
    write("product/facts.contract.yaml", {})
    git("add", ".")
    git("commit", "-q", "-m", "first")
    first = git("rev-parse", "HEAD")
    new = write("product/facts.contract.yaml", {"version": "2.1.1", "description": "Other."})
    for reference in ("main", "HEAD", first):
        code, out, _ = run("diff", f"{reference}:product/facts.contract.yaml", new)
        assert code == 0
        assert "2.1.0 -> 2.1.1: patch, 1 difference" in out
    # The path counts from the repository's top, as git has it.
    monkeypatch.chdir("product")
    code, _, _ = run("diff", "main:product/facts.contract.yaml", "facts.contract.yaml")
    assert code == 0
    for nowhere in ("main:facts.contract.yaml", "other:product/facts.contract.yaml"):
        code, _, err = run("diff", nowhere, "facts.contract.yaml")
        assert code == 2
        assert "PLT-CONTRACT-002" in err


def test_a_commit_by_whatever_people_call_it(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    git("init", "-q", "-b", "main")
    write("facts.contract.yaml", {})
    git("add", ".")
    git("commit", "-q", "-m", "first")
    git("tag", "-a", "v1", "-m", "m")
    first = git("rev-parse", "HEAD")
    write("facts.contract.yaml", {"version": "2.1.1", "description": "Other."})
    git("commit", "-q", "-a", "-m", "second")
    git("worktree", "add", "-q", "--detach", "../linked")
    for place in (".", "../linked"):
        monkeypatch.chdir(place)
        for called in ("HEAD~1", "v1", first[:9], "main^", first):
            code, out, _ = run("diff", f"{called}:facts.contract.yaml", "HEAD:facts.contract.yaml")
            assert (code, "2.1.0 -> 2.1.1: patch" in out) == (0, True)
        for nowhere in ("HEAD~9", "v2", "--all", "-x", ""):
            code, _, err = run(
                "diff", "--", f"{nowhere}:facts.contract.yaml", "facts.contract.yaml"
            )
            assert (code, "PLT-CONTRACT-002" in err) == (2, True)


def test_a_name_on_the_screen_cannot_steer_it(run: Run) -> None:
    new = write(
        "new.yaml", {"version": "2.1.1", "description": "a\x1b[2Jb".replace("\x1b", "\u202e")}
    )
    code, out, _ = run("diff", write("old.yaml", {}), new)
    assert code == 0
    assert "\u202e" not in out
