"""Homes that cannot be written, disks that are full, a git that is missing, old or full of habits.

Each time the message must say what happened, what is unchanged, and the next command.
"""

from __future__ import annotations

import os
import resource
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.cli.program import LOYALTY, Done, Program, with_stand_ins

UNCHANGED = ("Nothing was changed", "nothing was changed", "is safe", "stays")


def helps(done: Done, code: str, status: int = 1) -> None:
    """An error that helps: its code, what is unchanged, what to do, and no traceback."""
    assert done.status == status, done.all
    told = " ".join(done.all.split())
    assert f"{code}: " in told
    assert any(words in told for words in UNCHANGED), told
    assert " Next: " in told
    assert "Traceback" not in told


def test_a_file_where_the_home_should_be(program: Program) -> None:
    program.home.write_text("mine", encoding="utf-8")
    helps(program.run(*LOYALTY), "PLT-HOME-001")
    helps(program.run("kpi", "onboarding"), "PLT-HOME-001")
    assert program.home.read_text(encoding="utf-8") == "mine"


def test_a_file_above_the_home(program: Program) -> None:
    (program.folder / "file").write_text("mine", encoding="utf-8")
    home = {"PLATFORM_HOME": str(program.folder / "file" / "home")}
    helps(program.run(*LOYALTY, env=home), "PLT-HOME-001")


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="there is no /proc")
def test_a_home_where_nothing_can_be_made(program: Program) -> None:
    helps(program.run(*LOYALTY, env={"PLATFORM_HOME": "/proc/platform"}), "PLT-HOME-001")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_home_without_permission(program: Program) -> None:
    program.home.mkdir(mode=0o500)
    helps(program.run(*LOYALTY), "PLT-HOME-001")


def test_a_home_that_is_a_link(program: Program) -> None:
    (program.folder / "elsewhere").mkdir(mode=0o700)
    program.home.symlink_to(program.folder / "elsewhere")
    program.init()
    assert program.home.is_symlink()
    assert program.init("--format", "json").json["mutating_calls"] == 0


def test_a_home_with_a_space_and_a_percent_sign(program: Program) -> None:
    home = program.folder / "my home 100%"
    done = program.run(*LOYALTY, env={"PLATFORM_HOME": str(home), "COLUMNS": "1000"})
    assert done.status in {0, 3}
    said = next(line for line in done.out.splitlines() if line.startswith("  1. git clone "))
    command = said.removeprefix("  1. ")
    subprocess.run([*command.split(), "there"], cwd=program.work, check=True, capture_output=True)
    assert (program.work / "there" / "README.md").is_file()


def test_everything_made_is_private(finished: Program) -> None:
    assert finished.home.stat().st_mode & 0o777 == 0o700
    for name in ("journal.sqlite3", "locks", "forge"):
        assert (finished.home / name).stat().st_mode & 0o077 == 0, name


@pytest.mark.parametrize("limit", [0, 1_000, 20_000, 40_000])
def test_files_that_may_not_grow(program: Program, limit: int) -> None:
    """The shell's limit on files is, to a program, a disk that is full."""

    def small() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    done = program.run(*LOYALTY, before=small)
    assert done.status == 1, done.all
    assert "Traceback" not in done.all
    assert "PLT-INTERNAL" not in done.all
    assert "Next: " in done.all
    assert program.init("--format", "json").json["outcome"] in {"ready", "incomplete"}
    assert len(program.commits()) == 1


@pytest.fixture
def tiny(program: Program) -> Iterator[Path]:
    """A file system of so few bytes, where mounting one is allowed."""
    place = program.folder / "tiny"
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=256k,mode=0700", "tmpfs", str(place)]
    if os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("only root may mount a small file system")
    if subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("mounting is not permitted here")
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=False)


def test_a_disk_that_is_full(program: Program, tiny: Path) -> None:
    home = {"PLATFORM_HOME": str(tiny / "home")}
    ballast = tiny / "ballast"
    ballast.write_bytes(bytes(180_000))
    done = program.run(*LOYALTY, env=home)
    helps(done, "PLT-HOME-002")
    ballast.unlink()
    subprocess.run(["mount", "-o", "remount,size=64m", str(tiny)], check=True)
    assert program.run(*LOYALTY, env=home).status in {0, 3}
    assert program.run(*LOYALTY, "--format=json", env=home).json["mutating_calls"] == 0


def test_a_temporary_folder_that_is_gone(program: Program) -> None:
    program.temporary.rmdir()
    done = program.run(*LOYALTY, env={"TMPDIR": str(program.temporary)})
    # Python takes another temporary folder where this one cannot be used.
    assert done.status in {0, 3}


def test_no_git(program: Program) -> None:
    done = program.run(*LOYALTY, env={"PATH": str(program.folder / "empty")})
    helps(done, "PLT-GIT-001")
    assert "Install git 2.31 or newer" in done.err
    assert not program.home.exists()


def fake_git(program: Program, script: str) -> dict[str, str | None]:
    """A git of our own making, first on the path."""
    folder = program.folder / "bin"
    folder.mkdir()
    (folder / "git").write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    (folder / "git").chmod(0o755)
    return {"PATH": f"{folder}:{program.environment['PATH']}"}


@pytest.mark.parametrize(
    "script",
    ["echo git version 2.10.0", "echo hello", "exit 1", "kill -9 $$"],
    ids=["old", "strange", "failing", "dying"],
)
def test_a_git_that_cannot_be_used(program: Program, script: str) -> None:
    done = program.run(*LOYALTY, env=fake_git(program, script))
    assert done.status == 1
    assert "PLT-GIT-001: " in done.err
    assert "Next: " in done.err
    assert "Traceback" not in done.err
    assert not program.home.exists()


def test_a_git_that_fails_in_the_middle(program: Program) -> None:
    real = shutil.which("git")
    script = (
        f'case " $* " in *" push "*) echo "fatal: the moon" >&2; exit 128;; esac\nexec {real} "$@"'
    )
    done = program.run(*LOYALTY, env=fake_git(program, script), accept=frozenset({1}))
    assert "PLT-GIT-002: " in done.out
    assert "the moon" in done.out
    assert "failed" in done.out
    made = program.init("--format", "json").json
    assert {"repo.create": "kept", "repo.push": "done"}.items() <= {
        step["id"]: step["status"] for step in made["steps"]
    }.items()


def habits(program: Program) -> dict[str, str | None]:
    """A person's git with hooks, templates, signing, filters and aliases; each would leave a mark."""
    user, mark = program.folder / "user", program.folder / "mark"
    hooks, templates = user / "hooks", user / "templates" / "hooks"
    for folder in (hooks, templates):
        folder.mkdir(parents=True)
        for name in (
            "pre-commit",
            "commit-msg",
            "pre-push",
            "post-checkout",
            "reference-transaction",
            "pre-receive",
            "update",
            "post-receive",
            "post-update",
        ):
            (folder / name).write_text(
                f"#!/bin/sh\necho {name} >>{mark}\nexit 1\n", encoding="utf-8"
            )
            (folder / name).chmod(0o755)
    loud = user / "loud"
    loud.write_text(f"#!/bin/sh\necho loud >>{mark}\ncat\n", encoding="utf-8")
    loud.chmod(0o755)
    (user / "attributes").write_text("* filter=loud text eol=crlf\n", encoding="utf-8")
    (user / "ignore").write_text("*.md\n*.yaml\n", encoding="utf-8")
    (user / ".gitconfig").write_text(
        f"""[user]
name = Ann Example
email = ann@example.org
signingkey = 0000
[commit]
gpgsign = true
[tag]
gpgsign = true
[push]
gpgsign = true
[gpg]
program = {loud}
[core]
hooksPath = {hooks}
attributesFile = {user / "attributes"}
excludesFile = {user / "ignore"}
autocrlf = true
fsmonitor = {loud}
pager = {loud}
editor = {loud}
sshCommand = {loud}
[init]
templateDir = {user / "templates"}
defaultBranch = trunk
defaultObjectFormat = sha256
[filter "loud"]
clean = {loud}
smudge = {loud}
required = true
[alias]
push = !{loud}
init = !{loud}
[receive]
denyNonFastForwards = true
[transfer]
fsckObjects = true
[url "file:///nowhere/"]
insteadOf = file:///
""",
        encoding="utf-8",
    )
    return {"GIT_TEMPLATE_DIR": str(user / "templates"), "GIT_EDITOR": str(loud)}


def tree(program: Program) -> str:
    """What `main` holds, with modes and ids of the contents."""
    listed = ["git", "-C", str(program.bare()), "ls-tree", "-r", "refs/heads/main"]
    clean = {"PATH": os.environ["PATH"], "HOME": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    return subprocess.run(listed, env=clean, capture_output=True, text=True, check=True).stdout


def test_a_git_full_of_habits(program: Program, finished_twin: Program) -> None:
    env = habits(program)
    program.init(env=env)
    program.init("--into", str(program.work / "clone"), env=env)
    assert not (program.folder / "mark").exists()
    assert tree(program) == tree(finished_twin)
    assert sorted(p.name for p in (program.bare() / "hooks").glob("*")) == []
    head = (program.bare() / "HEAD").read_text(encoding="ascii")
    assert head == "ref: refs/heads/main\n"


@pytest.fixture
def finished_twin(tmp_path: Path, onboarded: Path, python: str) -> Program:
    """The same domain, made by somebody without habits."""
    twin = Program(tmp_path / "twin", python=python)
    shutil.copytree(onboarded, twin.home, symlinks=True)
    return twin


def test_variables_of_git_that_point_elsewhere(program: Program, finished_twin: Program) -> None:
    elsewhere = program.folder / "elsewhere"
    subprocess.run(["git", "init", "--quiet", str(elsewhere)], check=True)
    before = sorted(str(path) for path in elsewhere.rglob("*"))
    program.init(
        env={
            "GIT_DIR": str(elsewhere / ".git"),
            "GIT_WORK_TREE": str(elsewhere),
            "GIT_INDEX_FILE": str(elsewhere / "index"),
            "GIT_OBJECT_DIRECTORY": str(elsewhere / "objects"),
            "GIT_NAMESPACE": "strange",
            "GIT_CONFIG_PARAMETERS": "'core.bare=true'",
            "GIT_CEILING_DIRECTORIES": "/",
            "GIT_AUTHOR_NAME": "Somebody Else",
        }
    )
    assert sorted(str(path) for path in elsewhere.rglob("*")) == before
    assert tree(program) == tree(finished_twin)


def test_without_a_home_directory(program: Program) -> None:
    assert program.run(*LOYALTY, env={"HOME": None}).status in {0, 3}
    assert program.run("kpi", "onboarding", env={"HOME": ""}).status == 0


def test_without_any_place_for_the_journal(program: Program) -> None:
    """With neither HOME nor PLATFORM_HOME the system's own records are asked; nothing is made."""
    before = program.snapshot()
    done = program.run(
        "config",
        "show",
        "--format",
        "json",
        env={"HOME": None, "PLATFORM_HOME": None, "XDG_CONFIG_HOME": None},
    )
    assert done.status in {0, 1}
    assert done.json.get("home") or done.json["code"] == "PLT-HOME-001"
    assert program.snapshot() == before


def test_a_working_directory_that_is_gone(program: Program) -> None:
    script = f"mkdir gone && cd gone && rmdir ../gone && exec {' '.join(program.command('config', 'show'))}"
    done = program.run(command=["bash", "-c", script])
    assert done.status == 2
    assert "PLT-SETTINGS-001: " in done.err
    assert "Traceback" not in done.err


@pytest.mark.parametrize("mask", [0, 0o077, 0o777])
def test_an_unusual_umask(program: Program, mask: int) -> None:
    def masked() -> None:
        os.umask(mask)

    done = program.run(*LOYALTY, "--no-page", before=masked)
    assert done.status in {0, 3}
    assert program.home.stat().st_mode & 0o777 == 0o700
    assert program.run(*LOYALTY, "--no-page", "--format=json").json["error"] is None


PLAIN_C = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
"""A locale that knows ASCII alone, and a Python that is told to believe it."""


@pytest.mark.parametrize("name", ["a\nb; $(id) 'c'", "h\u00f6m\u00e9 \U0001f986", "\udcff\udce9"])
def test_a_home_of_any_letters_in_any_locale(program: Program, name: str) -> None:
    if sys.platform == "darwin" and "\udcff" in name:
        pytest.skip("this file system keeps no name that is not UTF-8")
    home: dict[str, str | None] = {"PLATFORM_HOME": str(program.folder / name)}
    argv = (*LOYALTY, "--no-page", "--format=json")
    first = program.run(*argv, env={**home, **PLAIN_C}).json
    assert first["error"] is None
    assert {step["status"] for step in first["steps"] if step["id"] != "ready"} == {"done"}
    (url,) = (
        resource["url"]
        for step in first["steps"]
        for resource in step["resources"]
        if resource["kind"] == "repository"
    )
    assert "\n" not in url
    subprocess.run(["git", "clone", "--quiet", url, "there"], cwd=program.work, check=True)
    assert (program.work / "there" / "README.md").is_file()
    again = program.run(*argv, env=home).json
    assert {step["status"] for step in again["steps"] if step["id"] != "ready"} == {"kept"}


def test_with_no_stream_at_all(program: Program) -> None:
    words = shlex.join(program.command(*LOYALTY, "--no-page"))
    done = program.run(command=["sh", "-c", f"exec {words} <&- >&- 2>&-"])
    assert done.status in {0, 3}
    assert len(program.commits()) == 1


def test_somebody_elses_home() -> None:
    """Two people, one PLATFORM_HOME: it is for the one who made it, and the other is told."""
    if os.geteuid() != 0:
        pytest.skip("only root may run as two people")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as made:
        Path(made).chmod(0o777)
        # Not those of the other tests, which lie in a folder that is private to whoever runs them.
        python = with_stand_ins(Path(made) / "tools")
        program = Program(Path(made) / "places", python=python)
        for path in (program.folder, *program.folder.rglob("*")):
            path.chmod(0o777)

        def person(uid: int) -> Callable[[], None]:
            def become() -> None:
                os.setgroups([])
                os.setgid(uid)
                os.setuid(uid)

            return become

        try:
            program.run("--version", before=person(65_533))
        except PermissionError:
            pytest.skip("this Python is root's alone")
        argv = (*LOYALTY, "--no-page")
        assert program.run(*argv, before=person(65_533)).status in {0, 3}
        before = program.snapshot()
        for other in (argv, ("kpi", "onboarding"), ("status",), (*argv, "--dry-run")):
            helps(program.run(*other, before=person(65_532)), "PLT-HOME-001")
        assert program.snapshot() == before
        program.home.chmod(0o500)
        helps(program.run("init", "stock", *argv[2:], before=person(65_533)), "PLT-HOME-001")
