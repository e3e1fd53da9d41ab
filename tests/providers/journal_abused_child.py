"""What runs on a failing disk: forks a process for each order that comes as a line of JSON.

`said` has one line for each thing that happened: `kept ID` for an event that was acknowledged,
`refused CODE` for an error that a person would read. Anything else that is raised ends the process
with a traceback and status 1, which is what the tests look for.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import sys
import traceback
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from platform_cli.errors import PlatformError
from platform_cli.journal.event import Event
from platform_cli.journal.port import Holder
from platform_cli.journal.postgres_outbox import Outbox
from platform_cli.journal.sqlite import SqliteJournal
from tests.providers.journal_events import START, event

ANA = Holder(actor="ana", host="laptop", pid=1, since=START)
ARGV = [
    *("init", "loyalty", "--owner", "@loyalty-team", "--on-call", "loyalty-pager"),
    *("--format", "json", "--quiet"),
]
NOBODY = 65534
APPENDED = 3
IMPORTED = 30
"""Of four onboardings and domains: more than a page of events."""


class Saying:
    """Collects what happened; a refusal is shown as the words that a person gets."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.lines: list[str] = []

    def attempt(self, what: str, call: Callable[[], object]) -> bool:
        """Whether it went well; a refusal must say what to do next."""
        try:
            call()
        except PlatformError as error:
            self.lines.append(f"refused {error.code} {error.summary} {error.hint or 'NO HINT'}")
            return False
        self.lines.append(f"kept {what}")
        return True


def opened(home: Path) -> SqliteJournal:
    """The journal of the test's home."""
    return SqliteJournal.open(home / "journal.db", home / "locks")


def append(saying: Saying) -> None:
    """Append a few events, and go on after a refusal: the same process may be asked again."""
    journals: list[SqliteJournal] = []
    if not saying.attempt("opened", lambda: journals.append(opened(saying.home))):
        return
    with closing(journals[0]) as journal:
        for number in range(100, 100 + APPENDED):
            made = event(number, onboarding=f"o{number % 4}", domain=f"domain-{number % 4}")
            saying.attempt(made.id, lambda made=made: journal.append(made))  # type: ignore[misc]


def extend(saying: Saying) -> None:
    """Import a file's worth of events: all of them or none."""
    events = [
        event(number, onboarding=f"o{number % 4}", domain=f"domain-{number % 4}")
        for number in range(100, 100 + IMPORTED)
    ]

    def import_() -> None:
        with closing(opened(saying.home)) as journal:
            journal.extend(events)

    saying.attempt("import", import_)


def hold(saying: Saying) -> None:
    """Hold a domain and append while it is held."""

    def held() -> None:
        with closing(opened(saying.home)) as journal, journal.hold("local", "loyalty", ANA):
            journal.append(event(100))

    saying.attempt("e100", held)


def outbox(saying: Saying) -> None:
    """Keep a few events that a shared journal did not take."""
    kept = Outbox(saying.home / "outbox", "postgresql://db.example/journal")
    for number in range(100, 100 + APPENDED):
        made = event(number)
        saying.attempt(made.id, lambda made=made: kept.add(made))  # type: ignore[misc]


def init(saying: Saying) -> None:
    """One whole `init`; what it acknowledged is written beside the home, what it printed is said."""
    folder = saying.home.parent
    os.environ["PLATFORM_HOME"] = str(saying.home)
    os.environ["XDG_CONFIG_HOME"] = str(folder / "config")
    output = os.open(folder / "output", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    for stream in (1, 2):
        os.dup2(output, stream)
    _skip_the_build()
    _note_what_is_acknowledged(folder / "acknowledged")
    from platform_cli.cli.app import run

    saying.lines.append(f"exit {run(ARGV)}")
    sys.stdout.flush()
    sys.stderr.flush()
    saying.lines.append((folder / "output").read_text(encoding="utf-8"))


def _skip_the_build() -> None:
    """dbt takes ten seconds and writes no journal: it is green here."""
    from platform_cli.providers.forge.local import LocalForge
    from platform_cli.providers.forge.port import Build

    def build(*_: Any) -> Build:
        return Build("green", "nothing: the build has tests of its own", "green")

    setattr(LocalForge, LocalForge.build.__name__, build)


def _note_what_is_acknowledged(file: Path) -> None:
    append = SqliteJournal.append

    def noted(journal: SqliteJournal, event: Event) -> None:
        append(journal, event)
        with file.open("a", encoding="utf-8") as lines:
            lines.write(event.id + "\n")

    setattr(SqliteJournal, append.__name__, noted)


def read(saying: Saying) -> None:
    """Read everything."""
    found: list[Event] = []

    def all_of_it() -> None:
        with closing(SqliteJournal.read(saying.home / "journal.db")) as journal:
            found.extend(journal.events())

    if saying.attempt("read", all_of_it):
        saying.lines[-1] = f"read {len(found)}"


TASKS: dict[str, Callable[[Saying], None]] = {
    task.__name__: task for task in (append, extend, hold, init, outbox, read)
}


def child(order: dict[str, Any], answer: int) -> None:
    """Do one order on a disk that fails, and leave without tidying up."""
    disk = ctypes.CDLL(None)
    saying = Saying(Path(order["home"]))
    failure = order["failure"]
    under = "\n".join(order["under"]).encode()
    if order["as_nobody"] and os.getuid() == 0:
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)
    if order["largest"] is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (order["largest"], order["largest"]))
    if under:
        error, torn = failure["error"], int(failure["torn"])
        disk.disk_arm(under, failure["at"], failure["times"], error, torn)
    try:
        TASKS[order["task"]](saying)
        status = 0
    except BaseException:  # noqa: BLE001 - told to the test, whatever it is
        status = 1
        saying.lines.append(traceback.format_exc())
    seen = disk.disk_seen() if under else 0
    told = {"status": status, "seen": seen, "said": saying.lines}
    with os.fdopen(answer, "wb") as pipe:
        pipe.write(json.dumps(told).encode() + b"\n")
    os._exit(0)


def _import_all_of_it() -> None:
    """What an `init` imports, so that no fork has to."""
    import copier  # noqa: F401 - imported here so that no fork has to
    import pyiceberg.catalog.sql  # noqa: F401 - the same

    from platform_cli import wiring  # noqa: F401 - the same
    from platform_cli.cli import leave  # noqa: F401 - the same
    from platform_cli.cli.commands import init  # noqa: F401 - the same
    from platform_cli.providers.forge import local  # noqa: F401 - the same


def main() -> None:
    """Fork for every line."""
    os.environ.pop("LD_PRELOAD", None)
    for line in sys.stdin:
        order = json.loads(line)
        if order["task"] == "init":
            _import_all_of_it()
        read_end, write_end = os.pipe()
        pid = os.fork()
        if pid == 0:
            child(order, write_end)
        os.close(write_end)
        with os.fdopen(read_end, "rb") as pipe:
            told = pipe.read()
        # Only when it has ended are its locks free.
        _, status = os.waitpid(pid, 0)
        died = {"status": status or 1, "seen": 0, "said": [f"the process ended with {status}"]}
        sys.stdout.buffer.write(told or json.dumps(died).encode() + b"\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
