"""Against Iceberg's own REST catalog: the port's suites, `init`, and what the fake believes of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from platform_cli.providers.catalog.iceberg.adapter import IcebergCatalog
from platform_cli.providers.catalog.iceberg.opening import Server, Times, opened
from platform_cli.providers.catalog.iceberg.place import LayoutName
from platform_cli.providers.catalog.port import TIERS, Tier
from tests.crash.histories import Elsewhere, History, Zygote, play
from tests.fakes.iceberg.server import serving as fake_serving
from tests.fakes.iceberg.state import TOKEN
from tests.providers.catalog_suite import CatalogSuite, World
from tests.providers.catalog_tables import TableSuite
from tests.providers.iceberg_worlds import NO_COLUMNS, Passing
from tests.servers.iceberg_rest import ask, emptied, serving

pytestmark = pytest.mark.integration
SEPARATOR = "%1F"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """One for all tests of this module: it takes a few seconds to start."""
    with serving(tmp_path_factory.mktemp("iceberg")) as uri:
        yield uri


@pytest.fixture
def uri(server: str) -> str:
    emptied(server)
    return server


def at(uri: str, layout: LayoutName) -> IcebergCatalog:
    time = Passing()
    return opened(Server(uri, None, layout, 20), lambda _: None, Times(time.clock, time.pause))


class _Real:
    layout: LayoutName = "flat"

    @pytest.fixture
    def world(self, uri: str) -> World:
        def foreign(domain: str, tier: Tier) -> None:
            place = at(uri, self.layout).warehouse.namespace(domain, tier)
            for depth in range(1, len(place) + 1):
                body = {"namespace": place[:depth], "properties": {"made": "by hand"}}
                ask(uri, "POST", "/v1/namespaces", body)

        return World(lambda: at(uri, self.layout), foreign)

    @pytest.fixture
    def stranger(self, uri: str) -> Callable[[str, Tier, str], None]:
        def make(domain: str, tier: Tier, name: str) -> None:
            place = at(uri, self.layout).warehouse.namespace(domain, tier)
            body = {"name": name, "schema": NO_COLUMNS, "properties": {"made": "by hand"}}
            status, _ = ask(uri, "POST", f"/v1/namespaces/{SEPARATOR.join(place)}/tables", body)
            assert status == 200

        return make


class TestFlat(_Real, CatalogSuite):
    """A namespace for each tier, beside all others."""


class TestNested(_Real, CatalogSuite):
    """Below one for the domain."""

    layout = "nested"


class TestTables(_Real, TableSuite):
    """Tables in flat namespaces."""


def test_init_twice(uri: str, tmp_path: Path) -> None:
    """The program itself, in processes of its own: everything once, and then nothing."""
    lines = (
        'profile = "lake"',
        "[profiles.lake]",
        'catalog = "iceberg"',
        "[profiles.lake.iceberg]",
        f'uri = "{uri}"',
        'layout = "nested"',
    )
    lake = Elsewhere({"ICEBERG_TOKEN": TOKEN}, "\n".join(lines) + "\n", "catalog.")
    with Zygote() as zygote:
        left = play(zygote, History("iceberg"), tmp_path, lake)
    assert not left.wrong
    assert left.result is not None
    assert left.second is not None
    assert left.second["mutating_calls"] == 0
    assert at(uri, "nested").tiers("loyalty") == set(TIERS)
    _, shown = ask(uri, "GET", f"/v1/namespaces/loyalty{SEPARATOR}product")
    assert shown["properties"]["platform_cli.onboarding"] == left.result["onboarding"]
    assert shown["properties"]["platform_cli.grant.everyone"] == "read"


A = {"namespace": ["a"], "properties": {"x": "1"}}
TABLE = {"name": "t", "schema": NO_COLUMNS, "properties": {"x": "1"}}
RENAMED = {"action": "set-properties", "updates": {"x": "2"}}
WRONG = {"type": "assert-table-uuid", "uuid": "00000000-0000-4000-8000-000000000000"}
EXCHANGES: tuple[tuple[str, str, Any], ...] = (
    ("GET", "/v1/namespaces", None),
    ("GET", "/v1/namespaces/a", None),
    ("GET", "/v1/namespaces?parent=a", None),
    ("GET", "/v1/namespaces/a/tables", None),
    ("POST", "/v1/namespaces/a/properties", {"removals": [], "updates": {"y": "1"}}),
    ("POST", "/v1/namespaces/a/tables", TABLE),
    ("POST", "/v1/namespaces", A),
    ("POST", "/v1/namespaces", A),
    ("GET", "/v1/namespaces", None),
    ("GET", "/v1/namespaces/a", None),
    ("POST", "/v1/namespaces", {"namespace": ["a", "b"], "properties": {}}),
    ("GET", "/v1/namespaces", None),
    ("GET", "/v1/namespaces?parent=a", None),
    ("POST", "/v1/namespaces/a/properties", {"removals": ["z", "x"], "updates": {"y": "1"}}),
    ("POST", "/v1/namespaces/a/properties", {"removals": ["y"], "updates": {"y": "1"}}),
    ("GET", "/v1/namespaces/a", None),
    ("GET", "/v1/namespaces/a/tables/t", None),
    ("POST", "/v1/namespaces/a/tables", TABLE),
    ("POST", "/v1/namespaces/a/tables", TABLE),
    ("GET", "/v1/namespaces/a/tables", None),
    ("GET", "/v1/namespaces/a/tables/t", None),
    ("POST", "/v1/namespaces/a/tables/t", {"requirements": [WRONG], "updates": [RENAMED]}),
    ("POST", "/v1/namespaces/a/tables/t", {"requirements": [], "updates": [RENAMED]}),
    ("POST", "/v1/namespaces/a/tables/u", {"requirements": [], "updates": [RENAMED]}),
)


def test_the_fake_answers_as_icebergs_own_server_does(uri: str) -> None:
    """The same requests to both: the same statuses, kinds of errors, and what is asked for.

    Not one in a parent that is absent: Iceberg's implies it, the fake refuses as Polaris does.
    """
    with fake_serving(guarded=False) as state:
        for method, path, body in EXCHANGES:
            real, fake = ask(uri, method, path, body), ask(state.uri, method, path, body)
            assert _compared(fake) == _compared(real), f"{method} {path} {body}"


def _compared(answer: tuple[int, Any]) -> tuple[int, Any]:
    """What of an answer the adapter goes by."""
    status, body = answer
    if status >= 400:
        return status, (body["error"]["type"], body["error"]["code"])
    if "metadata" in body:
        return status, body["metadata"]["properties"].get("x")
    return status, {key: sorted(value) for key, value in body.items() if value is not None}
