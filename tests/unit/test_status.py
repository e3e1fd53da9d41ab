"""`status` says what is there, whose it is, what is missing and what the team has changed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from platform_cli.journal.sqlite import SqliteJournal
from platform_cli.onboarding import readiness
from platform_cli.onboarding.status import DomainStatus, ResourceStatus, known_domains, status
from platform_cli.providers.forge.port import Branch
from platform_cli.providers.marker import Marker
from platform_cli.providers.pager.port import Person, Schedule
from tests.unit.onboarding_world import World


@pytest.fixture(autouse=True)
def unproven(monkeypatch: pytest.MonkeyPatch) -> None:
    """The checks have tests of their own."""
    monkeypatch.setattr(readiness, "prove", lambda *_: readiness.not_run("not in these tests"))


@pytest.fixture
def world(tmp_path: Path) -> World:
    made = World(tmp_path)
    made.run()
    return made


def seen(world: World) -> DomainStatus:
    reading = SqliteJournal.read(world.home / "journal.sqlite3")
    try:
        found = status("loyalty", world.around(), reading)
    finally:
        reading.close()
    assert found is not None
    return found


def at(found: DomainStatus, address: str) -> ResourceStatus:
    return next(one for one in found.resources if one.address == address)


def test_after_an_init_everything_is_ours_and_as_it_should_be(world: World) -> None:
    found = seen(world)
    assert {one.whose for one in found.resources} == {"ours"}
    assert all(one.missing is None and one.differs is None for one in found.resources)
    # That an outsider has no grant on raw and derived is how it was from the start.
    never_made = [one.address for one in found.resources if one.since is None]
    assert never_made == [f"catalog/loyalty.{t}/grants/everyone" for t in ("raw", "derived")]


def test_looking_changes_nothing(world: World) -> None:
    calls, events = len(world.forge.calls), len(world.events())
    seen(world)
    assert (len(world.forge.calls), len(world.events())) == (calls, events)


def test_a_schema_deleted_by_hand_is_missing_and_init_restores_it_alone(world: World) -> None:
    del world.catalog.schemas["loyalty", "derived"]
    del world.catalog.granted["loyalty", "derived"]
    found = seen(world)
    missing = {one.address for one in found.resources if one.missing}
    assert "catalog/loyalty.derived" in missing
    assert all(address.startswith("catalog/loyalty.derived") for address in missing)
    made = len(world.forge.calls)
    world.run()
    calls = world.forge.calls[made:]
    assert all(payload["tier"] == "derived" for _, payload in calls)
    assert not [one for one in seen(world).resources if one.missing]


def test_a_member_that_the_team_took_off_is_told_and_left_off(world: World) -> None:
    schedule = world.pager.schedules["loyalty-pager"]
    changed = replace(schedule, members=("Ben",))
    world.pager.schedules["loyalty-pager"] = changed
    told = at(seen(world), "pager/schedules/loyalty-pager").differs
    assert told is not None
    assert "Ben" in told
    assert "Ann" in told
    assert world.run().mutating_calls == 0
    assert world.pager.schedules["loyalty-pager"] == changed


def test_commits_and_values_of_the_team_are_fine_and_said_so(world: World) -> None:
    kept = world.forge.repositories["loyalty"]
    kept.branches["main"] = Branch("later", kept.branches["main"].onboardings)
    kept.variables["PLATFORM_PROFILE"] = "theirs"
    found = seen(world)
    for address in ("local/loyalty/branches/main", "local/loyalty/variables/PLATFORM_PROFILE"):
        assert "fine" in str(at(found, address).differs)
        assert at(found, address).missing is None


def test_what_somebody_put_in_the_place_of_ours_is_foreign(world: World) -> None:
    schema = world.catalog.schemas["loyalty", "raw"]
    world.catalog.schemas["loyalty", "raw"] = replace(schema, marker=Marker("loyalty", "theirs"))
    assert at(seen(world), "catalog/loyalty.raw").whose == "foreign"


def test_a_rotation_that_was_there_before_is_used(tmp_path: Path) -> None:
    world = World(tmp_path)
    theirs = Schedule("s/x", "s-x", "loyalty-pager", None, ("Cem",), "UTC", "Mon 09:00")
    world.pager.schedules["loyalty-pager"] = theirs
    world.pager.people["s-x"] = (Person("Cem", "cem@example.org"),)
    world.run()
    assert at(seen(world), "pager/schedules/loyalty-pager").whose == "used"
    assert world.pager.schedules["loyalty-pager"] == theirs
    assert world.run().mutating_calls == 0


def test_what_was_adopted_is_told_as_adopted(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.catalog.create_schema("loyalty", "raw", marker=Marker("loyalty", "theirs"))
    world.run(world.request(adopt=frozenset({"catalog/loyalty.raw"})))
    assert at(seen(world), "catalog/loyalty.raw").whose == "adopted"


@pytest.mark.parametrize("address", ["catalog/loyalty.raw", "pager/services/loyalty"])
def test_a_foreign_resource_stops_init_before_its_first_call(tmp_path: Path, address: str) -> None:
    world = World(tmp_path)
    theirs = Marker("loyalty", "theirs")
    world.catalog.create_schema("loyalty", "raw", marker=theirs)
    world.pager.create_service("loyalty", marker=theirs, policy="p")
    made = len(world.forge.calls)
    result = world.run()
    assert result.outcome == "conflict"
    assert len(world.forge.calls) == made
    assert result.error is not None
    assert f"--adopt {address}" in result.error.hint


def test_a_rotation_with_nobody_in_it_is_a_persons_decision(tmp_path: Path) -> None:
    world = World(tmp_path)
    empty = Schedule("s/x", "s-x", "loyalty-pager", None, (), "UTC", "Mon 09:00")
    world.pager.schedules["loyalty-pager"] = empty
    result = world.run()
    assert result.outcome == "conflict"
    assert result.error is not None
    assert "nobody" in result.error.summary
    assert world.forge.calls == []


def test_the_journal_names_its_domains(world: World) -> None:
    world.run(world.request("orders"))
    reading = SqliteJournal.read(world.home / "journal.sqlite3")
    assert known_domains(reading, "local") == ("loyalty", "orders")
    assert known_domains(reading, "elsewhere") == ()
    assert status("nobody", world.around(), reading) is None
    reading.close()
