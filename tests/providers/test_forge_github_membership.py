"""Who belongs to a team, asked of the fake GitHub: pages, case, a secret team, limits, errors."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

import tests.fakes.github.service  # noqa: F401 - registers what the fake answers
from platform_cli.errors import PlatformError, TemporaryError
from platform_cli.providers.forge.github.membership import Membership
from tests.fakes.github.state import ALL, Fault, State, Token
from tests.providers.forge_github import TOKEN, GitHubFixtures, Passing, forge_at


class TestMembership(GitHubFixtures):
    """What GitHub tells of people."""

    @pytest.fixture
    def register(self, state: State, passing: Passing, tmp_path: Path) -> Membership:
        state.members["loyalty-team"] = [f"one-{n}" for n in range(5)] + ["Ann"]
        return Membership(forge_at(state, tmp_path / "home", passing).place.api)

    def test_yes_and_no(self, register: Membership, state: State) -> None:
        state.page_size = 2
        for person, belongs in (("@ann", True), ("@ANN", True), ("@an", False), ("@", False)):
            assert register.belongs(person, "acme", "loyalty-team") is belongs
        assert state.mutations == []

    def test_nobody_is_in_an_empty_team(self, register: Membership) -> None:
        assert register.belongs("@ann", "acme", "readers") is False

    @pytest.mark.parametrize("where", [("acme", "secret"), ("other", "loyalty-team")])
    def test_a_team_that_is_not_shown(
        self, register: Membership, state: State, where: tuple[str, str]
    ) -> None:
        state.members["secret"] = ["ann"]
        assert register.belongs("@ann", *where) is None

    def test_without_the_permission(self, register: Membership, state: State) -> None:
        state.tokens[TOKEN] = Token(permissions=ALL - {"members:read"})
        with pytest.raises(PlatformError) as caught:
            register.belongs("@ann", "acme", "loyalty-team")
        assert caught.value.code == "PLT-FORGE-004"
        assert "members=read" in caught.value.summary

    @pytest.mark.parametrize("kind", [500, 503, 429, "drop"])
    def test_no_answer_is_no_yes(self, register: Membership, state: State, kind: int | str) -> None:
        state.faults = [Fault("before", kind, match=lambda _: True, times=99)]  # type: ignore[arg-type]  # the kinds of the fake
        with pytest.raises(TemporaryError):
            register.belongs("@ann", "acme", "loyalty-team")

    def test_a_page_that_fails_is_not_left_out(self, register: Membership, state: State) -> None:
        state.page_size = 2
        later = Fault("before", 404, match=lambda call: call.query.get("page") == "2", times=9)
        state.faults = [later]
        assert register.belongs("@ann", "acme", "loyalty-team") is not True

    def test_the_moment_of_a_run(self, register: Membership, state: State) -> None:
        state.add("platform")
        state.dispatched["42"] = "2026-11-20T09:00:00Z"
        at = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
        assert register.dispatched_at("acme/platform", "42") == at
        assert register.dispatched_at("acme/platform", "43") is None
        assert register.dispatched_at("acme/nowhere", "42") is None
