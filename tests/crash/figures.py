"""Counts what the histories of a whole run came to, over all its workers, and writes it down.

A plugin of pytest: `tests/conftest.py` registers it. Counts travel with each test's report.
"""

from __future__ import annotations

import platform
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

if TYPE_CHECKING:  # a run of other tests need not import any of it
    from tests.crash.histories import Harm, History, Left

PAGE: Final = Path(__file__).parents[2] / "docs" / "reliability.md"
BEGINS: Final = "<!-- crash figures -->"
ENDS: Final = "<!-- end of crash figures -->"
PROPERTY: Final = "crash"
HARMS: Final[Mapping[Harm, str]] = {
    "duplicate": "duplicates",
    "orphan": "orphans",
    "half": "halves",
    "repeat": "calls of a run that had nothing to do",
    "record": "lost or wrong records, timing included",
    "traceback": "tracebacks",
    "hang": "hangs",
    "exit": "runs that ended with an error",
    "fake": "requests that an API's description forbids",
}
KINDS: Final = ("unharmed", "one kill", "two kills", "any moment")


def count(numbers: dict[str, int], history: History, left: Left) -> None:
    """Add one history to the numbers of its test, which are told as its property."""
    row = f"{history.profile}/{history.kind}"
    counted = [(f"tried/{row}", 1), (f"kills/{row}", left.kills), (f"runs/{left.runs}", 1)]
    counted.append((f"order/{(history.order or 'threads').partition(':')[0]}", 1))
    counted += [(f"harm/{wrong.harm}", 1) for wrong in left.wrong]
    for name, number in counted:
        numbers[name] = numbers.get(name, 0) + number


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, exitstatus: pytest.ExitCode
) -> None:
    """One line for whoever ran it, and with `--write-figures` the page, unless it was cut off."""
    numbers: Counter[str] = Counter()
    for report in terminalreporter.getreports("passed") + terminalreporter.getreports("failed"):
        for name, told in getattr(report, "user_properties", ()):
            if name == PROPERTY:
                numbers.update(told)
    tried = sum(_under(numbers, "tried").values())
    if tried:
        kills = sum(_under(numbers, "kills").values())
        harms = ", ".join(f"{numbers[f'harm/{harm}']} {words}" for harm, words in HARMS.items())
        terminalreporter.write_line(f"{tried} crash histories with {kills} kills: {harms}")
    ended = exitstatus in {pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED}
    if tried and ended and terminalreporter.config.getoption("--write-figures"):
        sweep = terminalreporter.config.getoption("--sweep")
        write(PAGE, section(numbers, sweep, datetime.now(tz=UTC)))


def _under(numbers: Mapping[str, int], name: str) -> dict[str, int]:
    head = f"{name}/"
    return {key.removeprefix(head): n for key, n in numbers.items() if key.startswith(head)}


def write(page: Path, section: str) -> None:
    """Put the section between its two marks."""
    text = page.read_text(encoding="utf-8")
    head, _, rest = text.partition(BEGINS)
    _, _, tail = rest.partition(ENDS)
    page.write_text(f"{head}{BEGINS}\n{section}\n{ENDS}{tail}", encoding="utf-8")


def section(numbers: Counter[str], sweep: str, now: datetime) -> str:
    """The figures as Markdown: the number of harms stands beside the number of cases."""
    tried, kills = _under(numbers, "tried"), _under(numbers, "kills")
    total = f"{sum(tried.values()):,}"
    most = max(map(int, _under(numbers, "runs")), default=0)
    system = f"Python {platform.python_version()}, {platform.system()}"
    lines = [
        f"Last figures: `--sweep {sweep}`, {now:%Y-%m-%d}, {system}.",
        "",
        "| profile | history | tried | processes killed |",
        "|---|---|---:|---:|",
        *(
            f"| `{row.partition('/')[0]}` | {row.partition('/')[2]} | {tried[row]:,} "
            f"| {kills[row]:,} |"
            for row in sorted(tried, key=_place)
        ),
        f"| **together** | | **{total}** | **{sum(kills.values()):,}** |",
        "",
        _orders(_under(numbers, "order")),
        "",
        "| what a kill must not do | found | in histories |",
        "|---|---:|---:|",
        *(f"| {words} | {numbers[f'harm/{harm}']:,} | {total} |" for harm, words in HARMS.items()),
        f"| runs from the last kill until all was done, at most | {most} | {total} |",
    ]
    return "\n".join(lines)


def _place(row: str) -> tuple[int, int]:
    from tests.crash.profiles import PROFILES

    profile, _, kind = row.partition("/")
    return list(PROFILES).index(profile), KINDS.index(kind)


def _orders(tried: Mapping[str, int]) -> str:
    from tests.crash.turns import orders

    return (
        f"{tried.get('order', 0):,} of them kept to one of the {len(orders())} orders in which "
        f"whole steps and trials may follow each other, {tried.get('mix', 0):,} had their single "
        f"calls interleaved by a seed, and {tried.get('threads', 0):,} ran as threads happened to."
    )
