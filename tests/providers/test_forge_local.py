"""The embedded forge: the port's suite, and what only files and processes can get wrong."""

from __future__ import annotations

import errno
import json
import os
import shutil
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import pytest

from platform_cli.errors import PlatformError
from platform_cli.git import Git
from platform_cli.providers.forge import records
from platform_cli.providers.forge.local import LocalForge
from platform_cli.providers.forge.port import Protection
from platform_cli.providers.marker import Marker
from tests.providers.forge_suite import (
    MARKER,
    NAME,
    OTHER,
    ForgeSuite,
    World,
    commit_of,
    refused,
)

ORGANISATION = "acme"
AT = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
PROTECTION = Protection(
    code_owner_review=True, required_checks=("build",), force_push=False, deletion=False
)


def environment(home: Path) -> dict[str, str]:
    home.mkdir(exist_ok=True)
    kept = {name: text for name, text in os.environ.items() if not name.startswith("GIT_")}
    return {**kept, "HOME": str(home), "XDG_CONFIG_HOME": str(home / ".config")}


@pytest.fixture
def git(tmp_path: Path) -> Git:
    return Git(environment(tmp_path / "home"))


@pytest.fixture
def forge(git: Git, tmp_path: Path) -> LocalForge:
    numbers = count(1)
    return LocalForge(
        tmp_path / "forge", ORGANISATION, git, lambda: AT, lambda: f"id-{next(numbers)}"
    )


@pytest.fixture
def place(forge: LocalForge) -> Path:
    """Where the repository is, or would be."""
    return forge.root / ORGANISATION / NAME


def create(forge: LocalForge, name: str = NAME, marker: Marker = MARKER) -> None:
    forge.create_repository(name, marker=marker, description="d")


def writes(forge: LocalForge, commit_folder: Path) -> Mapping[str, Callable[[], object]]:
    """Every mutating call of the port."""
    commit = commit_of(commit_folder, {"a": "a"})
    return {
        "create_repository": lambda: create(forge),
        "set_marker": lambda: forge.set_marker(NAME, OTHER),
        "set_variable": lambda: forge.set_variable(NAME, "A", "1"),
        "create_environment": lambda: forge.create_environment(NAME, "production"),
        "grant": lambda: forge.grant(NAME, "@ada", "write"),
        "push": lambda: forge.push(NAME, "main", commit),
        "protect": lambda: forge.protect(NAME, "main", PROTECTION),
    }


def snapshot(folder: Path) -> dict[str, tuple[int, bytes]]:
    """Everything in the folder: modes and contents."""
    found = {}
    for path in sorted(folder.rglob("*")):
        mode = path.lstat().st_mode
        content = path.read_bytes() if stat.S_ISREG(mode) else b""
        found[str(path.relative_to(folder))] = (mode, content)
    return found


def hidden(forge: LocalForge) -> list[str]:
    return sorted(path.name for path in forge.root.rglob(".*"))


class TestPort(ForgeSuite):
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


class TestFiles:
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
        names = ["environments", "permissions", "protection", "repository", "variables"]
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


class TestHistory:
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


class TestOwnerErrors:
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


def _file(place: Path) -> None:
    place.write_text("mine")


def _link(place: Path) -> None:
    (place.parent / "target").mkdir()
    place.symlink_to("target")


def _broken_link(place: Path) -> None:
    place.symlink_to("nowhere")


def _empty_folder(place: Path) -> None:
    place.mkdir()


def _folder(place: Path) -> None:
    (place / "variables.json").parent.mkdir()
    (place / "variables.json").write_text("mine")


def _no_repository(place: Path) -> None:
    (place / f"{NAME}.git").mkdir(parents=True)


def _history(place: Path) -> None:
    bare = str(place / f"{NAME}.git")
    subprocess.run(["git", "init", "-q", "--bare", bare], check=True)
    tree = subprocess.check_output(["git", "-C", bare, "mktree"], input=b"").decode().strip()
    me = ["-c", "user.name=A", "-c", "user.email=a@x"]
    command = ["git", "-C", bare, *me, "commit-tree", "-m", "m", tree]
    commit = subprocess.check_output(command).decode().strip()
    subprocess.run(["git", "-C", bare, "update-ref", "refs/heads/main", commit], check=True)


def _copy(place: Path) -> None:
    """A repository of ours, copied to another name."""
    shutil.copytree(place.parent / "ours", place)
    (place / "ours.git").rename(place / f"{NAME}.git")


FOREIGN = [_file, _link, _broken_link, _empty_folder, _folder, _no_repository, _history]


class TestForeign:
    @pytest.mark.parametrize("make", [*FOREIGN, _copy])
    def test_is_shown_without_a_marker_and_never_written_to(
        self, forge: LocalForge, place: Path, tmp_path: Path, make: Callable[[Path], None]
    ) -> None:
        create(forge, "ours")
        forge.push("ours", "main", commit_of(tmp_path / "ours", {"a": "a"}))
        make(place)
        before = snapshot(forge.root)
        for call in writes(forge, tmp_path / "files").values():
            error = refused("PLT-FORGE-001", call)
            assert error.address == "acme/loyalty"
        seen = forge.repository(NAME)
        assert seen is not None
        assert (seen.marker, seen.empty) == (None, False)
        assert dict(forge.variables(NAME)) == {}
        assert forge.owners(NAME, "main", "a") == ()
        assert (forge.branch(NAME, "main") is None) == (make not in {_history, _copy})
        assert snapshot(forge.root) == before

    def test_an_empty_repository_can_be_adopted(
        self, forge: LocalForge, place: Path, tmp_path: Path
    ) -> None:
        """Made by a person whose template has hooks, which must not run on our push."""
        hooks = tmp_path / "template" / "hooks"
        hooks.mkdir(parents=True)
        for name in ("pre-receive", "update", "post-receive", "reference-transaction"):
            (hooks / name).write_text(f"#!/bin/sh\necho {name} >> {tmp_path}/ran\nexit 1\n")
            (hooks / name).chmod(0o755)
        command = ["git", "init", "-q", "--bare", f"--template={hooks.parent}"]
        subprocess.run([*command, str(place / f"{NAME}.git")], check=True)
        seen = forge.repository(NAME)
        assert seen is not None
        assert (seen.marker, seen.empty) == (None, True)
        commit = commit_of(tmp_path / "files", {"a": "a"})
        refused("PLT-FORGE-001", lambda: create(forge))
        refused("PLT-FORGE-001", lambda: forge.push(NAME, "main", commit))
        adopted = forge.set_marker(NAME, MARKER)
        assert adopted == forge.repository(NAME)
        assert (adopted.marker, adopted.empty, adopted.url) == (MARKER, True, seen.url)
        assert adopted.id != seen.id
        head = forge.push(NAME, "main", commit)
        branch = forge.branch(NAME, "main")
        assert branch is not None
        assert (branch.head, set(branch.onboardings)) == (head, {"onboarding-1"})
        assert not (tmp_path / "ran").exists()

    def test_an_organisation_that_is_a_file(self, forge: LocalForge) -> None:
        forge.root.mkdir()
        (forge.root / ORGANISATION).write_text("mine")
        assert forge.repository(NAME) is None
        refused("PLT-HOME-001", lambda: create(forge))
        assert (forge.root / ORGANISATION).read_text() == "mine"


DAMAGED = {
    "empty": "",
    "cut": '{"schema": "platform-cli/forge/1", "marker": {"dom',
    "a list": "[]",
    "deep": "[" * 100_000,
    "newer": '{"schema": "platform-cli/forge/2"}',
    "another": '{"schema": "x"}',
    "bytes": "\udcff",
}


class TestDamage:
    @pytest.mark.parametrize("content", DAMAGED.values(), ids=DAMAGED.keys())
    @pytest.mark.parametrize("record", ["repository.json", "variables.json", "permissions.json"])
    def test_is_named_and_nothing_is_changed(
        self, forge: LocalForge, place: Path, record: str, content: str
    ) -> None:
        create(forge)
        (place / record).write_bytes(os.fsencode(content))
        before = snapshot(forge.root)
        reads: dict[str, Callable[[], object]] = {
            "repository.json": lambda: forge.repository(NAME),
            "variables.json": lambda: forge.variables(NAME),
            "permissions.json": lambda: forge.permissions(NAME),
        }
        changes: dict[str, Callable[[], object]] = {
            "repository.json": lambda: forge.set_marker(NAME, OTHER),
            "variables.json": lambda: forge.set_variable(NAME, "A", "1"),
            "permissions.json": lambda: forge.grant(NAME, "@ada", "write"),
        }
        for call in (reads[record], changes[record]):
            error = refused("PLT-FORGE-002", call)
            assert error.address == str(place / record)
            assert str(place / record) in error.summary
        assert snapshot(forge.root) == before

    @pytest.mark.parametrize(
        ("record", "change"),
        [
            ("repository.json", {"marker": None}),
            ("repository.json", {"marker": {"domain": "loyalty"}}),
            ("repository.json", {"marker": {"domain": 1, "onboarding": "x"}}),
            ("repository.json", {"id": 7}),
            ("variables.json", {"variables": []}),
            ("variables.json", {"variables": {"A": 1}}),
            ("environments.json", {"environments": {"a": None}}),
            ("permissions.json", {"permissions": {"@ada": "owner"}}),
            ("permissions.json", {"permissions": {"@ada": ["write"]}}),
            ("protection.json", {"protection": {"main": {"deletion": True}}}),
            ("protection.json", {"protection": {"main": []}}),
        ],
    )
    def test_of_the_content_is_found_as_well(
        self,
        forge: LocalForge,
        place: Path,
        tmp_path: Path,
        record: str,
        change: dict[str, object],
    ) -> None:
        for call in writes(forge, tmp_path / "files").values():
            call()
        document = json.loads((place / record).read_text())
        (place / record).write_text(json.dumps({**document, **change}))

        def read() -> None:
            forge.repository(NAME)
            forge.variables(NAME)
            forge.environments(NAME)
            forge.permissions(NAME)
            forge.protection(NAME, "main")

        assert refused("PLT-FORGE-002", read).address == str(place / record)

    def test_a_folder_in_the_place_of_a_record(self, forge: LocalForge, place: Path) -> None:
        create(forge)
        (place / "variables.json").mkdir()
        refused("PLT-FORGE-002", lambda: forge.set_variable(NAME, "A", "1"))

    @pytest.mark.parametrize("gone", [f"{NAME}.git", f"{NAME}.git/HEAD", f"{NAME}.git/objects"])
    def test_a_record_without_its_repository(
        self, forge: LocalForge, place: Path, gone: str
    ) -> None:
        create(forge)
        path = place / gone
        path.unlink() if path.is_file() else shutil.rmtree(path)
        assert f"{NAME}.git" in refused("PLT-FORGE-002", lambda: forge.repository(NAME)).summary

    def test_a_lock_that_git_left_is_named(
        self, forge: LocalForge, place: Path, tmp_path: Path
    ) -> None:
        create(forge)
        lock = place / f"{NAME}.git" / "refs" / "heads" / "main.lock"
        lock.touch()
        commit = commit_of(tmp_path / "files", {"a": "a"})
        error = refused("PLT-GIT-002", lambda: forge.push(NAME, "main", commit))
        assert str(lock) in error.hint
        lock.unlink()
        forge.push(NAME, "main", commit)
        assert hidden(forge) == []

    def test_a_full_disk(
        self, forge: LocalForge, place: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        create(forge)
        forge.set_variable(NAME, "A", "1")

        def full(*_: object) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

        for name in ("fsync", "replace"):
            with monkeypatch.context() as patch:
                patch.setattr(os, name, full)
                refused("PLT-HOME-002", lambda: forge.set_variable(NAME, "A", "2"))
                if name == "fsync":
                    refused("PLT-HOME-002", lambda: create(forge, "orders"))
            assert dict(forge.variables(NAME)) == {"A": "1"}
        assert forge.repository("orders") is None
        forge.set_variable(NAME, "A", "2")
        assert hidden(forge) == []

    @pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
    def test_a_home_that_cannot_be_written(self, forge: LocalForge) -> None:
        forge.root.mkdir(mode=0o500)
        refused("PLT-HOME-001", lambda: create(forge))


CHILD = """
import os, signal, sys, threading
from datetime import UTC, datetime
from pathlib import Path
from platform_cli.git import Git
from platform_cli.providers.forge.local import LocalForge
from platform_cli.providers.forge.port import Author, Commit
from platform_cli.providers.marker import Marker

def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)

def before(module, name):
    setattr(module, name, die)

def after(module, name, times=1):
    real, left = getattr(module, name), [times]
    def call(*given, **named):
        result = real(*given, **named)
        left[0] -= 1
        return result if left[0] else die()
    setattr(module, name, call)

forge = LocalForge(Path(sys.argv[1]), "acme", Git(dict(os.environ)), lambda: datetime.now(UTC))
marker = Marker("loyalty", sys.argv[2])
commit = Commit(Path(sys.argv[1]).parent / "files", "m\\n\\nPlatform-Onboarding: " + sys.argv[2],
                Author("A", "a@x"))
def create(name="loyalty"):
    forge.create_repository(name, marker=marker, description="d")
"""


def child(forge: LocalForge, code: str, onboarding: str = "onboarding-1") -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", CHILD + code, str(forge.root), onboarding],
        env=dict(forge.git.environment),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def killed(forge: LocalForge, code: str) -> None:
    process = child(forge, code)
    process.communicate(timeout=60)
    assert process.returncode == -9


# Where the process dies while it creates, and whether the repository must be there afterwards.
POINTS = [
    ("before(Git, 'init_bare')", False),
    ("after(Git, 'init_bare')", False),
    ("before(os, 'fsync')", False),
    ("after(os, 'fsync', 3)", False),
    ("before(os, 'replace')", False),
    ("after(os, 'replace')", False),
    ("before(os, 'rename')", False),
    ("after(os, 'rename')", True),
]


@pytest.mark.crash
class TestKill:
    @pytest.mark.parametrize(("point", "there"), POINTS)
    def test_create_is_nothing_or_all(self, forge: LocalForge, point: str, there: bool) -> None:
        killed(forge, f"{point}\ncreate()")
        seen = forge.repository(NAME)
        assert (seen is not None) == there
        if seen is None:
            create(forge)
            seen = forge.repository(NAME)
        else:
            refused("PLT-FORGE-001", lambda: create(forge))
            create(forge, "another")
        assert seen is not None
        assert (seen.marker, seen.empty) == (MARKER, True)
        assert hidden(forge) == []

    def test_what_was_left_is_hidden_and_taken_away(self, forge: LocalForge) -> None:
        for _ in range(2):
            killed(forge, "after(os, 'replace')\ncreate()")
            (left,) = hidden(forge)
            assert left.startswith(".new-")
        create(forge)
        assert hidden(forge) == []

    def test_what_a_living_process_makes_is_not(self, forge: LocalForge) -> None:
        code = (
            "from contextlib import ExitStack\nfrom platform_cli.providers.forge import records\n"
            "records.private_folder(forge.root / 'acme')\n"
            "with records.staging(forge.root / 'acme') as made:\n"
            "    print(made, flush=True)\n    sys.stdin.readline()\n    print(made.exists())"
        )
        process = child(forge, code)
        assert process.stdout is not None
        made = Path(process.stdout.readline().strip())
        create(forge)
        assert made.is_dir()
        with records.staging(made.parent) as ours, records.staging(made.parent) as more:
            assert made.is_dir()
            assert ours.is_dir()
            assert more.is_dir()
        output, _ = process.communicate("go\n", timeout=60)
        assert output == "True\n"
        assert hidden(forge) == []

    @pytest.mark.parametrize(
        ("point", "value"),
        [
            ("before(os, 'replace')", "1"),
            ("after(os, 'replace')", "2"),
            ("before(os, 'fsync')", "1"),
        ],
    )
    def test_a_setting_is_the_old_one_or_the_new(
        self, forge: LocalForge, point: str, value: str
    ) -> None:
        create(forge)
        forge.set_variable(NAME, "A", "1")
        killed(forge, f"{point}\nforge.set_variable('loyalty', 'A', '2')")
        assert dict(forge.variables(NAME)) == {"A": value}
        forge.set_variable(NAME, "B", "3")
        assert dict(forge.variables(NAME)) == {"A": value, "B": "3"}
        assert hidden(forge) == []

    @pytest.mark.parametrize(
        ("point", "there"),
        [
            ("after(Git, 'init_bare')", False),
            ("before(Git, 'push')", False),
            ("after(Git, 'push')", True),
        ],
    )
    def test_a_push_is_nothing_or_all(
        self, forge: LocalForge, tmp_path: Path, point: str, there: bool
    ) -> None:
        create(forge)
        commit = commit_of(tmp_path / "files", {"a": "a"})
        killed(forge, f"{point}\nforge.push('loyalty', 'main', commit)")
        branch = forge.branch(NAME, "main")
        assert (branch is not None) == there
        if branch is None:
            forge.push(NAME, "main", commit)
            branch = forge.branch(NAME, "main")
        else:
            refused("PLT-FORGE-001", lambda: forge.push(NAME, "main", commit))
        assert branch is not None
        assert branch.onboardings == {"onboarding-1"}
        assert hidden(forge) == []


def at_once(calls: list[Callable[[], object]]) -> list[object]:
    """Run all of them at the same moment; an error of ours is a result, too."""
    start = threading.Barrier(len(calls))

    def run(call: Callable[[], object]) -> object:
        start.wait(60)
        try:
            return call()
        except PlatformError as error:
            return error

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


class TestAtOnce:
    def test_thirty_repositories(self, forge: LocalForge, tmp_path: Path) -> None:
        def onboard(number: int) -> None:
            name = f"domain-{number}"
            create(forge, name, Marker(name, str(number)))
            forge.set_variable(name, "A", str(number))
            forge.push(name, "main", commit_of(tmp_path / name, {"a": name}, str(number)))

        results = at_once([lambda n=n: onboard(n) for n in range(30)])  # type: ignore[misc] # a default binds the number
        assert results == [None] * 30
        for number in range(30):
            name = f"domain-{number}"
            branch, seen = forge.branch(name, "main"), forge.repository(name)
            assert seen is not None
            assert branch is not None
            assert seen.marker == Marker(name, str(number))
            assert branch.onboardings == {str(number)}
            assert dict(forge.variables(name)) == {"A": str(number)}
        assert hidden(forge) == []

    def test_threads_that_create_the_same_one(self, forge: LocalForge) -> None:
        def attempt(number: int) -> object:
            marker = Marker(NAME, str(number))
            return forge.create_repository(NAME, marker=marker, description="")

        results = at_once([lambda n=n: attempt(n) for n in range(12)])  # type: ignore[misc] # the same
        errors = [result for result in results if isinstance(result, PlatformError)]
        assert {error.code for error in errors} == {"PLT-FORGE-001"}
        assert [r for r in results if not isinstance(r, PlatformError)] == [forge.repository(NAME)]
        assert hidden(forge) == []

    def test_processes_that_create_the_same_one(self, forge: LocalForge) -> None:
        code = (
            "from platform_cli.errors import PlatformError\n"
            "print('ready', flush=True)\nsys.stdin.readline()\n"
            "try:\n    create()\n    print('made')\n"
            "except PlatformError as error:\n    print(error.code)"
        )
        processes = [child(forge, code, str(number)) for number in range(6)]
        for process in processes:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
        for process in processes:
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
        said = [process.communicate(timeout=60)[0].strip() for process in processes]
        assert sorted(said) == ["PLT-FORGE-001"] * 5 + ["made"]
        seen = forge.repository(NAME)
        assert seen is not None
        assert seen.marker == Marker(NAME, str(said.index("made")))
        assert hidden(forge) == []

    def test_settings_of_several_threads_and_processes(self, forge: LocalForge) -> None:
        create(forge)
        code = (
            "sys.stdin.readline()\nfor i in range(10):\n"
            "    forge.set_variable('loyalty', f'{sys.argv[2]}-{i}', str(i))\n"
            "    forge.grant('loyalty', f'@{sys.argv[2]}-{i}', 'write')"
        )
        processes = [child(forge, code, f"p{number}") for number in range(3)]
        for process in processes:
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
        results = at_once(
            [
                *(lambda n=n: forge.set_variable(NAME, f"t-{n}", str(n)) for n in range(20)),
                *(lambda n=n: forge.grant(NAME, f"@t-{n}", "write") for n in range(20)),
            ]
        )
        assert results == [None] * 40
        for process in processes:
            process.communicate(timeout=60)
            assert process.returncode == 0
        keys = {f"t-{n}" for n in range(20)} | {f"p{n}-{i}" for n in range(3) for i in range(10)}
        assert set(forge.variables(NAME)) == keys
        assert set(forge.permissions(NAME)) == {f"@{key}" for key in keys}

    def test_pushes_to_one_branch(self, forge: LocalForge, tmp_path: Path) -> None:
        create(forge)
        commits = [commit_of(tmp_path / str(n), {"a": str(n)}) for n in range(8)]
        results = at_once([lambda c=c: forge.push(NAME, "main", c) for c in commits])  # type: ignore[misc] # the same
        errors = [result for result in results if isinstance(result, PlatformError)]
        assert {error.code for error in errors} == {"PLT-FORGE-001"}
        branch = forge.branch(NAME, "main")
        assert branch is not None
        assert [r for r in results if not isinstance(r, PlatformError)] == [branch.head]
        assert hidden(forge) == []


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The git that tests run themselves knows nobody, either."""
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    for name in ("GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM"):
        monkeypatch.setenv(name, os.devnull)
