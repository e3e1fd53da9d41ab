"""The contract files of a repository: which files count, which of them are asked about.

Every `*.contract.yaml` counts, in any case; patterns may add others and take none away. What cannot
be read is a file that says so, and is never left out in silence. Follows no link; another
repository inside this one is not of it.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final

from platform_cli.contracts.card import File
from platform_cli.contracts.findings import Finding
from platform_cli.contracts.load import Loaded, load
from platform_cli.contracts.yaml_source import LARGEST
from platform_cli.errors import PlatformError, Problem
from platform_cli.git import WorkTree, around

END: Final = ".contract.yaml"
_GIT: Final = ".git"
_ANY: Final = "**"
_FLAGS: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


@dataclass(frozen=True, slots=True)
class Project:
    """What a project's own settings say of its contracts; all of it counts from its folder."""

    folder: Path
    patterns: tuple[str, ...] = ()
    dbt: str | None = None


@dataclass(frozen=True, slots=True)
class Scope:
    """What a person asks about: paths of a repository, or all of it where they name none."""

    root: Path
    tree: WorkTree | None
    asked: tuple[Path, ...]
    project: Project | None = None

    def counts(self, path: str) -> bool:
        """Whether a file of the repository is a contract."""
        return path.lower().endswith(END) or (
            self.project is not None and _added(self.root / path, self.project)
        )

    def covers(self, path: str) -> bool:
        """Whether a path of the repository is, or lies in, what was asked about."""
        place = self.root / path
        return not self.asked or any(place.is_relative_to(one) for one in self.asked)

    def name(self, path: Path) -> str:
        """The path as the repository has it; whole where it lies elsewhere."""
        inside = path.is_relative_to(self.root)
        return path.relative_to(self.root).as_posix() if inside else str(path)


def scope(paths: Sequence[Path], here: Path, project: Project | None = None) -> Scope:
    """Where to look: the repository around the first path. Raises PLT-CONTRACT-002.

    The settings of a project that is not of that repository say nothing of it.
    """
    asked = tuple(whole(here, path) for path in paths)
    missing = [
        Problem(str(typed), "there is no such file or folder", "")
        for typed, path in zip(paths, asked, strict=True)
        if not os.path.lexists(path)
    ]
    if missing:
        more = f" (and {len(missing) - 1} more)" if missing[1:] else ""
        raise PlatformError(
            "PLT-CONTRACT-002",
            f"{missing[0].address} is not there{more}. Nothing was validated.",
            hint="Name contracts, or folders that hold them; without any it is the repository.",
            address=missing[0].address,
            problems=missing,
        )
    start = folder_of(asked[0]) if asked else here
    tree = around(start)
    root = here if start.is_relative_to(here) else start
    root = tree.top if tree is not None else root
    own = project if project is not None and project.folder.is_relative_to(root) else None
    return Scope(root, tree, asked, own)


def whole(here: Path, path: Path) -> Path:
    """The path from the top of the disk, without `..`; links stay as they are."""
    return Path(os.path.abspath(here / path))  # noqa: PTH100 - resolve() would follow links


def folder_of(path: Path) -> Path:
    """The folder itself, or the one that a file is in."""
    return path if path.is_dir() else path.parent


def files(where: Scope, *, beside: bool) -> tuple[File, ...]:
    """What was asked about; `beside`: and every other contract of the repository."""
    found: dict[Path, Loaded] = {}
    for path in where.asked or (where.root,):
        found.update(_below(path, where) if path.is_dir() else [_read(path, where)])
    wanted = set(found)
    if beside and where.asked:
        found = {**dict(_below(where.root, where)), **found}
    return tuple(
        File(where.name(path), loaded, path in wanted) for path, loaded in sorted(found.items())
    )


def _below(folder: Path, where: Scope) -> Iterator[tuple[Path, Loaded]]:
    """Every contract in a folder and below it, and each folder that does not open."""
    closed: list[OSError] = []
    for above, folders, names in os.walk(folder, onerror=closed.append):
        here = Path(above)
        links = [one for one in folders if (here / one).is_symlink()]
        for name in (*names, *links):
            if where.counts(where.name(here / name)):
                yield _read(here / name, where)
        folders[:] = [one for one in folders if not _another(here / one, where)]
    for error in closed:
        yield Path(os.fsdecode(error.filename)), _unreadable(f"the folder: {error.strerror}")


def _added(path: Path, project: Project) -> bool:
    """Whether one of the project's patterns names the file; `**` is any number of folders."""
    if not path.is_relative_to(project.folder):
        return False
    parts = path.relative_to(project.folder).parts
    return any(_fits(parts, pattern.split("/")) for pattern in project.patterns)


def _fits(parts: Sequence[str], pattern: Sequence[str]) -> bool:
    """Follow all ways through the pattern at once: none is tried twice."""
    here = _open({0}, pattern)
    for part in parts:
        passed = {
            at if pattern[at] == _ANY else at + 1
            for at in here
            if at < len(pattern) and (pattern[at] == _ANY or fnmatchcase(part, pattern[at]))
        }
        here = _open(passed, pattern)
    return len(pattern) in here


def _open(positions: set[int], pattern: Sequence[str]) -> set[int]:
    """The positions and, as `**` may stand for nothing, those behind it."""
    found = set(positions)
    for at in range(len(pattern)):
        if at in found and pattern[at] == _ANY:
            found.add(at + 1)
    return found


def _another(folder: Path, where: Scope) -> bool:
    """Whether it is git's own folder, or a repository inside of this one."""
    return folder.name == _GIT or (where.tree is not None and os.path.lexists(folder / _GIT))


def _read(path: Path, where: Scope) -> tuple[Path, Loaded]:
    """The contract of a file; links are not followed, and nothing is waited for."""
    try:
        with os.fdopen(os.open(path, _FLAGS), "rb") as file:
            about = os.fstat(file.fileno())
            if not stat.S_ISREG(about.st_mode):
                return path, _unreadable("it is a special file")
            if about.st_size > LARGEST:
                return path, too_large(about.st_size)
            return path, load(file.read(LARGEST + 1), where.name(path))
    except OSError as error:
        link = error.errno == errno.ELOOP
        return path, _unreadable("it is a link, which is not followed" if link else error.strerror)


def _unreadable(why: str | None) -> Loaded:
    expected = "a regular file that can be read"
    message = f"it cannot be read: {why}"
    return Loaded(None, (Finding("file-unreadable", "error", message, "", 1, 1, expected),))


def too_large(size: int | None) -> Loaded:
    """What is said of a file that is not even read; of a commit's its size is not told."""
    said = f"the file has {size:,} bytes".replace(",", " ") if size else "the file is too large"
    expected = f"at most {LARGEST // 1024} KiB"
    return Loaded(None, (Finding("yaml-size", "error", said, "", 1, 1, expected),))
