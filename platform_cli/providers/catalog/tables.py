"""One table of the embedded catalog, read from the file that says everything about it.

Only to look: the file is JSON, and reading it here spares importing pyiceberg. What lies outside
the catalog's own folder was not made by us and is not opened.
"""

from __future__ import annotations

import json
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from platform_cli import disk
from platform_cli.providers.catalog import columns, place, properties
from platform_cli.providers.catalog.columns import Fields
from platform_cli.providers.catalog.port import Column, Publication, Table

_JSON: Final = "platform_cli.json_columns"
_LARGEST: Final = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Metadata:
    """What a commit begins with: the fields as they are, the last id given, the properties."""

    uuid: str
    fields: Fields
    last_id: int
    properties: Mapping[str, str]

    def columns(self) -> tuple[Column, ...]:
        """The columns as the port has them."""
        return columns.shown(self.fields, self.properties.get(_JSON, "").split())


def wanted(publication: Publication) -> dict[str, str]:
    """The properties of a table that is published so."""
    made = properties.of_publication(publication)
    places = columns.json_places(publication.columns)
    return {**made, _JSON: " ".join(places)} if places else made


@dataclass(frozen=True, slots=True)
class Difference:
    """What one commit has to set and remove. Fields are None where they stay as they are."""

    fields: Fields | None
    updates: Mapping[str, str]
    removals: frozenset[str]

    def __bool__(self) -> bool:
        return self.fields is not None or bool(self.updates) or bool(self.removals)


def difference(found: Metadata, publication: Publication) -> Difference:
    """What makes the table one that is published so. Pure."""
    said, kept = wanted(publication), found.properties
    evolved = columns.fields(publication.columns, found.fields, found.last_id)
    return Difference(
        fields=None if evolved == found.fields else evolved,
        updates={key: text for key, text in said.items() if kept.get(key) != text},
        removals=frozenset(key for key in kept if _replaced(key) and key not in said),
    )


def read(location: str, file: Path) -> Metadata | None:
    """What the table's file says; None for one that is not ours. Raises PLT-CATALOG-002."""
    if not place.is_inside(location, place.location(file)):
        return None
    path = place.path_of(location)
    try:
        return metadata(json.loads(_content(path)))
    except (ValueError, KeyError, TypeError, AttributeError, StopIteration, RecursionError):
        raise place.damaged(path, "it is not what is known of a table") from None


def shown(name: str, address: str, found: Metadata | None) -> Table:
    """The table as the port has it."""
    marker = properties.marker(found.properties) if found else None
    if found is None or marker is None:
        return Table(name, address, found.uuid if found else None, None, None)
    publication = properties.publication(found.properties, found.columns())
    return Table(name, address, found.uuid, marker, publication)


def _content(path: Path) -> bytes:
    with disk.touching(path):
        try:
            about = path.stat()
        except FileNotFoundError:
            raise place.damaged(path, "it is missing, though the catalog names it") from None
        if not stat.S_ISREG(about.st_mode) or about.st_size > _LARGEST:
            raise place.damaged(path, "it is not what is known of a table")
        return path.read_bytes()


def metadata(said: Any) -> Metadata | None:
    """What Iceberg's JSON says of a table; None for a view.

    Raises ValueError, KeyError, TypeError, AttributeError or StopIteration for what is neither.
    """
    if "view-uuid" in said:
        return None
    current = said["current-schema-id"]
    schema = next(one for one in said["schemas"] if one["schema-id"] == current)
    kept = said.get("properties") or {}
    if not all(isinstance(text, str) for text in (*kept, *kept.values())):
        raise ValueError("a property is no text")
    found: Fields = list(schema["fields"])
    made = Metadata(str(said["table-uuid"]), found, int(said["last-column-id"]), dict(kept))
    made.columns()  # what cannot be shown is found here, before anything is done with it
    return made


def _replaced(key: str) -> bool:
    return key == _JSON or properties.is_publication(key)
