"""A catalog and a pager in memory, whose mutating calls go through the fake forge's ledger.

One ledger counts and disturbs the calls of all three, so that a fault can hit any call of a run.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from platform_cli.errors import PlatformError
from platform_cli.providers.catalog.port import EVERYONE, Privilege, Schema, Tier
from platform_cli.providers.marker import Marker
from platform_cli.providers.pager.port import (
    EscalationPolicy,
    Page,
    Person,
    Schedule,
    Service,
)
from tests.fakes.forge import MemoryForge


def _given(marker: Marker) -> dict[str, str]:
    return {"domain": marker.domain, "onboarding": marker.onboarding}


@dataclass(slots=True)
class MemoryCatalog:
    """Implements the catalog's port."""

    ledger: MemoryForge
    enforces_access: bool = True
    schemas: dict[tuple[str, str], Schema] = field(default_factory=dict)
    granted: dict[tuple[str, str], dict[str, Privilege]] = field(default_factory=dict)

    def address(self, domain: str, tier: Tier) -> str:
        return f"{domain}.{tier}"

    def schema(self, domain: str, tier: Tier) -> Schema | None:
        return self.schemas.get((domain, tier))

    def tiers(self, domain: str) -> frozenset[str]:
        return frozenset(tier for name, tier in self.schemas if name == domain)

    def grants(self, domain: str, tier: Tier) -> Mapping[str, Privilege]:
        return dict(self.granted.get((domain, tier), {}))

    def may_read(self, who: str, domain: str, tier: Tier) -> bool:
        granted = self.grants(domain, tier)
        return who in granted or EVERYONE in granted

    def create_schema(self, domain: str, tier: Tier, *, marker: Marker) -> Schema:
        def effect() -> None:
            if (domain, tier) in self.schemas:
                raise PlatformError("PLT-CATALOG-001", "exists")
            self.schemas[domain, tier] = Schema(f"{domain}.{tier}", None, marker, {})

        payload: dict[str, object] = {"domain": domain, "tier": tier, "marker": _given(marker)}
        self.ledger._mutate("catalog.create_schema", payload, effect)
        return self.schemas[domain, tier]

    def set_marker(self, domain: str, tier: Tier, marker: Marker) -> Schema:
        def effect() -> None:
            self.schemas[domain, tier] = replace(self.schemas[domain, tier], marker=marker)

        payload: dict[str, object] = {"domain": domain, "tier": tier, "marker": _given(marker)}
        self.ledger._mutate("catalog.set_marker", payload, effect)
        return self.schemas[domain, tier]

    def grant(self, domain: str, tier: Tier, who: str, privilege: Privilege) -> None:
        payload: dict[str, object] = {
            "domain": domain,
            "tier": tier,
            "who": who,
            "privilege": privilege,
        }
        grants = self.granted.setdefault((domain, tier), {})
        self.ledger._mutate("catalog.grant", payload, lambda: grants.update({who: privilege}))

    def revoke(self, domain: str, tier: Tier, who: str) -> None:
        payload: dict[str, object] = {"domain": domain, "tier": tier, "who": who}
        grants = self.granted.setdefault((domain, tier), {})
        self.ledger._mutate("catalog.revoke", payload, lambda: grants.pop(who, None))

    def set_tags(self, domain: str, tier: Tier, tags: Mapping[str, str]) -> None:
        def effect() -> None:
            found = self.schemas[domain, tier]
            self.schemas[domain, tier] = replace(found, tags={**found.tags, **tags})

        payload: dict[str, object] = {"domain": domain, "tier": tier, "tags": dict(tags)}
        self.ledger._mutate("catalog.set_tags", payload, effect)


@dataclass(slots=True)
class MemoryPager:
    """Implements the pager's port; whoever is first on the schedule is on call."""

    ledger: MemoryForge
    team: Sequence[Person] = (Person("Ann", "ann@example.org"),)
    schedules: dict[str, Schedule] = field(default_factory=dict)
    policies: dict[str, EscalationPolicy] = field(default_factory=dict)
    services: dict[str, Service] = field(default_factory=dict)
    integrations: dict[str, str] = field(default_factory=dict)
    sent: list[Page] = field(default_factory=list)

    def schedule(self, name: str) -> Schedule | None:
        return self.schedules.get(name.casefold())

    def escalation_policy(self, name: str) -> EscalationPolicy | None:
        return self.policies.get(name.casefold())

    def service(self, name: str) -> Service | None:
        return self.services.get(name)

    def integration(self, service: str) -> str | None:
        return self.integrations.get(service)

    def on_call(self, service: str) -> tuple[str, ...]:
        found = self.services.get(service)
        policies = [p for p in self.policies.values() if found and p.id == found.policy]
        ids = [one for policy in policies for one in policy.schedules]
        return tuple(
            s.members[0].name for s in self.schedules.values() if s.id in ids and s.members
        )

    def members(self) -> Sequence[Person]:
        return self.team

    def page_of(self, service: str, key: str) -> Page | None:
        return next((page for page in self.pages(service) if page.key == key), None)

    def pages(self, service: str) -> Sequence[Page]:
        return [page for page in reversed(self.sent) if page.service == service]

    def create_schedule(self, name: str, *, marker: Marker, members: Sequence[Person]) -> Schedule:
        made = Schedule(f"s/{name}", f"s-{name}", name, marker, tuple(members), "UTC", "Mon 09:00")
        payload: dict[str, object] = {
            "name": name,
            "marker": _given(marker),
            "members": [person.name for person in members],
        }

        def effect() -> None:
            if name.casefold() in self.schedules:
                raise PlatformError("PLT-PAGER-001", "exists")
            self.schedules[name.casefold()] = made

        self.ledger._mutate("pager.create_schedule", payload, effect)
        return made

    def create_escalation_policy(
        self, name: str, *, marker: Marker, schedule: str
    ) -> EscalationPolicy:
        made = EscalationPolicy(f"p/{name}", f"p-{name}", name, marker, (schedule,))
        payload: dict[str, object] = {"name": name, "marker": _given(marker), "schedule": name}

        def effect() -> None:
            if name.casefold() in self.policies:
                raise PlatformError("PLT-PAGER-001", "exists")
            self.policies[name.casefold()] = made

        self.ledger._mutate("pager.create_escalation_policy", payload, effect)
        return made

    def create_service(self, name: str, *, marker: Marker, policy: str) -> Service:
        made = Service(f"v/{name}", f"v-{name}", None, name, marker, policy)
        payload: dict[str, object] = {
            "name": name,
            "marker": _given(marker),
            "policy": policy.removeprefix("p-"),
        }

        def effect() -> None:
            if name in self.services:
                raise PlatformError("PLT-PAGER-001", "exists")
            self.services[name] = made

        self.ledger._mutate("pager.create_service", payload, effect)
        return made

    def create_integration(self, service: str) -> str:
        def effect() -> None:
            if service in self.integrations:
                raise PlatformError("PLT-PAGER-001", "exists")
            self.integrations[service] = f"i-{service}"

        self.ledger._mutate("pager.create_integration", {"service": service}, effect)
        return self.integrations[service]

    def set_marker(self, service: str, marker: Marker) -> Service:
        def effect() -> None:
            self.services[service] = replace(self.services[service], marker=marker)

        payload: dict[str, object] = {"service": service, "marker": _given(marker)}
        self.ledger._mutate("pager.set_marker", payload, effect)
        return self.services[service]

    def page(self, service: str, key: str, summary: str) -> None:
        def effect() -> None:
            page = self.page_of(service, key)
            if page is None or page.status == "resolved":
                on_call = self.on_call(service)
                number = f"{len(self.sent)}"
                self.sent.append(Page(number, key, summary, "triggered", on_call, service))

        payload: dict[str, object] = {"service": service, "key": key, "summary": summary}
        self.ledger._mutate("pager.page", payload, effect)

    def resolve(self, service: str, key: str) -> None:
        def effect() -> None:
            self.sent = [
                replace(page, status="resolved") if page.key == key else page for page in self.sent
            ]

        self.ledger._mutate("pager.resolve", {"service": service, "key": key}, effect)
