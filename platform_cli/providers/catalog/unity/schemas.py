"""Schemas in Unity Catalog: made with their marker, adopted, and their properties changed.

A catalog for each domain is made with its first schema, and carries the marker, too. In a catalog
that is there already and is nobody's, a schema is made only where a person said to adopt.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from platform_cli.errors import Code, PlatformError
from platform_cli.providers.catalog import properties
from platform_cli.providers.catalog.port import TIERS, Schema, Tier
from platform_cli.providers.catalog.refusals import gone, not_ours
from platform_cli.providers.catalog.unity import shapes
from platform_cli.providers.catalog.unity.api import Json, at
from platform_cli.providers.catalog.unity.place import Metastore
from platform_cli.providers.catalog.unity.shapes import Place
from platform_cli.providers.marker import Marker

_EXISTS: Final[Code] = "PLT-CATALOG-001"


@dataclass(frozen=True, slots=True)
class Schemas:
    """The schemas of one metastore."""

    metastore: Metastore

    def shown(self, domain: str, tier: Tier) -> Schema | None:
        """The schema, or what is in its way: a catalog of the domain's name that is not its own."""
        place = self.metastore.place(domain, tier)
        found = self.metastore.schema(place)
        if found is not None:
            return self._schema(place, found)
        if self._in_the_way(domain, place):
            return Schema(place.full, None, None, {})
        return None

    def tiers(self, domain: str) -> frozenset[str]:
        """The tiers among the schemas that the catalog lists."""
        wanted = {self.metastore.place(domain, tier).schema: tier for tier in TIERS}
        catalog = self.metastore.place(domain, "raw").catalog

        made = {self.metastore.place(domain, tier).full for tier in TIERS}
        expected = {name for name in made if name in self.metastore.expected}

        def listed() -> frozenset[str]:
            found = self.metastore.api.pages(at("schemas"), "schemas", {"catalog_name": catalog})
            return frozenset(wanted[one["name"]] for one in found or () if one["name"] in wanted)

        def whole() -> frozenset[str] | None:
            found = listed()
            return found if len(found) >= len(expected) else None

        # A listing may lag behind what was just made.
        name = min(expected, default="")
        return self.metastore.expected.found(name, whole) or listed()

    def create(self, domain: str, tier: Tier, marker: Marker) -> Schema:
        """Make the schema, and before it the catalog of the domain. Raises PLT-CATALOG-001."""
        place = self.metastore.place(domain, tier)
        if self.metastore.schema(place) is not None:
            raise not_ours("schema", place.full, "exists already")
        self._catalog_for(domain, place, marker)
        try:
            return self._make(place, tier, marker)
        except PlatformError as error:
            if error.code != _EXISTS:
                raise
            # It does not show yet: where it is the one that a lost call made, it is ours.
            self.metastore.expected.add(place.full)
            found = self.metastore.schema(place)
            if found is None or properties.marker(shapes.kept(found)) != marker:
                raise not_ours("schema", place.full, "exists already") from None
            return self._schema(place, found)

    def set_marker(self, domain: str, tier: Tier, marker: Marker) -> Schema:
        """Adopt the schema, or make it in the catalog that was adopted. Raises PLT-CATALOG-003."""
        place = self.metastore.place(domain, tier)
        found = self.metastore.schema(place)
        if found is not None:
            return self._schema(place, self.change(place, found, properties.of_marker(marker)))
        if not self._in_the_way(domain, place):
            raise gone("schema", place.full)
        return self._make(place, tier, marker)

    def change(
        self,
        place: Place,
        found: Json,
        updates: Mapping[str, str],
        removals: frozenset[str] = frozenset(),
    ) -> Json:
        """Set and remove properties in one call; other people's stay, as all of them are sent."""
        before = shapes.kept(found)
        wanted = {key: text for key, text in before.items() if key not in removals} | dict(updates)
        if wanted == before:
            return found
        self.metastore.api.send("PATCH", at("schemas", place.full), {"properties": wanted})
        return {**found, "properties": wanted}

    def _schema(self, place: Place, found: Json) -> Schema:
        kept = shapes.kept(found)
        if properties.marker(kept) is None:
            return shapes.schema(place, found, {})
        return shapes.schema(place, found, self.tags(place, kept))

    def tags(self, place: Place, kept: Mapping[str, str]) -> dict[str, str]:
        """The tags, wherever this catalog has them."""
        if not self.metastore.flavour.tag_assignments:
            return properties.tags(kept)
        return self.metastore.tagging.on("schemas", place.full)

    def set_tags(self, place: Place, tags: Mapping[str, str]) -> None:
        """Set these tags: one call where they are properties, else one for each that differs."""
        found = self.metastore.ours(place)
        if not self.metastore.flavour.tag_assignments:
            self.change(place, found, properties.of_tags(tags))
        else:
            self.metastore.tagging.change("schemas", place.full, tags)

    def _in_the_way(self, domain: str, place: Place) -> bool:
        if self.metastore.layout.shared:
            return False
        catalog = self.metastore.catalog(place.catalog)
        return catalog is not None and shapes.in_the_way(catalog, domain)

    def _catalog_for(self, domain: str, place: Place, marker: Marker) -> None:
        metastore = self.metastore
        found = metastore.catalog(place.catalog)
        if found is None and metastore.layout.shared:
            raise PlatformError(
                "PLT-CATALOG-003",
                f"There is no catalog {place.catalog}, which unity.layout names. Nothing was made.",
                hint=f"Whoever may CREATE CATALOG makes {place.catalog} once, for all domains.",
                address=place.catalog,
            )
        if metastore.layout.shared:
            return
        if found is None:
            metastore.expected.add(place.catalog)
            try:
                metastore.api.send(
                    "POST", at("catalogs"), shapes.new_catalog(place.catalog, marker)
                )
            except PlatformError as error:
                if error.code != _EXISTS:
                    raise
                # It does not show yet, or somebody was there a moment before us.
                found = metastore.catalog(place.catalog)
            else:
                return
        if not self._carries(found, domain, marker):
            raise not_ours("catalog", place.catalog, "exists already and is not this domain's")

    def _carries(self, catalog: Json | None, domain: str, marker: Marker) -> bool:
        """Whether the catalog, or a schema of the domain in it, carries this very marker."""
        if catalog is not None and properties.marker(shapes.kept(catalog)) == marker:
            return True
        places = (self.metastore.place(domain, tier) for tier in TIERS)
        beside = (self.metastore.api.get(at("schemas", place.full)) for place in places)
        return any(
            properties.marker(shapes.kept(one)) == marker for one in beside if one is not None
        )

    def _make(self, place: Place, tier: Tier, marker: Marker) -> Schema:
        self.metastore.expected.add(place.full)
        made = self.metastore.api.send(
            "POST", at("schemas"), shapes.new_schema(place, tier, marker)
        )
        return shapes.schema(place, made, {})
