"""What only the embedded forge's files can get wrong about branches, requests and checkouts."""

from __future__ import annotations

import json
import stat
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from platform_cli.errors import PlatformError
from platform_cli.git import Git
from platform_cli.providers.forge.local import LocalForge
from platform_cli.providers.forge.port import PullRequest
from tests.providers.forge_local import (
    AT,
    ORGANISATION,
    PROTECTION,
    LocalFixtures,
    at_once,
    create,
    hidden,
    killed,
    snapshot,
)
from tests.providers.forge_suite import (
    NAME,
    TRIAL,
    commit_of,
    files_in,
    propose,
    propose_branch,
    refused,
)


class TrialFixtures(LocalFixtures):
    @pytest.fixture
    def main(self, forge: LocalForge, place: Path, tmp_path: Path) -> Path:
        """The bare repository, with a main that @ada owns."""
        create(forge)
        forge.grant(NAME, "@ada", "write")
        folder = tmp_path / "files"
        commit = commit_of(folder, {"CODEOWNERS": "* @ada @Ada\n", "a/run": "1\n", "b": "2\n"})
        (folder / "a" / "run").chmod(0o755)
        (folder / "link").symlink_to("a/run")
        (folder / ".gitattributes").write_text("* text eol=crlf ident export-ignore\n")
        forge.push(NAME, "main", commit)
        return place / f"{NAME}.git"


class TestBranch(TrialFixtures):
    def test_is_one_commit_of_ours_on_top(self, forge: LocalForge, main: Path) -> None:
        head = propose_branch(forge)
        log = ["git", "-C", str(main), "log", "--format=%an|%ae|%at|%s", f"main..{head}"]
        said = subprocess.check_output(log, text=True)
        assert said == f"platform-cli||{int(AT.timestamp())}|A trial\n"
        fsck = ["git", "-C", str(main), "fsck", "--strict", "--no-dangling"]
        assert subprocess.check_output(fsck) == b""

    def test_keeps_what_is_executable(self, forge: LocalForge, main: Path, tmp_path: Path) -> None:
        propose_branch(forge, {"a/run": b"2", "link": b"a file now", "b/c": b"a folder now"})
        into = tmp_path / "into"
        forge.checkout(NAME, TRIAL, into)
        assert (into / "a" / "run").stat().st_mode & stat.S_IXUSR
        assert not (into / "link").is_symlink()
        assert (into / "b" / "c").read_bytes() == b"a folder now"

    @pytest.mark.parametrize("path", ["", "/x", "../x", "a/../x", "a//x", ".git/x", "x/.GIT/y"])
    def test_takes_no_path_that_leads_elsewhere(
        self, forge: LocalForge, main: Path, path: str
    ) -> None:
        before = snapshot(forge.root)
        refused("PLT-GIT-002", lambda: propose_branch(forge, {path: b"x"}))
        assert snapshot(forge.root) == before

    def test_in_a_place_with_a_strange_name(self, git: Git, tmp_path: Path) -> None:
        forge = LocalForge(tmp_path / "a b'\"%\\:$HOME\n", ORGANISATION, git, lambda: AT)
        create(forge)
        forge.push(NAME, "main", commit_of(tmp_path / "files", {"a": "a"}))
        head = propose_branch(forge)
        found = forge.branch(NAME, TRIAL)
        assert found is not None
        assert found.head == head
        forge.checkout(NAME, TRIAL, tmp_path / "into")
        assert files_in(tmp_path / "into") == {"a": b"a", "trial.yaml": b"trial\n"}
        assert propose(forge).open

    def test_is_made_again_from_objects_that_are_there(self, forge: LocalForge, main: Path) -> None:
        first = propose_branch(forge)
        forge.delete_branch(NAME, TRIAL)
        assert propose_branch(forge) == first

    def test_that_is_protected_is_not_deleted(self, forge: LocalForge, main: Path) -> None:
        propose_branch(forge)
        forge.protect(NAME, TRIAL, PROTECTION)
        error = refused("PLT-FORGE-001", lambda: forge.delete_branch(NAME, TRIAL))
        assert TRIAL in error.summary
        forge.protect(NAME, TRIAL, replace(PROTECTION, deletion=True))
        forge.delete_branch(NAME, TRIAL)
        assert forge.branch(NAME, TRIAL) is None

    def test_that_head_names_is_not_deleted(self, forge: LocalForge, main: Path) -> None:
        propose_branch(forge)
        (main / "HEAD").write_text(f"ref: refs/heads/{TRIAL}\n")
        refused("PLT-FORGE-001", lambda: forge.delete_branch(NAME, TRIAL))
        forge.delete_branch(NAME, "main")
        assert forge.branch(NAME, "main") is None

    def test_whose_lock_git_left_is_named(self, forge: LocalForge, main: Path) -> None:
        propose_branch(forge)
        lock = main / "refs" / "heads" / f"{TRIAL}.lock"
        lock.touch()
        error = refused("PLT-GIT-002", lambda: forge.delete_branch(NAME, TRIAL))
        assert str(lock) in error.hint
        assert forge.branch(NAME, TRIAL) is not None


class TestCheckout(TrialFixtures):
    def test_has_modes_and_links_and_no_repository(
        self, forge: LocalForge, main: Path, tmp_path: Path
    ) -> None:
        into = tmp_path / "into"
        forge.checkout(NAME, "main", into)
        assert sorted(path.name for path in into.iterdir()) == [
            ".gitattributes",
            "CODEOWNERS",
            "a",
            "b",
            "link",
        ]
        assert (into / "b").read_bytes() == b"2\n"  # no attribute made it \r\n, or left it out
        assert (into / "a" / "run").stat().st_mode & stat.S_IXUSR
        assert not (into / "b").stat().st_mode & stat.S_IXUSR
        assert (into / "link").readlink() == Path("a/run")

    def test_into_what_exists_changes_nothing(
        self, forge: LocalForge, main: Path, tmp_path: Path
    ) -> None:
        into = tmp_path / "into"
        into.mkdir()
        (into / "mine").write_text("mine")
        refused("PLT-GIT-002", lambda: forge.checkout(NAME, "main", into))
        assert files_in(into) == {"mine": b"mine"}

    @pytest.mark.parametrize(
        "entries",
        [
            [("100644", "..")],
            [("100644", "../x")],
            [("100644", ".git")],
            [("100644", "/x")],
            [("120000", "a"), ("100644", "a/x")],
        ],
    )
    def test_of_a_tree_that_leads_elsewhere_leaves_nothing(
        self, forge: LocalForge, main: Path, tmp_path: Path, entries: list[tuple[str, str]]
    ) -> None:
        """A history that somebody pushed past every check."""
        git = ["git", "-C", str(main)]
        target = str(tmp_path / "outside").encode()
        blob = subprocess.check_output([*git, "hash-object", "-w", "--stdin"], input=target)
        key = bytes.fromhex(blob.decode().strip())
        tree = b"".join(b"%s %s\0%s" % (m.encode(), p.encode(), key) for m, p in entries)
        write = [*git, "hash-object", "-w", "-t", "tree", "--literally", "--stdin"]
        made = subprocess.check_output(write, input=tree).decode().strip()
        me = ["-c", "user.name=A", "-c", "user.email=a@x"]
        commit = subprocess.check_output([*git, *me, "commit-tree", "-m", "m", made]).decode()
        update = [*git, "update-ref", "refs/heads/evil", commit.strip()]
        subprocess.run(update, check=True)
        (tmp_path / "outside").mkdir()
        before = snapshot(tmp_path)
        refused("PLT-GIT-002", lambda: forge.checkout(NAME, "evil", tmp_path / "into"))
        assert snapshot(tmp_path) == before


class TestRequest(TrialFixtures):
    def test_asks_an_owner_once_whatever_the_case(self, forge: LocalForge, main: Path) -> None:
        propose_branch(forge, {"x": b"x", "y": b"y"})
        assert propose(forge).reviewers == ("@ada",)

    def test_of_main_that_went_on_asks_for_the_branch_alone(
        self, forge: LocalForge, main: Path
    ) -> None:
        propose_branch(forge)
        text = b"* @ada\n/b @bob\n"
        files = {"CODEOWNERS": text, "b": b"another"}
        later = forge.create_branch(NAME, "later", base="main", files=files, message="m")
        update = ["git", "-C", str(main), "update-ref", "refs/heads/main", later]
        subprocess.run(update, check=True)
        forge.grant(NAME, "@bob", "write")
        assert propose(forge).reviewers == ("@ada",)

    def test_newest_is_that_of_the_highest_number(self, forge: LocalForge, main: Path) -> None:
        propose_branch(forge)
        for number in range(1, 12):
            assert propose(forge).id == str(number)
            forge.close_pull_request(NAME, TRIAL)
        found = forge.pull_request(NAME, TRIAL)
        assert found is not None
        assert found.id == "11"

    @pytest.mark.parametrize(
        "raw",
        [
            [],
            {"x": {}},
            {"1": {"branch": TRIAL}},
            {"one": dict.fromkeys(("branch", "base", "title", "head"), "x")},
        ],
    )
    def test_records_that_are_damaged_are_named(
        self, forge: LocalForge, main: Path, place: Path, raw: object
    ) -> None:
        record = place / "pull_requests.json"
        record.write_text(json.dumps({"schema": "platform-cli/forge/1", "pull_requests": raw}))
        before = record.read_bytes()
        propose_branch(forge)
        calls: list[Callable[[], object]] = [
            lambda: forge.pull_request(NAME, TRIAL),
            lambda: propose(forge),
            lambda: forge.close_pull_request(NAME, TRIAL),
            lambda: forge.delete_branch(NAME, TRIAL),
        ]
        for call in calls:
            assert refused("PLT-FORGE-002", call).address == str(record)
        assert record.read_bytes() == before
        assert forge.branch(NAME, TRIAL) is not None


TRIALS = {
    "create_branch": "forge.create_branch('loyalty', 'platform-cli/trial-1', base='main',"
    " files={'trial.yaml': b'trial'}, message='m')",
    "create_pull_request": "forge.create_pull_request('loyalty', 'platform-cli/trial-1',"
    " base='main', title='t')",
    "close_pull_request": "forge.close_pull_request('loyalty', 'platform-cli/trial-1')",
    "delete_branch": "forge.delete_branch('loyalty', 'platform-cli/trial-1')",
}
Seen = tuple[bool, bool | None]
"""Whether the branch is there, and whether its pull request is open."""

# The call, where the process dies in it, and what must be seen before and afterwards.
POINTS: list[tuple[str, str, Seen, Seen]] = [
    ("create_branch", "after(Git, 'init_bare')", (False, None), (False, None)),
    ("create_branch", "before(Git, 'push')", (False, None), (False, None)),
    ("create_branch", "after(Git, 'push')", (False, None), (True, None)),
    ("create_pull_request", "before(os, 'replace')", (True, None), (True, None)),
    ("create_pull_request", "after(os, 'replace')", (True, None), (True, True)),
    ("close_pull_request", "before(os, 'replace')", (True, True), (True, True)),
    ("close_pull_request", "after(os, 'replace')", (True, True), (True, False)),
    ("delete_branch", "before(os, 'replace')", (True, True), (True, True)),
    ("delete_branch", "before(Git, 'delete_branch')", (True, True), (True, False)),
    ("delete_branch", "after(Git, 'delete_branch')", (True, True), (False, False)),
]


@pytest.mark.crash
class TestKill(TrialFixtures):
    def seen(self, forge: LocalForge) -> Seen:
        found = forge.pull_request(NAME, TRIAL)
        return forge.branch(NAME, TRIAL) is not None, found.open if found else None

    @pytest.mark.parametrize("point", POINTS, ids=lambda point: f"{point[0]} {point[1]}")
    def test_leaves_nothing_or_all(
        self, forge: LocalForge, main: Path, point: tuple[str, str, Seen, Seen]
    ) -> None:
        call, where, before, after = point
        if before[0]:
            propose_branch(forge)
        if before[1]:
            propose(forge)
        assert self.seen(forge) == before
        killed(forge, f"{where}\n{TRIALS[call]}")
        assert self.seen(forge) == after
        if after[1]:
            refused("PLT-FORGE-001", lambda: propose(forge))
        forge.close_pull_request(NAME, TRIAL)
        forge.delete_branch(NAME, TRIAL)
        propose_branch(forge)
        assert propose(forge).open
        assert self.seen(forge) == (True, True)
        assert hidden(forge) == []


class TestAtOnce(TrialFixtures):
    def outcomes(self, results: list[object]) -> tuple[list[object], set[str]]:
        errors: set[str] = {one.code for one in results if isinstance(one, PlatformError)}
        return [one for one in results if not isinstance(one, PlatformError)], errors

    def test_one_branch_one_request_and_one_end(self, forge: LocalForge, main: Path) -> None:
        def branch(number: int) -> str:
            return propose_branch(forge, {"trial.yaml": b"%d" % number})

        made, errors = self.outcomes(at_once([lambda n=n: branch(n) for n in range(8)]))  # type: ignore[misc] # a default binds the number
        found = forge.branch(NAME, TRIAL)
        assert found is not None
        assert (made, errors) == ([found.head], {"PLT-FORGE-001"})
        opened, errors = self.outcomes(at_once([lambda: propose(forge)] * 8))
        assert (opened, errors) == ([forge.pull_request(NAME, TRIAL)], {"PLT-FORGE-001"})
        assert isinstance(opened[0], PullRequest)
        calls: list[Callable[[], object]] = [
            lambda: forge.close_pull_request(NAME, TRIAL),
            lambda: forge.delete_branch(NAME, TRIAL),
        ]
        assert at_once(calls * 4) == [None] * 8
        assert forge.branch(NAME, TRIAL) is None
        closed = forge.pull_request(NAME, TRIAL)
        assert closed is not None
        assert not closed.open
        assert hidden(forge) == []

    def test_trials_of_many_branches(self, forge: LocalForge, main: Path) -> None:
        def trial(number: int) -> str:
            branch = f"platform-cli/trial-{number}"
            files = {"trial.yaml": b"%d" % number}
            forge.create_branch(NAME, branch, base="main", files=files, message="m")
            opened = forge.create_pull_request(NAME, branch, base="main", title="t")
            forge.delete_branch(NAME, branch)
            return opened.id

        results = at_once([lambda n=n: trial(n) for n in range(12)])  # type: ignore[misc] # the same
        assert sorted(map(str, results)) == sorted(str(n) for n in range(1, 13))
        assert hidden(forge) == []
