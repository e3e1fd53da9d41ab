"""Targets that need nothing of each other are changed at the same time; all else keeps its order."""

from __future__ import annotations

from pathlib import Path
from threading import Barrier, Event

import pytest

from platform_cli.errors import PlatformError
from platform_cli.onboarding import readiness, steps
from platform_cli.onboarding.rendering import Draft, Rendering
from platform_cli.onboarding.result import Result, StepResult
from tests.fakes.forge import Fault
from tests.unit.onboarding_world import World

LONG_S = 30
CONNECTING = {"forge.grant": 3, "forge.set_variable": 2, "forge.create_environment": 1}


@pytest.fixture(autouse=True)
def unproven(monkeypatch: pytest.MonkeyPatch) -> None:
    """The checks have tests of their own: here none of them runs."""
    monkeypatch.setattr(readiness, "prove", lambda *_: readiness.not_run("not in these tests"))


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def connect(result: Result) -> StepResult:
    return next(step for step in result.steps if step.plan.id == "repo.connect")


def test_what_connects_the_repository_is_made_at_the_same_time(world: World) -> None:
    together = Barrier(sum(CONNECTING.values()))

    def meet(method: str) -> None:
        if method in CONNECTING:
            together.wait(LONG_S)  # a call that had to wait for another's end would break it

    world.forge.before_call = meet
    result = world.run()
    assert result.error is None
    assert not together.broken
    assert connect(result).outcome.status == "done"


def test_whichever_comes_first_the_result_has_them_in_their_order(world: World) -> None:
    others = Barrier(sum(CONNECTING.values()) - 1)
    over = Event()

    def meet(method: str) -> None:
        if method == "forge.create_environment":
            over.set()  # the last of them is the first that is made
        elif method in CONNECTING:
            assert over.wait(LONG_S)
            others.wait(LONG_S)

    world.forge.before_call = meet
    told = connect(world.run())
    wanted = [method for method, number in CONNECTING.items() for _ in range(number)]
    assert list(told.calls) == wanted
    addresses = [change.resource.address.split("/")[2] for change in told.outcome.changes]
    assert addresses == [*["permissions"] * 3, *["variables"] * 2, "environments"]


def test_one_that_fails_leaves_the_others_made_and_the_step_failed(world: World) -> None:
    made = Barrier(sum(CONNECTING.values()))

    def fail_two(method: str) -> None:
        if method in CONNECTING:
            made.wait(LONG_S)
        if method == "forge.create_environment":
            raise PlatformError("PLT-FORGE-006", "No environments here.")
        if method == "forge.set_variable":
            raise PlatformError("PLT-FORGE-006", "No variables here.")

    world.forge.before_call = fail_two
    result = world.run()
    assert result.error is not None
    # The first in the order of the targets, whichever came first.
    assert result.error.summary == "No variables here."
    assert connect(result).outcome.status == "failed"
    assert {s.plan.id: s.outcome.status for s in result.steps}["repo.push"] == "blocked"
    assert len(world.forge.repositories["loyalty"].permissions) == 3
    world.forge.before_call = lambda _: None
    second = connect(world.run())
    assert list(second.calls) == ["forge.set_variable"] * 2 + ["forge.create_environment"]


def test_only_what_is_missing_is_made_again(world: World) -> None:
    world.run()
    world.forge.repositories["loyalty"].permissions.clear()
    world.forge.repositories["loyalty"].variables.clear()
    second = connect(world.run())
    assert sorted(second.calls) == ["forge.grant"] * 3 + ["forge.set_variable"] * 2


def test_a_lost_answer_is_looked_for_beside_the_others(world: World) -> None:
    before = 23 - sum(CONNECTING.values()) - 2
    for number in (before + 1, before + 3, before + 6):
        world.forge.faults[number] = Fault(
            "after", lambda: PlatformError("PLT-FORGE-001", "There already.")
        )
    result = world.run()
    assert result.error is None
    assert len(world.forge.calls) == 23
    assert world.run().mutating_calls == 0


def test_only_what_has_no_order_has_none() -> None:
    assert [step.id for step in steps.STEPS if step.together] == ["repo.connect"]


def test_rendering_ahead_is_the_rendering(tmp_path: Path) -> None:
    begun, go, made = Event(), Event(), []

    def make() -> Draft:
        made.append("once")
        begun.set()
        assert go.wait(LONG_S)
        return Draft(tmp_path, ("README.md",), "tree", "1.0.0")

    rendering = Rendering(make)
    rendering.begin()
    assert begun.wait(LONG_S)  # while whoever began it goes on
    go.set()
    assert rendering.draft() is rendering.draft()
    assert made == ["once"]


def test_what_goes_wrong_ahead_is_told_to_whoever_wants_the_files() -> None:
    over, made = Event(), []

    def make() -> Draft:
        made.append("once")
        over.set()
        raise PlatformError("PLT-TEMPLATE-001", "It loops.")

    rendering = Rendering(make)
    rendering.begin()
    assert over.wait(LONG_S)
    for _ in range(2):
        with pytest.raises(PlatformError) as caught:
            rendering.draft()
        assert caught.value.code == "PLT-TEMPLATE-001"
    assert made == ["once"]


def test_a_new_domain_is_rendered_once_and_a_known_one_not_at_all(world: World) -> None:
    world.run()
    world.run()
    assert world.rendered == 1
