"""What a step may ask of a forge, whichever one it is.

A method that begins with `create`, `set`, `grant`, `push` or `protect` makes exactly one mutating
call and returns what it left behind; all others only read, and what is not there reads as empty.
Creating what exists raises PLT-FORGE-001 and changes nothing: the caller looks again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from platform_cli.providers.marker import Marker

Permission = Literal["read", "write", "admin"]


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


class Forge(Protocol):
    """Repositories of one organisation. Raises only PlatformError (TemporaryError: try again)."""

    @property
    def organisation(self) -> str:
        """The organisation that new repositories belong to."""
        ...

    def repository(self, name: str) -> Repository | None:
        """The repository of that name, or None."""
        ...

    def variables(self, name: str) -> Mapping[str, str]:
        """The CI variables of the repository."""
        ...

    def environments(self, name: str) -> frozenset[str]:
        """The names of the repository's environments."""
        ...

    def permissions(self, name: str) -> Mapping[str, Permission]:
        """What each team (`@org/team`) or person (`@name`) may do with the repository."""
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

    def create_repository(self, name: str, *, marker: Marker, description: str) -> Repository:
        """Make an empty repository that carries the marker from its first moment."""
        ...

    def set_marker(self, name: str, marker: Marker) -> Repository:
        """Write the marker on a repository that a person said to adopt."""
        ...

    def set_variable(self, name: str, key: str, value: str) -> None:
        """Create or replace one CI variable."""
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
