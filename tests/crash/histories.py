"""Runs histories of kills through real processes and looks at what is left.

A history is a list of kill points, one a run; after them the same command runs unharmed until it
has nothing to do. Written as text (`call:3:after,call:5:before`), so that a failure prints one
line that replays it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from platform_cli.journal.event import Event, from_line

ARGV = [
    "init",
    "loyalty",
    "--owner",
    "@loyalty-team",
    "--on-call",
    "loyalty-pager",
    "--format",
    "json",
    "--quiet",
]
KILLED = -9
CALLS = 29
"""The mutating calls of a first run; a test holds this number to what really happens."""

WHENS = ("before", "after", "record")


def single_points(calls: int = CALLS) -> list[str]:
    """Three kill points at every mutating call."""
    return [f"call:{number}:{when}" for number in range(1, calls + 1) for when in WHENS]


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """A forge that is not embedded: what a process is told of it, and which calls count."""

    environment: dict[str, str]
    config: str
    kinds: str = "forge."


class Zygote:
    """Forks real processes of the program, one at a time."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.crash.zygote"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[2],
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait(10)

    def run(
        self,
        home: Path,
        kill: str | None,
        count: Path | None = None,
        elsewhere: Elsewhere | None = None,
    ) -> tuple[int, str]:
        """One command line; its exit code (-9: killed) and what it printed."""
        assert self._process.stdin
        assert self._process.stdout
        output = home.parent / "output"
        config = home.parent / "config" / "platform-cli" / "config.toml"
        if elsewhere is not None and not config.exists():
            config.parent.mkdir(parents=True)
            config.write_text(elsewhere.config, encoding="utf-8")
        more = elsewhere.environment if elsewhere is not None else {}
        order = {
            "argv": ARGV,
            "env": {
                "PLATFORM_HOME": str(home),
                "XDG_CONFIG_HOME": str(home.parent / "config"),
                **more,
            },
            "kill": kill,
            "kinds": elsewhere.kinds if elsewhere is not None else "",
            "output": str(output),
            "acknowledged": str(home.parent / "acknowledged"),
            "count": str(count) if count else None,
        }
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        return int(answer["status"]), output.read_text(encoding="utf-8")


@dataclass(frozen=True, slots=True)
class Left:
    """What a history has left behind."""

    result: dict[str, Any]
    second: dict[str, Any]
    events: list[Event]
    acknowledged: list[str]
    kills: int


def play(zygote: Zygote, history: str, folder: Path, elsewhere: Elsewhere | None = None) -> Left:
    """Run the kills, then run unharmed twice."""
    home = folder / "home"
    kills = 0
    for point in filter(None, history.split(",")):
        status, output = zygote.run(home, point, elsewhere=elsewhere)
        assert status in {KILLED, 0}, f"{point}: exit {status}\n{output}"
        kills += status == KILLED
    status, output = zygote.run(home, None, elsewhere=elsewhere)
    assert status == 0, output
    result = json.loads(output)
    status, output = zygote.run(home, None, elsewhere=elsewhere)
    assert status == 0, output
    acknowledged = (folder / "acknowledged").read_text(encoding="utf-8").split()
    return Left(result, json.loads(output), exported(home), acknowledged, kills)


def exported(home: Path) -> list[Event]:
    """The journal, as `journal export` prints it."""
    done = subprocess.run(
        [sys.executable, "-m", "platform_cli", "journal", "export"],
        env={**os.environ, "PLATFORM_HOME": str(home)},
        capture_output=True,
        text=True,
        check=True,
    )
    return [from_line(line) for line in done.stdout.splitlines()]


def wrong_with(left: Left, home: Path) -> list[str]:
    """Everything that a crash must not do, looked for in what is there."""
    return [*_wrong_outside(left, home), *wrong_in_journal(left)]


def _wrong_outside(left: Left, home: Path) -> list[str]:
    wrong = []
    if left.second["mutating_calls"]:
        wrong.append(f"the second run made {left.second['mutating_calls']} mutating calls")
    # A killed writer may leave one hidden folder, which the next writer takes away (see the
    # embedded forge's own tests): it is scratch space, not a repository.
    shown = [path.name for path in (home / "forge" / "local").iterdir()]
    places = sorted(name for name in shown if not name.startswith(".new-"))
    if places != ["loyalty"]:
        wrong.append(f"repositories: {places}")
    bare = home / "forge" / "local" / "loyalty" / "loyalty.git"
    log = subprocess.run(
        [
            "git",
            "-C",
            str(bare),
            "log",
            "main",
            "--format=%(trailers:key=Platform-Onboarding,valueonly)",
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    commits = log.stdout.split()
    if commits != [left.result["onboarding"]]:
        wrong.append(f"commits: {commits}, onboarding {left.result['onboarding']}")
    branches = subprocess.run(
        ["git", "-C", str(bare), "for-each-ref", "--format=%(refname)"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    if branches != ["refs/heads/main"]:
        wrong.append(f"branches: {branches}")
    requests = bare.parent / "pull_requests.json"
    if requests.exists() and '"open": true' in requests.read_text(encoding="utf-8"):
        wrong.append("a trial pull request is open")
    return [*wrong, *wrong_at_home(home)]


def wrong_at_home(home: Path) -> list[str]:
    """What a crash must not leave in the embedded providers, whichever they are."""
    wrong = []
    pages = [p.read_text(encoding="utf-8") for p in (home / "pager").rglob("*.json")]
    if any('"triggered"' in text or '"acknowledged"' in text for text in pages):
        wrong.append("a test page is open")
    strays = [
        str(p.relative_to(home)) for p in home.rglob("*") if p.name.endswith((".tmp", ".lock"))
    ]
    strays = [p for p in strays if not p.startswith("locks/")]
    if strays:
        wrong.append(f"left over: {strays}")
    return wrong


def wrong_in_journal(left: Left) -> list[str]:
    """What a crash must not do to the journal."""
    wrong = []
    ids = [event.id for event in left.events]
    if twice := [key for key, number in Counter(ids).items() if number > 1]:
        wrong.append(f"events twice: {twice}")
    if lost := [key for key in left.acknowledged if key not in set(ids)]:
        wrong.append(f"events lost: {lost}")
    if len({event.onboarding for event in left.events}) != 1:
        wrong.append("more than one onboarding")
    intents = {event.id for event in left.events if event.type == "call.intent"}
    closed = [e.detail["intent"] for e in left.events if e.type == "call.result"]
    if intents != set(closed) or len(closed) != len(set(closed)):
        wrong.append(f"intents without one result: {intents ^ set(closed)}")
    if any(e.duration_s is not None and e.duration_s < 0 for e in left.events):
        wrong.append("a negative duration")
    first = next(event for event in left.events if event.type == "run.started")
    if left.events[0] != first:
        wrong.append("the journal does not begin with the first run")
    readies = [event for event in left.events if event.type == "onboarding.ready"]
    if len(readies) != 1:
        wrong.append(f"ready {len(readies)} times")
    elif abs((readies[0].at - first.at).total_seconds() - left.second["lead_time_s"]) > 0.001:
        wrong.append(f"the clock was restarted: lead time {left.second['lead_time_s']}")
    return wrong
