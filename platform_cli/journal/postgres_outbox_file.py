"""The form of an outbox file: a first line that says how much of it counts, then events.

Owns that first line and what it proves: a file that is shorter or other than what was kept is
refused, and what a dying process had not finished writing is not taken for a loss.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from platform_cli.errors import PlatformError

SCHEMA: Final = "platform-cli/outbox/1"
FIRST_LINE: Final = 128
"""The bytes of the first line, whatever it says: it is written over in its place."""


@dataclass(frozen=True, slots=True)
class Kept:
    """How many bytes after the first line are events that were acknowledged, and their checksum."""

    size: int = 0
    checksum: int = 0

    def with_line(self, line: bytes) -> Kept:
        """The same with one more line."""
        return Kept(self.size + len(line), zlib.crc32(line, self.checksum))

    def first_line(self) -> bytes:
        """How the file begins."""
        document = {"schema": SCHEMA, "size": self.size, "checksum": self.checksum}
        return json.dumps(document).encode().ljust(FIRST_LINE - 1) + b"\n"


def kept_of(line: bytes) -> Kept | None:
    """What a first line says; None where it is not exactly one that was written here."""
    try:
        document = json.loads(line)
        kept = Kept(int(document["size"]), int(document["checksum"]))
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    return kept if kept.first_line() == line else None


def counted(kept: Kept, lines: Iterable[bytes], name: str) -> Iterator[bytes]:
    """The lines that count. Raises PLT-JOURNAL-002 at the latest where what is kept should end.

    Until then none is proven, so who takes them takes all or none. What stands behind them was on
    its way when a disk was full or its process died.
    """
    found = Kept()
    rest = iter(lines)
    while found.size < kept.size and (line := next(rest, b"")):
        found = found.with_line(line)
        yield line
    if found.size < kept.size:
        raise damaged(name, f"{kept.size} bytes of events were kept, {found.size} are there")
    if found != kept:
        raise damaged(name, "its events are not as they were kept")


def damaged(name: str, why: str) -> PlatformError:
    """The error for events that were kept and are not there as they were."""
    return PlatformError(
        "PLT-JOURNAL-002",
        f"{name} is damaged: {why}. Nothing of it was taken, and it stays as it is.",
        hint="Restore it from a copy. Where there is none, take away its first line to go on with"
        " the events that it still has, or move it away to go on without them.",
        address=name,
    )
