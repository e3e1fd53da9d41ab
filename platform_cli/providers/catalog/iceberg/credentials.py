"""The token for an Iceberg REST catalog: given as it is, or had for a client's credential.

Nothing is asked before the first call needs it, and nothing of it is ever shown.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from platform_cli.errors import PlatformError
from platform_cli.providers.asked import Asked
from platform_cli.providers.catalog.iceberg.answers import Answer

TOKEN: Final = "ICEBERG_TOKEN"  # noqa: S105 - the name of a variable, not a secret
CREDENTIAL: Final = "ICEBERG_CREDENTIAL"
PATH: Final = "/v1/oauth/tokens"
# Polaris knows no scope `catalog`, which is what Iceberg's own clients ask for first.
_SCOPES: Final = ("catalog", "PRINCIPAL_ROLE:ALL")
_REFUSED: Final = frozenset({400, 401, 403})
# A token is renewed before it ends, and one that does not say when it ends, soon.
_EARLY_S: Final = 60.0
_UNSAID_S: Final = 600.0

Kind = Literal["token", "client credential", "nothing"]
Ask = Callable[[Mapping[str, str]], Answer]
"""Sends a form to the catalog's token endpoint. Raises where no answer comes."""


@dataclass(slots=True)
class Credentials:
    """What proves who asks."""

    secret: Callable[[str], str | None] = field(repr=False)
    clock: Callable[[], float]
    _token: str | None = field(default=None, repr=False)
    _ends_s: float = 0.0

    @property
    def kind(self) -> Kind:
        """What was found, for people."""
        if self._read(TOKEN):
            return "token"
        return "client credential" if self._read(CREDENTIAL) else "nothing"

    @property
    def renewable(self) -> bool:
        """Whether a new token can be had by asking."""
        return self.kind == "client credential"

    def token(self, ask: Ask, asked: Asked) -> str | None:
        """The token for the next call; None where there is none. Raises PLT-CATALOG-004."""
        given = self._read(TOKEN)
        if given:
            return given
        credential = self._read(CREDENTIAL)
        if not credential:
            return None
        if self._token is None or self.clock() >= self._ends_s:
            self._token, lasts_s = _fetched(credential, ask, asked)
            self._ends_s = self.clock() + lasts_s - min(_EARLY_S, lasts_s / 2)
        return self._token

    def forget(self) -> None:
        """Have a new token for the next call: the catalog did not accept this one."""
        self._token = None

    def _read(self, name: str) -> str:
        found = (self.secret(name) or "").strip()
        if found and not (found.isascii() and found.isprintable()):
            raise PlatformError(
                "PLT-CATALOG-004",
                f"{name} has letters that no credential has. Nothing was done.",
                hint=f"Set {name} anew, in the environment or the keyring.",
            )
        return found


def _fetched(credential: str, ask: Ask, asked: Asked) -> tuple[str, float]:
    identity, colon, password = credential.partition(":")
    form = {"grant_type": "client_credentials", "client_secret": password if colon else identity}
    if colon:
        form["client_id"] = identity
    for scope in _SCOPES:
        answer = ask({**form, "scope": scope})
        said: Mapping[str, Any] = answer.data if isinstance(answer.data, Mapping) else {}
        if answer.status in _REFUSED:
            if said.get("error") == "invalid_scope":
                continue
            break
        token, lasts = said.get("access_token"), said.get("expires_in")
        if isinstance(token, str) and token.isascii() and token.isprintable():
            return token, float(lasts) if isinstance(lasts, int) and lasts > 0 else _UNSAID_S
        break
    raise PlatformError(
        "PLT-CATALOG-004",
        f"{asked.server} gives no token for the client in {CREDENTIAL} ({asked}). Nothing was "
        "changed.",
        hint=f"{CREDENTIAL} is CLIENT_ID:CLIENT_SECRET. Where the catalog's tokens come from an "
        f"identity provider of its own, set {TOKEN} to one.",
        address=asked.path,
    )
