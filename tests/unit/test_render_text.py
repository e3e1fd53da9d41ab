"""Cleaning, wrapping, widths and durations: pure functions of text."""

from __future__ import annotations

import io
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from platform_cli.cli.render.text import clean, count, duration, width, wrap
from platform_cli.settings import Terminal


class Stream(io.StringIO):
    """A stream that says whether it is a terminal."""

    def __init__(self, *, terminal: bool) -> None:
        super().__init__()
        self._terminal = terminal

    def isatty(self) -> bool:
        return self._terminal


def terminal(columns: int | None = None) -> Terminal:
    return Terminal(no_color=False, force_color=False, term_dumb=False, ci=False, columns=columns)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (None, "-"),
        (0, "0 s"),
        (0.0004, "0 ms"),
        (0.004, "4 ms"),
        (0.0994, "99 ms"),
        (0.1, "0.10 s"),
        (0.414, "0.41 s"),
        (9.99, "9.99 s"),
        (12.4, "12 s"),
        (59.4, "59 s"),
        (60, "1 min"),
        (192, "3 min 12 s"),
        (3_600, "1 h"),
        (7_500, "2 h 5 min"),
        (86_400, "1 d"),
        (273_600, "3 d 4 h"),
    ],
)
def test_a_duration_as_people_say_it(seconds: float | None, said: str) -> None:
    assert duration(seconds) == said


@given(st.floats(min_value=0, max_value=1e9))
def test_a_duration_is_never_empty_or_negative(seconds: float) -> None:
    said = duration(seconds)
    assert said
    assert "-" not in said
    assert not said.startswith("60 min")


def test_counting() -> None:
    assert [count(number, "call") for number in (0, 1, 2)] == ["0 calls", "1 call", "2 calls"]


@given(st.text())
def test_what_is_clean_steers_nothing(text: str) -> None:
    cleaned = clean(text)
    assert len(cleaned) == len(text)
    assert not [
        char
        for char in cleaned
        if char not in "\n\t" and unicodedata.category(char) in {"Cc", "Cs", "Zl", "Zp"}
    ]
    assert not set(cleaned) & set(
        "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
    )
    assert clean(cleaned) == cleaned


def test_ordinary_text_is_left_alone() -> None:
    text = "Zürich € 漢字 [bold] %s {} \t\n'\""
    assert clean(text) == text


@given(st.lists(st.text(alphabet="abc-/.", min_size=1, max_size=50)), st.integers(1, 120))
def test_words_are_kept_whole_and_in_order(words: list[str], columns: int) -> None:
    wrapped = wrap(" ".join(words), columns, "  ", "      ")
    assert wrapped.split() == " ".join(words).split()
    for line in wrapped.split("\n"):
        assert len(line) <= max(columns, 20) or len(line.split()) == 1


def test_line_breaks_of_the_text_are_kept() -> None:
    assert wrap("one\n\ntwo", 80, "  ") == "  one\n\n  two"


def test_the_width() -> None:
    file, screen = Stream(terminal=False), Stream(terminal=True)
    assert width(terminal(), file) == 100
    assert width(terminal(40), file) == 40
    assert width(terminal(400), screen) == 100
    assert width(terminal(5), screen) == 20
    assert width(terminal(80), screen, 60) == 60
    assert width(terminal(80), screen, 1) == 20
