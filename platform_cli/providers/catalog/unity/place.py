"""One Unity Catalog and where things are in it: what every part of the adapter is made of.

Finds schemas, and looks more than once for what a call of ours may have made a moment ago.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from threading import Lock

from platform_cli.providers.catalog import properties
from platform_cli.providers.catalog.expected import Expected
from platform_cli.providers.catalog.port import Tier
from platform_cli.providers.catalog.refusals import check_domain, gone, not_ours
from platform_cli.providers.catalog.unity import flavour, shapes
from platform_cli.providers.catalog.unity.api import Api, Json, at
from platform_cli.providers.catalog.unity.flavour import Flavour
from platform_cli.providers.catalog.unity.granting import Granting
from platform_cli.providers.catalog.unity.shapes import Layout, Place, Principals
from platform_cli.providers.catalog.unity.tagging import Tagging


@dataclass(slots=True)
class Metastore:
    """The catalogs of one metastore, as the settings lay the domains out in it."""

    api: Api
    layout: Layout
    principals: Principals
    _flavours: list[Flavour] = field(default_factory=list, repr=False)
    """The one that it is, once it is known."""
    expected: Expected[str] = field(init=False, repr=False)
    """What a call of ours may have made a moment ago."""
    _lock: Lock = field(default_factory=Lock, repr=False)

    def __post_init__(self) -> None:
        self.expected = Expected(self.api.pause)

    @property
    def flavour(self) -> Flavour:
        """Which of the two it is: asked once."""
        with self._lock:
            if not self._flavours:
                if flavour.is_databricks(self.api.get(at("metastore_summary"), absent=()) or {}):
                    self._flavours.append(flavour.DATABRICKS)
                else:
                    self._flavours.append(flavour.OPEN if self.api.is_open() else flavour.GUARDED)
            return self._flavours[0]

    def one_look(self) -> Metastore:
        """The same metastore, with answers that are kept for one look."""
        return replace(self, api=self.api.one_look())

    @property
    def granting(self) -> Granting:
        """Its grants."""
        return Granting(self.api, self.flavour, self.principals)

    @property
    def tagging(self) -> Tagging:
        """Its tags, where it has them."""
        return Tagging(self.api)

    def place(self, domain: str, tier: Tier) -> Place:
        """Where the schema is or would be. Raises PLT-SPEC-001 for what is no name."""
        check_domain(domain)
        return self.layout.place(domain, tier)

    def catalog(self, name: str) -> Json | None:
        """What the catalog of that name shows of itself, or None; as `schema` does."""
        return self.expected.found(name, lambda: self.api.get(at("catalogs", name)))

    def schema(self, place: Place) -> Json | None:
        """What the schema shows of itself, or None; looked for again where one was made."""
        return self.expected.found(place.full, lambda: self.api.get(at("schemas", place.full)))

    def ours(self, place: Place) -> Json:
        """The schema, to change something there. Raises PLT-CATALOG-003 and -001."""
        shown = self.schema(place)
        if shown is None:
            raise gone("schema", place.full)
        if properties.marker(shapes.kept(shown)) is None:
            raise not_ours("schema", place.full, "carries no marker of ours")
        return shown
