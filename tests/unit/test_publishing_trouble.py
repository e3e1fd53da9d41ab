"""`publish` where something is in its way: contracts, schemas, and a catalog with bad moments."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from platform_cli.domain_repo import publishing
from platform_cli.errors import Exit, PlatformError, TemporaryError
from platform_cli.providers.marker import Marker
from tests.fakes.catalog import Fault, Kept, KeptTable
from tests.unit.contract_samples import GONE
from tests.unit.publishing_world import World, actions

FILE = "product.contract.yaml"
FACTS = "orders.product.order_facts"


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path / "repository")


class TestSchema:
    def test_that_is_not_there(self, world: World) -> None:
        world.catalog.schemas.clear()
        world.write(FILE)
        with pytest.raises(PlatformError) as caught:
            world.publish()
        assert caught.value.code == "PLT-CATALOG-003"
        assert "platform-cli init orders" in caught.value.hint

    @pytest.mark.parametrize("marker", [None, Marker("loyalty", "onboarding-2")])
    def test_that_is_not_ours(self, world: World, marker: Marker | None) -> None:
        world.catalog.schemas["orders", "product"] = Kept("x", marker)
        world.write(FILE)
        with pytest.raises(PlatformError) as caught:
            world.publish()
        assert caught.value.code == "PLT-PUBLISH-002"
        assert caught.value.exit == Exit.DECISION
        assert world.calls() == []


class TestContracts:
    def test_all_findings_of_all_are_told_and_nothing_is_published(self, world: World) -> None:
        world.write(FILE)
        world.write("a.contract.yaml", {"name": "orders.product.a", "version": "2"})
        world.write("raw.contract.yaml", {"name": "orders.raw.r", "owner": GONE, "sla": GONE})
        (world.folder / "b.contract.yaml").write_text("a: [", encoding="utf-8")
        (world.folder / "c.contract.yaml").symlink_to(FILE)
        world.write("d.contract.yaml")
        with pytest.raises(PlatformError) as caught:
            publishing.contracts_of(world.about)
        error = caught.value
        assert (error.code, error.exit) == ("PLT-CONTRACT-001", Exit.DENIED)
        told = [problem.address.partition(".")[0] for problem in error.problems]
        assert sorted(told) == sorted([*"abc", "product", "raw", "raw"])
        assert "Nothing was published" in error.summary

    def test_a_deprecation_that_is_not_valid_is_one(self, world: World) -> None:
        world.write(FILE, {"deprecation": {"sunset_date": "2026-02-30"}})
        with pytest.raises(PlatformError) as caught:
            publishing.contracts_of(world.about)
        assert caught.value.code == "PLT-CONTRACT-001"
        assert FILE in caught.value.summary

    def test_a_repository_without_any(self, world: World) -> None:
        assert world.publish().lines == ()


class TestWorldOutside:
    """A lost answer is not a failure, and no call is made twice without a look."""

    def fault(
        self, world: World, number: int, when: Any, retry_after_s: float | None = None
    ) -> None:
        def error() -> TemporaryError:
            return TemporaryError("PLT-CATALOG-002", "Not now.", retry_after_s=retry_after_s)

        world.catalog.faults[number] = Fault(when, error)

    @pytest.mark.parametrize(("when", "calls"), [("before", 2), ("after", 1)])
    def test_a_bad_moment(self, world: World, when: Any, calls: int) -> None:
        world.write(FILE)
        self.fault(world, 1, when)
        result = world.publish()
        assert (result.outcome, result.mutating_calls) == ("published", calls)
        assert actions(result) == {FILE: ("create", "done")}
        assert len(world.calls()) == calls
        assert world.waiting.waited == [0.5]
        assert world.versions() == {"order_facts": "2.1.0"}

    def test_how_long_the_server_wants_us_to_wait(self, world: World) -> None:
        world.write(FILE)
        self.fault(world, 1, "before", 7)
        world.publish()
        assert world.waiting.waited == [7]

    def test_no_time_is_left(self, world: World) -> None:
        world.write(FILE)
        world.write("z.contract.yaml", {"name": "orders.product.z"})
        for number in range(1, 40):
            self.fault(world, number, "before")
        result = world.publish(deadline_s=60)
        assert result.outcome == "failed"
        assert result.error is not None
        assert result.error.code == "PLT-CATALOG-002"
        assert world.waiting.waited == [0.5, 1, 2, 4, 8, 16]  # and 30 more would be too late
        assert actions(result) == {
            FILE: ("create", "failed"),
            "z.contract.yaml": ("create", "blocked"),
        }

    def test_reading_is_tried_again_too(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        world.write(FILE)
        real, left = world.catalog.tables, [2]

        def tables(*asked: Any) -> Any:
            if left[0]:
                left[0] -= 1
                raise TemporaryError("PLT-CATALOG-002", "Not now.")
            return real(*asked)

        monkeypatch.setattr(type(world.catalog), "tables", lambda _, *asked: tables(*asked))
        assert world.publish().outcome == "published"
        assert world.waiting.waited == [0.5, 1.0]

    def test_somebody_publishes_between_our_look_and_our_call(self, world: World) -> None:
        """Another run was there first, with a later version: it stays."""
        world.write(FILE)
        world.publish()
        world.write(FILE, {"version": "2.2.0"})
        world.write("a.contract.yaml", {"name": "orders.product.a"})
        world.calls()
        kept = world.catalog.kept_tables["orders", "product"]["order_facts"]

        def meanwhile(_: str) -> None:
            assert kept.publication is not None
            kept.publication = replace(kept.publication, version="2.3.0", digest="theirs")

        world.catalog.before_call = meanwhile  # the call about `a`, which comes first
        result = world.publish()
        assert result.outcome == "failed"
        assert result.error is not None
        assert result.error.code == "PLT-PUBLISH-001"
        assert "lower than 2.3.0" in result.error.summary
        assert world.calls() == ["catalog.create_table orders.product.a"]
        assert world.versions()["order_facts"] == "2.3.0"

    @pytest.mark.parametrize("same", [True, False])
    def test_somebody_makes_the_table_between_our_look_and_our_call(
        self, world: World, same: bool
    ) -> None:
        world.write(FILE)
        world.publish()
        made = world.catalog.kept_tables["orders", "product"].pop("order_facts")
        world.calls()

        def meanwhile(_: str) -> None:
            theirs = made if same else KeptTable("x", None, None)
            world.catalog.kept_tables["orders", "product"]["order_facts"] = theirs

        world.catalog.before_call = meanwhile
        result = world.publish()
        assert len(world.calls()) == 1
        if same:
            assert actions(result) == {FILE: ("create", "done")}
        else:
            assert result.error is not None
            assert result.error.code == "PLT-PUBLISH-002"

    def test_a_catalog_that_hides_what_is_there(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A look that is out of date for ever ends in an error, not in a loop."""
        world.write(FILE)
        world.publish()
        world.calls()
        monkeypatch.setattr(type(world.catalog), "tables", lambda *_: ())
        result = world.publish()
        assert result.error is not None
        assert result.error.code == "PLT-CATALOG-001"
        assert len(world.calls()) == 3

    def test_a_stop_comes_at_a_safe_point(self, world: World) -> None:
        world.write(FILE)
        world.write("z.contract.yaml", {"name": "orders.product.z"})

        def stop(_: str) -> None:
            world.waiting.stopped = True

        world.catalog.before_call = stop
        result = world.publish()
        assert result.error is not None
        assert result.error.exit == Exit.INTERRUPTED
        assert actions(result) == {
            FILE: ("create", "done"),
            "z.contract.yaml": ("create", "failed"),
        }
        assert len(world.calls()) == 1

    def test_a_dry_run_calls_nothing(self, world: World) -> None:
        world.write(FILE)
        result = world.publish(dry_run=True)
        assert actions(result) == {FILE: ("create", "planned")}
        assert (result.outcome, result.mutating_calls) == ("planned", 0)
        assert world.calls() == []
