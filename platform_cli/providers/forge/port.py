"""What a step may ask of a forge, whichever one it is.

A method that begins with `create`, `set`, `grant`, `push`, `protect`, `close` or `delete` makes one
mutating call and returns what it left behind; all others only read, and what is absent is empty.
Creating what exists raises PLT-FORGE-001 and changes nothing: the caller looks again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from threading import Event as Flag
from typing import Final, Literal, Protocol

from platform_cli.providers.marker import Marker

Permission = Literal["read", "write", "admin"]

TRAILER: Final = "Platform-Onboarding"
"""The trailer by which a commit says which onboarding made it."""


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository as the forge shows it. `id` never changes; `url` is what git clones."""

    address: str
    id: str
    url: str
    marker: Marker | None
    empty: bool


@dataclass(frozen=True, slots=True)
class Branch:
    """A branch's tip, and the onboarding ids in the trailers of the commits behind it."""

    head: str
    onboardings: frozenset[str]


@dataclass(frozen=True, slots=True)
class Protection:
    """The least that `main` is protected with."""

    code_owner_review: bool
    required_checks: tuple[str, ...]
    force_push: bool
    deletion: bool


@dataclass(frozen=True, slots=True)
class Author:
    """Whose name stands on a commit."""

    name: str
    mail: str


@dataclass(frozen=True, slots=True)
class Commit:
    """One commit to be made of a folder of files, on top of nothing."""

    files: Path
    message: str
    author: Author


@dataclass(frozen=True, slots=True)
class PullRequest:
    """A change that somebody proposes; `reviewers` are those whom the forge asked by itself."""

    id: str
    branch: str
    title: str
    url: str
    open: bool
    reviewers: tuple[str, ...]
    author: str | None = None
    """Who opened it (`@name`), where that decides who can be asked."""


@dataclass(frozen=True, slots=True)
class Build:
    """How the CI of a branch's tip ended. `absent`: it could not run here, and `next` says why.

    `pending`: it has not ended, and should be asked for again; `started` says whether it began.
    """

    status: Literal["green", "red", "absent", "pending"]
    did: str
    saw: str
    next: str | None = None
    started: bool = False


class Forge(Protocol):
    """Repositories of one organisation. Raises only PlatformError (TemporaryError: try again)."""

    @property
    def organisation(self) -> str:
        """The organisation that new repositories belong to."""
        ...

    def one_look(self) -> Forge:
        """The same forge, for one look at everything: what is asked twice in it is asked once.

        Whoever wants to see something change does not look with it.
        """
        ...

    def repository(self, name: str) -> Repository | None:
        """The repository of that name, or None."""
        ...

    def variables(self, name: str) -> Mapping[str, str]:
        """The CI variables of the repository."""
        ...

    def secrets(self, name: str) -> frozenset[str]:
        """The names of the CI secrets of the repository; their values are told to nobody."""
        ...

    def environments(self, name: str) -> frozenset[str]:
        """The names of the repository's environments."""
        ...

    def permissions(self, name: str) -> Mapping[str, Permission]:
        """What each team (`@org/team`) or person (`@name`) may do with the repository."""
        ...

    def permission(self, name: str, who: str) -> Permission | None:
        """What this team or person may do with the repository."""
        ...

    def branch(self, name: str, branch: str) -> Branch | None:
        """The branch, or None where there is none."""
        ...

    def protection(self, name: str, branch: str) -> Protection | None:
        """How the branch is protected, or None."""
        ...

    def initial_files(
        self,
        name: str,
        branch: str,
        onboardings: frozenset[str],
    ) -> Mapping[str, bytes] | None:
        """The files of the branch's commit that carries one of these onboardings, by path."""
        ...

    def owners(self, name: str, branch: str, path: str) -> tuple[str, ...]:
        """Who is asked to review a change of `path`, as the forge reads CODEOWNERS."""
        ...

    def owner_errors(self, name: str, branch: str) -> tuple[str, ...]:
        """The lines of CODEOWNERS, and the owners in them, that the forge would ignore."""
        ...

    def pull_request(self, name: str, branch: str) -> PullRequest | None:
        """The newest pull request from that branch, open or not."""
        ...

    def checkout(self, name: str, branch: str, into: Path) -> None:
        """Leave the branch's files in a folder that is new. Raises PLT-FORGE-003."""
        ...

    def clone(self, name: str, into: Path) -> None:
        """An ordinary clone in a new or empty folder, for a person to work in."""
        ...

    def build(self, name: str, branch: str, stop: Flag) -> Build:
        """The build of the branch's tip, run or asked for; absent where `stop` came first."""
        ...

    def create_repository(self, name: str, *, marker: Marker, description: str) -> Repository:
        """Make an empty repository that carries the marker from its first moment."""
        ...

    def set_marker(self, name: str, marker: Marker, *, known_id: str | None = None) -> Repository:
        """Write the marker on an empty repository, or on the one that we know by its id."""
        ...

    def set_variable(self, name: str, key: str, value: str) -> None:
        """Create or replace one CI variable."""
        ...

    def set_secret(self, name: str, key: str, value: str) -> None:
        """Create or replace one CI secret."""
        ...

    def create_environment(self, name: str, environment: str) -> None:
        """Create an environment; one that exists stays as it is."""
        ...

    def grant(self, name: str, who: str, permission: Permission) -> None:
        """Give a team or person a permission on the repository."""
        ...

    def push(self, name: str, branch: str, commit: Commit) -> str:
        """Make the commit the first one of the branch, which must not exist; return its id."""
        ...

    def protect(self, name: str, branch: str, protection: Protection) -> None:
        """Create or replace the branch's protection."""
        ...

    def create_branch(
        self,
        name: str,
        branch: str,
        *,
        base: str,
        files: Mapping[str, bytes],
        message: str,
    ) -> str:
        """Push one commit on top of `base` as a new branch; return its id. Raises PLT-FORGE-001."""
        ...

    def create_pull_request(self, name: str, branch: str, *, base: str, title: str) -> PullRequest:
        """Propose the branch; the forge asks the owners of what it changes for a review."""
        ...

    def close_pull_request(self, name: str, branch: str) -> None:
        """Close the open pull request from that branch, unmerged; one that is closed stays so."""
        ...

    def delete_branch(self, name: str, branch: str) -> None:
        """Delete a branch other than the default one, its pull request closed; gone stays gone."""
        ...
