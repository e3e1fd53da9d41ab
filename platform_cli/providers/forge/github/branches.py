"""Branches: their tips by the API, their histories and files by git, new ones pushed by git.

git does not say whether the network or GitHub was in its way: GitHub is asked, and decides.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final, Literal

from platform_cli.errors import PlatformError, TemporaryError
from platform_cli.git import Git, NewCommit, Remote
from platform_cli.providers.forge.github.access import Access
from platform_cli.providers.forge.github.place import Found, Place
from platform_cli.providers.forge.port import TRAILER, Author, Branch, Commit

_OURSELVES: Final = Author("platform-cli", "")
_TRAILER: Final = re.compile(rf"^{TRAILER}: *(\S+) *$", re.MULTILINE | re.IGNORECASE)
_FEW: Final = 3
_PAUSES_S: Final = (0.5, 1.0, 2.0, 4.0)
_PATIENT_S: Final = 60.0
_WORKFLOWS: Final = "workflows"
_NOTHING_THERE: Final = (404, 409, 422)


@dataclass(frozen=True, slots=True)
class Branches:
    """The branches of one organisation's repositories. `remote` reaches one of them by git."""

    place: Place
    git: Git
    remote: Callable[[str], Remote]
    now: Callable[[], datetime]
    access: Callable[[], Access]
    known: dict[str, Found] = field(default_factory=dict)
    """Commits that were looked at or made, by their ids."""

    def tip(self, name: str, branch: str) -> Found | None:
        """The last commit of the branch as GitHub shows it, or None."""
        return self.place.seen(lambda: self._tip(name, branch), name, "branches", branch)

    def find(self, name: str, branch: str) -> Branch | None:
        """The branch with the onboardings in its history, or None."""
        tip = self.tip(name, branch)
        if tip is None:
            return None
        head = str(tip["sha"])
        near = self._near(name, tip)
        if near is not None:
            return Branch(head, near)
        with self._fetched(name, branch, "history") as bare:
            return Branch(head, frozenset(self.git.trailers(bare, f"refs/heads/{branch}", TRAILER)))

    def _near(self, name: str, tip: Found) -> frozenset[str] | None:
        """The onboardings of a history of a few commits in a row; None for any other history."""
        found: set[str] = set()
        commit: Found | None = tip
        for _ in range(_FEW):
            if commit is None:
                return None
            *_, last = str(commit["commit"]["message"]).rstrip().split("\n\n")
            found.update(_TRAILER.findall(last))
            parents = [str(parent["sha"]) for parent in commit["parents"]]
            self.known[str(commit["sha"])] = commit
            if not parents:
                return frozenset(found)
            commit = self._commit(name, parents[0]) if len(parents) == 1 else None
        return None

    def _commit(self, name: str, sha: str) -> Found | None:
        """A commit by its id, which names the same for ever."""
        if sha not in self.known:
            answer = self.place.glance(name, "commits", sha)
            if answer is None:
                return None
            self.known[sha] = answer.data
        return self.known[sha]

    def initial_files(
        self, name: str, branch: str, onboardings: frozenset[str]
    ) -> Mapping[str, bytes] | None:
        """The files of the oldest commit that carries one of these onboardings, by path."""
        if self.tip(name, branch) is None:
            return None
        with self._fetched(name, branch, "all") as bare:
            ref = f"refs/heads/{branch}"
            commit = self.git.first_commit_with_trailer(bare, ref, TRAILER, onboardings)
            return None if commit is None else self.git.files(bare, commit)

    def checkout(self, name: str, branch: str, into: Path) -> None:
        """Write the branch's files to a new folder, byte for byte."""
        with self._fetched(name, branch, "tip") as bare:
            self.git.checkout(bare, f"refs/heads/{branch}", into)

    def clone(self, name: str, into: Path) -> None:
        """Clone the repository. What lets git in stays in its environment."""
        self._reached(name, None, lambda: self.remote(name).clone(into))

    def push(self, name: str, branch: str, commit: Commit) -> str:
        """Make the files the branch's first commit."""
        author = commit.author
        with self.git.commit_folder(
            commit.files, commit.message, name=author.name, mail=author.mail, at=self.now()
        ) as made:
            head = self._pushed(name, branch, made)
        self.known[head] = {"sha": head, "commit": {"message": commit.message}, "parents": []}
        return head

    def create(
        self, name: str, branch: str, base: str, files: Mapping[str, bytes], message: str
    ) -> str:
        """Push one commit on top of `base` as a new branch."""
        with (
            self._fetched(name, base, "all") as bare,
            self.git.commit_on(
                bare,
                self.git.branch(bare, base) or base,
                files,
                message,
                name=_OURSELVES.name,
                mail=_OURSELVES.mail,
                at=self.now(),
            ) as made,
        ):
            return self._pushed(name, branch, made)

    def delete(self, name: str, branch: str) -> None:
        """Delete a branch other than the default one; gone stays gone."""
        place = self.place
        repository = place.repository(name)
        if repository is None:
            raise place.missing(name)
        if branch == repository["default_branch"]:
            raise place.kept(name, f"keeps its branch {branch}, which is never deleted")
        place.gone(name, "branches", branch)
        try:
            place.send("DELETE", name, "git", "refs", tail=f"heads/{branch}")
        except TemporaryError:
            raise
        except PlatformError as error:
            if error.code not in {"PLT-FORGE-003", "PLT-FORGE-006"}:
                raise
            if self._tip(name, branch) is not None:
                raise place.kept(name, f"keeps its branch {branch}: {error.summary}") from None

    def must_have(self, name: str, branch: str) -> Found:
        """The tip of a branch that must be there. Raises PLT-FORGE-003."""
        tip = self.tip(name, branch)
        if tip is None:
            there = self.place.repository(name) is not None
            raise self.place.missing(name, branch if there else None)
        return tip

    def _tip(self, name: str, branch: str) -> Found | None:
        path = self.place.path(name, "commits", tail=f"heads/{branch}")
        answer = self.place.api.get(path, absent=_NOTHING_THERE)
        return None if answer is None else answer.data

    @contextmanager
    def _fetched(
        self, name: str, branch: str, what: Literal["all", "tip", "history"]
    ) -> Iterator[Path]:
        """The branch in a bare repository that lasts as long as the context."""
        made = tempfile.TemporaryDirectory(prefix="platform-cli-", ignore_cleanup_errors=True)
        with made as folder:
            bare = Path(folder) / "fetched.git"
            self._reached(name, branch, lambda: self.remote(name).fetch(branch, bare, what=what))
            yield bare

    def _reached(self, name: str, branch: str | None, ask: Callable[[], bool]) -> None:
        """Ask git, which only reads here, again after a bad moment. Raises what GitHub says."""
        times = self.place.api.times
        pauses, begun_s = iter(_PAUSES_S), times.now_s()
        while not ask():
            error, pause_s = self._why_not(name, branch), next(pauses, None)
            # Who was silent for long is not asked again: git waits two minutes for an answer.
            patient = pause_s is not None and times.now_s() - begun_s < _PATIENT_S
            if pause_s is None or not patient or not isinstance(error, TemporaryError):
                raise error
            times.pause(pause_s)

    def _pushed(self, name: str, branch: str, made: NewCommit) -> str:
        outcome, why = self.remote(name).push(made, branch)
        if outcome == "made":
            self.place.made(name, "branches", branch)
            return made.commit
        if self.tip(name, branch) is not None:
            raise self.place.kept(name, f"has a branch {branch} already")
        if outcome == "unanswered":
            raise self._why_not(name)
        raise self._refused(name, branch, why)

    def _refused(self, name: str, branch: str, why: str) -> PlatformError:
        """GitHub took a look at what was pushed, and did not want it: workflows, most often."""
        address = f"{self.place.organisation}/{name}"
        said = f"{address} did not take {branch}: {why}. Nothing was pushed."
        found = self.access()
        for right in (*found.lacking, *found.unknown):
            if right.key == _WORKFLOWS:
                hint = f"Give {found.who} the permission {right}; then run the same line again."
                return PlatformError("PLT-FORGE-004", said, hint=hint, address=address)
        return PlatformError("PLT-FORGE-006", said, address=address)

    def _why_not(self, name: str, branch: str | None = None) -> PlatformError:
        """Why git could not: GitHub says so, or it is worth another try."""
        repository = self.place.repository(name)
        if repository is None or (branch is not None and self.tip(name, branch) is None):
            return self.place.missing(name, None if repository is None else branch)
        if not (repository.get("permissions") or {"push": True}).get("push"):
            return PlatformError(
                "PLT-FORGE-004",
                f"These credentials may not push to {self.place.organisation}/{name}. Nothing was "
                "changed.",
                hint="Give them the permission Contents: write (classic: the scope repo).",
                address=f"{self.place.organisation}/{name}",
            )
        return TemporaryError(
            "PLT-FORGE-005",
            f"git could not reach {self.place.organisation}/{name} on {self.place.api.server}.",
            address=f"{self.place.organisation}/{name}",
        )
