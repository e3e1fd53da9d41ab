"""PagerDuty's adapter: the port's suite and what is PagerDuty's own, on both libraries."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from platform_cli.errors import PlatformError
from platform_cli.providers.pager.pagerduty import client
from platform_cli.providers.pager.pagerduty.adapter import PagerDutyPager
from platform_cli.providers.pager.port import Pager, Person
from tests.fakes.pagerduty import description
from tests.fakes.pagerduty.state import State
from tests.providers.pager_pagerduty import scene
from tests.providers.pager_suite import PagerSuite, rotation

Scene = tuple[State, PagerDutyPager]


@pytest.fixture(params=client.NAMES)
def library(request: pytest.FixtureRequest) -> client.Name:
    name: client.Name = request.param
    return name


@pytest.fixture
def on(library: client.Name, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    with scene(tmp_path, library, monkeypatch) as (state, pager):
        yield state, pager
        assert not state.wrong


@pytest.fixture
def pager(on: Scene) -> Pager:
    on[0].add_user("Nobody", "nobody@example.org", reachable=False)
    return on[1]


class TestPort(PagerSuite):
    """The port's own tests."""

    def test_a_page_that_would_reach_nobody_is_refused(self, pager: Pager) -> None:
        rotation(pager, Person("Nobody", None))
        with pytest.raises(PlatformError) as caught:
            pager.page("loyalty", "key", "TEST")
        assert caught.value.code == "PLT-PAGER-003"
        assert not pager.pages("loyalty")


def test_the_description_is_there() -> None:
    if description.folder() is None:
        pytest.skip(description.ABSENT)


def test_the_fake_is_held_to_the_description() -> None:
    if description.folder() is None:
        pytest.skip(description.ABSENT)
    from tests.fakes.pagerduty.state import Call

    empty = Call("POST", "/services", {}, {})
    assert description.wrong_request(empty)
    assert description.wrong_request(Call("POST", "/v2/enqueue", {}, {}))
    assert description.wrong_request(Call("GET", "/users", {"nonsense": ["1"]}, None))
    assert description.wrong_answer(empty, 201, {"service": "text"})
    assert description.wrong_request(Call("PUT", "/users", {}, {}))
