"""One look at everything: what two ask in it is asked once, and what came after it is not seen."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest

from platform_cli.errors import PlatformError, TemporaryError
from platform_cli.providers import Providers
from platform_cli.providers.forge.github.adapter import GitHubForge
from platform_cli.providers.marker import Marker
from platform_cli.providers.one_look import OneLook
from platform_cli.providers.pager.pagerduty.adapter import PagerDutyPager
from platform_cli.providers.unasked import Unasked
from tests.fakes.github.server import serving
from tests.fakes.github.state import Fault, State, matching
from tests.fakes.pagerduty.state import State as PagerState
from tests.fakes.unity.server import serving as unity_serving
from tests.providers.forge_github import Passing, forge_at
from tests.providers.pager_pagerduty import scene
from tests.providers.pager_suite import ANN, BEN, MARKER, rotation
from tests.providers.unity_worlds import opened_at

LONG_S = 30


def test_whoever_asks_while_the_answer_is_awaited_waits_with_them() -> None:
    look: OneLook[object] = OneLook()
    go = Event()
    counted: list[object] = []
    heard: list[object] = []

    def ask() -> object:
        counted.append(object())
        assert go.wait(LONG_S)
        return counted[-1]

    threads = [Thread(target=lambda: heard.append(look.of("q", ask))) for _ in range(8)]
    for thread in threads:
        thread.start()
    assert look.of("another", lambda: "not held up") == "not held up"
    go.set()
    for thread in threads:
        thread.join(LONG_S)
    assert len(counted) == 1
    assert heard == counted * len(threads)


def test_an_error_is_not_kept() -> None:
    look: OneLook[str] = OneLook()

    def fail() -> str:
        raise TemporaryError("PLT-FORGE-005", "A bad moment.")

    with pytest.raises(TemporaryError):
        look.of("q", fail)
    assert look.of("q", lambda: "there") == "there"
    assert look.of("q", fail) == "there"


def test_another_look_asks_anew() -> None:
    answers = iter(("then", "now"))
    for wanted in ("then", "now"):
        look: OneLook[str] = OneLook()
        assert look.of("q", lambda: next(answers)) == wanted
        assert look.of("q", lambda: next(answers)) == wanted


@pytest.fixture
def state(tmp_path: Path) -> Iterator[State]:
    with serving(tmp_path / "github") as state:
        yield state
    assert not state.wrong, "\n".join(state.wrong[:20])


@pytest.fixture
def forge(state: State, tmp_path: Path) -> GitHubForge:
    forge = forge_at(state, tmp_path / "home", Passing())
    forge.create_repository("loyalty", marker=Marker("loyalty", "id-1"), description="")
    forge.grant("loyalty", "@acme/readers", "write")
    forge.grant("loyalty", "@ada", "read")
    state.calls.clear()
    return forge


def read(state: State) -> list[str]:
    """The paths that were asked for since the last time, below the repository."""
    paths = [call.path.removeprefix("/repos/acme/loyalty") for call in state.reads]
    state.calls.clear()
    return paths


def test_github_is_asked_once_a_look(forge: GitHubForge, state: State) -> None:
    look = forge.one_look()
    for who, may in (
        ("@acme/readers", "write"),
        ("@acme/nobody", None),
        ("@acme/readers", "write"),
    ):
        assert look.permission("loyalty", who) == may
    assert read(state) == ["/teams"]  # of people nobody asks where a team is asked about
    assert look.permission("loyalty", "@ada") == "read"
    assert dict(look.permissions("loyalty")) == {"@acme/readers": "write", "@ada": "read"}
    assert read(state) == ["/collaborators"]
    # One answer, which each who asks judges by itself: no branch, and an empty repository.
    repository = look.repository("loyalty")
    assert repository is not None
    assert repository.empty
    assert look.branch("loyalty", "main") is None
    assert read(state) == ["", "/commits/heads/main"]


def test_what_changes_is_not_looked_at_with_one_look(forge: GitHubForge, state: State) -> None:
    look = forge.one_look()
    assert look.variables("loyalty") == forge.variables("loyalty") == {}
    forge.set_variable("loyalty", "KEY", "value")
    assert look.variables("loyalty") == {}
    assert forge.variables("loyalty") == look.one_look().variables("loyalty") == {"KEY": "value"}


def test_a_bad_moment_is_not_kept(forge: GitHubForge, state: State) -> None:
    look = forge.one_look()
    state.faults = [Fault("before", 502, match=matching("GET", "/variables"), times=2)]
    assert look.variables("loyalty") == {}
    assert look.variables("loyalty") == {}
    assert [status for _, status in state.calls] == [502, 502, 200]


def test_a_refusal_is_each_ones_own(forge: GitHubForge, state: State) -> None:
    look = forge.one_look()
    state.faults = [Fault("before", 403, match=matching("GET", "/variables"))]
    for _ in range(2):
        with pytest.raises(PlatformError) as caught:
            look.variables("loyalty")
        assert caught.value.code == "PLT-FORGE-004"
    assert len(state.calls) == 1


@pytest.fixture
def paged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[PagerState, PagerDutyPager]]:
    with scene(tmp_path, "pagerduty", monkeypatch) as (state, pager):
        yield state, pager
        assert not state.wrong


def test_pagerduty_is_asked_once_a_look(paged: tuple[PagerState, PagerDutyPager]) -> None:
    state, pager = paged
    rotation(pager, ANN, BEN)
    state.calls.clear()
    look = pager.one_look()
    for _ in range(2):
        schedule = look.schedule("loyalty pager")
        assert schedule is not None
        assert schedule.members == ("Ann", "Ben")
        assert look.service("loyalty") is not None
        assert look.integration("loyalty") is not None
    # A schedule is listed with its turns, and a service with its integrations.
    assert [call.path for call, _ in state.calls] == ["/schedules", "/services"]
    assert pager.service("loyalty") is not None
    assert len(state.calls) == 3


def test_unity_catalog_is_asked_once_a_look() -> None:
    with unity_serving("databricks") as state:
        catalog = opened_at(state)
        catalog.create_schema("loyalty", "raw", marker=MARKER)
        catalog.grant("loyalty", "raw", "@acme/readers", "read")
        state.calls.clear()
        look = catalog.one_look()
        assert look.schema("loyalty", "raw") is not None
        first = dict(look.grants("loyalty", "raw"))
        asked = len(state.calls)
        assert dict(look.grants("loyalty", "raw")) == first == {"@acme/readers": "read"}
        assert look.schema("loyalty", "raw") is not None
        assert len(state.calls) == asked
        catalog.revoke("loyalty", "raw", "@acme/readers")
        assert dict(catalog.grants("loyalty", "raw")) == {}


def test_a_look_at_what_nobody_is_asked_about_is_the_same() -> None:
    nobody: Any = Unasked(organisation="acme")
    assert nobody.one_look() is nobody
    look = Providers(nobody, nobody, nobody).one_look()
    assert look.forge.organisation == "acme"
