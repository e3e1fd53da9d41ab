"""Runs commands of the program, each in a fork, and tells what each has cost, as JSON.

`python -m tests.integration.scale_child HOME`, with a list of command lines on stdin. Counted are
SQL statements and the steps of SQLite's machine, files opened below the home, processes started,
and the bytes that were taken apart as JSON: numbers that do not depend on how busy a machine is.
"""

from __future__ import annotations

import json
import os
import resource
import sqlite3
import sys
from collections import Counter
from typing import Any, Final

_STEPS: Final = 100
"""The steps of SQLite's machine that count as one: how many rows were looked at shows there."""


def count(counts: Counter[str], home: str) -> None:
    """From now on, count what this process does."""
    connect, loads = sqlite3.dbapi2.connect, json.loads

    def connected(*given: Any, **named: Any) -> sqlite3.Connection:
        made: sqlite3.Connection = connect(*given, **named)
        made.set_trace_callback(lambda _: counts.update(sql=1))
        made.set_progress_handler(lambda: counts.update(steps=1), _STEPS)
        return made

    def loaded(text: str | bytes, **named: Any) -> Any:
        counts.update(parsed=len(text))
        return loads(text, **named)

    def hook(event: str, given: tuple[Any, ...]) -> None:
        if event == "open" and isinstance(given[0], str) and given[0].startswith(home):
            counts.update(opened=1)
        elif event == "subprocess.Popen":
            counts.update(processes=1)

    for module, name, counting in (
        (sqlite3, "connect", connected),
        (sqlite3.dbapi2, "connect", connected),
        (json, "loads", loaded),
    ):
        setattr(module, name, counting)
    sys.addaudithook(hook)


def child(argv: list[str], home: str) -> None:
    """Be one `platform-cli`."""
    from platform_cli.cli.app import run

    os.environ["PLATFORM_HOME"] = home
    answer = os.dup(1)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    counts: Counter[str] = Counter(sql=0, steps=0, opened=0, processes=0, parsed=0)
    count(counts, home)
    status = run(argv)
    counts["most_kib"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    os.write(answer, json.dumps({"status": status, **counts}).encode() + b"\n")
    os._exit(0)


def main() -> None:
    """Fork for every command line."""
    from platform_cli import wiring  # noqa: F401 - imported here so that no fork has to
    from platform_cli.providers.catalog import rows  # noqa: F401 - the same
    from platform_cli.providers.forge import local  # noqa: F401 - the same

    for argv in json.load(sys.stdin):
        pid = os.fork()
        if pid == 0:
            child(argv, sys.argv[1])
        os.waitpid(pid, 0)


if __name__ == "__main__":
    main()
