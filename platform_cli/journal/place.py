"""The folders that a journal lives in, and what the operating system refuses there.

Owns modes (0700, 0600) and the meaning of an OSError. Knows nothing of events or SQL.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Final

from platform_cli.disk import is_full
from platform_cli.errors import PlatformError

FOLDER_MODE: Final = 0o700
FILE_MODE: Final = 0o600


def private_folder(folder: Path) -> None:
    """Make the folder, 0700 whatever the umask; one that exists is left as it is.

    Raises PLT-HOME-001 or -002.
    """
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        try:
            folder.mkdir(FOLDER_MODE)
        except FileExistsError:
            if not folder.is_dir():
                raise
        else:
            folder.chmod(FOLDER_MODE)
    except OSError as error:
        raise refusal(error, folder) from error


def begun(path: Path) -> Path:
    """What stands beside a journal since it was begun: where it is alone, the journal was lost."""
    return path.with_name(f"{path.name}.begun")


def remember(path: Path) -> None:
    """Leave word that there is a journal: a later run that finds none does not begin in silence."""
    said = b"A journal of platform-cli stands beside this file. Where it does not, it was lost.\n"
    # A disk that takes nothing more is told by what is written next.
    with suppress(OSError):
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        descriptor = os.open(begun(path), flags, FILE_MODE)
        try:
            os.fchmod(descriptor, FILE_MODE)
            os.write(descriptor, said)
        finally:
            os.close(descriptor)


def followed(path: Path) -> Path:
    """The file itself, whatever links lead to it; it need not exist.

    Raises PLT-HOME-001 for a link that leads nowhere: what it led to is away, and not new.
    """
    try:
        for link in (path, *path.parents):
            if link.is_symlink() and not link.exists():
                raise PlatformError(
                    "PLT-HOME-001",
                    f"{path} cannot be used: {link} is a link, and what it leads to is not there."
                    " Nothing was changed.",
                    hint="Bring back what the link leads to, or remove the link to begin anew.",
                    address=str(path),
                )
    except OSError as error:
        raise refusal(error, path) from error
    return Path(os.path.realpath(path))


def sync_folder(folder: Path) -> None:
    """Make a new name in the folder outlive a power cut. Raises OSError."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def refusal(error: OSError, path: Path) -> PlatformError:
    """The error to raise for what the operating system refused at `path`."""
    # An OSError carries the operating system's own words; they are shown, never compared.
    why = error.strerror or type(error).__name__
    if is_full(error):
        return PlatformError(
            "PLT-HOME-002",
            f"{path} cannot be written: {why}. What was written before is safe.",
            address=str(path),
        )
    return PlatformError(
        "PLT-HOME-001",
        f"{path} cannot be used: {why}. Nothing was changed.",
        address=str(path),
    )
