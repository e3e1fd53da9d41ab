"""Annotations of a workflow: escaped as GitHub reads them, and clean of what steers a terminal."""

from __future__ import annotations

import pytest

from platform_cli.cli.render.github import annotate


def test_what_is_escaped_where(capsys: pytest.CaptureFixture[str]) -> None:
    hostile = "100%\r\n::error::a:b,c\x1b[2J\u202e"
    annotate("warning", hostile, title=hostile, file=hostile, line=3, column=7)
    held = "100%25%0D%0A%3A%3Aerror%3A%3Aa%3Ab%2Cc?[2J?"
    message = "100%25%0D%0A::error::a:b,c?[2J?"
    said = capsys.readouterr().out
    assert said == f"::warning file={held},line=3,col=7,title={held}::{message}\n"


def test_without_a_file_it_is_about_the_run(capsys: pytest.CaptureFixture[str]) -> None:
    annotate("notice", "told", title="t")
    assert capsys.readouterr().out == "::notice title=t::told\n"
