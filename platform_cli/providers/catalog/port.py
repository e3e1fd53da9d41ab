"""What a step or a use case may ask of a catalog, whichever one it is.

A domain has one schema a tier; `domain` is the catalog's spelling (`customer_care`). What begins
with `create`, `set`, `grant` or `revoke` makes one mutating call; all else only reads, and what is
not there reads as None or empty. Creating what exists, or changing what is not ours, raises
PLT-CATALOG-001; changing what is not there PLT-CATALOG-003.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
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


@dataclass(frozen=True, slots=True)
class ColumnType:
    """A type of the contract language: `decimal` has digits; array, map and struct hold others.

    An array holds `element`, a map `key` and `value`, a struct its fields.
    """

    word: str
    digits: tuple[int, int] | None = None
    holds: tuple[tuple[str, ColumnType], ...] = ()


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table. A description that is not written is empty."""

    name: str
    type: ColumnType
    required: bool = False
    description: str = ""


@dataclass(frozen=True, slots=True)
class Deprecation:
    """Which version a table replaces, until when that one is published, what readers have to do."""

    previous_version: str | None
    sunset_date: date | None
    migration_notes: str


@dataclass(frozen=True, slots=True)
class Publication:
    """What a table's contract says, as far as a catalog shows it. A draft is never one.

    `contract` is the contract's name: two majors of it are two tables. `digest` changes with
    everything that the contract says but its version.
    """

    contract: str
    version: str
    digest: str
    owner: str
    sla: Mapping[str, str]
    columns: tuple[Column, ...]
    tags: frozenset[str] = frozenset()
    description: str = ""
    deprecation: Deprecation | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """A table as the catalog shows it. Without a marker nothing else of it is shown."""

    name: str
    address: str
    id: str | None
    marker: Marker | None
    publication: Publication | None
    """None where the table carries no marker, or not all that makes a publication."""
    built: bool = False
    """Whoever may write in the schema made it, columns included: a publication only names it."""


class Catalog(Protocol):
    """Raises only PlatformError with a PLT-CATALOG or PLT-HOME code (TemporaryError: again)."""

    @property
    def enforces_access(self) -> bool:
        """Whether the catalog holds people to its grants; where not, plan and check say so."""
        ...

    def one_look(self) -> Catalog:
        """The same catalog, for one look at everything: it may ask once what is asked twice."""
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

    def table(self, domain: str, tier: Tier, name: str) -> Table | None:
        """The table of that name, or None."""
        ...

    def tables(self, domain: str, tier: Tier) -> tuple[Table, ...]:
        """Every table of the schema by name, whosever it is; of any domain that may be read."""
        ...

    def create_table(
        self, domain: str, tier: Tier, name: str, publication: Publication, *, marker: Marker
    ) -> Table:
        """Register a table in a schema of ours; marker and publication are there from the first."""
        ...

    def set_table(self, domain: str, tier: Tier, name: str, publication: Publication) -> Table:
        """Let this be what a table of ours is published with, its columns included.

        Of one that is shown as built in a schema of ours it is said beside it, the columns aside.
        """
        ...
