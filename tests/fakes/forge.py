"""A forge in memory: stateful, counts its mutating calls, fails before or after the effect.

Held to the same suite as the embedded forge (tests/providers). `faults` maps the number of a
mutating call (from 1) to what happens to it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Event as Flag
from threading import RLock
from typing import Literal

from platform_cli.errors import PlatformError, TemporaryError
from platform_cli.providers.forge import reviewers
from platform_cli.providers.forge.port import (
    TRAILER,
    Branch,
    Build,
    Commit,
    Permission,
    Protection,
    PullRequest,
    Repository,
)
from platform_cli.providers.marker import Marker

MAIN = "main"
GREEN = Build("green", "asked the fake forge", "every command succeeded")
When = Literal["before", "after"]
Files = Mapping[str, bytes]


@dataclass(frozen=True, slots=True)
class Made:
    """A commit: its files, the onboarding in its own trailer, and the commit before it."""

    files: Files
    onboarding: str | None
    parent: str | None = None


@dataclass(slots=True)
class Kept:
    """Everything the fake keeps of one repository."""

    id: str
    marker: Marker | None
    description: str = ""
    variables: dict[str, str] = field(default_factory=dict)
    environments: set[str] = field(default_factory=set)
    secrets: dict[str, str] = field(default_factory=dict)
    permissions: dict[str, Permission] = field(default_factory=dict)
    branches: dict[str, Branch] = field(default_factory=dict)
    protections: dict[str, Protection] = field(default_factory=dict)
    commits: dict[str, Made] = field(default_factory=dict)
    pull_requests: list[PullRequest] = field(default_factory=list)

    def files(self, branch: str) -> Files:
        """The files of a branch; none where a test put the branch there by hand."""
        found = self.branches.get(branch)
        made = self.commits.get(found.head) if found else None
        return made.files if made else {}


@dataclass(slots=True)
class Fault:
    """What a mutating call meets: an error, before or after its effect."""

    when: When
    error: Callable[[], BaseException]


def temporary(retry_after_s: float | None = None) -> BaseException:
    """A server's bad moment."""
    return TemporaryError("PLT-FORGE-003", "The forge did not answer.", retry_after_s=retry_after_s)


@dataclass(slots=True)
class MemoryForge:
    """Implements the forge's port."""

    organisation: str = "local"
    repositories: dict[str, Kept] = field(default_factory=dict)
    calls: list[tuple[str, dict[str, object]]] = field(default_factory=list)
    faults: dict[int, Fault] = field(default_factory=dict)
    before_call: Callable[[str], None] = lambda _: None
    built: Build = GREEN
    lock: RLock = field(default_factory=RLock)

    def one_look(self) -> MemoryForge:
        return self

    def repository(self, name: str) -> Repository | None:
        kept = self.repositories.get(name)
        return None if kept is None else self._shown(name, kept)

    def variables(self, name: str) -> Mapping[str, str]:
        return dict(self.repositories[name].variables) if name in self.repositories else {}

    def secrets(self, name: str) -> frozenset[str]:
        kept = self.repositories.get(name)
        return frozenset(kept.secrets) if kept else frozenset()

    def environments(self, name: str) -> frozenset[str]:
        kept = self.repositories.get(name)
        return frozenset(kept.environments) if kept else frozenset()

    def permissions(self, name: str) -> Mapping[str, Permission]:
        return dict(self.repositories[name].permissions) if name in self.repositories else {}

    def permission(self, name: str, who: str) -> Permission | None:
        return self.permissions(name).get(who)

    def branch(self, name: str, branch: str) -> Branch | None:
        kept = self.repositories.get(name)
        return kept.branches.get(branch) if kept else None

    def protection(self, name: str, branch: str) -> Protection | None:
        kept = self.repositories.get(name)
        return kept.protections.get(branch) if kept else None

    def owners(self, name: str, branch: str, path: str) -> tuple[str, ...]:
        asked = self._reviewers(name, branch)
        return asked.of([path]) if asked else ()

    def owner_errors(self, name: str, branch: str) -> tuple[str, ...]:
        asked = self._reviewers(name, branch)
        return asked.errors(f"{self.organisation}/{name}") if asked else ()

    def initial_files(self, name: str, branch: str, onboardings: frozenset[str]) -> Files | None:
        kept, found = self.repositories.get(name), self.branch(name, branch)
        first = None
        made = kept.commits.get(found.head) if kept and found else None
        while kept and made:
            first = made.files if made.onboarding in onboardings else first
            made = kept.commits.get(made.parent or "")
        return first

    def pull_request(self, name: str, branch: str) -> PullRequest | None:
        kept = self.repositories.get(name)
        own = [one for one in kept.pull_requests if one.branch == branch] if kept else []
        return own[-1] if own else None

    def checkout(self, name: str, branch: str, into: Path) -> None:
        files = self._there(name, branch).files(branch)
        into.mkdir()
        for path, content in files.items():
            (into / path).parent.mkdir(parents=True, exist_ok=True)
            (into / path).write_bytes(content)

    def clone(self, name: str, into: Path) -> None:
        self.checkout(name, MAIN, into)

    def build(self, name: str, branch: str, stop: Flag) -> Build:
        self._there(name, branch)
        return self.built

    def create_repository(self, name: str, *, marker: Marker, description: str) -> Repository:
        def effect() -> None:
            if name in self.repositories:
                raise PlatformError("PLT-FORGE-001", f"{name} exists already.")
            identity = f"id-{name}-{len(self.calls)}"
            self.repositories[name] = Kept(identity, marker, description)

        given = {"domain": marker.domain, "onboarding": marker.onboarding}
        payload: dict[str, object] = {"name": name, "marker": given, "description": description}
        self._mutate("forge.create_repository", payload, effect)
        return self._shown(name, self.repositories[name])

    def set_marker(self, name: str, marker: Marker, *, known_id: str | None = None) -> Repository:
        def effect() -> None:
            kept = self._there(name)
            if kept.branches and kept.marker != marker and kept.id != known_id:
                raise PlatformError("PLT-FORGE-001", f"{name} is not empty.")
            kept.marker = marker

        given = {"domain": marker.domain, "onboarding": marker.onboarding}
        payload: dict[str, object] = {"name": name, "marker": given}
        self._mutate("forge.set_marker", payload, effect)
        return self._shown(name, self.repositories[name])

    def set_variable(self, name: str, key: str, value: str) -> None:
        self._mutate(
            "forge.set_variable",
            {"name": name, "key": key, "value": value},
            lambda: self._there(name).variables.update({key: value}),
        )

    def set_secret(self, name: str, key: str, value: str) -> None:
        self._mutate(
            "forge.set_secret",
            {"name": name, "key": key},
            lambda: self._there(name).secrets.update({key: value}),
        )

    def create_environment(self, name: str, environment: str) -> None:
        self._mutate(
            "forge.create_environment",
            {"name": name, "environment": environment},
            lambda: self._there(name).environments.add(environment),
        )

    def grant(self, name: str, who: str, permission: Permission) -> None:
        self._mutate(
            "forge.grant",
            {"name": name, "who": who, "permission": permission},
            lambda: self._there(name).permissions.update({who: permission}),
        )

    def push(self, name: str, branch: str, commit: Commit) -> str:
        payload: dict[str, object] = {"name": name, "branch": branch, "message": commit.message}
        made = Made(_files(commit.files), _onboarding(commit.message))
        self._mutate("forge.push", payload, lambda: self._add(name, branch, made))
        return self.repositories[name].branches[branch].head

    def protect(self, name: str, branch: str, protection: Protection) -> None:
        payload: dict[str, object] = {
            "name": name,
            "branch": branch,
            "code_owner_review": protection.code_owner_review,
            "required_checks": list(protection.required_checks),
            "force_push": protection.force_push,
            "deletion": protection.deletion,
        }
        self._mutate(
            "forge.protect",
            payload,
            lambda: self._there(name).protections.update({branch: protection}),
        )

    def create_branch(
        self, name: str, branch: str, *, base: str, files: Files, message: str
    ) -> str:
        def effect() -> None:
            kept = self._there(name, base)
            after = {**kept.files(base), **files}
            self._add(name, branch, Made(after, _onboarding(message), kept.branches[base].head))

        payload: dict[str, object] = {
            "name": name,
            "branch": branch,
            "base": base,
            "files": sorted(files),
            "message": message,
        }
        self._mutate("forge.create_branch", payload, effect)
        return self.repositories[name].branches[branch].head

    def create_pull_request(self, name: str, branch: str, *, base: str, title: str) -> PullRequest:
        def effect() -> None:
            kept = self._there(name)
            if any(one.open for one in kept.pull_requests if one.branch == branch):
                raise PlatformError("PLT-FORGE-001", f"{branch} has an open pull request.")
            before, after = (self._there(name, one).files(one) for one in (base, branch))
            changed = [path for path in {**before, **after} if before.get(path) != after.get(path)]
            asked = self._reviewers(name, base)
            number = len(kept.pull_requests) + 1
            names = asked.of(sorted(changed)) if asked else ()
            url = f"memory:{name}/{number}"
            made = PullRequest(str(number), branch, title, url, open=True, reviewers=names)
            kept.pull_requests.append(made)

        payload: dict[str, object] = {"name": name, "branch": branch, "base": base, "title": title}
        self._mutate("forge.create_pull_request", payload, effect)
        return self.repositories[name].pull_requests[-1]

    def close_pull_request(self, name: str, branch: str) -> None:
        payload: dict[str, object] = {"name": name, "branch": branch}
        self._mutate("forge.close_pull_request", payload, lambda: self._close(name, branch))

    def delete_branch(self, name: str, branch: str) -> None:
        def effect() -> None:
            kept = self._there(name)
            if branch == MAIN:
                raise PlatformError("PLT-FORGE-001", f"{branch} is the default branch.")
            if kept.branches.pop(branch, None):
                self._close(name, branch)

        payload: dict[str, object] = {"name": name, "branch": branch}
        self._mutate("forge.delete_branch", payload, effect)

    def _there(self, name: str, branch: str | None = None) -> Kept:
        kept = self.repositories.get(name)
        if kept is None or (branch is not None and branch not in kept.branches):
            raise PlatformError("PLT-FORGE-003", f"There is no {name}, or no {branch} in it.")
        return kept

    def _add(self, name: str, branch: str, made: Made) -> None:
        kept = self._there(name)
        if branch in kept.branches:
            raise PlatformError("PLT-FORGE-001", f"{branch} exists already.")
        head = f"commit-{len(self.calls)}"
        before = [one for one in kept.branches.values() if one.head == made.parent]
        ours = before[0].onboardings if before else frozenset[str]()
        kept.commits[head] = made
        kept.branches[branch] = Branch(
            head, ours | ({made.onboarding} if made.onboarding else set())
        )

    def _close(self, name: str, branch: str) -> None:
        kept = self._there(name)
        kept.pull_requests[:] = [
            replace(one, open=False) if one.branch == branch else one for one in kept.pull_requests
        ]

    def _reviewers(self, name: str, branch: str) -> reviewers.Reviewers | None:
        kept = self.repositories.get(name)
        return reviewers.of_branch(kept.files(branch).get, kept.permissions) if kept else None

    def _mutate(
        self, method: str, payload: dict[str, object], effect: Callable[[], object]
    ) -> None:
        self.before_call(method)
        with self.lock:
            self.calls.append((method, payload))
            fault = self.faults.get(len(self.calls))
            if fault is not None and fault.when == "before":
                raise fault.error()
            effect()
        if fault is not None:
            raise fault.error()

    def _shown(self, name: str, kept: Kept) -> Repository:
        return Repository(
            address=f"{self.organisation}/{name}",
            id=kept.id,
            url=f"memory:{name}",
            marker=kept.marker,
            empty=not kept.branches,
        )


def _onboarding(message: str) -> str | None:
    found = re.search(rf"^{TRAILER}: (\S+)$", message, re.MULTILINE)
    return found[1] if found else None


def _files(folder: Path) -> Files:
    files = {}
    for path in sorted(folder.rglob("*")):
        with suppress(FileNotFoundError):  # a folder in which others are at work
            if path.is_file():
                files[path.relative_to(folder).as_posix()] = path.read_bytes()
    return files
