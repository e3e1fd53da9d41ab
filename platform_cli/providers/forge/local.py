"""The embedded forge: bare git repositories in folders, with JSON records beside them.

`<root>/<organisation>/<name>/` holds `<name>.git`, `repository.json` and one record for each kind
of setting. A call changes exactly one of them, whole. What has no record of ours is never written
to, but for the marker that a person asked for with --adopt.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, TypeVar, cast, get_args

from platform_cli.errors import PlatformError
from platform_cli.git import Git
from platform_cli.providers.forge import codeowners, records
from platform_cli.providers.forge.port import (
    Branch,
    Commit,
    Permission,
    Protection,
    Repository,
)
from platform_cli.providers.marker import Marker

TRAILER: Final = "Platform-Onboarding"
T = TypeVar("T")
_NAME: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,99}")
_RECORD: Final = "repository.json"


def _random_id() -> str:
    return str(uuid.uuid4())


@dataclass(frozen=True, slots=True)
class _Record:
    """What `repository.json` says."""

    id: str
    marker: Marker
    description: str
    created: str


@dataclass(frozen=True, slots=True)
class LocalForge:
    """A forge in the folder `root`, which nobody else writes to. Reading changes nothing there."""

    root: Path
    organisation: str
    git: Git
    now: Callable[[], datetime]
    new_id: Callable[[], str] = _random_id

    def repository(self, name: str) -> Repository | None:
        """The repository of that name, or None. What is not ours is shown without a marker."""
        place = self._place(name)
        with records.touching(place):
            if not _is_there(place):
                return None
        record = self._record(name)
        if record is None:
            # The id is of no use to anyone: only what we made has one that never changes.
            return self._shown(name, f"unrecorded:{name}", None, empty=self._foreign_empty(name))
        return self._shown(name, record.id, record.marker, empty=self._empty(name))

    def variables(self, name: str) -> Mapping[str, str]:
        """The CI variables; none where the repository is absent or not ours."""
        return self._entries(name, "variables", _text)

    def environments(self, name: str) -> frozenset[str]:
        """The names of the environments."""
        return frozenset(self._entries(name, "environments", _mapping))

    def permissions(self, name: str) -> Mapping[str, Permission]:
        """What each team or person was granted."""
        return self._entries(name, "permissions", _permission)

    def branch(self, name: str, branch: str) -> Branch | None:
        """The branch, or None; also None where what is there cannot be read and is not ours."""
        bare = self._bare(name)
        with records.touching(bare):
            if not bare.is_dir():
                return None
        try:
            head = self.git.branch(bare, branch)
            if head is None:
                return None
            return Branch(head, frozenset(self.git.trailers(bare, head, TRAILER)))
        except PlatformError as error:
            if error.code == "PLT-GIT-002" and self._record(name) is None:
                return None
            raise

    def protection(self, name: str, branch: str) -> Protection | None:
        """How the branch is protected, or None."""
        return self._entries(name, "protection", _protection).get(branch)

    def initial_files(
        self,
        name: str,
        branch: str,
        onboardings: frozenset[str],
    ) -> Mapping[str, bytes] | None:
        """The files of the oldest commit that carries one of these onboardings, by path."""
        if self.branch(name, branch) is None:
            return None
        bare, ref = self._bare(name), f"refs/heads/{branch}"
        commit = self.git.first_commit_with_trailer(bare, ref, TRAILER, onboardings)
        return None if commit is None else self.git.files(bare, commit)

    def owners(self, name: str, branch: str, path: str) -> tuple[str, ...]:
        """Who is asked to review a change of `path`: owners that may write, as GitHub has it."""
        found = self._codeowners(name, branch)
        rule = found[1].rule(path) if found else None
        writers = self._writers(name)
        return tuple(owner for owner in rule.owners if owner.casefold() in writers) if rule else ()

    def owner_errors(self, name: str, branch: str) -> tuple[str, ...]:
        """The lines of CODEOWNERS, and the owners in them, that GitHub would silently ignore."""
        found = self._codeowners(name, branch)
        if found is None:
            return ()
        path, read = found
        writers = self._writers(name)
        errors = [(line.line, f"{line.reason}: {line.text}") for line in read.ignored]
        errors += [
            (rule.line, f"{owner} has no write permission on {self._address(name)}")
            for rule in read.rules
            for owner in rule.owners
            if owner.casefold() not in writers
        ]
        return tuple(f"{path}:{line}: {text}" for line, text in sorted(errors))

    def create_repository(self, name: str, *, marker: Marker, description: str) -> Repository:
        """Make an empty repository with its record, in one rename. Raises PLT-FORGE-001."""
        place = self._place(name)
        record = self._new_record(marker, description)
        records.private_folder(place.parent)
        with records.staging(place.parent) as new:
            self.git.init_bare(new / f"{name}.git")
            records.write(new / _RECORD, self._document(name, record))
            if not records.publish(new, place):
                raise self._not_ours(name, "exists already")
        return self._shown(name, record.id, marker, empty=True)

    def set_marker(self, name: str, marker: Marker) -> Repository:
        """Adopt an empty repository. Raises PLT-FORGE-001 where it is not one, or not empty."""
        place = self._place(name)
        if self.repository(name) is None:
            raise self._gone(name)
        if not place.is_dir() or place.is_symlink():
            raise self._not_ours(name, "is not a repository, so it cannot be adopted")
        with records.held(place):
            old, found = self._record(name), self.repository(name)
            if found is None:
                raise self._gone(name)
            if old is None or old.marker != marker:
                if not found.empty:
                    raise self._not_ours(name, "is not an empty repository: it cannot be adopted")
                new = replace(old, marker=marker) if old else self._new_record(marker, "")
                records.write(place / _RECORD, self._document(name, new))
                found = self._shown(name, new.id, marker, empty=True)
        return found

    def set_variable(self, name: str, key: str, value: str) -> None:
        """Create or replace one CI variable."""
        self._set(name, "variables", key, value, _text)

    def create_environment(self, name: str, environment: str) -> None:
        """Create an environment; one that exists stays as it is."""
        self._set(name, "environments", environment, {}, _mapping)

    def grant(self, name: str, who: str, permission: Permission) -> None:
        """Give a team or person a permission on the repository."""
        self._set(name, "permissions", who, permission, _permission)

    def push(self, name: str, branch: str, commit: Commit) -> str:
        """Make the files the branch's first commit. Raises PLT-FORGE-001 where it exists."""
        place = self._ours(name)
        bare, author = place / f"{name}.git", commit.author
        with (
            records.staging(self.root / self.organisation) as scratch,
            self.git.commit_folder(
                commit.files,
                commit.message,
                name=author.name,
                mail=author.mail,
                at=self.now(),
                scratch=scratch,
            ) as made,
            records.held(place),
            _naming_the_lock(bare / "refs" / "heads" / f"{branch}.lock"),
        ):
            if not self.git.push(made, bare, branch):
                raise self._not_ours(name, f"has a branch {branch} already")
            return made.commit

    def protect(self, name: str, branch: str, protection: Protection) -> None:
        """Create or replace the branch's protection, which this forge keeps as a record."""
        self._set(name, "protection", branch, asdict(protection), _protection)

    def _address(self, name: str) -> str:
        return f"{self.organisation}/{name}"

    def _place(self, name: str) -> Path:
        for part in (self.organisation, name):
            if not _NAME.fullmatch(part):
                raise PlatformError("PLT-SPEC-001", f"{part!r} is not a name for a repository")
        return self.root / self.organisation / name

    def _bare(self, name: str) -> Path:
        return self._place(name) / f"{name}.git"

    def _shown(self, name: str, key: str, marker: Marker | None, *, empty: bool) -> Repository:
        url = self._bare(name).absolute().as_uri()
        return Repository(self._address(name), key, url, marker, empty)

    def _empty(self, name: str) -> bool:
        bare = self._bare(name)
        if not bare.is_dir():
            raise records.damaged(bare, "the repository of this record is gone")
        try:
            return self.git.is_empty(bare)
        except PlatformError as error:
            if error.code == "PLT-GIT-002":
                raise records.damaged(bare, error.summary) from None
            raise

    def _foreign_empty(self, name: str) -> bool:
        """Whether it is a repository without a branch or tag, and certainly so."""
        place, bare = self._place(name), self._bare(name)
        if place.is_symlink() or bare.is_symlink() or not bare.is_dir():
            return False
        try:
            return self.git.is_empty(bare)
        except PlatformError as error:
            if error.code == "PLT-GIT-002":
                return False
            raise

    def _record(self, name: str) -> _Record | None:
        """Our record; None where there is none, or one that was copied from another place."""
        place = self._place(name)
        with records.touching(place):
            if place.is_symlink() or not place.is_dir():
                return None
        document = records.read(place / _RECORD)
        if document is None or document.get("repository") != self._address(name):
            return None
        try:
            marker = _mapping(document.get("marker"))
            return _Record(
                _text(document.get("id")),
                Marker(_text(marker.get("domain")), _text(marker.get("onboarding"))),
                _text(document.get("description")),
                _text(document.get("created")),
            )
        except ValueError as error:
            raise records.damaged(place / _RECORD, str(error)) from None

    def _new_record(self, marker: Marker, description: str) -> _Record:
        created = self.now().astimezone(UTC).isoformat(timespec="microseconds")
        return _Record(self.new_id(), marker, description, created)

    def _document(self, name: str, record: _Record) -> dict[str, Any]:
        return {"repository": self._address(name), **asdict(record)}

    def _ours(self, name: str) -> Path:
        """The folder of a repository of ours. Raises PLT-FORGE-001 or PLT-FORGE-003."""
        if self._record(name) is None:
            if self.repository(name) is None:
                raise self._gone(name)
            raise self._not_ours(name, "carries no record of ours")
        return self._place(name)

    def _entries(self, name: str, kind: str, check: Callable[[object], T]) -> dict[str, T]:
        """The settings of one kind; none where the repository is absent or not ours."""
        if self._record(name) is None:
            return {}
        raw = _settings(self._place(name) / f"{kind}.json", kind, check)
        return {key: check(value) for key, value in raw.items()}

    def _set(
        self,
        name: str,
        kind: str,
        key: str,
        value: object,
        check: Callable[[object], object],
    ) -> None:
        place = self._ours(name)
        path = place / f"{kind}.json"
        with records.held(place):  # or two of us would each write the record without the other's
            raw = _settings(path, kind, check)
            if key not in raw or raw[key] != value:
                records.write(path, {kind: dict(sorted({**raw, key: value}.items()))})

    def _codeowners(self, name: str, branch: str) -> tuple[str, codeowners.Codeowners] | None:
        found = self.branch(name, branch)
        if found is None:
            return None
        for path in codeowners.LOCATIONS:
            content = self.git.show(self._bare(name), found.head, path)
            if content is not None:
                return path, codeowners.parse(content)
        return None

    def _writers(self, name: str) -> frozenset[str]:
        """Who may write. GitHub's names do not differ by case."""
        granted = self.permissions(name).items()
        return frozenset(who.casefold() for who, permission in granted if permission != "read")

    def _not_ours(self, name: str, why: str) -> PlatformError:
        address = self._address(name)
        summary = f"The repository {address} {why}. It was not changed."
        return PlatformError("PLT-FORGE-001", summary, address=address)

    def _gone(self, name: str) -> PlatformError:
        address = self._address(name)
        summary = f"There is no repository {address}. Nothing was changed."
        return PlatformError("PLT-FORGE-003", summary, address=address)


def _is_there(place: Path) -> bool:
    try:
        place.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    return True


@contextmanager
def _naming_the_lock(lock: Path) -> Iterator[None]:
    """git never takes away the lock of a git that was killed: say which file it is."""
    try:
        yield
    except PlatformError as error:
        if error.code != "PLT-GIT-002" or not lock.exists():
            raise
        hint = f"If no git is at work there, remove {lock} and run the same line again."
        raise PlatformError(error.code, error.summary, hint=hint, address=str(lock)) from None


def _settings(path: Path, kind: str, check: Callable[[object], object]) -> dict[str, Any]:
    """The settings in a record as they are written. Raises PLT-FORGE-002 for a damaged one."""
    document = records.read(path)
    if document is None:
        return {}
    try:
        raw = _mapping(document.get(kind))
        for value in raw.values():
            check(value)
    except ValueError as error:
        raise records.damaged(path, str(error)) from None
    return raw


def _mapping(value: object) -> dict[str, Any]:
    if isinstance(value, dict):
        return value
    raise ValueError("an object is missing or is none")


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    raise ValueError("a text is missing or is none")


def _permission(value: object) -> Permission:
    if value in get_args(Permission):
        return cast("Permission", value)
    raise ValueError("a permission is none of read, write, admin")


def _protection(value: object) -> Protection:
    parts = _mapping(value)
    flags = [parts.get(key) for key in ("code_owner_review", "force_push", "deletion")]
    checks = parts.get("required_checks")
    if isinstance(checks, list | tuple) and all(isinstance(flag, bool) for flag in flags):
        review, force, deletion = map(bool, flags)
        return Protection(review, tuple(_text(check) for check in checks), force, deletion)
    raise ValueError("a protection is not whole")
