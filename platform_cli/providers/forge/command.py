"""One command, run with the time and the room it is given, and nothing of it left behind.

Owns the process and what it started. Knows no workflow, and takes the environment as it is given.
"""

from __future__ import annotations

import os
import re
import selectors
import signal
import subprocess
import sys
import unicodedata
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Event as Flag
from typing import IO, Final

TRACKING: Final = "RUNNER_TRACKING_ID"
"""The variable by which what a command started is found again. GitHub's runner uses the same."""

_GLANCE_S: Final = 0.05
_ROUNDS: Final = 10
_CHUNK: Final = 65536
_KEPT: Final = 16384
_LINES: Final = 12
_LONGEST_LINE: Final = 400
# What colours and steers a terminal: CSI, OSC and the other escape sequences, as a whole.
_ESCAPE: Final = re.compile(
    r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[ -/]*[0-~])"
)


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended: its exit code, or None where it was stopped; and its last lines."""

    status: int | None
    last: str


def run(
    command: Sequence[str],
    folder: Path,
    environment: Mapping[str, str],
    flags: Sequence[Flag],
) -> Ended:
    """Run it to its end, or until one of the flags is set. Raises OSError if it cannot start."""
    tail = bytearray()
    process = subprocess.Popen(
        command,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        # A group of its own: Ctrl-C reaches us, who then stop all of it at once.
        start_new_session=True,
    )
    output = process.stdout
    assert output is not None  # noqa: S101 - it was asked for
    with output:
        try:
            ended = _follow(process, output, tail, flags)
        finally:
            _stop(process, environment.get(TRACKING, ""))
        _read(output, tail)
    return Ended(process.returncode if ended else None, _last_lines(bytes(tail)))


def _follow(
    process: subprocess.Popen[bytes],
    output: IO[bytes],
    tail: bytearray,
    flags: Sequence[Flag],
) -> bool:
    """Read what it says until it ends. False where a flag came first."""
    os.set_blocking(output.fileno(), False)
    with selectors.DefaultSelector() as selector:
        selector.register(output, selectors.EVENT_READ)
        while not _has_ended(process):
            if any(flag.is_set() for flag in flags):
                return False
            if not selector.get_map():
                flags[0].wait(_GLANCE_S)
            elif selector.select(_GLANCE_S) and not _read(output, tail, once=True):
                selector.unregister(output)  # it closed its output, and may go on without
    return True


def _has_ended(process: subprocess.Popen[bytes]) -> bool:
    """Without taking its exit code, where that can be: then its number stays its group's."""
    if sys.platform == "darwin":
        return process.poll() is not None
    return os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def _read(output: IO[bytes], tail: bytearray, *, once: bool = False) -> bool:
    """Keep the end of what can be read without waiting. False at the end of the output."""
    for _ in range(1 if once else _ROUNDS):
        try:
            chunk = os.read(output.fileno(), _CHUNK)
        except BlockingIOError:
            return True
        if not chunk:
            return False
        tail += chunk
        del tail[:-_KEPT]
    return True


def _stop(process: subprocess.Popen[bytes], tracking: str) -> None:
    """End the command's group, and what left the group but still carries our variable."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    for _ in range(_ROUNDS):  # one that is being stopped may just have started another
        left = _carrying(tracking) if tracking else []
        for number in left:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(number, signal.SIGKILL)
        if not left:
            return


def _carrying(tracking: str) -> list[int]:
    """The processes with that variable; none where the system does not tell."""
    wanted = f"{TRACKING}={tracking}".encode()
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if wanted in (place / "environ").read_bytes().split(b"\0"):
                found.append(int(place.name))
    return found


def readable(text: str) -> str:
    """The text without what could steer a terminal; its lines stay lines, empty ones go."""
    lines = map(_plain, _ESCAPE.sub("", text).replace("\r", "\n").split("\n"))
    return "\n".join(line for line in lines if line)


def _last_lines(tail: bytes) -> str:
    lines = readable(tail.decode(errors="replace")).split("\n")
    return "\n".join(line[:_LONGEST_LINE] for line in lines[-_LINES:])


def _plain(line: str) -> str:
    text = line.replace("\t", " ")
    return "".join(c for c in text if unicodedata.category(c) not in {"Cc", "Cf"}).rstrip()
