"""Fixtures of the command line's tests: a program of one's own, a finished domain, golden files.

`pytest tests/cli --update-golden` writes what the program prints now; read the difference.
"""

from __future__ import annotations

import difflib
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.program import Program, with_stand_ins

GOLDEN = Path(__file__).parent / "golden"


@pytest.fixture(scope="session")
def python(tmp_path_factory: pytest.TempPathFactory) -> str:
    """An interpreter whose CI is green at once."""
    return with_stand_ins(tmp_path_factory.mktemp("tools") / "venv")


@pytest.fixture
def program(tmp_path: Path, python: str) -> Program:
    """A program that nobody has used yet."""
    return Program(tmp_path / "places", python=python)


@pytest.fixture(scope="session")
def onboarded(tmp_path_factory: pytest.TempPathFactory, python: str) -> Path:
    """A home with one domain in it: made once, and copied for each test that begins there."""
    made = Program(tmp_path_factory.mktemp("onboarded"), python=python)
    made.init("--quiet")
    return made.home


@pytest.fixture
def finished(program: Program, onboarded: Path) -> Program:
    """A program whose home has the domain `loyalty`."""
    shutil.copytree(onboarded, program.home, symlinks=True)
    program.home.chmod(0o700)
    return program


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """Compare a text with a golden file, or write the file with --update-golden."""

    def compare(name: str, text: str) -> None:
        path = GOLDEN / f"{name}.txt"
        if request.config.getoption("--update-golden"):
            path.write_text(text, encoding="utf-8")
            return
        wanted = path.read_text(encoding="utf-8") if path.exists() else ""
        lines = difflib.unified_diff(
            wanted.splitlines(), text.splitlines(), str(path.name), "now", lineterm=""
        )
        difference = "\n".join(lines)
        assert wanted == text, f"--update-golden writes what is printed now:\n{difference}"

    return compare
