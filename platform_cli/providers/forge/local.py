"""The embedded forge: bare git repositories in folders, with JSON records beside them.

`<root>/<organisation>/<name>/` holds `<name>.git`, `repository.json` and one record for each kind
of setting. A call changes exactly one of them, whole. What has no record of ours is never written
to, but for the marker that a person asked for with --adopt.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from threading import Event as Flag
from typing import Final

from platform_cli import disk
from platform_cli.errors import PlatformError
from platform_cli.git import Git, NewCommit
from platform_cli.providers.forge import pull_requests, records, reviewers, shapes
from platform_cli.providers.forge.place import Place, Record
from platform_cli.providers.forge.port import (
    TRAILER,
    Author,
    Branch,
    Build,
    Commit,
    Permission,
    Protection,
    PullRequest,
    Repository,
)
from platform_cli.providers.marker import Marker

_OURSELVES: Final = Author("platform-cli", "")


def _random_id() -> str:
    return str(uuid.uuid4())


@dataclass(frozen=True, slots=True)
class LocalForge:
    """A forge in the folder `root`, which nobody else writes to. Reading changes nothing there.

    `build` gives the workflow's commands `build_timeout_s` together.
    """

    root: Path
    organisation: str
    git: Git
    now: Callable[[], datetime]
    new_id: Callable[[], str] = _random_id
    build_timeout_s: float = 1800.0

    def one_look(self) -> LocalForge:
        """Itself: files are near."""
        return self

    def repository(self, name: str) -> Repository | None:
        """The repository of that name, or None. What is not ours is shown without a marker."""
        place = self._place(name)
        if not place.is_there():
            return None
        record = place.record()
        if record is None:
            # The id is of no use to anyone: only what we made has one that never changes.
            empty = self._foreign_empty(place)
            return _shown(place, f"unrecorded:{name}", None, empty=empty)
        return _shown(place, record.id, record.marker, empty=self._empty(place))

    def variables(self, name: str) -> Mapping[str, str]:
        """The CI variables; none where the repository is absent or not ours."""
        return self._place(name).entries("variables", shapes.text)

    def secrets(self, name: str) -> frozenset[str]:
        """The names of the CI secrets."""
        return frozenset(self._place(name).entries("secrets", shapes.mapping))

    def environments(self, name: str) -> frozenset[str]:
        """The names of the environments."""
        return frozenset(self._place(name).entries("environments", shapes.mapping))

    def permissions(self, name: str) -> Mapping[str, Permission]:
        """What each team or person was granted."""
        return self._place(name).entries("permissions", shapes.permission)

    def permission(self, name: str, who: str) -> Permission | None:
        """What this team or person was granted."""
        return self.permissions(name).get(who)

    def branch(self, name: str, branch: str) -> Branch | None:
        """The branch, or None; also None where what is there cannot be read and is not ours."""
        place = self._place(name)
        with disk.touching(place.bare):
            if not place.bare.is_dir():
                return None
        try:
            head = self.git.branch(place.bare, branch)
            if head is None:
                return None
            return Branch(head, frozenset(self.git.trailers(place.bare, head, TRAILER)))
        except PlatformError as error:
            if error.code == "PLT-GIT-002" and place.record() is None:
                return None
            raise

    def protection(self, name: str, branch: str) -> Protection | None:
        """How the branch is protected, or None."""
        return self._place(name).entries("protection", shapes.protection).get(branch)

    def initial_files(
        self,
        name: str,
        branch: str,
        onboardings: frozenset[str],
    ) -> Mapping[str, bytes] | None:
        """The files of the oldest commit that carries one of these onboardings, by path."""
        if self.branch(name, branch) is None:
            return None
        bare, ref = self._place(name).bare, f"refs/heads/{branch}"
        commit = self.git.first_commit_with_trailer(bare, ref, TRAILER, onboardings)
        return None if commit is None else self.git.files(bare, commit)

    def owners(self, name: str, branch: str, path: str) -> tuple[str, ...]:
        """Who is asked to review a change of `path`: owners that may write, as GitHub has it."""
        asked = self._reviewers(name, branch)
        return asked.of([path]) if asked else ()

    def owner_errors(self, name: str, branch: str) -> tuple[str, ...]:
        """The lines of CODEOWNERS, and the owners in them, that GitHub would silently ignore."""
        asked = self._reviewers(name, branch)
        return asked.errors(self._place(name).address) if asked else ()

    def pull_request(self, name: str, branch: str) -> PullRequest | None:
        """The newest pull request from that branch, open or not."""
        place = self._place(name)
        return None if place.record() is None else pull_requests.newest(place.folder, branch)

    def checkout(self, name: str, branch: str, into: Path) -> None:
        """Write the branch's files to a new folder, byte for byte. Raises PLT-FORGE-003."""
        self.git.checkout(self._place(name).bare, self._tip(name, branch), into)

    def clone(self, name: str, into: Path) -> None:
        """Clone the bare repository. Raises PLT-GIT-002."""
        self.git.clone(self._place(name).bare.absolute().as_uri(), into)

    def build(self, name: str, branch: str, stop: Flag) -> Build:
        """Run the commands of the branch's workflow. Raises PLT-FORGE-001 or PLT-FORGE-003."""
        from platform_cli.providers.forge import ci, workflow

        place = self._ours(name)
        head = self._tip(name, branch)
        order = ci.Order(
            address=place.address,
            branch=branch,
            head=head,
            variables=self.variables(name),
            workflow=self.git.show(place.bare, head, workflow.PATH),
            checkout=partial(self.git.checkout, place.bare, head),
        )
        return ci.Run(order, self.git.environment, self.build_timeout_s, stop).build()

    def create_repository(self, name: str, *, marker: Marker, description: str) -> Repository:
        """Make an empty repository with its record, in one rename. Raises PLT-FORGE-001."""
        place = self._place(name)
        record = self._new_record(marker, description)
        above = place.folder.parent
        disk.private_folder(above)
        with records.staging(above) as new:
            self.git.init_bare(new / place.bare.name)
            place.write(record, into=new)
            if not records.publish(new, place.folder):
                raise place.kept("exists already")
        return _shown(place, record.id, marker, empty=True)

    def set_marker(self, name: str, marker: Marker, *, known_id: str | None = None) -> Repository:
        """Mark an empty repository, or the one of that id. Raises PLT-FORGE-001 for any other."""
        place = self._place(name)
        if self.repository(name) is None:
            raise place.gone()
        if not place.is_folder():
            raise place.kept("is not a repository, so it cannot be adopted")
        with disk.held(place.folder, through_links=False):
            old, found = place.record(), self.repository(name)
            if found is None:
                raise place.gone()
            if old is None or old.marker != marker:
                if not found.empty and found.id != known_id:
                    raise place.kept("is not an empty repository: it cannot be adopted")
                new = replace(old, marker=marker) if old else self._new_record(marker, "")
                place.write(new)
                found = _shown(place, new.id, marker, empty=found.empty)
        return found

    def set_variable(self, name: str, key: str, value: str) -> None:
        """Create or replace one CI variable."""
        self._ours(name).set("variables", key, value, shapes.text)

    def set_secret(self, name: str, key: str, value: str) -> None:  # noqa: ARG002 - not written
        """Write down that it was given. A build on this machine has no use for the value."""
        self._ours(name).set("secrets", key, {}, shapes.mapping)

    def create_environment(self, name: str, environment: str) -> None:
        """Create an environment; one that exists stays as it is."""
        self._ours(name).set("environments", environment, {}, shapes.mapping)

    def grant(self, name: str, who: str, permission: Permission) -> None:
        """Give a team or person a permission on the repository."""
        self._ours(name).set("permissions", who, permission, shapes.permission)

    def push(self, name: str, branch: str, commit: Commit) -> str:
        """Make the files the branch's first commit. Raises PLT-FORGE-001 where it exists."""
        place, author = self._ours(name), commit.author
        with (
            records.staging(place.folder.parent) as scratch,
            self.git.commit_folder(
                commit.files,
                commit.message,
                name=author.name,
                mail=author.mail,
                at=self.now(),
                scratch=scratch,
            ) as made,
        ):
            return self._pushed(place, branch, made)

    def protect(self, name: str, branch: str, protection: Protection) -> None:
        """Create or replace the branch's protection, which this forge keeps as a record."""
        self._ours(name).set("protection", branch, asdict(protection), shapes.protection)

    def create_branch(
        self,
        name: str,
        branch: str,
        *,
        base: str,
        files: Mapping[str, bytes],
        message: str,
    ) -> str:
        """Push one commit on top of `base`. Raises PLT-FORGE-001 where the branch exists."""
        place = self._ours(name)
        parent = self._tip(name, base)
        with (
            records.staging(place.folder.parent) as scratch,
            self.git.commit_on(
                place.bare,
                parent,
                files,
                message,
                name=_OURSELVES.name,
                mail=_OURSELVES.mail,
                at=self.now(),
                scratch=scratch,
            ) as made,
        ):
            return self._pushed(place, branch, made)

    def create_pull_request(self, name: str, branch: str, *, base: str, title: str) -> PullRequest:
        """Record it, with the owners of what it changes. Raises PLT-FORGE-001 where one is open."""
        place = self._ours(name)
        with disk.held(place.folder, through_links=False):
            found = pull_requests.newest(place.folder, branch)
            if found is not None and found.open:
                raise place.kept(f"has an open pull request from {branch} already")
            head, onto = self._tip(name, branch), self._tip(name, base)
            changed = self.git.changed(place.bare, onto, head)
            asked = self._reviewers(name, base)
            proposal = pull_requests.Proposal(
                branch, base, title, head, asked.of(changed) if asked else ()
            )
            return pull_requests.add(place.folder, proposal)

    def close_pull_request(self, name: str, branch: str) -> None:
        """Close the open pull request from that branch; one that is closed stays so."""
        place = self._ours(name)
        with disk.held(place.folder, through_links=False):
            pull_requests.close(place.folder, branch)

    def delete_branch(self, name: str, branch: str) -> None:
        """Delete it, its pull request closed first. Raises PLT-FORGE-001 for one that is kept."""
        place = self._ours(name)
        with disk.held(place.folder, through_links=False), _naming_the_lock(place.bare, branch):
            kept = self.protection(name, branch)
            if branch == self.git.default_branch(place.bare) or (kept and not kept.deletion):
                raise place.kept(f"keeps its branch {branch}, which is never deleted")
            if self.git.branch(place.bare, branch) is not None:
                pull_requests.close(place.folder, branch)
                self.git.delete_branch(place.bare, branch)

    def _place(self, name: str) -> Place:
        return Place(self.root, self.organisation, name)

    def _ours(self, name: str) -> Place:
        """The place of a repository of ours. Raises PLT-FORGE-001 or PLT-FORGE-003."""
        place = self._place(name)
        if place.record() is None:
            if self.repository(name) is None:
                raise place.gone()
            raise place.kept("carries no record of ours")
        return place

    def _tip(self, name: str, branch: str) -> str:
        """The commit at the branch's tip. Raises PLT-FORGE-003 where there is no such branch."""
        found = self.branch(name, branch)
        if found is None:
            there = self.repository(name) is not None
            raise self._place(name).gone(branch if there else None)
        return found.head

    def _pushed(self, place: Place, branch: str, made: NewCommit) -> str:
        """Make the branch of the commit. Raises PLT-FORGE-001 where it exists."""
        with disk.held(place.folder, through_links=False), _naming_the_lock(place.bare, branch):
            if not self.git.push(made, place.bare, branch):
                raise place.kept(f"has a branch {branch} already")
        return made.commit

    def _reviewers(self, name: str, branch: str) -> reviewers.Reviewers | None:
        found = self.branch(name, branch)
        if found is None:
            return None
        show = partial(self.git.show, self._place(name).bare, found.head)
        return reviewers.of_branch(show, self.permissions(name))

    def _empty(self, place: Place) -> bool:
        if not place.bare.is_dir():
            raise records.damaged(place.bare, "the repository of this record is gone")
        try:
            return self.git.is_empty(place.bare)
        except PlatformError as error:
            if error.code == "PLT-GIT-002":
                raise records.damaged(place.bare, error.summary) from None
            raise

    def _foreign_empty(self, place: Place) -> bool:
        """Whether it is a repository without a branch or tag, and certainly so."""
        if not place.is_folder() or place.bare.is_symlink() or not place.bare.is_dir():
            return False
        try:
            return self.git.is_empty(place.bare)
        except PlatformError as error:
            if error.code == "PLT-GIT-002":
                return False
            raise

    def _new_record(self, marker: Marker, description: str) -> Record:
        created = self.now().astimezone(UTC).isoformat(timespec="microseconds")
        return Record(self.new_id(), marker, description, created)


def _shown(place: Place, key: str, marker: Marker | None, *, empty: bool) -> Repository:
    return Repository(place.address, key, place.bare.absolute().as_uri(), marker, empty)


@contextmanager
def _naming_the_lock(bare: Path, branch: str) -> Iterator[None]:
    """git never takes away the lock of a git that was killed: say which file it is."""
    lock = bare / "refs" / "heads" / f"{branch}.lock"
    try:
        yield
    except PlatformError as error:
        if error.code != "PLT-GIT-002" or not lock.exists():
            raise
        hint = f"If no git is at work there, remove {lock} and run the same line again."
        raise PlatformError(error.code, error.summary, hint=hint, address=str(lock)) from None
