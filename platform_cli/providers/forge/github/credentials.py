"""What proves who we are: a token, an App's installation, or the tool gh. Never shown to anybody.

Nothing is looked for before it is needed, so that a dry run without a network needs none of it.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock
from typing import TYPE_CHECKING, Any, Final, Protocol

from platform_cli.errors import PlatformError
from platform_cli.providers.forge.github.api import Api, Times, at
from platform_cli.settings import holds_credential

if TYPE_CHECKING:
    from github.Auth import AppAuth

TOKENS: Final = ("GH_TOKEN", "GITHUB_TOKEN")
APP: Final = ("GITHUB_APP_ID", "GITHUB_APP_INSTALLATION_ID", "GITHUB_APP_PRIVATE_KEY")
_OF_GH: Final = ("GH_", "GITHUB_")
_GH_S: Final = 15.0
_REFRESH_S: Final = 120.0

Secret = Callable[[str], str | None]


class Credential(Protocol):
    """Gives a token that is good for the next call. Raises PLT-FORGE-004 where there is none."""

    @property
    def kind(self) -> str:
        """What it is, for people."""
        ...

    def token(self) -> str:
        """The token to send."""
        ...

    def granted(self) -> Mapping[str, str] | None:
        """The permissions it has, where GitHub tells them by themselves."""
        ...


@dataclass(slots=True)
class TokenCredential:
    """A personal access token, fine-grained or classic."""

    secret: Secret = field(repr=False)
    kind: str = "a token"

    def token(self) -> str:
        """The first of GH_TOKEN and GITHUB_TOKEN that is set."""
        for name in TOKENS:
            found = self.secret(name)
            if found and found.strip():
                return _one_line(found.strip(), name)
        raise _none(
            "Neither GH_TOKEN nor GITHUB_TOKEN is set.",
            'Set GH_TOKEN to a token for the organisation, or choose auth = "gh" or "app".',
        )

    def granted(self) -> None:
        """GitHub does not tell a token's permissions."""


@dataclass(slots=True)
class GhCredential:
    """Whatever the tool gh is logged in with. Asked once a process."""

    host: str
    environment: Mapping[str, str] = field(repr=False)
    kind: str = "gh auth token"
    _found: str | None = field(default=None, repr=False)
    _lock: Lock = field(default_factory=Lock, repr=False)

    def token(self) -> str:
        """What `gh auth token` prints."""
        with self._lock:
            if self._found is None:
                self._found = self._asked()
            return self._found

    def granted(self) -> None:
        """GitHub does not tell a token's permissions."""

    def _asked(self) -> str:
        order = ["gh", "auth", "token", "--hostname", self.host]
        login = f"Run `gh auth login --hostname {self.host}`, then the same line again."
        try:
            done = subprocess.run(
                order,
                env=self._its_own(),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=_GH_S,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired):
            raise _none("The tool gh cannot be run.", f"Install gh. {login}") from None
        found = done.stdout.decode(errors="replace").strip()
        if done.returncode or not found:
            raise _none(f"gh is not logged in at {self.host}.", login)
        return _one_line(found, "what gh printed")

    def _its_own(self) -> dict[str, str]:
        """gh's own variables may hold a token; nobody else's credentials are its business."""
        return {
            name: text
            for name, text in self.environment.items()
            if not holds_credential(name) or name.startswith(_OF_GH)
        }


@dataclass(slots=True)
class AppCredential:
    """An installation of a GitHub App: a token of an hour, renewed before it ends."""

    secret: Secret = field(repr=False)
    base_url: str
    timeout_s: float
    times: Times
    _token: str | None = field(default=None, repr=False)
    _until_s: float = 0.0
    _granted: Mapping[str, str] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock, repr=False)

    @property
    def kind(self) -> str:
        """The App and its installation, by their numbers."""
        return f"App {self._needed(APP[0])}, installation {self._needed(APP[1])}"

    def token(self) -> str:
        """The installation's token."""
        with self._lock:
            if self._token is None or self.times.now_s() > self._until_s - _REFRESH_S:
                self._renew()
            assert self._token is not None  # noqa: S101 - just made
            return self._token

    def granted(self) -> Mapping[str, str]:
        """What the installation was granted, as GitHub says with its token."""
        self.token()
        return self._granted

    def _renew(self) -> None:
        jwt = self._signed()
        # Each try is signed anew: what was signed is good for minutes only.
        api = Api(self.base_url, jwt, self.timeout_s, self.times)
        installation = self._needed(APP[1])
        made: Mapping[str, Any] = api.send(
            "POST", at("app", "installations", installation, "access_tokens")
        ).data
        self._token = str(made["token"])
        self._until_s = datetime.fromisoformat(str(made["expires_at"])).timestamp()
        self._granted = dict(made.get("permissions") or {})

    def _signed(self) -> Callable[[], str]:
        from github import Auth

        key = self._needed(APP[2]).replace("\\n", "\n")
        app: AppAuth = Auth.AppAuth(self._needed(APP[0]), key)

        def sign() -> str:
            from jwt.exceptions import PyJWTError

            try:
                return str(app.create_jwt())
            except (PyJWTError, ValueError, TypeError):
                raise _none(
                    "GITHUB_APP_PRIVATE_KEY is not a private key.",
                    "Set it to the whole PEM text of the App's key.",
                ) from None

        return sign

    def _needed(self, name: str) -> str:
        found = self.secret(name)
        if not found or not found.strip():
            raise _none(
                f"auth is app, and {name} is not set.",
                f"Set {', '.join(APP)}, in the environment or the keyring.",
            )
        return found.strip()


def _one_line(token: str, name: str) -> str:
    """The token, if it can stand in a header. Raises PLT-FORGE-004, without repeating it."""
    if token.isascii() and token.isprintable() and " " not in token:
        return token
    raise _none(f"{name} is not a token.", "Set it to the token alone, without blanks or lines.")


def _none(what: str, hint: str) -> PlatformError:
    return PlatformError(
        "PLT-FORGE-004", f"{what} Nothing was done.", hint=hint, address="profiles.*.github.auth"
    )
