"""Histories of kills, and real processes that live through them.

A history is a list of kill points, one a run; after them the same command runs unharmed until it
has nothing to do. It is text, so that a failure prints one line that replays it:
`github/order:7,call:3:after,call:5:before` (see `killing` for points and `turns` for orders).
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Literal, Self

from platform_cli.journal.event import Event
from platform_cli.journal.sqlite import SqliteJournal

ARGV: Final = [
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
KILLED: Final = -9
HUNG: Final = -14
"""Ended by the alarm."""
LIMIT_S: Final = 180
"""A run takes a second. One that takes three minutes hangs, however busy the machine is."""
RUNS: Final = 3
"""So often the command is tried after the last kill; the first time has to do."""

Kind = Literal["unharmed", "one kill", "two kills", "any moment"]
Harm = Literal[
    "duplicate", "orphan", "half", "repeat", "record", "traceback", "hang", "exit", "fake"
]


@dataclass(frozen=True, slots=True)
class Wrong:
    """Something that a kill must not do. `record` is a lost record, `repeat` a call too many,
    `exit` a run that does not converge, `fake` a request that the API's description forbids."""

    harm: Harm
    what: str


@dataclass(frozen=True, slots=True)
class History:
    """Where it plays, in which order its jobs have their turn, and where each run is killed."""

    profile: str
    points: tuple[str, ...] = ()
    order: str | None = None
    """None: all at once, as threads happen to run."""

    @classmethod
    def read(cls, text: str) -> Self:
        """The history that a failure printed."""
        profile, _, rest = text.partition("/")
        words = [word for word in rest.split(",") if word]
        ordered = bool(words) and words[0].startswith(("order:", "mix:"))
        return cls(profile, tuple(words[ordered:]), words[0] if ordered else None)

    @classmethod
    def replayed(cls, option: str | None) -> Self | None:
        """What `--replay` says; None where it says nothing, or something for other tests."""
        ours = option is not None and ";" not in option and "/" in option
        return cls.read(option) if ours and option else None

    def __str__(self) -> str:
        """As `--replay` wants it."""
        order = [self.order] if self.order else []
        return f"{self.profile}/{','.join([*order, *self.points])}"

    @property
    def kind(self) -> Kind:
        """What it is counted as."""
        if any(not point.startswith("call:") for point in self.points):
            return "any moment"
        kinds: tuple[Kind, ...] = ("unharmed", "one kill", "two kills")
        return kinds[min(len(self.points), 2)]


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Providers that are not embedded: what a process is told of them, and which calls count."""

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
        self._process.wait(30)

    def run(
        self,
        home: Path,
        kill: str | None,
        count: Path | None = None,
        elsewhere: Elsewhere | None = None,
        *,
        order: str | None = None,
    ) -> tuple[int, str]:
        """One command line; its exit code (-9: killed, -14: hung) and what it printed."""
        assert self._process.stdin
        assert self._process.stdout
        output = home.parent / "output"
        config = home.parent / "config" / "platform-cli" / "config.toml"
        if elsewhere is not None and not config.exists():
            config.parent.mkdir(parents=True)
            config.write_text(elsewhere.config, encoding="utf-8")
        # What a killed run leaves in the temporary folder goes with the history.
        temporary = home.parent / "temporary"
        temporary.mkdir(exist_ok=True)
        more = elsewhere.environment if elsewhere is not None else {}
        told = {
            "argv": ARGV,
            "env": {
                "PLATFORM_HOME": str(home),
                "XDG_CONFIG_HOME": str(home.parent / "config"),
                "TMPDIR": str(temporary),
                **more,
            },
            "kill": kill,
            "kinds": elsewhere.kinds if elsewhere is not None else "",
            "output": str(output),
            "acknowledged": str(home.parent / "acknowledged"),
            "count": str(count) if count else None,
            "order": order,
            "limit_s": LIMIT_S,
        }
        self._process.stdin.write(json.dumps(told) + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        return int(answer["status"]), output.read_text(encoding="utf-8")


@dataclass(slots=True)
class Left:
    """What a history has left behind. `result` and `second` are None where nothing converged."""

    kills: int = 0
    runs: int = 0
    """How often the command ran after the last kill until it was done."""
    result: dict[str, Any] | None = None
    second: dict[str, Any] | None = None
    events: list[Event] = field(default_factory=list)
    acknowledged: list[str] = field(default_factory=list)
    wrong: list[Wrong] = field(default_factory=list)
    arrived: int = 0
    """Mutating calls at the servers, all in all."""
    refused: int = 0
    """Those that changed nothing."""
    counts: dict[str, int] = field(default_factory=dict)
    """What the first run's kill points have counted, where that was asked for."""


def play(
    zygote: Zygote,
    history: History,
    folder: Path,
    elsewhere: Elsewhere | None = None,
    *,
    arrived: Callable[[], int] = lambda: 0,
    count: Path | None = None,
) -> Left:
    """Run the kills, then run unharmed twice. `arrived` counts mutating calls at the servers."""
    left, home = Left(), folder / "home"

    def run(point: str | None, *allowed: int, count: Path | None = None) -> dict[str, Any] | None:
        status, output = zygote.run(home, point, count, elsewhere, order=history.order)
        left.kills += status == KILLED
        if "Traceback" in output or "PLT-INTERNAL-" in output:
            left.wrong.append(Wrong("traceback", output))
        if status not in allowed:
            harm: Harm = "hang" if status == HUNG else "exit"
            left.wrong.append(Wrong(harm, f"{point or 'unharmed'}: exit {status}\n{output}"))
        return json.loads(output) if status == 0 else None

    for point in history.points:
        run(point, KILLED, 0)
    while left.result is None and left.runs < RUNS:
        left.runs += 1
        left.result = run(None, 0, count=count)
    if left.result is not None:
        before = arrived()
        left.second = run(None, 0)
        if number := arrived() - before:
            left.wrong.append(Wrong("repeat", f"{number} mutating calls of the second run arrived"))
    left.acknowledged = (folder / "acknowledged").read_text(encoding="utf-8").split()
    left.events = events(home)
    return left


def events(home: Path) -> list[Event]:
    """The journal, as its own reader reads it."""
    journal = SqliteJournal.read(home / "journal.sqlite3")
    try:
        return list(journal.events())
    finally:
        journal.close()
