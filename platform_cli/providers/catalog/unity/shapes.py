"""What Unity Catalog shows of itself, as the port's words; and what a new part is made of.

Pure: JSON in, plain data out, and the other way round.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from platform_cli.providers.catalog import properties
from platform_cli.providers.catalog.port import (
    EVERYONE,
    Column,
    Publication,
    Schema,
    Table,
    Tier,
)
from platform_cli.providers.catalog.unity import columns, labels
from platform_cli.providers.marker import Marker

CATALOG_PER_DOMAIN: Final = "catalog-per-domain"
_JSON: Final = "platform_cli.json_columns"

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Place:
    """Where the schema of one tier is or would be."""

    catalog: str
    schema: str

    @property
    def full(self) -> str:
        """The schema's full name, which is its address for people, too."""
        return f"{self.catalog}.{self.schema}"


@dataclass(frozen=True, slots=True)
class Layout:
    """A catalog for each domain with a schema a tier, or one catalog with all of their schemas."""

    name: str

    @property
    def shared(self) -> bool:
        """Whether the catalog is one that all domains share."""
        return self.name != CATALOG_PER_DOMAIN

    def place(self, domain: str, tier: Tier) -> Place:
        """No two domains have the same one: no tier's name ends with `_` and another's."""
        return Place(self.name, f"{domain}_{tier}") if self.shared else Place(domain, tier)


@dataclass(frozen=True, slots=True)
class Principals:
    """How the port's words for who may do something are the catalog's, one to one."""

    organisation: str
    outsider_group: str

    def of(self, who: str) -> str:
        """A team is the group of its name; another organisation's has that before its own."""
        if who == EVERYONE:
            return self.outsider_group
        organisation, slash, team = who.removeprefix("@").partition("/")
        if not who.startswith("@") or not slash:
            return who
        return team if organisation == self.organisation else f"{organisation}/{team}"

    def who(self, principal: str) -> str:
        """The other way round."""
        if principal == self.outsider_group:
            return EVERYONE
        if principal.startswith("@"):
            return principal
        return f"@{principal}" if "/" in principal else f"@{self.organisation}/{principal}"


def kept(shown: Json) -> dict[str, str]:
    """The properties of a catalog, a schema or a table."""
    return {str(key): str(value) for key, value in (shown.get("properties") or {}).items()}


def schema(place: Place, shown: Json, tags: Mapping[str, str]) -> Schema:
    """A schema as the port has it; what is not ours is shown without anything."""
    marker = properties.marker(kept(shown))
    identity = shown.get("schema_id")
    return Schema(place.full, str(identity) if identity else None, marker, tags if marker else {})


def in_the_way(catalog: Json, domain: str) -> bool:
    """Whether a catalog that has the domain's name carries no marker of that domain."""
    marker = properties.marker(kept(catalog))
    return marker is None or marker.domain.replace("-", "_") != domain


def new_catalog(name: str, marker: Marker) -> dict[str, Any]:
    """A catalog for one domain."""
    comment = f"The data domain {marker.domain}."
    return {"name": name, "comment": comment, "properties": properties.of_marker(marker)}


def new_schema(place: Place, tier: Tier, marker: Marker) -> dict[str, Any]:
    """A schema that carries the marker from its first moment."""
    return {
        "name": place.schema,
        "catalog_name": place.catalog,
        "comment": f"The tier {tier} of the data domain {marker.domain}.",
        "properties": properties.of_marker(marker),
    }


def new_table(
    place: Place, name: str, publication: Publication, root: str, marker: Marker
) -> dict[str, Any]:
    """A table that is published so: registered, its files being whoever's builds it."""
    said = properties.of_publication(publication) | properties.of_marker(marker)
    places = columns.json_places(publication.columns)
    return {
        "name": name,
        "catalog_name": place.catalog,
        "schema_name": place.schema,
        "table_type": "EXTERNAL",
        "data_source_format": "DELTA",
        "storage_location": f"{root.rstrip('/')}/{place.catalog}/{place.schema}/{name}",
        "columns": columns.written(publication.columns),
        "properties": said | ({_JSON: " ".join(places)} if places else {}),
    }


def registered(shown: Json) -> bool:
    """Whether the table carries our marker itself: it was registered by us."""
    return properties.marker(kept(shown)) is not None


def table(place: Place, shown: Json) -> Table:
    """A table as the port has it. Its id changes when it is registered anew, so it has none."""
    said, name = kept(shown), str(shown["name"])
    marker = properties.marker(said)
    found = None
    if marker is not None:
        read = _columns(shown, said.get(_JSON, ""))
        found = properties.publication(said, read) if read is not None else None
    return Table(name, f"{place.full}.{name}", None, marker, found)


def built(place: Place, shown: Json, tags: Mapping[str, str]) -> Table:
    """A table that we did not register, with what its tags say of it."""
    name, marker = str(shown["name"]), labels.marker(tags)
    found = labels.publication(tags, _columns(shown) or ()) if marker is not None else None
    return Table(name, f"{place.full}.{name}", None, marker, found, built=True)


def _columns(shown: Json, json_at: str = "") -> tuple[Column, ...] | None:
    """The columns; None where they are not what is known of columns."""
    try:
        return columns.shown(shown.get("columns") or (), json_at.split())
    except (KeyError, TypeError, ValueError):
        return None
