"""GitHub behind the forge's port: says which part does what, and does nothing else itself.

A method that changes something makes one mutating call. Words of errors are `answers`'; what was
made a moment ago and cannot be seen yet is `place`'s.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from threading import Event as Flag

from platform_cli.providers.forge import reviewers
from platform_cli.providers.forge.github import builds
from platform_cli.providers.forge.github.actions import Actions
from platform_cli.providers.forge.github.branches import Branches
from platform_cli.providers.forge.github.credentials import Credential
from platform_cli.providers.forge.github.people import People
from platform_cli.providers.forge.github.place import Place
from platform_cli.providers.forge.github.protecting import Protecting
from platform_cli.providers.forge.github.pulls import Pulls
from platform_cli.providers.forge.github.repositories import Repositories
from platform_cli.providers.forge.port import (
    Branch,
    Build,
    Commit,
    Permission,
    Protection,
    PullRequest,
    Repository,
)
from platform_cli.providers.marker import Marker


@dataclass(frozen=True, slots=True)
class GitHubForge:
    """The repositories of one organisation on GitHub. `opened` puts it together."""

    place: Place
    proof: Credential
    repositories: Repositories
    actions: Actions
    people: People
    branches: Branches
    protecting: Protecting
    pulls: Pulls

    @property
    def organisation(self) -> str:
        """The organisation that new repositories belong to."""
        return self.place.organisation

    def one_look(self) -> GitHubForge:
        """The same organisation, with answers that are kept for one look."""
        place = self.place.one_look()
        return replace(
            self,
            place=place,
            repositories=replace(self.repositories, place=place),
            actions=replace(self.actions, place=place),
            people=replace(self.people, place=place),
            branches=replace(self.branches, place=place),
            protecting=replace(self.protecting, place=place),
            pulls=replace(self.pulls, place=place),
        )

    def repository(self, name: str) -> Repository | None:
        """The repository of that very name, or None. Raises PLT-FORGE-001 for a renamed one."""
        return self.repositories.find(name)

    def variables(self, name: str) -> Mapping[str, str]:
        """The variables of Actions."""
        return self.actions.variables(name)

    def secrets(self, name: str) -> frozenset[str]:
        """The names of the secrets of Actions."""
        return self.actions.secrets(name)

    def environments(self, name: str) -> frozenset[str]:
        """The names of the environments."""
        return self.actions.environments(name)

    def permissions(self, name: str) -> Mapping[str, Permission]:
        """What teams may do, and people who are named on the repository itself."""
        return self.people.permissions(name)

    def permission(self, name: str, who: str) -> Permission | None:
        """The same of one of them."""
        return self.people.permission(name, who)

    def branch(self, name: str, branch: str) -> Branch | None:
        """The branch, or None."""
        return self.branches.find(name, branch)

    def protection(self, name: str, branch: str) -> Protection | None:
        """How everything that applies to the branch protects it, or None."""
        return self.protecting.read(name, branch)

    def initial_files(
        self,
        name: str,
        branch: str,
        onboardings: frozenset[str],
    ) -> Mapping[str, bytes] | None:
        """The files of the oldest commit that carries one of these onboardings, by path."""
        return self.branches.initial_files(name, branch, onboardings)

    def owners(self, name: str, branch: str, path: str) -> tuple[str, ...]:
        """Who is asked to review a change of `path`: GitHub tells it only of pull requests."""
        permissions = self.permissions(name)
        asked = reviewers.of_branch(partial(self._show, name, branch), permissions)
        return asked.of([path]) if asked else ()

    def owner_errors(self, name: str, branch: str) -> tuple[str, ...]:
        """What GitHub ignores of CODEOWNERS, as it says itself."""
        answer = self.place.get(name, "codeowners", "errors", ref=branch)
        listed = answer.data["errors"] if answer is not None else ()
        return tuple(f"{one['path']}:{one['line']}: {_one_line(one['message'])}" for one in listed)

    def pull_request(self, name: str, branch: str) -> PullRequest | None:
        """The newest pull request from that branch, open or not."""
        return self.pulls.newest(name, branch)

    def checkout(self, name: str, branch: str, into: Path) -> None:
        """Fetch the branch's files to a new folder. Raises PLT-FORGE-003."""
        self.branches.checkout(name, branch, into)

    def clone(self, name: str, into: Path) -> None:
        """Clone it for a person; no credential stays in the clone. Raises PLT-FORGE-003."""
        self.branches.clone(name, into)

    def build(self, name: str, branch: str, stop: Flag) -> Build:
        """How the runs and checks of the tip stand now; `pending` is to be asked again."""
        if stop.is_set():
            return Build("absent", "nothing", "the run was interrupted")
        head = str(self.branches.must_have(name, branch)["sha"])
        parts = ("actions", "runs")
        runs = self.place.pages(name, *parts, key="workflow_runs", head_sha=head, event="push")
        decided = builds.of_runs(branch, runs or ())
        if decided is not None:
            return decided
        checks = self.place.pages(name, "commits", head, "check-runs", key="check_runs")
        protection = self.protection(name, branch)
        required = protection.required_checks if protection is not None else ()
        return builds.of_checks(branch, runs or (), checks or (), required)

    def create_repository(self, name: str, *, marker: Marker, description: str) -> Repository:
        """Make a private, empty repository with its marker. Raises PLT-FORGE-001."""
        return self.repositories.create(name, marker, description)

    def set_marker(self, name: str, marker: Marker, *, known_id: str | None = None) -> Repository:
        """Mark an empty one, or the one of that id. Raises PLT-FORGE-001 or PLT-FORGE-003."""
        return self.repositories.mark(name, marker, known_id)

    def set_variable(self, name: str, key: str, value: str) -> None:
        """Create or replace one variable."""
        self.actions.set_variable(name, key, value)

    def set_secret(self, name: str, key: str, value: str) -> None:
        """Create or replace one secret, encrypted before it is sent."""
        self.actions.set_secret(name, key, value)

    def create_environment(self, name: str, environment: str) -> None:
        """Create an environment; one that exists stays as it is."""
        self.actions.create_environment(name, environment)

    def grant(self, name: str, who: str, permission: Permission) -> None:
        """Give a team or person a permission."""
        self.people.grant(name, who, permission)

    def push(self, name: str, branch: str, commit: Commit) -> str:
        """Make the files the branch's first commit. Raises PLT-FORGE-001 where it exists."""
        return self.branches.push(name, branch, commit)

    def protect(self, name: str, branch: str, protection: Protection) -> None:
        """Create or replace our ruleset, or the older branch protection."""
        self.protecting.write(name, branch, protection)

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
        return self.branches.create(name, branch, base, files, message)

    def create_pull_request(self, name: str, branch: str, *, base: str, title: str) -> PullRequest:
        """Open one; GitHub asks the owners by itself, a moment later."""
        return self.pulls.create(name, branch, base, title)

    def close_pull_request(self, name: str, branch: str) -> None:
        """Close the open pull request from that branch."""
        self.pulls.close(name, branch)

    def delete_branch(self, name: str, branch: str) -> None:
        """Delete it; GitHub closes its pull request with it."""
        self.branches.delete(name, branch)

    def _show(self, name: str, branch: str, path: str) -> bytes | None:
        answer = self.place.get(name, "contents", tail=path, ref=branch)
        if answer is None or not isinstance(answer.data, dict):
            return None
        return base64.b64decode(answer.data.get("content") or "")


def _one_line(text: str) -> str:
    return "".join(c for c in text.partition("\n")[0] if c.isprintable())
