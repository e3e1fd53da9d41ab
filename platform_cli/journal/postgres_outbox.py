"""Events that the shared journal did not take in the middle of a run, kept on disk until it does.

Owns one folder a journal: a file for each process that lost its connection, JSON Lines, each line
on disk before it counts. A writer locks its file, so nobody delivers what is still being written.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from platform_cli.errors import PlatformError
from platform_cli.journal.event import Event, format_time, from_line, to_line
from platform_cli.journal.place import FILE_MODE, private_folder, refusal, sync_folder

_ENDING: Final = ".jsonl"


class Outbox:
    """What one process could not write, and what others left behind."""

    def __init__(self, root: Path, place: str) -> None:
        """The folder of the journal at this place; made when it is first needed."""
        digest = hashlib.blake2b(place.encode(), digest_size=8).hexdigest()
        self._root = root
        self.folder = root / digest
        self._path: Path | None = None
        self._file: int | None = None

    def add(self, event: Event) -> None:
        """Keep the event, on disk before it returns. Raises PLT-HOME-001 or -002."""
        try:
            if self._file is None:
                self._begin(event)
            assert self._file is not None  # noqa: S101 - `_begin` opened it
            _write(self._file, to_line(event).encode() + b"\n")
        except OSError as error:
            raise refusal(error, self.folder) from error

    def deliver(self, extend: Callable[[Iterator[Event]], object]) -> None:
        """Hand over every file that nobody is writing, the oldest first; each goes when it is safe.

        Raises PLT-JOURNAL-002 for a file that is damaged, and what `extend` raises.
        """
        self.leave()
        for path in sorted(self.folder.glob(f"*{_ENDING}")) if self.folder.is_dir() else ():
            try:
                descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
            except FileNotFoundError:
                continue  # another process has just delivered it
            except OSError as error:
                raise refusal(error, path) from error
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if path.exists():
                    extend(_events(path))
                    path.unlink()
                    sync_folder(self.folder)
            except BlockingIOError:
                continue  # its writer is alive, and delivers it itself
            except OSError as error:
                raise refusal(error, path) from error
            finally:
                os.close(descriptor)

    @property
    def pending(self) -> bool:
        """Whether this process has kept anything that is not delivered yet."""
        return self._path is not None and self._path.exists()

    def leave(self) -> None:
        """Write no more into the file: whoever delivers next may have it."""
        if self._file is not None:
            with suppress(OSError):
                os.close(self._file)
            self._file = None

    def _begin(self, event: Event) -> None:
        private_folder(self._root)
        private_folder(self.folder)
        # By the time of its first event, so that files are delivered in the order of their runs.
        moment = "".join(char for char in format_time(event.at) if char.isdigit())
        digest = hashlib.blake2b(event.id.encode(), digest_size=8).hexdigest()
        self._path = self.folder / f"{moment}-{digest}{_ENDING}"
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW
        self._file = os.open(self._path, flags, FILE_MODE)
        fcntl.flock(self._file, fcntl.LOCK_EX)
        sync_folder(self.folder)


def _write(descriptor: int, line: bytes) -> None:
    whole = os.fstat(descriptor).st_size
    try:
        rest = line
        while rest:
            rest = rest[os.write(descriptor, rest) :]
        os.fsync(descriptor)
    except OSError:
        # Half a line would make the next one unreadable.
        with suppress(OSError):
            os.ftruncate(descriptor, whole)
        raise


def _events(path: Path) -> Iterator[Event]:
    """The events of a file. A line without an end was being written when its process died."""
    with path.open("rb") as lines:
        for number, line in enumerate(lines, start=1):
            if not line.endswith(b"\n"):
                return
            try:
                yield from_line(line.decode())
            except ValueError as error:
                raise PlatformError(
                    "PLT-JOURNAL-002",
                    f"{path}:{number} is not an event: {error}. Nothing of it was delivered.",
                    hint="Mend the line, or move the file away to go on without it.",
                    address=str(path),
                ) from error
