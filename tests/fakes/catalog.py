"""A catalog in memory: stateful, counts its mutating calls, fails before or after the effect.

Held to the same suite as the embedded catalog (tests/providers). `faults` maps the number of a
mutating call (from 1) to what happens to it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from platform_cli.errors import PlatformError, TemporaryError
from platform_cli.providers.catalog.port import (
    EVERYONE,
    TIERS,
    Privilege,
    Publication,
    Schema,
    Table,
    Tier,
)
from platform_cli.providers.marker import Marker

When = Literal["before", "after"]


@dataclass(slots=True)
class Kept:
    """Everything the fake keeps of one schema."""

    id: str | None
    marker: Marker | None
    tags: dict[str, str] = field(default_factory=dict)
    grants: dict[str, Privilege] = field(default_factory=dict)


@dataclass(slots=True)
class KeptTable:
    """Everything the fake keeps of one table."""

    id: str
    marker: Marker | None
    publication: Publication | None


@dataclass(slots=True)
class Fault:
    """What a mutating call meets: an error, before or after its effect."""

    when: When
    error: Callable[[], BaseException]


def temporary(retry_after_s: float | None = None) -> BaseException:
    """A server's bad moment."""
    return TemporaryError(
        "PLT-CATALOG-003", "The catalog did not answer.", retry_after_s=retry_after_s
    )


@dataclass(slots=True)
class MemoryCatalog:
    """Implements the catalog's port."""

    enforces_access: bool = True
    schemas: dict[tuple[str, str], Kept] = field(default_factory=dict)
    kept_tables: dict[tuple[str, str], dict[str, KeptTable]] = field(default_factory=dict)
    calls: list[tuple[str, dict[str, object]]] = field(default_factory=list)
    faults: dict[int, Fault] = field(default_factory=dict)
    before_call: Callable[[str], None] = lambda _: None

    def one_look(self) -> MemoryCatalog:
        return self

    def address(self, domain: str, tier: Tier) -> str:
        return f"{domain}.{tier}"

    def schema(self, domain: str, tier: Tier) -> Schema | None:
        kept = self.schemas.get((domain, tier))
        return None if kept is None else self._shown(domain, tier, kept)

    def tiers(self, domain: str) -> frozenset[str]:
        return frozenset(tier for name, tier in self.schemas if name == domain) & set(TIERS)

    def grants(self, domain: str, tier: Tier) -> Mapping[str, Privilege]:
        kept = self.schemas.get((domain, tier))
        return dict(kept.grants) if kept and kept.marker else {}

    def may_read(self, who: str, domain: str, tier: Tier) -> bool:
        return not self.grants(domain, tier).keys().isdisjoint({who, EVERYONE})

    def create_schema(self, domain: str, tier: Tier, *, marker: Marker) -> Schema:
        def effect() -> None:
            if (domain, tier) in self.schemas:
                raise PlatformError("PLT-CATALOG-001", f"{domain}.{tier} exists already.")
            identity = f"id-{domain}-{tier}-{len(self.calls)}"
            self.schemas[(domain, tier)] = Kept(identity, marker)

        payload: dict[str, object] = {"domain": domain, "tier": tier, "marker": _given(marker)}
        self._mutate("catalog.create_schema", payload, effect)
        return self._shown(domain, tier, self.schemas[(domain, tier)])

    def set_marker(self, domain: str, tier: Tier, marker: Marker) -> Schema:
        def effect() -> None:
            self._kept(domain, tier).marker = marker

        payload: dict[str, object] = {"domain": domain, "tier": tier, "marker": _given(marker)}
        self._mutate("catalog.set_marker", payload, effect)
        return self._shown(domain, tier, self.schemas[(domain, tier)])

    def grant(self, domain: str, tier: Tier, who: str, privilege: Privilege) -> None:
        self._mutate(
            "catalog.grant",
            {"domain": domain, "tier": tier, "who": who, "privilege": privilege},
            lambda: self._ours(domain, tier).grants.update({who: privilege}),
        )

    def revoke(self, domain: str, tier: Tier, who: str) -> None:
        self._mutate(
            "catalog.revoke",
            {"domain": domain, "tier": tier, "who": who},
            lambda: self._ours(domain, tier).grants.pop(who, None),
        )

    def set_tags(self, domain: str, tier: Tier, tags: Mapping[str, str]) -> None:
        self._mutate(
            "catalog.set_tags",
            {"domain": domain, "tier": tier, "tags": dict(tags)},
            lambda: self._ours(domain, tier).tags.update(tags),
        )

    def table(self, domain: str, tier: Tier, name: str) -> Table | None:
        return next((one for one in self.tables(domain, tier) if one.name == name), None)

    def tables(self, domain: str, tier: Tier) -> tuple[Table, ...]:
        found = self.kept_tables.get((domain, tier), {})
        return tuple(self._shown_table(domain, tier, name) for name in sorted(found))

    def create_table(
        self, domain: str, tier: Tier, name: str, publication: Publication, *, marker: Marker
    ) -> Table:
        def effect() -> None:
            self._ours(domain, tier)
            kept = self.kept_tables.setdefault((domain, tier), {})
            if name in kept:
                raise PlatformError("PLT-CATALOG-001", f"{domain}.{tier}.{name} exists already.")
            identity = f"id-{domain}-{tier}-{name}-{len(self.calls)}"
            kept[name] = KeptTable(identity, marker, publication)

        payload: dict[str, object] = {
            "table": f"{domain}.{tier}.{name}",
            "version": publication.version,
            "marker": _given(marker),
        }
        self._mutate("catalog.create_table", payload, effect)
        return self._shown_table(domain, tier, name)

    def set_table(self, domain: str, tier: Tier, name: str, publication: Publication) -> Table:
        def effect() -> None:
            kept = self.kept_tables.get((domain, tier), {}).get(name)
            if kept is None:
                raise PlatformError("PLT-CATALOG-003", f"There is no table {name}.")
            if kept.marker is None:
                raise PlatformError("PLT-CATALOG-001", f"{name} carries no marker of ours.")
            kept.publication = publication

        payload: dict[str, object] = {
            "table": f"{domain}.{tier}.{name}",
            "version": publication.version,
        }
        self._mutate("catalog.set_table", payload, effect)
        return self._shown_table(domain, tier, name)

    def _shown_table(self, domain: str, tier: Tier, name: str) -> Table:
        kept = self.kept_tables[domain, tier][name]
        publication = kept.publication if kept.marker else None
        return Table(name, f"{domain}.{tier}.{name}", kept.id, kept.marker, publication)

    def _mutate(
        self, method: str, payload: dict[str, object], effect: Callable[[], object]
    ) -> None:
        self.before_call(method)
        self.calls.append((method, payload))
        fault = self.faults.get(len(self.calls))
        if fault is not None and fault.when == "before":
            raise fault.error()
        effect()
        if fault is not None:
            raise fault.error()

    def _kept(self, domain: str, tier: Tier) -> Kept:
        kept = self.schemas.get((domain, tier))
        if kept is None:
            raise PlatformError("PLT-CATALOG-003", f"There is no schema {domain}.{tier}.")
        return kept

    def _ours(self, domain: str, tier: Tier) -> Kept:
        kept = self._kept(domain, tier)
        if kept.marker is None:
            raise PlatformError("PLT-CATALOG-001", f"{domain}.{tier} carries no marker of ours.")
        return kept

    def _shown(self, domain: str, tier: Tier, kept: Kept) -> Schema:
        tags = dict(kept.tags) if kept.marker else {}
        return Schema(self.address(domain, tier), kept.id, kept.marker, tags)


def _given(marker: Marker) -> dict[str, str]:
    return {"domain": marker.domain, "onboarding": marker.onboarding}
