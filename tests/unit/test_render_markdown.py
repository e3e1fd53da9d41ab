"""Texts in a summary are data: what they look like as Markdown is what they are."""

from __future__ import annotations

import re
import string
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from platform_cli.cli.render import markdown
from platform_cli.errors import PlatformError, Problem


def unescaped(text: str) -> str:
    """What a reader of Markdown makes of escaped text, by the rules of CommonMark."""
    for entity, character in (("&lt;", "\\<"), ("&gt;", "\\>"), ("&amp;", "\\&")):
        text = text.replace(entity, character)
    return re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", text)


@given(st.text(alphabet=st.sampled_from(string.printable + "\x1b\u202e`äß")))
def test_plain_text_has_no_markup_and_reads_as_it_is(text: str) -> None:
    told = markdown.plain(text)
    assert "\n" not in told
    assert not re.search(r"(?<!\\)[`*_\[\]|<>#~$@]", re.sub(r"\\.", "", told))
    cleaned = "".join("?" if c in "\x1b\u202e\r\x0b\x0c" else c for c in text)
    assert unescaped(told) == (" ".join(cleaned.split()) or "-")


@given(st.text(alphabet="`|a \n<"))
def test_nothing_leaves_a_code_span(text: str) -> None:
    told = markdown.code(text)
    fence = re.match(r"`+", told)
    assert fence is not None
    inner = told[len(fence[0]) : -len(fence[0])]
    assert told.endswith(fence[0])
    assert all(len(run) != len(fence[0]) for run in re.findall(r"`+", inner))
    assert "\n" not in told
    assert not re.search(r"(?<!\\)\|", told)


def test_a_text_without_end_is_cut() -> None:
    assert len(markdown.plain("a" * 100_000)) < 600
    assert len(markdown.code("a" * 100_000)) < 600


def test_an_error_is_appended_with_its_problems(tmp_path: Path) -> None:
    file = tmp_path / "summary.md"
    file.write_text("before\n", encoding="utf-8")
    problem = Problem("--owner", "it is <b>", "Mend it.")
    error = PlatformError("PLT-SPEC-001", "two|things\n# x", problems=[problem], hint="Do *it*")
    markdown.append_error(file, error)
    assert file.read_text(encoding="utf-8") == (
        "before\n### Refused\n\n**PLT-SPEC-001**: two\\|things \\# x\n\n"
        "* `--owner`: it is &lt;b&gt; Mend it\\.\n\nNext: Do \\*it\\*\n\n"
    )
