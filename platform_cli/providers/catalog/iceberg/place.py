"""Where a domain's namespaces are in a warehouse, and what is found there.

Looks more than once for what a call of ours may have made a moment ago: a server may answer from
a copy that lags behind.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from platform_cli.providers.catalog import properties
from platform_cli.providers.catalog.expected import Expected
from platform_cli.providers.catalog.iceberg.api import Api
from platform_cli.providers.catalog.port import Tier
from platform_cli.providers.catalog.refusals import check_domain, gone, not_ours

LayoutName = Literal["flat", "nested"]
Namespace = tuple[str, ...]
Properties = Mapping[str, str]


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
    expected: Expected[Namespace] = field(init=False, repr=False)
    """What a call of ours may have made a moment ago."""

    def __post_init__(self) -> None:
        self.expected = Expected(self.api.pause)

    def namespace(self, domain: str, tier: Tier) -> Namespace:
        """Where the schema is or would be. Raises PLT-SPEC-001 for what is no name."""
        check_domain(domain)
        return self.layout.namespace(domain, tier)

    def properties(self, namespace: Namespace) -> Properties | None:
        """What a namespace carries, or None where there is none; looked for again if expected."""

        def look() -> Properties | None:
            return self.api.find(lambda rest: rest.load_namespace_properties(namespace))

        return self.expected.found(namespace, look)

    def ours(self, namespace: Namespace) -> Properties:
        """What it carries, to change something there. Raises PLT-CATALOG-003 and -001."""
        found = self.properties(namespace)
        if found is None:
            raise gone("schema", full(namespace))
        if properties.marker(found) is None:
            raise not_ours("schema", full(namespace), "carries no marker of ours")
        return found


def full(namespace: Namespace) -> str:
    """The namespace as people write it."""
    return ".".join(namespace)
