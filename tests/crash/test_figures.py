"""The figures in docs/reliability.md: added up from every test, and written between two marks."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

from tests.crash import figures
from tests.crash.histories import History, Left, Wrong

NOW = datetime(2026, 1, 5, tzinfo=UTC)


def _numbers() -> Counter[str]:
    first: dict[str, int] = {}
    second: dict[str, int] = {}
    figures.count(first, History.read("github/order:1,call:1:after"), Left(kills=1, runs=1))
    figures.count(first, History.read("github/mix:1,call:2:after"), Left(kills=1, runs=2))
    orphan = Left(kills=1, runs=1, wrong=[Wrong("orphan", "a page"), Wrong("orphan", "a branch")])
    figures.count(second, History.read("local/call:1:after,call:2:after"), orphan)
    numbers = Counter(first)
    numbers.update(second)
    return numbers


def test_what_was_found_stands_beside_what_was_tried() -> None:
    told = figures.section(_numbers(), "long", NOW)
    assert "`--sweep long`, 2026-01-05" in told
    assert "| `github` | one kill | 2 | 2 |" in told
    assert "| `local` | two kills | 1 | 1 |" in told
    assert "| **together** | | **3** | **3** |" in told
    assert "| duplicates | 0 | 3 |" in told
    assert "| orphans | 2 | 3 |" in told
    assert "until all was done, at most | 2 | 3 |" in told
    assert told.index("`local`") < told.index("`github`")


def test_the_rest_of_the_page_stays(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"above\n\n{figures.BEGINS}\nold\n{figures.ENDS}\n\nbelow\n", encoding="utf-8")
    figures.write(page, "new")
    figures.write(page, "newer")
    wanted = f"above\n\n{figures.BEGINS}\nnewer\n{figures.ENDS}\n\nbelow\n"
    assert page.read_text(encoding="utf-8") == wanted


def test_the_page_has_a_place_for_them() -> None:
    text = figures.PAGE.read_text(encoding="utf-8")
    assert text.count(figures.BEGINS) == text.count(figures.ENDS) == 1
