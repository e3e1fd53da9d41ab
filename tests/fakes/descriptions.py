"""Where the official descriptions of the APIs are, which the fakes are held to.

PLATFORM_TEST_OPENAPI names the folder.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

VARIABLE: Final = "PLATFORM_TEST_OPENAPI"


def file(name: str) -> Path | None:
    """The description of that name, or None where the folder has none."""
    named = os.environ.get(VARIABLE)
    found = Path(named) / name if named else None
    return found if found is not None and found.is_file() else None


def absent(name: str) -> str:
    """Why a test that needs a description is skipped."""
    return f"{VARIABLE} names no folder with {name}: nothing to check against"
