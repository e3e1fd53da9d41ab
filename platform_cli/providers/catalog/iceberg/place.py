"""Where a domain's namespaces are in a warehouse, and what is found there.

Looks more than once for what a call of ours may have made a moment ago: a server may answer from
a copy that lags behind.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import Final, Literal, TypeVar

from platform_cli.errors import PlatformError
from platform_cli.providers.catalog import properties
from platform_cli.providers.catalog.iceberg.api import Api
from platform_cli.providers.catalog.port import Tier

LayoutName = Literal["flat", "nested"]
Namespace = tuple[str, ...]
Properties = Mapping[str, str]
Found = TypeVar("Found")

# How often, and how far apart, we look for what is new, or may be.
_LOOKS_S: Final = (0.5, 1.0, 1.5, 2.0, 2.5)
_NAME: Final = re.compile(r"[a-z0-9_]{1,100}")
_TABLE: Final = re.compile(r"[a-z0-9_]{1,150}")
_HALF: Final = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Layout:
    """A namespace for each tier, beside all others or below one for the domain."""

    name: LayoutName

    def namespace(self, domain: str, tier: Tier) -> Namespace:
        """No two domains have the same one: no tier's name ends with `_` and another's."""
        return (domain, tier) if self.name == "nested" else (f"{domain}_{tier}",)


@dataclass(slots=True)
class Warehouse:
    """The namespaces of one warehouse, as the settings lay the domains out in it."""

    api: Api
    layout: Layout
    _expected: set[Namespace] = field(default_factory=set, repr=False)
    _lock: Lock = field(default_factory=Lock, repr=False)

    def namespace(self, domain: str, tier: Tier) -> Namespace:
        """Where the schema is or would be. Raises PLT-SPEC-001 for what is no name."""
        if not _NAME.fullmatch(domain):
            what = f"{domain!r} is not a name for a domain in a catalog"
            raise PlatformError("PLT-SPEC-001", what)
        return self.layout.namespace(domain, tier)

    def properties(self, namespace: Namespace) -> Properties | None:
        """What a namespace carries, or None where there is none; looked for again if expected."""

        def look() -> Properties | None:
            return self.api.find(lambda rest: rest.load_namespace_properties(namespace))

        return self.patiently(namespace, look)

    def ours(self, namespace: Namespace) -> Properties:
        """What it carries, to change something there. Raises PLT-CATALOG-003 and -001."""
        found = self.properties(namespace)
        if found is None:
            raise gone("schema", full(namespace))
        if properties.marker(found) is None:
            raise not_ours("schema", full(namespace), "carries no marker of ours")
        return found

    def expect(self, namespace: Namespace) -> None:
        """Know that something was made there, or may have been."""
        with self._lock:
            self._expected.add(namespace)

    def is_expected(self, namespace: Namespace) -> bool:
        """Whether something was made there, or may have been."""
        with self._lock:
            return namespace in self._expected

    def patiently(self, namespace: Namespace, look: Callable[[], Found | None]) -> Found | None:
        """What `look` finds; more than one look where something is expected."""
        found = look()
        if found is None and self.is_expected(namespace):
            for pause_s in _LOOKS_S:
                self.api.pause(pause_s)
                found = look()
                if found is not None:
                    return found
            with self._lock:
                self._expected.discard(namespace)
        return found


def full(namespace: Namespace) -> str:
    """The namespace as people write it."""
    return ".".join(namespace)


def check_table(name: str) -> None:
    """Raises PLT-SPEC-001 for what is no name of a table."""
    if not _TABLE.fullmatch(name):
        raise PlatformError("PLT-SPEC-001", f"{name!r} is not a name for a table in a catalog")


def check_texts(*texts: str) -> None:
    """Raises PLT-SPEC-001 for what JSON cannot carry."""
    for text in texts:
        if _HALF.search(text):
            raise PlatformError("PLT-SPEC-001", f"{text!r} has a letter that no catalog can hold")


def not_ours(what: str, address: str, why: str) -> PlatformError:
    """Something is there, and is not to be written to."""
    summary = f"The {what} {address} {why}. It was not changed."
    return PlatformError("PLT-CATALOG-001", summary, address=address)


def gone(what: str, address: str) -> PlatformError:
    """Something is not there that would be changed."""
    summary = f"There is no {what} {address}. Nothing was changed."
    return PlatformError("PLT-CATALOG-003", summary, address=address)
