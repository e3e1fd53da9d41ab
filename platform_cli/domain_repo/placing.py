"""Puts files into a repository that other people work in: never over anything, all or nothing.

A file is written apart and appears whole, by one link. What fails takes back what was made; what is
killed leaves whole files, and a hidden folder that the next call removes.
"""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from platform_cli import disk
from platform_cli.errors import PlatformError, Problem

STAGING: Final = ".platform-cli-placing"
_NO_LINKS: Final = frozenset({errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK})
_HINT: Final = "Choose another name, or move it away: it is never replaced."


def compared(
    folder: Path, source: Path, names: Sequence[str]
) -> tuple[frozenset[str], list[Problem]]:
    """Which of the files are there with the very same bytes, and what stands in the way of others.

    The last one stands in the way also where it is the same: all of them are there then.
    """
    kept, problems = set(), []
    for name in names:
        target = folder / name
        if not target.parent.resolve().is_relative_to(folder.resolve()):
            problems.append(Problem(name, "its folder is a link that leads elsewhere", _HINT))
        elif not os.path.lexists(target):
            above = next((one for one in target.parents if os.path.lexists(one)), folder)
            if not above.is_dir():
                problems.append(Problem(name, f"{above.name} is no folder", _HINT))
        elif name != names[-1] and _same(target, source / name):
            kept.add(name)
        else:
            problems.append(Problem(name, "it is there already", _HINT))
    return frozenset(kept), problems


def place(folder: Path, source: Path, names: Sequence[str]) -> None:
    """Make the files in this order. Raises PLT-HOME codes, or PLT-PRODUCT-001 where one is there.

    Whatever is raised, nothing is left of what was made.
    """
    staging = folder / STAGING
    made: list[Path] = []
    try:
        with _translated(folder):
            shutil.rmtree(staging, ignore_errors=True)  # what a kill left behind
            staging.mkdir(mode=0o700)
            for number, name in enumerate(names):
                # No name that anybody would look for: it may be found there after a kill.
                _write(staging / str(number), (source / name).read_bytes())
            for number, name in enumerate(names):
                _folders(folder, (folder / name).parent, made)
                _link(staging / str(number), folder / name)
                made.append(folder / name)
            for parent in {path.parent for path in made}:
                disk.sync(parent)
    except BaseException:
        _take_back(made)
        raise
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _write(path: Path, content: bytes) -> None:
    with path.open("xb") as opened:
        opened.write(content)
        opened.flush()
        os.fsync(opened.fileno())


def _folders(top: Path, folder: Path, made: list[Path]) -> None:
    """Make the folders that are missing, from above; each is noted."""
    missing = [one for one in (folder, *folder.parents) if one != top and not one.is_dir()]
    for one in reversed([path for path in missing if path.is_relative_to(top)]):
        one.mkdir()
        made.append(one)


def _link(staged: Path, target: Path) -> None:
    """The file takes its name, unless something has it. Raises PLT-PRODUCT-001."""
    try:
        os.link(staged, target)
    except FileExistsError:
        raise _there(target) from None
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        if os.path.lexists(target):
            raise _there(target) from None
        staged.rename(target)


def _there(target: Path) -> PlatformError:
    return PlatformError(
        "PLT-PRODUCT-001",
        f"{target} was made by somebody at this moment. It was not changed, and nothing was left.",
        hint=_HINT,
        address=str(target),
    )


def _take_back(made: Sequence[Path]) -> None:
    for path in reversed(made):
        with suppress(OSError):  # a folder that somebody has put something into stays
            path.rmdir() if path.is_dir() else path.unlink()


def _same(target: Path, source: Path) -> bool:
    try:
        return target.is_file() and target.read_bytes() == source.read_bytes()
    except OSError:
        return False


@contextmanager
def _translated(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        where = os.fsdecode(error.filename or folder)
        summary = "The disk is full" if disk.is_full(error) else str(error.strerror)
        raise PlatformError(
            disk.code(error),
            f"{where}: {summary}. Nothing was written.",
            hint="Make it writable, or free some space, and run the same line again.",
            address=where,
        ) from None
