"""JSON records in files, written whole or not at all, and folders that appear in one rename.

Owns durability and locks: a kill at any moment leaves the old record or the new one, and at most
one hidden leftover that the next writer takes away. Knows nothing of repositories.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from platform_cli.disk import held, sync, touching
from platform_cli.errors import PlatformError

SCHEMA: Final = "platform-cli/forge/1"
_STAGING: Final = ".new-"
_LARGEST: Final = 4 * 1024 * 1024


def damaged(path: Path, why: str) -> PlatformError:
    """The error for a record that cannot be what we wrote."""
    return PlatformError(
        "PLT-FORGE-002",
        f"{path}: {why}. Nothing was changed.",
        hint="Restore that file from a copy, or move the folder it is in out of the way.",
        address=str(path),
    )


def read(path: Path) -> dict[str, Any] | None:
    """The record, or None where there is none. Raises PLT-FORGE-002 for a damaged one."""
    with touching(path):
        try:
            with path.open("rb") as file:
                content = file.read(_LARGEST + 1)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except IsADirectoryError:
            raise damaged(path, "a folder in the place of a file") from None
    try:
        document = json.loads(content)
    except (ValueError, RecursionError):
        raise damaged(path, "not a JSON document") from None
    if not isinstance(document, dict) or document.get("schema") != SCHEMA:
        raise damaged(path, f"its schema is not {SCHEMA}")
    return document


def write(path: Path, document: Mapping[str, Any]) -> None:
    """Put the record in the place of the old one, durably. The caller holds the folder."""
    unfinished = path.with_name(f".{path.name}.unfinished")
    text = json.dumps({"schema": SCHEMA, **document}, indent=2) + "\n"
    with touching(path):
        # Always the same name: what a kill left behind is overwritten by the next writer.
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW
        with os.fdopen(os.open(unfinished, flags, 0o600), "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(unfinished, path)  # noqa: PTH105 - tests stop the process at exactly this call
        sync(path.parent)


@contextmanager
def staging(parent: Path) -> Iterator[Path]:
    """A new hidden folder in `parent`, gone when the context ends unless it was renamed.

    Those that dead processes left there are taken away first; one whose maker lives is not.
    """
    with held(parent, through_links=False), touching(parent):
        _sweep(parent)
        folder = Path(tempfile.mkdtemp(prefix=_STAGING, dir=parent))
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        # Held until the end, also through a rename; the system lets go when the process dies.
        fcntl.flock(handle, fcntl.LOCK_EX)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(handle)


def publish(folder: Path, place: Path) -> bool:
    """Let the folder appear at its place, in one step. False where something is there."""
    if os.path.lexists(place):
        return False
    with touching(place):
        for at, _, files in os.walk(folder):
            for name in files:
                sync(Path(at, name))
            sync(Path(at))
        try:
            os.rename(folder, place)  # noqa: PTH104 - tests stop the process at exactly this call
        except OSError as error:
            # Somebody came between: a folder with files, an empty file, a link.
            if error.errno in {errno.ENOTEMPTY, errno.EEXIST, errno.ENOTDIR}:
                return False
            raise
        sync(place.parent)
    return True


def _sweep(parent: Path) -> None:
    for folder in parent.glob(f"{_STAGING}*"):
        try:
            handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        except (FileNotFoundError, NotADirectoryError):
            continue  # its maker was just ready with it; or it is not one of ours
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            continue
        else:
            shutil.rmtree(folder, ignore_errors=True)
        finally:
            os.close(handle)
