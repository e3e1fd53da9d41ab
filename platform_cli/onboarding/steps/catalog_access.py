"""`catalog.access`: the team writes all three tiers, everyone else reads `product` alone; tags.

All of it is a floor: a grant that is missing is restored, and an outsider's right to a tier that
is not `product` is taken away. Tags of the team's own stay.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from platform_cli.onboarding.plan import Call, Change, Resource
from platform_cli.onboarding.steps.step import Step, Target
from platform_cli.onboarding.wanted import Wanted
from platform_cli.providers import Providers
from platform_cli.providers.catalog.port import EVERYONE, TIERS, Privilege, Tier

OPEN_TIER: Final[Tier] = "product"


@dataclass(frozen=True, slots=True)
class Seen:
    """What a principal may do, and whether the catalog holds anybody to it."""

    privilege: Privilege | None
    enforced: bool


@dataclass(frozen=True, slots=True)
class Grant:
    """What one principal may do with one tier; `privilege` None: nothing at all."""

    wanted: Wanted
    tier: Tier
    who: str
    privilege: Privilege | None

    @property
    def address(self) -> str:
        """The grant under its schema."""
        return f"catalog/{self.wanted.spec.catalog_name}.{self.tier}/grants/{self.who}"

    def observe(self, providers: Providers) -> Seen:
        """What the principal may do now."""
        grants = providers.catalog.grants(self.wanted.spec.catalog_name, self.tier)
        return Seen(grants.get(self.who), providers.catalog.enforces_access)

    def decide(self, observed: Seen) -> Change:
        """Restore the floor; a team that may write may also read."""
        resource = Resource("grant", self.address)
        note = "" if observed.enforced else "; not enforced by this catalog"
        enough = observed.privilege == self.privilege or (
            observed.privilege == "write" and self.privilege == "read" and self.who != EVERYONE
        )
        if enough:
            return Change("keep", resource, f"may {observed.privilege or 'not read'}{note}")
        payload: dict[str, Any] = {
            "domain": self.wanted.spec.catalog_name,
            "tier": self.tier,
            "who": self.who,
        }
        if self.privilege is None:
            reason = f"may {observed.privilege}, and only {OPEN_TIER} is open{note}"
            return Change("update", resource, reason, Call("catalog.revoke", payload))
        call = Call("catalog.grant", {**payload, "privilege": self.privilege})
        if observed.privilege is None:
            return Change("create", resource, f"no grant yet{note}", call)
        return Change("update", resource, f"may {observed.privilege}{note}", call)

    def apply(self, providers: Providers, change: Change) -> Resource:
        """Grant or revoke."""
        domain = self.wanted.spec.catalog_name
        if self.privilege is None:
            providers.catalog.revoke(domain, self.tier, self.who)
        else:
            providers.catalog.grant(domain, self.tier, self.who, self.privilege)
        return change.resource


@dataclass(frozen=True, slots=True)
class Tags:
    """The tags that policies and the portal read."""

    wanted: Wanted
    tier: Tier

    @property
    def address(self) -> str:
        """The tags under their schema."""
        return f"catalog/{self.wanted.spec.catalog_name}.{self.tier}/tags"

    @property
    def tags(self) -> dict[str, str]:
        """What every tier is tagged with."""
        spec = self.wanted.spec
        return {"domain": spec.domain, "owner": spec.owner.text, "tier": self.tier}

    def observe(self, providers: Providers) -> Mapping[str, str]:
        """The tags there are."""
        schema = providers.catalog.schema(self.wanted.spec.catalog_name, self.tier)
        return schema.tags if schema is not None else {}

    def decide(self, observed: Mapping[str, str]) -> Change:
        """Restore those that are missing or differ."""
        resource = Resource("tags", self.address)
        missing = {key: value for key, value in self.tags.items() if observed.get(key) != value}
        if not missing:
            return Change("keep", resource, "all there")
        payload = {
            "domain": self.wanted.spec.catalog_name,
            "tier": self.tier,
            "tags": self.tags,
        }
        call = Call("catalog.set_tags", payload)
        reason = f"missing: {', '.join(missing)}"
        if missing.keys() & observed.keys():
            return Change("update", resource, reason, call)
        return Change("create", resource, reason, call)

    def apply(self, providers: Providers, change: Change) -> Resource:
        """Set them all in one call."""
        providers.catalog.set_tags(self.wanted.spec.catalog_name, self.tier, self.tags)
        return change.resource


def _targets(wanted: Wanted) -> Sequence[Target[Any]]:
    team = wanted.spec.owner.text
    return tuple(
        target
        for tier in TIERS
        for target in (
            Grant(wanted, tier, team, "write"),
            Grant(wanted, tier, EVERYONE, "read" if tier == OPEN_TIER else None),
            Tags(wanted, tier),
        )
    )


STEP = Step(id="catalog.access", needs=("catalog.schemas",), targets=_targets)
