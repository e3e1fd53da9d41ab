"""A command imports what it uses and nothing else: held by looking at a real process."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = ("copier", "git", "jinja2", "pydantic", "rich", "sqlite3", "yaml", "databricks", "github")


def _imported(*argv: str) -> set[str]:
    program = (
        "import sys\n"
        "from platform_cli.cli.app import run\n"
        f"run({list(argv)!r})\n"
        "sys.stderr.write('\\n' + ' '.join(m.split('.')[0] for m in sys.modules))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    return set(done.stderr.rsplit("\n", 1)[-1].split())


@pytest.mark.parametrize("argv", [["--version"], ["--help"]])
def test_the_first_words_import_nothing_heavy(argv: list[str]) -> None:
    assert not _imported(*argv) & set(HEAVY)


def test_the_version_does_not_even_import_typer() -> None:
    assert "typer" not in _imported("--version")


@pytest.mark.parametrize("command", ["init", "kpi", "journal", "config"])
def test_help_of_a_command_imports_nothing_heavy(command: str) -> None:
    # Typer reads a command's parameters with pydantic; only the root's help does without.
    assert not _imported(command, "--help") & (set(HEAVY) - {"pydantic"})
