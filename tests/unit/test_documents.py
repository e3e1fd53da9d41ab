"""What the documents and tables of the program promise about themselves."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import get_args

import pytest

from platform_cli.errors import CODES, Code

ROOT = Path(__file__).parents[2]


def test_the_generated_pages_are_up_to_date() -> None:
    done = subprocess.run(
        [sys.executable, "docs/reference/generate.py", "--check"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("code", get_args(Code))
def test_every_error_is_raised_and_triggered_by_a_test(code: str) -> None:
    raised = _mentions(ROOT / "platform_cli", code) - {ROOT / "platform_cli" / "errors.py"}
    assert raised, f"{code} is never raised"
    assert _mentions(ROOT / "tests", code), f"{code} is triggered by no test"


def test_error_codes_are_written_alike() -> None:
    for code in CODES:
        assert re.fullmatch(r"PLT-[A-Z]+-[0-9]{3}", code)


def _mentions(folder: Path, text: str) -> set[Path]:
    return {path for path in folder.rglob("*.py") if text in path.read_text(encoding="utf-8")}
