"""The embedded forge beside what is not its own, and with records that were damaged."""

from __future__ import annotations

import errno
import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from platform_cli.providers.forge.local import LocalForge
from tests.providers.forge_local import (
    ORGANISATION,
    LocalFixtures,
    create,
    hidden,
    snapshot,
    writes,
)
from tests.providers.forge_suite import (
    MARKER,
    NAME,
    OTHER,
    commit_of,
    refused,
)


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


class TestForeign(LocalFixtures):
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


class TestDamage(LocalFixtures):
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
