"""A table that the domain's own build made on Databricks: publishing says of it what it is, in tags.

dbt replaces such a table whole, again and again. Its properties go with that, and tags stay.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import date
from pathlib import Path
from threading import Event

import pytest

from platform_cli.domain_repo import publishing
from platform_cli.domain_repo.publishing import Patience, Result
from platform_cli.errors import PlatformError
from platform_cli.providers.catalog.port import Column, ColumnType, Deprecation, Publication
from platform_cli.providers.catalog.unity.adapter import UnityCatalog
from platform_cli.providers.marker import Marker
from tests.fakes.unity.server import serving
from tests.fakes.unity.state import Call, Fault, FlavourName, State
from tests.providers.catalog_suite import DOMAIN, MARKER, refused
from tests.providers.catalog_tables import FIRST, LEAST, SECOND
from tests.providers.unity_worlds import alone, opened_at
from tests.unit.publishing_world import World, actions

__all__ = ["alone"]

FULL = f"{DOMAIN}.product"
TABLE = f"{FULL}.points"


@pytest.fixture
def state() -> Iterator[State]:
    with serving("databricks") as state:
        opened_at(state).create_schema(DOMAIN, "product", marker=MARKER)
        state.build(FULL, "points")
        yield state
    assert not state.wrong, "\n".join(state.wrong[:20])


@pytest.fixture
def catalog(state: State) -> UnityCatalog:
    return opened_at(state)


def said(publication: Publication) -> Publication:
    """What can be read again: the table has its own columns, and the digest is all of the texts."""
    columns = (Column("id", ColumnType("string")),)
    return replace(publication, columns=columns, description="")


def is_new_tag(call: Call) -> bool:
    return call.method == "POST" and call.body.get("entity_type") == "tables"


def test_it_is_shown_as_built_and_as_nobodys(catalog: UnityCatalog) -> None:
    (seen,) = catalog.tables(DOMAIN, "product")
    assert (seen.name, seen.built, seen.marker, seen.publication) == ("points", True, None, None)
    assert catalog.table(DOMAIN, "product", "points") == seen


@pytest.mark.parametrize("publication", [FIRST, SECOND, LEAST], ids=["first", "all", "least"])
def test_what_is_said_of_it_can_be_read_again(
    state: State, catalog: UnityCatalog, publication: Publication
) -> None:
    before = dict(state.tables[TABLE])
    table = catalog.set_table(DOMAIN, "product", "points", publication)
    assert (table.marker, table.publication, table.built) == (MARKER, said(publication), True)
    assert opened_at(state).table(DOMAIN, "product", "points") == table
    assert state.tables[TABLE] == before
    sent = len(state.attempts)
    assert catalog.set_table(DOMAIN, "product", "points", publication) == table
    assert len(state.attempts) == sent


def test_it_outlives_the_next_build(state: State, catalog: UnityCatalog) -> None:
    catalog.set_table(DOMAIN, "product", "points", SECOND)
    state.build(FULL, "points", "id", "points")
    seen = opened_at(state).table(DOMAIN, "product", "points")
    assert seen is not None
    assert (seen.marker, seen.built) == (MARKER, True)
    assert seen.publication is not None
    assert [column.name for column in seen.publication.columns] == ["id", "points"]
    assert seen.publication.version == SECOND.version


def test_what_a_version_says_no_more_goes_and_the_teams_own_tags_stay(
    state: State, catalog: UnityCatalog
) -> None:
    catalog.set_table(DOMAIN, "product", "points", SECOND)
    state.tags[TABLE]["cost_centre"] = "4711"
    catalog.set_table(DOMAIN, "product", "points", replace(FIRST, version="1.2.0"))
    assert state.tags[TABLE].pop("cost_centre") == "4711"
    table = catalog.table(DOMAIN, "product", "points")
    assert table is not None
    assert table.publication == said(replace(FIRST, version="1.2.0"))
    assert not [key for key in state.tags[TABLE] if "sunset" in key or "notes" in key]


def test_a_text_that_a_tag_has_no_room_for_is_cut(catalog: UnityCatalog) -> None:
    notes = "Read the points of the other table instead. " * 40
    about = Deprecation("0.9.0", date(2027, 3, 1), notes)
    catalog.set_table(DOMAIN, "product", "points", replace(FIRST, deprecation=about))
    table = catalog.table(DOMAIN, "product", "points")
    assert table is not None
    assert table.publication is not None
    assert table.publication.deprecation is not None
    assert notes.startswith(table.publication.deprecation.migration_notes)
    assert table.publication.deprecation.sunset_date == about.sunset_date


@pytest.mark.parametrize("skip", range(7))
@pytest.mark.parametrize("when", ["before", "after"])
def test_cut_off_between_two_tags_the_next_time_completes_it(
    state: State, catalog: UnityCatalog, skip: int, when: str
) -> None:
    state.faults = [Fault(when, "drop", match=is_new_tag, skip=skip)]  # type: ignore[arg-type]
    with pytest.raises(PlatformError):
        catalog.set_table(DOMAIN, "product", "points", FIRST)
    state.faults = []
    again = opened_at(state)
    cut = again.table(DOMAIN, "product", "points")
    assert cut is not None
    assert cut.publication in (None, said(FIRST))
    again.set_table(DOMAIN, "product", "points", FIRST)
    table = again.table(DOMAIN, "product", "points")
    assert table is not None
    assert (table.marker, table.publication) == (MARKER, said(FIRST))


@pytest.mark.parametrize("skip", range(11))
def test_cut_off_while_the_version_changes_it_never_shows_half_of_the_new_one(
    state: State, catalog: UnityCatalog, skip: int
) -> None:
    catalog.set_table(DOMAIN, "product", "points", FIRST)
    state.faults = [Fault("after", "drop", match=lambda call: call.mutating, skip=skip)]
    with suppress(PlatformError):
        catalog.set_table(DOMAIN, "product", "points", SECOND)
    state.faults = []
    cut = opened_at(state).table(DOMAIN, "product", "points")
    assert cut is not None
    assert cut.publication is not None
    assert cut.publication.version == FIRST.version or cut.publication == said(SECOND)
    opened_at(state).set_table(DOMAIN, "product", "points", SECOND)
    table = opened_at(state).table(DOMAIN, "product", "points")
    assert table is not None
    assert table.publication == said(SECOND)


def test_it_is_not_registered_over(state: State, catalog: UnityCatalog) -> None:
    refused(
        "PLT-CATALOG-001",
        lambda: catalog.create_table(DOMAIN, "product", "points", FIRST, marker=MARKER),
    )
    assert state.tags.get(TABLE, {}) == {}


def test_one_that_carries_another_domains_marker_is_left_alone(
    state: State, catalog: UnityCatalog
) -> None:
    theirs = {"platform_cli_domain": "orders", "platform_cli_onboarding": "theirs"}
    state.tags[TABLE] = dict(theirs)
    refused(
        "PLT-CATALOG-001",
        lambda: catalog.set_table(DOMAIN, "product", "points", FIRST),
    )
    assert state.tags[TABLE] == theirs


def test_in_a_schema_that_is_not_ours_it_is_left_alone(state: State, catalog: UnityCatalog) -> None:
    state.add_catalog("orders")
    state.add_schema("orders", "product", {"made": "by hand"})
    state.build("orders.product", "points")
    refused("PLT-CATALOG-001", lambda: catalog.set_table("orders", "product", "points", FIRST))
    assert "orders.product.points" not in state.tags


@pytest.mark.parametrize("flavour", ["guarded", "open"])
def test_the_open_source_server_has_no_tags_for_it(flavour: FlavourName) -> None:
    with serving(flavour) as state:
        catalog = opened_at(state)
        catalog.create_schema(DOMAIN, "product", marker=MARKER)
        state.build(FULL, "points")
        (seen,) = catalog.tables(DOMAIN, "product")
        assert (seen.built, seen.marker) == (False, None)
        refused("PLT-CATALOG-001", lambda: catalog.set_table(DOMAIN, "product", "points", FIRST))


class TestPublishing:
    """`publish` after the build of the domain `orders`, whose contract is `order_facts`."""

    FILE = "product.contract.yaml"
    FACTS = "orders.product.order_facts"

    @pytest.fixture
    def orders(self, state: State) -> None:
        marker = Marker("orders", "onboarding-1")
        opened_at(state).create_schema("orders", "product", marker=marker)
        state.build("orders.product", "order_facts", "id", "amount")

    @pytest.fixture
    def repository(self, tmp_path: Path) -> World:
        made = World(tmp_path / "repository")
        made.write(self.FILE)
        return made

    def publish(self, repository: World, state: State) -> Result:
        return publishing.publish(
            publishing.contracts_of(repository.about),
            repository.about,
            opened_at(state),
            today=repository.today,
            patience=Patience(60, lambda: 0.0, Event()),
        )

    def test_built_published_built_again(
        self, orders: None, repository: World, state: State
    ) -> None:
        assert actions(self.publish(repository, state)) == {self.FILE: ("update", "done")}
        for _ in range(2):
            state.build("orders.product", "order_facts", "id", "amount", "note")
            sent = len(state.attempts)
            assert actions(self.publish(repository, state)) == {self.FILE: ("keep", "kept")}
            assert len(state.attempts) == sent
        repository.write(self.FILE, {"version": "2.2.0", "schema.note": {"type": "string"}})
        result = self.publish(repository, state)
        assert actions(result) == {self.FILE: ("update", "done")}
        assert state.tags[self.FACTS]["platform_cli_version"] == "2.2.0"
        assert result.lines[0].change.published == "2.1.0"

    def test_what_somebody_changed_is_said_again(
        self, orders: None, repository: World, state: State
    ) -> None:
        self.publish(repository, state)
        state.tags[self.FACTS]["platform_cli_owner"] = "@acme/nobody"
        assert actions(self.publish(repository, state)) == {self.FILE: ("update", "done")}
        assert state.tags[self.FACTS]["platform_cli_owner"] == "@orders-team"

    def test_a_version_never_changes(self, orders: None, repository: World, state: State) -> None:
        self.publish(repository, state)
        repository.write(self.FILE, {"schema.note": {"type": "string"}})
        result = self.publish(repository, state)
        assert result.outcome == "refused"
        assert state.tags[self.FACTS]["platform_cli_version"] == "2.1.0"

    def test_another_domains_marker_is_a_conflict(
        self, orders: None, repository: World, state: State
    ) -> None:
        state.tags[self.FACTS] = {
            "platform_cli_domain": "loyalty",
            "platform_cli_onboarding": "theirs",
        }
        sent = len(state.attempts)
        assert self.publish(repository, state).outcome == "conflict"
        assert len(state.attempts) == sent
