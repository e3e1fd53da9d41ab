"""Sends one request at a time to Unity Catalog, through the SDK, and looks again where it may.

A read is tried again after a bad moment, a few times; a call that changes something is sent once,
because whether it had its effect must be looked at first. Pages are followed by their token.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from threading import Event as Flag
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from platform_cli.errors import PlatformError, TemporaryError
from platform_cli.providers import echoes
from platform_cli.providers.asked import Asked
from platform_cli.providers.catalog.unity import answers
from platform_cli.providers.catalog.unity.answers import Answer
from platform_cli.providers.catalog.unity.credentials import Credentials
from platform_cli.providers.one_look import OneLook
from platform_cli.providers.trust import untrusted

if TYPE_CHECKING:
    from requests import PreparedRequest, Response

BASE: Final = "/api/2.1/unity-catalog"
_PAUSES_S: Final = (0.5, 1.0, 2.0, 4.0)
# A longer wait than this is the run's to decide on: it knows its deadline, and tells of it.
_LONGEST_PAUSE_S: Final = 15.0
_MOST_PAGES: Final = 1000
_TOKEN: Final = "next_page_token"  # noqa: S105 - the name of a field, not a secret

Json = Mapping[str, Any]


@dataclass(slots=True)
class Api:
    """Unity Catalog at one address, asked as one caller. Safe to use from several threads."""

    credentials: Credentials
    timeout_s: float
    pause: Callable[[float], None]
    _reached: Flag = field(default_factory=Flag, repr=False)
    """Whether it ever answered: a host that does not exist is said at once, and not asked again."""
    _look: OneLook[Answer] | None = field(default=None, repr=False)

    @property
    def server(self) -> str:
        """The server's name, for people."""
        return self.credentials.server

    def one_look(self) -> Api:
        """The same API, with answers that are kept as long as what this gives."""
        return replace(self, _look=OneLook())

    def get(
        self, path: str, query: Json | None = None, *, absent: tuple[int, ...] = (404,)
    ) -> Json | None:
        """What is there, or None where the catalog answers with one of `absent`."""
        pauses = iter(_PAUSES_S)
        while True:
            try:
                return self._read(path, query, absent)
            except TemporaryError as error:
                pause_s = next(pauses, None)
                wait_s = error.retry_after_s or pause_s
                if pause_s is None or wait_s is None or wait_s > _LONGEST_PAUSE_S:
                    raise
                if not self._reached.is_set():
                    raise
                self.pause(wait_s)

    def pages(self, path: str, key: str, query: Json | None = None) -> list[Json] | None:
        """The entries of all pages, or None where the catalog has nothing at that path.

        A page may be empty with another behind it: only the lack of a token ends them.
        """
        found: list[Json] = []
        wanted = dict(query or {})
        for _ in range(_MOST_PAGES):
            page = self.get(path, wanted)
            if page is None:
                return None
            found += page.get(key) or ()
            if not page.get(_TOKEN):
                break
            wanted["page_token"] = page[_TOKEN]
        return found

    def send(
        self, verb: str, path: str, body: Json | None = None, query: Json | None = None
    ) -> Json:
        """Make one call that changes something, once. Raises what its answer means."""
        asked = Asked(verb, path, self.server)
        answer = self._answer(asked, query, body)
        error = answers.judged(answer, asked)
        if error is not None:
            raise error
        return _object(answer, asked)

    def is_open(self) -> bool:
        """Whether the catalog answers whoever asks, credentials or not."""
        import requests

        asked = Asked("GET", "/catalogs", self.server)
        url = f"{self.credentials.url}{BASE}{asked.path}"
        pauses = iter(_PAUSES_S)
        while True:
            try:
                answer = requests.get(url, timeout=self.timeout_s, allow_redirects=False)
                error = answers.judged(_told(answer), asked)
            except (requests.RequestException, OSError) as lost:
                error = _lost(lost, asked)
            if not isinstance(error, TemporaryError):
                return error is None
            pause_s = next(pauses, None)
            if pause_s is None:
                raise error
            self.pause(pause_s)

    def _read(self, path: str, query: Json | None, absent: tuple[int, ...]) -> Json | None:
        asked = Asked("GET", path, self.server)
        if self._look is None:
            answer = self._heard(asked, query)
        else:
            question = json.dumps([path, dict(query or {})], sort_keys=True)
            answer = self._look.of(question, lambda: self._heard(asked, query))
        if answer.status in absent:
            return None
        error = answers.judged(answer, asked)
        if error is not None:
            raise error
        return _object(answer, asked)

    def _heard(self, asked: Asked, query: Json | None) -> Answer:
        """The answer, unless it says no more than that it is worth another try."""
        answer = self._answer(asked, query, None)
        error = answers.judged(answer, asked)
        if isinstance(error, TemporaryError):
            raise error
        if error is None:
            _object(answer, asked)
        return answer

    def _answer(self, asked: Asked, query: Json | None, body: Json | None) -> Answer:
        from databricks.sdk.errors.base import DatabricksError
        from requests import RequestException

        client, proof = self.credentials.client(), self.credentials.headers()
        seen: list[Response] = []

        def proven(request: PreparedRequest) -> PreparedRequest:
            request.headers.update(proof)
            # The SDK's errors do not tell the status, which is what they are judged by here.
            request.register_hook("response", lambda response, **_: seen.append(response))
            return request

        try:
            client.do(
                asked.verb,
                asked.path if asked.path.startswith("/api/") else f"{BASE}{asked.path}",
                query=dict(query or {}),
                headers={"Accept": "application/json"},
                body=dict(body) if body is not None else None,
                auth=proven,
            )
        except DatabricksError:
            pass
        except (RequestException, OSError, TimeoutError, ValueError) as error:
            cause = error.__cause__ if isinstance(error, TimeoutError) else error
            if not isinstance(cause, DatabricksError):
                raise _lost(cause or error, asked) from None
        self._reached.set()
        return _told(seen[-1])


def at(*parts: str) -> str:
    """The path of these parts, each written so that it stays one part."""
    return "/" + "/".join(quote(part, safe="") for part in parts)


def _told(response: Response) -> Answer:
    headers = {str(key).lower(): str(value) for key, value in response.headers.items()}
    try:
        data = response.json() if response.content else {}
    except ValueError:
        data = None
    said = echoes.without(data, echoes.proofs(response.request.headers))
    return Answer(int(response.status_code), headers, said)


def _object(answer: Answer, asked: Asked) -> Json:
    if not isinstance(answer.data, dict):
        # A proxy's page, or an answer cut short: what the call did is not known.
        raise answers.unanswered(asked, "the answer is not what Unity Catalog sends")
    return answer.data


def _lost(error: BaseException, asked: Asked) -> PlatformError:
    if untrusted(error):
        return answers.untrusted(asked)
    return answers.unanswered(asked, type(error).__name__)
