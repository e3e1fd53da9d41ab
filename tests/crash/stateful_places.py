"""The places where a history's resources are, looked at and tampered with by hand.

Each kind of place shows everything it keeps, is given foreign things, loses parts of ours, and
says what a whole domain lacks. Nothing here asks the program: what is wanted stands here again.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal, Protocol

from tests.fakes.github.state import Repo, State

Kind = Literal["repository", "schema", "service", "rotation", "policy"]
Marker = tuple[str, str]
"""A domain, and the onboarding that made it."""

TIERS: Final = ("raw", "derived", "product")
TRAILER: Final = "Platform-Onboarding"
_IN_WORDS: Final = re.compile(r"\[platform-cli:([a-z0-9-]+)/([A-Za-z0-9-]+)\]")
VARIABLES: Final = ("PLATFORM_DOMAIN", "PLATFORM_PROFILE")
_RULES: Final = {"deletion", "non_fast_forward", "pull_request", "required_status_checks"}


@dataclass(frozen=True, slots=True)
class Thing:
    """Something that exists, the marker it carries, and all of its content as text."""

    kind: Kind
    name: str
    marker: Marker | None
    content: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """A domain that should be whole: who owns it, who is paged, whose ids are good."""

    domain: str
    rotation: str
    organisation: str
    ids: frozenset[str]

    @property
    def teams(self) -> tuple[str, ...]:
        """Who may write to the repository: the owner, the platform's team and compliance."""
        slugs = ("loyalty-team", "platform-team", "data-compliance")
        return tuple(f"@{self.organisation}/{slug}" for slug in slugs)


class Place(Protocol):
    """One place of one kind."""

    def things(self) -> list[Thing]:
        """Everything that is there."""
        ...

    def plant(self, kind: Kind, name: str, marker: Marker | None) -> bool:
        """Let somebody else make a thing of that name, where it is absent and can be made."""
        ...

    def take(self, kind: Kind, name: str) -> None:
        """Let whoever owns it take it away."""
        ...

    def breaks(self, name: str) -> dict[str, Any]:
        """What can be broken of the domain's own, each with what breaks it."""
        ...

    def doubled(self) -> list[str]:
        """What is there more often than once."""
        ...

    def lacks(self, wanted: Wanted) -> list[str]:
        """What a whole domain would have, and this one has not."""
        ...


def git(bare: Path, *arguments: str) -> str:
    who = ("-c", "user.name=Team", "-c", "user.email=team@example.org")
    clean = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
    environment = {**clean, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    command = ["git", "-C", str(bare), *who, *arguments]
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, check=False, timeout=60
    )
    return done.stdout.strip() if done.returncode == 0 else ""


def refs(bare: Path) -> list[str]:
    return git(bare, "for-each-ref", "--format=%(refname) %(objectname)").splitlines()


def commit(bare: Path, message: str) -> None:
    """One more commit of somebody's on `main`, with the files as they are."""
    main = git(bare, "rev-parse", "--verify", "--quiet", "refs/heads/main")
    tree = f"{main}^{{tree}}" if main else git(bare, "hash-object", "-t", "tree", "-w", os.devnull)
    parents = ("-p", main) if main else ()
    made = git(bare, "commit-tree", tree, *parents, "-m", message)
    assert made
    git(bare, "update-ref", "refs/heads/main", made)


def history_of(bare: Path, name: str) -> list[str]:
    """What is wrong with the branches of one of our repositories, at any moment."""
    trailers = f"--format=%(trailers:key={TRAILER},valueonly)"
    wrong = []
    if len(initial := git(bare, "log", "--all", trailers).split()) > 1:
        wrong.append(f"{name}: {len(initial)} initial commits: {initial}")
    strange = [
        ref
        for ref in (line.split(" ")[0].removeprefix("refs/heads/") for line in refs(bare))
        if ref != "main" and not ref.startswith("platform-cli/trial-")
    ]
    return [*wrong, *(f"{name}: branch {ref}" for ref in strange)]


def initial(bare: Path, wanted: Wanted) -> list[str]:
    """What is wrong with `main` of a whole domain, and which branches should be gone."""
    trailers = f"--format=%(trailers:key={TRAILER},valueonly)"
    made = git(bare, "log", "main", trailers).split()
    wrong = [] if len(made) == 1 and made[0] in wanted.ids else [f"initial commits: {made}"]
    branches = [line.split(" ")[0] for line in refs(bare)]
    return wrong + ([] if branches == ["refs/heads/main"] else [f"branches: {branches}"])


@dataclass(slots=True)
class OnGitHub:
    """The organisation on the fake GitHub."""

    state: State

    def things(self) -> list[Thing]:
        """Every repository."""
        with self.state.lock:
            return [self._thing(repo) for repo in self.state.repos.values()]

    def _thing(self, repo: Repo) -> Thing:
        found = _IN_WORDS.search(repo.description or "")
        parts = [getattr(repo, name) for name in Repo.__slots__ if name != "runs_asked"]
        marker = (found[1], found[2]) if found else None
        return Thing("repository", repo.name, marker, repr([*parts, refs(repo.bare)]))

    def plant(self, kind: Kind, name: str, marker: Marker | None) -> bool:
        """Another team makes a repository; one that copies a marker leaves it empty."""
        if kind != "repository" or name in self.state.repos:
            return False
        repo = self.state.add(name)
        repo.description = "Somebody's own"
        repo.teams["orders"] = "admin"
        if marker is None:
            commit(repo.bare, "Somebody's own work")
        else:
            repo.description += f" [platform-cli:{marker[0]}/{marker[1]}]"
        return True

    def take(self, kind: Kind, name: str) -> None:
        """Delete the repository."""
        if kind == "repository":
            del self.state.repos[name]

    def breaks(self, name: str) -> dict[str, Any]:
        """Teams, rules, variables, environments, and the repository itself."""
        repo = self.state.repos.get(name)
        if repo is None:
            return {}
        ways: dict[str, Any] = {"repository": lambda: self.state.repos.pop(name)}
        for team in repo.teams:
            ways[f"permission-{team}"] = lambda team=team: repo.teams.pop(team)
            ways[f"lowered-{team}"] = lambda team=team: repo.teams.update({team: "pull"})
        if repo.rulesets:
            ways["ruleset"] = repo.rulesets.clear
            ways["rule"] = lambda: _fewer(repo)
        for key in repo.variables:
            ways[f"variable-{key}"] = lambda key=key: repo.variables.pop(key)
        if repo.environments:
            ways["environment"] = repo.environments.clear
        return ways

    def team(self, name: str) -> Iterator[str]:
        """The team makes initial fields its own; what it wrote must be found again."""
        repo = self.state.repos.get(name)
        if repo is not None and "PLATFORM_PROFILE" in repo.variables:
            repo.variables["PLATFORM_PROFILE"] = "the-teams-own"
            yield "variable"
        if repo is not None and "refs/heads/main" in repo.refs():
            commit(repo.bare, "The team's own work")
            commit(repo.bare, "And some more")
            yield repo.refs()["refs/heads/main"]

    def kept(self, name: str, what: str) -> bool:
        """Whether what the team wrote is still there."""
        repo = self.state.repos[name]
        if what == "variable":
            return repo.variables.get("PLATFORM_PROFILE") in {None, "the-teams-own"}
        return what in git(repo.bare, "rev-list", "main").split()

    def doubled(self) -> list[str]:
        """Rulesets, open pull requests and initial commits."""
        wrong = []
        for repo in self.state.repos.values():
            names = Counter(str(one["name"]) for one in repo.rulesets.values())
            wrong += [f"{repo.name}: {n} rulesets {key}" for key, n in names.items() if n > 1]
            opened = [pull.number for pull in repo.pulls if pull.open]
            if len(opened) > 1 or len(repo.environments) > 1:
                wrong.append(f"{repo.name}: open {opened}, environments {repo.environments}")
            wrong += history_of(repo.bare, repo.name)
        return wrong

    def lacks(self, wanted: Wanted) -> list[str]:
        """Compare the repository with what is wanted."""
        repo = self.state.repos.get(wanted.domain)
        if repo is None:
            return ["no repository"]
        found: dict[str, Any] = {
            "teams": dict(repo.teams),
            "variables": sorted(repo.variables),
            "environments": repo.environments,
            "rules": [{rule["type"] for rule in one["rules"]} for one in repo.rulesets.values()],
            "open": [pull.title for pull in repo.pulls if pull.open],
            "private": repo.private,
        }
        slugs = [team.partition("/")[2] for team in wanted.teams]
        right = {
            "teams": dict.fromkeys(slugs, "push"),
            "variables": sorted(VARIABLES),
            "environments": ["production"],
            "rules": [_RULES],
            "open": [],
            "private": True,
        }
        wrong = [f"{key}: {found[key]}" for key in right if found[key] != right[key]]
        return [*wrong, *marked(self._thing(repo).marker, wanted), *initial(repo.bare, wanted)]


def _fewer(repo: Repo) -> None:
    for key, ruleset in repo.rulesets.items():
        repo.rulesets[key] = {**ruleset, "rules": ruleset["rules"][1:]}


def marked(marker: Marker | None, wanted: Wanted) -> list[str]:
    fine = marker is not None and marker[0] == wanted.domain and marker[1] in wanted.ids
    return [] if fine else [f"marker {marker}"]
