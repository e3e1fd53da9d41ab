"""Whole onboardings against the fake Unity Catalog: what goes wrong converges, what is foreign stays.

The forge and the pager are in memory, and time passes only when somebody waits.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Event as Flag
from typing import Any, Final, Literal

import pytest

from platform_cli.errors import Exit, PlatformError
from platform_cli.onboarding import readiness
from platform_cli.onboarding.result import Result
from platform_cli.onboarding.surroundings import Surroundings
from platform_cli.providers.catalog.port import EVERYONE, TIERS
from platform_cli.providers.catalog.unity import access
from tests.fakes.unity.server import serving
from tests.fakes.unity.state import CALLER, TOKEN, Call, Fault, FlavourName, State
from tests.providers.test_catalog_unity_faults import TEMPORARY
from tests.providers.unity_worlds import LAYOUTS, Passing, alone, opened_at
from tests.unit.onboarding_world import World

__all__ = ["alone"]

CALLS: Final = 19
"""A catalog, three schemas, two uses of the catalog, four grants and nine tags."""
SEED: Final = 20260109
SAMPLED: Final = 12
TEAM: Final = "@local/loyalty-team"


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
class Metastore:
    """A world whose catalog is Unity's."""

    world: World
    state: State
    passing: Passing
    layout: str = LAYOUTS[0]

    def around(self, **more: Any) -> Surroundings:
        catalog = opened_at(
            self.state, self.layout, passing=self.passing, organisation="local", **more
        )
        plain = self.world.around(Waiting(self.world, self.passing), deadline_s=1800)
        return replace(plain, providers=replace(plain.providers, catalog=catalog))

    def run(self, *, adopt: str | None = None, **more: Any) -> Result:
        request = self.world.request()
        if adopt:
            request = replace(request, adopt=frozenset({adopt}))
        return self.world.run(request, self.around(**more))

    def made_once(self) -> None:
        """Everything is there, and nothing twice."""
        seen = opened_at(self.state, self.layout, organisation="local")
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
def store(tmp_path: Path) -> Iterator[Metastore]:
    with serving() as state:
        (tmp_path / "world").mkdir()
        yield Metastore(World(tmp_path / "world"), state, Passing())
    assert not state.wrong, "\n".join(state.wrong[:20])


def refused(call: Callable[[], object]) -> PlatformError:
    with pytest.raises(PlatformError) as caught:
        call()
    return caught.value


def test_a_first_run_makes_each_thing_with_one_call(store: Metastore) -> None:
    result = store.run()
    assert (result.outcome, result.error) == ("incomplete", None)
    assert len(store.state.mutations) == len(store.state.attempts) == CALLS
    store.made_once()


def test_in_a_catalog_that_all_share(store: Metastore) -> None:
    store.layout = "mesh"
    store.state.add_catalog("mesh")
    assert store.run().error is None
    assert sorted(store.state.schemas) == [
        "mesh.loyalty_derived",
        "mesh.loyalty_product",
        "mesh.loyalty_raw",
    ]
    store.made_once()


def test_a_shared_catalog_that_is_not_there_is_said(store: Metastore) -> None:
    store.layout = "mesh"
    result = store.run()
    assert result.error is not None
    assert result.error.code == "PLT-CATALOG-003"
    assert "CREATE CATALOG" in str(result.error.hint)
    assert store.state.attempts == []


@pytest.mark.parametrize("flavour", ["guarded", "open"])
def test_on_the_open_source_server(store: Metastore, flavour: FlavourName) -> None:
    store.state.flavour = flavour
    assert store.run().error is None
    store.made_once() if flavour == "guarded" else None
    assert store.run().mutating_calls == 0


@pytest.mark.parametrize("hidden", range(6))
def test_what_was_made_and_cannot_be_seen_is_not_made_again(store: Metastore, hidden: int) -> None:
    store.state.hidden_reads = hidden
    store.state.faults = [
        Fault("after", 502, match=lambda call: call.method == "POST", skip=number * 2)
        for number in range(2)
    ]
    assert store.run().error is None
    assert len([c for c in store.state.mutations if c.path.endswith("/schemas")]) == 3
    assert len([c for c in store.state.mutations if c.path.endswith("/catalogs")]) == 1
    store.state.unseen.clear()
    store.made_once()


@pytest.mark.parametrize("hidden", [1, 3, 5])
def test_another_process_waits_for_what_a_killed_one_made(store: Metastore, hidden: int) -> None:
    """The next process does not know what was made: the catalog's refusal tells it to look."""
    first = store.run()
    for name in [*store.state.schemas, *store.state.catalogs]:
        store.state.unseen[name] = hidden
    result = store.run()
    assert first.onboarding == result.onboarding
    assert result.error is None
    store.state.unseen.clear()
    store.made_once()


def _disturbed() -> list[tuple[int, str, Literal["before", "after"]]]:
    """A sample of every fault, at every call, before and after its effect."""
    kinds = [kind for kind in TEMPORARY if kind != "hang"]
    cases = [
        (n, kind, when) for n in range(CALLS) for kind in kinds for when in ("before", "after")
    ]
    return random.Random(SEED).sample(cases, SAMPLED)  # type: ignore[arg-type]  # `when` is one of two


@pytest.mark.parametrize(("number", "kind", "when"), _disturbed())
def test_a_disturbed_run_converges(
    store: Metastore, number: int, kind: str, when: Literal["before", "after"]
) -> None:
    status, headers = TEMPORARY[kind]
    store.state.faults = [Fault(when, status, headers, skip=number)]
    assert store.run().error is None
    assert store.state.faults[0].hit > number
    store.made_once()


@pytest.mark.parametrize("times", [1, 2])
def test_a_read_that_fails_in_the_middle_is_tried_again(store: Metastore, times: int) -> None:
    def late(call: Call) -> bool:
        return call.method == "GET" and bool(store.state.schemas)

    store.state.faults = [
        Fault("before", 503, match=late, skip=n * 7, times=times) for n in range(4)
    ]
    assert store.run().error is None
    store.made_once()


COPIED: Final = {"platform_cli.domain": "loyalty", "platform_cli.onboarding": "somebody-elses"}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("properties", [{}, {"made": "by hand"}, COPIED])
def test_what_is_not_ours_is_left_alone(
    store: Metastore, layout: str, properties: dict[str, str]
) -> None:
    """No marker, or a marker that was copied: both are somebody else's."""
    store.layout = layout
    catalog, name = ("mesh", "loyalty_derived") if layout == "mesh" else ("loyalty", "derived")
    store.state.add_catalog(catalog, properties)
    store.state.add_schema(catalog, name, properties)
    result = store.run()
    assert result.outcome == "conflict"
    assert result.error is not None
    assert result.error.exit == Exit.DECISION
    assert store.state.attempts == []
    assert result.mutating_calls == 0


@pytest.mark.parametrize(
    "properties", [{}, {"platform_cli.domain": "orders", "platform_cli.onboarding": "x"}]
)
def test_a_catalog_that_is_not_the_domains_is_in_the_way(
    store: Metastore, properties: dict[str, str]
) -> None:
    store.state.add_catalog("loyalty", properties)
    result = store.run()
    assert (result.outcome, result.error and result.error.exit) == ("conflict", Exit.DECISION)
    assert store.state.attempts == []


def test_a_catalog_with_a_copied_marker_is_never_written_to(store: Metastore) -> None:
    store.state.add_catalog("loyalty", COPIED)
    result = store.run()
    assert result.error is not None
    assert (result.error.code, result.error.exit) == ("PLT-CATALOG-001", Exit.DECISION)
    assert store.state.attempts == []


def test_a_catalog_that_an_admin_made_is_adopted(store: Metastore) -> None:
    """Whoever may not CREATE CATALOG is given one, and says to use it."""
    store.state.add_catalog("loyalty", {"made": "by an admin"})
    store.state.lacks = {"CREATE_CATALOG"}
    assert store.run(adopt="all").error is None
    assert store.state.catalogs["loyalty"]["properties"] == {"made": "by an admin"}
    store.made_once()


def test_schemas_that_were_there_are_adopted(store: Metastore) -> None:
    store.state.add_catalog("loyalty", {})
    store.state.add_schema("loyalty", "raw", {"kept": "yes"})
    assert store.run(adopt="all").error is None
    assert store.state.schemas["loyalty.raw"]["properties"]["kept"] == "yes"
    store.made_once()


def test_wrong_credentials_end_the_run_before_anything_is_made(store: Metastore) -> None:
    error = refused(lambda: store.run(token="another"))  # noqa: S106 - of nobody
    assert (error.code, error.exit) == ("PLT-CATALOG-004", Exit.CREDENTIALS)
    assert store.state.attempts == []


def test_without_any_credentials_the_ways_are_named(store: Metastore) -> None:
    error = refused(lambda: store.run(token=None))
    assert (error.code, error.exit) == ("PLT-CATALOG-004", Exit.CREDENTIALS)
    assert "DATABRICKS_TOKEN" in str(error.hint)
    assert store.state.calls == []


@pytest.mark.parametrize("lacking", ["CREATE_CATALOG", "CREATE_SCHEMA", "MANAGE", "APPLY_TAG"])
def test_a_missing_grant_is_named_with_who_gives_it(store: Metastore, lacking: str) -> None:
    store.state.lacks = {lacking}
    result = store.run()
    assert result.error is not None
    assert (result.error.code, result.error.exit) == ("PLT-CATALOG-004", Exit.CREDENTIALS)
    assert lacking.replace("_", " ") in str(result.error.hint)
    assert "gives" in str(result.error.hint)


def test_a_group_that_does_not_exist_is_named(store: Metastore) -> None:
    store.state.principals = {"account users"}
    result = store.run()
    assert result.error is not None
    assert result.error.code == "PLT-CATALOG-006"
    assert "loyalty-team" in result.error.summary


def test_every_page_is_read(store: Metastore) -> None:
    store.state.page_size = 1
    store.state.empty_pages = True
    assert store.run().error is None
    assert any("page_token" in call.query for call, _ in store.state.calls)
    store.made_once()


def test_an_outsiders_right_is_taken_back(store: Metastore) -> None:
    store.run()
    store.state.grants["schema", "loyalty.raw"]["account users"] = {"USE_SCHEMA", "SELECT"}
    store.state.grants["catalog", "loyalty"]["account users"] = {"USE_CATALOG"}
    assert store.run().mutating_calls == 1
    store.made_once()


def test_an_inherited_right_is_seen_by_whoever_asks_what_holds(store: Metastore) -> None:
    """A grant on the catalog opens every schema in it: no grant on the schema tells."""
    store.run()
    catalog = opened_at(store.state)
    assert not catalog.may_read(EVERYONE, "loyalty", "raw")
    store.state.grants["catalog", "loyalty"]["account users"] |= {"USE_SCHEMA", "SELECT"}
    assert catalog.may_read(EVERYONE, "loyalty", "raw")


def test_what_holds_is_asked_of_the_catalog_and_not_added_up(store: Metastore) -> None:
    store.run()
    catalog = opened_at(store.state)
    store.state.nested["schema", "loyalty.raw"] = {"account users": {"USE_SCHEMA", "SELECT"}}
    assert EVERYONE not in catalog.grants("loyalty", "raw")
    assert catalog.may_read(EVERYONE, "loyalty", "raw")


def test_doctor_names_the_missing_grant_and_who_gives_it(store: Metastore) -> None:
    found = access.look(opened_at(store.state))
    assert found.lacking is not None
    assert "CREATE CATALOG" in found.lacking.saw
    assert store.state.owner in found.lacking.who
    for owner in (CALLER, "platform"):
        store.state.owner = owner
        assert access.look(opened_at(store.state)).lacking is None
    store.state.owner = "metastore-admins"
    store.state.grants["metastore", "11111111-0000-4000-8000-000000000000"] = {
        CALLER: {"CREATE_CATALOG"}
    }
    assert access.look(opened_at(store.state)).lacking is None


def test_doctor_looks_at_a_shared_catalog(store: Metastore) -> None:
    found = access.look(opened_at(store.state, "mesh"))
    assert found.lacking is not None
    assert "no catalog mesh" in found.lacking.saw
    store.state.add_catalog("mesh")["owner"] = "data-platform"
    found = access.look(opened_at(store.state, "mesh"))
    assert found.lacking is not None
    assert "CREATE SCHEMA and USE CATALOG on the catalog mesh" in found.lacking.saw
    assert "data-platform" in found.lacking.who
    store.state.grants["catalog", "mesh"][CALLER] = {"CREATE_SCHEMA", "USE_CATALOG"}
    assert access.look(opened_at(store.state, "mesh")).lacking is None


def test_doctor_without_access_raises(store: Metastore) -> None:
    error = refused(lambda: access.look(opened_at(store.state, token="another")))  # noqa: S106 - of nobody
    assert (error.code, error.exit) == ("PLT-CATALOG-004", Exit.CREDENTIALS)
    assert store.state.attempts == []


def test_doctor_on_the_command_line(store: Metastore, tmp_path: Path) -> None:
    done = _doctor(store, tmp_path)
    assert done.returncode == Exit.CREDENTIALS, done.stdout + done.stderr
    found = next(one for one in json.loads(done.stdout)["findings"] if one["id"] == "catalog")
    assert "lacks CREATE CATALOG" in found["saw"]
    assert found["who"] == "a metastore admin: metastore-admins"
    store.state.owner = CALLER
    assert "no grant is missing" in _doctor(store, tmp_path).stdout


def _doctor(store: Metastore, folder: Path) -> subprocess.CompletedProcess[str]:
    config = folder / "config.toml"
    told = f'host = "{store.state.base}"\n'
    config.write_text(
        f'profile = "lake"\n[profiles.lake]\ncatalog = "unity"\n[profiles.lake.unity]\n{told}',
        encoding="utf-8",
    )
    order = ["doctor", "--config", str(config), "--format", "json"]
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "PLATFORM_HOME": str(folder / "home"),
        "DATABRICKS_TOKEN": TOKEN,
    }
    return subprocess.run(
        [sys.executable, "-m", "platform_cli", *order],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
