"""Puts the adapter together from what `wiring` chose: address, warehouse, layout, credentials."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from platform_cli.providers.catalog.iceberg.adapter import IcebergCatalog
from platform_cli.providers.catalog.iceberg.api import Api
from platform_cli.providers.catalog.iceberg.credentials import Credentials
from platform_cli.providers.catalog.iceberg.place import Layout, LayoutName, Warehouse


@dataclass(frozen=True, slots=True)
class Server:
    """Where the catalog is, and how the domains are laid out there."""

    uri: str | None
    warehouse: str | None
    layout: LayoutName
    timeout_s: float


@dataclass(frozen=True, slots=True)
class Times:
    """The clock that tokens end by, and how to wait."""

    clock: Callable[[], float]
    pause: Callable[[float], None]


def opened(server: Server, secret: Callable[[str], str | None], times: Times) -> IcebergCatalog:
    """The catalog at this server. Asks it nothing yet, and imports no library."""
    credentials = Credentials(secret, times.clock)
    api = Api(server.uri, server.warehouse, credentials, server.timeout_s, times.pause)
    return IcebergCatalog(Warehouse(api, Layout(server.layout)))
