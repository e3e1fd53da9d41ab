"""The embedded forge: the port's suite, and what a person finds in its folder."""

from __future__ import annotations

import json
import os
import stat
import subprocess
from pathlib import Path

import pytest

from platform_cli.git import Git
from platform_cli.providers.forge.local import LocalForge
from tests.providers.forge_local import (
    AT,
    ORGANISATION,
    LocalFixtures,
    create,
    environment,
    hidden,
    writes,
)
from tests.providers.forge_suite import (
    NAME,
    ForgeSuite,
    World,
    commit_of,
    refused,
)
from tests.providers.forge_trial_suite import TrialSuite


class Opened:
    @pytest.fixture
    def world(self, tmp_path: Path) -> World:
        git = Git(environment(tmp_path / "home"))

        def opened() -> LocalForge:
            return LocalForge(tmp_path / "forge", ORGANISATION, git, lambda: AT)

        def fetch(name: str, branch: str, path: str) -> bytes | None:
            repository = opened().repository(name)
            assert repository is not None
            bare = Path(repository.url.removeprefix("file://"))
            return git.show(bare, f"refs/heads/{branch}", path)

        return World(opened, fetch)


class TestPort(Opened, ForgeSuite):
    """The first half of the port."""


class TestTrial(Opened, TrialSuite):
    """The second half."""


class TestFiles(LocalFixtures):
    def test_reading_makes_nothing(self, forge: LocalForge) -> None:
        forge.repository(NAME)
        forge.variables(NAME)
        forge.branch(NAME, "main")
        forge.owners(NAME, "main", "a")
        assert not forge.root.exists()

    def test_what_a_person_finds(self, forge: LocalForge, place: Path, tmp_path: Path) -> None:
        for call in writes(forge, tmp_path / "files").values():
            if call is not None:
                call()
        names = [
            "environments",
            "permissions",
            "protection",
            "pull_requests",
            "repository",
            "variables",
        ]
        assert sorted(path.name for path in place.iterdir()) == sorted(
            [f"{NAME}.git", *(f"{name}.json" for name in names)]
        )
        assert json.loads((place / "repository.json").read_text()) == {
            "schema": "platform-cli/forge/1",
            "repository": "acme/loyalty",
            "id": "id-1",
            "marker": {"domain": "loyalty", "onboarding": "onboarding-2"},
            "description": "d",
            "created": "2026-11-20T09:00:00.000000+00:00",
        }
        assert json.loads((place / "permissions.json").read_text())["permissions"] == {
            "@ada": "write"
        }
        assert hidden(forge) == []

    def test_are_for_this_person_alone(
        self, forge: LocalForge, place: Path, tmp_path: Path
    ) -> None:
        before = os.umask(0)
        try:
            for call in writes(forge, tmp_path / "files").values():
                call()
        finally:
            os.umask(before)
        for folder in (forge.root, forge.root / ORGANISATION, place):
            assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        for record in place.glob("*.json"):
            assert stat.S_IMODE(record.stat().st_mode) == 0o600

    def test_the_commit_has_the_forges_time(self, forge: LocalForge, tmp_path: Path) -> None:
        create(forge)
        head = forge.push(NAME, "main", commit_of(tmp_path / "files", {"a": "a"}))
        bare = forge.root / ORGANISATION / NAME / f"{NAME}.git"
        text = subprocess.check_output(["git", "-C", bare, "cat-file", "commit", head], text=True)
        assert f"author Ada <ada@example.com> {int(AT.timestamp())} +0000\n" in text

    def test_the_url_can_be_cloned(self, forge: LocalForge, git: Git, tmp_path: Path) -> None:
        create(forge)
        forge.push(NAME, "main", commit_of(tmp_path / "files", {"a": "a"}))
        repository = forge.repository(NAME)
        assert repository is not None
        git.clone(repository.url, tmp_path / "clone")
        assert (tmp_path / "clone" / "a").read_text() == "a"

    def test_a_place_with_a_strange_name(self, git: Git, tmp_path: Path) -> None:
        forge = LocalForge(tmp_path / "a b'\"%\u00e4:$HOME\n", ORGANISATION, git, lambda: AT)
        create(forge)
        head = forge.push(NAME, "main", commit_of(tmp_path / "files", {"a": "a"}))
        repository, branch = forge.repository(NAME), forge.branch(NAME, "main")
        assert repository is not None
        assert branch is not None
        assert branch.head == head
        git.clone(repository.url, tmp_path / "clone")

    @pytest.mark.parametrize(
        "name", ["", ".", "..", "../x", "a/b", "/etc", ".new-x", "-x", "a\0b", "a\nb", "x" * 101]
    )
    def test_a_name_that_is_no_name(self, forge: LocalForge, git: Git, name: str) -> None:
        elsewhere = LocalForge(forge.root, name, git, forge.now)
        for call in (
            lambda: forge.repository(name),
            lambda: create(forge, name),
            lambda: forge.set_variable(name, "A", "1"),
            lambda: create(elsewhere),
        ):
            refused("PLT-SPEC-001", call)
        assert not forge.root.exists()

    def test_keys_are_never_paths(self, forge: LocalForge, place: Path) -> None:
        create(forge)
        before = sorted(path.name for path in place.parent.parent.rglob("*"))
        keys = ["../../x", "/etc/x", ".", "", "\udcff", "a\nb", "x" * 5000]
        for key in keys:
            forge.set_variable(NAME, key, key)
        assert dict(forge.variables(NAME)) == {key: key for key in keys}
        after = sorted(path.name for path in place.parent.parent.rglob("*"))
        assert after == sorted([*before, "variables.json"])


class TestHistory(LocalFixtures):
    def test_later_commits_are_the_teams(self, forge: LocalForge, git: Git, tmp_path: Path) -> None:
        create(forge)
        forge.push(NAME, "main", commit_of(tmp_path / "files", {"a": "1"}))
        repository = forge.repository(NAME)
        assert repository is not None
        git.clone(repository.url, tmp_path / "work")
        (tmp_path / "work" / "a").write_text("2")
        me = ["git", "-C", str(tmp_path / "work"), "-c", "user.name=B", "-c", "user.email=b@x"]
        message = "ours\n\nPlatform-Onboarding: onboarding-1\n"  # a copied trailer changes nothing
        for text in ("theirs", message):
            subprocess.run([*me, "commit", "-q", "-a", "--allow-empty", "-m", text], check=True)
        subprocess.run([*me, "push", "-q", "origin", "HEAD"], check=True)
        branch = forge.branch(NAME, "main")
        assert branch is not None
        assert set(branch.onboardings) == {"onboarding-1"}
        assert forge.initial_files(NAME, "main", branch.onboardings) == {"a": b"1"}


class TestOwnerErrors(LocalFixtures):
    def test_names_lines_and_owners_that_do_not_count(
        self, forge: LocalForge, tmp_path: Path
    ) -> None:
        create(forge)
        text = "# all\n* @Acme/Loyalty-Team @acme/ghosts ada@example.com\n!docs @ada\n*.md bad\n"
        forge.push(NAME, "main", commit_of(tmp_path / "files", {"CODEOWNERS": text}))
        forge.grant(NAME, "@acme/loyalty-team", "write")
        forge.grant(NAME, "@ada", "read")
        assert forge.owners(NAME, "main", "x.md") == ("@Acme/Loyalty-Team",)
        errors = forge.owner_errors(NAME, "main")
        assert [error.split(" ")[0] for error in errors] == [
            "CODEOWNERS:2:",
            "CODEOWNERS:2:",
            "CODEOWNERS:3:",
            "CODEOWNERS:4:",
        ]
        assert "@acme/ghosts has no write permission on acme/loyalty" in errors[0]
        assert "ada@example.com has no write permission" in errors[1]
        assert "!docs @ada" in errors[2]

    def test_none_where_there_is_nothing_wrong_or_nothing_at_all(
        self, forge: LocalForge, tmp_path: Path
    ) -> None:
        assert forge.owner_errors(NAME, "main") == ()
        create(forge)
        assert forge.owner_errors(NAME, "main") == ()
        files = {".github/CODEOWNERS": "* @acme/team\n", "CODEOWNERS": "!\n"}
        forge.push(NAME, "main", commit_of(tmp_path / "files", files))
        forge.grant(NAME, "@acme/team", "admin")
        assert forge.owner_errors(NAME, "main") == ()
