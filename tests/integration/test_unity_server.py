"""Unity Catalog's open-source server itself: the port's suite, and a whole `init` that ends ready."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from platform_cli.providers.catalog.port import TIERS, Tier
from platform_cli.providers.catalog.unity import sdk
from platform_cli.providers.catalog.unity.adapter import UnityCatalog
from platform_cli.providers.catalog.unity.api import at
from platform_cli.providers.catalog.unity.opening import Server, opened
from tests.integration.unity_server import CannotBeHadError, serving
from tests.providers.catalog_suite import CatalogSuite, World
from tests.providers.unity_worlds import LAYOUTS, Passing, alone

__all__ = ["alone"]
pytestmark = pytest.mark.integration
# Without its authorization the server looks at no token; the SDK wants one all the same.
TOKEN = "not-looked-at"  # noqa: S105 - see above


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    try:
        with serving(tmp_path_factory.mktemp("unity")) as url:
            yield url
    except CannotBeHadError as reason:
        pytest.skip(str(reason))


def opened_at(url: str) -> UnityCatalog:
    where = Server(url, LAYOUTS[0], "account users", "acme", 20)
    return opened(where, {"DATABRICKS_TOKEN": TOKEN}.get, {}, Passing().pause)


def emptied(url: str) -> None:
    """Take away what the test before has made."""
    api = opened_at(url).metastore.api
    for one in api.pages(at("catalogs"), "catalogs") or ():
        api.send("DELETE", at("catalogs", str(one["name"])), query={"force": "true"})


class TestServer(CatalogSuite):
    """The port's suite on the real server, which holds nobody to their grants."""

    @pytest.fixture
    def world(self, server: str) -> World:
        emptied(server)

        def foreign(domain: str, tier: Tier) -> None:
            api = opened_at(server).metastore.api
            api.send("POST", at("catalogs"), {"name": domain})
            api.send("POST", at("schemas"), {"name": tier, "catalog_name": domain})

        return World(lambda: opened_at(server), foreign)


def test_init_leaves_the_schemas_and_a_second_run_nothing(server: str, tmp_path: Path) -> None:
    emptied(server)
    config = tmp_path / "config" / "platform-cli"
    config.mkdir(parents=True)
    lines = ('profile = "lake"', "[profiles.lake]", 'catalog = "unity"', "[profiles.lake.unity]")
    told = "\n".join((*lines, f'host = "{server}"', ""))
    (config / "config.toml").write_text(told, encoding="utf-8")
    first, second = (_init(tmp_path) for _ in range(2))
    assert first["mutating_calls"]
    assert second["mutating_calls"] == 0
    from databricks.sdk import WorkspaceClient

    client = WorkspaceClient(config=sdk.config(host=server, timeout_s=20, kept={"token": TOKEN}))
    listed = {one.name: one.properties for one in client.schemas.list("loyalty")}
    assert set(listed) == set(TIERS)
    for properties in listed.values():
        assert (properties or {})["platform_cli.onboarding"] == first["onboarding"]


def _init(folder: Path) -> dict[str, object]:
    argv = ["init", "loyalty", "--owner", "@loyalty-team", "--on-call", "loyalty-pager"]
    done = subprocess.run(
        [sys.executable, "-m", "platform_cli", *argv, "--format", "json", "--quiet"],
        env={
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "PLATFORM_HOME": str(folder / "home"),
            "XDG_CONFIG_HOME": str(folder / "config"),
            "DATABRICKS_TOKEN": TOKEN,
        },
        capture_output=True,
        text=True,
        check=False,
    )
    # 3: a check was skipped, as where dbt is not installed.
    assert done.returncode in {0, 3}, done.stdout + done.stderr
    result: dict[str, object] = json.loads(done.stdout)
    return result
