"""How an Iceberg REST catalog is asked: lazily, once, within the time, as who the settings say."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from platform_cli.errors import Exit, PlatformError, TemporaryError
from platform_cli.providers.catalog.iceberg.adapter import IcebergCatalog
from platform_cli.providers.catalog.iceberg.opening import Server, Times, opened
from platform_cli.providers.catalog.iceberg.place import Layout, LayoutName
from platform_cli.providers.catalog.port import TIERS
from platform_cli.providers.marker import Marker
from platform_cli.spec import DomainSpec, Owner
from tests.fakes.iceberg.routes import new_table
from tests.fakes.iceberg.server import serving
from tests.fakes.iceberg.state import CLIENT, TOKEN, Fault, State
from tests.providers.catalog_tables import FIRST, SECOND
from tests.providers.iceberg_worlds import NO_COLUMNS, Passing, opened_at

MARKER = Marker("loyalty", "onboarding-1")
CREDENTIAL = {"ICEBERG_CREDENTIAL": ":".join(CLIENT)}


@pytest.fixture
def state() -> Iterator[State]:
    with serving(warehouse="mesh", prefix="mesh") as made:
        yield made


def at(uri: str | None, passing: Passing | None = None, timeout_s: float = 20) -> IcebergCatalog:
    time = passing or Passing()
    server = Server(uri, "mesh", "flat", timeout_s)
    return opened(server, {"ICEBERG_TOKEN": TOKEN}.get, Times(time.clock, time.pause))


def refused(catalog: IcebergCatalog) -> PlatformError:
    with pytest.raises(PlatformError) as caught:
        catalog.schema("loyalty", "raw")
    assert "canary" not in f"{caught.value.summary} {caught.value.hint} {caught.value.__cause__!r}"
    return caught.value


def test_opening_asks_nobody_and_imports_nothing() -> None:
    program = (
        "import sys\n"
        "from platform_cli.providers.catalog.iceberg.opening import Server, Times, opened\n"
        "made = opened(Server('http://192.0.2.1', None, 'flat', 5), lambda _: None,"
        " Times(lambda: 0.0, lambda _: None))\n"
        "made.address('loyalty', 'raw'), made.enforces_access\n"
        "print(sorted({'pyiceberg', 'requests', 'pydantic'} & set(sys.modules)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"


def test_an_address_where_nobody_answers_is_tried_once() -> None:
    """Each try may take all of the time that the settings give to one call."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        passing = Passing()
        error = refused(at(f"http://127.0.0.1:{unused.getsockname()[1]}", passing))
    assert (error.code, error.exit) == ("PLT-CATALOG-005", Exit.FAILED)
    assert not isinstance(error, TemporaryError)
    assert "cannot be reached" in error.summary
    assert "iceberg.uri" in str(error.hint)
    assert passing.waited_s == []


def test_a_server_that_takes_the_call_and_is_silent_is_left_in_time() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        passing = Passing()
        uri = f"http://127.0.0.1:{silent.getsockname()[1]}"
        error = refused(at(uri, passing, timeout_s=0.2))
        # A token that is had first does not make it longer either.
        time = Times(passing.clock, passing.pause)
        second = refused(opened(Server(uri, None, "flat", 0.2), CREDENTIAL.get, time))
    assert (error.code, second.code) == ("PLT-CATALOG-005", "PLT-CATALOG-005")
    assert passing.waited_s == []


def watched(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, tuple[float, int]]]:
    """Every request as it leaves, with the time that it may take and its tries."""
    from requests.adapters import HTTPAdapter

    seen: list[tuple[Any, tuple[float, int]]] = []
    send = HTTPAdapter.send

    def watching(self: HTTPAdapter, request: Any, **more: Any) -> Any:
        seen.append((request, (more["timeout"].total, int(self.max_retries.total or 0))))
        return send(self, request, **more)

    monkeypatch.setattr(HTTPAdapter, "send", watching)
    return seen


def test_every_request_carries_the_time_that_one_call_may_take(
    state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = watched(monkeypatch)
    catalog = opened_at(state, timeout_s=7, secrets=CREDENTIAL)
    catalog.create_schema("loyalty", "raw", marker=MARKER)
    assert {bounds for _, bounds in seen} == {(7, 0)}
    assert any("oauth" in request.path_url for request, _ in seen)


@pytest.mark.parametrize("layout", ["flat", "nested"])
def test_a_namespace_that_another_made_in_the_meantime_is_not_taken_for_ours(
    state: State, layout: LayoutName
) -> None:
    """The domain's own namespace no more than a tier's."""
    place = ("loyalty",) if layout == "nested" else ("loyalty_raw",)
    for kept in ({}, {"platform_cli.domain": "loyalty", "platform_cli.onboarding": "another"}):
        state.namespaces = {place: dict(kept)}
        state.unseen = {place: 1}
        with pytest.raises(PlatformError) as caught:
            opened_at(state, layout).create_schema("loyalty", "raw", marker=MARKER)
        assert (caught.value.code, caught.value.exit) == ("PLT-CATALOG-001", Exit.DECISION)
        assert state.namespaces == {place: kept}


@pytest.mark.parametrize("uri", [None, "", "catalog.example.org", "file:///etc/passwd", "http://"])
def test_what_is_no_address_is_said_before_anything_is_asked(uri: str | None) -> None:
    error = refused(at(uri))
    assert error.code == "PLT-CATALOG-006"
    assert "iceberg.uri" in error.summary


def test_a_warehouse_that_is_not_there_is_named(state: State) -> None:
    state.warehouse = "other"
    error = refused(at(state.uri))
    assert error.code == "PLT-CATALOG-006"
    assert "warehouse mesh" in error.summary
    assert state.attempts == []


@pytest.mark.parametrize("status", [301, 302, 307])
def test_no_token_follows_a_redirect(state: State, status: int) -> None:
    with serving(warehouse="mesh") as other:
        there = {"Location": f"{other.uri}/v1/config"}
        state.faults = [Fault("before", status, there, match=lambda _: True, times=99)]
        assert refused(at(state.uri)).code == "PLT-CATALOG-006"
        assert other.calls == []


def test_no_token_goes_where_the_server_says_that_it_is(state: State) -> None:
    with serving(warehouse="mesh", prefix="mesh") as other:
        state.overrides = {"uri": other.uri}
        error = refused(at(state.uri))
        assert error.code == "PLT-CATALOG-006"
        assert other.base.removeprefix("http://") in error.summary
        assert other.calls == []


def test_what_the_server_would_have_us_use_is_left_alone(
    state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Headers, classes to load, ways to sign: of its settings only how paths are written count."""
    state.overrides = {
        "uri": f"{state.uri}/",
        "py-io-impl": "no.such.Files",
        "rest.sigv4-enabled": "true",
        "header.X-Theirs": "1",
        "token": "theirs",
    }
    requests = watched(monkeypatch)
    catalog = at(state.uri)
    catalog.create_schema("loyalty", "raw", marker=MARKER)
    made = catalog.create_table("loyalty", "raw", "points", FIRST, marker=MARKER)
    assert catalog.table("loyalty", "raw", "points") == made
    for request, _ in requests:
        assert "X-Theirs" not in request.headers
        # Access to files is not ours to have.
        assert "X-Iceberg-Access-Delegation" not in request.headers
        assert request.headers["Authorization"] == f"Bearer {TOKEN}"


def test_a_page_that_is_not_icebergs_is_not_nothing(state: State) -> None:
    """A proxy's 404 does not say that a namespace is absent: it would be made there."""
    with serving() as other:
        catalog = at(f"{other.base}/elsewhere")
        assert refused(catalog).code in {"PLT-CATALOG-004", "PLT-CATALOG-006"}
    catalog = at(state.uri)
    assert catalog.schema("loyalty", "raw") is None
    for kind, code in (("cut", "PLT-CATALOG-005"), ("proxy", "PLT-CATALOG-006")):
        state.faults = [Fault("before", kind, match=lambda _: True, times=99)]  # type: ignore[arg-type]  # one of the words
        assert refused(catalog).code == code


def test_a_client_credential_gives_a_token_that_is_renewed_before_it_ends(state: State) -> None:
    passing = Passing()
    catalog = opened_at(state, passing=passing, secrets=CREDENTIAL)
    for _ in range(3):
        assert catalog.schema("loyalty", "raw") is None
    assert _tokens(state) == 1
    passing.now_s += 3600
    assert catalog.schema("loyalty", "raw") is None
    assert _tokens(state) == 2


def test_a_token_that_ended_before_it_said_so_is_renewed(state: State) -> None:
    catalog = opened_at(state, secrets=CREDENTIAL)
    assert catalog.schema("loyalty", "raw") is None
    state.faults = [Fault("before", 401, match=lambda call: call.method == "GET")]
    assert catalog.schema("loyalty", "raw") is None
    assert _tokens(state) == 2


def test_polaris_scope_is_asked_for_where_icebergs_is_not_known(state: State) -> None:
    state.scopes = frozenset({"PRINCIPAL_ROLE:ALL"})
    assert opened_at(state, secrets=CREDENTIAL).schema("loyalty", "raw") is None
    state.scopes = frozenset()
    assert refused(opened_at(state, secrets=CREDENTIAL)).exit == Exit.CREDENTIALS


def test_a_token_endpoint_with_a_bad_moment_is_asked_again(state: State) -> None:
    def tokens(call: Any) -> bool:
        return bool(call.path.endswith("/oauth/tokens"))

    state.faults = [Fault("before", 503, match=tokens), Fault("before", "drop", match=tokens)]
    assert opened_at(state, secrets=CREDENTIAL).schema("loyalty", "raw") is None


def test_a_credential_with_letters_of_none_is_refused_unseen(state: State) -> None:
    error = refused(opened_at(state, secrets={"ICEBERG_TOKEN": "canary\nInjected: 1"}))
    assert (error.code, error.exit) == ("PLT-CATALOG-004", Exit.CREDENTIALS)
    assert state.calls == []


@pytest.mark.parametrize("layout", ["flat", "nested"])
def test_no_two_domains_meet(layout: LayoutName) -> None:
    """A hyphen is an underscore in a catalog, and no domain's name has one of its own."""
    names = ["a", "a-raw", "a-raw-raw", "raw", "a-b", "ab", "a-product"]
    owner = Owner("team", "acme", "team")
    spelled = [DomainSpec(name, owner, "x").catalog_name for name in names]
    found = [Layout(layout).namespace(name, tier) for name in spelled for tier in TIERS]
    assert len(set(found)) == len(names) * len(TIERS)
    # Nor does one domain's parent stand where another's schema is.
    parents = {place[:-1] for place in found if len(place) > 1}
    assert not parents & set(found)


def test_a_table_that_another_made_in_the_meantime_is_not_taken_for_ours(state: State) -> None:
    catalog = opened_at(state)
    catalog.create_schema("loyalty", "raw", marker=MARKER)
    place = ("loyalty_raw", "points")
    state.tables[place] = new_table(place, NO_COLUMNS, {})
    state.unseen[place] = 1
    with pytest.raises(PlatformError) as caught:
        catalog.create_table("loyalty", "raw", "points", FIRST, marker=MARKER)
    assert caught.value.code == "PLT-CATALOG-001"


def test_a_view_that_has_the_name_is_not_written_to(state: State) -> None:
    catalog = opened_at(state)
    catalog.create_schema("loyalty", "raw", marker=MARKER)
    state.views.add(("loyalty_raw", "points"))
    with pytest.raises(PlatformError) as caught:
        catalog.create_table("loyalty", "raw", "points", FIRST, marker=MARKER)
    assert caught.value.code == "PLT-CATALOG-001"


def test_a_changed_table_is_one_commit(state: State) -> None:
    catalog = opened_at(state)
    catalog.create_schema("loyalty", "raw", marker=MARKER)
    catalog.create_table("loyalty", "raw", "points", FIRST, marker=MARKER)
    before = len(state.attempts)
    catalog.set_table("loyalty", "raw", "points", SECOND)
    assert len(state.attempts) == before + 1
    catalog.set_table("loyalty", "raw", "points", SECOND)
    assert len(state.attempts) == before + 1


def test_what_is_written_down_wrongly_is_said(state: State) -> None:
    catalog = opened_at(state)
    catalog.create_schema("loyalty", "raw", marker=MARKER)
    state.namespaces["loyalty_raw",]["platform_cli.grant.@ada"] = "own"
    with pytest.raises(PlatformError) as caught:
        catalog.grants("loyalty", "raw")
    assert caught.value.code == "PLT-CATALOG-006"
    with pytest.raises(PlatformError) as caught:
        catalog.set_tags("loyalty", "raw", {"owner": "\ud800"})
    assert caught.value.code == "PLT-SPEC-001"


def _tokens(state: State) -> int:
    return sum(call.path.endswith("/oauth/tokens") for call, _ in state.calls)
