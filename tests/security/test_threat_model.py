"""The page says which test shows what: each of them exists, and none of this folder is left out."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

TOP: Final = Path(__file__).parents[2]
PAGE: Final = TOP / "docs" / "threat-model.md"


def test_every_test_that_the_page_names_exists() -> None:
    named = set(re.findall(r"`([a-z]+/test_\w+\.py)`", PAGE.read_text(encoding="utf-8")))
    assert len(named) > 30
    assert [name for name in sorted(named) if not (TOP / "tests" / name).is_file()] == []


def test_every_test_of_this_folder_is_on_the_page() -> None:
    text = PAGE.read_text(encoding="utf-8")
    here = {path.name for path in Path(__file__).parent.glob("test_*.py")} - {Path(__file__).name}
    assert len(here) >= 12
    assert [name for name in sorted(here) if f"`security/{name}`" not in text] == []


def test_people_find_the_page() -> None:
    for name in ("README.md", "docs/architecture.md"):
        assert "threat-model.md" in (TOP / name).read_text(encoding="utf-8"), name


def test_every_row_that_defends_names_a_test_or_a_page() -> None:
    tables = (
        PAGE.read_text(encoding="utf-8")
        .split("## What was swept")[0]
        .split("## A hostile template")[1]
    )
    rows = [line for line in tables.splitlines() if line.startswith("|") and "---" not in line]
    heads = ("| what it tries", "| what they try", "| what stands", "| what limits")
    assert [row for row in rows if ".py`" not in row and not row.startswith(heads)] == []
