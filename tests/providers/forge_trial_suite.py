"""What every forge must do for a trial: branches, pull requests and checkouts, as tests.

The second half of the port's contract; `forge_suite` has the first, and says how it is used.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from platform_cli.providers.forge.port import Forge, Repository
from tests.providers.forge_suite import (
    NAME,
    TRIAL,
    ForgeFixtures,
    World,
    commit_of,
    files_in,
    propose,
    propose_branch,
    refused,
)


class TrialSuite(ForgeFixtures):
    """A branch on top of main, its pull request, and both taken away again."""

    @pytest.fixture
    def main(self, forge: Forge, made: Repository, team: str, tmp_path: Path) -> str:
        """The tip of a `main` that the team owns."""
        forge.grant(NAME, team, "write")
        text = f"* {team}\n/policies/ @{forge.organisation}/platform\n/free/\n"
        files = {".github/CODEOWNERS": text, "a/b.txt": "b\r\n", "README.md": "# L\n"}
        return forge.push(NAME, "main", commit_of(tmp_path / "main", files))

    def test_a_trial_branch_is_main_and_its_own_files(
        self, world: World, forge: Forge, main: str, tmp_path: Path
    ) -> None:
        wanted = {"trial.yaml": b"t\r\n\0", "a/b.txt": b"other", "deep/er/x": b""}
        head = propose_branch(forge, wanted)
        seen = world.open().branch(NAME, TRIAL)
        assert seen is not None
        assert (seen.head, set(seen.onboardings)) == (head, {"onboarding-1"})
        assert head != main
        forge.checkout(NAME, "main", tmp_path / "before")
        forge.checkout(NAME, TRIAL, tmp_path / "after")
        assert files_in(tmp_path / "after") == {**files_in(tmp_path / "before"), **wanted}
        untouched = forge.branch(NAME, "main")
        assert untouched is not None
        assert untouched.head == main

    def test_a_trial_branch_is_made_once(self, world: World, forge: Forge, main: str) -> None:
        head = propose_branch(forge)
        refused("PLT-FORGE-001", lambda: propose_branch(world.open(), {"trial.yaml": b"other"}))
        seen = forge.branch(NAME, TRIAL)
        assert seen is not None
        assert seen.head == head
        assert world.fetch(NAME, TRIAL, "trial.yaml") == b"trial\n"

    def test_a_trial_needs_its_base(self, forge: Forge, made: Repository) -> None:
        refused("PLT-FORGE-003", lambda: propose_branch(forge))
        refused("PLT-FORGE-003", lambda: propose(forge))
        assert forge.branch(NAME, TRIAL) is None
        assert forge.pull_request(NAME, TRIAL) is None

    def test_a_checkout_is_the_branch_byte_for_byte(
        self, world: World, forge: Forge, main: str, tmp_path: Path
    ) -> None:
        world.open().checkout(NAME, "main", tmp_path / "checkout")
        files = files_in(tmp_path / "checkout")
        assert sorted(files) == [".github/CODEOWNERS", "README.md", "a/b.txt"]
        assert files["a/b.txt"] == b"b\r\n"
        error = refused("PLT-FORGE-003", lambda: forge.checkout(NAME, "none", tmp_path / "none"))
        assert "none" in error.summary
        assert not (tmp_path / "none").exists()

    def test_a_pull_request_asks_the_owners_of_what_it_changes(
        self, world: World, forge: Forge, main: str, team: str
    ) -> None:
        propose_branch(forge, {"trial.yaml": b"t", "free/x": b"x"})
        opened = propose(forge)
        assert (opened.branch, opened.title, opened.open) == (TRIAL, "A trial", True)
        assert opened.id
        assert opened.url
        found = world.open().pull_request(NAME, TRIAL)
        assert found is not None
        assert found.reviewers == (team,)
        assert (found.id, found.url, found.open) == (opened.id, opened.url, True)
        assert forge.pull_request(NAME, "main") is None

    def test_it_asks_nobody_who_owns_nothing_of_it(self, forge: Forge, main: str) -> None:
        propose_branch(forge, {"free/x": b"x", "policies/x": b"x"})
        assert propose(forge).reviewers == ()

    def test_the_owners_are_those_of_the_base(self, forge: Forge, main: str, team: str) -> None:
        forge.grant(NAME, "@thief", "write")
        propose_branch(forge, {".github/CODEOWNERS": b"* @thief\n", "README.md": b"mine"})
        assert propose(forge).reviewers == (team,)

    def test_one_branch_has_one_open_pull_request(
        self, world: World, forge: Forge, main: str
    ) -> None:
        propose_branch(forge)
        first = propose(forge)
        refused("PLT-FORGE-001", lambda: propose(world.open()))
        assert forge.pull_request(NAME, TRIAL) == first
        for _ in range(2):
            forge.close_pull_request(NAME, TRIAL)
            closed = world.open().pull_request(NAME, TRIAL)
            assert closed is not None
            assert (closed.id, closed.open) == (first.id, False)
        again = propose(forge)
        assert again.id != first.id
        assert again.open
        assert forge.pull_request(NAME, TRIAL) == again

    def test_closing_what_was_never_opened_is_nothing(self, forge: Forge, main: str) -> None:
        propose_branch(forge)
        forge.close_pull_request(NAME, TRIAL)
        assert forge.pull_request(NAME, TRIAL) is None

    def test_a_branch_is_deleted_with_its_pull_request_closed(
        self, world: World, forge: Forge, main: str
    ) -> None:
        propose_branch(forge)
        propose(forge)
        for _ in range(2):
            forge.delete_branch(NAME, TRIAL)
            assert world.open().branch(NAME, TRIAL) is None
            seen = world.open().pull_request(NAME, TRIAL)
            assert seen is not None
            assert not seen.open
        propose_branch(forge)
        reopened = forge.pull_request(NAME, TRIAL)
        assert reopened is not None
        assert not reopened.open
        assert propose(forge).open

    def test_the_default_branch_is_never_deleted(self, forge: Forge, main: str) -> None:
        refused("PLT-FORGE-001", lambda: forge.delete_branch(NAME, "main"))
        seen = forge.branch(NAME, "main")
        assert seen is not None
        assert seen.head == main
