"""What every forge must do, whichever one it is: the port's contract as tests.

A test module of an adapter inherits `ForgeSuite`, and `TrialSuite` beside this module, and gives a
`World`: the same forge opened as often as a test asks, as several runs would open it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from threading import Event as Flag

import pytest

from platform_cli.errors import PlatformError
from platform_cli.providers.forge.port import (
    TRAILER,
    Author,
    Commit,
    Forge,
    Permission,
    Protection,
    PullRequest,
    Repository,
)
from platform_cli.providers.marker import Marker

NAME = "loyalty"
MARKER = Marker("loyalty", "onboarding-1")
OTHER = Marker("loyalty", "onboarding-2")
TRIAL = "platform-cli/trial-1"


@dataclass(frozen=True)
class World:
    """`open` gives a new handle on the forge; `fetch` one file of a branch, as git serves it."""

    open: Callable[[], Forge]
    fetch: Callable[[str, str, str], bytes | None]


def commit_of(
    folder: Path, files: dict[str, str], onboarding: str | None = "onboarding-1"
) -> Commit:
    """A commit of these files, written to the folder."""
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    trailer = f"\n{TRAILER}: {onboarding}\n" if onboarding else ""
    return Commit(folder, f"Onboard\n{trailer}", Author("Ada", "ada@example.com"))


def refused(code: str, call: Callable[[], object]) -> PlatformError:
    """Run the call, which must raise that error."""
    with pytest.raises(PlatformError) as caught:
        call()
    assert caught.value.code == code, caught.value.summary
    return caught.value


def propose_branch(forge: Forge, files: Mapping[str, bytes] | None = None) -> str:
    """A trial's branch on top of main."""
    given = files or {"trial.yaml": b"trial\n"}
    return forge.create_branch(NAME, TRIAL, base="main", files=given, message="A trial")


def propose(forge: Forge) -> PullRequest:
    """A trial's pull request to main."""
    return forge.create_pull_request(NAME, TRIAL, base="main", title="A trial")


def files_in(folder: Path) -> dict[str, bytes]:
    """Every file in the folder, by path."""
    found = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


class ForgeFixtures:
    """Inherit, and override `world`."""

    @pytest.fixture
    def world(self, tmp_path: Path) -> World:
        """The forge under test, empty."""
        raise pytest.UsageError("the module of an adapter gives its world")

    @pytest.fixture
    def forge(self, world: World) -> Forge:
        return world.open()

    @pytest.fixture
    def made(self, forge: Forge) -> Repository:
        return forge.create_repository(NAME, marker=MARKER, description="Data domain loyalty")

    @pytest.fixture
    def team(self, forge: Forge) -> str:
        return f"@{forge.organisation}/loyalty-team"


class ForgeSuite(ForgeFixtures):
    """Repositories, their settings and their first commit."""

    def test_what_is_not_there_is_nothing(self, forge: Forge) -> None:
        assert forge.repository(NAME) is None
        assert forge.branch(NAME, "main") is None
        assert forge.protection(NAME, "main") is None
        assert dict(forge.variables(NAME)) == {}
        assert dict(forge.permissions(NAME)) == {}
        assert forge.environments(NAME) == frozenset()
        assert forge.owners(NAME, "main", "README.md") == ()
        assert forge.initial_files(NAME, "main", frozenset({"onboarding-1"})) is None
        assert forge.owner_errors(NAME, "main") == ()
        assert forge.pull_request(NAME, TRIAL) is None

    def test_nothing_can_be_done_to_what_is_not_there(
        self, forge: Forge, team: str, tmp_path: Path
    ) -> None:
        commit = commit_of(tmp_path / "files", {"a": "a"})
        protection = Protection(
            code_owner_review=True, required_checks=(), force_push=False, deletion=False
        )
        for call in (
            lambda: forge.set_marker(NAME, MARKER),
            lambda: forge.set_variable(NAME, "A", "1"),
            lambda: forge.create_environment(NAME, "production"),
            lambda: forge.grant(NAME, team, "write"),
            lambda: forge.push(NAME, "main", commit),
            lambda: forge.protect(NAME, "main", protection),
            lambda: propose_branch(forge),
            lambda: propose(forge),
            lambda: forge.close_pull_request(NAME, TRIAL),
            lambda: forge.delete_branch(NAME, TRIAL),
            lambda: forge.checkout(NAME, "main", tmp_path / "checkout"),
            lambda: forge.build(NAME, "main", Flag()),
        ):
            refused("PLT-FORGE-003", call)
        assert forge.repository(NAME) is None
        assert not (tmp_path / "checkout").exists()

    def test_a_repository_has_its_marker_from_the_first_moment(
        self, world: World, forge: Forge, made: Repository
    ) -> None:
        assert made.marker == MARKER
        assert made.empty
        assert made.address == f"{forge.organisation}/{NAME}"
        assert made.id
        assert world.open().repository(NAME) == made

    def test_repositories_differ_by_id_and_url(self, forge: Forge, made: Repository) -> None:
        other = forge.create_repository("orders", marker=OTHER, description="")
        assert other.id != made.id
        assert other.url != made.url
        assert forge.repository(NAME) == made

    def test_creating_twice_changes_nothing(
        self, world: World, forge: Forge, made: Repository
    ) -> None:
        for handle in (forge, world.open()):
            refused(
                "PLT-FORGE-001",
                lambda: handle.create_repository(NAME, marker=OTHER, description="other"),  # noqa: B023 - called at once
            )
        assert forge.repository(NAME) == made

    def test_an_empty_repository_can_be_adopted(
        self, world: World, forge: Forge, made: Repository
    ) -> None:
        adopted = forge.set_marker(NAME, OTHER)
        assert (adopted.marker, adopted.id, adopted.empty) == (OTHER, made.id, True)
        assert world.open().repository(NAME) == adopted
        assert forge.set_marker(NAME, OTHER) == adopted

    def test_one_with_a_history_cannot_be_adopted(
        self, forge: Forge, made: Repository, tmp_path: Path
    ) -> None:
        forge.push(NAME, "main", commit_of(tmp_path / "files", {"a": "a"}))
        refused("PLT-FORGE-001", lambda: forge.set_marker(NAME, OTHER))
        refused("PLT-FORGE-001", lambda: forge.set_marker(NAME, OTHER, known_id="another"))
        seen = forge.repository(NAME)
        assert seen is not None
        assert (seen.marker, seen.empty) == (MARKER, False)

    def test_one_known_by_its_id_can_be_marked_whatever_is_in_it(
        self, world: World, forge: Forge, made: Repository, tmp_path: Path
    ) -> None:
        forge.push(NAME, "main", commit_of(tmp_path / "files", {"a": "a"}))
        marked = forge.set_marker(NAME, OTHER, known_id=made.id)
        assert (marked.marker, marked.id, marked.empty) == (OTHER, made.id, False)
        assert world.open().repository(NAME) == marked

    def test_variables_are_created_and_replaced(
        self, world: World, forge: Forge, made: Repository
    ) -> None:
        texts = {
            "EMPTY": "",
            "ONE": "1",
            "LINES": "a\nb\n",
            "LETTERS": "J\u00f6rg \u2603 'x' \"y\" \\",
        }
        for key, value in texts.items():
            forge.set_variable(NAME, key, value)
        forge.set_variable(NAME, "ONE", "2")
        forge.set_variable(NAME, "ONE", "2")
        assert dict(world.open().variables(NAME)) == texts | {"ONE": "2"}

    def test_an_environment_that_exists_stays(
        self, world: World, forge: Forge, made: Repository
    ) -> None:
        for name in ("production", "production", "staging area"):
            forge.create_environment(NAME, name)
        assert world.open().environments(NAME) == {"production", "staging area"}

    def test_permissions_are_granted_and_replaced(
        self, world: World, forge: Forge, made: Repository, team: str
    ) -> None:
        wanted: list[tuple[str, Permission]] = [(team, "read"), ("@ada", "admin"), (team, "write")]
        for who, permission in wanted:
            forge.grant(NAME, who, permission)
        assert dict(world.open().permissions(NAME)) == {team: "write", "@ada": "admin"}

    def test_a_push_makes_the_branch_with_these_files(
        self, world: World, forge: Forge, made: Repository, tmp_path: Path
    ) -> None:
        files = {
            "README.md": "# L\n",
            ".github/CODEOWNERS": "*\n",
            "win.txt": "a\r\n",
            ".gitignore": "*\n",
        }
        head = forge.push(NAME, "main", commit_of(tmp_path / "files", files))
        branch = world.open().branch(NAME, "main")
        assert branch is not None
        assert (branch.head, set(branch.onboardings)) == (head, {"onboarding-1"})
        for name, text in files.items():
            assert world.fetch(NAME, "main", name) == text.encode()
        assert forge.branch(NAME, "other") is None
        assert forge.repository(NAME) == Repository(
            made.address, made.id, made.url, MARKER, empty=False
        )

    def test_a_history_without_us_names_no_onboarding(
        self, forge: Forge, made: Repository, tmp_path: Path
    ) -> None:
        forge.push(NAME, "main", commit_of(tmp_path / "files", {"a": "a"}, onboarding=None))
        branch = forge.branch(NAME, "main")
        assert branch is not None
        assert branch.onboardings == frozenset()

    def test_a_branch_that_exists_is_not_pushed_to(
        self, world: World, forge: Forge, made: Repository, tmp_path: Path
    ) -> None:
        head = forge.push(NAME, "main", commit_of(tmp_path / "one", {"a": "1"}))
        other = commit_of(tmp_path / "two", {"a": "2"}, onboarding="onboarding-2")
        refused("PLT-FORGE-001", lambda: world.open().push(NAME, "main", other))
        branch = forge.branch(NAME, "main")
        assert branch is not None
        assert (branch.head, set(branch.onboardings)) == (head, {"onboarding-1"})
        assert world.fetch(NAME, "main", "a") == b"1"

    def test_the_initial_files_are_those_of_our_commit(
        self, world: World, forge: Forge, made: Repository, tmp_path: Path
    ) -> None:
        ours, others = frozenset({"onboarding-1", "none"}), frozenset({"onboarding-2"})
        assert forge.initial_files(NAME, "main", ours) is None
        files = {"README.md": "# L\n", "a/b.txt": "b\r\n"}
        forge.push(NAME, "main", commit_of(tmp_path / "files", files))
        found = world.open().initial_files(NAME, "main", ours)
        assert found is not None
        assert dict(found) == {name: text.encode() for name, text in files.items()}
        assert forge.initial_files(NAME, "main", others) is None
        assert forge.initial_files(NAME, "main", frozenset()) is None

    def test_protection_is_created_and_replaced(
        self, world: World, forge: Forge, made: Repository, tmp_path: Path
    ) -> None:
        forge.push(NAME, "main", commit_of(tmp_path / "files", {"a": "a"}))
        assert forge.protection(NAME, "main") is None
        for checks in (("build",), ("build", "contract / validate")):
            wanted = Protection(
                code_owner_review=True, required_checks=checks, force_push=False, deletion=False
            )
            forge.protect(NAME, "main", wanted)
            assert world.open().protection(NAME, "main") == wanted
        assert forge.protection(NAME, "other") is None

    def test_owners_are_those_of_the_last_match_that_may_write(
        self, forge: Forge, made: Repository, team: str, tmp_path: Path
    ) -> None:
        reader, nobody = f"@{forge.organisation}/readers", f"@{forge.organisation}/nobody"
        text = f"* {team}\n/docs/ {team} {reader} @ada {nobody}\n/free/\n/none/ {nobody}\n!bad {team}\n"
        forge.push(NAME, "main", commit_of(tmp_path / "files", {".github/CODEOWNERS": text}))
        assert forge.owners(NAME, "main", "README.md") == ()
        forge.grant(NAME, team, "write")
        forge.grant(NAME, reader, "read")
        forge.grant(NAME, "@ada", "admin")
        assert forge.owners(NAME, "main", "README.md") == (team,)
        assert forge.owners(NAME, "main", "docs/a/b.md") == (team, "@ada")
        assert forge.owners(NAME, "main", "free/a") == ()
        assert forge.owners(NAME, "main", "none/a") == ()
        assert forge.owners(NAME, "main", "bad") == (team,)
        assert forge.owners(NAME, "other", "README.md") == ()

    @pytest.mark.parametrize(
        ("places", "expected"),
        [
            ((".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS"), ".github/CODEOWNERS"),
            (("CODEOWNERS", "docs/CODEOWNERS"), "CODEOWNERS"),
            (("docs/CODEOWNERS",), "docs/CODEOWNERS"),
            (("other/CODEOWNERS",), None),
        ],
    )
    def test_the_first_codeowners_counts(
        self,
        forge: Forge,
        made: Repository,
        tmp_path: Path,
        places: tuple[str, ...],
        expected: str | None,
    ) -> None:
        people = {place: f"@person-{number}" for number, place in enumerate(places)}
        for person in people.values():
            forge.grant(NAME, person, "write")
        files = {place: f"* {person}\n" for place, person in people.items()}
        forge.push(NAME, "main", commit_of(tmp_path / "files", files))
        wanted = (people[expected],) if expected else ()
        assert forge.owners(NAME, "main", "README.md") == wanted
