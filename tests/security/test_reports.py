"""Reports that people open: a name in them is data, whatever program opens the file.

`tests/unit/test_kpi_reports.py` has the reports as such, `test_render_markdown.py` and
`test_render_github.py` the escaping of summaries and annotations as properties. Here every hostile
name stands at every place of every report.
"""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, Final

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as families

from platform_cli.cli.render import markdown
from platform_cli.cli.render.github import annotate
from platform_cli.errors import PlatformError, Problem
from platform_cli.journal.event import Event
from tests.unit.kpi_shown import Kpi, onboarding

NAMES: Final = (
    "=cmd()|' /C calc'!A0",
    "+1+cmd()",
    "-2+3",
    "@SUM(1+1)*cmd()",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    " =1+1",
    "\uff1d1+1",
    '";=1+1;"',
    '=HYPERLINK("http://evil.example","x")',
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</title><svg onload=alert(1)>",
    "<!--",
    "]]>",
    "&lt;b&gt;",
    "javascript:alert(1)",
    "\x1b]0;owned\x07",
    "\u202eevil",
    "[x](http://evil.example)",
    "![x](http://evil.example)",
    "| a | b |",
    "```",
    "::error file=x::y",
    'quo"te {x="y"} \\',
    "# EOF",
)
DAY: Final = datetime(2026, 3, 2, tzinfo=UTC)


@pytest.fixture(name="kpi")
def _kpi(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Kpi:
    for name in ("HOME", "PLATFORM_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return Kpi(tmp_path, capsys)


def everywhere(name: str, number: int) -> list[Event]:
    """An onboarding in which everything that is a text is that name."""
    events = onboarding(number, asked=DAY, lead_s=600.0, domain=name, step=name, template=name)
    again = onboarding(100 + number, asked=DAY, lead_s=None, domain=f"{name}2", step=name)
    return [replace(event, run=f"{event.run}-{number}") for event in (*events, *again)]


@pytest.fixture
def hostile(kpi: Kpi) -> Kpi:
    """A journal that is full of them."""
    kpi.keep(event for number, name in enumerate(NAMES) for event in everywhere(name, number))
    return kpi


VIEWS: Final = ((), ("--runs",), ("--by", "step"), ("--by", "template"), ("--by", "profile"))


@pytest.mark.parametrize("view", VIEWS, ids=" ".join)
def test_no_cell_of_the_csv_is_a_formula(hostile: Kpi, view: tuple[str, ...]) -> None:
    """A program that opens it takes a cell for a formula by how it begins, white space left out."""
    shown = hostile.show("--format", "csv", *view)
    assert shown.code == 0
    rows = list(csv.reader(io.StringIO(shown.out, newline="")))
    assert len({len(row) for row in rows}) == 1, "every row has the same cells"
    for cell in (cell for row in rows for cell in row):
        begins = cell.lstrip(" \t\r\n")[:1]
        assert begins not in set("=+-@|%\uff1d\uff0b\uff0d\uff20") or _is_number(cell), cell
        assert not {"\n", "\r", "\x1b", "\u202e"} & set(cell)
    if view == ("--runs",):
        told = "\n".join(",".join(row) for row in rows)
        assert "<script>alert(1)</script>" in told, "and it is there, as it is"


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


class Seen(HTMLParser):
    """What a browser makes of a page: its elements with their attributes, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: set[tuple[str, ...]] = set()
        self.text = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.add((tag, *sorted(name for name, _ in attrs)))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_comment(self, data: str) -> None:
        self.elements.add(("comment", data))


@pytest.mark.parametrize("view", VIEWS, ids=" ".join)
def test_the_page_has_the_elements_that_it_has_with_plain_names(
    kpi: Kpi, view: tuple[str, ...]
) -> None:
    plain = [f"name-{number}" for number in range(len(NAMES))]
    kpi.keep(event for number, name in enumerate(plain) for event in everywhere(name, number))
    usual = Seen(kpi.show("--format", "html", *view).out).elements
    for path in kpi.home.glob("journal.sqlite3*"):
        path.unlink()
    kpi.keep(event for number, name in enumerate(NAMES) for event in everywhere(name, number))
    page = kpi.show("--format", "html", *view).out
    seen = Seen(page)
    assert seen.elements == usual
    assert "script" not in {element[0] for element in seen.elements}
    assert "http://" not in page.replace("http://evil.example", "")
    assert "\x1b" not in page
    assert "\u202e" not in page
    if view == ("--runs",):
        assert "<script>alert(1)</script>" in seen.text, "and it is there, as text"


def test_labels_of_the_metrics_are_values(hostile: Kpi) -> None:
    shown = hostile.show("--format", "openmetrics", "--by", "template")
    read: Any = families  # not typed
    found = {family.name: family for family in read(shown.out)}
    steps = {s.labels["step"] for s in found["platform_onboarding_step_failures"].samples}
    assert 'quo"te {x="y"} \\' in steps
    assert "# EOF" in steps
    assert shown.out.count("# EOF\n") == 1


def test_json_is_whole(hostile: Kpi) -> None:
    runs = hostile.show("--format", "json", "--runs").json["runs"]
    assert set(NAMES) <= {run["domain"] for run in runs}


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_a_summary_and_an_annotation(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What a run leaves on GitHub's pages: one heading, one list, one command a line."""
    file = tmp_path / "summary.md"
    problem = Problem(name, name, name)
    markdown.append_error(file, PlatformError("PLT-SPEC-001", name, hint=name, problems=[problem]))
    text = file.read_text(encoding="utf-8")
    assert [line for line in text.splitlines() if line.startswith(("#", "|", "`", "!", "["))] == [
        "### Refused"
    ]
    # What stands in a code span is shown as it is, and what has a backslash before it, too.
    bare = re.sub(r"\\.|(`+)(?!`).*?(?<!`)\1(?!`)", "", text)
    assert not re.search(r"[<\[\]`]", bare)
    annotate("error", name, title=name, file=name, line=1)
    said = capsys.readouterr().out
    assert said.count("\n") == 1
    assert said.startswith("::error file=")
    assert json.dumps(said).count("\\u001b") == 0
