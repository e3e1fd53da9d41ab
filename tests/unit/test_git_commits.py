"""What git makes of folders and files: trees, commits and branches, whoever runs it."""

from __future__ import annotations

import os
import shutil
import socket
import tempfile
import threading
from datetime import timedelta, timezone
from pathlib import Path

import pytest

from platform_cli.errors import PlatformError
from platform_cli.git import Git, NewCommit
from tests.unit.git_folder import (
    AT,
    FILES,
    HOSTILE_NAMES,
    KEY,
    GitFixtures,
    folder_of,
    on_top,
    plain_git,
    push,
)


class TestTree(GitFixtures):
    def test_is_the_one_that_git_itself_makes(self, git: Git, tmp_path: Path) -> None:
        files = {name: text for name, text in FILES.items() if name != ".gitattributes"}
        folder = folder_of(tmp_path / "files", files)
        (folder / "deep" / "run.sh").write_bytes(b"#!/bin/sh\n")
        (folder / "deep" / "run.sh").chmod(0o755)
        (folder / "link").symlink_to("README.md")
        for name in ("a", "a-b/c", "a.b", "a0", "ab/c/d", "ab.c", "ab-c", "Z/b", "\u00e4/\u00f6"):
            folder_of(folder / "sorted", {name: name.encode()})
        copy = tmp_path / "copy"
        shutil.copytree(folder, copy, symlinks=True)
        env = git.environment
        plain_git("init", "-q", str(copy), env=env)
        plain_git("-C", str(copy), "add", "--all", "--force", env=env)
        wanted = plain_git("-C", str(copy), "write-tree", env=env).decode().strip()
        assert git.tree_of(folder) == wanted

    def test_depends_on_names_content_and_the_executable_bit_alone(
        self, git: Git, tmp_path: Path
    ) -> None:
        one = folder_of(tmp_path / "one", FILES)
        other = folder_of(tmp_path / "other", dict(reversed(FILES.items())))
        os.utime(other / "README.md", (1, 1))
        (other / "README.md").chmod(0o600)
        (other / "empty-folder").mkdir()
        tree = git.tree_of(one)
        assert git.tree_of(other) == tree
        (other / "README.md").chmod(0o700)
        assert git.tree_of(other) != tree

    def test_of_nothing(self, git: Git, tmp_path: Path) -> None:
        assert git.tree_of(folder_of(tmp_path, {})) == "4b825dc642cb6eb9a060e54bf8d69288fbee4904"

    def test_leaves_nothing_behind(
        self, git: Git, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "tmp").mkdir()
        monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
        folder = folder_of(tmp_path / "files", FILES)
        before = sorted(folder.rglob("*"))
        git.tree_of(folder)
        assert list((tmp_path / "tmp").iterdir()) == []
        assert sorted(folder.rglob("*")) == before


class TestFolder(GitFixtures):
    def test_every_file_is_committed_byte_for_byte(
        self, git: Git, bare: Path, tmp_path: Path
    ) -> None:
        folder = folder_of(tmp_path / "files", FILES)
        commit = push(git, folder, bare)
        assert git.files(bare, commit) == FILES
        for name, content in FILES.items():
            assert git.show(bare, commit, name) == content

    def test_hostile_names_are_names(self, git: Git, bare: Path, tmp_path: Path) -> None:
        folder = tmp_path / "files"
        folder.mkdir()
        for name in HOSTILE_NAMES:
            Path(os.fsdecode(os.fsencode(folder) + b"/" + name)).write_bytes(name)
        commit = push(git, folder, bare)
        files = git.files(bare, commit)
        assert {os.fsencode(name): text for name, text in files.items()} == {
            name: name for name in HOSTILE_NAMES
        }
        for name in HOSTILE_NAMES:
            shown = git.show(bare, commit, os.fsdecode(name))
            assert shown == (None if b"\n" in name else name)
        assert not (tmp_path / "x").exists()

    def test_content_in_the_language_of_the_stream_is_content(
        self, git: Git, bare: Path, tmp_path: Path
    ) -> None:
        text = b'done\ncommit refs/heads/other\nM 100644 inline "x"\ndata 3\nabc\nfrom main\n'
        commit = push(git, folder_of(tmp_path / "files", {"a": text}), bare, text.decode())
        assert git.show(bare, commit, "a") == text
        assert git.branch(bare, "other") is None

    def test_a_link_is_kept_as_a_link_and_not_followed(
        self, git: Git, bare: Path, tmp_path: Path
    ) -> None:
        (tmp_path / "secret").write_text("secret")
        folder = folder_of(tmp_path / "files", {"a": b"a"})
        (folder / "link").symlink_to("../secret")
        (folder / "folder").symlink_to("..")
        (folder / "broken").symlink_to("nowhere")
        commit = push(git, folder, bare)
        assert list(git.files(bare, commit)) == ["a", "broken", "folder", "link"]
        assert git.show(bare, commit, "link") == b"../secret"

    @pytest.mark.parametrize("name", [".git/config", ".GIT/hooks/pre-commit", "sub/.git/HEAD"])
    def test_a_repository_inside_is_refused(self, git: Git, tmp_path: Path, name: str) -> None:
        folder = folder_of(tmp_path / "files", {name: b"x"})
        with pytest.raises(PlatformError, match="git keeps no such name") as caught:
            git.tree_of(folder)
        assert caught.value.code == "PLT-GIT-002"

    @pytest.mark.parametrize("name", ["git~1/config", ".g\u200cit/config", ".git /config"])
    def test_a_name_that_some_machine_reads_as_a_repository_is_not_pushed(
        self, git: Git, bare: Path, tmp_path: Path, name: str
    ) -> None:
        folder = folder_of(tmp_path / "files", {name: b"x"})
        with pytest.raises(PlatformError) as caught:
            push(git, folder, bare)
        assert caught.value.code == "PLT-GIT-002"
        assert git.is_empty(bare)

    def test_what_is_neither_file_nor_folder_is_refused(self, git: Git, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "fifo")
        with pytest.raises(PlatformError, match="fifo is neither"):
            git.tree_of(tmp_path)
        (tmp_path / "fifo").unlink()
        with socket.socket(socket.AF_UNIX) as made:
            made.bind(os.path.relpath(tmp_path / "socket"))
            with pytest.raises(PlatformError, match="socket is neither"):
                git.tree_of(tmp_path)

    def test_a_folder_that_is_not_there(self, git: Git, tmp_path: Path) -> None:
        with pytest.raises(PlatformError, match=r"none.*No such file") as caught:
            git.tree_of(tmp_path / "none")
        assert caught.value.code == "PLT-GIT-002"

    def test_a_large_file_and_many_files(self, git: Git, bare: Path, tmp_path: Path) -> None:
        files = {f"d{i % 7}/f{i}": b"%d" % i for i in range(1000)} | {"large": b"\0\n" * 2_000_000}
        commit = push(git, folder_of(tmp_path / "files", files), bare)
        assert git.files(bare, commit) == files
        assert git.show(bare, commit, "large") == files["large"]


class TestCommit(GitFixtures):
    def text(self, git: Git, bare: Path, revision: str) -> str:
        return plain_git("-C", str(bare), "cat-file", "commit", revision).decode()

    def commit(self, git: Git, tmp_path: Path, name: str, mail: str, message: str) -> str:
        bare = tmp_path / "c.git"
        git.init_bare(bare)
        folder = folder_of(tmp_path / "files", {"a": b"a"})
        at = AT.astimezone(timezone(timedelta(hours=5, minutes=30)))
        with git.commit_folder(folder, message, name=name, mail=mail, at=at) as made:
            assert git.push(made, bare, "main")
        return self.text(git, bare, "main")

    def test_is_a_root_with_the_authors_name_and_the_moment(self, git: Git, tmp_path: Path) -> None:
        text = self.commit(git, tmp_path, "J\u00f6rg M", "j@example.com", "Subject\n\nBody\n")
        stamp = f"J\u00f6rg M <j@example.com> {int(AT.timestamp())} +0000"
        assert text.split("\n", 1)[1] == f"author {stamp}\ncommitter {stamp}\n\nSubject\n\nBody\n"

    def test_is_the_same_commit_for_the_same_input(self, git: Git, tmp_path: Path) -> None:
        folder = folder_of(tmp_path / "files", FILES)
        made = set()
        for _ in range(2):
            with git.commit_folder(folder, "m", name="A", mail="a@x", at=AT) as commit:
                made.add((commit.commit, commit.tree))
        assert len(made) == 1
        assert git.tree_of(folder) == made.pop()[1]

    @pytest.mark.parametrize(
        ("name", "mail", "shown"),
        [
            ("A\nauthor B <b@x> 1 +0000", "a@x", "A author B b@x 1 +0000 <a@x>"),
            ("<>", "<>", "unknown <>"),
            ("", "", "unknown <>"),
            ("A\0B\x1b", "a\n@x", "AB <a @x>"),
            ("\udcff", "a@x", "? <a@x>"),
        ],
    )
    def test_a_hostile_author_stays_one_line(
        self, git: Git, tmp_path: Path, name: str, mail: str, shown: str
    ) -> None:
        text = self.commit(git, tmp_path, name, mail, "m\0n\n")
        assert f"\nauthor {shown} {int(AT.timestamp())} +0000\n" in text
        assert text.endswith("\n\nmn\n")


class TestPush(GitFixtures):
    def test_makes_the_branch(self, git: Git, bare: Path, tmp_path: Path) -> None:
        assert git.is_empty(bare)
        commit = push(git, folder_of(tmp_path / "files", FILES), bare)
        assert git.branch(bare, "main") == commit
        assert git.branch(bare, "mai") is None
        assert not git.is_empty(bare)
        assert plain_git("-C", str(bare), "fsck", "--strict", "--no-dangling") == b""

    def test_head_is_main(self, bare: Path) -> None:
        assert (bare / "HEAD").read_text() == "ref: refs/heads/main\n"

    def test_a_branch_that_exists_is_refused_and_unchanged(
        self, git: Git, bare: Path, tmp_path: Path
    ) -> None:
        first = push(git, folder_of(tmp_path / "one", {"a": b"1"}), bare)
        for files in ("one", "two"):  # the same commit again, and another one
            folder = folder_of(tmp_path / files, {"a": files.encode()})
            with git.commit_folder(folder, "m\n", name="Ada", mail="a@x", at=AT) as made:
                assert not git.push(made, bare, "main")
        assert git.branch(bare, "main") == first

    def test_one_that_came_up_since_we_looked_is_refused(
        self, git: Git, bare: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        first = push(git, folder_of(tmp_path / "one", {"a": b"1"}), bare)
        answers = iter([None, first])
        monkeypatch.setattr(Git, "branch", lambda *_: next(answers))
        folder = folder_of(tmp_path / "two", {"a": b"2"})
        with git.commit_folder(folder, "m\n", name="Ada", mail="a@x", at=AT) as made:
            assert not git.push(made, bare, "main")
        monkeypatch.undo()
        assert git.branch(bare, "main") == first

    def test_of_ten_at_once_one_makes_it(self, git: Git, bare: Path, tmp_path: Path) -> None:
        folders = [folder_of(tmp_path / f"f{i}", {"a": b"%d" % i}) for i in range(10)]
        start = threading.Barrier(len(folders))
        results: list[tuple[bool, str]] = []

        def run(folder: Path) -> None:
            with git.commit_folder(folder, "m\n", name="A", mail="a@x", at=AT) as made:
                start.wait(30)
                try:
                    results.append((git.push(made, bare, "main"), made.commit))
                except PlatformError as error:  # the other's lock was in the way: nothing made
                    assert error.code == "PLT-GIT-002"  # noqa: PT017 - in a thread
                    results.append((False, made.commit))

        threads = [threading.Thread(target=run, args=(folder,)) for folder in folders]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(results) == len(folders)
        winners = [commit for won, commit in results if won]
        assert winners == [git.branch(bare, "main")]

    @pytest.mark.parametrize(
        "name", ["", "-d", "a..b", "a b", "a:b", "/a", "a/", "a.lock", "@{-1}", "a\n", "refs/*"]
    )
    def test_what_is_not_a_name_for_a_branch(self, git: Git, bare: Path, name: str) -> None:
        made = NewCommit(bare, "0" * 40, "0" * 40)
        for call in (lambda: git.branch(bare, name), lambda: git.push(made, bare, name)):
            with pytest.raises(PlatformError, match="not a name for a branch"):
                call()

    def test_a_branch_below_another_name(self, git: Git, bare: Path, tmp_path: Path) -> None:
        push(git, folder_of(tmp_path / "files", {"a": b"a"}), bare, branch="main/x")
        assert git.branch(bare, "main") is None
        assert git.branch(bare, "main/x") is not None

    def test_a_damaged_ref_is_not_emptiness(self, git: Git, bare: Path) -> None:
        (bare / "refs" / "heads" / "main").write_text("garbage")
        assert not git.is_empty(bare)


class TestOnTop(GitFixtures):
    def test_is_the_parents_files_and_these(self, git: Git, bare: Path, tmp_path: Path) -> None:
        folder = folder_of(tmp_path / "files", FILES)
        first = push(git, folder, bare, f"m\n\n{KEY}: one\n")
        changes = {"README.md": b"\0\r\n", "n\u00e4w/x": b"1", "done": b"done\n", "empty": b"x"}
        commit = on_top(git, bare, first, changes, "platform-cli/x")
        assert git.branch(bare, "platform-cli/x") == commit
        assert git.files(bare, commit) == {**FILES, **changes}
        assert git.branch(bare, "main") == first
        assert git.trailers(bare, commit, KEY) == ("one",)
        text = plain_git("-C", str(bare), "cat-file", "commit", commit).decode()
        assert f"\nparent {first}\nauthor Ada <ada@example.com> {int(AT.timestamp())} +0000" in text
        assert plain_git("-C", str(bare), "fsck", "--strict", "--no-dangling") == b""

    def test_needs_a_parent_that_is_there(self, git: Git, bare: Path) -> None:
        for parent in ("0" * 40, "refs/heads/main", "--all", "HEAD"):
            with pytest.raises(PlatformError) as caught:
                on_top(git, bare, parent, {"a": b""}, "x")
            assert caught.value.code == "PLT-GIT-002"
        assert git.is_empty(bare)

    def test_leaves_nothing_in_between(
        self, git: Git, bare: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        first = push(git, folder_of(tmp_path / "files", {"a": b"a"}), bare)
        (tmp_path / "tmp").mkdir()
        monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
        on_top(git, bare, first, {"a": b"b"}, "x")
        assert list((tmp_path / "tmp").iterdir()) == []


class TestDelete(GitFixtures):
    def test_is_that_branch_alone_and_can_be_said_twice(
        self, git: Git, bare: Path, tmp_path: Path
    ) -> None:
        first = push(git, folder_of(tmp_path / "files", {"a": b"a"}), bare)
        for name in ("x", "x-2", "y/z"):
            on_top(git, bare, first, {"a": b"b"}, name)
        plain_git("-C", str(bare), "pack-refs", "--all")
        for _ in range(2):
            git.delete_branch(bare, "x")
            git.delete_branch(bare, "y/z")
        assert [git.branch(bare, name) for name in ("x", "y/z", "y")] == [None, None, None]
        assert git.branch(bare, "main") == first
        assert git.branch(bare, "x-2") is not None

    def test_the_default_branch_is_what_head_names(self, git: Git, bare: Path) -> None:
        assert git.default_branch(bare) == "main"
        (bare / "HEAD").write_text("ref: refs/heads/a/b\n")
        assert git.default_branch(bare) == "a/b"
        (bare / "HEAD").write_text("0" * 40 + "\n")
        assert git.default_branch(bare) is None
