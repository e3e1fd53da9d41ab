"""What the tests of the embedded forge share: its calls, its folder, and other processes."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import pytest

from platform_cli.errors import PlatformError
from platform_cli.git import Git
from platform_cli.providers.forge.local import LocalForge
from platform_cli.providers.forge.port import Protection
from platform_cli.providers.marker import Marker
from tests.providers.forge_suite import (
    MARKER,
    NAME,
    OTHER,
    TRIAL,
    commit_of,
    propose,
    propose_branch,
)

ORGANISATION = "acme"
AT = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
PROTECTION = Protection(
    code_owner_review=True, required_checks=("build",), force_push=False, deletion=False
)


def environment(home: Path) -> dict[str, str]:
    home.mkdir(exist_ok=True)
    kept = {name: text for name, text in os.environ.items() if not name.startswith("GIT_")}
    return {**kept, "HOME": str(home), "XDG_CONFIG_HOME": str(home / ".config")}


def create(forge: LocalForge, name: str = NAME, marker: Marker = MARKER) -> None:
    forge.create_repository(name, marker=marker, description="d")


def writes(forge: LocalForge, commit_folder: Path) -> Mapping[str, Callable[[], object]]:
    """Every mutating call of the port."""
    commit = commit_of(commit_folder, {"a": "a"})
    return {
        "create_repository": lambda: create(forge),
        "set_marker": lambda: forge.set_marker(NAME, OTHER),
        "set_variable": lambda: forge.set_variable(NAME, "A", "1"),
        "create_environment": lambda: forge.create_environment(NAME, "production"),
        "grant": lambda: forge.grant(NAME, "@ada", "write"),
        "push": lambda: forge.push(NAME, "main", commit),
        "protect": lambda: forge.protect(NAME, "main", PROTECTION),
        "create_branch": lambda: propose_branch(forge),
        "create_pull_request": lambda: propose(forge),
        "close_pull_request": lambda: forge.close_pull_request(NAME, TRIAL),
        "delete_branch": lambda: forge.delete_branch(NAME, TRIAL),
    }


def snapshot(folder: Path) -> dict[str, tuple[int, bytes]]:
    """Everything in the folder: modes and contents."""
    found = {}
    for path in sorted(folder.rglob("*")):
        mode = path.lstat().st_mode
        content = path.read_bytes() if stat.S_ISREG(mode) else b""
        found[str(path.relative_to(folder))] = (mode, content)
    return found


def hidden(forge: LocalForge) -> list[str]:
    return sorted(path.name for path in forge.root.rglob(".*"))


CHILD = """
import os, signal, sys, threading
from datetime import UTC, datetime
from pathlib import Path
from platform_cli.git import Git
from platform_cli.providers.forge.local import LocalForge
from platform_cli.providers.forge.port import Author, Commit
from platform_cli.providers.marker import Marker

def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)

def before(module, name):
    setattr(module, name, die)

def after(module, name, times=1):
    real, left = getattr(module, name), [times]
    def call(*given, **named):
        result = real(*given, **named)
        left[0] -= 1
        return result if left[0] else die()
    setattr(module, name, call)

forge = LocalForge(Path(sys.argv[1]), "acme", Git(dict(os.environ)), lambda: datetime.now(UTC))
marker = Marker("loyalty", sys.argv[2])
commit = Commit(Path(sys.argv[1]).parent / "files", "m\\n\\nPlatform-Onboarding: " + sys.argv[2],
                Author("A", "a@x"))
def create(name="loyalty"):
    forge.create_repository(name, marker=marker, description="d")
"""


def child(forge: LocalForge, code: str, onboarding: str = "onboarding-1") -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", CHILD + code, str(forge.root), onboarding],
        env=dict(forge.git.environment),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def killed(forge: LocalForge, code: str) -> None:
    """Run the code in a process that must kill itself."""
    process = child(forge, code)
    process.communicate(timeout=60)
    assert process.returncode == -signal.SIGKILL


def at_once(calls: list[Callable[[], object]]) -> list[object]:
    """Run all of them at the same moment; an error of ours is a result, too."""
    start = threading.Barrier(len(calls))

    def run(call: Callable[[], object]) -> object:
        start.wait(60)
        try:
            return call()
        except PlatformError as error:
            return error

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


class LocalFixtures:
    """A forge in a folder of the test's, run by nobody in particular."""

    @pytest.fixture
    def git(self, tmp_path: Path) -> Git:
        return Git(environment(tmp_path / "home"))

    @pytest.fixture
    def forge(self, git: Git, tmp_path: Path) -> LocalForge:
        numbers = count(1)
        return LocalForge(
            tmp_path / "forge", ORGANISATION, git, lambda: AT, lambda: f"id-{next(numbers)}"
        )

    @pytest.fixture
    def place(self, forge: LocalForge) -> Path:
        """Where the repository is, or would be."""
        return forge.root / ORGANISATION / NAME

    @pytest.fixture(autouse=True)
    def _home(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """The git that tests run themselves knows nobody, either."""
        for name in [name for name in os.environ if name.startswith("GIT_")]:
            monkeypatch.delenv(name)
        for name in ("GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM"):
            monkeypatch.setenv(name, os.devnull)
