"""Every mutating call of the GitHub adapter with the world it needs, and what it must leave once."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from platform_cli.errors import PlatformError, TemporaryError
from platform_cli.git import Git
from platform_cli.providers.forge.github.adapter import GitHubForge
from platform_cli.providers.forge.port import Protection
from tests.fakes.github.state import Repo, State
from tests.providers.forge_suite import MARKER, OTHER, TRIAL, commit_of

PROTECTION = Protection(
    code_owner_review=True, required_checks=("build",), force_push=False, deletion=False
)
TEAM = "@acme/loyalty-team"


@dataclass(frozen=True, slots=True)
class Mutation:
    """One call: what is put there before it, the call, and how often its effect is there after."""

    prepare: Callable[[Scene], None]
    call: Callable[[Scene], object]
    effects: Callable[[Scene], int]


@dataclass(slots=True)
class Scene:
    """One repository of its own on the fake, and the forge as this case opened it."""

    state: State
    forge: GitHubForge
    name: str
    files: Path
    pushed: Path

    @property
    def repo(self) -> Repo:
        return self.state.repos[self.name]

    def empty(self) -> None:
        self.state.add(self.name).description = "Data [platform-cli:loyalty/onboarding-1]"

    def with_main(self) -> None:
        """A repository whose `main` was pushed, copied from one that was made once."""
        self.empty()
        self.repo.teams["loyalty-team"] = "push"
        shutil.rmtree(self.repo.bare)
        shutil.copytree(self.pushed, self.repo.bare)

    def with_trial(self) -> None:
        self.with_main()
        self.repo.git("branch", TRIAL, "main", check=True)

    def with_proposal(self) -> None:
        self.with_trial()
        self.forge.create_pull_request(self.name, TRIAL, base="main", title="t")


def template(state: State, folder: Path, git: Git) -> Path:
    """A bare repository with our initial commit."""
    repo = state.add("template")
    files = {".github/CODEOWNERS": f"* {TEAM}\n", "README.md": "# L\n"}
    commit = commit_of(folder, files)
    author = commit.author
    from tests.providers.forge_github import AT

    with git.commit_folder(
        commit.files, commit.message, name=author.name, mail=author.mail, at=AT
    ) as made:
        assert git.push(made, repo.bare, "main")
    del state.repos["template"]
    return repo.bare


def _rulesets(scene: Scene) -> int:
    return len(scene.repo.rulesets) + len(scene.repo.protections)


MUTATIONS: dict[str, Mutation] = {
    "create_repository": Mutation(
        lambda scene: None,
        lambda s: s.forge.create_repository(s.name, marker=MARKER, description="d"),
        lambda s: int(s.name in s.state.repos),
    ),
    "set_marker": Mutation(
        lambda s: s.empty(),
        lambda s: s.forge.set_marker(s.name, OTHER),
        lambda s: (s.repo.description or "").count("onboarding-2"),
    ),
    "set_variable": Mutation(
        lambda s: s.empty(),
        lambda s: s.forge.set_variable(s.name, "A", "1"),
        lambda s: len(s.repo.variables),
    ),
    "set_secret": Mutation(
        lambda s: s.empty(),
        lambda s: s.forge.actions.set_secret(s.name, "A", "1"),
        lambda s: len(s.repo.secrets),
    ),
    "create_environment": Mutation(
        lambda s: s.empty(),
        lambda s: s.forge.create_environment(s.name, "production"),
        lambda s: len(s.repo.environments),
    ),
    "grant": Mutation(
        lambda s: s.empty(),
        lambda s: s.forge.grant(s.name, TEAM, "write"),
        lambda s: len(s.repo.teams),
    ),
    "grant_person": Mutation(
        lambda s: s.empty(),
        lambda s: s.forge.grant(s.name, "@ada", "write"),
        lambda s: len(s.repo.people),
    ),
    "push": Mutation(
        lambda s: s.empty(),
        lambda s: s.forge.push(s.name, "main", commit_of(s.files, {"a": "a"})),
        lambda s: len(s.repo.git("log", "--all", "--format=%H").split()),
    ),
    "protect": Mutation(
        lambda s: s.with_main(),
        lambda s: s.forge.protect(s.name, "main", PROTECTION),
        _rulesets,
    ),
    "create_branch": Mutation(
        lambda s: s.with_main(),
        lambda s: s.forge.create_branch(s.name, TRIAL, base="main", files={"t": b"t"}, message="t"),
        lambda s: len(s.repo.git("log", "--all", "--format=%H").split()) - 1,
    ),
    "create_pull_request": Mutation(
        lambda s: s.with_trial(),
        lambda s: s.forge.create_pull_request(s.name, TRIAL, base="main", title="t"),
        lambda s: len(s.repo.pulls),
    ),
    "close_pull_request": Mutation(
        lambda s: s.with_proposal(),
        lambda s: s.forge.close_pull_request(s.name, TRIAL),
        lambda s: sum(not pull.open for pull in s.repo.pulls),
    ),
    "delete_branch": Mutation(
        lambda s: s.with_trial(),
        lambda s: s.forge.delete_branch(s.name, TRIAL),
        lambda s: 2 - len(s.repo.refs()),
    ),
}


def driven(mutation: Mutation, scene: Scene, tries: int = 4) -> PlatformError | None:
    """Make the call as the engine does: after a bad moment look, and call again where it is absent.

    Returns the error that ends it, or None.
    """
    for _ in range(tries):
        try:
            mutation.call(scene)
        except TemporaryError:
            if mutation.effects(scene):
                return None
        except PlatformError as error:
            if error.code == "PLT-FORGE-001" and mutation.effects(scene):
                return None
            return error
        else:
            return None
    raise AssertionError("it was tried for ever")
