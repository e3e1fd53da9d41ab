"""Credentials of the GitHub adapter: where they come from, what they lack, and that they stay ours."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from threading import Event as Flag
from typing import Any

import pytest

from platform_cli.errors import Exit
from platform_cli.git import Git, Remote
from platform_cli.onboarding.checks import ci
from platform_cli.onboarding.checks.check import Checkouts, Proof
from platform_cli.providers import Providers
from platform_cli.providers.forge.github import access, addresses, marks
from platform_cli.providers.forge.github.api import Api
from platform_cli.providers.forge.github.credentials import (
    AppCredential,
    GhCredential,
    TokenCredential,
)
from platform_cli.providers.forge.github.opening import Server, credential
from platform_cli.providers.marker import Marker
from platform_cli.settings import credential as secret
from tests.fakes.github.description import description
from tests.fakes.github.sealing import unsealed
from tests.fakes.github.state import ALL, State, Token
from tests.providers.forge_github import (
    TOKEN,
    GitHubFixtures,
    Passing,
    against_the_description,
    forge_at,
)
from tests.providers.forge_local import environment
from tests.providers.forge_suite import MARKER, NAME, commit_of, refused
from tests.unit.onboarding_world import World

LACKING = {f"{right.key}:{right.level}": right for right in access.NEEDED}


def looked(state: State, passing: Passing) -> access.Access:
    proof = TokenCredential(lambda name: TOKEN if name == "GH_TOKEN" else None)
    api = Api(state.base, proof.token, 20, passing.times)
    return access.look(api, state.organisation, proof)


@pytest.fixture(scope="module")
def app_key() -> str:
    """A private key, as an App has one."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()


class TestAccess(GitHubFixtures):
    """What `doctor` finds before anything is created."""

    @pytest.mark.parametrize(
        ("scopes", "missing"),
        [
            (("repo", "workflow", "read:org"), ()),
            (("repo", "workflow", "admin:org"), ()),
            (("repo", "read:org"), ("workflow",)),
            (("workflow", "read:org"), ("repo",)),
            (("repo", "workflow"), ("read:org",)),
        ],
    )
    def test_a_classic_token_tells_its_scopes(
        self, state: State, passing: Passing, scopes: tuple[str, ...], missing: tuple[str, ...]
    ) -> None:
        state.tokens[TOKEN] = Token(scopes=scopes)
        found = looked(state, passing)
        assert {right.scope for right in found.lacking} == set(missing)
        assert found.unknown == ()
        assert "@ann" in found.who
        assert state.mutations == []

    @pytest.mark.parametrize(
        "lacking", ["members", "actions_variables", "pull_requests", "actions"]
    )
    def test_a_fine_grained_token_is_tried_on_reads(
        self, state: State, passing: Passing, lacking: str
    ) -> None:
        state.add("any")
        rest = frozenset(one for one in ALL if not one.startswith(f"{lacking}:"))
        state.tokens[TOKEN] = Token(permissions=rest)
        found = looked(state, passing)
        assert [right.key for right in found.lacking] == [lacking]
        assert "workflows" in {right.key for right in found.unknown}

    def test_an_organisation_without_repositories_shows_little(
        self, state: State, passing: Passing
    ) -> None:
        found = looked(state, passing)
        assert found.lacking == ()
        assert {right.key for right in found.unknown} == {r.key for r in access.NEEDED} - {
            "members"
        }

    def test_an_app_tells_what_it_was_granted(
        self, state: State, passing: Passing, app_key: str
    ) -> None:
        state.tokens["of-the-app"] = Token(permissions=ALL - {"checks:read", "contents:write"})
        state.app_keys["34"] = "of-the-app"
        given = {
            "GITHUB_APP_ID": "12",
            "GITHUB_APP_INSTALLATION_ID": "34",
            "GITHUB_APP_PRIVATE_KEY": app_key.replace("\n", "\\n"),
        }
        proof = AppCredential(given.get, state.base, 20, passing.times)
        api = Api(state.base, proof.token, 20, passing.times)
        found = access.look(api, state.organisation, proof)
        assert {right.key for right in found.lacking} == {"checks", "contents"}
        assert found.who == "App 12, installation 34"
        assert [one.path for one in state.mutations] == ["/app/installations/34/access_tokens"]

    def test_a_secret_arrives_sealed(self, state: State, passing: Passing, tmp_path: Path) -> None:
        forge = forge_at(state, tmp_path / "home", passing)
        forge.create_repository(NAME, marker=MARKER, description="")
        forge.actions.set_secret(NAME, "KEY", "canary-secret")
        sent = state.repos[NAME].secrets["KEY"]
        assert "canary" not in sent
        assert unsealed(sent) == "canary-secret"
        assert forge.actions.secrets(NAME) == {"KEY"}
        assert "canary" not in repr(forge)

    def test_a_clone_carries_no_credential(
        self, state: State, passing: Passing, tmp_path: Path
    ) -> None:
        forge = forge_at(state, tmp_path / "home", passing)
        forge.create_repository(NAME, marker=MARKER, description="")
        forge.push(NAME, "main", commit_of(tmp_path / "files", {"a.txt": "a"}))
        forge.clone(NAME, tmp_path / "clone")
        assert (tmp_path / "clone" / "a.txt").read_text() == "a"
        config = (tmp_path / "clone" / ".git" / "config").read_text()
        assert "Authorization" not in config
        assert TOKEN not in config

    def test_a_push_without_the_right_to_workflows_says_which_it_is(
        self, state: State, passing: Passing, tmp_path: Path
    ) -> None:
        state.tokens[TOKEN] = Token(permissions=ALL - {"workflows:write"})
        forge = forge_at(state, tmp_path / "home", passing)
        forge.create_repository(NAME, marker=MARKER, description="")
        files = {".github/workflows/ci.yml": "name: ci\n"}
        error = refused(
            "PLT-FORGE-004",
            lambda: forge.push(NAME, "main", commit_of(tmp_path / "files", files)),
        )
        assert error.exit == Exit.CREDENTIALS
        assert "Workflows: write (classic: workflow)" in str(error.hint)

    def test_a_team_that_is_not_there_is_named(
        self, state: State, passing: Passing, tmp_path: Path
    ) -> None:
        forge = forge_at(state, tmp_path / "home", passing)
        forge.create_repository(NAME, marker=MARKER, description="")
        error = refused("PLT-FORGE-006", lambda: forge.grant(NAME, "@acme/nowhere", "write"))
        assert "@acme/nowhere" in error.summary

    def test_the_author_is_told(self, state: State, passing: Passing, tmp_path: Path) -> None:
        forge = forge_at(state, tmp_path / "home", passing)
        forge.create_repository(NAME, marker=MARKER, description="")
        forge.grant(NAME, "@ann", "write")
        files = {".github/CODEOWNERS": "* @ann\n"}
        forge.push(NAME, "main", commit_of(tmp_path / "files", files))
        forge.create_branch(NAME, "trial", base="main", files={"t": b"t"}, message="t")
        proposed = forge.create_pull_request(NAME, "trial", base="main", title="t")
        assert (proposed.reviewers, proposed.author) == ((), "@ann")

    @pytest.mark.parametrize(
        ("told", "status", "words"),
        [
            (["success"], "passed", "checks passed"),
            (["none", "queued", "in_progress", "success"], "passed", "checks passed"),
            (["queued", "failure"], "failed", "failure: http"),
            (["startup_failure"], "failed", "startup_failure: http"),
            (["none"], "failed", "no run has started"),
            (["in_progress"], "skipped", "in_progress: http"),
        ],
    )
    def test_the_first_build_is_watched(  # noqa: PLR0917 - fixtures and cases
        self,
        state: State,
        passing: Passing,
        tmp_path: Path,
        told: list[str],
        status: str,
        words: str,
    ) -> None:
        state.ci = told
        forge = forge_at(state, tmp_path / "home", passing)
        forge.create_repository("loyalty", marker=MARKER, description="")
        forge.push("loyalty", "main", commit_of(tmp_path / "files", {"a": "a"}))
        asked: list[str] = []

        def until(
            look: Callable[[], object],
            *,
            for_s: float | None = None,
            why: Callable[[], str] | None = None,
        ) -> bool:
            assert why is not None
            for _ in range(5):
                if look():
                    return True
                asked.append(why())
            return False

        (tmp_path / "world").mkdir()
        world = World(tmp_path / "world")
        around = world.around()
        from platform_cli.onboarding.history import history
        from platform_cli.onboarding.wanted import wanted_of

        proof = Proof(
            wanted=wanted_of(world.request().spec, around, history(()), onboarding="o"),
            providers=Providers(forge, around.providers.catalog, around.providers.pager),
            checkouts=Checkouts(tmp_path, lambda *_: None),
            now=world.clock.wall,
            stop=Flag(),
            left_s=lambda: 60.0,
            until=until,
        )
        found = ci.run(proof)
        assert (found.status, words in found.saw) == (status, True), found.saw
        assert found.next or status == "passed"
        assert bool(asked) == (told[0] == "none" or len(told) > 2 or told == ["in_progress"])

    def test_a_check_that_main_requires_and_nobody_ran_is_red(
        self, state: State, passing: Passing, tmp_path: Path
    ) -> None:
        from tests.providers.github_calls import PROTECTION

        state.checks = ("other",)
        forge = forge_at(state, tmp_path / "home", passing)
        forge.create_repository(NAME, marker=MARKER, description="")
        forge.push(NAME, "main", commit_of(tmp_path / "files", {"a": "a"}))
        forge.protect(NAME, "main", PROTECTION)
        built = forge.build(NAME, "main", Flag())
        assert built.status == "red"
        assert "build" in built.saw


class TestCredentials:
    """Where a token comes from."""

    def test_the_first_name_that_is_set_counts(self) -> None:
        given = {"GH_TOKEN": "", "GITHUB_TOKEN": "second"}
        assert TokenCredential(given.get).token() == "second"
        assert TokenCredential({**given, "GH_TOKEN": " first\n"}.get).token() == "first"

    @pytest.mark.parametrize("wrong", [None, "", "two words", "two\nlines", "t\u00f6ken"])
    def test_what_cannot_be_a_token_is_not_sent(self, wrong: str | None) -> None:
        error = refused("PLT-FORGE-004", lambda: TokenCredential(lambda _: wrong).token())
        assert error.exit == Exit.CREDENTIALS
        assert not wrong or wrong not in error.summary + str(error.hint)

    def test_gh_is_asked_once_for_the_server(self, tmp_path: Path) -> None:
        gh = tmp_path / "gh"
        gh.write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/asked\necho from-gh\n')
        gh.chmod(0o755)
        server = Server("https://github.example.com/api/v3", "gh", 5)
        found = credential(server, lambda _: None, {"PATH": f"{tmp_path}:/bin"}, Passing().times)
        assert isinstance(found, GhCredential)
        assert [found.token(), found.token()] == ["from-gh", "from-gh"]
        asked = (tmp_path / "asked").read_text()
        assert asked == "auth token --hostname github.example.com\n"

    def test_without_gh_one_is_told_what_to_do(self, tmp_path: Path) -> None:
        found = GhCredential("github.com", {"PATH": str(tmp_path)})
        error = refused("PLT-FORGE-004", found.token)
        assert "gh auth login" in str(error.hint)

    def test_an_app_needs_all_three(self) -> None:
        found = AppCredential({"GITHUB_APP_ID": "1"}.get, "https://x", 5, Passing().times)
        error = refused("PLT-FORGE-004", found.token)
        assert "GITHUB_APP_PRIVATE_KEY" in error.summary

    def test_the_environment_comes_before_the_keyring(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        import keyring

        kept = {("platform-cli", "GH_TOKEN"): "from-keyring"}
        monkeypatch.setattr(keyring, "get_password", lambda *names: kept.get(names))
        assert secret("GH_TOKEN", {"GH_TOKEN": "from-environment"}) == "from-environment"
        assert secret("GH_TOKEN", {}) == "from-keyring"
        assert secret("GITHUB_TOKEN", {}) is None

    def test_a_keyring_that_is_locked_has_nothing(self, monkeypatch: pytest.MonkeyPatch) -> None:
        import keyring
        from keyring.errors import KeyringLocked

        def locked(*_: str) -> None:
            raise KeyringLocked

        monkeypatch.setattr(keyring, "get_password", locked)
        assert secret("GH_TOKEN", {}) is None


@pytest.mark.parametrize(
    ("base_url", "web"),
    [
        ("https://api.github.com", "https://github.com"),
        ("https://github.example.com/api/v3", "https://github.example.com"),
        ("https://api.acme.ghe.com", "https://acme.ghe.com"),
        ("http://127.0.0.1:8080/api/v3", "http://127.0.0.1:8080"),
    ],
)
def test_git_finds_the_server_of_the_api(base_url: str, web: str) -> None:
    assert addresses.web(base_url) == web
    pairs = addresses.git_access(base_url, "t", None)
    assert [key for key, _ in pairs] == [f"http.{web}/.extraHeader"]


def test_a_marker_survives_a_long_description() -> None:
    marker = Marker("loyalty", "a" * 32)
    text = marks.described(marker, "words " * 100)
    assert len(text) <= 350
    assert marks.read({"description": text}) == marker
    assert marks.described(marker, marks.described(marker, "x")) == marks.described(marker, "x")
    assert marks.read({"description": "x", "custom_properties": {}}) is None
    other = {"description": text, "custom_properties": {"platform-cli": "orders/b"}}
    assert marks.read(other) == Marker("orders", "b")


@against_the_description
def test_the_description_is_really_asked() -> None:
    known = description()
    assert known is not None
    assert known.wrong_request("POST", "/orgs/acme/repos", {}, {"description": "no name"})
    assert known.wrong_request("GET", "/orgs/acme/teams", {"wrong": "1"}, None)
    assert known.wrong_request("GET", "/nowhere", {}, None)
    assert known.wrong_answer("POST", "/orgs/acme/repos", 201, {"id": 1})
    assert not known.wrong_request("POST", "/orgs/acme/repos", {}, {"name": "x"})


def test_no_argument_of_git_carries_the_token(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []
    real = subprocess.Popen.__init__

    def watched(self: Any, order: Any, *rest: Any, **more: Any) -> None:
        seen.append(str(order))
        real(self, order, *rest, **more)

    monkeypatch.setattr(subprocess.Popen, "__init__", watched)
    git = Git(environment(tmp_path / "home"))
    pairs = addresses.git_access("http://127.0.0.1:1/api/v3", TOKEN, None)
    remote = Remote(git, "http://127.0.0.1:1/acme/loyalty.git", lambda: pairs)
    assert not remote.fetch("main", tmp_path / "bare.git", what="tip")
    assert seen
    assert TOKEN not in str(seen)
    assert pairs[0][1].split()[-1] not in str(seen)
    assert "Authorization" not in (tmp_path / "bare.git" / "config").read_text()
