"""Looks at what would stop an onboarding at an Iceberg REST catalog: address, credentials, rights.

Only reads. What it says is for `doctor`.
"""

from __future__ import annotations

from dataclasses import dataclass

from platform_cli.providers.catalog.iceberg.adapter import IcebergCatalog
from platform_cli.providers.catalog.iceberg.credentials import Kind


@dataclass(frozen=True, slots=True)
class Found:
    """Who asks which server; no server of this kind tells what its caller may do."""

    kind: Kind
    server: str


def look(catalog: IcebergCatalog) -> Found:
    """List the namespaces. Raises PLT-CATALOG-004, -005 or -006 where that fails."""
    api = catalog.warehouse.api
    api.read(lambda rest: rest.list_namespaces())
    return Found(api.credentials.kind, api.server)
