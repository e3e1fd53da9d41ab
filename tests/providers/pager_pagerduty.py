"""The adapter for PagerDuty on the fake, with either library and with no real waiting."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from platform_cli.providers.pager.pagerduty.adapter import PagerDutyPager, Rota
from platform_cli.providers.pager.pagerduty.api import TOKEN as VARIABLE
from platform_cli.providers.pager.pagerduty.api import Api
from platform_cli.providers.pager.pagerduty.client import Name
from tests.fakes.pagerduty.server import serving
from tests.fakes.pagerduty.state import TOKEN, State

TEAM = "Loyalty"


@contextmanager
def scene(
    folder: Path, library: Name, patch: pytest.MonkeyPatch
) -> Iterator[tuple[State, PagerDutyPager]]:
    """A fake with two people in one team, and the adapter that asks it."""
    with serving(folder) as (state, trusted):
        # Where each of the libraries looks for whom to trust.
        patch.setenv("SSL_CERT_FILE", str(trusted))
        patch.setenv("REQUESTS_CA_BUNDLE", str(trusted))
        ann = state.add_user("Ann", "ann@example.org")
        ben = state.add_user("Ben", "ben@example.org")
        state.add_team(TEAM, ann, ben)
        with closing(api(state, library)) as opened:
            yield state, pager(opened)


def api(state: State, library: Name, *, timeout_s: float = 60) -> Api:
    """One connection, with nothing to wait for."""
    waited: list[float] = []
    return Api(
        base_url=state.base,
        secret=lambda name: TOKEN if name == VARIABLE else None,
        from_="platform@example.org",
        timeout_s=timeout_s,
        pause=waited.append,
        library_name=library,
    )


def pager(opened: Api, *, fallback: str | None = None) -> PagerDutyPager:
    """An adapter that begins anew, as another process would."""
    rota = Rota(TEAM, fallback, "Europe/Berlin", "Mon 09:00")
    return PagerDutyPager(opened, rota, lambda: datetime(2026, 1, 7, 12, tzinfo=UTC))
