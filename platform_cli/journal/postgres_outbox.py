"""Events that the shared journal did not take in the middle of a run, kept on disk until it does.

Owns one folder a journal: a file for each process that lost its connection, each event on disk
before it counts. A writer locks its file, so nobody delivers what is still being written. How a
file proves that it is whole is in `postgres_outbox_file`.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from platform_cli.journal.event import Event, format_time, from_line, to_line
from platform_cli.journal.place import FILE_MODE, private_folder, refusal, sync_folder
from platform_cli.journal.postgres_outbox_file import FIRST_LINE, Kept, counted, damaged, kept_of

_ENDING: Final = ".jsonl"
_UNFINISHED: Final = ".new"


class Outbox:
    """What one process could not write, and what others left behind."""

    def __init__(self, root: Path, place: str) -> None:
        """The folder of the journal at this place; made when it is first needed."""
        digest = hashlib.blake2b(place.encode(), digest_size=8).hexdigest()
        self._root = root
        self.folder = root / digest
        self._path: Path | None = None
        self._file: int | None = None
        self._kept = Kept()

    def add(self, event: Event) -> None:
        """Keep the event, on disk before it returns. Raises PLT-HOME-001 or -002."""
        try:
            if self._file is None:
                self._begin(event)
            assert self._file is not None  # noqa: S101 - `_begin` opened it
            self._keep(self._file, to_line(event).encode() + b"\n")
        except OSError as error:
            raise refusal(error, self.folder) from error

    def deliver(self, extend: Callable[[Iterator[Event]], object]) -> None:
        """Hand over every file that nobody is writing, the oldest first; each goes when it is safe.

        Raises PLT-JOURNAL-002 for a file that is damaged, and what `extend` raises.
        """
        self.leave()
        for path in sorted(self.folder.iterdir()) if self.folder.is_dir() else ():
            if path.suffix not in {_ENDING, _UNFINISHED}:
                continue
            try:
                descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
            except FileNotFoundError:
                continue  # another process has just delivered it
            except OSError as error:
                raise refusal(error, path) from error
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if path.exists():
                    if path.suffix == _ENDING:  # else its process died before anything was kept
                        extend(_events(descriptor, path))
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
        name = f"{moment}-{digest}"
        self._path = self.folder / f"{name}{_ENDING}"
        unfinished = self.folder / f"{name}{_UNFINISHED}"
        flags = os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW
        descriptor = os.open(unfinished, flags, FILE_MODE)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            _write(descriptor, Kept().first_line(), 0)
            # With its name it has its first line: a file without one was cut.
            unfinished.rename(self._path)
            sync_folder(self.folder)
        except BaseException:
            os.close(descriptor)
            raise
        self._file, self._kept = descriptor, Kept()

    def _keep(self, descriptor: int, line: bytes) -> None:
        """The line first, then what says that it counts: over it goes the next if this fails."""
        _write(descriptor, line, FIRST_LINE + self._kept.size)
        kept = self._kept.with_line(line)
        try:
            _write(descriptor, kept.first_line(), 0)
        except OSError:
            with suppress(OSError):
                os.pwrite(descriptor, self._kept.first_line(), 0)
            raise
        self._kept = kept


def _write(descriptor: int, body: bytes, place: int) -> None:
    while body:
        written = os.pwrite(descriptor, body, place)
        body, place = body[written:], place + written
    os.fsync(descriptor)


def _events(descriptor: int, path: Path) -> Iterator[Event]:
    """The events of an open file."""
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        raise damaged(str(path), "it is not a file")  # reading one could wait for ever
    with os.fdopen(descriptor, "rb", closefd=False) as lines:
        first = lines.readline()
        kept = kept_of(first)
        if not first.endswith(b"\n"):
            raise damaged(str(path), "its first line is missing")
        if kept is None:
            lines.seek(0)
        counting = lines if kept is None else counted(kept, lines, str(path))
        for number, line in enumerate(counting, start=1 if kept is None else 2):
            if kept is None and not line.endswith(b"\n"):
                return  # from before there was a first line: it was on its way
            try:
                yield from_line(line.decode())
            except ValueError as error:
                raise damaged(f"{path}:{number}", f"it is not an event ({error})") from error
