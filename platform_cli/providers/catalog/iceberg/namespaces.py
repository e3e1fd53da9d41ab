"""Namespaces of an Iceberg REST catalog: made with their marker, adopted, their properties changed.

Where they are nested, the domain's own is made before its first tier, and carries the marker, too:
not every server makes a parent by itself. What exists is compared, never taken for ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from platform_cli.errors import Code, PlatformError
from platform_cli.providers.catalog import properties
from platform_cli.providers.catalog.iceberg.place import Namespace, Properties, Warehouse, full
from platform_cli.providers.catalog.port import TIERS, Schema, Tier
from platform_cli.providers.catalog.refusals import check_texts, gone, not_ours
from platform_cli.providers.marker import Marker

_EXISTS: Final[Code] = "PLT-CATALOG-001"


@dataclass(frozen=True, slots=True)
class Namespaces:
    """The namespaces of one warehouse."""

    warehouse: Warehouse

    def shown(self, domain: str, tier: Tier) -> Schema | None:
        """The schema, or what is in its way: a parent of the domain's name that is not its own."""
        place = self.warehouse.namespace(domain, tier)
        found = self.warehouse.properties(place)
        if found is not None:
            return _schema(place, found)
        return Schema(full(place), None, None, {}) if self._in_the_way(domain, place) else None

    def tiers(self, domain: str) -> frozenset[str]:
        """The tiers among the namespaces that the catalog lists."""
        wanted = {self.warehouse.namespace(domain, tier): tier for tier in TIERS}
        parent = next(iter(wanted))[:-1]
        expected = [place for place in wanted if place in self.warehouse.expected]

        def listed() -> frozenset[str]:
            found = self.warehouse.api.find(lambda rest: rest.list_namespaces(parent))
            return frozenset(wanted[place] for place in found or () if place in wanted)

        def whole() -> frozenset[str] | None:
            found = listed()
            return found if len(found) >= len(expected) else None

        # A listing may lag behind what was just made.
        return self.warehouse.expected.found(min(expected, default=()), whole) or listed()

    def create(self, domain: str, tier: Tier, marker: Marker) -> Schema:
        """Make the schema, and before it the domain's own. Raises PLT-CATALOG-001."""
        place = self.warehouse.namespace(domain, tier)
        if self.warehouse.properties(place) is not None:
            raise not_ours("schema", full(place), "exists already")
        self._parent(domain, place, marker)
        return self._made(place, marker)

    def set_marker(self, domain: str, tier: Tier, marker: Marker) -> Schema:
        """Adopt the schema, or make it in the parent that was adopted. Raises PLT-CATALOG-003."""
        place = self.warehouse.namespace(domain, tier)
        found = self.warehouse.properties(place)
        if found is not None:
            return _schema(place, self.change(place, found, properties.of_marker(marker)))
        if not self._in_the_way(domain, place):
            raise gone("schema", full(place))
        return self._made(place, marker)

    def change(
        self,
        place: Namespace,
        found: Properties,
        updates: Mapping[str, str],
        removals: frozenset[str] = frozenset(),
    ) -> Properties:
        """Set and remove properties in one call, where something differs; the others stay."""
        check_texts(*updates, *updates.values(), *removals)
        differs = {key: text for key, text in updates.items() if found.get(key) != text}
        gone_keys = removals & found.keys()
        if differs or gone_keys:
            self.warehouse.api.change(
                lambda rest: rest.update_namespace_properties(place, set(gone_keys), differs)
            )
        kept = {key: text for key, text in found.items() if key not in gone_keys}
        return kept | differs

    def _made(self, place: Namespace, marker: Marker) -> Schema:
        """The namespace, made with its marker; one that carries it already is what we meant."""
        wanted = properties.of_marker(marker)
        check_texts(*wanted.values())
        self.warehouse.expected.add(place)
        try:
            self.warehouse.api.change(lambda rest: rest.create_namespace(place, wanted))
        except PlatformError as error:
            if error.code != _EXISTS:
                raise
            # It does not show yet: where it is the one that a lost call made, it is ours.
            found = self.warehouse.properties(place)
            if found is None or properties.marker(found) != marker:
                raise not_ours("schema", full(place), "exists already") from None
            return _schema(place, found)
        return _schema(place, wanted)

    def _parent(self, domain: str, place: Namespace, marker: Marker) -> None:
        parent = place[:-1]
        if not parent:
            return
        found = self.warehouse.properties(parent)
        if found is None:
            self._made(parent, marker)
        elif not self._carries(domain, found, marker):
            raise not_ours("namespace", full(parent), "exists already and is not this domain's")

    def _carries(self, domain: str, parent: Properties, marker: Marker) -> bool:
        """Whether the parent, or a schema of the domain in it, carries this very marker."""
        if properties.marker(parent) == marker:
            return True
        places = (self.warehouse.namespace(domain, tier) for tier in TIERS)
        beside = (self.warehouse.properties(place) for place in places)
        return any(properties.marker(one) == marker for one in beside if one is not None)

    def _in_the_way(self, domain: str, place: Namespace) -> bool:
        parent = place[:-1]
        found = self.warehouse.properties(parent) if parent else None
        if found is None:
            return False
        marker = properties.marker(found)
        return marker is None or marker.domain.replace("-", "_") != domain


def _schema(place: Namespace, found: Properties) -> Schema:
    marker = properties.marker(found)
    # A namespace has no id that could not be copied.
    return Schema(full(place), None, marker, properties.tags(found) if marker else {})
