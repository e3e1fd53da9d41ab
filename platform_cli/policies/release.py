"""Making a release of a folder of policies: its manifest, and the line of releases before it."""

from __future__ import annotations

from pathlib import Path

from platform_cli.errors import PlatformError
from platform_cli.policies import archive
from platform_cli.policies.bundle import (
    MANIFEST,
    Bundle,
    Release,
    from_files,
    read_folder,
    released_from,
)
from platform_cli.policies.metadata import policies
from platform_cli.policies.times import moment


def of(folder: Path, version: str | None, required_from: str | None, after: Path | None) -> Bundle:
    """The folder as a bundle; with a version and a date its manifest is written first.

    Raises PLT-POLICY-001 and -007.
    """
    if not folder.is_dir():
        raise _usage(f"{folder} is not a folder", str(folder))
    files = read_folder(folder)
    if version is None and required_from is None:
        return from_files(files)
    if version is None or required_from is None or not version.strip():
        raise _usage("a release needs both --version and --required-from", "--version")
    try:
        start = moment(required_from)
    except ValueError as error:
        raise _usage(f"--required-from: {error}", "--required-from") from None
    made = released_from(files, version, start, _before(after, version))
    policies(made)
    (folder / MANIFEST).write_bytes(made.manifest)
    return made


def _before(after: Path | None, version: str) -> tuple[Release, ...]:
    if after is None:
        return ()
    previous = archive.fetch(str(after))
    line = (*previous.earlier, previous.release)
    if version in {release.version for release in line}:
        raise _usage(f"the release {version} exists already in {after}", "--version")
    return line


def _usage(why: str, address: str) -> PlatformError:
    return PlatformError(
        "PLT-POLICY-007",
        f"{why[0].upper()}{why[1:]}. Nothing was written.",
        hint="platform-cli policy bundle --help",
        address=address,
    )
