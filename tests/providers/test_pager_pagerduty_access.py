"""What `doctor` finds at PagerDuty."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from platform_cli.errors import PlatformError
from platform_cli.providers.pager.pagerduty import access
from platform_cli.providers.pager.pagerduty.adapter import PagerDutyPager
from tests.fakes.pagerduty.state import Fault, State
from tests.providers.pager_pagerduty import scene

Here = tuple[State, PagerDutyPager]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Here]:
    with scene(tmp_path, "pagerduty", monkeypatch) as (state, pager):
        state.add_user("Platform", "platform@example.org")
        yield state, pager
        assert not state.wrong
        assert not state.mutations


def test_nothing_is_missing(here: Here) -> None:
    found = access.look(here[1])
    assert found == access.Found("an account's REST API key", ())


def test_a_user_s_token(here: Here) -> None:
    state, pager = here
    state.me = state.users[0]
    assert access.look(pager).who == "the token of Ann"
    state.me = {**state.users[0], "role": "read_only_user"}
    lacking = access.look(pager).lacking
    assert [one.credentials for one in lacking] == [True]
    assert "read_only_user" in lacking[0].saw


def test_everything_that_is_wrong_at_once(here: Here) -> None:
    state, pager = here
    pager.api.from_ = "nobody@example.org"
    mute = state.add_user("Mute", "mute@example.org", reachable=False)
    state.members[str(state.teams[0]["id"])].append(mute)
    saw = [one.saw for one in access.look(pager).lacking]
    assert saw == [
        "nobody in PagerDuty has the address nobody@example.org",
        "Mute of Loyalty cannot be paged: no contact method",
    ]
    state.teams.clear()
    assert "no team Loyalty" in access.look(pager).lacking[-1].saw


def test_a_token_that_is_not_accepted(here: Here) -> None:
    state, pager = here
    state.faults = [Fault("before", 401, match=lambda call: True)]
    with pytest.raises(PlatformError) as caught:
        access.look(pager)
    assert caught.value.code == "PLT-PAGER-005"
