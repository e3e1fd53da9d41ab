"""The world outside, by kind: each folder has a port and the adapters that implement it.

`Providers` is what steps are handed. Nothing here, and no step, knows which adapter is behind.
"""

from __future__ import annotations

from dataclasses import dataclass

from platform_cli.providers.catalog.port import Catalog
from platform_cli.providers.forge.port import Forge
from platform_cli.providers.pager.port import Pager


@dataclass(frozen=True, slots=True)
class Providers:
    """One adapter of each kind, chosen by the profile."""

    forge: Forge
    catalog: Catalog
    pager: Pager

    def one_look(self) -> Providers:
        """The same, for one look at everything: what two ask in it is asked once. Then drop it."""
        return Providers(self.forge.one_look(), self.catalog.one_look(), self.pager.one_look())
