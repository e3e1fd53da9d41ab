"""How Unity Catalog is asked: through the SDK, once, within the time, as unified authentication says."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from platform_cli.errors import Exit, PlatformError, TemporaryError
from platform_cli.providers.asked import Asked
from platform_cli.providers.catalog.port import EVERYONE, TIERS, Column, ColumnType
from platform_cli.providers.catalog.unity import answers, columns, flavour, sdk
from platform_cli.providers.catalog.unity.adapter import UnityCatalog
from platform_cli.providers.catalog.unity.answers import Answer
from platform_cli.providers.catalog.unity.opening import Server, opened
from platform_cli.providers.catalog.unity.shapes import Layout, Principals
from tests.fakes.unity.description import ABSENT, folder
from tests.fakes.unity.server import serving
from tests.fakes.unity.state import CLIENT, TOKEN, Fault, State
from tests.providers.unity_worlds import (
    LAYOUTS,
    Passing,
    against_the_description,
    alone,
    opened_at,
)

__all__ = ["alone"]


@pytest.fixture
def state() -> Iterator[State]:
    with serving() as made:
        yield made


def catalog_with(
    host: str | None, timeout_s: float = 20, *, kept: dict[str, str] | None = None
) -> UnityCatalog:
    """A catalog whose credentials are where this test put them."""
    server = Server(host, LAYOUTS[0], "account users", "acme", timeout_s)
    return opened(server, (kept or {}).get, dict(os.environ), Passing().pause)


def refused(catalog: UnityCatalog) -> PlatformError:
    with pytest.raises(PlatformError) as caught:
        catalog.schema("loyalty", "raw")
    return caught.value


def test_the_sdk_is_the_one_whose_private_name_is_relied_on() -> None:
    """QuietConfig overrides it; another version may have renamed it, and would ask the network."""
    from databricks.sdk.core import Config

    assert version("databricks-sdk").startswith("0.156.")
    assert callable(vars(Config)["_resolve_host_metadata"])


def test_opening_imports_no_sdk() -> None:
    code = (
        "import sys\n"
        "from platform_cli.providers.catalog.unity.opening import Server, opened\n"
        "made = opened(Server('https://x.example', 'mesh', 'g', 'o', 5), lambda _: None, {}, print)\n"
        "assert made.address('care', 'raw') == 'mesh.care_raw'\n"
        "assert not [name for name in sys.modules if name.startswith('databricks')]\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[2])


@pytest.mark.parametrize(
    "kept", [{"token": TOKEN}, {"client_id": CLIENT[0], "client_secret": CLIENT[1]}]
)
def test_construction_asks_nobody(state: State, kept: dict[str, str]) -> None:
    made = sdk.config(host=state.base, timeout_s=5, kept=kept)
    assert state.calls == []
    assert made.authenticate() == {"Authorization": f"Bearer {TOKEN}"}


def test_what_the_sdk_would_wait_for_is_never_waited_for() -> None:
    clock = sdk.OnceClock()
    begun = clock.time()
    clock.sleep(0.1)
    assert clock.time() > begun + 10_000


def test_a_host_that_does_not_answer_is_an_error_within_the_time(state: State) -> None:
    """The fake hangs until the test lets go of it, which it does not before the error."""
    state.faults = [Fault("before", "hang", match=lambda _: True, times=99)]
    passing = Passing()
    with pytest.raises(TemporaryError) as caught:
        opened_at(state, passing=passing, timeout_s=0.3).schema("loyalty", "raw")
    assert (len(state.calls), passing.waited_s) == (1, [])
    assert (caught.value.code, caught.value.exit) == ("PLT-CATALOG-005", Exit.FAILED)
    assert "did not answer" in caught.value.summary
    assert not state.over.is_set()


def test_a_host_where_nobody_listens_is_an_error() -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        host = f"http://127.0.0.1:{held.getsockname()[1]}"
        passing = Passing()
        made = opened_at(State(base=host), passing=passing)
        with pytest.raises(TemporaryError) as caught:
            made.schema("loyalty", "raw")
    assert "ConnectionError" in caught.value.summary
    assert passing.waited_s == []


def test_a_token_of_the_environment(state: State, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABRICKS_TOKEN", TOKEN)
    catalog = catalog_with(state.base)
    assert catalog.schema("loyalty", "raw") is None
    assert catalog.metastore.api.credentials.kind == "pat"


def test_the_host_of_the_environment(state: State, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABRICKS_HOST", state.base)
    monkeypatch.setenv("DATABRICKS_TOKEN", TOKEN)
    assert catalog_with(None).schema("loyalty", "raw") is None


def test_a_token_of_the_keyring(state: State) -> None:
    assert catalog_with(state.base, kept={"DATABRICKS_TOKEN": TOKEN}).tiers("loyalty") == set()


def test_the_keyring_is_not_asked_where_the_environment_knows(
    state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two ways at once would be refused by the SDK."""
    monkeypatch.setenv("DATABRICKS_CLIENT_ID", CLIENT[0])
    monkeypatch.setenv("DATABRICKS_CLIENT_SECRET", CLIENT[1])
    catalog = catalog_with(state.base, kept={"DATABRICKS_TOKEN": "another"})
    assert catalog.schema("loyalty", "raw") is None
    assert catalog.metastore.api.credentials.kind == "oauth-m2m"


def test_oauth_of_a_service_principal(state: State) -> None:
    kept = dict(zip(("DATABRICKS_CLIENT_ID", "DATABRICKS_CLIENT_SECRET"), CLIENT, strict=True))
    catalog = catalog_with(state.base, kept=kept)
    assert catalog.schema("loyalty", "raw") is None
    asked = [call.path for call, _ in state.calls if call.path.startswith(("/oidc", "/."))]
    assert asked == ["/oidc/v1/token"]


def test_oauth_with_a_wrong_secret(state: State) -> None:
    kept = {"DATABRICKS_CLIENT_ID": CLIENT[0], "DATABRICKS_CLIENT_SECRET": "canary-wrong"}
    error = refused(catalog_with(state.base, kept=kept))
    assert (error.code, error.exit) == ("PLT-CATALOG-004", Exit.CREDENTIALS)
    assert "canary" not in f"{error.summary} {error.hint}"


def test_oauth_that_hangs_is_an_error_within_the_time(state: State) -> None:
    """The SDK asks for tokens without any time-out of its own."""
    state.faults = [Fault("before", "hang", match=lambda _: True, times=99)]
    kept = dict(zip(("DATABRICKS_CLIENT_ID", "DATABRICKS_CLIENT_SECRET"), CLIENT, strict=True))
    with pytest.raises(TemporaryError) as caught:
        catalog_with(state.base, 0.3, kept=kept).schema("loyalty", "raw")
    assert caught.value.code == "PLT-CATALOG-005"
    assert "no credential within 0.3 s" in caught.value.summary
    assert not state.over.is_set()


@pytest.mark.parametrize(
    ("status", "code", "meaning", "exit_code"),
    [
        (400, "SCHEMA_ALREADY_EXISTS", "PLT-CATALOG-001", Exit.DECISION),
        (409, "ALREADY_EXISTS", "PLT-CATALOG-001", Exit.DECISION),
        (409, "SOMETHING", "PLT-CATALOG-001", Exit.DECISION),
        (401, "", "PLT-CATALOG-004", Exit.CREDENTIALS),
        (403, "PERMISSION_DENIED", "PLT-CATALOG-004", Exit.CREDENTIALS),
        (404, "PRINCIPAL_DOES_NOT_EXIST", "PLT-CATALOG-006", Exit.FAILED),
        (404, "SCHEMA_DOES_NOT_EXIST", "PLT-CATALOG-003", Exit.FAILED),
        (400, "INVALID_PARAMETER_VALUE", "PLT-CATALOG-006", Exit.FAILED),
        (302, "", "PLT-CATALOG-006", Exit.FAILED),
        (501, "NOT_IMPLEMENTED", "PLT-CATALOG-006", Exit.FAILED),
    ],
)
def test_an_answer_means_what_its_status_and_code_say(
    status: int, code: str, meaning: str, exit_code: Exit
) -> None:
    told = {"error_code": code, "message": "It says\nmore."} if code else None
    error = answers.judged(Answer(status, {}, told), Asked("POST", "/schemas", "x.example"))
    assert error is not None
    assert not isinstance(error, TemporaryError)
    assert (error.code, error.exit) == (meaning, exit_code)
    assert error.summary.isprintable()


@pytest.mark.parametrize(
    ("status", "code"), [(409, "ABORTED"), (409, "RESOURCE_CONFLICT"), (408, ""), (504, "")]
)
def test_an_answer_that_is_only_a_bad_moment(status: int, code: str) -> None:
    answer = Answer(status, {}, {"error_code": code})
    error = answers.judged(answer, Asked("POST", "/schemas", "x.example"))
    assert isinstance(error, TemporaryError)
    assert error.code == "PLT-CATALOG-005"


def test_a_profile_of_the_sdks_own_file(
    state: State, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "databrickscfg"
    file.write_text(f"[prod]\nhost = {state.base}\ntoken = {TOKEN}\n", encoding="utf-8")
    monkeypatch.setenv("DATABRICKS_CONFIG_FILE", str(file))
    monkeypatch.setenv("DATABRICKS_CONFIG_PROFILE", "prod")
    assert catalog_with(None).schema("loyalty", "raw") is None


@pytest.mark.parametrize("host", [None, "https://workspace.example"])
def test_no_credentials_at_all(host: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    # An empty PATH: a tool of the vendor's on this machine may be logged in.
    monkeypatch.setenv("PATH", "")
    error = refused(catalog_with(host))
    assert (error.code, error.exit) == ("PLT-CATALOG-004", Exit.CREDENTIALS)
    assert "DATABRICKS_CONFIG_PROFILE" in str(error.hint)


_DOMAINS = st.from_regex(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*", fullmatch=True)


@given(st.lists(_DOMAINS, unique=True, min_size=2, max_size=6))
def test_two_domains_never_meet_in_one_schema(domains: list[str]) -> None:
    """Names with `-` map to `_` one to one, and the tier is part of the schema or below it."""
    for name in LAYOUTS:
        places = [
            Layout(name).place(domain.replace("-", "_"), tier)
            for domain in domains
            for tier in TIERS
        ]
        assert len({place.full for place in places}) == len(domains) * len(TIERS)


@given(st.from_regex(r"@[a-z0-9]+(?:-[a-z0-9]+)*(?:/[a-z0-9]+(?:-[a-z0-9]+)*)?", fullmatch=True))
def test_a_principal_is_the_catalogs_and_back(who: str) -> None:
    principals = Principals("acme", "account users")
    assert principals.who(principals.of(who)) == who
    assert principals.of(who) != principals.of(EVERYONE)


def test_the_team_is_the_group_of_its_name() -> None:
    principals = Principals("acme", "account users")
    assert principals.of("@acme/loyalty-team") == "loyalty-team"
    assert principals.of("@other/loyalty-team") == "other/loyalty-team"
    assert principals.of(EVERYONE) == "account users"


def test_privileges_are_spelled_as_each_spells_them() -> None:
    assert flavour.DATABRICKS.privilege("USE_CATALOG") == "USE_CATALOG"
    assert flavour.GUARDED.privilege("USE_CATALOG") == "USE CATALOG"
    assert flavour.Flavour.word("USE CATALOG") == "USE_CATALOG"


def test_columns_are_what_spark_reads() -> None:
    held = ColumnType(
        "struct", None, (("at", ColumnType("timestamp_tz")), ("n", ColumnType("bigint")))
    )
    made = columns.written(
        [Column("amount", ColumnType("decimal", (12, 2)), required=True), Column("s", held)]
    )
    assert [(one["type_text"], one["type_name"], one["nullable"]) for one in made] == [
        ("decimal(12,2)", "DECIMAL", False),
        ("struct<at:timestamp,n:bigint>", "STRUCT", True),
    ]
    assert (made[0]["type_precision"], made[0]["type_scale"]) == (12, 2)


@against_the_description
def test_the_fake_is_checked_against_the_description(state: State) -> None:
    """Prove that the check can fail: a field that no catalog has."""
    assert folder() is not None, ABSENT
    state.flavour = "open"
    api = opened_at(state).metastore.api
    api.send("POST", "/catalogs", {"name": "x", "colour": "red"})
    assert any("no field colour" in one for one in state.wrong)
    api.send("POST", "/schemas", {"name": "x", "catalog_name": "x", "comment": 7})
    assert any("is not of type 'string'" in one for one in state.wrong)
