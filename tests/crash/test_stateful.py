"""Whole histories of one home: any commands, kills, faults, hands and clocks, in any order.

The rules only write lines (`init loyalty kill=call:5:after`); `Story` plays them and looks at
everything after each. A failure prints the lines that replay it.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.crash.scratch import quick_folder
from tests.crash.stateful_program import Program
from tests.crash.stateful_story import DOMAINS, Story
from tests.crash.stateful_world import WORLDS

# With many histories there is much in one test.
pytestmark = pytest.mark.timeout(100_000)
PARTS = 2
"""The histories are shared out, so that two processors can have some each."""
FEW, MANY = 24, 200
STEPS = 8
MANY_STEPS = 14
PLAYED = {
    "kept": "hub; init loyalty; team loyalty; team loyalty;"
    " verify loyalty trials kill=event:14:after turns=mix:3; close loyalty;"
    " fault git before drop 0 2; init loyalty",
    "foreign": "hub; init loyalty; break loyalty repository; foreign repository loyalty none;"
    " verify loyalty trials; clock -1; init loyalty kill=event:12:after",
    "local": "local; init loyalty kill=call:9:after; clock -1; break loyalty schema-raw;"
    " init loyalty no-page; init loyalty",
}
"""Histories that are played each time."""

NAMES = st.sampled_from(DOMAINS)
KILLS = st.one_of(
    st.builds(
        "call:{}:{}".format, st.integers(1, 30), st.sampled_from(("before", "after", "record"))
    ),
    st.builds("event:{}:{}".format, st.integers(1, 90), st.sampled_from(("before", "after"))),
    st.builds("audit:{}:".format, st.integers(1, 900)),
)
TURNS = st.builds("turns=mix:{}".format, st.integers(0, 999))
"""In which order a run's jobs take turns: a kill finds the same of them half done each time."""
JUMPS = st.builds("jump={}@{}".format, st.sampled_from(("+1", "-1")), st.integers(1, 4))
ANY = st.integers(0, 999)


@pytest.fixture(scope="module")
def program() -> Iterator[Program]:
    with Program() as process:
        yield process


@pytest.fixture
def folder() -> Iterator[Path]:
    made = tempfile.TemporaryDirectory(prefix="platform-cli-histories-", dir=quick_folder())
    with made as name:
        yield Path(name) / "history"


class Histories(RuleBasedStateMachine):
    """Writes the lines of a story that is played while it is written."""

    program: Program
    folder: Path
    played: list[str]
    story: Story | None = None

    @initialize(world=st.sampled_from(WORLDS))
    def begin(self, world: str) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
        self.story = Story(world, self.folder, self.program)

    @property
    def told(self) -> Story:
        assert self.story is not None
        return self.story

    def one_of(self, ways: list[str], pick: int) -> str:
        return ways[pick % len(ways)]

    @rule(domain=NAMES, words=st.sets(st.sampled_from(("no-page", "asked", "partner")), max_size=1))
    def init(self, domain: str, words: set[str]) -> None:
        self.told.play(" ".join(("init", domain, *sorted(words))))

    @rule(domain=NAMES, kill=KILLS, turns=TURNS)
    def init_killed(self, domain: str, kill: str, turns: str) -> None:
        self.told.play(f"init {domain} kill={kill} {turns}")

    @rule(domain=NAMES, jump=JUMPS)
    def init_while_the_clock_jumps(self, domain: str, jump: str) -> None:
        self.told.play(f"init {domain} {jump}")

    @rule(domain=NAMES, look=st.sampled_from(("dry-run", "verify", "status", "kpi")))
    def look(self, domain: str, look: str) -> None:
        self.told.play(f"{look} {domain}")

    @precondition(lambda self: self.told.known())
    @rule(pick=ANY)
    def verify_with_trials(self, pick: int) -> None:
        self.told.play(f"verify {self.one_of(self.told.known(), pick)} trials")

    @precondition(lambda self: self.told.known())
    @rule(pick=ANY, kill=KILLS, turns=TURNS)
    def verify_killed(self, pick: int, kill: str, turns: str) -> None:
        domain = self.one_of(self.told.known(), pick)
        self.told.play(f"verify {domain} trials kill={kill} {turns}")

    @rule(hours=st.sampled_from(("+1", "-1")))
    def clock(self, hours: str) -> None:
        self.told.play(f"clock {hours}")

    @precondition(lambda self: self.told.world.state is not None)
    @rule(
        which=st.sampled_from(("writes", "reads", "git")),
        when=st.sampled_from(("before", "after")),
        kind=st.sampled_from(("500", "503", "429", "drop", "401", "403")),
        skip=st.integers(0, 9),
        times=st.sampled_from(("1", "1", "2", "99")),
    )
    def fault(self, which: str, when: str, kind: str, skip: int, times: str) -> None:
        self.told.play(f"fault {which} {when} {kind} {skip} {times}")

    @precondition(lambda self: self.told.world.hindered)
    @rule()
    def mend(self) -> None:
        self.told.play("mend")

    @rule(
        domain=NAMES,
        kind=st.sampled_from(("repository", "schema", "service", "rotation")),
        marker=st.sampled_from(("none", "strange", "copied")),
    )
    def foreign(self, domain: str, kind: str, marker: str) -> None:
        self.told.play(f"foreign {kind} {domain} {marker}")

    @precondition(lambda self: self.told.leavable())
    @rule(pick=ANY)
    def leaves(self, pick: int) -> None:
        self.told.play(f"leaves {self.one_of(self.told.leavable(), pick)}")

    @precondition(lambda self: self.told.breakable())
    @rule(pick=ANY)
    def breaks(self, pick: int) -> None:
        self.told.play(f"break {self.one_of(self.told.breakable(), pick)}")

    @precondition(lambda self: self.told.known())
    @rule(pick=ANY)
    def team(self, pick: int) -> None:
        self.told.play(f"team {self.one_of(self.told.known(), pick)}")

    @precondition(lambda self: self.told.known())
    @rule(pick=ANY)
    def close(self, pick: int) -> None:
        self.told.play(f"close {self.one_of(self.told.known(), pick)}")

    @precondition(lambda self: self.told.world.state is not None)
    @rule(domain=NAMES)
    def second_machine(self, domain: str) -> None:
        self.told.play(f"second {domain}")

    @precondition(lambda self: self.told.world.state is not None)
    @rule(domain=NAMES, kill=KILLS, turns=TURNS)
    def second_machine_killed(self, domain: str, kill: str, turns: str) -> None:
        self.told.play(f"second {domain} kill={kill} {turns}")

    @invariant()
    def holds(self) -> None:
        if self.story is not None:
            self.story.holds()

    def teardown(self) -> None:
        if self.story is not None:
            try:
                self.story.end()
            finally:
                self.story.world.close()
                self.played.append("; ".join(self.story.lines))


def _many(request: pytest.FixtureRequest) -> bool:
    return settings().max_examples > 1_000 or bool(request.config.getoption("--histories"))


@pytest.mark.parametrize("part", range(PARTS))
def test_random_histories(
    program: Program,
    folder: Path,
    part: int,
    request: pytest.FixtureRequest,
    record_property: Callable[[str, object], None],
) -> None:
    many = _many(request)
    number = request.config.getoption("--histories") or (MANY if many else FEW)
    played: list[str] = []
    told = {"program": program, "folder": folder, "played": played}
    machine: Any = type("Part", (Histories,), told)
    runs = program.runs
    try:
        run_state_machine_as_test(
            machine if many else seed(part)(machine),
            settings=settings(
                max_examples=-(-number // PARTS),
                stateful_step_count=MANY_STEPS if many else STEPS,
                deadline=None,
                database=None,
                # Nothing is shrunk: a history takes seconds, and its lines can be cut by hand.
                phases=(Phase.generate,),
                suppress_health_check=list(HealthCheck),
                report_multiple_bugs=False,
            ),
        )
    finally:
        told_of = f"{len(played)} histories of one home, {program.runs - runs} runs"
        record_property("counted", told_of)
        print(*played, sep="\n")  # shown where it fails


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Play the lines of `--replay`, or those that are played each time."""
    if "history" in metafunc.fixturenames:
        told = metafunc.config.getoption("--replay") or ""
        played = {"replayed": told} if ";" in told else PLAYED
        metafunc.parametrize("history", played.values(), ids=played.keys())


def test_a_history(program: Program, folder: Path, history: str) -> None:
    """`--replay "hub; init loyalty"` plays those lines."""
    world, *lines = [line.strip() for line in history.split(";")]
    story = Story(world, folder, program)
    try:
        for line in lines:
            story.play(line)
            story.holds()
        story.end()
    finally:
        story.world.close()
