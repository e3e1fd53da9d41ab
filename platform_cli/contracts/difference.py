"""Differences between two contracts, as a report says them, and the gathering of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from json import dumps
from typing import Any

from platform_cli.contracts.rules import RULES, Class, Price, Reclassed, highest, price
from platform_cli.contracts.values import same_key, written


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference: its rule, what it costs and why, where it is, both sides as written."""

    id: str
    change_class: Class
    address: str
    old: str | None
    new: str | None
    reason: str

    @property
    def warning(self) -> str | None:
        """What may still surprise a reader, whatever the class."""
        return RULES[self.id].warning


@dataclass(frozen=True, slots=True)
class Rename:
    """A guess that a column which is gone is one which is new."""

    old: str
    new: str
    grounds: str


@dataclass(frozen=True, slots=True)
class Note:
    """Something the report says that is no difference."""

    address: str
    text: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """Everything that differs, and the class that follows from it."""

    differences: tuple[Difference, ...]
    notes: tuple[Note, ...] = ()
    renames: tuple[Rename, ...] = ()

    @property
    def change_class(self) -> Class:
        """The highest class of the differences; none where there is no difference."""
        return highest(*(difference.change_class for difference in self.differences))


@dataclass(slots=True)
class Gathering:
    """What has been found so far, priced by the organisation's table."""

    reclassed: Reclassed
    differences: list[Difference] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    renames: list[Rename] = field(default_factory=list)

    def add(
        self,
        identity: str,
        address: str,
        old: Any,
        new: Any,
        *,
        exempt: bool = False,
        also: str | None = None,
        instead: Price | None = None,
    ) -> None:
        """Note a difference; `also` is added to its reason, `instead` replaces its price."""
        cost = instead or price(identity, self.reclassed, exempt=exempt)
        reason = f"{cost.reason}; {also}" if also else cost.reason
        self.differences.append(
            Difference(identity, cost.change_class, address, written(old), written(new), reason)
        )

    def extensions(self, address: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
        """Note what differs in the `x-` keys under an address."""
        prefix = f"{address}." if address else ""
        for key in (*old, *(key for key in new if key not in old)):
            if key not in old or key not in new or same_key(old[key]) != same_key(new[key]):
                told = (dumps(side[key]) if key in side else None for side in (old, new))
                self.add("extension-changed", prefix + key, *told)

    def description(self, address: str, old: str | None, new: str | None) -> None:
        """Note another description; how it is folded into lines is no difference."""
        if " ".join((old or "").split()) != " ".join((new or "").split()):
            self.add("description-changed", address, old, new)

    def tags(self, address: str, old: frozenset[str], new: frozenset[str]) -> None:
        """Note tags that came and went; a region is where the data is, not one tag among others."""
        regions = [frozenset(tag for tag in tags if _is_region(tag)) for tags in (old, new)]
        if regions[0] != regions[1]:
            self.add("region-moved", address, regions[0] or None, regions[1] or None)
        for tag in sorted(old - new):
            if not _is_region(tag):
                self.add("tag-removed", address, tag, None)
        for tag in sorted(new - old):
            if not _is_region(tag):
                self.add("tag-added", address, None, tag)

    def result(self) -> Comparison:
        """What was found."""
        return Comparison(tuple(self.differences), tuple(self.notes), tuple(self.renames))


def _is_region(tag: str) -> bool:
    return tag.strip().lower().startswith("region:")
