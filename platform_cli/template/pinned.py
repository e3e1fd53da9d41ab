"""Another template than the packaged one: one commit that somebody has reviewed, fetched once.

It is kept by its commit as a bare repository, whose contents git knows by their digests. Owns that
folder; what a template may be is for `asking` and `rendering`, which see no difference.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from platform_cli import disk
from platform_cli.errors import PlatformError
from platform_cli.git import Pinned, UnfitError
from platform_cli.template.asking import refuse
from platform_cli.template.checking import yaml_documents
from platform_cli.template.rendering import REQUIRED_CHECKS

_UNFINISHED: Final = ".new-"
_SHORT: Final = 12
_WORKFLOW: Final = ".github/workflows/ci.yml"


def short(commit: str) -> str:
    """A commit as people say it."""
    return commit[:_SHORT]


def require_checks(folder: Path) -> None:
    """Refuse rendered files without a check that `main` will require: nothing could be merged.

    Raises PLT-TEMPLATE-004.
    """
    missing = set(REQUIRED_CHECKS) - _jobs(folder / _WORKFLOW)
    if missing:
        raise PlatformError(
            "PLT-TEMPLATE-004",
            f"{_WORKFLOW} of the template has no job named {', '.join(sorted(missing))}, which "
            "`main` requires: nothing could ever be merged. Nothing was written.",
            hint="Give the template's workflow jobs of these names.",
            address=_WORKFLOW,
        )


def _jobs(workflow: Path) -> set[str]:
    if not workflow.is_file():
        return set()
    documents = yaml_documents(workflow.read_text(encoding="utf-8"))  # checked when it was rendered
    jobs = documents[0].get("jobs") if documents and isinstance(documents[0], dict) else None
    if not isinstance(jobs, dict):
        return set()
    return {
        str(job.get("name", key)) if isinstance(job, dict) else str(key)
        for key, job in jobs.items()
    }


@dataclass(frozen=True, slots=True)
class PinnedTemplate:
    """A template at a commit, and the folder where commits are kept."""

    pinned: Pinned
    kept: Path

    @contextmanager
    def files(self, *, keep: bool, offline: bool) -> Iterator[Path]:
        """The template's files while the context lasts; fetched where it is not kept yet.

        Without `keep` nothing stays. Raises PLT-TEMPLATE-005 or -002, PLT-GIT or PLT-HOME codes.
        """
        with _touching(self.kept):
            made = tempfile.TemporaryDirectory(prefix="platform-cli-", ignore_cleanup_errors=True)
        with made as folder:
            scratch = Path(folder)
            bare = self._bare
            if not self.is_kept():
                if offline:
                    raise self._unavailable("it was never fetched, and --offline asks nobody")
                if keep:
                    self._keep()
                else:
                    bare = scratch / "template.git"
                    self._fetch(bare)
            source = scratch / "template"
            self.pinned.git.checkout(bare, self.pinned.commit, source)
            yield source

    def is_kept(self) -> bool:
        """Whether it needs no network any more."""
        return self._bare.is_dir()

    def look(self) -> str:
        """What there is to say of it. Raises PLT-TEMPLATE-005 where it could not be fetched."""
        if self.is_kept():
            return f"commit {self._commit} is kept: it needs no network"
        words = self.pinned.reachable()
        if words is not None:
            raise self._unavailable(words)
        return f"{self.pinned.url} answers; commit {self._commit} is fetched by the first init"

    @property
    def _commit(self) -> str:
        return short(self.pinned.commit)

    @property
    def _bare(self) -> Path:
        return self.kept / f"{self.pinned.commit}.git"

    def _keep(self) -> None:
        """Fetch it aside, and give it its name when it is whole. One process at a time."""
        disk.private_folder(self.kept)
        with _touching(self.kept), disk.held(self.kept):
            for left in self.kept.glob(f"{_UNFINISHED}*"):  # whoever began it was killed
                shutil.rmtree(left, ignore_errors=True)
            if self.is_kept():
                return
            folder = Path(tempfile.mkdtemp(prefix=_UNFINISHED, dir=self.kept))
            try:
                self._fetch(folder / "template.git")
                (folder / "template.git").rename(self._bare)
                disk.sync(self.kept)
            finally:
                shutil.rmtree(folder, ignore_errors=True)

    def _fetch(self, bare: Path) -> None:
        try:
            words = self.pinned.fetch(bare)
        except UnfitError as error:
            refuse(
                f"commit {self._commit} of {self.pinned.url}: {error}",
                address="template.commit",
            )
        if words is not None:
            raise self._unavailable(words)

    def _unavailable(self, why: str) -> PlatformError:
        return PlatformError(
            "PLT-TEMPLATE-005",
            f"The template {self.pinned.url} at {self._commit} is not to be had: "
            f"{why.rstrip('.')}. Nothing was done.",
            hint="Look at template.source and template.commit in your configuration; "
            "`platform-cli doctor` asks that address.",
            address="template.source",
        )


@contextmanager
def _touching(place: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        where = os.fsdecode(error.filename or place)
        raise PlatformError(
            disk.code(error),
            f"{where}: {error.strerror or error}; the template was not fetched, nothing was done",
            address=where,
        ) from None
