"""A contract as plain data: what a valid text says, with equal values spelt alike.

Made by `load` alone. Reads nothing and decides nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from platform_cli.contracts.findings import Place, place_of
from platform_cli.contracts.types import Type


@dataclass(frozen=True, slots=True)
class Column:
    """One column. A key that is not written has the value it then means."""

    name: str
    type: Type
    required: bool = False
    description: str | None = None
    default: Any = None
    tags: frozenset[str] = frozenset()
    mask: str | None = None
    enum: tuple[Any, ...] | None = None
    extensible: bool = False
    unique: bool = False
    primary_key: bool = False
    unit: str | None = None
    currency: str | None = None
    timezone: str | None = None
    extensions: Mapping[str, Any] = field(default_factory=dict)

    @property
    def address(self) -> str:
        """How a finding or a difference names it."""
        return f"schema.{self.name}"


@dataclass(frozen=True, slots=True)
class Owner:
    """Who answers for the table."""

    team: str
    on_call: str | None = None
    reviewers: frozenset[str] = frozenset()
    extensions: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Promise:
    """One promise of the sla: its text, and its exact size in seconds or percent."""

    text: str
    size: Decimal


@dataclass(frozen=True, slots=True)
class Sla:
    """The runtime promise; one that is still a TODO is not among the promises."""

    promises: Mapping[str, Promise]
    extensions: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Meaning:
    """One entry of `semantics`: None is a TODO, which says nothing yet."""

    text: str | None
    editorial: bool = False
    extensions: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Semantics:
    """What the columns mean, and what one row is."""

    entries: Mapping[str, Meaning]
    grain: str | frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Deprecation:
    """What this major replaces; a date that is none is None."""

    previous_version: str | None
    sunset_date: date | None
    migration_notes: str
    extensions: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Contract:
    """A data contract."""

    path: str
    name: str
    version: str
    owner: Owner
    columns: tuple[Column, ...]
    sla: Sla
    semantics: Semantics
    draft: bool
    deprecation: Deprecation | None = None
    tags: frozenset[str] = frozenset()
    retention_days: int | None = None
    description: str | None = None
    extensions: Mapping[str, Any] = field(default_factory=dict)
    places: Mapping[str, Place] = field(default_factory=dict, repr=False, compare=False)

    @property
    def major(self) -> int:
        """The first number of the version."""
        return int(self.version.partition(".")[0])

    @property
    def domain(self) -> str:
        """The domain, as the catalog writes it."""
        return self.name.split(".")[0]

    @property
    def tier(self) -> str:
        """raw, derived or product."""
        return self.name.split(".")[1]

    @property
    def table(self) -> str:
        """The table's own name."""
        return self.name.split(".")[2]

    def place(self, address: str) -> Place:
        """Line and column of an address, or of the nearest thing around it that is written."""
        return place_of(self.places, address)
