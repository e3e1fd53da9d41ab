"""Asks an Iceberg REST catalog, one call at a time, and looks again where it may.

A read is tried again after a bad moment, a few times; a call that changes something is sent once,
because whether it had its effect must be looked at first. Nothing is opened before it is used.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from threading import RLock
from typing import TYPE_CHECKING, Any, Final, TypeVar
from urllib.parse import urlsplit

from platform_cli.errors import PlatformError, TemporaryError
from platform_cli.providers import echoes
from platform_cli.providers.asked import Asked
from platform_cli.providers.catalog.iceberg import answers, credentials
from platform_cli.providers.catalog.iceberg.answers import Answer
from platform_cli.providers.catalog.iceberg.credentials import Credentials
from platform_cli.providers.trust import untrusted

if TYPE_CHECKING:
    from requests import PreparedRequest, Response

    from platform_cli.providers.catalog.iceberg.rest import Rest

_PAUSES_S: Final = (0.5, 1.0, 2.0, 4.0)
# A longer wait than this is the run's to decide on: it knows its deadline, and tells of it.
_LONGEST_PAUSE_S: Final = 15.0
_SCHEMES: Final = frozenset({"https", "http"})
_STALE: Final = frozenset({401, 419})
Got = TypeVar("Got")


@dataclass(slots=True)
class Api:
    """An Iceberg REST catalog at one address. Safe to use from several threads."""

    uri: str | None
    warehouse: str | None
    credentials: Credentials
    timeout_s: float
    pause: Callable[[float], None]
    _rest: Rest | None = field(default=None, repr=False)
    _answered: bool = False
    _lock: RLock = field(default_factory=RLock, repr=False)

    @property
    def server(self) -> str:
        """The server's name, for people."""
        return urlsplit(self.uri or "").netloc or "the Iceberg catalog"

    def read(self, ask: Callable[[Rest], Got]) -> Got:
        """What the catalog says; a few tries. Raises what its answer means."""
        pauses = iter(_PAUSES_S)
        while True:
            try:
                return self._renewing(ask)
            except TemporaryError as error:
                pause_s = next(pauses, None)
                wait_s = error.retry_after_s or pause_s
                if pause_s is None or wait_s is None or wait_s > _LONGEST_PAUSE_S:
                    raise
                self.pause(wait_s)

    def find(self, ask: Callable[[Rest], Got]) -> Got | None:
        """What the catalog says, or None where it says that nothing is there."""
        try:
            return self.read(ask)
        except PlatformError as error:
            if error.code != "PLT-CATALOG-003":
                raise
            return None

    def change(self, ask: Callable[[Rest], Got]) -> Got:
        """Make one call that changes something, once. Raises what its answer means."""
        # Opening only reads, and may be tried again.
        self.read(lambda _: None)
        return self._asked(ask)

    def sent(self, send: Callable[[], Response], request: PreparedRequest) -> Response:
        """The answer to one request. Raises PlatformError for one that is no success."""
        asked = self._of(request)
        answer, response = self._answer(send, asked)
        if answer.status in _STALE:
            self.credentials.forget()
        error = answers.judged(answer, asked)
        if error is not None:
            raise error
        if response.content and answer.data is None:
            # A proxy's page, or an answer cut short: what the call did is not known.
            raise answers.unanswered(asked, "the answer is not JSON")
        return response

    def proven(self, request: PreparedRequest) -> PreparedRequest:
        """The request with the token, where there is one."""
        asked = Asked("POST", credentials.PATH, self.server)
        token = self.credentials.token(lambda form: self._token(form, asked), asked)
        if token is not None:
            request.headers["Authorization"] = f"Bearer {token}"
        return request

    def moved(self, url: str) -> None:
        """The server names another one in its stead. Raises PLT-CATALOG-006."""
        where = urlsplit(url).netloc
        raise answers.strange(self._config(), f"it sends us to {where}, which you did not name")

    def _renewing(self, ask: Callable[[Rest], Got]) -> Got:
        """One look, and another with a new token where the old one had ended."""
        try:
            return self._asked(ask)
        except PlatformError as error:
            if error.code != "PLT-CATALOG-004" or not self.credentials.renewable:
                raise
            return self._asked(ask)

    def _asked(self, ask: Callable[[Rest], Got]) -> Got:
        from pydantic import ValidationError

        with self._lock:
            opened = self._opened()
            try:
                return ask(opened)
            except (ValidationError, NotImplementedError) as error:
                # What it can do it has said; what it answered is not what the description has.
                raise answers.strange(self._config(), type(error).__name__) from None

    def _opened(self) -> Rest:
        if self._rest is None:
            place = urlsplit(self.uri or "")
            if self.uri is None or place.scheme not in _SCHEMES or not place.hostname:
                raise PlatformError(
                    "PLT-CATALOG-006",
                    "iceberg.uri of the profile names no catalog. Nothing was done.",
                    hint="Set it to the address before `/v1/`: https://catalog.example.org/iceberg.",
                    address="profiles.*.iceberg.uri",
                )
            made = _rest()
            try:
                self._rest = made(self.uri, self.warehouse, self.timeout_s, self)
            except PlatformError as error:
                if error.code != "PLT-CATALOG-003":
                    raise
                raise self._no_warehouse() from None
            except (ValueError, AttributeError, TypeError, KeyError) as error:
                raise answers.strange(self._config(), type(error).__name__) from None
        return self._rest

    def _token(self, form: Mapping[str, str], asked: Asked) -> Answer:
        """The answer of the token endpoint; a refusal is the credential's to judge."""
        from platform_cli.providers.catalog.iceberg.rest import BoundedSession

        url = f"{(self.uri or '').rstrip('/')}{credentials.PATH}"
        with BoundedSession(self.timeout_s) as session:
            session.auth = lambda request: request  # nothing from a file of the person's
            answer, _ = self._answer(lambda: session.post(url, data=dict(form)), asked)
        error = answers.judged(answer, asked)
        if isinstance(error, TemporaryError):
            raise error
        return answer

    def _answer(self, send: Callable[[], Response], asked: Asked) -> tuple[Answer, Response]:
        from requests import RequestException

        try:
            response = send()
        except (RequestException, OSError) as error:
            raise self._lost(error, asked) from None
        self._answered = True
        headers = {str(key).lower(): str(value) for key, value in response.headers.items()}
        try:
            data = response.json() if response.content else {}
        except ValueError:
            data = None
        said = echoes.without(data, echoes.proofs(response.request.headers))
        return Answer(int(response.status_code), headers, said), response

    def _lost(self, error: BaseException, asked: Asked) -> PlatformError:
        if untrusted(error):
            return answers.untrusted(asked)
        why = type(error).__name__
        return answers.unanswered(asked, why) if self._answered else answers.unreachable(asked, why)

    def _of(self, request: PreparedRequest) -> Asked:
        return Asked(str(request.method), urlsplit(str(request.url)).path, self.server)

    def _config(self) -> Asked:
        return Asked("GET", "/v1/config", self.server)

    def _no_warehouse(self) -> PlatformError:
        named = f"no warehouse {self.warehouse}" if self.warehouse else "no catalog at iceberg.uri"
        return PlatformError(
            "PLT-CATALOG-006",
            f"{self.server} has {named}, or does not show it to these credentials. Nothing was "
            "done.",
            hint="Look at iceberg.uri and iceberg.warehouse of the profile; whoever runs the "
            "catalog knows both.",
            address="profiles.*.iceberg.warehouse",
        )


def _rest() -> Any:
    """Import pyiceberg. Raises PLT-CATALOG-006 where that fails."""
    try:
        from platform_cli.providers.catalog.iceberg.rest import Rest
    except Exception as error:
        # While it is imported it reads a file and variables of its own, and may refuse them.
        raise PlatformError(
            "PLT-CATALOG-006",
            f"pyiceberg cannot be loaded ({error!r}). Nothing was changed.",
            hint="Look at .pyiceberg.yaml in your home and at variables that begin PYICEBERG_.",
        ) from error
    return Rest
