"""The command line on the fake GitHub: an onboarding, doctor, and a token that nobody ever sees."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from threading import Event, Thread
from typing import Self

import pytest

from tests.cli.github import CANARY, on_github
from tests.cli.program import LOYALTY, Program
from tests.fakes.github.server import serving
from tests.fakes.github.state import ALL, Fault, State, Token, matching

COLOURS = (CANARY, base64.b64encode(f"x-access-token:{CANARY}".encode()).decode())
"""The token as it is, and as git sends it."""


@pytest.fixture
def state(tmp_path: Path) -> Iterator[State]:
    with serving(tmp_path / "github", token=CANARY) as state:
        yield state
    assert not state.wrong, "\n".join(state.wrong[:20])


@pytest.fixture
def hub(program: Program, state: State) -> Program:
    return on_github(program, state)


class Watch:
    """Reads every command line of the machine, again and again, while a test runs."""

    def __init__(self) -> None:
        self.seen: set[str] = set()
        self._over = Event()
        self._thread = Thread(target=self._look, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._over.wait(0.01):
            for place in Path("/proc").glob("[0-9]*/cmdline"):
                try:
                    self.seen.add(place.read_bytes().decode(errors="replace"))
                except OSError:
                    continue


def leaks(folder: Path) -> list[str]:
    """The files below the folder that hold the token, packed objects of git unpacked."""
    found = []
    for path in folder.rglob("*"):
        if path.is_file() and not path.is_symlink():
            content = path.read_bytes()
            found += [str(path) for colour in COLOURS if colour.encode() in content]
    return found


def test_an_onboarding_with_a_clone_and_then_everything_else(
    hub: Program, state: State, tmp_path: Path
) -> None:
    """One real journey, and the canary in nothing of it."""
    told = []
    with Watch() as watch:
        told.append(hub.run(*LOYALTY, "--into", "clone", "--debug", accept=frozenset({0, 3})))
        assert state.repos["loyalty"].private
        before = len(state.mutations)
        told.append(hub.run(*LOYALTY, "--debug", "--format", "json", accept=frozenset({0, 3})))
        assert told[-1].json["mutating_calls"] == 0
        assert len(state.mutations) == before
        told += [
            hub.run("status", "loyalty", "--debug", accept=frozenset({0})),
            hub.run("verify", "loyalty", "--debug"),
            hub.run("doctor", "--debug"),
            hub.run(*LOYALTY, "--dry-run", "--debug"),
            hub.run("journal", "export", accept=frozenset({0})),
            hub.run("config", "show"),
        ]
        for fault in (
            Fault("before", 401, match=lambda _: True, times=99),
            Fault("before", 403, match=lambda _: True, times=99),
            Fault("before", 422, match=lambda _: True, times=99),
        ):
            state.faults = [fault]
            told.append(hub.run(*LOYALTY, "--debug"))
            assert told[-1].status in {1, 4, 6}, told[-1].all
    assert (hub.work / "clone" / ".github" / "CODEOWNERS").is_file()
    for done in told:
        assert not [colour for colour in COLOURS if colour in done.all]
    assert leaks(tmp_path) == []
    objects = state.repos["loyalty"].git("log", "--all", "-p", check=True)
    assert not [colour for colour in COLOURS if colour in objects + "".join(watch.seen)]


def test_doctor_names_each_missing_scope_before_anything_is_made(
    hub: Program, state: State
) -> None:
    state.tokens[CANARY] = Token(scopes=("repo",))
    done = hub.run("doctor")
    assert done.status == 4
    assert "Workflows: write (classic: workflow)" in done.out
    assert "Members: read (classic: read:org)" in done.out
    assert state.mutations == []


def test_doctor_finds_nothing_missing(hub: Program, state: State) -> None:
    state.tokens[CANARY] = Token(scopes=("repo", "workflow", "read:org"))
    done = hub.run("doctor")
    assert "nothing is missing" in done.out
    assert done.status == 0


def test_doctor_says_when_there_is_no_credential(hub: Program, state: State) -> None:
    done = hub.run("doctor", env={"GH_TOKEN": None})
    assert done.status == 4
    assert "GH_TOKEN" in done.out


def test_a_foreign_repository_is_exit_6_and_nothing_is_written(hub: Program, state: State) -> None:
    state.add("loyalty").description = "[platform-cli:loyalty/of-another-journal]"
    done = hub.run(*LOYALTY)
    assert done.status == 6, done.all
    assert state.mutations == []


def test_a_description_that_the_team_wrote_anew_gets_its_marker_back(
    hub: Program, state: State
) -> None:
    hub.init()
    state.repos["loyalty"].description = "Who comes back, and why."
    shown = hub.run("status", "loyalty").out
    assert "ours by its id; its marker is gone; init restores it" in shown
    before = len(state.mutations)
    assert hub.init("--format", "json").json["mutating_calls"] == 1
    assert len(state.mutations) == before + 1
    described = state.repos["loyalty"].description or ""
    assert described.startswith("Who comes back, and why.")
    assert "platform-cli" in described
    assert hub.init("--format", "json").json["mutating_calls"] == 0


def test_a_trial_is_not_pushed_to_a_repository_that_is_somebody_elses_by_now(
    hub: Program, state: State
) -> None:
    hub.run(*LOYALTY, accept=frozenset({0, 3}))
    theirs = state.repos["loyalty"]
    theirs.id, theirs.description = state.number(), "Somebody else's, of the same name"
    before = len(state.mutations), theirs.refs()
    done = hub.run("verify", "loyalty", "--trials")
    assert done.status == 5, done.all
    assert "not ours" in done.all
    assert (len(state.mutations), theirs.refs()) == before


def test_a_missing_permission_is_exit_4(hub: Program, state: State) -> None:
    state.tokens[CANARY] = Token(
        permissions=ALL - {"administration:write"} | {"administration:read"}
    )
    done = hub.run(*LOYALTY)
    assert done.status == 4, done.all
    assert "administration=write" in done.err


def test_a_plan_without_a_network_needs_no_credential(hub: Program, state: State) -> None:
    done = hub.run(*LOYALTY, "--dry-run", "--offline", env={"GH_TOKEN": None})
    assert done.status == 0, done.all
    assert state.calls == []


def test_the_wait_for_the_first_build_is_told_and_journaled(hub: Program, state: State) -> None:
    state.ci = ["queued", "in_progress", "success"]
    done = hub.run(*LOYALTY, accept=frozenset({0, 3}))
    assert "the build of main: the run ci is in_progress: http" in done.err
    waits = [event for event in hub.events() if event.type == "wait.finished"]
    assert waits
    assert {event.detail["reason"] for event in waits} == {"poll"}


def test_a_lost_answer_to_the_first_call_makes_one_repository(hub: Program, state: State) -> None:
    state.faults = [Fault("after", 502, match=matching("POST", "/repos$"))]
    done = hub.run(*LOYALTY, accept=frozenset({0, 3}))
    assert done.status in {0, 3}
    assert list(state.repos) == ["loyalty"]
    assert len([call for call in state.mutations if call.path.endswith("/repos")]) == 1
