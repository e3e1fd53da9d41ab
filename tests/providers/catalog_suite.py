"""What every catalog must do, whichever one it is: the port's contract as tests.

A test module of an adapter inherits `CatalogSuite` and gives a `World`: the same catalog opened
as often as a test asks, and a way to make a schema in it that is not ours.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from platform_cli.errors import PlatformError
from platform_cli.providers.catalog.port import EVERYONE, TIERS, Catalog, Privilege, Schema, Tier
from platform_cli.providers.marker import Marker

DOMAIN = "loyalty"
TEAM = "@acme/loyalty-team"
MARKER = Marker("loyalty", "onboarding-1")
OTHER = Marker("loyalty", "onboarding-2")


@dataclass(frozen=True)
class World:
    """`open` gives a new handle on the catalog; `foreign` makes a schema as a stranger does."""

    open: Callable[[], Catalog]
    foreign: Callable[[str, Tier], None]


def refused(code: str, call: Callable[[], object]) -> PlatformError:
    """Run the call, which must raise that error."""
    with pytest.raises(PlatformError) as caught:
        call()
    assert caught.value.code == code, caught.value.summary
    return caught.value


def changes(catalog: Catalog, domain: str = DOMAIN) -> dict[str, Callable[[], object]]:
    """Every mutating call but the one that creates and the one that adopts."""
    return {
        "grant": lambda: catalog.grant(domain, "raw", TEAM, "write"),
        "revoke": lambda: catalog.revoke(domain, "raw", TEAM),
        "set_tags": lambda: catalog.set_tags(domain, "raw", {"owner": TEAM}),
    }


class CatalogSuite:
    """Inherit, and override `world`."""

    @pytest.fixture
    def world(self, tmp_path: Path) -> World:
        """The catalog under test, empty."""
        raise pytest.UsageError("the module of an adapter gives its world")

    @pytest.fixture
    def catalog(self, world: World) -> Catalog:
        return world.open()

    @pytest.fixture
    def made(self, catalog: Catalog) -> Schema:
        return catalog.create_schema(DOMAIN, "raw", marker=MARKER)

    def test_what_is_not_there_is_nothing(self, catalog: Catalog) -> None:
        for tier in TIERS:
            assert catalog.schema(DOMAIN, tier) is None
            assert dict(catalog.grants(DOMAIN, tier)) == {}
            assert not catalog.may_read(TEAM, DOMAIN, tier)
            assert not catalog.may_read(EVERYONE, DOMAIN, tier)
        assert catalog.tiers(DOMAIN) == frozenset()

    def test_nothing_can_be_done_to_what_is_not_there(self, catalog: Catalog) -> None:
        calls = {**changes(catalog), "set_marker": lambda: catalog.set_marker(DOMAIN, "raw", OTHER)}
        for call in calls.values():
            refused("PLT-CATALOG-003", call)
        assert catalog.schema(DOMAIN, "raw") is None
        assert catalog.tiers(DOMAIN) == frozenset()

    def test_nor_beside_what_is_there(self, catalog: Catalog) -> None:
        catalog.create_schema(DOMAIN, "product", marker=MARKER)
        for call in changes(catalog).values():
            refused("PLT-CATALOG-003", call)
        assert catalog.tiers(DOMAIN) == {"product"}

    def test_a_schema_has_its_marker_from_the_first_moment(
        self, world: World, catalog: Catalog, made: Schema
    ) -> None:
        assert made == Schema(catalog.address(DOMAIN, "raw"), made.id, MARKER, {})
        seen = world.open().schema(DOMAIN, "raw")
        assert seen == made
        assert dict(catalog.grants(DOMAIN, "raw")) == {}
        assert not catalog.may_read(EVERYONE, DOMAIN, "raw")

    def test_tiers_are_listed_as_they_are_made(self, world: World, catalog: Catalog) -> None:
        made = []
        for tier in TIERS:
            made.append(catalog.create_schema(DOMAIN, tier, marker=MARKER))
            assert world.open().tiers(DOMAIN) == frozenset(TIERS[: len(made)])
        assert len({schema.address for schema in made}) == 3
        assert [world.open().schema(DOMAIN, tier) for tier in TIERS] == made

    def test_domains_do_not_touch_each_other(self, world: World, catalog: Catalog) -> None:
        """Also where one name begins with another, or has a letter that means any in a pattern."""
        names = ["care", "care_eu", "care1eu", "carex", "car"]
        for number, name in enumerate(names[:3]):
            catalog.create_schema(name, "raw", marker=Marker(name, str(number)))
            catalog.grant(name, "raw", f"@{number}", "write")
        for number, name in enumerate(names[:3]):
            seen = world.open().schema(name, "raw")
            assert seen is not None
            assert seen.marker == Marker(name, str(number))
            assert dict(catalog.grants(name, "raw")) == {f"@{number}": "write"}
            assert catalog.tiers(name) == {"raw"}
        for name in names[3:]:
            assert catalog.tiers(name) == frozenset()
            assert catalog.schema(name, "raw") is None

    def test_creating_twice_changes_nothing(
        self, world: World, catalog: Catalog, made: Schema
    ) -> None:
        catalog.grant(DOMAIN, "raw", TEAM, "write")
        for handle in (catalog, world.open()):
            refused(
                "PLT-CATALOG-001",
                lambda: handle.create_schema(DOMAIN, "raw", marker=OTHER),  # noqa: B023 - called at once
            )
        assert catalog.schema(DOMAIN, "raw") == made
        assert dict(catalog.grants(DOMAIN, "raw")) == {TEAM: "write"}

    def test_what_is_foreign_is_shown_and_never_written(
        self, world: World, catalog: Catalog
    ) -> None:
        world.foreign(DOMAIN, "raw")
        before = catalog.schema(DOMAIN, "raw")
        assert before is not None
        assert before.marker is None
        assert dict(before.tags) == {}
        calls = {
            **changes(catalog),
            "create": lambda: catalog.create_schema(DOMAIN, "raw", marker=MARKER),
        }
        for call in calls.values():
            refused("PLT-CATALOG-001", call)
        assert catalog.schema(DOMAIN, "raw") == before
        assert dict(catalog.grants(DOMAIN, "raw")) == {}
        assert not catalog.may_read(EVERYONE, DOMAIN, "raw")
        assert catalog.tiers(DOMAIN) == {"raw"}

    def test_what_is_foreign_can_be_adopted(self, world: World, catalog: Catalog) -> None:
        world.foreign(DOMAIN, "raw")
        before = catalog.schema(DOMAIN, "raw")
        assert before is not None
        adopted = catalog.set_marker(DOMAIN, "raw", MARKER)
        assert adopted == Schema(before.address, before.id, MARKER, {})
        assert world.open().schema(DOMAIN, "raw") == adopted
        for call in changes(catalog).values():
            call()
        assert catalog.tiers(DOMAIN) == {"raw"}

    def test_a_marker_of_another_onboarding_is_replaced_and_the_rest_stays(
        self, world: World, catalog: Catalog, made: Schema
    ) -> None:
        catalog.grant(DOMAIN, "raw", TEAM, "write")
        catalog.set_tags(DOMAIN, "raw", {"owner": TEAM})
        adopted = Schema(made.address, made.id, OTHER, {"owner": TEAM})
        for _ in range(2):
            assert catalog.set_marker(DOMAIN, "raw", OTHER) == adopted
            assert world.open().schema(DOMAIN, "raw") == adopted
        assert dict(catalog.grants(DOMAIN, "raw")) == {TEAM: "write"}

    def test_grants_are_given_and_replaced(
        self, world: World, catalog: Catalog, made: Schema
    ) -> None:
        wanted: list[tuple[str, Privilege]] = [
            (TEAM, "read"),
            ("@ada", "read"),
            (EVERYONE, "write"),
            (TEAM, "write"),
            (EVERYONE, "read"),
            (EVERYONE, "read"),
        ]
        for who, privilege in wanted:
            catalog.grant(DOMAIN, "raw", who, privilege)
            assert world.open().grants(DOMAIN, "raw")[who] == privilege
        expected = {TEAM: "write", "@ada": "read", EVERYONE: "read"}
        assert dict(world.open().grants(DOMAIN, "raw")) == expected
        assert catalog.schema(DOMAIN, "raw") == made

    def test_revoking_takes_one_principals_privileges(
        self, world: World, catalog: Catalog, made: Schema
    ) -> None:
        for who in (TEAM, "@ada"):
            catalog.grant(DOMAIN, "raw", who, "write")
        for _ in range(2):
            catalog.revoke(DOMAIN, "raw", TEAM)
            assert dict(world.open().grants(DOMAIN, "raw")) == {"@ada": "write"}
        catalog.revoke(DOMAIN, "raw", EVERYONE)
        assert dict(catalog.grants(DOMAIN, "raw")) == {"@ada": "write"}
        assert catalog.schema(DOMAIN, "raw") == made

    def test_who_may_read(self, world: World, catalog: Catalog) -> None:
        for tier in TIERS:
            catalog.create_schema(DOMAIN, tier, marker=MARKER)
        catalog.grant(DOMAIN, "raw", TEAM, "write")
        catalog.grant(DOMAIN, "derived", "@ada", "read")
        catalog.grant(DOMAIN, "product", EVERYONE, "read")
        expected: dict[str, set[str]] = {
            TEAM: {"raw", "product"},
            "@ada": {"derived", "product"},
            "@acme/strangers": {"product"},
            TEAM.upper(): {"product"},
            EVERYONE: {"product"},
            "": {"product"},
        }
        for who, readable in expected.items():
            found = {tier for tier in TIERS if world.open().may_read(who, DOMAIN, tier)}
            assert found == readable, who
        catalog.revoke(DOMAIN, "product", EVERYONE)
        assert not catalog.may_read(TEAM, DOMAIN, "product")
        catalog.grant(DOMAIN, "product", EVERYONE, "write")
        assert catalog.may_read(TEAM, DOMAIN, "product")

    def test_tags_are_set_and_others_stay(
        self, world: World, catalog: Catalog, made: Schema
    ) -> None:
        texts = {
            "domain": DOMAIN,
            "owner": TEAM,
            "note": "J\u00f6rg \u2603 'x' \"y\" \\ % _ ; --\n",
        }
        catalog.set_tags(DOMAIN, "raw", texts)
        catalog.set_tags(DOMAIN, "raw", {"owner": "@ada", "tier": "raw"})
        for tags in ({"tier": "raw"}, {}):
            catalog.set_tags(DOMAIN, "raw", tags)
        seen = world.open().schema(DOMAIN, "raw")
        assert seen is not None
        assert dict(seen.tags) == texts | {"owner": "@ada", "tier": "raw"}
        assert seen.marker == MARKER
        assert dict(catalog.grants(DOMAIN, "raw")) == {}

    def test_tags_and_grants_of_one_name_are_two_things(
        self, catalog: Catalog, made: Schema
    ) -> None:
        catalog.set_tags(DOMAIN, "raw", {TEAM: "write", "domain": "other", "onboarding": "x"})
        catalog.grant(DOMAIN, "raw", "domain", "read")
        seen = catalog.schema(DOMAIN, "raw")
        assert seen is not None
        assert seen.marker == MARKER
        assert dict(catalog.grants(DOMAIN, "raw")) == {"domain": "read"}
        assert not catalog.may_read(TEAM, DOMAIN, "raw")
