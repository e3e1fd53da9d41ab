"""An Iceberg REST catalog as the catalog of the port: namespaces, properties, published tables.

Iceberg's description has no grants. They are written down as properties, for people and for
whoever sets the server's own rights, and nobody is held to them here: `enforces_access` says so.
A mutating method looks first, and makes one call; a first nested schema makes two.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from platform_cli.errors import PlatformError
from platform_cli.providers.catalog import columns, properties, tables
from platform_cli.providers.catalog.iceberg.namespaces import Namespaces
from platform_cli.providers.catalog.iceberg.place import Namespace, Warehouse, full
from platform_cli.providers.catalog.port import (
    EVERYONE,
    Privilege,
    Publication,
    Schema,
    Table,
    Tier,
)
from platform_cli.providers.catalog.refusals import check_table, check_texts, gone, not_ours
from platform_cli.providers.marker import Marker

if TYPE_CHECKING:
    from pyiceberg.table import Table as Loaded

    from platform_cli.providers.catalog.iceberg.rest import Rest


@dataclass(frozen=True, slots=True)
class IcebergCatalog:
    """One warehouse, laid out as the settings say."""

    warehouse: Warehouse

    @property
    def enforces_access(self) -> bool:
        """No: what a server of this kind holds people to is not in Iceberg's description."""
        return False

    @property
    def _namespaces(self) -> Namespaces:
        return Namespaces(self.warehouse)

    def one_look(self) -> IcebergCatalog:
        """Itself: it is asked one call at a time, and each time anew."""
        return self

    def address(self, domain: str, tier: Tier) -> str:
        """The namespace, with a dot between its parts."""
        return full(self.warehouse.layout.namespace(domain, tier))

    def schema(self, domain: str, tier: Tier) -> Schema | None:
        """The schema; in its place, without a marker, a parent that is in its way."""
        return self._namespaces.shown(domain, tier)

    def tiers(self, domain: str) -> frozenset[str]:
        """The tiers among the namespaces that the catalog lists."""
        return self._namespaces.tiers(domain)

    def grants(self, domain: str, tier: Tier) -> Mapping[str, Privilege]:
        """Who is written down to be allowed what; nobody where the schema is not ours."""
        place = self.warehouse.namespace(domain, tier)
        found = self.warehouse.properties(place)
        if found is None or properties.marker(found) is None:
            return {}
        try:
            return properties.grants(found)
        except ValueError as error:
            raise PlatformError(
                "PLT-CATALOG-006",
                f"What is written down beside {full(place)} cannot be read: {error}. Nothing was "
                "changed.",
                address=full(place),
            ) from None

    def may_read(self, who: str, domain: str, tier: Tier) -> bool:
        """What is written down, which nobody is held to here."""
        granted = self.grants(domain, tier)
        return who in granted or EVERYONE in granted

    def create_schema(self, domain: str, tier: Tier, *, marker: Marker) -> Schema:
        """Make the namespace, and with a nested first one its parent. Raises PLT-CATALOG-001."""
        return self._namespaces.create(domain, tier, marker)

    def set_marker(self, domain: str, tier: Tier, marker: Marker) -> Schema:
        """Adopt a schema; what else it carries stays. Raises PLT-CATALOG-003."""
        return self._namespaces.set_marker(domain, tier, marker)

    def grant(self, domain: str, tier: Tier, who: str, privilege: Privilege) -> None:
        """Write down what the principal is allowed, in the place of anything else."""
        self._change(domain, tier, properties.of_grant(who, privilege))

    def revoke(self, domain: str, tier: Tier, who: str) -> None:
        """Take what is written down for the principal."""
        self._change(domain, tier, {}, frozenset({properties.grant_key(who)}))

    def set_tags(self, domain: str, tier: Tier, tags: Mapping[str, str]) -> None:
        """Set these tags in one call; other tags stay."""
        self._change(domain, tier, properties.of_tags(tags))

    def table(self, domain: str, tier: Tier, name: str) -> Table | None:
        """The table of that name, or None; a view that has the name is none of ours."""
        check_table(name)
        return self._table(self.warehouse.namespace(domain, tier), name)

    def tables(self, domain: str, tier: Tier) -> tuple[Table, ...]:
        """Every table of the schema, by name; of each, one more call."""
        place = self.warehouse.namespace(domain, tier)
        listed = self.warehouse.api.find(lambda rest: rest.list_tables(place)) or ()
        found = (self._table(place, name) for name in sorted(one[-1] for one in listed))
        # One that went since the listing is not there.
        return tuple(one for one in found if one is not None)

    def create_table(
        self, domain: str, tier: Tier, name: str, publication: Publication, *, marker: Marker
    ) -> Table:
        """Make the table with marker, publication and columns. Raises PLT-CATALOG-001 or -003."""
        check_table(name)
        place = self.warehouse.namespace(domain, tier)
        said = tables.wanted(publication) | properties.of_marker(marker)
        fields = columns.fields(publication.columns, [], 0)
        check_texts(*said, *said.values(), json.dumps(fields, ensure_ascii=False))
        self.warehouse.ours(place)
        if self._table(place, name) is not None:
            raise _taken(place, name)

        def make(rest: Rest) -> Loaded:
            from pyiceberg.schema import Schema as Columns

            shape = Columns.model_validate({"type": "struct", "fields": fields})
            made: Loaded = rest.create_table((*place, name), shape, properties=said)
            return made

        self.warehouse.expected.add((*place, name))
        try:
            return _shown(place, name, self.warehouse.api.change(make))
        except PlatformError as error:
            if error.code != "PLT-CATALOG-001":
                raise
            # It does not show yet: where it is the one that a lost call made, it is what we meant.
            found = self._table(place, name)
            if found is None or (found.marker, found.publication) != (marker, publication):
                raise _taken(place, name) from None
            return found

    def set_table(self, domain: str, tier: Tier, name: str, publication: Publication) -> Table:
        """Write what differs in one commit. Raises PLT-CATALOG-001 or -003."""
        check_table(name)
        place = self.warehouse.namespace(domain, tier)
        told = json.dumps(columns.fields(publication.columns, [], 0), ensure_ascii=False)
        check_texts(*tables.wanted(publication), *tables.wanted(publication).values(), told)
        loaded = self._loaded(place, name)
        if loaded is None:
            raise gone("table", f"{full(place)}.{name}")
        before = _metadata(loaded)
        if before is None or properties.marker(before.properties) is None:
            raise not_ours("table", f"{full(place)}.{name}", "carries no marker of ours")
        differs = tables.difference(before, publication)
        if not differs:
            return _shown(place, name, loaded)

        def commit(rest: Rest) -> Any:
            from platform_cli.providers.catalog import commits

            same, updates = commits.of(loaded, differs)
            return rest.commit_table(loaded, same, updates).metadata

        after = self.warehouse.api.change(commit)
        return tables.shown(name, f"{full(place)}.{name}", _read(after))

    def _change(
        self,
        domain: str,
        tier: Tier,
        updates: Mapping[str, str],
        removals: frozenset[str] = frozenset(),
    ) -> None:
        place = self.warehouse.namespace(domain, tier)
        self._namespaces.change(place, self.warehouse.ours(place), updates, removals)

    def _table(self, place: Namespace, name: str) -> Table | None:
        loaded = self._loaded(place, name)
        return None if loaded is None else _shown(place, name, loaded)

    def _loaded(self, place: Namespace, name: str) -> Loaded | None:
        identifier = (*place, name)

        def look() -> Loaded | None:
            return self.warehouse.api.find(lambda rest: rest.load_table(identifier))

        return self.warehouse.expected.found(identifier, look)


def _shown(place: Namespace, name: str, loaded: Loaded) -> Table:
    return tables.shown(name, f"{full(place)}.{name}", _metadata(loaded))


def _metadata(loaded: Loaded) -> tables.Metadata | None:
    return _read(loaded.metadata)


def _read(metadata: Any) -> tables.Metadata | None:
    """What is known of a table; None for what cannot be ours, because we never write such."""
    try:
        return tables.metadata(json.loads(metadata.model_dump_json()))
    except (ValueError, KeyError, TypeError, AttributeError, StopIteration, RecursionError):
        return None


def _taken(place: Namespace, name: str) -> PlatformError:
    return not_ours("table", f"{full(place)}.{name}", "exists already")
