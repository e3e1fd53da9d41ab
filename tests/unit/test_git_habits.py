"""Whatever the person who runs git has configured: it has no effect here."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from platform_cli.git import Git
from tests.unit.git_folder import (
    FILES,
    KEY,
    GitFixtures,
    environment,
    folder_of,
    on_top,
    plain_git,
    push,
)

HOOKS = [
    "applypatch-msg",
    "commit-msg",
    "fsmonitor-watchman",
    "post-checkout",
    "post-commit",
    "post-index-change",
    "post-merge",
    "post-receive",
    "post-update",
    "pre-commit",
    "pre-push",
    "pre-receive",
    "prepare-commit-msg",
    "proc-receive",
    "push-to-checkout",
    "reference-transaction",
    "update",
]


class TestHabits(GitFixtures):
    @pytest.fixture
    def habits(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Git:
        """git of a person with hooks, signing, filters, line ends, and variables that point astray."""
        record = f'#!/bin/sh\necho "$0" >> {tmp_path}/ran\n'
        for folder in ("hooks", "template/hooks"):
            for name in HOOKS:
                folder_of(tmp_path / folder, {name: f"{record}exit 1\n".encode()})
                (tmp_path / folder / name).chmod(0o755)
        for name, end in (("sign", "exit 1"), ("mangle", "tr a-z A-Z")):
            folder_of(tmp_path, {name: f"{record}{end}\n".encode()})
            (tmp_path / name).chmod(0o755)
        home = tmp_path / "home"
        made = environment(home)
        folder_of(home, {".config/git/attributes": b"* filter=mangle text eol=crlf\n"})
        folder_of(home, {".config/git/ignore": b"*\n"})
        (home / ".gitconfig").write_text(
            f"""
            [user]
                name = Person
                email = person@example.com
                signingKey = ABC
            [init]
                templateDir = {tmp_path}/template
                defaultBranch = trunk
                defaultObjectFormat = sha256
            [core]
                hooksPath = {tmp_path}/hooks
                autocrlf = true
                fsmonitor = {tmp_path}/sign
            [commit]
                gpgSign = true
            [push]
                gpgSign = true
            [gpg]
                program = {tmp_path}/sign
            [log]
                showSignature = true
            [filter "mangle"]
                clean = {tmp_path}/mangle
                smudge = {tmp_path}/mangle
                required = true
            [diff]
                external = {tmp_path}/sign
                noprefix = true
            [color]
                ui = always
            [transfer]
                hideRefs = refs/heads
            """,
        )
        astray = {
            "GIT_DIR": str(tmp_path / "astray.git"),
            "GIT_WORK_TREE": str(tmp_path / "astray"),
            "GIT_INDEX_FILE": str(tmp_path / "astray.index"),
            "GIT_OBJECT_DIRECTORY": str(tmp_path / "astray.objects"),
            "GIT_CEILING_DIRECTORIES": str(tmp_path),
            "GIT_AUTHOR_NAME": "Somebody",
            "GIT_COMMITTER_DATE": "2001-01-01T00:00:00Z",
            "GIT_CONFIG_COUNT": "1",
            "GIT_CONFIG_KEY_0": "core.hooksPath",
            "GIT_CONFIG_VALUE_0": str(tmp_path / "hooks"),
            "GIT_CONFIG_PARAMETERS": f"'core.hookspath'='{tmp_path}/hooks'",
            "GIT_TEMPLATE_DIR": str(tmp_path / "template"),
            "GIT_DEFAULT_HASH": "sha256",
            "GIT_EXTERNAL_DIFF": str(tmp_path / "sign"),
            "GIT_TRACE": str(tmp_path / "trace"),
            "GIT_NAMESPACE": "astray",
            "GIT_DEFAULT_BRANCH": "trunk",
        }
        # GitPython hands on this process's environment, so the variables must be there as well.
        for name, text in {**made, **astray}.items():
            monkeypatch.setenv(name, text)
        return Git({**made, **astray})

    def test_would_have_an_effect(self, habits: Git, tmp_path: Path) -> None:
        """Without this, the tests below prove nothing."""
        env = {k: v for k, v in habits.environment.items() if not k.startswith("GIT_")}
        plain_git("init", "-q", str(tmp_path / "r"), env=env)
        (tmp_path / "r" / "a").write_text("a\n")
        plain_git("-C", str(tmp_path / "r"), "add", "--force", "a", env=env)
        assert plain_git("-C", str(tmp_path / "r"), "show", ":a", env=env) == b"A\n"
        ran = {Path(line).name for line in (tmp_path / "ran").read_text().splitlines()}
        assert {"mangle", "post-index-change"} <= ran
        with pytest.raises(subprocess.CalledProcessError):
            plain_git("-C", str(tmp_path / "r"), "commit", "-m", "m", env=env)
        assert (tmp_path / "r" / ".git" / "hooks" / "pre-commit").exists()

    def test_have_none(self, habits: Git, tmp_path: Path) -> None:
        ours = Git(environment(tmp_path / "nobody"))
        folder = folder_of(tmp_path / "files", FILES)
        made = []
        for number, git in enumerate((ours, habits)):
            # GitPython runs git when it is imported, and `ours` does not name the variable.
            (tmp_path / "trace").unlink(missing_ok=True)
            bare = tmp_path / f"{number}.git"
            git.init_bare(bare)
            commit = push(git, folder, bare, f"s\n\n{KEY}: one\n")
            git.clone(bare.as_uri(), tmp_path / f"clone{number}")
            (folder / "more").write_text("m\n")
            made.append(
                [
                    git.tree_of(folder),
                    commit,
                    git.branch(bare, "main"),
                    git.trailers(bare, commit, KEY),
                    git.files(bare, commit),
                    git.show(bare, commit, "mixed.txt"),
                    on_top(git, bare, commit, {"more": b"m\n"}, "x/y"),
                    git.changed(bare, commit, "refs/heads/x/y"),
                    git.default_branch(bare),
                    (bare / "config").read_text(),
                    (bare / "HEAD").read_text(),
                    sorted(entry.name for entry in bare.iterdir()),
                    (tmp_path / f"clone{number}" / "unix.txt").read_bytes(),
                    sorted(entry.name for entry in (tmp_path / f"clone{number}/.git").iterdir()),
                ],
            )
            git.checkout(bare, "refs/heads/x/y", tmp_path / f"out{number}")
            made[-1].append(git.tree_of(tmp_path / f"out{number}"))
            git.delete_branch(bare, "x/y")
            made[-1].append(git.branch(bare, "x/y"))
            (folder / "more").unlink()
        assert made[0] == made[1]
        assert not (tmp_path / "ran").exists()
        assert not (tmp_path / "trace").exists()
        assert not list(tmp_path.glob("astray*"))

    def test_but_the_identity_is_theirs(self, habits: Git) -> None:
        assert habits.identity() == ("Person", "person@example.com")

    def test_hooks_of_the_receiving_repository_do_not_run(
        self, habits: Git, tmp_path: Path
    ) -> None:
        env = {k: v for k, v in habits.environment.items() if not k.startswith("GIT_")}
        bare = tmp_path / "theirs.git"
        plain_git("init", "-q", "--bare", "--object-format=sha1", str(bare), env=env)
        assert (bare / "hooks" / "pre-receive").exists()
        (tmp_path / "ran").unlink(missing_ok=True)
        commit = push(habits, folder_of(tmp_path / "files", FILES), bare)
        assert habits.branch(bare, "main") == commit
        assert not (tmp_path / "ran").exists()
        on_top(habits, bare, commit, {"a": b"a"}, "x")
        habits.delete_branch(bare, "x")
        assert habits.branch(bare, "x") is None
        assert not (tmp_path / "ran").exists()
