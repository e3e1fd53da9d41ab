"""Unity Catalog on a fake of each kind, as a test of its adapter opens it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest

from platform_cli.providers.catalog.port import Tier
from platform_cli.providers.catalog.unity.adapter import UnityCatalog
from platform_cli.providers.catalog.unity.opening import Server, opened
from tests.fakes.unity.description import ABSENT, folder
from tests.fakes.unity.server import serving
from tests.fakes.unity.state import TOKEN, FlavourName, State
from tests.providers.catalog_suite import World

LAYOUTS = ("catalog-per-domain", "mesh")
against_the_description = pytest.mark.skipif(folder() is None, reason=ABSENT)


@dataclass(slots=True)
class Passing:
    """Time that passes only when somebody waits for it."""

    waited_s: list[float] = field(default_factory=list)

    def pause(self, seconds: float) -> None:
        self.waited_s.append(seconds)


def opened_at(
    state: State,
    layout: str = LAYOUTS[0],
    *,
    passing: Passing | None = None,
    timeout_s: float = 60,
    token: str | None = TOKEN,
    organisation: str = "acme",
) -> UnityCatalog:
    """A handle on the fake, as a new process would open it."""
    server = Server(state.base, layout, "account users", organisation, timeout_s)
    pause = (passing or Passing()).pause
    secrets = {"DATABRICKS_TOKEN": token}
    return opened(server, secrets.get, {}, pause)


def foreign_in(state: State, layout: str) -> Callable[[str, Tier], None]:
    """Makes a schema as a stranger does."""

    def foreign(domain: str, tier: Tier) -> None:
        catalog, name = (layout, f"{domain}_{tier}") if layout == "mesh" else (domain, tier)
        if catalog not in state.catalogs:
            state.add_catalog(catalog)
        state.add_schema(catalog, name, {"made": "by hand"})

    return foreign


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """No credential of the person who runs the tests is looked at."""
    for name in list(os.environ):
        if name.startswith(("DATABRICKS_", "ARM_", "GOOGLE_", "ACTIONS_ID_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("DATABRICKS_CONFIG_FILE", os.devnull)


class UnityFixtures:
    """A Unity Catalog of the test's own; what does not fit the description fails at its end."""

    flavour: FlavourName = "databricks"
    layout: str = LAYOUTS[0]

    @pytest.fixture
    def state(self) -> Iterator[State]:
        with serving(self.flavour) as state:
            if self.layout == "mesh":
                state.add_catalog("mesh")
            yield state
        assert not state.wrong, "\n".join(state.wrong[:20])

    @pytest.fixture
    def world(self, state: State) -> World:
        return World(lambda: opened_at(state, self.layout), foreign_in(state, self.layout))

    @pytest.fixture
    def stranger(self, state: State) -> Callable[[str, Tier, str], None]:
        def make(domain: str, tier: Tier, name: str) -> None:
            full = f"{opened_at(state, self.layout).address(domain, tier)}.{name}"
            catalog, schema, _ = full.split(".")
            state.tables[full] = {
                "name": name,
                "catalog_name": catalog,
                "schema_name": schema,
                "table_type": "MANAGED",
                "data_source_format": "DELTA",
                "columns": [],
                "properties": {"made": "by hand"},
            }

        return make
