"""The SDK as it is used here: it asks nobody while it is made, and sends everything once.

Imported when it is first used: the SDK takes about a second.
"""

from __future__ import annotations

from collections.abc import Mapping
from threading import local
from typing import Any, Final

from databricks.sdk.clock import Clock
from databricks.sdk.core import Config
from databricks.sdk.oauth import OidcEndpoints

from platform_cli import __version__

_LONG_S: Final = 1e9
# The SDK keeps this list at the class that asks first, and a subclass would find it empty.
_ATTRIBUTES: Final = tuple(Config.attributes())


class OnceClock(Clock):
    """The SDK sends again until a time is over; here its first pause is longer than that time.

    What it waits for is never slept: the pause ends the loop, and the error it had is the cause
    of the one that it raises. Each thread has its own time.
    """

    def __init__(self) -> None:
        self._of_thread = local()

    def time(self) -> float:
        """Zero, until the SDK wants to wait."""
        now: float = getattr(self._of_thread, "now", 0.0)
        return now

    def sleep(self, seconds: float) -> None:
        """Let so much time pass that there is none for another try."""
        self._of_thread.now = self.time() + seconds + _LONG_S


class QuietConfig(Config):
    """A configuration that does not look for what the host says of itself.

    Looking blocks for seconds where the host cannot be reached. The name is private to the SDK,
    so its version is pinned by the lock and a test holds what is relied on.
    """

    def _resolve_host_metadata(self) -> None:
        """Ask nobody."""

    @property
    def databricks_oidc_endpoints(self) -> OidcEndpoints | None:
        """Where a workspace gives tokens: at the documented place, unless the person names one."""
        if self.discovery_url or not self.host:
            return super().databricks_oidc_endpoints
        place = f"{self.host}/oidc/v1"
        return OidcEndpoints(f"{place}/authorize", f"{place}/token")


def config(*, host: str | None, timeout_s: float, kept: Mapping[str, str]) -> Config:
    """The SDK's configuration. Raises ValueError where it finds no credentials."""
    told: dict[str, Any] = {**kept, "host": host, "http_timeout_seconds": timeout_s}
    return QuietConfig(
        clock=OnceClock(), product="platform-cli", product_version=__version__, **told
    )


def credential_variables() -> frozenset[str]:
    """The variables in which the SDK looks for a credential, and for the way to get one."""
    names: set[str] = set()
    for attribute in _ATTRIBUTES:
        if attribute.env and (attribute.auth or attribute.name == "auth_type"):
            names |= {attribute.env, *attribute.env_aliases}
    return frozenset(names)
