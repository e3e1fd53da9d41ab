"""One repository's folder of the embedded forge: where it is, whose it is, and its records.

Knows no git. A record whose address is another's was copied, so what it stands beside is not ours.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final, TypeVar

from platform_cli import disk
from platform_cli.errors import PlatformError
from platform_cli.providers.forge import records, shapes
from platform_cli.providers.marker import Marker

T = TypeVar("T")
_NAME: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,99}")
_RECORD: Final = "repository.json"


@dataclass(frozen=True, slots=True)
class Record:
    """What `repository.json` says."""

    id: str
    marker: Marker
    description: str
    created: str


@dataclass(frozen=True, slots=True)
class Place:
    """The folder of the repository `organisation/name`, whether it is there or not."""

    root: Path
    organisation: str
    name: str

    def __post_init__(self) -> None:
        """Raise PLT-SPEC-001 for what could lead elsewhere."""
        for part in (self.organisation, self.name):
            if not _NAME.fullmatch(part):
                raise PlatformError("PLT-SPEC-001", f"{part!r} is not a name for a repository")

    @property
    def folder(self) -> Path:
        """The folder with the records."""
        return self.root / self.organisation / self.name

    @property
    def bare(self) -> Path:
        """The repository in it."""
        return self.folder / f"{self.name}.git"

    @property
    def address(self) -> str:
        """The repository as people write it."""
        return f"{self.organisation}/{self.name}"

    def is_there(self) -> bool:
        """Whether there is anything at all, be it a link that leads nowhere."""
        with disk.touching(self.folder):
            try:
                self.folder.lstat()
            except (FileNotFoundError, NotADirectoryError):
                return False
        return True

    def is_folder(self) -> bool:
        """Whether it is a folder, and no link to one."""
        with disk.touching(self.folder):
            return self.folder.is_dir() and not self.folder.is_symlink()

    def record(self) -> Record | None:
        """Our record, or None where there is none. Raises PLT-FORGE-002 for a damaged one."""
        if not self.is_folder():
            return None
        path = self.folder / _RECORD
        document = records.read(path)
        if document is None or document.get("repository") != self.address:
            return None
        try:
            marker = shapes.mapping(document.get("marker"))
            return Record(
                shapes.text(document.get("id")),
                Marker(shapes.text(marker.get("domain")), shapes.text(marker.get("onboarding"))),
                shapes.text(document.get("description")),
                shapes.text(document.get("created")),
            )
        except ValueError as error:
            raise records.damaged(path, str(error)) from None

    def write(self, record: Record, into: Path | None = None) -> None:
        """Write our record, here or in the folder that will become this one."""
        document = {"repository": self.address, **asdict(record)}
        records.write((into or self.folder) / _RECORD, document)

    def entries(self, kind: str, check: Callable[[object], T]) -> dict[str, T]:
        """The settings of one kind; none where the repository is absent or not ours."""
        if self.record() is None:
            return {}
        raw = shapes.entries(self.folder / f"{kind}.json", kind, check)
        return {key: check(value) for key, value in raw.items()}

    def set(self, kind: str, key: str, value: object, check: Callable[[object], object]) -> None:
        """Create or replace one setting. The caller knows that the repository is ours."""
        path = self.folder / f"{kind}.json"
        with disk.held(
            self.folder, through_links=False
        ):  # or each of two would write the record without the other's
            raw = shapes.entries(path, kind, check)
            if key not in raw or raw[key] != value:
                records.write(path, {kind: dict(sorted({**raw, key: value}.items()))})

    def kept(self, why: str) -> PlatformError:
        """The error for what is refused so that nothing is lost."""
        summary = f"The repository {self.address} {why}. It was not changed."
        return PlatformError("PLT-FORGE-001", summary, address=self.address)

    def gone(self, branch: str | None = None) -> PlatformError:
        """The error for a repository, or a branch of it, that is not there."""
        what = f"branch {branch} in" if branch else "repository"
        address = f"{self.address}/branches/{branch}" if branch else self.address
        summary = f"There is no {what} {self.address}. Nothing was changed."
        return PlatformError("PLT-FORGE-003", summary, address=address)
