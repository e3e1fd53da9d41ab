"""One Unity Catalog and where things are in it: what every part of the adapter is made of.

Finds schemas, and looks more than once for what a call of ours may have made a moment ago.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock
from typing import Final, TypeVar

from platform_cli.errors import PlatformError
from platform_cli.providers.catalog import properties
from platform_cli.providers.catalog.port import Tier
from platform_cli.providers.catalog.unity import flavour, shapes
from platform_cli.providers.catalog.unity.api import Api, Json, at
from platform_cli.providers.catalog.unity.flavour import Flavour
from platform_cli.providers.catalog.unity.granting import Granting
from platform_cli.providers.catalog.unity.shapes import Layout, Place, Principals

# How often, and how far apart, we look for what is new, or may be.
_LOOKS_S: Final = (0.5, 1.0, 1.5, 2.0, 2.5)
_NAME: Final = re.compile(r"[a-z0-9_]{1,100}")
_TABLE: Final = re.compile(r"[a-z0-9_]{1,150}")
Found = TypeVar("Found")


@dataclass(slots=True)
class Metastore:
    """The catalogs of one metastore, as the settings lay the domains out in it."""

    api: Api
    layout: Layout
    principals: Principals
    _flavour: Flavour | None = field(default=None, repr=False)
    _expected: set[str] = field(default_factory=set, repr=False)
    _lock: Lock = field(default_factory=Lock, repr=False)

    @property
    def flavour(self) -> Flavour:
        """Which of the two it is: asked once."""
        with self._lock:
            if self._flavour is None:
                if flavour.is_databricks(self.api.get(at("metastore_summary"), absent=()) or {}):
                    self._flavour = flavour.DATABRICKS
                else:
                    self._flavour = flavour.OPEN if self.api.is_open() else flavour.GUARDED
            return self._flavour

    @property
    def granting(self) -> Granting:
        """Its grants."""
        return Granting(self.api, self.flavour, self.principals)

    def place(self, domain: str, tier: Tier) -> Place:
        """Where the schema is or would be. Raises PLT-SPEC-001 for what is no name."""
        if not _NAME.fullmatch(domain):
            what = f"{domain!r} is not a name for a domain in a catalog"
            raise PlatformError("PLT-SPEC-001", what)
        return self.layout.place(domain, tier)

    def catalog(self, name: str) -> Json | None:
        """What the catalog of that name shows of itself, or None; as `schema` does."""
        return self.patiently(name, lambda: self.api.get(at("catalogs", name)))

    def schema(self, place: Place) -> Json | None:
        """What the schema shows of itself, or None; looked for again where one was made."""
        return self.patiently(place.full, lambda: self.api.get(at("schemas", place.full)))

    def ours(self, place: Place) -> Json:
        """The schema, to change something there. Raises PLT-CATALOG-003 and -001."""
        shown = self.schema(place)
        if shown is None:
            raise gone("schema", place.full)
        if properties.marker(shapes.kept(shown)) is None:
            raise not_ours("schema", place.full, "carries no marker of ours")
        return shown

    def expect(self, name: str) -> None:
        """Know that something of that name was made, or may have been."""
        with self._lock:
            self._expected.add(name)

    def is_expected(self, name: str) -> bool:
        """Whether something of that name was made, or may have been."""
        with self._lock:
            return name in self._expected

    def patiently(self, name: str, look: Callable[[], Found | None]) -> Found | None:
        """What `look` finds; more than one look where something of that name is expected."""
        found = look()
        if found is None and self.is_expected(name):
            for pause_s in _LOOKS_S:
                self.api.pause(pause_s)
                found = look()
                if found is not None:
                    return found
            with self._lock:
                self._expected.discard(name)
        return found


def check_table(name: str) -> None:
    """Raises PLT-SPEC-001 for what is no name of a table."""
    if not _TABLE.fullmatch(name):
        raise PlatformError("PLT-SPEC-001", f"{name!r} is not a name for a table in a catalog")


def not_ours(what: str, address: str, why: str) -> PlatformError:
    """Something is there, and is not to be written to."""
    summary = f"The {what} {address} {why}. It was not changed."
    return PlatformError("PLT-CATALOG-001", summary, address=address)


def gone(what: str, address: str) -> PlatformError:
    """Something is not there that would be changed."""
    summary = f"There is no {what} {address}. Nothing was changed."
    return PlatformError("PLT-CATALOG-003", summary, address=address)
