"""Where the official descriptions of the APIs are, which the fakes are held to.

PLATFORM_CLI_OPENAPI names the folder. The program knows no such variable and says so, so the tests
take it out of their environment and keep it under a name of their own.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

VARIABLE: Final = "PLATFORM_CLI_OPENAPI"
_KEPT: Final = "OPENAPI_DESCRIPTIONS_OF_TESTS"


def take() -> None:
    """Take the variable out of the environment, once for this process and those it starts."""
    named = os.environ.pop(VARIABLE, "")
    if named:
        os.environ[_KEPT] = named


def file(name: str) -> Path | None:
    """The description of that name, or None where the folder has none."""
    named = os.environ.get(_KEPT)
    found = Path(named) / name if named else None
    return found if found is not None and found.is_file() else None


def absent(name: str) -> str:
    """Why a test that needs a description is skipped."""
    return f"{VARIABLE} names no folder with {name}: nothing to check against"
