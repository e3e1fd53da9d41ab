"""Many at once: thirty domains together, and fifty runs of one domain."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.cli.program import LOYALTY, SET_UP, Done, Program, with_stand_ins

DOMAINS = 30
RUNS = 50
HELD = 7
FINISHED = SET_UP


@pytest.fixture
def program(tmp_path: Path) -> Program:
    return Program(tmp_path / "places", python=with_stand_ins(tmp_path / "venv"))


TOGETHER = """
import json, os, sys

import copier
from platform_cli import wiring
from platform_cli.cli import leave
from platform_cli.cli.app import run
from platform_cli.cli.commands import init
from platform_cli.providers.forge import local

lines = json.load(sys.stdin)
gate, opened = os.pipe()
running = []
for number, argv in enumerate(lines):
    child = os.fork()
    if child == 0:
        os.close(opened)
        for stream, name in ((1, "out"), (2, "err")):
            place = os.open(f"{sys.argv[1]}/{number}.{name}", os.O_WRONLY | os.O_CREAT)
            os.dup2(place, stream)
        os.read(gate, 1)
        code = run(argv)
        sys.stdout.flush()
        os._exit(code)
    running.append(child)
os.close(opened)
print(json.dumps([os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in running]))
"""
"""Has imported the program, forks a process for each line, and lets all of them go at once."""


def together(program: Program, lines: Sequence[Sequence[str]]) -> list[Done]:
    """Run all of them at the same time. Output goes to files: no pipe can fill."""
    outputs = program.folder / "outputs"
    outputs.mkdir()
    command = [program.python, "-c", TOGETHER, str(outputs)]
    done = program.run(command=command, stdin=json.dumps(lines), accept=frozenset({0}))
    return [
        Done(
            status,
            (outputs / f"{number}.out").read_text(encoding="utf-8"),
            (outputs / f"{number}.err").read_text(encoding="utf-8"),
        )
        for number, status in enumerate(json.loads(done.out))
    ]


def whole(program: Program, onboardings: int) -> None:
    """The journal knows every run from its beginning to its end, each event once."""
    events = program.events()
    assert max(Counter(event.id for event in events).values()) == 1
    assert len({event.onboarding for event in events}) == onboardings
    started = {event.run for event in events if event.type == "run.started"}
    assert started == {event.run for event in events if event.type == "run.finished"}
    intents = {event.id for event in events if event.type == "call.intent"}
    results = [event.detail["intent"] for event in events if event.type == "call.result"]
    assert intents == set(results)
    assert len(results) == len(intents)


@pytest.mark.timeout(600)
def test_thirty_domains(program: Program) -> None:
    names = [f"domain-{number}" for number in range(DOMAINS)]
    lines = [
        ("init", name, "--owner", f"@{name}-team", "--on-call", f"{name} pager", "--format", "json")
        for name in names
    ]
    for done in together(program, lines):
        assert done.status in SET_UP, done.all
        assert done.json["outcome"] in {"ready", "incomplete"}
    forge = program.home / "forge" / "local"
    assert sorted(path.name for path in forge.iterdir()) == sorted(names)
    for name in names:
        assert len(program.commits(name)) == 1
    whole(program, DOMAINS)
    again = program.run(*lines[0])
    assert again.json["mutating_calls"] == 0


@pytest.mark.timeout(600)
def test_fifty_runs_of_one_domain(program: Program) -> None:
    ended = together(program, [(*LOYALTY, "--format", "json")] * RUNS)
    assert Counter(done.status in FINISHED | {HELD} for done in ended) == {True: RUNS}, [
        done.all for done in ended if done.status not in FINISHED | {HELD}
    ]
    won = [done.json for done in ended if done.status in FINISHED]
    lost = [done for done in ended if done.status == HELD]
    assert won
    assert sum(document["mutating_calls"] > 0 for document in won) == 1
    assert len({document["onboarding"] for document in won}) == 1
    for done in lost:
        error = json.loads(done.out)
        assert error["code"] == "PLT-JOURNAL-005"
        said = error["summary"]
        assert said.startswith("loyalty is held by ")
        assert "Nothing was changed" in said
    named = [json.loads(done.out)["summary"] for done in lost]
    assert not named or any(" on " in said and " since " in said for said in named)
    assert len(program.commits()) == 1
    assert [path.name for path in (program.home / "forge" / "local").iterdir()] == ["loyalty"]
    whole(program, 1)
