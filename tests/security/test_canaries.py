"""A canary in each credential, every command, every failure: looked for in whatever is left behind.

`--sweep all` tries every combination; else a seeded part, in which each command and each failure
is at least once. The fronts repeat in their answers whatever was sent to them.
"""

from __future__ import annotations

import json
import random
import re
import stat
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import pytest

from tests.providers.journal_postgres import Server, _server  # noqa: F401 - a fixture
from tests.security.commands import LINES, REMOTE, Line, leaves
from tests.security.failures import FAILURES, Failure, going_wrong
from tests.security.forks import CODES, Forks, Said, children
from tests.security.worlds import NAMES, World, world

pytestmark = pytest.mark.timeout(7200)
SEED: Final = 20261121
INIT: Final = ("init", "loyalty", "--owner", "@loyalty-team", "--on-call", "loyalty-pager")
STEERING: Final = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]"
)
"""What a server may say, and no terminal may be told."""
# GitPython looks for git while it is imported, and plumbum asks which machine this is.
_ON_IMPORT: Final = (["git", "version"], ["uname", "-p"])
_OVER_THE_NETWORK: Final = frozenset({"fetch", "push", "clone", "ls-remote"})


@dataclass(frozen=True, slots=True)
class Case:
    """One command line, one way to go wrong, with or without --debug."""

    command: str
    line: Line
    failure: Failure
    debug: bool


@dataclass(slots=True)
class Sweep:
    """The cases of one world, one after the other, on the same machine."""

    world: World
    forks: Forks
    chance: random.Random
    said: Said = field(default_factory=lambda: Said([], "", ""))
    number: int = 0
    children: int = 0
    failed: int = 0
    wrong: list[str] = field(default_factory=list)

    def prepare(self) -> None:
        """A domain that is there, and a clone of its repository."""
        init = [*INIT, "--into", str(self.world.work / "loyalty")]
        export = ["journal", "export", "--output", str(self.world.work / "events.jsonl")]
        with going_wrong(self.world, "none", self.chance) as going:
            self.said = self.forks.run(self.world, [init, export], self.world.work, going.env)
        assert self.said.codes in ([0, 0], [3, 0]), self.said.err
        self.look(Case("init", Line(()), "none", debug=False))

    def attempt(self, case: Case) -> None:
        """Run it, and look everywhere."""
        self.number += 1
        words = [word.format(**self._meanings()) for word in case.line.words]
        argv = [*leaves()[case.command], *words, *(["--debug"] if case.debug else [])]
        where = self.world.work / "loyalty" if case.line.inside else self.world.work
        with going_wrong(self.world, case.failure, self.chance) as going:
            more = {key: text.format(**self._meanings()) for key, text in case.line.env.items()}
            env = {**self.world.own, **going.env, **more}
            self.said = self.forks.run(self.world, [argv], where, env, going.interrupt)
        self.failed += going.failed
        if not CODES.issuperset(self.said.codes):
            self.wrong.append(f"{case}: exit {self.said.codes}\n{self.said.err[-2000:]}")
        self.look(case)

    def look(self, case: Case) -> None:
        """Everything that this case has left behind."""
        found = self.world.search.below(self.world.folder)
        found += self.world.search.below(self.world.folder.parent / f"{self.world.name}-github")
        found += self._wrong_children()
        for front in self.world.fronts:
            found += [f"command line {one!r}" for one in front.seen if self.world.search.found(one)]
            front.seen.clear()
        said = self.said.all
        if "PLT-INTERNAL" in said or ("Traceback" in said and not case.debug):
            found.append(said[-3000:])
        if STEERING.search(said if "json" not in case.line.words else self.said.err):
            found.append(f"it steers a terminal: {STEERING.findall(said)}")
        self.wrong += [f"{case}: {one}" for one in found]

    def _meanings(self) -> dict[str, str]:
        place, unique = self.world, f"{self.number}"
        return {
            "domain": "loyalty",
            "fresh": f"fresh-{unique}",
            "table": f"table_{unique}",
            "repository": str(place.work / "loyalty"),
            "file": str(place.work / f"made-{unique}"),
            "events": str(place.work / "events.jsonl"),
            "sqlite": str(place.home / "journal.sqlite3"),
            "template": f"{place.fronts[0].base if place.fronts else 'https://127.0.0.1:1'}/t.git",
        }

    def _wrong_children(self) -> list[str]:
        """Arguments never hold one; variables only those of a git that goes over the network."""
        file = children(self.world)
        if not file.exists():
            return []
        lines = file.read_text(encoding="utf-8").splitlines()
        file.unlink()
        found = []
        for line in lines:
            self.children += 1
            started = json.loads(line)
            argv = started["argv"]
            # `env -u NAME` takes a variable away before git is there.
            gone = {after for word, after in pairwise(argv) if word == "-u"}
            holds = set(started["holds"]) - gone
            if self.world.search.found("\0".join(argv).encode()):
                found.append(f"arguments {argv}")
            if "git" in {Path(word).name for word in argv} and _OVER_THE_NETWORK & set(argv):
                holds = {name for name in holds if not name.startswith("GIT_CONFIG_VALUE_")}
            if holds and argv not in _ON_IMPORT:
                words = [word for word in argv if word != "-u" and word not in gone]
                found.append(f"{sorted(holds)} in the environment of {words[:8]}")
        return found


def cases(name: str, chance: random.Random, *, everything: bool) -> list[Case]:
    """All of them; or each command once, those who ask somebody once in each world."""
    place = NAMES.index(name)
    every = [
        Case(command, line, failure, debug)
        for index, command in enumerate(leaves())
        if command in REMOTE or index % len(NAMES) == place
        for line in LINES[command]
        for failure in FAILURES
        for debug in (False, True)
    ]
    if everything:
        chance.shuffle(every)
        return every
    chosen = []
    for index, command in enumerate(leaves()):
        if command in REMOTE or index % len(NAMES) == place:
            line = LINES[command][(index + place) % len(LINES[command])]
            failure = FAILURES[(index + place * 3) % len(FAILURES)]
            chosen.append(Case(command, line, failure, debug=(index + place) % 3 != 0))
    return chosen


def test_every_command_is_swept() -> None:
    """A new command is tried by itself, once it is said here which arguments it takes."""
    assert set(LINES) == set(leaves())
    assert set(REMOTE) <= set(LINES)
    chosen = [one for name in NAMES for one in cases(name, random.Random(SEED), everything=False)]
    assert {case.command for case in chosen} == set(LINES)
    assert {case.failure for case in chosen} == set(FAILURES)


@pytest.mark.parametrize("name", NAMES)
def test_no_canary_is_anywhere(
    name: str,
    forks: Forks,
    tmp_path: Path,
    request: pytest.FixtureRequest,
    record_property: Any,
) -> None:
    def database() -> str:
        server: Server = request.getfixturevalue("server")
        schema = f"sweep{server.port}_{server.schemas}"
        server.schemas += 1
        server.sql(f"CREATE SCHEMA {schema} AUTHORIZATION guarded")
        return server.url_of(schema, "guarded")

    chance = random.Random(SEED + NAMES.index(name))
    everything = request.config.getoption("--sweep") == "all"
    with world(name, tmp_path / name, database) as own:
        sweep = Sweep(own, forks, chance)
        sweep.prepare()
        chosen = cases(name, chance, everything=everything)
        for case in chosen:
            sweep.attempt(case)
        wrong = [*sweep.wrong, *(one for told in own.lists for one in told()), *loose(own.home)]
        counted = (
            f"canaries, {name}: {len(chosen)} cases, {sweep.failed} calls that failed, "
            f"{sweep.children} programs started, {own.search.looked} texts looked at, "
            f"{len(wrong)} found"
        )
        record_property("counted", counted)
        assert not wrong, "\n".join(dict.fromkeys(wrong))[:20_000]


def loose(home: Path) -> list[str]:
    """What somebody else of this machine could read or write, made with no umask at all.

    What git keeps of a repository has git's modes, in a folder that nobody else may enter.
    """
    found = []
    for path in [home, *home.rglob("*")]:
        mode = path.lstat().st_mode
        within_git = any(place.suffix == ".git" for place in (path, *path.parents))
        if not path.is_symlink() and not within_git and stat.S_IMODE(mode) & 0o077:
            found.append(f"{oct(mode)} {path}")
    return found
