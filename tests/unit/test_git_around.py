"""Which repository a folder lies in, and what commits are called in it."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from platform_cli.errors import PlatformError
from platform_cli.git import Git, WorkTree, around
from tests.unit.git_folder import GitFixtures, folder_of, plain_git

ME = ("-c", "user.name=A", "-c", "user.email=a@example.com", "-c", "commit.gpgSign=false")


def commit(top: Path, files: Mapping[str, bytes], env: Mapping[str, str]) -> str:
    """A commit as a person makes it, in a repository that is made where there is none."""
    if not (top / ".git").exists():
        plain_git("init", "-q", "-b", "main", str(top), env=env)
    folder_of(top, files)
    plain_git("-C", str(top), "add", "-A", env=env)
    plain_git("-C", str(top), *ME, "commit", "-q", "--allow-empty", "-m", "m", env=env)
    return plain_git("-C", str(top), "rev-parse", "HEAD", env=env).decode().strip()


def is_yaml(path: str) -> bool:
    return path.lower().endswith(".yaml")


class TestAround(GitFixtures):
    def test_from_anywhere_inside(self, git: Git, tmp_path: Path) -> None:
        top = tmp_path / "top"
        commit(top, {"a/b/c": b""}, git.environment)
        wanted = WorkTree(top, top / ".git")
        assert [around(place) for place in (top, top / "a", top / "a" / "b")] == [wanted] * 3
        assert around(tmp_path) is None

    def test_a_linked_work_tree_and_a_submodule(self, git: Git, tmp_path: Path) -> None:
        top, env = tmp_path / "top", git.environment
        first = commit(top, {"a": b"one"}, env)
        linked = tmp_path / "linked"
        plain_git("-C", str(top), "worktree", "add", "-q", "--detach", str(linked), env=env)
        second = commit(linked, {"a": b"two"}, env)
        found = around(linked)
        assert found is not None
        assert found.top == linked
        assert git.resolve(found.repository, "HEAD") == second
        assert git.resolve(found.repository, "main") == first
        outer = tmp_path / "outer"
        commit(outer, {"o": b""}, env)
        allow = ("-c", "protocol.file.allow=always")
        plain_git("-C", str(outer), *allow, "submodule", "--quiet", "add", str(top), "sub", env=env)
        inner = around(outer / "sub")
        assert inner is not None
        assert inner.top == outer / "sub"
        assert git.resolve(inner.repository, "HEAD") == first

    def test_what_is_called_git_and_is_none_is_passed_by(self, git: Git, tmp_path: Path) -> None:
        top = tmp_path / "top"
        commit(top, {"a": b""}, git.environment)
        wanted = WorkTree(top, top / ".git")
        for number, content in enumerate((b"", b"nonsense", b"gitdir: ../nowhere", b"gitdir: \0")):
            place = folder_of(top / f"file-{number}", {".git": content})
            assert around(place) == wanted
        (top / "folder" / ".git").mkdir(parents=True)
        assert around(top / "folder") == wanted

    def test_a_bare_repository_has_no_work_tree(self, git: Git, bare: Path) -> None:
        assert around(bare) is None


class TestResolve(GitFixtures):
    def test_whatever_people_call_a_commit(self, git: Git, tmp_path: Path) -> None:
        top, env = tmp_path / "top", git.environment
        first = commit(top, {"a": b"1"}, env)
        for arguments in (("tag", "v1"), ("tag", "-a", "v1.0", "-m", "m"), ("branch", "größe/x")):
            plain_git("-C", str(top), *ME, *arguments, env=env)
        second = commit(top, {"a": b"2"}, env)
        clone = tmp_path / "clone"
        git.clone(str(top), clone)
        repository = clone / ".git"
        named = {
            "HEAD": second, "main": second, "origin/main": second, "refs/heads/main": second,
            "HEAD~1": first, "HEAD^": first, "main~": first, "v1": first, "v1.0": first,
            "origin/größe/x": first, first: first, second[:8]: second, "@": second,
        }  # fmt: skip
        assert {called: git.resolve(repository, called) for called in named} == named

    @pytest.mark.parametrize(
        "called",
        ["none", "", "-1", "--all", "--git-dir", "^main", "HEAD~9", "main:a", ":/m", "a..b", "0" * 40,
         "main\n", "main\0", "\x1b", "HEAD^{tree}", "@{u}", "\udcff", "x" * 5000],
    )  # fmt: skip
    def test_what_is_no_commit(self, git: Git, tmp_path: Path, called: str) -> None:
        commit(tmp_path / "top", {"a": b""}, git.environment)
        assert git.resolve(tmp_path / "top" / ".git", called) is None

    def test_a_repository_without_a_commit(self, git: Git, bare: Path) -> None:
        assert git.resolve(bare, "HEAD") is None
        assert git.is_shallow(bare) is False

    def test_a_shallow_clone(self, git: Git, tmp_path: Path) -> None:
        top, env = tmp_path / "top", git.environment
        commit(top, {"a": b"1"}, env)
        commit(top, {"a": b"2"}, env)
        shallow = tmp_path / "shallow"
        plain_git("clone", "-q", "--depth", "1", top.as_uri(), str(shallow), env=env)
        assert git.is_shallow(shallow / ".git")
        assert git.resolve(shallow / ".git", "HEAD") is not None
        assert git.resolve(shallow / ".git", "HEAD~1") is None

    def test_what_is_no_repository(self, git: Git, tmp_path: Path) -> None:
        with pytest.raises(PlatformError) as caught:
            git.is_shallow(tmp_path)
        assert caught.value.code == "PLT-GIT-002"


class TestChosen(GitFixtures):
    def test_ordinary_files_alone_whatever_their_names(self, git: Git, tmp_path: Path) -> None:
        top = tmp_path / "top"
        files = {
            "a.yaml": b"a", "deep/er/B.YAML": b"b", "c.yaml.txt": b"", "größe ünd \n.yaml": b"u",
            "large.yaml": b"x" * 11, "run.yaml": b"#!", "same.yaml": b"a",
        }  # fmt: skip
        folder_of(top, files)
        (top / "run.yaml").chmod(0o755)
        (top / "link.yaml").symlink_to("a.yaml")
        found = commit(top, {}, git.environment)
        assert git.chosen(top / ".git", found, is_yaml, largest=10) == {
            "a.yaml": b"a", "deep/er/B.YAML": b"b", "größe ünd \n.yaml": b"u", "large.yaml": None,
            "run.yaml": b"#!", "same.yaml": b"a",
        }  # fmt: skip
        assert git.chosen(top / ".git", found, lambda _: False, largest=10) == {}

    def test_nothing_is_fetched_and_no_program_of_the_repository_runs(
        self, git: Git, tmp_path: Path
    ) -> None:
        """A clone without its files names, in its configuration, a program to fetch them with."""
        top, env = tmp_path / "top", git.environment
        found = commit(top, {"a.yaml": b"a"}, env)
        plain_git("-C", str(top), "config", "uploadpack.allowFilter", "true", env=env)
        clone = tmp_path / "clone"
        arguments = ("clone", "-q", "--no-checkout", "--filter=blob:none")
        plain_git(*arguments, top.as_uri(), str(clone), env=env)
        trap = tmp_path / "sprung"
        for key, text in (
            ("remote.origin.url", f"ext::touch {trap}"),
            ("protocol.ext.allow", "always"),
        ):
            plain_git("-C", str(clone), "config", key, text, env=env)
        with pytest.raises(PlatformError) as caught:
            git.chosen(clone / ".git", found, is_yaml, largest=10)
        assert caught.value.code == "PLT-GIT-002"
        assert "--filter" in caught.value.hint
        assert not trap.exists()
        # The trap is a good one: git itself steps into it.
        subprocess.run(
            ["git", "-C", str(clone), "cat-file", "-p", f"{found}:a.yaml"],
            check=False,
            capture_output=True,
            env=env,
        )
        assert trap.exists()
