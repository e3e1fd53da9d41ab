"""The documents of a domain's repository that policies decide on, and what they decide.

Found by the ends of their names. Follows no link and leaves nothing out but git's own folder: a
file that is hidden somewhere is a file that is checked.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

from platform_cli.errors import PlatformError
from platform_cli.policies.bundle import Bundle
from platform_cli.policies.decisions import Outcome, evaluate
from platform_cli.policies.engine import Choice, Engine
from platform_cli.policies.exceptions import read_repository
from platform_cli.policies.inputs import Document, Kind, document
from platform_cli.policies.reading import LONGEST_JSON
from platform_cli.policies.working_copy import check_copy

ENDS: Final[dict[str, Kind]] = {
    ".contract.yaml": "contract",
    ".pipeline.json": "pipeline",
    ".pipeline.yaml": "pipeline",
    ".lineage.json": "lineage",
    ".lineage.yaml": "lineage",
}


def decide(
    repository: Path | None,
    files: Sequence[Path],
    bundle: Bundle,
    *,
    engine: Engine | Choice,
    now: datetime,
) -> Outcome:
    """What the released policies say of a repository and of its copy of them.

    Named files are decided on instead of the repository's own; its exceptions hold for them, too.
    Raises PLT-POLICY codes.
    """
    if repository is None:
        return evaluate(bundle, [from_file(file) for file in files], engine=engine, now=now)
    gathered = gather(repository)
    outcome = evaluate(
        bundle,
        [from_file(file) for file in files] if files else gathered,
        engine=engine,
        exceptions=read_repository(repository, bundle, now),
        now=now,
    )
    return outcome.with_decisions(check_copy(repository, bundle, now))


def gather(repository: Path) -> tuple[Document, ...]:
    """Contracts, pipelines and lineage of the repository by path. Raises PLT-POLICY-007.

    A file that cannot be read is a document that says so.
    """
    if not repository.is_dir():
        raise PlatformError(
            "PLT-POLICY-007",
            f"{repository} is not a folder. Nothing was checked.",
            address=str(repository),
        )
    found = [_document(repository, path, kind) for path, kind in _walk(repository)]
    return tuple(sorted(found, key=lambda document: document.path))


def from_file(path: Path) -> Document:
    """One file that a person names; its document says of which kind. Raises PLT-POLICY-007."""
    kind = next((kind for end, kind in ENDS.items() if path.name.endswith(end)), None)
    try:
        return document(str(path), path.read_bytes(), kind)
    except OSError as error:
        raise PlatformError(
            "PLT-POLICY-007",
            f"{path} cannot be read: {error.strerror}. Nothing was checked.",
            address=str(path),
        ) from None


def _walk(repository: Path) -> Iterator[tuple[Path, Kind]]:
    for above, folders, names in os.walk(repository, followlinks=False):
        folders[:] = [folder for folder in folders if folder != ".git"]
        for name in [*names, *folders]:
            kind = next((kind for end, kind in ENDS.items() if name.lower().endswith(end)), None)
            if kind is not None:
                yield Path(above, name), kind


def _document(repository: Path, path: Path, kind: Kind) -> Document:
    where = os.fsencode(path.relative_to(repository).as_posix()).decode("utf-8", "replace")
    about = path.lstat()
    if not stat.S_ISREG(about.st_mode):
        return Document(where, None, "it is a link, a folder or a special file", kind)
    if about.st_size > LONGEST_JSON:
        return Document(where, None, f"it is longer than {LONGEST_JSON // 1024} KiB", kind)
    try:
        return document(where, path.read_bytes(), kind)
    except OSError as error:
        return Document(where, None, f"it cannot be read: {error.strerror}", kind)
