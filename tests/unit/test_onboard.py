"""The engine and its journey: order, retry, conflicts, adoption, interruption, the record."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from threading import Event as Flag

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from platform_cli.errors import PlatformError
from platform_cli.onboarding import readiness, steps
from platform_cli.onboarding.history import history
from platform_cli.onboarding.result import Result
from platform_cli.providers.forge.port import Branch, Permission, Protection
from platform_cli.providers.marker import Marker
from platform_cli.providers.pager.port import Schedule
from tests.fakes.forge import Fault, Kept, temporary
from tests.unit.onboarding_world import World

STEPS = [*(step.id for step in steps.STEPS), "ready"]
CALLS = 23
"""One repository, three permissions, two variables, an environment, a push and a protection; three
schemas, four grants and three sets of tags; schedule, policy, service and integration."""


@pytest.fixture(autouse=True)
def unproven(monkeypatch: pytest.MonkeyPatch) -> None:
    """The checks have tests of their own: here none of them runs."""
    monkeypatch.setattr(readiness, "prove", lambda *_: readiness.not_run("not in these tests"))


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def statuses(result: Result) -> dict[str, str]:
    return {step.plan.id: step.outcome.status for step in result.steps}


def test_a_first_run_makes_everything_and_a_second_one_nothing(world: World) -> None:
    first = world.run()
    assert first.outcome == "incomplete"
    assert first.mutating_calls == len(world.forge.calls) == CALLS
    assert [step.plan.id for step in first.steps] == STEPS
    second = world.run()
    assert second.mutating_calls == 0
    assert len(world.forge.calls) == CALLS
    assert set(statuses(second).values()) == {"kept", "blocked"}
    assert statuses(second)["ready"] == "blocked"
    assert world.rendered == 1


def test_needs_are_respected(world: World) -> None:
    world.run()
    order = [method for method, _ in world.forge.calls]
    assert order.index("catalog.create_schema") < order.index("catalog.grant")
    assert order.index("forge.grant") > order.index("pager.create_integration")
    assert order[-2:] == ["forge.push", "forge.protect"]


def test_every_call_has_an_intent_before_it_and_a_result_after_it(world: World) -> None:
    world.run()
    events = world.events()
    intents = [event for event in events if event.type == "call.intent"]
    results = [event for event in events if event.type == "call.result"]
    # Calls that need nothing of each other are made at the same time, in any order.
    calls = sorted(method for method, _ in world.forge.calls)
    assert sorted(i.detail["call"] for i in intents) == calls
    assert {r.detail["intent"] for r in results} == {i.id for i in intents}
    for result in results:
        intent = next(e for e in intents if e.id == result.detail["intent"])
        assert events.index(intent) < events.index(result)


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("number", range(1, CALLS + 1))
def test_a_lost_answer_is_not_a_failure(world: World, number: int, when: str) -> None:
    world.forge.faults[number] = Fault(when, lambda: temporary(0.001))  # type: ignore[arg-type]
    result = world.run()
    assert result.outcome == "incomplete"
    assert result.error is None
    assert len(world.forge.calls) == CALLS + (when == "before")
    assert world.run().mutating_calls == 0


def test_the_deadline_ends_the_retries(world: World) -> None:
    for number in range(1, 2_000):
        world.forge.faults[number] = Fault("before", lambda: temporary(0.0001))
    result = world.run(around=world.around(deadline_s=0.5))
    assert result.error is not None
    assert result.error.code == "PLT-INIT-003"
    assert "failed" in statuses(result).values()
    assert statuses(result)["repo.push"] == "blocked"


def test_a_pause_longer_than_the_deadline_is_not_begun(world: World) -> None:
    world.forge.faults[1] = Fault("before", lambda: temporary(3_600))
    result = world.run()
    assert result.error is not None
    assert result.error.code == "PLT-INIT-003"
    assert "wait.started" not in {event.type for event in world.events()}


def test_a_foreign_repository_stops_everything_before_the_first_call(world: World) -> None:
    world.forge.repositories["loyalty"] = Kept("x", None)
    result = world.run()
    assert result.outcome == "conflict"
    assert result.error is not None
    assert result.error.code == "PLT-INIT-001"
    assert "--adopt local/loyalty" in result.error.hint
    assert world.forge.calls == []
    assert "call.intent" not in {event.type for event in world.events()}


def test_a_marker_that_the_journal_does_not_know_is_a_conflict(world: World) -> None:
    world.forge.repositories["loyalty"] = Kept("x", Marker("loyalty", "somebody-elses"))
    assert world.run().outcome == "conflict"
    assert world.forge.calls == []


def test_the_marker_of_another_domain_is_a_conflict(world: World) -> None:
    world.run(world.request("orders"))
    stolen = world.forge.repositories["orders"].marker
    world.forge.repositories["loyalty"] = Kept("x", stolen)
    made = len(world.forge.calls)
    assert world.run().outcome == "conflict"
    assert len(world.forge.calls) == made


def test_a_lost_marker_is_written_again_where_the_id_is_known(world: World) -> None:
    world.run()
    kept = world.forge.repositories["loyalty"]
    lost, kept.marker = kept.marker, None
    before = len(world.forge.calls)
    result = world.run()
    assert (result.outcome, result.mutating_calls) == ("incomplete", 1)
    assert [method for method, _ in world.forge.calls[before:]] == ["forge.set_marker"]
    assert world.forge.repositories["loyalty"].marker == lost
    assert world.run().mutating_calls == 0


def test_another_ones_marker_is_not_overwritten_where_the_id_is_known(world: World) -> None:
    world.run()
    theirs = Marker("loyalty", "of-another-journal")
    world.forge.repositories["loyalty"].marker = theirs
    assert world.run().mutating_calls == 0
    assert world.forge.repositories["loyalty"].marker == theirs


def test_an_empty_repository_can_be_adopted_by_its_address(world: World) -> None:
    world.forge.repositories["loyalty"] = Kept("x", None)
    result = world.run(world.request(adopt=frozenset({"local/loyalty"})))
    assert result.outcome == "incomplete"
    methods = Counter(method for method, _ in world.forge.calls)
    assert methods["forge.set_marker"] == 1
    assert methods["forge.create_repository"] == 0
    assert world.run().mutating_calls == 0


def test_a_repository_with_commits_cannot_be_adopted(world: World) -> None:
    kept = Kept("x", None)
    kept.branches["main"] = Branch("abc", frozenset())
    world.forge.repositories["loyalty"] = kept
    result = world.run(world.request(adopt=frozenset({"all"})))
    assert result.outcome == "conflict"
    assert world.forge.calls == []


def test_adopting_what_is_not_in_the_plan_is_refused(world: World) -> None:
    result = world.run(world.request(adopt=frozenset({"local/other"})))
    assert result.error is not None
    assert result.error.code == "PLT-INIT-005"
    assert world.forge.calls == []


def test_somebody_creates_the_repository_between_our_look_and_our_call(world: World) -> None:
    def before(method: str) -> None:
        if method == "forge.create_repository" and not world.forge.repositories:
            world.forge.repositories["loyalty"] = Kept("theirs", None)

    world.forge.before_call = before
    result = world.run()
    assert result.outcome == "conflict"
    assert world.forge.repositories["loyalty"].marker is None
    assert statuses(result)["repo.connect"] == "blocked"


def test_a_missing_floor_is_restored_and_nothing_else(world: World) -> None:
    world.run()
    kept = world.forge.repositories["loyalty"]
    kept.permissions["@local/data-compliance"] = "read"
    kept.variables["PLATFORM_PROFILE"] = "changed by the team"
    kept.protections["main"] = Protection(
        code_owner_review=False, required_checks=("theirs",), force_push=False, deletion=False
    )
    made = len(world.forge.calls)
    result = world.run()
    assert {method for method, _ in world.forge.calls[made:]} == {"forge.grant", "forge.protect"}
    assert result.mutating_calls == 2
    assert "theirs" in kept.protections["main"].required_checks
    assert kept.protections["main"].code_owner_review
    assert kept.variables["PLATFORM_PROFILE"] == "changed by the team"


def test_other_values_than_the_first_time_are_a_conflict_that_quotes_both(world: World) -> None:
    world.run()
    with pytest.raises(PlatformError) as caught:
        world.run(world.request(owner="@orders-team"))
    assert caught.value.code == "PLT-INIT-002"
    assert "@local/loyalty-team" in caught.value.summary
    assert "@local/orders-team" in caught.value.summary


def test_a_run_that_changed_nothing_binds_nobody(world: World) -> None:
    world.forge.repositories["loyalty"] = Kept("x", None)
    assert world.run().outcome == "conflict"
    del world.forge.repositories["loyalty"]
    assert world.run(world.request(owner="@orders-team")).outcome == "incomplete"


def test_an_interrupted_run_stops_at_a_safe_point_and_can_go_on(world: World) -> None:
    stop = Flag()
    world.forge.before_call = lambda method: stop.set() if method == "forge.grant" else None
    result = world.run(around=world.around(stop))
    assert result.error is not None
    assert result.error.code == "PLT-INIT-004"
    world.forge.before_call = lambda _: None
    assert world.run().outcome == "incomplete"
    methods = Counter(method for method, _ in world.forge.calls)
    assert methods["forge.create_repository"] == methods["forge.push"] == 1
    assert len(world.forge.calls) == CALLS


def test_the_intent_of_a_run_that_was_cut_off_is_closed_by_the_next(world: World) -> None:
    class Cut(BaseException):
        """Stands for SIGKILL: nothing of ours runs after it."""

    def cut() -> BaseException:
        return Cut()

    world.forge.faults[CALLS] = Fault("after", cut)
    with pytest.raises(Cut):
        world.run()
    assert world.run().outcome == "incomplete"
    found = [e for e in world.events() if e.detail.get("status") == "found"]
    assert [e.detail["address"] for e in found] == ["local/loyalty/branches/main/protection"]


def test_a_rotation_that_turned_up_in_the_meantime_is_not_taken_for_ours(world: World) -> None:
    class Cut(BaseException):
        """Stands for SIGKILL: nothing of ours runs after it."""

    def before(method: str) -> None:
        if method == "pager.create_schedule":
            raise Cut

    world.forge.before_call = before
    with pytest.raises(Cut):
        world.run()
    world.forge.before_call = lambda _: None
    address = "pager/schedules/loyalty-pager"
    theirs = Schedule(address, "theirs", "loyalty-pager", None, ("Ann",), "UTC", "monday 09:00")
    world.pager.schedules["loyalty-pager"] = theirs
    world.run()
    ended = [e.detail for e in world.events() if e.detail.get("address") == address]
    assert [e["status"] for e in ended if "status" in e] == ["absent"]
    with world.journal() as journal:
        assert ("schedule", "theirs") not in history(journal.events()).known_ids


def test_the_first_requested_at_counts(world: World) -> None:
    asked = world.clock.start
    world.run(world.request(requested_at=asked))
    result = world.run(world.request(requested_at=asked.replace(year=2025)))
    assert len(result.notes) == 1
    requested = [e for e in world.events() if e.type == "onboarding.requested"]
    assert [e.at for e in requested] == [asked]


def test_a_request_from_the_future_is_refused(world: World) -> None:
    with pytest.raises(PlatformError) as caught:
        world.run(world.request(requested_at=world.clock.start.replace(year=2030)))
    assert caught.value.code == "PLT-USAGE-002"
    assert world.events() == []


def test_a_journal_that_takes_no_more_stops_the_run(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    from platform_cli.journal.sqlite import SqliteJournal

    append = SqliteJournal.append

    def full(self: SqliteJournal, event: object) -> None:
        if getattr(event, "type", "") == "call.intent":
            raise PlatformError("PLT-HOME-002", "The disk is full.")
        append(self, event)  # type: ignore[arg-type]

    monkeypatch.setattr(SqliteJournal, "append", full)
    result = world.run()
    assert result.outcome == "failed"
    assert result.error is not None
    assert result.error.code == "PLT-HOME-002"
    assert world.forge.calls == []


def test_a_dry_run_leaves_nothing_and_says_everything(world: World) -> None:
    plan = world.plan()
    assert plan.outcome == "planned"
    assert world.forge.calls == []
    assert list(world.home.iterdir()) == []
    assert sum(len(step.calls) for step in plan.steps) == CALLS


PERMISSIONS: list[Permission | None] = [None, "read", "write", "admin"]
TEAMS = ["@local/loyalty-team", "@local/platform-team", "@local/data-compliance"]


@st.composite
def starts(draw: st.DrawFn) -> tuple[bool, dict[str, object]]:
    """A starting state: nothing, or our domain with things taken away or changed."""
    return draw(st.booleans()), {
        "permissions": {team: draw(st.sampled_from(PERMISSIONS)) for team in TEAMS},
        "variables": draw(st.sets(st.sampled_from(["PLATFORM_DOMAIN", "PLATFORM_PROFILE"]))),
        "environment": draw(st.booleans()),
        "branch": draw(st.booleans()),
        "protection": draw(st.sampled_from([None, (), ("theirs",)])),
    }


@settings(
    max_examples=100,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(start=starts())
def test_the_plan_and_the_calls_after_it_are_the_same(
    tmp_path_factory: pytest.TempPathFactory, start: tuple[bool, dict[str, object]]
) -> None:
    world = World(tmp_path_factory.mktemp("world"))
    begun, state = start
    if begun:
        world.run()
        _take_away(world, state)
    made = len(world.forge.calls)
    plan = world.plan()
    calls = [
        (change.call.method, dict(change.call.payload))
        for step in plan.steps
        for change in step.outcome.changes
        if change.pending and change.call is not None
    ]
    result = world.run()
    assert result.outcome == "incomplete"
    known = str(result.onboarding)
    wanted = sorted(repr(_comparable(m, p)).replace("(new)", known) for m, p in calls)
    assert wanted == sorted(repr(_comparable(m, p)) for m, p in world.forge.calls[made:])


def _take_away(world: World, state: dict[str, object]) -> None:
    kept = world.forge.repositories["loyalty"]
    permissions = state["permissions"]
    assert isinstance(permissions, dict)
    kept.permissions = {team: value for team, value in permissions.items() if value}
    variables = state["variables"]
    assert isinstance(variables, set)
    kept.variables = dict.fromkeys(variables, "theirs")
    if not state["environment"]:
        kept.environments.clear()
    if not state["branch"]:
        kept.branches.clear()
    checks = state["protection"]
    kept.protections.clear()
    if isinstance(checks, tuple):
        kept.protections["main"] = Protection(
            code_owner_review=True, required_checks=checks, force_push=True, deletion=False
        )


def _comparable(method: str, payload: dict[str, object]) -> tuple[str, list[tuple[str, object]]]:
    """The fake is not told the tree and the count of files: those are the real forge's tests."""
    return method, sorted((k, v) for k, v in payload.items() if k not in {"tree", "files"})
