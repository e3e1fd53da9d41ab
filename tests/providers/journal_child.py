"""What the tests of the journal run in processes of their own, in order to kill them.

`python -m tests.providers.journal_child TASK HOME ARGUMENT...`; a line on stdout, written at once,
says that something is done.
"""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn

from platform_cli.errors import PlatformError
from platform_cli.journal.event import Event
from platform_cli.journal.port import Holder
from platform_cli.journal.sqlite import SqliteJournal
from tests.providers.journal_events import START, event


def say(line: str) -> None:
    """Write one line that is there even if this process is killed next."""
    os.write(1, line.encode() + b"\n")


def die() -> NoReturn:
    """End like a process whose machine is taken away."""
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError


def opened(home: Path) -> SqliteJournal:
    """The journal of the test's home."""
    return SqliteJournal.open(home / "journal.db", home / "locks")


def append(home: Path, first: str, count: str) -> None:
    """Append events of these numbers and say each when it is durable."""
    journal = opened(home)
    for number in range(int(first), int(first) + int(count)):
        journal.append(event(number, onboarding=f"o{number % 5}"))
        say(str(number))


def die_in_transaction(home: Path, count: str) -> None:
    """Be killed in the middle of a transaction that has begun to change the file."""
    journal = opened(home)
    assert journal._connection is not None
    journal._connection.execute("PRAGMA cache_size = 2")

    def until_death() -> Iterator[Event]:
        for number in range(10_000, 10_000 + int(count)):
            yield event(number, onboarding=f"o{number}", domain=f"d{number}")
        die()

    journal.extend(until_death())


def hold_once(home: Path, name: str, fate: str) -> None:
    """Hold the domain once, waiting for it; write down entering and leaving."""
    me = Holder(actor=name, host="here", pid=os.getpid(), since=START)
    journal = opened(home)
    while True:
        try:
            with journal.hold("local", "loyalty", me):
                _note(home, f"in {name}")
                if fate == "die":
                    die()
                _note(home, f"out {name}")
                return
        except PlatformError as error:
            if error.code != "PLT-JOURNAL-005":
                raise
            time.sleep(0.02)


def hold_and_spawn(home: Path) -> None:
    """Hold the domain, start a program that outlives this process, and wait to be killed."""
    me = Holder(actor="ana", host="here", pid=os.getpid(), since=START)
    with opened(home).hold("local", "loyalty", me):
        code = "import sys; print('up', flush=True); sys.stdin.read()"
        # close_fds=False: only that the descriptors are not inheritable keeps the lock from it.
        subprocess.Popen([sys.executable, "-S", "-c", code], close_fds=False)
        signal.pause()


def hold_until_told(home: Path) -> None:
    """Hold the domain until stdin says something."""
    me = Holder(actor="ana", host="here", pid=os.getpid(), since=START)
    with opened(home).hold("local", "loyalty", me):
        say("held")
        sys.stdin.readline()


def fill_up(home: Path, room: str) -> None:
    """Append until a limit on the size of files stops it; go on when the limit is gone."""
    journal = opened(home)
    limit = (home / "journal.db").stat().st_size + int(room)
    hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
    for number in range(10_000):
        try:
            journal.append(event(number, detail={"text": "x" * 500}))
        except PlatformError as error:
            say(f"refused {error.code}")
            resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
            journal.append(event(number))
            say(str(number))
            return
        say(str(number))


def as_nobody(home: Path) -> None:
    """Open a journal in a folder that this user may not write."""
    if os.getuid() == 0:
        os.setgroups([])
        os.setgid(65534)
        os.setuid(65534)
    for step in (
        lambda: opened(home).append(event(1)),
        lambda: SqliteJournal.open(home / "new" / "journal.db", home / "new" / "locks"),
        lambda: say(f"read {len(list(SqliteJournal.read(home / 'journal.db').events()))}"),
    ):
        try:
            step()
        except PlatformError as error:
            say(error.code)


def _note(home: Path, line: str) -> None:
    descriptor = os.open(home / "visits", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.write(descriptor, line.encode() + b"\n")
    os.close(descriptor)


TASKS: dict[str, Callable[..., None]] = {
    task.__name__: task
    for task in (
        append,
        as_nobody,
        die_in_transaction,
        fill_up,
        hold_and_spawn,
        hold_once,
        hold_until_told,
    )
}

if __name__ == "__main__":
    TASKS[sys.argv[1]](Path(sys.argv[2]), *sys.argv[3:])
