"""Who we are for Unity Catalog, as Databricks unified authentication finds it out.

The SDK reads DATABRICKS_* and its profiles by itself; the keyring is asked where it finds no
credential there. Nothing is looked for before it is needed, and nothing may take longer than one
call may: the SDK asks the network while it is set up, and some of that without any time-out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from threading import Lock, Thread
from typing import TYPE_CHECKING, Final, TypeVar

from platform_cli.errors import PlatformError
from platform_cli.providers.asked import Asked
from platform_cli.providers.catalog.unity import answers

if TYPE_CHECKING:
    from databricks.sdk.core import ApiClient, Config

_HOST: Final = "DATABRICKS_HOST"
_PROFILE: Final = "DATABRICKS_CONFIG_PROFILE"
_KEPT: Final = {
    "token": "DATABRICKS_TOKEN",
    "client_id": "DATABRICKS_CLIENT_ID",
    "client_secret": "DATABRICKS_CLIENT_SECRET",
}
"""What the keyring may hold, by the SDK's word for it."""

Secret = Callable[[str], str | None]
Got = TypeVar("Got")


@dataclass(slots=True)
class Credentials:
    """Opens the SDK's client once, and gives the headers that prove who we are."""

    host: str | None
    secret: Secret = field(repr=False)
    environment: Mapping[str, str] = field(repr=False)
    timeout_s: float
    _client: ApiClient | None = field(default=None, repr=False)
    _config: Config | None = field(default=None, repr=False)
    _lock: Lock = field(default_factory=Lock, repr=False)

    @property
    def kind(self) -> str:
        """What the SDK found to prove who we are, for people: `pat`, `oauth-m2m`, and so on."""
        self.client()
        return str(self._config.auth_type) if self._config else ""

    @property
    def url(self) -> str:
        """The address that is asked."""
        self.client()
        return str(self._config.host) if self._config else ""

    @property
    def server(self) -> str:
        """The address that is asked, for people."""
        if self._config is not None:
            return str(self._config.hostname)
        named = self.host or self.environment.get(_HOST) or "Unity Catalog"
        return named.partition("://")[2] or named

    def client(self) -> ApiClient:
        """The SDK's client. Raises PLT-CATALOG-004 without credentials, -005 where nobody answers.

        Construction asks nobody anything with a token; with OAuth no longer than one call may.
        """
        with self._lock:
            if self._client is None:
                from databricks.sdk.core import ApiClient

                # A keyring may ask its person something: that takes as long as it takes.
                kept = {} if self._known() else self._in_keyring()
                self._config = self._bounded(lambda: self._opened(kept))
                self._client = ApiClient(self._config)
            return self._client

    def headers(self) -> dict[str, str]:
        """The headers for the next call: a token that has ended is renewed here."""
        self.client()
        assert self._config is not None  # noqa: S101 - just made
        return self._bounded(self._config.authenticate)

    def _opened(self, kept: Mapping[str, str]) -> Config:
        from platform_cli.providers.catalog.unity import sdk

        return sdk.config(host=self.host, timeout_s=self.timeout_s, kept=kept)

    def _known(self) -> bool:
        """Whether the environment names a credential, or where one is."""
        from platform_cli.providers.catalog.unity import sdk

        names = {_PROFILE, *sdk.credential_variables()}
        return any(self.environment.get(name) for name in names)

    def _in_keyring(self) -> dict[str, str]:
        found = {key: (self.secret(name) or "").strip() for key, name in _KEPT.items()}
        if found["token"]:
            return {"token": found["token"]}
        return {key: text for key, text in found.items() if text}

    def _bounded(self, ask: Callable[[], Got]) -> Got:
        """What the call gives, if it does within the time that one call may take."""
        given: list[Got] = []
        raised: list[BaseException] = []

        def run() -> None:
            try:
                given.append(ask())
            except BaseException as error:  # noqa: BLE001 - handed to who waits, below
                raised.append(error)

        thread = Thread(target=run, daemon=True)
        thread.start()
        thread.join(self.timeout_s)
        if given:
            return given[0]
        asked = Asked("GET", "/oidc", self.server)
        if not raised:
            raise answers.unanswered(asked, f"no credential within {self.timeout_s:g} s")
        raise self._meaning(raised[0], asked) from None

    def _meaning(self, error: BaseException, asked: Asked) -> BaseException:
        """The error that a person can act on."""
        from requests import RequestException

        if isinstance(error, PlatformError):
            return error
        causes: list[BaseException] = []
        one: BaseException | None = error
        while one is not None and one not in causes:
            causes.append(one)
            one = one.__cause__ or one.__context__
        if any(isinstance(cause, RequestException) for cause in causes):
            return answers.unanswered(asked, type(causes[-1]).__name__)
        if not isinstance(error, (ValueError, OSError, NotImplementedError)):
            return error
        return self._none()

    def _none(self) -> PlatformError:
        where = f" for {self.server}" if self.host or self.environment.get(_HOST) else ""
        summary = f"No credentials{where} that Databricks unified authentication can use were found"
        if not where:
            summary = (
                "Neither unity.host nor DATABRICKS_HOST names a workspace, and no profile does"
            )
        return PlatformError(
            "PLT-CATALOG-004",
            f"{summary}. Nothing was done.",
            hint="Set DATABRICKS_TOKEN, or DATABRICKS_CLIENT_ID and DATABRICKS_CLIENT_SECRET, or "
            "DATABRICKS_CONFIG_PROFILE after `databricks auth login`; docs/how-to/unity-catalog.md "
            "has all the ways.",
            address="profiles.*.unity.host",
        )
