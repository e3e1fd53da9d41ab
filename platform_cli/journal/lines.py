"""Reads events from JSON Lines, one at a time; the first bad line stops the whole file.

An outbox file is taken, too: its first line says how much of it counts, and that must be there.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import IO, Final

from platform_cli.errors import PlatformError
from platform_cli.journal.event import LONGEST_LINE, Event, from_line
from platform_cli.journal.postgres_outbox_file import counted, kept_of

STDIN: Final = Path("-")
_LONGEST_END: Final = 2  # of a line: a carriage return and a line feed


def read(file: Path) -> Iterator[Event]:
    """The events of a file or of stdin. Raises PLT-JOURNAL-004 naming the line, or -002."""
    if file == STDIN:
        yield from _events(sys.stdin.buffer, "stdin")
        return
    try:
        with file.open("rb") as opened:
            yield from _events(opened, str(file))
    except OSError as error:
        raise PlatformError(
            "PLT-JOURNAL-004",
            f"{file}: {error.strerror}. Nothing was imported.",
            hint="Name a file that `platform-cli journal export` wrote, or - for stdin.",
            address=str(file),
        ) from error


def _events(lines: IO[bytes], name: str) -> Iterator[Event]:
    # A line is never read further than it may be long: a file may be one line, and huge.
    pieces = iter(lambda: lines.readline(LONGEST_LINE + _LONGEST_END + 1), b"")
    first = next(pieces, b"")
    kept = kept_of(first)
    counting = chain((first,), pieces) if kept is None else counted(kept, pieces, name)
    for number, line in enumerate(counting, start=1 if kept is None else 2):
        if not line.strip():
            continue
        try:
            if len(line.rstrip(b"\r\n")) > LONGEST_LINE:
                raise ValueError("longer than a megabyte")  # noqa: TRY301 - one refusal for all
            yield from_line(line.decode("utf-8"))
        except ValueError as error:
            raise PlatformError(
                "PLT-JOURNAL-004",
                f"{name}:{number} is not an event: {error}. Nothing was imported.",
                address=f"{name}:{number}",
            ) from error
