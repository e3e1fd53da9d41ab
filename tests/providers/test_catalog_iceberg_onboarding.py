"""Whole onboardings against the fake Iceberg catalog: what goes wrong converges, what is foreign stays.

The forge and the pager are in memory, and time passes only when somebody waits.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Event as Flag
from types import SimpleNamespace
from typing import Any, Final, Literal

import pytest

from platform_cli.errors import Exit, PlatformError
from platform_cli.onboarding import readiness
from platform_cli.onboarding.checks import catalog as catalog_check
from platform_cli.onboarding.result import Result
from platform_cli.onboarding.surroundings import Surroundings
from platform_cli.providers.catalog.iceberg import access
from platform_cli.providers.catalog.iceberg.place import LayoutName
from platform_cli.providers.catalog.port import EVERYONE, TIERS
from tests.fakes.iceberg.server import serving
from tests.fakes.iceberg.state import Call, Fault, State
from tests.providers.iceberg_worlds import Passing, opened_at
from tests.providers.test_catalog_iceberg_faults import TEMPORARY
from tests.unit.onboarding_world import World

CALLS: Final = 10
"""Three namespaces, four grants and three sets of tags; nested, one namespace more."""
SEED: Final = 20260109
SAMPLED: Final = 8
TEAM: Final = "@local/loyalty-team"
LAYOUTS: Final[tuple[LayoutName, ...]] = ("flat", "nested")


class Waiting(Flag):
    """A flag on which nobody waits: the clocks go on instead."""

    def __init__(self, world: World, passing: Passing) -> None:
        super().__init__()
        self._world, self._passing = world, passing

    def wait(self, timeout: float | None = None) -> bool:
        self._world.clock.elapsed_s += timeout or 0
        self._passing.pause(timeout or 0)
        return self.is_set()


@dataclass(slots=True)
class Warehouse:
    """A world whose catalog is an Iceberg REST catalog."""

    world: World
    state: State
    passing: Passing
    layout: LayoutName = "flat"

    def around(self, **more: Any) -> Surroundings:
        catalog = opened_at(self.state, self.layout, passing=self.passing, **more)
        plain = self.world.around(Waiting(self.world, self.passing), deadline_s=1800)
        return replace(plain, providers=replace(plain.providers, catalog=catalog))

    def run(self, *, adopt: str | None = None, **more: Any) -> Result:
        request = self.world.request()
        if adopt:
            request = replace(request, adopt=frozenset({adopt}))
        return self.world.run(request, self.around(**more))

    def made_once(self) -> None:
        """Everything is there, and nothing twice."""
        seen = opened_at(self.state, self.layout)
        assert seen.tiers("loyalty") == set(TIERS)
        for tier in TIERS:
            outsider = {EVERYONE: "read"} if tier == "product" else {}
            assert dict(seen.grants("loyalty", tier)) == {TEAM: "write"} | outsider
            shown = seen.schema("loyalty", tier)
            assert shown is not None
            assert dict(shown.tags) == {"domain": "loyalty", "owner": TEAM, "tier": tier}
        before = len(self.state.attempts)
        second = self.run()
        assert second.mutating_calls == 0
        assert len(self.state.attempts) == before


@pytest.fixture(autouse=True)
def unproven(monkeypatch: pytest.MonkeyPatch) -> None:
    """The trial has tests of its own: here nothing is proven."""
    monkeypatch.setattr(readiness, "prove", lambda *_: readiness.not_run("not in these tests"))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Warehouse]:
    with serving(warehouse="mesh") as state:
        (tmp_path / "world").mkdir()
        yield Warehouse(World(tmp_path / "world"), state, Passing())


def refused(call: Callable[[], object]) -> PlatformError:
    with pytest.raises(PlatformError) as caught:
        call()
    return caught.value


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_first_run_makes_each_thing_with_one_call(store: Warehouse, layout: LayoutName) -> None:
    store.layout = layout
    result = store.run()
    assert (result.outcome, result.error) == ("incomplete", None)
    calls = CALLS + (layout == "nested")
    assert len(store.state.mutations) == len(store.state.attempts) == calls
    places = [("loyalty",)] if layout == "nested" else []
    own = [("loyalty", tier) if layout == "nested" else (f"loyalty_{tier}",) for tier in TIERS]
    assert sorted(store.state.namespaces) == sorted([*places, *own])
    store.made_once()


@pytest.mark.parametrize("hidden", range(6))
def test_what_was_made_and_cannot_be_seen_is_not_made_again(store: Warehouse, hidden: int) -> None:
    store.layout = LAYOUTS[hidden % 2]
    store.state.hidden_reads = hidden
    store.state.faults = [Fault("after", 502, match=_creates, skip=number) for number in (0, 2)]
    assert store.run().error is None
    made = [call for call in store.state.mutations if _creates(call)]
    assert len(made) == 3 + (store.layout == "nested")
    store.state.unseen.clear()
    store.made_once()


@pytest.mark.parametrize("hidden", [1, 5])
def test_another_process_waits_for_what_a_killed_one_made(store: Warehouse, hidden: int) -> None:
    """The next process does not know what was made: the catalog's refusal tells it to look."""
    first = store.run()
    store.state.unseen = dict.fromkeys(store.state.namespaces, hidden)
    result = store.run()
    assert first.onboarding == result.onboarding
    assert result.error is None
    store.state.unseen.clear()
    store.made_once()


def _creates(call: Call) -> bool:
    return call.method == "POST" and call.path.endswith("/namespaces")


def _disturbed() -> list[tuple[int, str, Literal["before", "after"]]]:
    """A sample of every fault, at every call, before and after its effect."""
    kinds = [kind for kind in TEMPORARY if kind != "hang"]
    cases = [
        (n, kind, when) for n in range(CALLS) for kind in kinds for when in ("before", "after")
    ]
    return random.Random(SEED).sample(cases, SAMPLED)  # type: ignore[arg-type]  # `when` is one of two


@pytest.mark.parametrize(("number", "kind", "when"), _disturbed())
def test_a_disturbed_run_converges(
    store: Warehouse, number: int, kind: str, when: Literal["before", "after"]
) -> None:
    status, headers = TEMPORARY[kind]
    store.layout = LAYOUTS[number % 2]
    store.state.faults = [Fault(when, status, headers, skip=number)]
    assert store.run().error is None
    assert store.state.faults[0].hit > number
    store.made_once()


COPIED: Final = {"platform_cli.domain": "loyalty", "platform_cli.onboarding": "somebody-elses"}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("properties", [{}, {"made": "by hand"}, COPIED])
def test_what_is_not_ours_is_left_alone(
    store: Warehouse, layout: LayoutName, properties: dict[str, str]
) -> None:
    """No marker, or a marker that was copied: both are somebody else's."""
    store.layout = layout
    if layout == "nested":
        store.state.namespaces["loyalty",] = dict(properties)
    place = ("loyalty", "derived") if layout == "nested" else ("loyalty_derived",)
    store.state.namespaces[place] = dict(properties)
    result = store.run()
    assert result.outcome == "conflict"
    assert result.error is not None
    assert result.error.exit == Exit.DECISION
    assert store.state.attempts == []
    assert result.mutating_calls == 0


@pytest.mark.parametrize(
    "properties", [{}, {"platform_cli.domain": "orders", "platform_cli.onboarding": "x"}, COPIED]
)
def test_a_parent_that_is_not_the_domains_is_in_the_way(
    store: Warehouse, properties: dict[str, str]
) -> None:
    store.layout = "nested"
    store.state.namespaces["loyalty",] = dict(properties)
    result = store.run()
    assert result.error is not None
    assert result.error.exit == Exit.DECISION
    assert store.state.attempts == []


def test_namespaces_that_were_there_are_adopted(store: Warehouse) -> None:
    store.layout = "nested"
    store.state.namespaces["loyalty",] = {"made": "by an admin"}
    store.state.namespaces["loyalty", "raw"] = {"kept": "yes"}
    assert store.run(adopt="all").error is None
    assert store.state.namespaces["loyalty",] == {"made": "by an admin"}
    assert store.state.namespaces["loyalty", "raw"]["kept"] == "yes"
    store.made_once()


def test_plan_and_check_say_that_access_is_not_enforced(store: Warehouse) -> None:
    result = store.run()
    changes = [one for step in result.steps for one in step.plan.changes]
    grants = [one for one in changes if "/grants/" in one.resource.address]
    assert len(grants) == 6
    assert all("not enforced by this catalog" in one.reason for one in grants)
    spec = SimpleNamespace(catalog_name="loyalty")
    proof: Any = SimpleNamespace(
        providers=store.around().providers, wanted=SimpleNamespace(spec=spec)
    )
    found = catalog_check.run(proof)
    assert found.status == "passed"
    assert "not enforced by this catalog" in found.saw


def test_wrong_credentials_end_the_run_before_anything_is_made(store: Warehouse) -> None:
    for secrets in ({"ICEBERG_TOKEN": "another"}, {}, {"ICEBERG_CREDENTIAL": "no:body"}):
        error = refused(lambda: store.run(secrets=secrets))  # noqa: B023 - called at once
        assert (error.code, error.exit) == ("PLT-CATALOG-004", Exit.CREDENTIALS)
        assert "ICEBERG_" in str(error.hint)
        assert store.state.attempts == []


@pytest.mark.parametrize("lacking", ["namespaces", "properties"])
def test_a_missing_right_is_named_with_who_gives_it(store: Warehouse, lacking: str) -> None:
    store.state.forbidden = {lacking}
    result = store.run()
    assert result.error is not None
    assert (result.error.code, result.error.exit) == ("PLT-CATALOG-004", Exit.CREDENTIALS)
    assert lacking in str(result.error.hint)
    assert "gives" in str(result.error.hint)


def test_every_page_is_read(store: Warehouse) -> None:
    store.state.page_size = 1
    assert store.run().error is None
    seen = opened_at(store.state)
    assert seen.tiers("loyalty") == set(TIERS)
    assert any("pageToken" in call.query for call, _ in store.state.calls)


def test_an_outsiders_written_right_is_taken_back(store: Warehouse) -> None:
    store.run()
    store.state.namespaces["loyalty_raw",]["platform_cli.grant.everyone"] = "read"
    assert store.run().mutating_calls == 1
    store.made_once()


def test_doctor_says_who_asks_and_that_nobody_is_held_to_grants(store: Warehouse) -> None:
    found = access.look(opened_at(store.state))
    assert found.kind == "token"
    store.state.forbidden = {"list"}
    error = refused(lambda: access.look(opened_at(store.state)))
    assert (error.code, error.exit) == ("PLT-CATALOG-004", Exit.CREDENTIALS)
    assert "to list and read" in str(error.hint)
    assert store.state.attempts == []
