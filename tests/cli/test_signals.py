"""Ctrl-C and SIGTERM to the real process, early, late and while a call is under way."""

from __future__ import annotations

import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.cli.program import LOYALTY, SET_UP, Done, Program

SEED = 20260105
INTERRUPTED = 130
PATIENCE_S = 60
SIGNALS = pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["INT", "TERM"])
MOMENTS = random.Random(SEED)
AFTER_S = [round(MOMENTS.uniform(0, 0.7), 3) for _ in range(5)]

needs_proc = pytest.mark.skipif(
    not Path("/proc/self/status").exists(), reason="the moment to begin is read from /proc"
)


def catches(pid: int, number: int) -> bool:
    """Whether the process has a handler for the signal by now."""
    try:
        about = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    except OSError:
        return False
    found = re.search(r"^SigCgt:\s*([0-9a-f]+)$", about, re.MULTILINE)
    return found is not None and bool(int(found[1], 16) & (1 << (number - 1)))


def until(true: Callable[[], bool], process: subprocess.Popen[bytes]) -> None:
    """Wait for something to be so; the process must not end before it is."""
    end = time.monotonic() + PATIENCE_S
    while not true():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < end
        time.sleep(0.005)


def left(process: subprocess.Popen[bytes]) -> Done:
    out, err = process.communicate(timeout=PATIENCE_S)
    return Done(process.returncode, out.decode(), err.decode())


def is_told(done: Done) -> None:
    """An interrupted run says so, and that the same line may be run again."""
    assert done.status == INTERRUPTED
    assert "PLT-INIT-004" in done.all
    assert "safe to run the same line again" in " ".join(done.all.split())
    assert "Traceback" not in done.all


def goes_on(program: Program) -> None:
    """The same line again does what is missing, once."""
    made = program.init("--quiet", "--format", "json").json
    assert all(step["status"] in {"done", "kept", "blocked"} for step in made["steps"])
    assert len(program.commits()) == 1
    again = program.init("--quiet", "--format", "json").json
    assert again["mutating_calls"] == 0
    assert again["onboarding"] == made["onboarding"]


@needs_proc
@SIGNALS
@pytest.mark.parametrize("after_s", AFTER_S)
def test_at_any_moment(program: Program, number: signal.Signals, after_s: float) -> None:
    process = program.start(*LOYALTY)
    # SIGTERM is the first handler that the program itself sets.
    until(lambda: catches(process.pid, signal.SIGTERM), process)
    time.sleep(after_s)
    process.send_signal(number)
    done = left(process)
    if done.status not in SET_UP:
        is_told(done)
    goes_on(program)


def test_an_interrupt_while_text_is_run_ends_with_the_code(tmp_path: Path) -> None:
    """Python remembers such a Ctrl-C though it was caught, and would end by the signal itself."""
    inside = (
        "import sys, types\n"
        "app = types.ModuleType('platform_cli.cli.app')\n"
        "def run(argv):\n"
        "    try:\n"
        "        exec('raise KeyboardInterrupt')\n"
        "    except KeyboardInterrupt:\n"
        "        return 130\n"
        "app.run = run\n"
        "sys.modules['platform_cli.cli.app'] = app\n"
        "from platform_cli.__main__ import main\n"
        "main()\n"
    )
    (tmp_path / "inside.py").write_text(inside, encoding="utf-8")
    # It remembers for programs that are started with -m alone.
    done = subprocess.run(
        [sys.executable, "-m", "inside"], cwd=tmp_path, capture_output=True, check=False
    )
    assert done.returncode == INTERRUPTED, done


@pytest.fixture
def hanging(program: Program) -> Iterator[Callable[[str], Path]]:
    """Puts a git on the path that never answers one command; ends what hangs afterwards."""
    real = shutil.which("git")
    marks: list[Path] = []

    def hang(command: str) -> Path:
        folder, mark = program.folder / "bin", program.folder / f"hangs-{command}"
        folder.mkdir(exist_ok=True)
        script = (
            f'#!/bin/sh\ncase " $* " in *" {command} "*) echo $$ >{mark}; exec sleep 600;; esac\n'
            f'exec {real} "$@"\n'
        )
        (folder / "git").write_text(script, encoding="utf-8")
        (folder / "git").chmod(0o755)
        marks.append(mark)
        return mark

    yield hang
    for mark in marks:
        if mark.exists():
            with suppress(ProcessLookupError):
                os.kill(int(mark.read_text(encoding="ascii")), signal.SIGKILL)


@pytest.mark.parametrize(
    ("number", "form"),
    [(signal.SIGINT, "human"), (signal.SIGTERM, "json")],
    ids=["INT-human", "TERM-json"],
)
@pytest.mark.parametrize("command", ["version", "config", "init", "push"])
def test_while_a_call_hangs(
    program: Program,
    hanging: Callable[[str], Path],
    number: signal.Signals,
    command: str,
    form: str,
) -> None:
    """Before anything has begun (version, config), in the first call (init), in the middle (push)."""
    mark = hanging(command)
    path = f"{program.folder / 'bin'}:{program.environment['PATH']}"
    process = program.start(*LOYALTY, "--format", form, env={"PATH": path})
    until(lambda: mark.exists() and bool(mark.read_text(encoding="ascii").strip()), process)
    process.send_signal(number)
    done = left(process)
    is_told(done)
    if form == "json":
        error = done.json if "code" in done.json else done.json["error"]
        assert error["code"] == "PLT-INIT-004"
    assert not list(program.folder.rglob("*.tmp"))
    goes_on(program)


@SIGNALS
def test_a_dry_run(
    program: Program, hanging: Callable[[str], Path], number: signal.Signals
) -> None:
    mark = hanging("config")
    path = f"{program.folder / 'bin'}:{program.environment['PATH']}"
    process = program.start(*LOYALTY, "--dry-run", env={"PATH": path})
    until(mark.exists, process)
    process.send_signal(number)
    is_told(left(process))
    assert not program.home.exists()


def test_an_impatient_second_ctrl_c_changes_nothing(
    program: Program, hanging: Callable[[str], Path]
) -> None:
    mark = hanging("push")
    path = f"{program.folder / 'bin'}:{program.environment['PATH']}"
    process = program.start(*LOYALTY, env={"PATH": path})
    until(mark.exists, process)
    for _ in range(5):
        process.send_signal(signal.SIGINT)
        time.sleep(0.02)
    is_told(left(process))
    goes_on(program)


def test_a_signal_that_the_caller_ignores_is_ignored(finished: Program) -> None:
    """`nohup` and a shell's `&` start programs so."""
    ignoring = (
        "import os, signal, sys\n"
        "signal.signal(signal.SIGINT, signal.SIG_IGN)\n"
        "os.execv(sys.executable, [sys.executable, *sys.argv[1:]])\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", ignoring, *finished.command(*LOYALTY)[1:]],
        env=finished.variables(),
        cwd=finished.work,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    while process.poll() is None:
        process.send_signal(signal.SIGINT) if _runs_the_program(process.pid) else None
        time.sleep(0.05)
    done = left(process)
    assert done.status in SET_UP, done.all


def _runs_the_program(pid: int) -> bool:
    try:
        return b"platform_cli" in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[2]
    except (OSError, IndexError):
        return False


def test_the_interrupted_run_is_written_down(
    program: Program, hanging: Callable[[str], Path]
) -> None:
    mark = hanging("push")
    path = f"{program.folder / 'bin'}:{program.environment['PATH']}"
    process = program.start(*LOYALTY, env={"PATH": path})
    until(mark.exists, process)
    process.send_signal(signal.SIGTERM)
    is_told(left(process))
    ended = [event for event in program.events() if event.type == "run.finished"]
    assert [event.detail["error"] for event in ended] == ["PLT-INIT-004"]
    intents = {e.id for e in program.events() if e.type == "call.intent"}
    results = {e.detail["intent"] for e in program.events() if e.type == "call.result"}
    assert len(intents - results) == 1
    goes_on(program)
    intents = {e.id for e in program.events() if e.type == "call.intent"}
    results = {e.detail["intent"] for e in program.events() if e.type == "call.result"}
    assert intents == results
