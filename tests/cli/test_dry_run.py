"""A dry run changes nothing, writes nothing, asks nobody: looked at from outside the process."""

from __future__ import annotations

import os
import shutil
import sys
import textwrap
from pathlib import Path

import pytest

from tests.cli.program import LOYALTY, Program

SITE = """
import os, sys

def hook(event, args):
    if event in {"socket.connect", "socket.bind", "socket.sendto", "socket.getaddrinfo",
                 "socket.gethostbyname", "socket.sendmsg"}:
        with open(os.environ["SEEN"], "a") as seen:
            seen.write(f"{event} {args[1:]}\\n")
        os._exit(97)

sys.addaudithook(hook)
"""


@pytest.fixture
def offline(tmp_path: Path) -> dict[str, str | None]:
    """Variables under which the process ends at its first use of the network."""
    folder = tmp_path / "site"
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(textwrap.dedent(SITE), encoding="utf-8")
    path = os.pathsep.join([str(folder), *filter(None, [os.environ.get("PYTHONPATH")])])
    return {"PYTHONPATH": path, "SEEN": str(tmp_path / "seen")}


def test_the_watch_on_the_network_sees_it(program: Program, offline: dict[str, str | None]) -> None:
    ask = "import socket; socket.create_connection(('127.0.0.1', 9))"
    done = program.run(command=[sys.executable, "-c", ask], env=offline)
    assert done.status == 97


@pytest.mark.parametrize("more", [(), ("--offline",), ("--format", "json")], ids=str)
def test_nothing_at_all_where_nothing_was(
    program: Program, offline: dict[str, str | None], more: tuple[str, ...]
) -> None:
    before = program.snapshot()
    done = program.run(*LOYALTY, "--dry-run", *more, env=offline)
    assert done.status == 0
    assert program.snapshot() == before
    assert not program.home.exists()
    assert list(program.temporary.iterdir()) == []


@pytest.mark.parametrize("more", [(), ("--offline",), ("--format", "json")], ids=str)
def test_nothing_is_touched_where_the_domain_is(
    finished: Program, offline: dict[str, str | None], more: tuple[str, ...]
) -> None:
    before = finished.snapshot()
    done = finished.run(*LOYALTY, "--dry-run", *more, env=offline)
    assert done.status == 0
    assert finished.snapshot() == before
    assert list(finished.temporary.iterdir()) == []


def test_another_domain_beside_a_finished_one(finished: Program) -> None:
    before = finished.snapshot()
    argv = ("init", "orders", "--owner", "@orders-team", "--on-call", "orders pager")
    assert finished.run(*argv, "--dry-run").status == 0
    assert finished.snapshot() == before


def test_into_makes_that_folder_and_nothing_else(program: Program) -> None:
    before = program.snapshot()
    into = program.work / "look"
    done = program.run(*LOYALTY, "--dry-run", "--format", "json", "--into", str(into))
    assert done.status == 0
    after = program.snapshot()
    fresh = sorted(set(after) - set(before))
    assert fresh
    assert all(name == "work/look" or name.startswith("work/look/") for name in fresh)
    del before["work"]
    assert {name: after[name] for name in before} == before
    files = sorted(str(p.relative_to(into)) for p in into.rglob("*") if p.is_file())
    assert files == done.json["files"]


def test_into_of_a_domain_that_is_there(finished: Program) -> None:
    before = finished.snapshot()
    into = finished.work / "look"
    assert finished.run(*LOYALTY, "--dry-run", "--into", str(into)).status == 0
    after = finished.snapshot()
    assert {n: a for n, a in after.items() if n in before and n != "work"} == {
        n: a for n, a in before.items() if n != "work"
    }
    assert (into / "README.md").is_file()


def test_into_a_folder_in_use_is_refused_before_anything(program: Program) -> None:
    into = program.work / "used"
    into.mkdir()
    (into / "mine.txt").write_text("mine", encoding="utf-8")
    for more in ((), ("--dry-run",)):
        done = program.run(*LOYALTY, "--into", str(into), *more)
        assert done.status == 2
        assert "PLT-USAGE-003" in done.err
    assert not program.home.exists()
    assert [path.name for path in into.iterdir()] == ["mine.txt"]


@pytest.mark.parametrize("name", ["a" * 300, "file/below", "link"])
def test_into_a_place_that_cannot_be(program: Program, name: str) -> None:
    (program.work / "file").write_text("", encoding="utf-8")
    (program.work / "link").symlink_to(program.folder / "config")
    done = program.run(*LOYALTY, "--into", name)
    assert done.status == 2
    assert "PLT-USAGE-003" in done.err
    assert not program.home.exists()


def test_the_detailed_exit_code(program: Program, onboarded: Path) -> None:
    assert program.run(*LOYALTY, "--dry-run").status == 0
    assert program.run(*LOYALTY, "--dry-run", "--detailed-exitcode").status == 3


def test_a_clone_is_left_by_a_real_run_and_found_by_the_next(program: Program) -> None:
    into = program.work / "loyalty"
    first = program.init("--into", str(into))
    assert f"1. cd {into}" in first.out.replace("\n     ", " ")
    assert (into / ".git").is_dir()
    program.init("--into", str(into))
    other = program.run("init", "orders", "--owner", "@o", "--on-call", "p", "--into", str(into))
    assert other.status == 2
    assert "PLT-USAGE-003" in other.err


def test_a_clone_that_fails_does_not_hide_what_was_made(program: Program) -> None:
    """The folder is there and empty at the start; then its file system takes no more."""
    into = program.folder / "full"
    into.mkdir()
    hook = program.folder / "bin"
    hook.mkdir()
    git = shutil.which("git")
    script = f'#!/bin/sh\ncase " $* " in *" clone "*) echo "fatal: no room" >&2; exit 128;; esac\nexec {git} "$@"\n'
    (hook / "git").write_text(script, encoding="utf-8")
    (hook / "git").chmod(0o755)
    path = f"{hook}:{program.environment['PATH']}"
    done = program.run(*LOYALTY, "--into", str(into), "--format", "json", env={"PATH": path})
    assert done.status == 1
    assert done.json["error"]["code"] == "PLT-GIT-002"
    assert done.json["mutating_calls"] > 0
    assert all(s["status"] in {"done", "blocked"} for s in done.json["steps"])
    assert program.init("--into", str(into), "--format", "json").json["mutating_calls"] == 0
    assert (into / ".git").is_dir()
