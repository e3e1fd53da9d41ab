"""What all writers of files here share: folders, locks, durability, the error of a full disk.

Knows no file by name and no format: what is in a file belongs to whoever writes it.
"""

from __future__ import annotations

import errno
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from platform_cli.errors import Code, PlatformError

# A limit on the size of files or a quota is, to its owner, a full disk.
_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


def is_full(error: OSError) -> bool:
    """Whether it says that there is no room."""
    return error.errno in _FULL


def code(error: OSError, otherwise: Code = "PLT-HOME-001") -> Code:
    """PLT-HOME-002 for a full disk, and the other one for everything else."""
    return "PLT-HOME-002" if is_full(error) else otherwise


@contextmanager
def touching(place: Path) -> Iterator[None]:
    """Translate what the operating system says. Raises PLT-HOME-001 or PLT-HOME-002."""
    try:
        yield
    except OSError as error:
        where = os.fsdecode(error.filename or place)
        said = f"The disk is full at {where}" if is_full(error) else f"{where}: {error.strerror}"
        summary = f"{said}; what was there before is unchanged"
        raise PlatformError(code(error), summary, address=where) from None


@contextmanager
def held(folder: Path, *, through_links: bool = True) -> Iterator[None]:
    """Hold the folder, which must exist, against everyone else, in this process or another."""
    flags = os.O_RDONLY | os.O_DIRECTORY | (0 if through_links else os.O_NOFOLLOW)
    with touching(folder):
        handle = os.open(folder, flags)
    try:
        with touching(folder):
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def private_folder(folder: Path) -> None:
    """Make the folder, and those above it that are missing, for this person alone."""
    with touching(folder):
        missing = []
        while not folder.is_dir():
            missing.append(folder)
            folder = folder.parent
        for absent in reversed(missing):
            absent.mkdir(mode=0o700, exist_ok=True)
            sync(absent.parent)


def sync(path: Path) -> None:
    """Make what was written there outlive a power cut. Raises PLT-HOME-001 or PLT-HOME-002."""
    with touching(path):
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
