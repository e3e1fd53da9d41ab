"""The bytes of a project's files, with every limit held before a file is opened.

Follows no link: what a link points to is not of the project. Leaves alone what is no regular file.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Final

from platform_cli.errors import Problem

LARGEST_TEXT: Final = 256 * 1024
LARGEST_SQL: Final = 1024 * 1024
LARGEST_MANIFEST: Final = 64 * 1024 * 1024
MOST_FILES: Final = 50_000

Say = Callable[[Problem], None]


def largest(path: str) -> int:
    """How many bytes a file of this name may have."""
    if path.endswith(".json"):
        return LARGEST_MANIFEST
    return LARGEST_TEXT if path.endswith((".yml", ".yaml")) else LARGEST_SQL


def too_large(path: str) -> Problem:
    """What is said of a file that is over its limit."""
    limit = largest(path) // 1024
    return Problem(path, f"{path} is larger than {limit} KiB and is not read", "Split the file.")


def inside(folder: str) -> str | None:
    """The folder's path as the project has it; None where it leads out of the project."""
    path = PurePosixPath(folder)
    if path.is_absolute() or ".." in path.parts or "\0" in folder or len(folder) > LARGEST_TEXT:
        return None
    return path.as_posix()


class Folder:
    """A project's folder on the disk."""

    def __init__(self, root: Path, say: Say) -> None:
        self._root = root
        self._say = say
        self._count = 0

    def get(self, path: str) -> bytes | None:
        """The file's bytes; None where there is none, or none that is read."""
        if not self._straight(path):
            return None
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        try:
            handle = os.open(self._root / path, flags)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            self._refuse(path, f"cannot be read: {error.strerror}")
            return None
        with os.fdopen(handle, "rb") as file:
            about = os.fstat(file.fileno())
            if not stat.S_ISREG(about.st_mode):
                self._refuse(path, "is not a regular file")
                return None
            if about.st_size > largest(path):
                self._say(too_large(path))
                return None
            return file.read(largest(path) + 1)

    def under(self, folder: str, ends: tuple[str, ...]) -> Iterator[str]:
        """The paths of the files below a folder whose names end so, in order."""
        if not self._straight(folder):
            return
        for above, folders, names in os.walk(self._root / folder, followlinks=False):
            folders.sort()
            here = Path(above)
            for name in folders:
                if (here / name).is_symlink():
                    self._refuse(self._name(here / name), "is a link, which is not followed")
            for name in sorted(names):
                if name.endswith(ends):
                    self._count += 1
                    if self._count > MOST_FILES:
                        self._refuse(folder, f"has more than {MOST_FILES} files")
                        return
                    yield self._name(here / name)

    def _name(self, path: Path) -> str:
        """The path as a text that can be printed, also where the disk has no text for it."""
        return path.relative_to(self._root).as_posix()

    def _straight(self, path: str) -> bool:
        """Whether no part of the path is a link."""
        here = self._root
        for part in PurePosixPath(path).parts:
            here /= part
            if here.is_symlink():
                self._refuse(self._name(here), "is a link, which is not followed")
                return False
        return True

    def _refuse(self, path: str, what: str) -> None:
        shown = os.fsencode(path).decode("utf-8", "replace")
        hint = "Put a regular file in its place."
        self._say(Problem(shown, f"{shown} {what}", hint))


class Memory:
    """A project's files in memory, such as those of a commit."""

    def __init__(self, files: Mapping[str, bytes], say: Say) -> None:
        self._files = files
        self._say = say

    def get(self, path: str) -> bytes | None:
        """The file's bytes; None where there is none, or none that is read."""
        data = self._files.get(path)
        if data is not None and len(data) > largest(path):
            self._say(too_large(path))
            return None
        return data

    def under(self, folder: str, ends: tuple[str, ...]) -> Iterator[str]:
        """The paths of the files below a folder whose names end so, in order."""
        above = "" if folder == "." else f"{folder}/"
        yield from sorted(p for p in self._files if p.startswith(above) and p.endswith(ends))
