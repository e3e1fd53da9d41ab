"""Text for a terminal: cleaned of what could steer it, and wrapped to its width.

Everything that people read passes `clean`: names, paths and messages may come from outside.
"""

from __future__ import annotations

import shutil
import sys
import textwrap
import unicodedata
from contextlib import suppress
from typing import Final, TextIO

from platform_cli.settings import Terminal

_BIDI: Final = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_NARROWEST: Final = 20
_WIDEST: Final = 100


def clean(text: str) -> str:
    """The text without control and bidirectional characters; each is shown as `?`."""
    return "".join("?" if _steers(char) else char for char in text)


def _steers(char: str) -> bool:
    if char in "\n\t":
        return False
    return char in _BIDI or unicodedata.category(char) in {"Cc", "Cs", "Zl", "Zp"}


def width(terminal: Terminal, stream: TextIO, wished: int | None = None) -> int:
    """How many columns a line may have."""
    if wished is not None:
        return max(wished, _NARROWEST)
    if not stream.isatty():
        return terminal.columns or _WIDEST
    columns = terminal.columns or shutil.get_terminal_size((_WIDEST, 24)).columns
    return max(_NARROWEST, min(columns, _WIDEST))


def wrap(text: str, columns: int, indent: str = "", hanging: str | None = None) -> str:
    """Wrap a paragraph. Paths and commands are never cut: a long word stands on its own line."""
    after = hanging if hanging is not None else indent
    wrapper = textwrap.TextWrapper(
        width=max(columns, _NARROWEST),
        initial_indent=indent,
        subsequent_indent=after,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return "\n".join(wrapper.fill(line) or indent.rstrip() for line in clean(text).split("\n"))


def duration(seconds: float | None) -> str:
    """A duration as people say it: `4 ms`, `0.41 s`, `3 min 12 s`, `2 h 5 min`, `3 d 4 h`."""
    if seconds is None:
        return "-"
    if 0 < round(seconds, 4) < 0.1:  # noqa: PLR2004 - less than two digits of a second
        return f"{seconds * 1_000:.0f} ms"
    if seconds == 0:
        return "0 s"
    if seconds < 60:  # noqa: PLR2004 - a minute
        return f"{seconds:.2f} s" if seconds < 10 else f"{seconds:.0f} s"  # noqa: PLR2004 - 2 digits
    whole = round(seconds)
    for big, small, size, step in (
        ("d", "h", 86_400, 3_600),
        ("h", "min", 3_600, 60),
        ("min", "s", 60, 1),
    ):
        if whole >= size:
            rest = whole % size // step
            return f"{whole // size} {big} {rest} {small}" if rest else f"{whole // size} {big}"
    return f"{whole} s"


def count(number: int, words: str) -> str:
    """`1 call`, `2 calls`."""
    return f"{number} {words}" if number == 1 else f"{number} {words}s"


def out(text: str = "") -> None:
    """One line of the result."""
    sys.stdout.write(text + "\n")


def err(text: str = "") -> None:
    """One line of narration. A stderr that takes no more never stops what is being told."""
    with suppress(OSError):
        sys.stderr.write(text + "\n")
