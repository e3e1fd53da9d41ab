"""Which repository a folder lies in, told from files alone: git is not started.

A linked worktree and a submodule have a file `.git` that names the place of their repository.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

MARK: Final = ".git"
_LONGEST: Final = 16 * 1024
_PREFIX: Final = b"gitdir: "


@dataclass(frozen=True, slots=True)
class WorkTree:
    """Files that somebody works on, and the repository that their commits are in."""

    top: Path
    repository: Path


def around(folder: Path) -> WorkTree | None:
    """The work tree that the folder lies in, or None. A bare repository has none."""
    for top in (folder, *folder.parents):
        repository = _repository(top)
        if repository is not None:
            return WorkTree(top, repository)
    return None


def _repository(top: Path) -> Path | None:
    mark = top / MARK
    try:
        repository = mark if mark.is_dir() else _named(mark)
        # git, too, passes by a folder that is called .git and is no repository.
        whole = repository is not None and (repository / "HEAD").is_file()
    except OSError:
        return None
    return repository if whole else None


def _named(mark: Path) -> Path | None:
    if not mark.is_file():
        return None
    with mark.open("rb") as file:
        said = file.read(_LONGEST)
    if not said.startswith(_PREFIX) or b"\0" in said:
        return None
    return mark.parent / os.fsdecode(said.removeprefix(_PREFIX).rstrip(b"\r\n"))
