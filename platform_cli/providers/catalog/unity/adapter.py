"""Unity Catalog as the catalog of the port: schemas, grants, tags and published tables.

A mutating method looks first, and then makes the calls that are missing, each once. Most are one
call; a first schema, a first grant, tags of Databricks and a changed table take a few, in an order
in which whatever is cut off is found and completed by the next look.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from platform_cli.errors import PlatformError
from platform_cli.providers.catalog import properties
from platform_cli.providers.catalog.port import (
    EVERYONE,
    Privilege,
    Publication,
    Schema,
    Table,
    Tier,
)
from platform_cli.providers.catalog.refusals import check_table, gone, not_ours
from platform_cli.providers.catalog.unity import labels, shapes
from platform_cli.providers.catalog.unity.api import Json, at
from platform_cli.providers.catalog.unity.place import Metastore
from platform_cli.providers.catalog.unity.schemas import Schemas
from platform_cli.providers.catalog.unity.shapes import Place
from platform_cli.providers.marker import Marker

_EXTERNAL: Final = "EXTERNAL"


@dataclass(frozen=True, slots=True)
class UnityCatalog:
    """One metastore, laid out as the settings say."""

    metastore: Metastore

    @property
    def enforces_access(self) -> bool:
        """Not on an open-source server that asks nobody who they are."""
        return self.metastore.flavour.grants == "permissions"

    @property
    def _schemas(self) -> Schemas:
        return Schemas(self.metastore)

    def one_look(self) -> UnityCatalog:
        """The same metastore, with answers that are kept for one look."""
        return replace(self, metastore=self.metastore.one_look())

    def address(self, domain: str, tier: Tier) -> str:
        """The schema's full name: catalog and schema."""
        return self.metastore.layout.place(domain, tier).full

    def schema(self, domain: str, tier: Tier) -> Schema | None:
        """The schema; in its place, without a marker, a catalog that is in its way."""
        return self._schemas.shown(domain, tier)

    def tiers(self, domain: str) -> frozenset[str]:
        """The tiers among the schemas that the catalog lists."""
        return self._schemas.tiers(domain)

    def grants(self, domain: str, tier: Tier) -> Mapping[str, Privilege]:
        """Who was granted what; nobody where the schema is absent or not ours."""
        place = self.metastore.place(domain, tier)
        found = self.metastore.schema(place)
        kept = shapes.kept(found or {})
        if properties.marker(kept) is None:
            return {}
        if self.enforces_access:
            return self.metastore.granting.on(place)
        try:
            return properties.grants(kept)
        except ValueError as error:
            raise PlatformError(
                "PLT-CATALOG-006",
                f"What is written down beside {place.full} cannot be read: {error}. Nothing was "
                "changed.",
                address=place.full,
            ) from None

    def may_read(self, who: str, domain: str, tier: Tier) -> bool:
        """What holds in the end, where the catalog tells; who is in no group is an outsider."""
        if not self.enforces_access:
            granted = self.grants(domain, tier)
            return who in granted or EVERYONE in granted
        place = self.metastore.place(domain, tier)
        found = self.metastore.schema(place)
        if found is None or properties.marker(shapes.kept(found)) is None:
            return False
        granting = self.metastore.granting
        return granting.may_read(EVERYONE, place) or granting.may_read(who, place)

    def create_schema(self, domain: str, tier: Tier, *, marker: Marker) -> Schema:
        """Make the schema, and with the first one the domain's catalog. Raises PLT-CATALOG-001."""
        return self._schemas.create(domain, tier, marker)

    def set_marker(self, domain: str, tier: Tier, marker: Marker) -> Schema:
        """Adopt a schema; what else it carries stays. Raises PLT-CATALOG-003."""
        return self._schemas.set_marker(domain, tier, marker)

    def grant(self, domain: str, tier: Tier, who: str, privilege: Privilege) -> None:
        """Let this be the principal's privilege. Raises PLT-CATALOG-006 for one nobody knows."""
        place = self.metastore.place(domain, tier)
        found = self.metastore.ours(place)
        if self.enforces_access:
            self.metastore.granting.grant(place, who, privilege)
        else:
            self._schemas.change(place, found, properties.of_grant(who, privilege))

    def revoke(self, domain: str, tier: Tier, who: str) -> None:
        """Take what was granted on the schema itself."""
        place = self.metastore.place(domain, tier)
        found = self.metastore.ours(place)
        if self.enforces_access:
            self.metastore.granting.revoke(place, who)
        else:
            self._schemas.change(place, found, {}, frozenset({properties.grant_key(who)}))

    def set_tags(self, domain: str, tier: Tier, tags: Mapping[str, str]) -> None:
        """Set these tags; other tags stay."""
        self._schemas.set_tags(self.metastore.place(domain, tier), tags)

    def table(self, domain: str, tier: Tier, name: str) -> Table | None:
        """The table of that name, or None."""
        place = self.metastore.place(domain, tier)
        found = self._table(place, name)
        return self._shown(place, found) if found is not None else None

    def tables(self, domain: str, tier: Tier) -> tuple[Table, ...]:
        """Every table and view of the schema, by name."""
        place = self.metastore.place(domain, tier)
        query = {"catalog_name": place.catalog, "schema_name": place.schema}
        found = self.metastore.api.pages(at("tables"), "tables", query) or ()
        shown = (self._shown(place, one) for one in found)
        return tuple(sorted(shown, key=lambda one: one.name))

    def create_table(
        self, domain: str, tier: Tier, name: str, publication: Publication, *, marker: Marker
    ) -> Table:
        """Register the table with marker, publication and columns. Raises PLT-CATALOG-001."""
        place = self.metastore.place(domain, tier)
        above = self.metastore.ours(place)
        if self._table(place, name) is not None:
            raise not_ours("table", f"{place.full}.{name}", "exists already")
        return self._register(place, name, publication, marker, self._root(place, above))

    def set_table(self, domain: str, tier: Tier, name: str, publication: Publication) -> Table:
        """Register the table anew where it differs. Raises PLT-CATALOG-001, -003 and -006.

        Databricks has tags for what is said of a table that the domain's own build made.
        Unity Catalog's API changes nothing of a table but its owner. What we registered is taken
        out of the catalog and put in again: its files are untouched, and two calls are made.
        """
        place, address = self.metastore.place(domain, tier), f"{self.address(domain, tier)}.{name}"
        found = self._table(place, name)
        if found is None:
            raise gone("table", address)
        before = self._shown(place, found)
        if before.built:
            return self._labelled(place, found, publication)
        if before.marker is None:
            raise not_ours("table", address, "carries no marker of ours")
        if before.publication == publication:
            return before
        root = self._root(place, self.metastore.ours(place))
        if found.get("table_type") != _EXTERNAL:
            raise PlatformError(
                "PLT-CATALOG-006",
                f"{address} is not a table that was registered here: taking it out of the catalog "
                "would delete its data. It was not changed.",
                hint="Whoever builds it sets its properties: ALTER TABLE ... SET TBLPROPERTIES.",
                address=address,
            )
        self.metastore.api.send("DELETE", at("tables", address))
        return self._register(place, name, publication, before.marker, root)

    def _shown(self, place: Place, found: Json) -> Table:
        """The table; one that we did not register with its tags, where there are tags."""
        if shapes.registered(found) or not self.metastore.flavour.tag_assignments:
            return shapes.table(place, found)
        return shapes.built(place, found, self._tags(place, found))

    def _tags(self, place: Place, found: Json) -> dict[str, str]:
        return self.metastore.tagging.on("tables", f"{place.full}.{found['name']}")

    def _labelled(self, place: Place, found: Json, publication: Publication) -> Table:
        """Say it in tags, with the marker of the schema that the table is in."""
        marker = properties.marker(shapes.kept(self.metastore.ours(place)))
        address, before = f"{place.full}.{found['name']}", self._tags(place, found)
        foreign = labels.marker(before)
        if marker is None or (foreign is not None and foreign.domain != marker.domain):
            raise not_ours("table", address, "carries the marker of another domain")
        wanted = labels.wanted(publication, marker)
        self.metastore.tagging.change("tables", address, wanted, labels.ours(before) - set(wanted))
        return shapes.built(place, found, wanted)

    def _table(self, place: Place, name: str) -> Json | None:
        check_table(name)
        return self.metastore.api.get(at("tables", f"{place.full}.{name}"))

    def _register(
        self, place: Place, name: str, publication: Publication, marker: Marker, root: str
    ) -> Table:
        body = shapes.new_table(place, name, publication, root, marker)
        made = self.metastore.api.send("POST", at("tables"), body)
        return shapes.table(place, {**body, **made})

    def _root(self, place: Place, schema: Json) -> str:
        """Where the files of a registered table are said to be. Raises PLT-CATALOG-006."""
        catalog = self.metastore.catalog(place.catalog) or {}
        default = self.metastore.flavour.storage_root
        root = schema.get("storage_root") or catalog.get("storage_root") or default
        if not root:
            raise PlatformError(
                "PLT-CATALOG-006",
                f"Neither {place.full} nor its catalog says where tables are kept, and a table is "
                "registered with a place. Nothing was changed.",
                hint=f"Whoever owns {place.catalog} gives it a managed location.",
                address=place.full,
            )
        return str(root)
