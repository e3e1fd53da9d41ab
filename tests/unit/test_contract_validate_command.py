"""`platform-cli contract validate`, as a person runs it in a repository."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from platform_cli.cli import app
from tests.unit.contract_samples import GONE, document, text

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    monkeypatch.setenv("PLATFORM_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("COLUMNS", "200")  # whoever runs the tests may have set it
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)

    def called(*argv: str | Path) -> tuple[int, str, str]:
        code = app.run(["contract", "validate", *(str(word) for word in argv)])
        said = capsys.readouterr()
        return code, said.out, said.err

    return called


def told(run: Run, *argv: str | Path) -> dict[str, Any]:
    code, out, err = run(*argv, "--format", "json")
    found = json.loads(out)
    assert err == ""
    assert isinstance(found, dict)
    assert code == {"passed": 0, "failed": 5}[found["outcome"]]
    return found


def write(name: str, changes: dict[str, Any] | None = None) -> Path:
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text(document(changes or {})))
    return path


def line_of(column: str) -> int:
    """Where the column's entry begins in the file that `write` has made."""
    lines = Path("product.contract.yaml").read_text(encoding="utf-8").splitlines()
    return next(n for n, line in enumerate(lines) if f'"name": "{column}"' in line)


def git(*words: str) -> str:
    identity = ["-c", "user.name=A", "-c", "user.email=a@example.com"]
    done = subprocess.run(["git", *identity, *words], check=True, capture_output=True, text=True)
    return done.stdout.strip()


def commit(message: str = "m") -> str:
    if not Path(".git").exists():
        git("init", "-q", "-b", "main")
    git("add", "-A")
    git("commit", "-q", "--allow-empty", "-m", message)
    return git("rev-parse", "HEAD")


def paths(found: dict[str, Any]) -> list[str]:
    return [card["path"] for card in found["contracts"]]


def check(found: dict[str, Any], which: str, card: int = 0) -> dict[str, Any]:
    checks = {one["id"]: one for one in found["contracts"][card]["checks"]}
    one = checks[which]
    assert isinstance(one, dict)
    return one


def ids(found: dict[str, Any], which: str, card: int = 0) -> list[str]:
    return [one["id"] for one in check(found, which, card)["findings"]]


class TestTheDocument:
    def test_has_these_keys_and_no_others(self, run: Run) -> None:
        write("product.contract.yaml", {"schema.email.mask": GONE})
        found = told(run)
        assert list(found) == ["schema", "outcome", "contracts"]
        assert found["schema"] == "platform-cli/contract-validate/1"
        card = found["contracts"][0]
        assert list(card) == ["path", "name", "version", "draft", "checks"]
        assert [one["id"] for one in card["checks"]] == ["yaml", "semver", "dbt", "policies"]
        for one in card["checks"]:
            assert list(one) == ["id", "status", "findings"]
        (finding,) = check(found, "policies")["findings"]
        assert list(finding) == ["id", "severity", "message", "address", "line", "column"]
        assert (finding["id"], finding["severity"], finding["address"]) == (
            "mesh.pii_masking", "error", "schema.email",
        )  # fmt: skip
        assert "policies/mesh/pii_masking/pii_masking.rego" in finding["message"]

    def test_says_what_was_expected_and_the_nearest_word(self, run: Run) -> None:
        write("product.contract.yaml", {"schema.weight.type": "int"})
        (finding,) = check(told(run), "yaml")["findings"]
        assert "did you mean integer?" in finding["message"]
        assert "expected: a type" in finding["message"]

    def test_of_a_draft(self, run: Run) -> None:
        write("product.contract.yaml", {"semantics.amount": "TODO"})
        found = told(run)
        assert (found["outcome"], found["contracts"][0]["draft"]) == ("passed", True)

    def test_of_what_is_no_contract(self, run: Run) -> None:
        Path("product.contract.yaml").write_bytes(b"\xff")
        card = told(run)["contracts"][0]
        assert (card["name"], card["version"], card["draft"]) == (None, None, False)


class TestForPeople:
    def test_a_card_and_the_outcome(self, run: Run) -> None:
        write("product.contract.yaml")
        code, out, err = run()
        assert (code, err) == (0, "")
        lines = out.splitlines()
        assert lines[0] == "product.contract.yaml"
        assert lines[1].split() == [
            "orders.product.order_facts", "2.1.0,", "owner", "@orders-team",
        ]  # fmt: skip
        assert [line.split()[:2] for line in lines[2:6]] == [
            ["ok", "yaml"], ["skip", "semver"], ["skip", "dbt"], ["ok", "policies"],
        ]  # fmt: skip
        assert lines[-1] == "passed: 1 contract; 0 errors, 0 warnings."

    def test_a_finding_has_its_place_and_the_way_out(self, run: Run) -> None:
        write("product.contract.yaml", {"schema.email.mask": GONE})
        code, out, _ = run()
        said = " ".join(out.split())
        assert code == 5
        place = f"product.contract.yaml:{line_of('email')}:3"
        assert f"FAIL policies error mesh.pii_masking schema.email {place}" in said
        assert "Give the column a mask" in said
        assert "see policies/mesh/pii_masking/pii_masking.rego" in said
        assert "failed: 1 contract, 1 failed; 1 error, 0 warnings." in said

    def test_a_draft_is_said_to_be_one(self, run: Run) -> None:
        write("product.contract.yaml", {"semantics.amount": "TODO"})
        _, out, _ = run()
        assert "draft: it is not published" in out
        assert out.splitlines()[-1].startswith("passed: 1 contract (1 draft);")

    def test_a_narrow_terminal(self, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("COLUMNS", "40")
        write("product.contract.yaml", {"schema.email.mask": GONE})
        _, out, _ = run()
        long = [line for line in out.splitlines() if len(line) > 40]
        assert all(" " not in line.strip() for line in long), long  # paths are never cut
        assert "\x1b" not in out

    def test_text_of_a_file_steers_no_terminal_and_begins_no_line(self, run: Run) -> None:
        name = "a\u202e\x1b[2J\u2028passed: 9 contracts"
        write("product.contract.yaml", {f"schema.{name}": {"type": "\x9b31m"}})
        for form in ("human", "github"):
            code, out, _ = run("--format", form)
            assert code == 5
            assert not any(char in out for char in "\u202e\x1b\u2028\x9b")
            assert sum(line.startswith("passed") for line in out.splitlines()) == 0


class TestForGitHub:
    def test_an_annotation_a_finding(self, run: Run) -> None:
        write("product.contract.yaml", {"schema.email.mask": GONE, "semantics.amount": "TODO"})
        code, out, _ = run("--format", "github")
        notice, error, last = out.splitlines()
        assert code == 5
        assert notice.startswith("::notice file=product.contract.yaml,title=draft::")
        place = f"file=product.contract.yaml,line={line_of('email')},col=3"
        assert error.startswith(
            f"::error {place},title=policies%3A mesh.pii_masking schema.email::"
        )
        assert last.startswith("failed: 1 contract (1 draft), 1 failed;")

    def test_what_a_file_says_begins_no_command(self, run: Run) -> None:
        name = "50%,a:b\r\n::warning file=x::y"
        folder = Path("50%,a:b")
        folder.mkdir()
        write(f"{folder}/product.contract.yaml", {name: 1})
        _, out, _ = run("--format", "github")
        error, last = out.splitlines()
        assert error.startswith("::error file=50%25%2Ca%3Ab/product.contract.yaml,line=")
        assert "50%25,a:b" in error
        assert last.startswith("failed: ")

    def test_another_format_is_a_wrong_line(self, run: Run) -> None:
        code, _, err = run("--format", "xml")
        assert code == 2
        assert "--format github" in err


class TestPaths:
    def test_the_whole_repository_from_anywhere_inside(
        self, run: Run, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        write("product/b.contract.yaml", {"name": "orders.product.b"})
        write("a.contract.yaml", {"name": "orders.product.a"})
        write("notes.yaml")
        commit()
        monkeypatch.chdir("product")
        assert paths(told(run)) == ["a.contract.yaml", "product/b.contract.yaml"]
        assert paths(told(run, ".")) == ["product/b.contract.yaml"]
        assert paths(told(run, "../a.contract.yaml", "b.contract.yaml", ".")) == [
            "a.contract.yaml", "product/b.contract.yaml",
        ]  # fmt: skip

    def test_hidden_folders_count_and_other_repositories_do_not(self, run: Run) -> None:
        write(".hidden/a.CONTRACT.yaml", {"name": "orders.product.a"})
        commit()
        git("init", "-q", "inner")
        write("inner/b.contract.yaml")
        assert paths(told(run)) == [".hidden/a.CONTRACT.yaml"]
        assert paths(told(run, "inner")) == ["b.contract.yaml"]

    def test_without_git_it_is_the_working_directory(self, run: Run) -> None:
        write("product/b.contract.yaml")
        write("any.yaml", {"name": "orders.product.a"})
        assert paths(told(run)) == ["product/b.contract.yaml"]
        assert paths(told(run, "any.yaml")) == ["any.yaml"]

    def test_what_is_not_there_is_told_at_once(self, run: Run) -> None:
        write("a.contract.yaml")
        code, out, err = run("none", "a.contract.yaml", "neither.yaml")
        assert (code, out) == (2, "")
        assert "PLT-CONTRACT-002" in err
        assert "none: there is no such file or folder" in err
        assert "neither.yaml: there is no such file or folder" in err

    def test_nothing_to_validate_is_no_pass(self, run: Run) -> None:
        write("notes.yaml")
        for argv in ((), (".",), ("--format", "json")):
            code, out, err = run(*argv)
            assert code == 2
            assert "PLT-CONTRACT-002" in out + err

    def test_names_of_every_alphabet(self, run: Run) -> None:
        write("größe/注文 2.contract.yaml", {"name": "orders.product.a"})
        Path(os.fsdecode(b"\xff")).mkdir()
        write(os.fsdecode(b"\xff/x.contract.yaml"), {"name": "orders.product.b"})
        commit()
        found = told(run, "--baseline", "main")
        assert paths(found) == ["größe/注文 2.contract.yaml", "\udcff/x.contract.yaml"]
        assert found["outcome"] == "passed"
        for form in ("human", "github"):
            code, out, _ = run("--baseline", "main", "--format", form)
            assert code == 0
            assert form == "github" or "注文 2.contract.yaml" in out


class TestSettings:
    """What platform.toml says; it takes no contract away."""

    @pytest.mark.parametrize(
        ("pattern", "counts"),
        [
            ("**/*.contract.yaml", []),
            ("any.yaml", ["any.yaml"]),
            ("*.yaml", ["any.yaml"]),
            ("**/a*.yaml", ["any.yaml", "x/y/a.yaml"]),
            ("x/**", ["x/y/a.yaml"]),
            ("x/**/*.yaml", ["x/y/a.yaml"]),
            ("**/x/*/**/a.yaml", ["x/y/a.yaml"]),
            ("x/a.yaml", []),
            ("y/*.yaml", []),
            (f"{'*a' * 400}.yaml", []),
        ],
    )
    def test_patterns_add_files(self, run: Run, pattern: str, counts: list[str]) -> None:
        Path("platform.toml").write_text(f"contract.paths = ['{pattern}']\n", encoding="utf-8")
        for name in ("any.yaml", "x/y/a.yaml", "z.contract.yaml"):
            write(name, {"name": f"orders.product.{name[0]}"})
        write("x/y/aaa", {})
        commit()
        found = told(run, "--baseline", "main")
        wanted = sorted([*counts, "z.contract.yaml", *(["x/y/aaa"] if pattern == "x/**" else [])])
        assert paths(found) == wanted
        assert {check(found, "semver", n)["status"] for n in range(len(wanted))} == {"passed"}

    def test_they_count_from_the_projects_folder(
        self, run: Run, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        write("any.yaml", {"name": "orders.product.a"})
        write("sub/any.yaml", {"name": "orders.product.b"})
        Path("sub/platform.toml").write_text("contract.paths = 'any.yaml'\n", encoding="utf-8")
        commit()
        monkeypatch.chdir("sub")
        assert paths(told(run)) == ["sub/any.yaml"]

    def test_another_repository_is_none_of_their_business(self, run: Run, tmp_path: Path) -> None:
        settings = "contract.paths = '**/any.yaml'\ncontract.dbt = 'nowhere'\n"
        Path("platform.toml").write_text(settings, encoding="utf-8")
        other = tmp_path / "other"
        write(str(other / "any.yaml"))
        write(str(other / "x.contract.yaml"))
        found = told(run, other)
        assert paths(found) == ["x.contract.yaml"]
        assert check(found, "dbt")["status"] == "skipped"

    def test_the_dbt_project_that_they_name(self, run: Run) -> None:
        TestDbt().project("transform")
        settings = Path("platform.toml")
        settings.write_text("contract.dbt = 'transform'\n", encoding="utf-8")
        commit()
        assert check(told(run), "dbt")["status"] == "passed"
        settings.write_text("contract.dbt = 'nowhere'\n", encoding="utf-8")
        assert run()[0] == 2
        assert check(told(run, "--dbt", "transform"), "dbt")["status"] == "passed"


class TestWhatCannotBeRead:
    def finding(self, run: Run) -> dict[str, Any]:
        found = told(run)
        assert paths(found) == ["x.contract.yaml"]
        (one,) = check(found, "yaml")["findings"]
        assert isinstance(one, dict)
        return one

    def test_a_link(self, run: Run) -> None:
        target = write("target.yaml")
        Path("x.contract.yaml").symlink_to(target)
        assert "it is a link" in self.finding(run)["message"]
        assert told(run, "x.contract.yaml")["outcome"] == "failed"

    def test_a_link_to_nothing_and_to_a_folder(self, run: Run) -> None:
        Path("x.contract.yaml").symlink_to("nothing")
        assert self.finding(run)["id"] == "file-unreadable"
        Path("x.contract.yaml").unlink()
        Path("folder").mkdir()
        Path("x.contract.yaml").symlink_to("folder")
        assert self.finding(run)["id"] == "file-unreadable"

    def test_a_pipe_is_not_waited_for(self, run: Run) -> None:
        os.mkfifo("x.contract.yaml")
        assert self.finding(run)["id"] == "file-unreadable"

    @pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
    def test_without_permission(self, run: Run) -> None:
        write("x.contract.yaml").chmod(0)
        assert "Permission denied" in self.finding(run)["message"]

    @pytest.mark.skipif(os.geteuid() == 0, reason="root may open every folder")
    def test_a_folder_without_permission(self, run: Run) -> None:
        write("a.contract.yaml")
        Path("closed").mkdir(mode=0)
        found = told(run)
        Path("closed").chmod(0o700)
        assert paths(found) == ["a.contract.yaml", "closed"]
        assert found["outcome"] == "failed"

    def test_a_huge_file_is_told_its_size_and_not_read(self, run: Run) -> None:
        with Path("x.contract.yaml").open("wb") as file:
            file.truncate(40_000_000_000)  # no disk has it: a hole
        one = self.finding(run)
        assert one["id"] == "yaml-size"
        assert "40 000 000 000 bytes" in one["message"]
        assert "256 KiB" in one["message"]


class TestBaseline:
    def test_is_what_the_commit_has(self, run: Run) -> None:
        write("product.contract.yaml")
        first = commit()
        git("tag", "v1")
        write("product.contract.yaml", {"version": "2.2.0", "schema.weight": GONE})
        commit()
        write("product.contract.yaml", {"version": "3.0.0", "schema.weight": GONE})
        for called in ("v1", "HEAD~1", first, first[:10], "main~1"):
            found = told(run, "--baseline", called)
            assert ids(found, "semver") == ["deprecation-missing"], called
        found = told(run, "--baseline", "HEAD")
        assert ids(found, "semver") == ["bump-larger-than-needed"]
        code, out, _ = run("--baseline", "HEAD")
        assert code == 0
        assert "warn semver" in out

    def test_a_remote_branch_in_a_clone(self, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        write("product.contract.yaml")
        commit()
        git("clone", "-q", ".", "../clone")
        monkeypatch.chdir("../clone")
        write("product.contract.yaml", {"version": "2.2.0", "schema.weight": GONE})
        commit()
        assert ids(told(run, "--baseline", "origin/main"), "semver")[0] == "bump-too-small"
        assert told(run, "--baseline", "main")["outcome"] == "passed"

    def test_what_is_not_committed_counts_as_it_is_in_the_folder(self, run: Run) -> None:
        write("a.contract.yaml", {"name": "orders.product.a"})
        write("b.contract.yaml", {"name": "orders.product.b"})
        commit()
        Path("a.contract.yaml").rename("moved.contract.yaml")
        Path("b.contract.yaml").unlink()
        found = told(run, "--baseline", "main")
        assert paths(found) == ["b.contract.yaml", "moved.contract.yaml"]
        assert ids(found, "semver") == ["contract-removed"]
        assert check(found, "semver", 1)["status"] == "passed"
        assert told(run, "moved.contract.yaml", "--baseline", "main")["outcome"] == "passed"

    def test_a_part_of_the_repository_is_compared_with_all_of_it(self, run: Run) -> None:
        write("old/a.contract.yaml")
        write("b.contract.yaml", {"name": "orders.product.b"})
        commit()
        Path("new").mkdir()
        Path("old/a.contract.yaml").rename("new/a.contract.yaml")
        Path("b.contract.yaml").unlink()
        assert paths(told(run, "new", "--baseline", "main")) == ["new/a.contract.yaml"]
        # What was moved away from there is not gone, and what is gone elsewhere was not asked for.
        Path("old/c.contract.yaml").write_bytes(text(document({"name": "orders.product.c"})))
        found = told(run, "old", "--baseline", "main")
        assert paths(found) == ["old/c.contract.yaml"]
        assert found["outcome"] == "passed"

    def test_all_contracts_are_gone(self, run: Run) -> None:
        write("a.contract.yaml")
        commit()
        Path("a.contract.yaml").unlink()
        found = told(run, "--baseline", "main")
        assert (paths(found), found["outcome"]) == (["a.contract.yaml"], "failed")

    @pytest.mark.parametrize(
        "called", ["none", "HEAD~1", "", "--all", "-x", "main:a", "a\nb", "\x1b[2J", "0" * 40]
    )
    def test_a_commit_that_does_not_exist(self, run: Run, called: str) -> None:
        write("product.contract.yaml")
        commit()
        code, out, err = run(f"--baseline={called}")
        assert (code, out) == (2, "")
        assert "PLT-CONTRACT-005" in err
        assert "\x1b" not in err

    def test_without_a_repository_and_in_a_bare_one(
        self, run: Run, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        write("product.contract.yaml")
        code, _, err = run("--baseline", "main")
        assert code == 2
        assert "There is no git repository around" in err
        commit()
        git("clone", "-q", "--bare", ".", "../bare")
        monkeypatch.chdir("../bare")
        write("product.contract.yaml")
        code, _, err = run("--baseline", "main")
        assert (code, "PLT-CONTRACT-005" in err) == (2, True)

    def test_a_repository_without_a_commit(self, run: Run) -> None:
        write("product.contract.yaml")
        git("init", "-q", "-b", "main")
        assert told(run)["outcome"] == "passed"
        assert run("--baseline", "HEAD")[0] == 2

    def test_paths_of_two_repositories(self, run: Run, tmp_path: Path) -> None:
        write("product.contract.yaml")
        commit()
        other = write(str(tmp_path / "other/x.contract.yaml"), {"name": "orders.product.x"})
        assert len(told(run, ".", other)["contracts"]) == 2
        code, _, err = run(".", other, "--baseline", "main")
        assert code == 2
        assert "is not in the repository" in " ".join(err.split())

    def test_a_shallow_clone_says_that_it_is_one(
        self, run: Run, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        write("product.contract.yaml")
        commit()
        commit()
        git("clone", "-q", "--depth", "1", Path.cwd().as_uri(), "../shallow")
        monkeypatch.chdir("../shallow")
        assert told(run, "--baseline", "HEAD")["outcome"] == "passed"
        code, _, err = run("--baseline", "HEAD~1")
        assert code == 2
        assert "fetch-depth: 0" in err

    def test_a_linked_work_tree(self, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        write("product.contract.yaml")
        commit()
        git("worktree", "add", "-q", "../linked", "-b", "topic")
        monkeypatch.chdir("../linked")
        write("product.contract.yaml", {"version": "2.2.0", "schema.weight": GONE})
        commit()
        assert ids(told(run, "--baseline", "main"), "semver")[0] == "bump-too-small"

    def test_links_and_what_is_too_large_in_the_commit(self, run: Run) -> None:
        write("target.yaml")
        Path("link.contract.yaml").symlink_to("target.yaml")
        Path("large.contract.yaml").write_bytes(b"#" * 2_000_000)
        commit()
        Path("link.contract.yaml").unlink()
        write("large.contract.yaml")
        found = told(run, "--baseline", "main")
        assert paths(found) == ["large.contract.yaml"]
        assert ids(found, "semver") == ["baseline-unreadable"]

    def test_the_persons_own_git_variables_have_no_say(
        self, run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        """As in a hook, where git names the repository that it runs for."""
        write("product.contract.yaml")
        commit()
        monkeypatch.setenv("GIT_DIR", str(tmp_path / "nowhere"))
        monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "index"))
        assert told(run, "--baseline", "main")["outcome"] == "passed"


class TestDbt:
    SQL = "select id, count(*) as number from {{ ref('raw_orders') }} group by id"
    CONTRACT = """\
name: orders.product.order_facts
version: "1.0.0"
owner: "@orders-team"
schema:
  - {name: id, type: string, required: true, primary_key: true}
  - {name: number, type: bigint}
sla: {freshness: 1h, completeness: 99.9%, accuracy: 99%}
semantics: {grain: [id], number: How many orders there are.}
"""
    DECLARED = """\
models:
  - name: order_facts
    config: {contract: {enforced: true}}
    columns:
      - {name: id, data_type: varchar, constraints: [{type: not_null}], data_tests: [unique]}
      - {name: number, data_type: bigint}
"""

    def project(self, folder: str = ".") -> None:
        Path("product.contract.yaml").write_text(self.CONTRACT, encoding="utf-8")
        for name, content in (
            ("dbt_project.yml", "name: orders\nmodel-paths: [models]\n"),
            ("models/order_facts.sql", self.SQL),
            ("models/schema.yml", self.DECLARED),
        ):
            path = Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content, encoding="utf-8")

    def test_the_project_at_the_repositorys_top(
        self, run: Run, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.project()
        commit()
        monkeypatch.chdir("models")
        assert check(told(run, ".."), "dbt") == {"id": "dbt", "status": "passed", "findings": []}

    def test_a_project_elsewhere_has_to_be_named(self, run: Run) -> None:
        self.project("transform")
        commit()
        assert check(told(run), "dbt")["status"] == "skipped"
        assert check(told(run, "--dbt", "transform"), "dbt")["status"] == "passed"

    def test_drift_is_told_with_both_sides(self, run: Run) -> None:
        self.project()
        schema = Path("models/schema.yml")
        schema.write_text(self.DECLARED.replace("bigint", "date"), encoding="utf-8")
        found = told(run)
        assert found["outcome"] == "failed"
        assert ids(found, "dbt") == ["dbt-type-differs"]
        message = check(found, "dbt")["findings"][0]["message"]
        assert "schema drift between dbt model and contract YAML" in message

    @pytest.mark.parametrize("folder", [".", "transform", "models/../transform"])
    def test_another_grain_than_the_baselines_is_suspect(self, run: Run, folder: str) -> None:
        Path("models").mkdir()
        self.project(folder)
        commit()
        grouped = self.SQL.replace("group by id", "group by id, day")
        Path(folder, "models/order_facts.sql").write_text(grouped, encoding="utf-8")
        commit()
        alone = ids(told(run, "--dbt", folder), "dbt")
        compared = ids(told(run, "--dbt", folder, "--baseline", "HEAD~1"), "dbt")
        assert compared == [*alone, "grain-suspect"]
        assert told(run, "--dbt", folder, "--baseline", "HEAD")["outcome"] == "passed"

    def test_a_baseline_without_a_project(self, run: Run) -> None:
        write("product.contract.yaml")
        commit()
        Path("dbt_project.yml").write_text("[", encoding="utf-8")
        commit()
        self.project()
        assert check(told(run, "--baseline", "HEAD"), "dbt")["status"] == "passed"
        assert check(told(run, "--baseline", "HEAD~1"), "dbt")["status"] == "passed"

    def test_no_model_and_no_project(self, run: Run) -> None:
        self.project()
        write("product.contract.yaml", {"name": "orders.product.other"})
        assert check(told(run), "dbt")["status"] == "skipped"
        assert "the dbt project has no model other" in run()[1]
        code, _, err = run("--dbt", "nowhere")
        assert (code, "PLT-DBT-001" in err) == (2, True)


def test_no_program_of_the_repository_runs_and_nothing_of_it_changes(
    run: Run, tmp_path: Path
) -> None:
    write("product.contract.yaml")
    commit()
    sprung = tmp_path / "sprung"
    sprung.mkdir()
    for number, key in enumerate(
        (
            "core.fsmonitor", "core.pager", "core.editor", "core.sshCommand", "core.gitProxy",
            "core.askPass", "core.alternateRefsCommand", "credential.helper", "diff.external",
            "diff.trap.textconv", "diff.trap.command", "filter.trap.clean", "filter.trap.smudge",
            "filter.trap.process", "merge.trap.driver", "gpg.program", "pager.cat-file",
            "uploadpack.packObjectsHook", "sequence.editor", "interactive.diffFilter",
            "alias.cat-file", "alias.rev-parse", "alias.ls-tree",
        )
    ):  # fmt: skip
        git("config", key, f"{'!' if key.startswith('alias') else ''}touch {sprung}/{number}; cat")
    git("config", "filter.trap.required", "true")
    Path(".gitattributes").write_text("* filter=trap diff=trap merge=trap\n", encoding="utf-8")
    hooks = Path(".git/hooks")
    hooks.mkdir(exist_ok=True)
    for name in ("post-checkout", "post-index-change", "reference-transaction", "pre-commit"):
        (hooks / name).write_text(f"#!/bin/sh\ntouch {sprung}/{name}\n", encoding="utf-8")
        (hooks / name).chmod(0o755)
    # Newer than the index, so that whoever looks at the work tree would ask the filter.
    write("product.contract.yaml", {"version": "2.1.1", "description": "Other."})
    before = state()
    assert told(run, "--baseline", "main")["outcome"] == "passed"
    code = app.run(["contract", "diff", "main:product.contract.yaml", "product.contract.yaml"])
    assert code == 0
    assert list(sprung.iterdir()) == []
    assert state() == before
    # The traps are good ones: git itself steps into them.
    subprocess.run(["git", "status"], check=False, capture_output=True)
    assert list(sprung.iterdir()) != []


def state() -> dict[str, tuple[int, int, bytes]]:
    """Everything in the repository and its folder: mode, time of change and content."""
    found = {}
    for path in sorted(Path().rglob("*")):
        about = path.lstat()
        found[str(path)] = (
            about.st_mode,
            about.st_mtime_ns,
            path.read_bytes() if path.is_file() else b"",
        )
    return found


def test_a_hundred_contracts_at_once(run: Run) -> None:
    for number in range(100):
        write(f"product/t{number:02}.contract.yaml", {"name": f"orders.product.t{number:02}"})
    commit()
    for number in range(0, 100, 10):
        changes = {"name": f"orders.product.t{number:02}", "schema.weight": GONE}
        write(f"product/t{number:02}.contract.yaml", changes)
    write("product/t55.contract.yaml", {"name": "orders.product.t55", "schema.email.mask": GONE})
    found = told(run, "--baseline", "main")
    assert len(found["contracts"]) == 100
    failed = [
        (card["name"][-2:], [one["id"] for one in card["checks"] if one["status"] == "failed"])
        for card in found["contracts"]
        if any(one["status"] == "failed" for one in card["checks"])
    ]
    wanted = [(f"{number:02}", ["semver"]) for number in range(0, 100, 10)]
    assert failed == sorted([*wanted, ("55", ["semver", "policies"])])


def test_an_exception_that_cannot_be_read_matters_only_where_one_may_hold(
    run: Run, tmp_path: Path
) -> None:
    """None of our policies about contracts allows an exception."""
    write("product.contract.yaml")
    folder = Path("exceptions")
    folder.mkdir()
    (folder / "x.yaml").write_text("nonsense", encoding="utf-8")
    assert told(run)["outcome"] == "passed"
