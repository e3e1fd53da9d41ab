"""Everything that can go wrong, on every call of the PagerDuty adapter, before and after it.

Nobody waits here. Where a call ends in an error it is one, with the exit code of its cause; where
it does not, its effect is there once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import count
from pathlib import Path
from typing import Any, Final, Literal

import pytest

from platform_cli.errors import Exit, PlatformError, TemporaryError
from platform_cli.providers.pager.pagerduty import client
from platform_cli.providers.pager.pagerduty.api import TOKEN as TOKEN_NAME
from platform_cli.providers.pager.pagerduty.api import Api
from tests.fakes.pagerduty.state import TOKEN, Call, Fault, State
from tests.providers.pager_pagerduty import api, pager, scene
from tests.providers.pager_suite import ANN, MARKER
from tests.providers.pagerduty_calls import KEY, MUTATIONS, Scene, driven

When = Literal["before", "after"]
Kind = int | Literal["drop", "hang", "cut"]
TEMPORARY: Final[dict[str, tuple[Kind, dict[str, str]]]] = {
    "429": (429, {}),
    "429-reset": (429, {"ratelimit-reset": "7"}),
    "500": (500, {}),
    "502": (502, {}),
    "503": (503, {}),
    "503-retry-after": (503, {"Retry-After": "7"}),
    "drop": ("drop", {}),
    "hang": ("hang", {}),
    "cut": ("cut", {}),
}
PERMANENT: Final = {
    400: Exit.FAILED,
    401: Exit.CREDENTIALS,
    402: Exit.FAILED,
    403: Exit.CREDENTIALS,
    404: Exit.FAILED,
    409: Exit.FAILED,
}
PATIENT_S: Final = 60
HURRIED_S: Final = 1
_NUMBERS: Final = count(1)


@pytest.fixture(scope="module", params=client.NAMES)
def world(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[State, client.Name]]:
    folder = tmp_path_factory.mktemp("pagerduty")
    with pytest.MonkeyPatch.context() as patch, scene(folder, request.param, patch) as (state, _):
        yield state, request.param
        assert not state.wrong, "\n".join(state.wrong[:20])


@pytest.fixture(scope="module")
def connections(world: tuple[State, client.Name]) -> Iterator[Callable[[float], Api]]:
    """One connection for each time-out: making one takes longer than most tests."""
    opened: dict[float, Api] = {}

    def connection(timeout_s: float) -> Api:
        if timeout_s not in opened:
            opened[timeout_s] = api(*world, timeout_s=timeout_s)
        return opened[timeout_s]

    yield connection
    for one in opened.values():
        one.close()


@pytest.fixture
def scenes(
    world: tuple[State, client.Name], connections: Callable[[float], Api]
) -> Iterator[Callable[..., Scene]]:
    """Makes a scene of its own for each case."""
    state, _ = world

    def made(*, fallback: str | None = None) -> Scene:
        opened = pager(connections(PATIENT_S), fallback=fallback)
        return Scene(state, opened, f"d{next(_NUMBERS)}")

    yield made
    state.faults.clear()
    state.over.clear()
    state.hidden_reads = 0


@pytest.fixture
def hurried(connections: Callable[[float], Api]) -> Callable[[Scene], None]:
    """Goes on with a short time-out: for the one call that nobody answers, and no other."""

    def go_on(scene: Scene) -> None:
        scene.pager = pager(connections(HURRIED_S))

    return go_on


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("method", MUTATIONS)
def test_a_bad_moment_leaves_the_effect_once(
    method: str, when: When, scenes: Callable[..., Scene], hurried: Callable[[Scene], None]
) -> None:
    mutation = MUTATIONS[method]
    for label, (kind, headers) in TEMPORARY.items():
        here = scenes()
        mutation.prepare(here)
        if kind == "hang":
            hurried(here)
        here.state.faults = [Fault(when, kind, headers)]
        error = driven(mutation, here)
        here.state.over.set()
        here.state.over.clear()
        assert error is None, f"{label}: {error}"
        assert mutation.effects(here) == 1, label


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("method", MUTATIONS)
def test_a_refusal_is_one_clear_error_and_the_next_run_converges(
    method: str, when: When, scenes: Callable[..., Scene]
) -> None:
    mutation = MUTATIONS[method]
    for status, exit_code in PERMANENT.items():
        here = scenes()
        mutation.prepare(here)
        here.state.faults = [Fault(when, status)]
        error = driven(mutation, here)
        assert error is not None, status
        assert error.exit == exit_code, f"{status}: {error.code} {error.summary}"
        assert mutation.effects(here) == (0 if when == "before" else 1), status
        assert "canary" not in f"{error.summary} {error.hint}"
        again = driven(mutation, here)
        assert again is None or again.code == "PLT-PAGER-001", f"{status}: {again}"
        assert mutation.effects(here) == 1, status


@pytest.mark.parametrize("reads", range(6))
@pytest.mark.parametrize(
    "method", ["create_schedule", "create_escalation_policy", "create_service"]
)
def test_what_shows_late_is_not_made_twice(
    method: str, reads: int, scenes: Callable[..., Scene]
) -> None:
    mutation, here = MUTATIONS[method], scenes()
    mutation.prepare(here)
    here.state.hidden_reads = reads
    here.state.faults = [Fault("after", "drop")]
    with pytest.raises(TemporaryError):
        mutation.call(here)
    with pytest.raises(PlatformError) as caught:
        mutation.call(here)
    assert caught.value.code == "PLT-PAGER-001"
    assert mutation.effects(here) == 1


def test_a_lost_answer_makes_one_integration(scenes: Callable[..., Scene]) -> None:
    mutation, here = MUTATIONS["create_integration"], scenes()
    mutation.prepare(here)
    before = len(here.state.mutations)
    here.state.faults = [Fault("after", "drop")]
    with pytest.raises(TemporaryError) as caught:
        mutation.call(here)
    assert caught.value.code == "PLT-PAGER-006"
    assert len(here.state.mutations) == before + 1
    assert here.pager.integration(here.name) is not None
    assert mutation.effects(here) == 1


def _first(call: Call) -> bool:
    return call.method == "GET"


READS: Final[dict[str, Callable[[Scene], object]]] = {
    "schedule": lambda s: s.pager.schedule(s.name),
    "escalation_policy": lambda s: s.pager.escalation_policy(s.name),
    "service": lambda s: s.pager.service(s.name),
    "integration": lambda s: s.pager.integration(s.name),
    "integration_key": lambda s: s.pager.integration_key(s.name),
    "on_call": lambda s: s.pager.on_call(s.name),
    "members": lambda s: s.pager.members(),
    "page_of": lambda s: s.pager.page_of(s.name, KEY),
    "pages": lambda s: s.pager.pages(s.name),
}


@pytest.mark.parametrize("method", READS)
def test_a_read_looks_again_after_a_bad_moment(method: str, scenes: Callable[..., Scene]) -> None:
    for label, (kind, headers) in TEMPORARY.items():
        if kind == "hang":  # takes its time, and is the same for all of them: see below
            continue
        here = scenes()
        here.paged()
        expected = READS[method](here)
        here.state.faults = [Fault("before", kind, headers, match=_first)]
        try:
            found = READS[method](here)
        except TemporaryError:
            assert label == "429"  # half a minute or more is the run's to wait
        else:
            assert found == expected, label


def test_a_read_that_gets_no_answer_in_time_looks_again(
    scenes: Callable[..., Scene], hurried: Callable[[Scene], None]
) -> None:
    here = scenes()
    here.service()
    hurried(here)
    here.state.faults = [Fault("before", "hang", match=_first)]
    assert here.pager.service(here.name) is not None


@pytest.mark.parametrize("method", READS)
@pytest.mark.parametrize("status", [401, 403])
def test_a_read_that_is_refused_says_so(
    method: str, status: int, scenes: Callable[..., Scene]
) -> None:
    here = scenes()
    here.paged()
    here.state.faults = [Fault("before", status, match=_first)]
    with pytest.raises(PlatformError) as caught:
        READS[method](scenes())
    assert (caught.value.code, caught.value.exit) == ("PLT-PAGER-005", Exit.CREDENTIALS)


def test_a_limit_waits_no_longer_than_its_bound(scenes: Callable[..., Scene]) -> None:
    here = scenes()
    for asked, waits_s in (("7", 7), ("86399", 120), ("0", 1), ("soon", 30), ("-1", 30)):
        here.state.faults = [Fault("before", 429, {"ratelimit-reset": asked})]
        with pytest.raises(TemporaryError) as caught:
            here.schedule()
        assert caught.value.retry_after_s == waits_s


def test_pages_and_names_alike_and_case(scenes: Callable[..., Scene]) -> None:
    here = scenes()
    here.state.page_size = 2
    for number in range(5):
        name = f"{here.name} {number}"
        here.pager.create_schedule(name, marker=MARKER, members=(ANN,))
    here.schedule()
    found = here.pager.schedule(here.name.upper())
    here.state.page_size = 100
    assert found is not None
    assert (found.name, found.names_alike) == (here.name, 1)
    here.state.schedules.append({**here.state.schedules[-1], "id": "PTWIN"})
    twice = here.pager.schedule(here.name)
    assert twice is not None
    assert twice.names_alike == 2


def test_a_rotation_has_its_fallback_behind_it(
    world: tuple[State, client.Name], scenes: Callable[..., Scene]
) -> None:
    first = scenes()
    first.policy()
    here = scenes(fallback=first.name)
    here.policy()
    made = here.named("policies")[0]
    rules: Any = made["escalation_rules"]
    assert [one["type"] for rule in rules for one in rule["targets"]] == ["schedule_reference"] * 2
    nowhere = scenes(fallback="no such policy")
    with pytest.raises(PlatformError) as caught:
        nowhere.policy()
    assert caught.value.code == "PLT-PAGER-004"
    assert "No escalation policies are called" in caught.value.summary
    assert not nowhere.named("policies")


def test_neither_token_nor_key_is_shown_by_anything(scenes: Callable[..., Scene]) -> None:
    here = scenes()
    here.rotation()
    key = here.pager.integration_key(here.name)
    assert key is not None
    shown = repr(here.pager) + repr(READS["service"](here))
    assert TOKEN not in shown
    assert key not in shown


def test_without_a_token_nothing_is_asked(world: tuple[State, client.Name]) -> None:
    state, library = world
    for secret in (None, "", "  ", "tok\nen", "tök"):
        opened = api(state, library)
        opened.secret = {TOKEN_NAME: secret}.get
        asked = len(state.calls)
        with pytest.raises(PlatformError) as caught:
            pager(opened).service("loyalty")
        assert caught.value.code == "PLT-PAGER-005"
        assert len(state.calls) == asked


def test_a_server_that_nobody_vouches_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, world: tuple[State, client.Name]
) -> None:
    state, library = world
    other = tmp_path / "other.pem"
    import trustme

    trustme.CA().cert_pem.write_to_path(str(other))
    monkeypatch.setenv("SSL_CERT_FILE", str(other))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(other))
    with closing(api(state, library)) as opened, pytest.raises(PlatformError) as caught:
        pager(opened).service("loyalty")
    assert caught.value.code == "PLT-PAGER-007"
    assert "not trusted" in caught.value.summary


def test_where_events_go() -> None:
    assert client.events_url("https://api.pagerduty.com") == "https://events.pagerduty.com"
    assert client.events_url("https://api.eu.pagerduty.com/") == "https://events.eu.pagerduty.com"
    assert client.events_url("https://127.0.0.1:8443") == "https://127.0.0.1:8443"


def test_without_a_library_it_says_which(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "find_spec", lambda name: None)
    with pytest.raises(PlatformError) as caught:
        client.library()
    assert caught.value.code == "PLT-PAGER-007"
    assert "platform-cli[pagerduty]" in str(caught.value.hint)
    monkeypatch.setattr(client, "find_spec", lambda name: object())
    assert client.installed() == "pagerduty"
