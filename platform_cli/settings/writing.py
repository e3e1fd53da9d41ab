"""Writes the user's first configuration file: what `config init` does. Never replaces one."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from platform_cli import disk
from platform_cli.errors import PlatformError
from platform_cli.settings.environment import config_file, process_environment, working_directory
from platform_cli.settings.kinds import printable
from platform_cli.settings.pages import starter_file


def write_starter(
    path: Path | None,
    *,
    organisation: str | None = None,
    environ: Mapping[str, str] | None = None,
    cwd: Path | None = None,
) -> Path:
    """Write the commented file, readable by its user alone, and return where it is.

    Raises PLT-SETTINGS-002 for a wrong organisation, -005 where the file exists or cannot be
    written, PLT-HOME-001 without a home, PLT-HOME-002 on a full disk.
    """
    text = starter_file({} if organisation is None else {"platform.organisation": organisation})
    wanted = config_file(process_environment(environ)) if path is None else path
    target = working_directory(cwd) / wanted
    try:
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _write_new(target, text.encode())
    except (OSError, ValueError) as error:
        raise _refused(target, error) from None
    return target


def _write_new(target: Path, content: bytes) -> None:
    """Write a file that is not there yet; leave none behind that is written in part."""
    # O_EXCL refuses a symbolic link as well, so nothing is written where one points.
    handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
    except OSError:
        target.unlink(missing_ok=True)
        raise


def _refused(target: Path, error: OSError | ValueError) -> PlatformError:
    name = printable(str(target))
    if isinstance(error, FileExistsError):
        return PlatformError(
            "PLT-SETTINGS-005",
            f"the file {name} exists and was left as it is",
            hint="Edit it, or name another file with --output.",
            address=name,
        )
    number = error.errno if isinstance(error, OSError) else None
    reason = os.strerror(number) if number else "not a path"
    full = isinstance(error, OSError) and disk.is_full(error)
    return PlatformError(
        "PLT-HOME-002" if full else "PLT-SETTINGS-005",
        f"the file {name} cannot be written ({reason}); nothing was written",
        hint="Mend the folder's permissions, or name another file with --output.",
        address=name,
    )
