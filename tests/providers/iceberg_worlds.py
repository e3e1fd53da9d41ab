"""An Iceberg REST catalog on its fake, as a test of its adapter opens it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest

from platform_cli.providers.catalog.iceberg.adapter import IcebergCatalog
from platform_cli.providers.catalog.iceberg.opening import Server, Times, opened
from platform_cli.providers.catalog.iceberg.place import LayoutName
from platform_cli.providers.catalog.port import Tier
from tests.fakes.iceberg.routes import new_table
from tests.fakes.iceberg.server import serving
from tests.fakes.iceberg.state import TOKEN, State
from tests.providers.catalog_suite import World

NO_COLUMNS = {"type": "struct", "fields": [], "schema-id": 0}


@dataclass(slots=True)
class Passing:
    """Time that passes only when somebody waits for it, or a test says so."""

    now_s: float = 0.0
    waited_s: list[float] = field(default_factory=list)

    def clock(self) -> float:
        return self.now_s

    def pause(self, seconds: float) -> None:
        self.waited_s.append(seconds)
        self.now_s += seconds


def opened_at(
    state: State,
    layout: LayoutName = "flat",
    *,
    passing: Passing | None = None,
    timeout_s: float = 60,
    secrets: dict[str, str] | None = None,
) -> IcebergCatalog:
    """A handle on the fake, as a new process would open it."""
    server = Server(state.uri, state.warehouse, layout, timeout_s)
    kept = {"ICEBERG_TOKEN": TOKEN} if secrets is None else secrets
    time = passing or Passing()
    return opened(server, kept.get, Times(time.clock, time.pause))


def foreign_in(state: State, layout: LayoutName) -> Callable[[str, Tier], None]:
    """Makes a schema as a stranger does."""

    def foreign(domain: str, tier: Tier) -> None:
        place = opened_at(state, layout).warehouse.namespace(domain, tier)
        for above in range(1, len(place)):
            state.namespaces.setdefault(place[:above], {"made": "by hand"})
        state.namespaces[place] = {"made": "by hand"}

    return foreign


class IcebergFixtures:
    """A catalog of the test's own."""

    layout: LayoutName = "flat"

    @pytest.fixture
    def state(self) -> Iterator[State]:
        with serving(warehouse="mesh", prefix="mesh") as state:
            yield state

    @pytest.fixture
    def world(self, state: State) -> World:
        return World(lambda: opened_at(state, self.layout), foreign_in(state, self.layout))

    @pytest.fixture
    def stranger(self, state: State) -> Callable[[str, Tier, str], None]:
        def make(domain: str, tier: Tier, name: str) -> None:
            place = (*opened_at(state, self.layout).warehouse.namespace(domain, tier), name)
            state.tables[place] = new_table(place, NO_COLUMNS, {"made": "by hand"})

        return make
