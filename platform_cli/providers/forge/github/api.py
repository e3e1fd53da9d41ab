"""Sends one request at a time to GitHub's API, through PyGithub, and looks again where it may.

A read is tried again after a bad moment, a few times; a call that changes something is sent once,
because whether it had its effect must be looked at first. Pages are followed by `Link`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from threading import Lock
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl, quote, urlsplit

from platform_cli.errors import TemporaryError
from platform_cli.providers import echoes
from platform_cli.providers.asked import Asked
from platform_cli.providers.forge.github import answers
from platform_cli.providers.forge.github.answers import Answer
from platform_cli.providers.one_look import OneLook
from platform_cli.providers.trust import untrusted

if TYPE_CHECKING:
    from github.Requester import Requester

_PAUSES_S: Final = (0.5, 1.0, 2.0, 4.0)
# A longer wait than this is the run's to decide on: it knows its deadline, and tells of it.
_LONGEST_PAUSE_S: Final = 15.0
_MOST_PAGES: Final = 100
_NEXT: Final = re.compile(r'<([^<>]{1,2000})>\s{0,9};[^,]{0,200}\brel="?next"?')
_HEADERS: Final = {
    "Accept": "application/vnd.github+json",
    "X-GitHub-Api-Version": "2022-11-28",
}

Token = Callable[[], str | None]


@dataclass(frozen=True, slots=True)
class Times:
    """Time, injected: the wall clock in seconds, and how to let some of it pass."""

    now_s: Callable[[], float]
    pause: Callable[[float], None]


@dataclass(slots=True)
class Api:
    """GitHub's API at one address, asked with one credential. Safe to use from several threads."""

    base_url: str
    token: Token = field(repr=False)
    timeout_s: float
    times: Times
    _pool: _Pool = field(default_factory=lambda: _Pool(), repr=False)  # noqa: PLW0108 - defined below
    _look: OneLook[Answer] | None = field(default=None, repr=False)

    @property
    def server(self) -> str:
        """The server's name, for people."""
        return urlsplit(self.base_url).netloc

    def one_look(self) -> Api:
        """The same API, with answers that are kept as long as what this gives."""
        return replace(self, _look=OneLook())

    def get(
        self,
        path: str,
        parameters: Mapping[str, Any] | None = None,
        *,
        absent: tuple[int, ...] = (404,),
        accept: tuple[int, ...] = (),
    ) -> Answer | None:
        """What is there, or None where GitHub answers with one of `absent`.

        An answer with one of `accept` is given back, and judged by the caller.
        """
        pauses = iter(_PAUSES_S)
        while True:
            try:
                answer = self._once("GET", path, parameters, None, (*accept, *absent))
                return None if answer.status in set(absent).difference(accept) else answer
            except TemporaryError as error:
                pause_s = next(pauses, None)
                wait_s = error.retry_after_s or pause_s
                if pause_s is None or wait_s is None or wait_s > _LONGEST_PAUSE_S:
                    raise
                self.times.pause(wait_s)

    def pages(
        self,
        path: str,
        key: str | None = None,
        parameters: Mapping[str, Any] | None = None,
        *,
        absent: tuple[int, ...] = (404,),
    ) -> list[Any] | None:
        """The entries of all pages, or None where GitHub answers with one of `absent`."""
        found: list[Any] = []
        wanted: Mapping[str, Any] | None = {"per_page": 100, **(parameters or {})}
        for _ in range(_MOST_PAGES):
            answer = self.get(path, wanted, absent=absent)
            if answer is None:
                return None
            found += answer.data[key] if key else answer.data
            following = _NEXT.search(answer.headers.get("link", ""))
            if following is None:
                break
            # Only the query is taken from the header: where the token travels is ours to say.
            wanted = dict(parse_qsl(urlsplit(following[1]).query))
        return found

    def send(
        self,
        verb: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        accept: tuple[int, ...] = (),
    ) -> Answer:
        """Make one call that changes something, once. Raises what its answer means."""
        return self._once(verb, path, None, body, accept)

    def _once(
        self,
        verb: str,
        path: str,
        parameters: Mapping[str, Any] | None,
        body: Mapping[str, Any] | None,
        accept: tuple[int, ...],
    ) -> Answer:
        asked = Asked(verb, path, self.server)
        if self._look is None or verb != "GET":
            answer = self._heard(asked, parameters, body)
        else:
            question = json.dumps([path, dict(parameters or {})], sort_keys=True)
            answer = self._look.of(question, lambda: self._heard(asked, parameters, body))
        error = answers.judged(answer, asked, self.times.now_s())
        if error is None or answer.status in accept:
            return answer
        raise error

    def _heard(
        self, asked: Asked, parameters: Mapping[str, Any] | None, body: Mapping[str, Any] | None
    ) -> Answer:
        """The answer, unless it says no more than that it is worth another try.

        A limit may come with the status of a refusal: it is never taken for one.
        """
        answer = self._answer(asked, parameters, body)
        error = answers.judged(answer, asked, self.times.now_s())
        if isinstance(error, TemporaryError):
            raise error
        return answer

    def _answer(
        self, asked: Asked, parameters: Mapping[str, Any] | None, body: Mapping[str, Any] | None
    ) -> Answer:
        from requests import RequestException
        from requests.exceptions import SSLError

        try:
            with self._requester() as (requester, token):
                status, headers, text = requester.requestJson(
                    asked.verb,
                    asked.path,
                    parameters=dict(parameters or {}),
                    headers=dict(_HEADERS),
                    input=body,
                )
        except SSLError as error:
            if untrusted(error):
                raise answers.untrusted(asked) from None
            raise answers.unanswered(asked, type(error).__name__) from None
        except (RequestException, OSError) as error:
            raise answers.unanswered(asked, type(error).__name__) from None
        except RuntimeError:  # PyGithub's own word for a redirection to another server
            raise answers.renamed(asked, None) from None
        told = {key: str(value) for key, value in headers.items()}, _data(text, asked)
        return Answer(status, *(echoes.without(one, [token or ""]) for one in told))

    @contextmanager
    def _requester(self) -> Iterator[tuple[Requester, str | None]]:
        """A connection that nobody else uses meanwhile, and its token.

        PyGithub's own connection is not made for threads.
        """
        token = self.token()
        requester = self._pool.taken(token) or self._new(token)
        yield requester, token
        # Not after an error: what is left of that connection is not known.
        self._pool.put_back(token, requester)

    def _new(self, token: str | None) -> Requester:
        from github import Auth
        from github.Requester import Requester

        return Requester(
            auth=Auth.Token(token) if token else None,
            base_url=self.base_url,
            # PyGithub's own retry would send a POST twice, and its pauses take seconds.
            retry=None,
            seconds_between_requests=None,
            seconds_between_writes=None,
            timeout=self.timeout_s,  # type: ignore[arg-type]  # requests takes parts of a second
            user_agent="platform-cli",
            per_page=100,
            verify=True,
            pool_size=None,
        )


@dataclass(slots=True)
class _Pool:
    """Connections that nobody uses at the moment, each with the token it was opened with."""

    _idle: list[tuple[str | None, Requester]] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock)

    def taken(self, token: str | None) -> Requester | None:
        """One of them, which is then nobody else's. Those with an older token are let go."""
        with self._lock:
            self._idle = [one for one in self._idle if one[0] == token]
            return self._idle.pop()[1] if self._idle else None

    def put_back(self, token: str | None, requester: Requester) -> None:
        """It may be used again."""
        with self._lock:
            self._idle.append((token, requester))


def at(*parts: str) -> str:
    """The path of these parts, each written so that it stays one part."""
    return "/" + "/".join(quote(part, safe="") for part in parts)


def _data(text: str, asked: Asked) -> Any:
    if not text:
        return None
    try:
        return json.loads(text)
    except ValueError:
        # A proxy's page, or an answer cut short: what the call did is not known.
        raise answers.unanswered(asked, "the answer is not JSON") from None
