"""`--into DIR`: a clone after a real run, the rendered files after a dry run.

The folder is looked at before anything else is done, so that a run does not fail at its end.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from platform_cli import disk
from platform_cli.errors import PlatformError
from platform_cli.onboarding.request import Request
from platform_cli.onboarding.result import Result
from platform_cli.onboarding.surroundings import Surroundings


def prepare(into: Path, around: Surroundings, request: Request, *, dry_run: bool) -> Path | None:
    """The folder, if it can take files; None where the clone is there. Raises PLT-USAGE-003."""
    folder = into.expanduser().absolute()
    try:
        return _prepared(folder, around, request, dry_run=dry_run)
    except OSError as error:
        raise _refused(folder, f"cannot be used ({error.strerror})") from error


def _prepared(
    folder: Path, around: Surroundings, request: Request, *, dry_run: bool
) -> Path | None:
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise _refused(folder, "is there already and is not a folder")
    if not folder.parent.is_dir():
        raise _refused(folder, "cannot be made: the folder above it does not exist")
    if not folder.exists() or not any(folder.iterdir()):
        return folder
    repository = None if dry_run else around.providers.forge.repository(request.spec.domain)
    if repository is not None and around.git.origin(folder) == repository.url:
        return None
    raise _refused(folder, "is not empty")


def deliver(result: Result, around: Surroundings, folder: Path) -> None:
    """Leave what the person asked for in the folder. Raises PLT-GIT-002, -USAGE-003, -HOME-002."""
    if result.dry_run:
        if result.error is None:
            _copy(around.rendering.draft().folder, folder)
        return
    pushed = any(
        step.plan.id == "repo.push" and step.outcome.status in {"done", "kept"}
        for step in result.steps
    )
    repository = around.providers.forge.repository(result.spec.domain)
    if repository is not None and pushed:
        around.providers.forge.clone(result.spec.domain, folder)


def _copy(files: Path, folder: Path) -> None:
    try:
        shutil.copytree(files, folder, dirs_exist_ok=True)
    except OSError as error:
        raise PlatformError(
            disk.code(error, "PLT-USAGE-003"),
            f"--into {folder}: the files could not be written there. Nothing else was changed.",
            address="--into",
        ) from error


def _refused(folder: Path, why: str) -> PlatformError:
    return PlatformError(
        "PLT-USAGE-003",
        f"--into {folder} {why}. Nothing was done.",
        address="--into",
    )
