"""What the tests of git share: folders, calls as a person makes them, and nobody's habits."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

from platform_cli.git import Git

AT = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
KEY = "Platform-Onboarding"


def environment(home: Path) -> dict[str, str]:
    """This process's environment with a home of its own and no git configuration."""
    home.mkdir(exist_ok=True)
    kept = {name: text for name, text in os.environ.items() if not name.startswith("GIT_")}
    return {**kept, "HOME": str(home), "XDG_CONFIG_HOME": str(home / ".config")}


def folder_of(place: Path, files: Mapping[str, bytes]) -> Path:
    for name, content in files.items():
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).write_bytes(content)
    return place


def plain_git(*arguments: str, env: Mapping[str, str] | None = None) -> bytes:
    """git as a person runs it."""
    done = subprocess.run(["git", *arguments], check=True, capture_output=True, env=env)
    return done.stdout


def push(git: Git, folder: Path, bare: Path, message: str = "m\n", branch: str = "main") -> str:
    with git.commit_folder(folder, message, name="Ada", mail="ada@example.com", at=AT) as made:
        assert git.push(made, bare, branch)
        return made.commit


def on_top(git: Git, bare: Path, parent: str, files: Mapping[str, bytes], branch: str) -> str:
    with git.commit_on(
        bare, parent, files, "m\n", name="Ada", mail="ada@example.com", at=AT
    ) as made:
        assert git.push(made, bare, branch)
        return made.commit


def scripted_git(folder: Path, script: str, timeout_s: float = 60) -> Git:
    """A `git` of our own on the path, before everything else."""
    folder.mkdir()
    (folder / "git").write_text(f"#!/bin/sh\n{script}\n")
    (folder / "git").chmod(0o755)
    return Git({"PATH": f"{folder}:{os.environ['PATH']}"}, timeout_s=timeout_s)


FILES = {
    "README.md": b"# Loyalty\n",
    ".github/CODEOWNERS": b"* @acme/loyalty\n",
    ".gitignore": b"*\n",
    ".gitattributes": b"* text=auto eol=crlf ident filter=mangle working-tree-encoding=UTF-16\n",
    "unix.txt": b"one\ntwo\n",
    "windows.txt": b"one\r\ntwo\r\n",
    "mixed.txt": b"one\r\ntwo\n$Id$\n",
    "bytes.bin": bytes(range(256)),
    "empty": b"",
    "no-end": b"no newline",
    "deep/er/and/deeper.txt": b"x",
}


HOSTILE_NAMES = [
    b"-n", b"--upload-pack=touch x", b":(exclude)*", b"a\nb", b'a"b', b"a\\b", b"a\tb", b"\xff\xfe",
    b"$(touch x)", b"`touch x`", b"~", b"$HOME", b"{a,b}", b" lead", b"trail ", b"#", b"!", b"*",
    b"done", b"M 100644 inline x", b"\x1b]0;x\x07", "\u202egpj".encode(), b"a" * 255, b"HEAD",
]  # fmt: skip


class GitFixtures:
    """git that knows nobody, also where a hook runs the tests, and an empty repository."""

    @pytest.fixture(autouse=True)
    def _nobody(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """The git that tests run themselves knows nobody, also where a hook runs the tests."""
        for name in [name for name in os.environ if name.startswith("GIT_")]:
            monkeypatch.delenv(name)

    @pytest.fixture
    def git(self, tmp_path: Path) -> Git:
        return Git(environment(tmp_path / "home"))

    @pytest.fixture
    def bare(self, git: Git, tmp_path: Path) -> Path:
        git.init_bare(tmp_path / "bare.git")
        return tmp_path / "bare.git"
