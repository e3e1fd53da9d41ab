"""The two client libraries behind one face; which of them is there is nobody else's business.

Both would send a call again by themselves, a limit for ever and a lost POST three times: all of
that is switched off here, because whether a lost call had its effect must be looked at first.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Final, Literal, Protocol
from urllib.parse import urlsplit, urlunsplit

from platform_cli.errors import PlatformError

Name = Literal["pagerduty", "pdpyras"]
NAMES: Final[tuple[Name, ...]] = ("pagerduty", "pdpyras")

_LIMITED: Final = 429
_EVENTS: Final = "events"


class Session(Protocol):
    """What both libraries' sessions do, and all that is used of them."""

    def request(self, method: str, url: str, **more: Any) -> Any:
        """Send one request; give back the answer with status_code, headers and json()."""
        ...

    def close(self) -> None:
        """Let go of the connection."""
        ...


@dataclass(frozen=True, slots=True)
class Library:
    """One of the two: how it opens a session, and what it raises."""

    name: Name
    error: type[Exception]
    rest: Callable[[str, str, str | None], Any]
    """Of a token, the API's address and the mail address of whoever acts."""
    events: Callable[[str, str], Any]
    """Of an integration's key and the address for events."""


def installed() -> Name | None:
    """The library to use: the vendor's own where both are there."""
    return next((name for name in NAMES if find_spec(name) is not None), None)


def library(name: Name | None = None) -> Library:
    """The library of that name, or the one that is there. Raises PLT-PAGER-007 without any."""
    chosen = name or installed()
    if chosen is None:
        raise PlatformError(
            "PLT-PAGER-007",
            "The library for PagerDuty is not installed. Nothing was done.",
            hint="pip install 'platform-cli[pagerduty]', then run the same line again.",
        )
    return _successor() if chosen == "pagerduty" else _predecessor()


def once(session: Any, timeout_s: float) -> Session:
    """The session, made to send every request exactly once."""
    session.timeout = timeout_s
    session.max_network_attempts = 0
    # No status is tried again. For a limit that takes saying it twice: left alone, both libraries
    # would repeat such a call without an end.
    session.retry = {_LIMITED: 1}
    session.max_http_attempts = -1
    opened: Session = session
    return opened


def events_url(base_url: str) -> str:
    """Where events are sent: the host beside the API's in the same service region."""
    parts = urlsplit(base_url)
    first, dot, rest = parts.netloc.partition(".")
    host = f"{_EVENTS}{dot}{rest}" if first == "api" else parts.netloc
    return urlunsplit((parts.scheme, host, "", "", ""))


def _successor() -> Library:
    module: Any = import_module("pagerduty")

    def rest(token: str, url: str, from_: str | None) -> Any:
        return module.RestApiV2Client(token, default_from=from_, base_url=url)

    def events(key: str, url: str) -> Any:
        return module.EventsApiV2Client(key, base_url=url)

    return Library("pagerduty", module.Error, rest, events)


def _predecessor() -> Library:
    import warnings

    with warnings.catch_warnings():
        # It says on import that it has a successor, which whoever chose it knows.
        warnings.simplefilter("ignore")
        module: Any = import_module("pdpyras")

    def rest(token: str, url: str, from_: str | None) -> Any:
        session = module.APISession(token, default_from=from_)
        session.url = url
        return session

    def events(key: str, url: str) -> Any:
        session = module.EventsAPISession(key)
        session.url = url
        return session

    return Library("pdpyras", module.PDClientError, rest, events)
