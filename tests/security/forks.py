"""Command lines of the real program in a world: each fork a process of its own, its imports saved."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.security.worlds import World

CODES = frozenset({0, 1, 2, 3, 4, 5, 6, 7, 130})
"""The documented exit codes."""


@dataclass(frozen=True, slots=True)
class Said:
    """What came of some command lines: their exit codes, and what they said together."""

    codes: list[int]
    out: str
    err: str

    @property
    def all(self) -> str:
        """Both streams."""
        return self.out + self.err


@dataclass(slots=True)
class Forks:
    """The process that has imported everything."""

    process: subprocess.Popen[str]
    number: int = 0

    def run(
        self,
        world: World,
        lines: Sequence[Sequence[str]],
        where: Path,
        env: Mapping[str, str] | None = None,
        interrupt: tuple[str, int] | None = None,
    ) -> Said:
        """The command lines, one after the other, in one process."""
        self.number += 1
        said = world.folder / "said" / str(self.number)
        codes = world.folder.parent / f"{world.name}-codes"
        codes.unlink(missing_ok=True)
        order = {
            "lines": [list(line) for line in lines],
            "env": {**world.env, **(env or {})},
            "cwd": str(where),
            "out": f"{said}.out",
            "err": f"{said}.err",
            "codes": str(codes),
            "interrupt": interrupt,
            "secrets": world.secrets,
            "children": str(children(world)),
        }
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()
        ended = int(json.loads(self.process.stdout.readline())["status"])
        told = codes.read_text(encoding="utf-8").split() if codes.exists() else []
        # A signal, or an end that nobody wrote down, counts as one more code: no documented one.
        every = [int(code) for code in told] + ([ended] if ended < 0 or not told else [])
        return Said(every, _text(f"{said}.out"), _text(f"{said}.err"))


def _text(name: str) -> str:
    with Path(name).open(encoding="utf-8", errors="surrogateescape", newline="") as file:
        return file.read()


def children(world: World) -> Path:
    """Where the programs that were started are written down; whoever reads it takes it away."""
    return world.folder.parent / f"{world.name}-children.jsonl"


@contextmanager
def forking() -> Iterator[Forks]:
    """The process, as long as the context lasts."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.security.forking"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    ) as process:
        yield Forks(process)
        assert process.stdin
        process.stdin.close()
