"""Sends one request at a time to PagerDuty, through either library.

A read is tried again after a bad moment, a few times; a call that changes something is sent once,
because whether it had its effect must be looked at first. Pages are followed by `more`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from threading import Lock
from typing import Any, Final
from urllib.parse import quote, urlsplit

from platform_cli.errors import PlatformError, TemporaryError
from platform_cli.providers import echoes
from platform_cli.providers.asked import Asked
from platform_cli.providers.one_look import OneLook
from platform_cli.providers.pager.pagerduty import answers, client
from platform_cli.providers.pager.pagerduty.answers import Answer
from platform_cli.providers.pager.pagerduty.client import Library, Session
from platform_cli.providers.trust import untrusted

TOKEN: Final = "PAGERDUTY_TOKEN"  # noqa: S105 - the name of a variable, not a secret
_PAUSES_S: Final = (0.5, 1.0, 2.0, 4.0)
# A longer wait than this is the run's to decide on: it knows its deadline, and tells of it.
_LONGEST_PAUSE_S: Final = 15.0
_PAGE: Final = 100
_MOST_PAGES: Final = 100


@dataclass(slots=True)
class Api:
    """PagerDuty's two APIs at one address, with one token. Safe to use from several threads."""

    base_url: str
    secret: Callable[[str], str | None] = field(repr=False)
    from_: str | None
    timeout_s: float
    pause: Callable[[float], None]
    library_name: client.Name | None = None
    _line: _Line = field(default_factory=lambda: _Line(), repr=False)  # noqa: PLW0108 - defined below
    _look: OneLook[Answer] | None = field(default=None, repr=False)

    @property
    def server(self) -> str:
        """The server's name, for people."""
        return urlsplit(self.base_url).netloc

    def one_look(self) -> Api:
        """The same API on the same line, with answers that are kept as long as what it gives."""
        return replace(self, _look=OneLook())

    def get(self, path: str, params: Mapping[str, Any] | None = None) -> Any:
        """What is there. Raises PLT-PAGER-004 where nothing is."""
        pauses = iter(_PAUSES_S)
        while True:
            try:
                return self._read(path, dict(params or {})).data
            except TemporaryError as error:
                pause_s = next(pauses, None)
                wait_s = error.retry_after_s or pause_s
                if pause_s is None or wait_s is None or wait_s > _LONGEST_PAUSE_S:
                    raise
                self.pause(wait_s)

    def _read(self, path: str, params: Mapping[str, Any]) -> Answer:
        def ask() -> Answer:
            return self._once("GET", path, params=params)

        if self._look is None:
            return ask()
        return self._look.of(json.dumps([path, params], sort_keys=True), ask)

    def all(self, path: str, key: str, params: Mapping[str, Any] | None = None) -> Iterator[Any]:
        """The entries of all pages."""
        offset = 0
        for _ in range(_MOST_PAGES):
            page = self.get(path, {**(params or {}), "limit": _PAGE, "offset": offset})
            found = page.get(key)
            entries = found if isinstance(found, list) else []
            yield from entries
            if not page.get("more") or not entries:
                return
            offset += len(entries)

    def send(self, verb: str, path: str, body: Mapping[str, Any]) -> Any:
        """Make one call that changes something, once. Raises what its answer means."""
        return self._once(verb, path, json=dict(body)).data

    def event(self, key: str, event: Mapping[str, Any]) -> None:
        """Send one event through the integration whose key it is."""
        url = client.events_url(self.base_url)
        asked = Asked("POST", "/v2/enqueue", urlsplit(url).netloc)
        with self._line.lock, closing(self._opened().events(key, url)) as made:
            session = client.once(made, self.timeout_s)
            self._judged(session, asked, {"json": {**event, "routing_key": key}}, key)

    def close(self) -> None:
        """Let go of the connection."""
        line = self._line
        with line.lock:
            if line.session is not None:
                line.session.close()
                line.session = None

    def _once(self, verb: str, path: str, **more: Any) -> Answer:
        asked = Asked(verb, path, self.server)
        line = self._line
        with line.lock:
            token = self._token()
            if line.session is None:
                made = self._opened().rest(token, self.base_url, self.from_)
                line.session = client.once(made, self.timeout_s)
            return self._judged(line.session, asked, more, token)

    def _judged(
        self, session: Session, asked: Asked, more: Mapping[str, Any], proof: str
    ) -> Answer:
        answer = self._answer(session, asked, more, proof)
        error = answers.judged(answer, asked)
        if error is not None:
            raise error
        if not isinstance(answer.data, dict):
            # A proxy's page, or an answer cut short: what the call did is not known.
            raise answers.unanswered(asked, "the answer is not what PagerDuty sends")
        return answer

    def _answer(
        self, session: Session, asked: Asked, more: Mapping[str, Any], proof: str
    ) -> Answer:
        try:
            response = session.request(asked.verb, asked.path, **more)
        except self._opened().error as error:
            # Both libraries raise for a 401 instead of giving the answer back.
            response = getattr(error, "response", None)
            if response is None:
                if untrusted(error):
                    raise answers.untrusted(asked) from None
                why = type(error.__cause__ or error).__name__
                raise answers.unanswered(asked, why) from None
        try:
            data = response.json()
        except ValueError:
            data = None
        headers = {str(key).lower(): str(value) for key, value in response.headers.items()}
        return Answer(int(response.status_code), headers, echoes.without(data, [proof]))

    def _opened(self) -> Library:
        if self._line.library is None:
            self._line.library = client.library(self.library_name)
        return self._line.library

    def _token(self) -> str:
        found = (self.secret(TOKEN) or "").strip()
        if not found or not found.isascii() or not found.isprintable():
            raise PlatformError(
                "PLT-PAGER-005",
                f"{TOKEN} is not set to a token. Nothing was done.",
                hint=f"Set {TOKEN} to a REST API key of the account, in the environment or the "
                "keyring.",
            )
        return found


@dataclass(slots=True)
class _Line:
    """The one connection, which the libraries did not make for threads: one call at a time."""

    library: Library | None = None
    session: Session | None = None
    lock: Lock = field(default_factory=Lock)


def at(*parts: str) -> str:
    """The path of these parts, each written so that it stays one part."""
    return "/" + "/".join(quote(part, safe="") for part in parts)
