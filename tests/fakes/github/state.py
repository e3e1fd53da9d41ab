"""What the fake GitHub keeps, and what a test may ask of it: faults, delays, pages, missing scopes."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, RLock
from typing import Any, Final, Literal

from platform_cli.providers.forge import reviewers
from platform_cli.providers.forge.port import Permission
from platform_cli.template import REQUIRED_CHECKS

ALL: Final = frozenset(
    {
        "administration:write",
        "contents:write",
        "workflows:write",
        "pull_requests:write",
        "actions:read",
        "checks:read",
        "actions_variables:write",
        "secrets:write",
        "environments:write",
        "repository_custom_properties:write",
        "organization_custom_properties:read",
        "members:read",
    }
)
REFUSING: Final = "FAKE_GITHUB_REFUSES_WORKFLOWS"
_HOOK: Final = f"""#!/bin/sh
test -z "${REFUSING}" && exit 0
while read old new ref; do
    git ls-tree -r --name-only "$new" | grep -q '^.github/workflows/' || continue
    echo "refusing to allow a token to create or update workflows" >&2
    exit 1
done
"""
TEAMS: Final = frozenset(
    {"loyalty-team", "readers", "nobody", "platform", "platform-team", "data-compliance", "orders"}
)


@dataclass(frozen=True, slots=True)
class Call:
    """One request, as it came in."""

    method: str
    path: str
    query: Mapping[str, str]
    body: Any

    @property
    def mutating(self) -> bool:
        """Whether it is there to change something."""
        if self.path.endswith("/git-upload-pack"):
            return False
        return self.method != "GET"


@dataclass(slots=True)
class Fault:
    """What happens to calls that match: an answer instead, no answer, or none in time."""

    when: Literal["before", "after"]
    kind: int | Literal["drop", "hang"]
    headers: Mapping[str, str] = field(default_factory=dict)
    match: Callable[[Call], bool] = lambda call: call.mutating
    skip: int = 0
    """So many that match are left alone first."""
    times: int = 1
    hit: int = 0


@dataclass(frozen=True, slots=True)
class Token:
    """A token and what it may do. `scopes` makes it a classic one, which tells them."""

    login: str = "ann"
    permissions: frozenset[str] = ALL
    scopes: tuple[str, ...] | None = None

    def may(self, needed: str | None) -> bool:
        """Whether it has the permission, or a greater one."""
        if needed is None or self.scopes is not None:
            return needed is None or self._classic(needed)
        name, _, level = needed.partition(":")
        return any(f"{name}:{one}" in self.permissions for one in _AT_LEAST[level])

    def _classic(self, needed: str) -> bool:
        assert self.scopes is not None
        return CLASSIC[needed.partition(":")[0]] in {*self.scopes, *_IMPLIED(self.scopes)}


_AT_LEAST: Final = {"read": ("read", "write", "admin"), "write": ("write", "admin")}
CLASSIC: Final = {
    "administration": "repo",
    "contents": "repo",
    "workflows": "workflow",
    "pull_requests": "repo",
    "actions": "repo",
    "checks": "repo",
    "actions_variables": "repo",
    "secrets": "repo",
    "environments": "repo",
    "repository_custom_properties": "repo",
    "organization_custom_properties": "read:org",
    "members": "read:org",
}


def _IMPLIED(scopes: tuple[str, ...]) -> tuple[str, ...]:  # noqa: N802 - a table, in words
    return ("read:org",) if {"admin:org", "write:org"} & set(scopes) else ()


@dataclass(slots=True)
class Pull:
    """One pull request."""

    number: int
    branch: str
    base: str
    title: str
    head: str
    author: str
    draft: bool
    owners: tuple[str, ...]
    asked: tuple[str, ...] = ()
    open: bool = True
    reads: int = 0


@dataclass(slots=True)
class Repo:
    """One repository. Its commits are in a bare git repository on disk."""

    id: int
    name: str
    bare: Path
    private: bool = False
    description: str | None = None
    properties: dict[str, str] = field(default_factory=dict)
    variables: dict[str, str] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)
    environments: list[str] = field(default_factory=list)
    teams: dict[str, str] = field(default_factory=dict)
    people: dict[str, str] = field(default_factory=dict)
    rulesets: dict[int, dict[str, Any]] = field(default_factory=dict)
    protections: dict[str, dict[str, Any]] = field(default_factory=dict)
    pulls: list[Pull] = field(default_factory=list)
    hidden: int = 0
    runs_asked: int = 0

    def git(self, *arguments: str, check: bool = False) -> str:
        """What git says of it; nothing where it fails."""
        return self.raw(*arguments, check=check).decode()

    def raw(self, *arguments: str, check: bool = False) -> bytes:
        """The same, byte for byte."""
        clean = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
        done = subprocess.run(
            ["git", "-C", str(self.bare), *arguments],
            env={**clean, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"},
            capture_output=True,
            check=check,
        )
        return done.stdout if done.returncode == 0 else b""

    def refs(self) -> dict[str, str]:
        """Every ref and its commit."""
        listed = self.git("for-each-ref", "--format=%(refname) %(objectname)").splitlines()
        return dict(line.split(" ") for line in listed)

    def commit(self, called: str) -> tuple[str, list[str], str] | None:
        """A commit by a branch (`heads/main`) or its id: id, parents, message."""
        told = self.git("log", "-1", "--format=%H%n%P%n%B", called, "--")
        if not told:
            return None
        sha, parents, message = told.split("\n", 2)
        return sha, parents.split(), message.rstrip("\n")

    def show(self, branch: str, path: str) -> bytes | None:
        """A file of a branch."""
        listed = self.git("ls-tree", branch, "--", path)
        return self.raw("show", f"{branch}:{path}") if " blob " in listed else None

    def permissions(self, organisation: str) -> dict[str, Permission]:
        """What teams and people may do, as a step knows it."""
        both = {f"@{organisation}/{slug}": may for slug, may in self.teams.items()}
        both |= {f"@{login}": may for login, may in self.people.items()}
        levels: dict[str, Permission] = {"admin": "admin", "push": "write", "maintain": "write"}
        return {who: levels.get(may, "read") for who, may in both.items()}

    def owners(self, organisation: str, base: str) -> reviewers.Reviewers | None:
        """CODEOWNERS of a branch."""
        return reviewers.of_branch(
            lambda path: self.show(base, path), self.permissions(organisation)
        )


@dataclass(slots=True)
class State:
    """One organisation on one server."""

    folder: Path
    organisation: str = "acme"
    tokens: dict[str, Token] = field(default_factory=dict)
    repos: dict[str, Repo] = field(default_factory=dict)
    renamed: dict[str, int] = field(default_factory=dict)
    properties: set[str] = field(default_factory=set)
    teams: set[str] = field(default_factory=lambda: set(TEAMS))
    outsiders: set[str] = field(default_factory=set)
    rulesets: Literal["yes", "absent", "forbidden"] = "yes"
    hide: int = 0
    """For so many reads a new repository is not shown."""
    unseen: set[str] = field(default_factory=set)
    """Repositories that the token is not shown at all."""
    reviewers_after: int = 0
    """A new pull request shows whom it asks after so many reads."""
    page_size: int = 100
    latency_s: float = 0.0
    ci: list[str] = field(default_factory=lambda: ["success"])
    """How the run stands each time it is asked for: `none`, a status, or its conclusion."""
    checks: tuple[str, ...] = tuple(REQUIRED_CHECKS)
    faults: list[Fault] = field(default_factory=list)
    calls: list[tuple[Call, int]] = field(default_factory=list)
    spans: list[tuple[float, float]] = field(default_factory=list)
    """When each call began and ended, by the monotonic clock."""
    wrong: list[str] = field(default_factory=list)
    """What did not fit the description."""
    base: str = ""
    web: str = ""
    lock: RLock = field(default_factory=RLock)
    over: Event = field(default_factory=Event)
    app_keys: dict[str, str] = field(default_factory=dict)
    """Installations by number, with the token each gets."""
    members: dict[str, list[str]] = field(default_factory=dict)
    """Who is in a team; a team that stands here alone is a secret one."""
    dispatched: dict[str, str] = field(default_factory=dict)
    """Runs that somebody asked for, by number, with their moment."""
    next_id: int = 1000

    def number(self) -> int:
        """An id that nothing else has."""
        self.next_id += 1
        return self.next_id

    def add(self, name: str) -> Repo:
        """A new, empty repository."""
        number = self.number()
        bare = self.folder / f"{number}.git"
        subprocess.run(
            ["git", "init", "--quiet", "--bare", "--initial-branch=main", str(bare)], check=True
        )
        repo = Repo(number, name, bare, hidden=self.hide)
        for key in ("uploadpack.allowFilter", "http.receivepack", "uploadpack.allowAnySHA1InWant"):
            repo.git("config", key, "true", check=True)
        hook = bare / "hooks" / "pre-receive"
        hook.write_text(_HOOK, encoding="utf-8")
        hook.chmod(0o755)
        self.repos[name] = repo
        return repo

    def rename(self, old: str, new: str) -> None:
        """Give a repository another name, as its owner may."""
        repo = self.repos.pop(old)
        repo.name = new
        self.repos[new] = repo
        self.renamed[old] = repo.id

    def fault(self, call: Call) -> Fault | None:
        """What happens to this call, if anything does."""
        with self.lock:
            for fault in self.faults:
                if not fault.match(call):
                    continue
                fault.hit += 1
                if fault.skip < fault.hit <= fault.skip + fault.times:
                    return fault
            return None

    @property
    def mutations(self) -> list[Call]:
        """Calls that were there to change something, refused ones included."""
        return [call for call, _ in self.calls if call.mutating]

    @property
    def changes(self) -> list[Call]:
        """Calls that changed something."""
        return [call for call, status in self.calls if call.mutating and 200 <= status < 300]

    @property
    def reads(self) -> list[Call]:
        """Calls that only looked."""
        return [call for call, _ in self.calls if not call.mutating]


def matching(method: str, path: str) -> Callable[[Call], bool]:
    """Calls of this method whose path fits."""
    return lambda call: call.method == method and bool(re.search(path, call.path))
