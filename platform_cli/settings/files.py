"""Reads one TOML file that may be hostile: no blocking, no size, no text that a terminal obeys.

Knows nothing of settings. What cannot be read is a `Problem` with file, line and column.
"""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path
from typing import Any, Final

from platform_cli.errors import Problem
from platform_cli.settings.kinds import printable

LARGEST: Final = 32 * 1024
_BOM: Final = b"\xef\xbb\xbf"
_LONGEST_LINE: Final = 1024
"""tomllib takes squared time for a name such as `a.a.a.a`, and a name cannot leave its line."""


class UnreadableError(Exception):
    """A file that cannot be used, with the problem to report."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.summary)
        self.problem = problem


def read_toml(path: Path) -> dict[str, Any] | None:
    """The file's content, or None where there is no file. Raises UnreadableError."""
    content = _read(path)
    if content is None:
        return None
    text = _decode(path, content.removeprefix(_BOM))
    return _parse(path, text)


def _read(path: Path) -> bytes | None:
    # Without O_NONBLOCK, opening a FIFO would wait for somebody to write into it.
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)
    try:
        handle = os.open(path, flags)
        try:
            if not stat.S_ISREG(os.fstat(handle).st_mode):
                raise _unreadable(path, "is not a regular file")
            with os.fdopen(handle, "rb", closefd=False) as file:
                content = file.read(LARGEST + 1)
        finally:
            os.close(handle)
    except (FileNotFoundError, NotADirectoryError):
        if path.is_symlink():
            raise _unreadable(path, "is a symbolic link to nothing") from None
        return None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else None
        raise _unreadable(path, f"cannot be read ({reason or 'not a path'})") from None
    if len(content) > LARGEST:
        raise _unreadable(path, f"is larger than {LARGEST // 1024} KiB")
    return content


def _decode(path: Path, content: bytes) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        before = content[: error.start]
        line = before.count(b"\n") + 1
        column = error.start - (before.rfind(b"\n") + 1) + 1
        raise _unreadable(path, "is not UTF-8", line, column) from None


def _parse(path: Path, text: str) -> dict[str, Any]:
    import tomllib

    for number, written in enumerate(text.split("\n"), start=1):
        if len(written) > _LONGEST_LINE:
            what = f"has a line of more than {_LONGEST_LINE} characters"
            raise _unreadable(path, what, number, _LONGEST_LINE + 1)
    try:
        return tomllib.loads(text.replace("\r\n", "\n"))
    except RecursionError:
        raise _unreadable(path, "is nested too deeply") from None
    except ValueError as error:
        line, column = _place(error, text)
        raise _unreadable(path, "is not TOML", line, column) from None


def _place(error: ValueError, text: str) -> tuple[int, int]:
    """Line and column of what the parser refused.

    From Python 3.14 on the error has them as attributes; before, only its message has.
    """
    line, column = getattr(error, "lineno", None), getattr(error, "colno", None)
    if isinstance(line, int) and isinstance(column, int):
        return line, column
    if found := re.search(r"line ([0-9]+), column ([0-9]+)", str(error)):
        return int(found[1]), int(found[2])
    return text.count("\n") + 1, len(text) - (text.rfind("\n") + 1) + 1


def _unreadable(path: Path, what: str, line: int = 0, column: int = 0) -> UnreadableError:
    name = printable(str(path))
    address = f"{name}:{line}:{column}" if line else name
    hint = "Mend it, or move it away: `platform-cli config init` writes a fresh one."
    return UnreadableError(Problem(address, f"the file {name} {what}", hint))
