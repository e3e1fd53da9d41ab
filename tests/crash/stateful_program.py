"""The program as a random history runs it: any command line, any clock, killed at any point.

As a module it is the zygote whose children have a clock that can be moved; imported, it is who
asks it.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from importlib import import_module
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from platform_cli.journal.event import Event, from_line

KILLED: Final = -9
HUNG: Final = -14
LIMIT_S: Final = 180
"""A run takes a second or two; on a machine that does ten other things, twenty."""
_DEADLINE: Final = "PLATFORM_CLI_PROFILES_HUB_DEADLINE_S"
_LOOKING_AT_CLOCKS: Final = (
    "platform_cli.onboarding.clock",
    "platform_cli.cli.commands.init",
    "platform_cli.cli.commands.kpi",
)


@dataclass(frozen=True, slots=True)
class Clock:
    """How far a machine's wall clock is off, and to where it jumps after so many looks at it."""

    off_s: float = 0.0
    jump_s: float = 0.0
    after: int = 0
    now: str | None = None
    """The moment it stands still at, for figures that must be computed twice."""


@dataclass(frozen=True, slots=True)
class Done:
    """How one command line ended, and all that it printed."""

    status: int
    output: str

    @property
    def json(self) -> dict[str, Any]:
        """The one document that it printed."""
        document = json.loads(self.output)
        assert isinstance(document, dict)
        return document


@dataclass(slots=True)
class Machine:
    """One machine with a home and a configuration of its own, and a clock that can be wrong."""

    folder: Path
    config: str
    environment: Mapping[str, str] = field(default_factory=dict)
    off_s: float = 0.0

    def __post_init__(self) -> None:
        """Write the configuration, and who the person is."""
        (self.folder / "config" / "platform-cli").mkdir(parents=True)
        (self.folder / "config" / "platform-cli" / "config.toml").write_text(self.config)
        (self.folder / "temporary").mkdir()
        identity = "[user]\nname = Ann Example\nemail = ann@example.org\n"
        (self.folder / ".gitconfig").write_text(identity, encoding="utf-8")

    @property
    def home(self) -> Path:
        """PLATFORM_HOME."""
        return self.folder / "home"

    def variables(self) -> dict[str, str]:
        """What a process is told of all this."""
        return {
            "HOME": str(self.folder),
            "PLATFORM_HOME": str(self.home),
            "XDG_CONFIG_HOME": str(self.folder / "config"),
            "TMPDIR": str(self.folder / "temporary"),
            "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
            **self.environment,
        }

    def acknowledged(self) -> list[str]:
        """The ids of the events that the journal took."""
        path = self.folder / "acknowledged"
        return path.read_text(encoding="utf-8").split() if path.exists() else []

    def tree(self) -> dict[str, tuple[int, int, bytes]]:
        """Everything in its home: mode, time of change, content."""
        found = {}
        for path in sorted(self.home.rglob("*")):
            about = path.lstat()
            content = path.read_bytes() if path.is_file() and not path.is_symlink() else b""
            found[str(path.relative_to(self.home))] = (about.st_mode, about.st_mtime_ns, content)
        return found


class Program:
    """Forks real processes of the program, one at a time."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.crash.stateful_program"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[2],
        )
        self.runs = 0

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
        machine: Machine,
        *argv: str,
        kill: str | None = None,
        clock: Clock | None = None,
        order: str | None = None,
        deadline_s: int | None = None,
    ) -> Done:
        """One command line to its end; `order` is how its jobs take turns (see `turns`)."""
        assert self._process.stdin
        assert self._process.stdout
        self.runs += 1
        output = machine.folder / "output"
        hurry = {_DEADLINE: str(deadline_s)} if deadline_s is not None else {}
        told = {
            "argv": argv,
            "env": machine.variables() | hurry,
            "kill": kill,
            "kinds": "",
            "output": str(output),
            "acknowledged": str(machine.folder / "acknowledged"),
            "count": None,
            "order": order,
            "limit_s": LIMIT_S,
            "clock": asdict(clock or Clock(machine.off_s, machine.off_s)),
        }
        self._process.stdin.write(json.dumps(told) + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        done = Done(int(answer["status"]), output.read_text(encoding="utf-8"))
        assert done.status != HUNG, f"{' '.join(argv)}: does not end\n{done.output}"
        return done

    def events(self, machine: Machine) -> list[Event]:
        """The journal, as `journal export` prints it."""
        if not machine.home.exists():
            return []
        done = self.run(machine, "journal", "export")
        assert done.status == 0, done.output
        return [from_line(line) for line in done.output.splitlines()]


class _Told:
    """What the clocks of one process say."""

    def __init__(self, clock: Clock) -> None:
        self.clock, self.looks = clock, 0
        self._time = time.time

    def off_s(self) -> float:
        """How far off the clock is by now."""
        return self.clock.off_s if self.looks <= self.clock.after else self.clock.jump_s

    def seconds(self) -> float:
        """Stands for `time.time`."""
        return self._time() + self.off_s()

    def now(self, zone: tzinfo | None) -> datetime:
        """Stands for `datetime.now`."""
        if self.clock.now is not None:
            return datetime.fromisoformat(self.clock.now).astimezone(zone)
        self.looks += 1
        return datetime.now(tz=zone) + timedelta(seconds=self.off_s())


def _moved(clock: Clock) -> None:
    """Let this process see another time, wherever it looks."""
    told = _Told(clock)

    class Moved(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Any:
            return told.now(tz)

    for name in _LOOKING_AT_CLOCKS:
        setattr(import_module(name), datetime.__name__, Moved)
    setattr(time, time.time.__name__, told.seconds)


def main() -> None:
    """Be the zygote, with clocks."""
    from tests.crash import zygote

    plain = zygote.child

    def child(order: dict[str, Any]) -> None:
        _moved(Clock(**order["clock"]))
        plain(order)

    for name in _LOOKING_AT_CLOCKS:
        import_module(name)
    setattr(zygote, plain.__name__, child)
    zygote.main()


def at(machine: Machine) -> datetime:
    """What the machine's clock says, to the microsecond."""
    return datetime.now(tz=UTC) + timedelta(seconds=machine.off_s)


def command(words: Sequence[str]) -> list[str]:
    """A command line whose result is one document."""
    return [*words, "--format", "json", "--quiet"]


if __name__ == "__main__":
    main()
