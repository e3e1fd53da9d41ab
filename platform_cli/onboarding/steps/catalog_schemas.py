"""`catalog.schemas`: a place for the domain in the catalog, one schema a tier."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from platform_cli.onboarding.plan import LOST, Call, Change, Resource
from platform_cli.onboarding.steps.step import Step, Target
from platform_cli.onboarding.wanted import Wanted
from platform_cli.providers import Providers
from platform_cli.providers.catalog.port import TIERS, Schema, Tier

KIND = "schema"


@dataclass(frozen=True, slots=True)
class TierSchema:
    """The schema of one tier. Floor: the marker."""

    wanted: Wanted
    tier: Tier

    @property
    def address(self) -> str:
        """Domain and tier as the catalog spells them."""
        return f"catalog/{self.wanted.spec.catalog_name}.{self.tier}"

    def observe(self, providers: Providers) -> Schema | None:
        """Ask the catalog for it."""
        return providers.catalog.schema(self.wanted.spec.catalog_name, self.tier)

    def decide(self, observed: Schema | None) -> Change:
        """Absent: create. Ours: keep, with its marker. Anything else is a person's decision."""
        marker = {
            "domain": self.wanted.marker.domain,
            "onboarding": self.wanted.marker.onboarding,
        }
        payload = {
            "domain": self.wanted.spec.catalog_name,
            "tier": self.tier,
            "marker": marker,
        }
        if observed is None:
            resource = Resource(KIND, self.address)
            return Change("create", resource, "absent", Call("catalog.create_schema", payload))
        resource = Resource(KIND, self.address, observed.id)
        if self.wanted.lost(KIND, observed.id, observed.marker):
            return Change("update", resource, LOST, Call("catalog.set_marker", payload))
        if self.wanted.is_ours(KIND, observed.id, observed.marker):
            return Change("keep", resource, "ours")
        if self.wanted.adopts(self.address):
            call = Call("catalog.set_marker", payload)
            return Change("adopt", resource, "named with --adopt", call)
        whose = "carries no marker"
        if observed.marker is not None:
            whose = f"carries the marker of onboarding {observed.marker.onboarding}"
        return Change(
            "conflict",
            resource,
            f"a schema of that name exists and is not ours: it {whose}",
            way_out=f"choose another domain name, or take it over with --adopt {self.address}",
        )

    def apply(self, providers: Providers, change: Change) -> Resource:
        """Create the schema, or write the marker on one that is there."""
        domain, marker = self.wanted.spec.catalog_name, self.wanted.marker
        if change.action in {"adopt", "update"}:
            made = providers.catalog.set_marker(domain, self.tier, marker)
        else:
            made = providers.catalog.create_schema(domain, self.tier, marker=marker)
        return Resource(KIND, self.address, made.id)


def _targets(wanted: Wanted) -> Sequence[Target[Any]]:
    return tuple(TierSchema(wanted, tier) for tier in TIERS)


STEP = Step(id="catalog.schemas", needs=(), targets=_targets)
