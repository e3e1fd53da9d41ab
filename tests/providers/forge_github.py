"""What the tests of the GitHub adapter share: a forge on the fake, and time that is not waited for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from platform_cli.git import Git
from platform_cli.providers.forge.github.adapter import GitHubForge
from platform_cli.providers.forge.github.api import Times
from platform_cli.providers.forge.github.credentials import TokenCredential
from platform_cli.providers.forge.github.opening import Server, opened
from tests.fakes.github.description import ABSENT, folder
from tests.fakes.github.server import serving
from tests.fakes.github.state import State
from tests.providers.forge_local import environment
from tests.providers.forge_suite import World

TOKEN = "canary-token"  # noqa: S105 - of the fake
AT = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


@dataclass(slots=True)
class Passing:
    """Time that passes when somebody waits, and only then."""

    now_s: float = 1_000_000.0
    waited: list[float] = field(default_factory=list)

    def pause(self, for_s: float) -> None:
        self.waited.append(for_s)
        self.now_s += for_s

    @property
    def times(self) -> Times:
        return Times(lambda: self.now_s, self.pause)


def forge_at(
    state: State,
    home: Path,
    passing: Passing,
    token: str = TOKEN,
    *,
    timeout_s: float = 60,
    git_timeout_s: float = 120,
) -> GitHubForge:
    """A handle on the fake, as a new process would open it."""
    git = Git(environment(home))
    proof = TokenCredential(lambda name: token if name == "GH_TOKEN" else None)
    server = Server(state.base, "token", timeout_s, git_timeout_s)
    return opened(server, state.organisation, proof, git, times=passing.times, now=lambda: AT)


class GitHubFixtures:
    """A GitHub of the test's own; what does not fit the description fails the test at its end."""

    @pytest.fixture
    def state(self, tmp_path: Path) -> Iterator[State]:
        with serving(tmp_path / "github") as state:
            yield state
        assert not state.wrong, "\n".join(state.wrong[:20])

    @pytest.fixture
    def passing(self) -> Passing:
        return Passing()

    @pytest.fixture
    def forge(self, state: State, tmp_path: Path, passing: Passing) -> GitHubForge:
        return forge_at(state, tmp_path / "home", passing)

    @pytest.fixture
    def world(self, state: State, tmp_path: Path, passing: Passing) -> World:
        def fetch(name: str, branch: str, path: str) -> bytes | None:
            return state.repos[name].show(branch, path)

        return World(lambda: forge_at(state, tmp_path / "home", passing), fetch)


against_the_description = pytest.mark.skipif(folder() is None, reason=ABSENT)
