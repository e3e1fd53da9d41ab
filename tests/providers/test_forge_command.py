"""One command: what is left of it afterwards is its exit code and its last lines, nothing else."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from threading import Event as Flag

import pytest

from platform_cli.providers.forge import command

ENVIRONMENT = {"PATH": os.defpath, command.TRACKING: f"test-{os.getpid()}"}


def run(folder: Path, script: str, *flags: Flag) -> command.Ended:
    return command.run(["sh", "-c", script], folder, ENVIRONMENT, flags or (Flag(),))


def is_gone(number: int) -> bool:
    """Whether the process is no more, or only waits for its parent to look."""
    try:
        state = Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return True
    return state in {"Z", "X"}


def once_there(place: Path, call: Callable[[], object]) -> threading.Thread:
    """Call it as soon as the file is there."""

    def wait() -> None:
        while not place.exists():
            threading.Event().wait(0.01)
        call()

    thread = threading.Thread(target=wait)
    thread.start()
    return thread


def test_says_how_it_ended(tmp_path: Path) -> None:
    assert run(tmp_path, "echo a; echo b >&2; exit 3") == command.Ended(3, "a\nb")
    assert run(tmp_path, "true") == command.Ended(0, "")
    assert run(tmp_path, "kill -9 $$").status == -signal.SIGKILL


def test_reads_nothing_and_runs_in_its_folder(tmp_path: Path) -> None:
    assert run(tmp_path, "cat; pwd").last == str(tmp_path)


def test_one_that_cannot_start(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        command.run(["/no/such/program"], tmp_path, ENVIRONMENT, (Flag(),))


def test_the_end_of_a_huge_output_is_kept(tmp_path: Path) -> None:
    script = "import sys\nfor i in range(400_000): print('line', i, 'x' * 40)\nprint('y' * 9999)"
    ended = command.run([sys.executable, "-c", script], tmp_path, ENVIRONMENT, (Flag(),))
    lines = ended.last.split("\n")
    assert (ended.status, len(lines)) == (0, 12)
    assert lines[-2] == f"line 399999 {'x' * 40}"
    assert lines[-1] == "y" * 400


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        (r"\033[31mred\033[0m", "red"),
        (r"\033]0;title\007x\033]8;;u\033\\y", "xy"),
        (r"\033(Bx\033=y\033", "xy"),
        (r"10%%\r50%%\r100%%\n", "10%\n50%\n100%"),
        (r"a\tb\000c\010\177d", "a bcd"),
        (r"\342\200\256x\302\233y", "xy"),
        (r"\377\n\n\n", "\ufffd"),
    ],
)
def test_nothing_of_it_steers_a_terminal(tmp_path: Path, said: str, kept: str) -> None:
    assert run(tmp_path, f"printf '{said}'").last == kept


def test_an_endless_one_is_stopped(tmp_path: Path) -> None:
    stop = Flag()
    waiting = once_there(tmp_path / "there", stop.set)
    ended = run(tmp_path, "echo started; touch there; sleep 600 & sleep 600", stop)
    waiting.join()
    assert ended == command.Ended(None, "started")


def test_an_endless_one_that_talks_is_stopped_by_any_flag(tmp_path: Path) -> None:
    late = Flag()
    waiting = once_there(tmp_path / "there", late.set)
    ended = run(tmp_path, "touch there; while :; do echo talk; done", Flag(), late)
    waiting.join()
    assert ended.status is None
    assert set(ended.last.split("\n")) <= {"talk", "tal", "ta", "t"}


def test_one_that_closed_its_output_is_waited_for_and_stopped(tmp_path: Path) -> None:
    assert run(tmp_path, "exec >/dev/null 2>&1; sleep 0.2; exit 4").status == 4
    stop = Flag()
    waiting = once_there(tmp_path / "there", stop.set)
    assert run(tmp_path, "exec >&- 2>&-; touch there; exec sleep 600", stop).status is None
    waiting.join()


def test_what_ignores_a_polite_word_is_stopped_too(tmp_path: Path) -> None:
    stop = Flag()
    waiting = once_there(tmp_path / "there", stop.set)
    script = "trap '' TERM INT HUP; touch there; while :; do sleep 600; done"
    assert run(tmp_path, script, stop).status is None
    waiting.join()


@pytest.mark.parametrize("ends", [True, False], ids=["at its end", "when stopped"])
@pytest.mark.parametrize(
    "leave", ["sleep 600 &", "setsid sleep 600 &", "setsid setsid sh -c 'sleep 600; :' &"]
)
def test_nothing_it_started_is_left(tmp_path: Path, leave: str, ends: bool) -> None:
    if not Path("/proc/self/environ").exists() and "setsid" in leave:
        pytest.skip("this system does not tell the environment of a process")
    stop = Flag()
    end = "" if ends else "sleep 600"
    waiting = once_there(tmp_path / "there", Flag().set if ends else stop.set)
    script = f"{leave} echo $! > pid; sleep 0.1; touch there; {end}"
    assert run(tmp_path, script, stop).status == (0 if ends else None)
    waiting.join()
    assert is_gone(int((tmp_path / "pid").read_text()))
    assert command._carrying(ENVIRONMENT[command.TRACKING]) == []


def test_one_that_holds_our_end_of_the_output_is_not_waited_for(tmp_path: Path) -> None:
    """It left the group and dropped our variable: out of reach, and it must not keep us."""
    ended = run(tmp_path, "env -i setsid sleep 600 & echo $! > pid; sleep 0.1; echo done")
    assert ended == command.Ended(0, "done")
    number = int((tmp_path / "pid").read_text())
    if not is_gone(number):
        os.kill(number, signal.SIGKILL)


def test_an_interrupt_stops_it_and_goes_on_up(tmp_path: Path) -> None:
    code = (
        "import os, signal, sys, threading, time\nfrom pathlib import Path\n"
        "from platform_cli.providers.forge import command\n"
        "def interrupt():\n    while not Path('pid').exists(): time.sleep(0.01)\n"
        "    os.kill(os.getpid(), signal.SIGINT)\n"
        "threading.Thread(target=interrupt).start()\n"
        "try:\n    command.run(['sh', '-c', 'echo $$ > new; mv new pid; sleep 600'], Path('.'),\n"
        f"                {ENVIRONMENT!r}, (threading.Event(),))\n"
        "except KeyboardInterrupt:\n    print('interrupted')"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        cwd=tmp_path,
    )
    assert done.stdout == "interrupted\n", done.stderr
    assert is_gone(int((tmp_path / "pid").read_text()))
