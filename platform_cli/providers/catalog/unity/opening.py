"""Puts the adapter together from what `wiring` chose: address, credentials, layout, groups."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from platform_cli.providers.catalog.unity.adapter import UnityCatalog
from platform_cli.providers.catalog.unity.api import Api
from platform_cli.providers.catalog.unity.credentials import Credentials, Secret
from platform_cli.providers.catalog.unity.place import Metastore
from platform_cli.providers.catalog.unity.shapes import Layout, Principals


@dataclass(frozen=True, slots=True)
class Server:
    """Where Unity Catalog is, and how the domains are laid out there."""

    host: str | None
    layout: str
    outsider_group: str
    organisation: str
    timeout_s: float


def opened(
    server: Server,
    secret: Secret,
    environment: Mapping[str, str],
    pause: Callable[[float], None],
) -> UnityCatalog:
    """The catalog at this server. Asks it nothing yet, and imports no SDK."""
    credentials = Credentials(server.host, secret, environment, server.timeout_s)
    return UnityCatalog(
        Metastore(
            Api(credentials, server.timeout_s, pause),
            Layout(server.layout),
            Principals(server.organisation, server.outsider_group),
        )
    )
