"""What git tells about a repository, and the clones and checkouts it leaves."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from platform_cli.errors import PlatformError
from platform_cli.git import Git
from tests.unit.git_folder import (
    FILES,
    HOSTILE_NAMES,
    KEY,
    GitFixtures,
    folder_of,
    on_top,
    plain_git,
    push,
)


class TestReading(GitFixtures):
    def test_trailers_over_the_whole_history(self, git: Git, bare: Path, tmp_path: Path) -> None:
        first = push(git, folder_of(tmp_path / "files", FILES), bare, f"s\n\nb\n\n{KEY}: one\n")
        env = {**git.environment, "GIT_CONFIG_GLOBAL": os.devnull}
        work = str(tmp_path / "work")
        plain_git("clone", "-q", str(bare), work, env=env)
        me = ["-c", "user.name=B", "-c", "user.email=b@x"]
        for message in (f"t\n\n{KEY}: two\n{KEY}: three", "u", f"s\n\n{KEY}: one\n", f"{KEY}: no"):
            commit = ["commit", "-q", "--allow-empty", "-m", message]
            plain_git("-C", work, *me, *commit, env=env)
        plain_git("-C", work, "push", "-q", "origin", "HEAD", env=env)
        head = git.branch(bare, "main")
        assert head is not None
        assert git.trailers(bare, head, KEY) == ("one", "two", "three", "one")
        assert git.trailers(bare, "refs/heads/main", KEY.lower()) == ("one", "two", "three", "one")
        assert git.trailers(bare, head, "Other") == ()
        assert git.first_commit_with_trailer(bare, head, KEY, {"one", "none"}) == first
        assert git.first_commit_with_trailer(bare, head, KEY, ["on"]) is None

    def test_a_message_cannot_forge_a_commit(self, git: Git, bare: Path, tmp_path: Path) -> None:
        text = f"s\n\n{KEY}: a\x01{'0' * 40}\x1f\n b\n{KEY}: c\rd\n"
        commit = push(git, folder_of(tmp_path / "files", {"a": b""}), bare, text)
        assert git.trailers(bare, commit, KEY) == (f"a\x01{'0' * 40}\x1f b", "c\rd")

    @pytest.mark.parametrize("key", ["", "a b", "a,valueonly=false", "a)%H", "-a", "a:"])
    def test_what_is_not_a_name_for_a_trailer(self, git: Git, bare: Path, key: str) -> None:
        with pytest.raises(PlatformError, match="not a name for a trailer"):
            git.trailers(bare, "refs/heads/main", key)

    def test_show_what_is_not_a_file(self, git: Git, bare: Path, tmp_path: Path) -> None:
        commit = push(git, folder_of(tmp_path / "files", FILES), bare)
        for path in ("none", "deep", "", "../README.md", "deep/../README.md", "x missing", "a\nb"):
            assert git.show(bare, commit, path) is None
        assert git.show(bare, "refs/heads/main", "README.md") == FILES["README.md"]
        assert git.show(bare, "refs/heads/none", "README.md") is None

    @pytest.mark.parametrize("revision", ["--all", "main:x", "HEAD~1", "-1", "^main", "a..b", ""])
    def test_what_is_not_a_revision(self, git: Git, bare: Path, revision: str) -> None:
        for call in (
            lambda: git.show(bare, revision, "a"),
            lambda: git.files(bare, revision),
            lambda: git.trailers(bare, revision, KEY),
        ):
            with pytest.raises(PlatformError):
                call()

    def test_changed_is_what_the_revision_did_since_it_left(
        self, git: Git, bare: Path, tmp_path: Path
    ) -> None:
        folder = folder_of(tmp_path / "files", {"a": b"1\n", "b": b"2\n", "c/d": b"3\n"})
        first = push(git, folder, bare)
        assert git.changed(bare, first, first) == ()
        branch = on_top(git, bare, first, {"b": b"4\n", "n\u00e4 w\n": b"", "c": b"file"}, "x/y")
        assert git.changed(bare, first, branch) == ("b", "c", "c/d", "n\u00e4 w\n")
        later = on_top(git, bare, first, {"a": b"other"}, "later")
        assert git.changed(bare, "refs/heads/later", branch) == ("b", "c", "c/d", "n\u00e4 w\n")
        assert git.changed(bare, branch, later) == ("a",)

    def test_changed_of_histories_that_never_met(
        self, git: Git, bare: Path, tmp_path: Path
    ) -> None:
        one = push(git, folder_of(tmp_path / "one", {"a": b"1"}), bare)
        other = push(git, folder_of(tmp_path / "two", {"a": b"2"}), bare, branch="other")
        with pytest.raises(PlatformError) as caught:
            git.changed(bare, one, other)
        assert caught.value.code == "PLT-GIT-002"


class TestClone(GitFixtures):
    def test_is_an_ordinary_one(self, git: Git, bare: Path, tmp_path: Path) -> None:
        files = {name: text for name, text in FILES.items() if name != ".gitattributes"}
        folder = folder_of(tmp_path / "files", files)
        commit = push(git, folder, bare)
        into = tmp_path / "clone"
        git.clone(bare.as_uri(), into)
        for name, content in files.items():
            assert (into / name).read_bytes() == content
        env = git.environment
        assert plain_git("-C", str(into), "status", "--porcelain", env=env) == b""
        assert plain_git("-C", str(into), "rev-parse", "HEAD", env=env).decode().strip() == commit
        config = plain_git("config", "--list", "--file", str(into / ".git" / "config")).decode()
        keys = {line.partition("=")[0].lower() for line in config.splitlines()}
        allowed = {"repositoryformatversion", "filemode", "bare", "logallrefupdates"}
        allowed |= {"ignorecase", "precomposeunicode"}
        assert {key.removeprefix("core.") for key in keys if key.startswith("core.")} <= allowed
        assert {key.partition(".")[0] for key in keys} == {"core", "remote", "branch"}
        assert git.origin(into) == bare.as_uri()

    def test_into_a_folder_with_files_changes_nothing(
        self, git: Git, bare: Path, tmp_path: Path
    ) -> None:
        into = folder_of(tmp_path / "into", {"mine": b"mine"})
        with pytest.raises(PlatformError):
            git.clone(bare.as_uri(), into)
        assert [entry.name for entry in into.iterdir()] == ["mine"]

    def test_an_address_is_never_an_option(self, git: Git, tmp_path: Path) -> None:
        with pytest.raises(PlatformError) as caught:
            git.clone(f"--upload-pack=touch {tmp_path}/x", tmp_path / "into")
        assert caught.value.code == "PLT-GIT-002"
        with pytest.raises(PlatformError):
            git.clone(f"ext::touch {tmp_path}/x", tmp_path / "into")
        assert not (tmp_path / "x").exists()

    def test_origin_of_what_is_no_clone(self, git: Git, bare: Path, tmp_path: Path) -> None:
        git.clone(bare.as_uri(), tmp_path / "clone")
        (tmp_path / "clone" / "inside").mkdir()
        for folder in (tmp_path, tmp_path / "clone" / "inside", tmp_path / "none"):
            assert git.origin(folder) is None


class TestCheckout(GitFixtures):
    def test_is_byte_for_byte_whatever_the_name(self, git: Git, bare: Path, tmp_path: Path) -> None:
        folder = folder_of(tmp_path / "files", FILES)
        for name in HOSTILE_NAMES:
            Path(os.fsdecode(os.fsencode(folder) + b"/" + name)).write_bytes(name)
        (folder / "run").write_bytes(b"#!/bin/sh\n")
        (folder / "run").chmod(0o755)
        (folder / "here").symlink_to("deep")
        (folder / "away").symlink_to("/nowhere")
        commit = push(git, folder, bare)
        git.checkout(bare, commit, tmp_path / "into")
        assert git.tree_of(tmp_path / "into") == git.tree_of(folder)
        assert not (tmp_path / "into" / ".git").exists()

    def test_of_a_submodule_is_an_empty_folder(self, git: Git, bare: Path, tmp_path: Path) -> None:
        first = push(git, folder_of(tmp_path / "files", {"a": b"a"}), bare)
        line = f"160000 commit {first}\tsub\n".encode()
        tree = subprocess.check_output(["git", "-C", str(bare), "mktree", "--missing"], input=line)
        me = ["-c", "user.name=A", "-c", "user.email=a@x"]
        made = ["-C", str(bare), *me, "commit-tree", "-m", "m", tree.decode().strip()]
        git.checkout(bare, plain_git(*made).decode().strip(), tmp_path / "into")
        assert list((tmp_path / "into").iterdir()) == [tmp_path / "into" / "sub"]
        assert list((tmp_path / "into" / "sub").iterdir()) == []

    def test_of_nothing_that_is_there(self, git: Git, bare: Path, tmp_path: Path) -> None:
        for revision in ("refs/heads/main", "0" * 40, "--all"):
            with pytest.raises(PlatformError):
                git.checkout(bare, revision, tmp_path / "into")
        assert not (tmp_path / "into").exists()
