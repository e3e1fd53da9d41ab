"""A small terminal: what a person would see after a program has written to it.

Knows the codes that our live view uses, and refuses every other, so that none slips in unseen.
"""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import struct
import termios
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_CODE: Final = re.compile(r"\x1b\[(\?25[lh]|[0-9;]*m|2K|[0-9]*A)|[\r\n]|\x1b|[^\x1b\r\n]+")
_DEADLINE_S: Final = 120


@dataclass(frozen=True, slots=True)
class Shown:
    """What was written to a terminal, and how the program left."""

    status: int
    raw: str

    @property
    def lines(self) -> list[str]:
        """The screen at the end, without the spaces at the ends of lines."""
        return screen(self.raw)


def screen(raw: str) -> list[str]:
    """Play what was written. Raises AssertionError for a code that is not expected."""
    rows, row, column = [""], 0, 0
    hidden = False
    for match in _CODE.finditer(raw):
        code, piece = match[1], match[0]
        if piece == "\n":
            row += 1
            rows += [""] * (row + 1 - len(rows))
        elif piece == "\r":
            column = 0
        elif code is None:
            assert not piece.startswith("\x1b"), f"unexpected code in {raw!r}"
            rows[row] = rows[row][:column].ljust(column) + piece + rows[row][column + len(piece) :]
            column += len(piece)
        elif code == "2K":
            rows[row] = ""
        elif code.endswith("A"):
            row = max(0, row - int(code[:-1] or 1))
        elif code.startswith("?25"):
            hidden = code.endswith("l")
    assert not hidden, "the cursor was left hidden"
    return "\n".join(line.rstrip() for line in rows).rstrip("\n").split("\n")


def watch(
    command: Sequence[str],
    environment: Mapping[str, str],
    folder: Path,
    columns: int = 80,
) -> Shown:
    """Run a command on a terminal of that width and keep what it writes."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(folder)
        os.execvpe(command[0], list(command), dict(environment))  # noqa: S606 - no shell is wanted
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    written = b""
    until = time.monotonic() + _DEADLINE_S
    while time.monotonic() < until:
        if not select.select([terminal], [], [], 0.1)[0]:
            continue
        try:
            piece = os.read(terminal, 65_536)
        except OSError:  # Linux says so when the last writer has left
            break
        if not piece:
            break
        written += piece
    os.close(terminal)
    _, status = os.waitpid(pid, 0)
    return Shown(os.waitstatus_to_exitcode(status), written.decode())
