"""The copy of the bundle in a repository: how it differs from the release, and bringing it back.

Policies are never evaluated from the copy. It is there to be read, and a copy that says something
else than what holds is a failure that names the file.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final, Literal

from platform_cli.errors import PlatformError
from platform_cli.policies.bundle import (
    FOLDER,
    LARGEST,
    MANIFEST,
    Bundle,
    Release,
    digest,
    read_folder,
)
from platform_cli.policies.decisions import Decision
from platform_cli.policies.metadata import Severity

POLICY: Final = "platform.bundle"
"""The policy id of what is wrong with the copy."""

Difference = Literal["changed", "missing", "added"]
_SYNC: Final = "platform-cli policy sync brings the folder to the release."
_NOT_READ: Final = b"\0 a link, a special file or one that is too large"


@dataclass(frozen=True, slots=True)
class Change:
    """One file of the copy that is not as the release has it."""

    path: str
    difference: Difference


def check_copy(repository: Path, bundle: Bundle, now: datetime) -> tuple[Decision, ...]:
    """What is wrong with the copy in the repository's `policies/`; nothing where it is right."""
    copy = _read(repository / FOLDER)
    changes = _changes(copy, bundle)
    if not changes:
        return ()
    if not copy:
        return (_decision("deny", FOLDER, f"there is no copy of the release {bundle.version}"),)
    older = _older(copy, bundle)
    if older is not None:
        return (_outdated(older, _successor(older, bundle), now),)
    word = {
        "changed": "is not as the release {} has it",
        "missing": "is missing from the copy of the release {}",
        "added": "is not part of the release {}",
    }
    return tuple(
        _decision(
            "deny",
            f"{FOLDER}/{change.path}",
            f"{FOLDER}/{change.path} {word[change.difference].format(bundle.version)}",
        )
        for change in changes
    )


def _decision(severity: Severity, address: str, message: str) -> Decision:
    return Decision(POLICY, severity, message, address, f"{FOLDER}/{MANIFEST}", address, _SYNC)


def _read(folder: Path) -> dict[str, bytes]:
    """The files of the copy. What must not be read is there, and is never equal."""
    if folder.is_symlink() or not folder.is_dir():
        return {}
    try:
        return read_folder(folder)
    except PlatformError:
        return _read_carefully(folder)


def _read_carefully(folder: Path) -> dict[str, bytes]:
    """The same where some entry is a link or too large: that one is not read."""
    found: dict[str, bytes] = {}
    for above, folders, names in os.walk(folder, followlinks=False):
        for name in sorted([*names, *(f for f in folders if Path(above, f).is_symlink())]):
            path = Path(above, name)
            about = path.lstat()
            readable = stat.S_ISREG(about.st_mode) and about.st_size <= LARGEST
            where = os.fsencode(path.relative_to(folder).as_posix()).decode("utf-8", "replace")
            found[where] = path.read_bytes() if readable else _NOT_READ
    return found


def _changes(copy: Mapping[str, bytes], bundle: Bundle) -> list[Change]:
    wanted = {**bundle.files, MANIFEST: bundle.manifest}
    found = []
    for path in sorted({*copy, *wanted}):
        if path not in copy:
            found.append(Change(path, "missing"))
        elif path not in wanted:
            found.append(Change(path, "added"))
        elif copy[path] != wanted[path]:
            found.append(Change(path, "changed"))
    return found


def _older(copy: Mapping[str, bytes], bundle: Bundle) -> Release | None:
    """The earlier release that the copy is, file by file; its manifest is told by its version."""
    try:
        found = digest(copy)
    except UnicodeEncodeError:
        return None
    manifest = copy.get(MANIFEST, b"")
    for release in bundle.earlier:
        if release.digest == found and f'"{release.version}"'.encode() in manifest:
            return release
    return None


def _successor(older: Release, bundle: Bundle) -> Release:
    """The release after this one: the one that must be used next."""
    line = [*bundle.earlier, bundle.release]
    return line[line.index(older) + 1]


def _outdated(older: Release, successor: Release, now: datetime) -> Decision:
    day = successor.required_from.isoformat().replace("+00:00", "Z")
    if now < successor.required_from:
        said = (
            f"the copy is the release {older.version}; {successor.version} is required from {day}"
        )
        return _decision("warn", FOLDER, said)
    said = f"the copy is the release {older.version}; {successor.version} is required since {day}"
    return _decision("deny", FOLDER, said)


def sync(repository: Path, bundle: Bundle, *, write: bool = True) -> tuple[Change, ...]:
    """Make the copy the release, and say which files that changed. Raises PLT-POLICY-007."""
    folder = repository / FOLDER
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise PlatformError(
            "PLT-POLICY-007",
            f"{folder} is not a folder of the repository. Nothing was changed.",
            hint="Remove it and run the same line again.",
            address=str(folder),
        )
    changes = tuple(_changes(_read(folder), bundle))
    if write:
        wanted = {**bundle.files, MANIFEST: bundle.manifest}
        # What is added goes first: it may stand where a folder or a file belongs.
        for change in sorted(changes, key=lambda change: change.difference != "added"):
            _set_right(folder, change, wanted)
    return changes


def _set_right(folder: Path, change: Change, wanted: Mapping[str, bytes]) -> None:
    path = folder / change.path
    if change.difference == "added":
        path.unlink()
        for above in path.relative_to(folder).parents[:-1]:
            if any((folder / above).iterdir()):
                break
            (folder / above).rmdir()
        return
    for above in reversed(path.relative_to(folder).parents[:-1]):
        place = folder / above
        if place.is_symlink() or (place.exists() and not place.is_dir()):
            place.unlink()
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.is_symlink():
        path.unlink()
    elif path.is_dir():
        path.rmdir()
    fresh = path.with_name(f".{path.name}.new")
    fresh.write_bytes(wanted[change.path])
    fresh.replace(path)
