"""What a step may ask of a catalog, whichever one it is.

A domain has one schema a tier; `domain` is the catalog's spelling (`customer_care`). What begins
with `create`, `set`, `grant` or `revoke` makes one mutating call; all else only reads, and what is
not there reads as None or empty. Creating what exists, or changing what is not ours, raises
PLT-CATALOG-001; changing what is not there PLT-CATALOG-003.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, Protocol, get_args

from platform_cli.providers.marker import Marker

Tier = Literal["raw", "derived", "product"]
TIERS: Final[tuple[Tier, ...]] = get_args(Tier)
Privilege = Literal["read", "write"]

EVERYONE: Final = "everyone"
"""The principal that stands for whoever is not in the domain's team."""


@dataclass(frozen=True, slots=True)
class Schema:
    """One tier of a domain as the catalog shows it. `id` never changes where there is one."""

    address: str
    id: str | None
    marker: Marker | None
    tags: Mapping[str, str]


class Catalog(Protocol):
    """Raises only PlatformError with a PLT-CATALOG or PLT-HOME code (TemporaryError: again)."""

    @property
    def enforces_access(self) -> bool:
        """Whether the catalog holds people to its grants; where not, plan and check say so."""
        ...

    def address(self, domain: str, tier: Tier) -> str:
        """Where the schema is or would be, as people write it."""
        ...

    def schema(self, domain: str, tier: Tier) -> Schema | None:
        """The schema of that tier, or None."""
        ...

    def tiers(self, domain: str) -> frozenset[str]:
        """The tiers that the catalog lists for the domain, asked of its listing."""
        ...

    def grants(self, domain: str, tier: Tier) -> Mapping[str, Privilege]:
        """Who may do what with the schema: a team (`@org/team`), a person, or EVERYONE."""
        ...

    def may_read(self, who: str, domain: str, tier: Tier) -> bool:
        """Whether the catalog lets this principal read; EVERYONE asks for an outsider."""
        ...

    def create_schema(self, domain: str, tier: Tier, *, marker: Marker) -> Schema:
        """Make an empty schema that carries the marker from its first moment."""
        ...

    def set_marker(self, domain: str, tier: Tier, marker: Marker) -> Schema:
        """Write the marker on a schema that a person said to adopt."""
        ...

    def grant(self, domain: str, tier: Tier, who: str, privilege: Privilege) -> None:
        """Give a principal this privilege on the schema, in the place of any other."""
        ...

    def revoke(self, domain: str, tier: Tier, who: str) -> None:
        """Take every privilege on the schema from a principal."""
        ...

    def set_tags(self, domain: str, tier: Tier, tags: Mapping[str, str]) -> None:
        """Set these tags; other tags stay."""
        ...
