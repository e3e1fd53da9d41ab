"""A catalog and a pager in memory, whose mutating calls go through the fake forge's ledger.

One ledger counts and disturbs the calls of all three, so that a fault can hit any call of a run.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from platform_cli.errors import PlatformError
from platform_cli.providers.catalog.port import (
    EVERYONE,
    Privilege,
    Publication,
    Schema,
    Table,
    Tier,
)
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
    kept_tables: dict[str, Table] = field(default_factory=dict)

    def one_look(self) -> MemoryCatalog:
        return self

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
            found = self._there(domain, tier)
            self.schemas[domain, tier] = replace(found, marker=marker)

        payload: dict[str, object] = {"domain": domain, "tier": tier, "marker": _given(marker)}
        self.ledger._mutate("catalog.set_marker", payload, effect)
        return self.schemas[domain, tier]

    def grant(self, domain: str, tier: Tier, who: str, privilege: Privilege) -> None:
        def effect() -> None:
            self._ours(domain, tier)
            self.granted.setdefault((domain, tier), {})[who] = privilege

        payload: dict[str, object] = {
            "domain": domain,
            "tier": tier,
            "who": who,
            "privilege": privilege,
        }
        self.ledger._mutate("catalog.grant", payload, effect)

    def revoke(self, domain: str, tier: Tier, who: str) -> None:
        def effect() -> None:
            self._ours(domain, tier)
            self.granted.setdefault((domain, tier), {}).pop(who, None)

        payload: dict[str, object] = {"domain": domain, "tier": tier, "who": who}
        self.ledger._mutate("catalog.revoke", payload, effect)

    def set_tags(self, domain: str, tier: Tier, tags: Mapping[str, str]) -> None:
        def effect() -> None:
            found = self._ours(domain, tier)
            self.schemas[domain, tier] = replace(found, tags={**found.tags, **tags})

        payload: dict[str, object] = {"domain": domain, "tier": tier, "tags": dict(tags)}
        self.ledger._mutate("catalog.set_tags", payload, effect)

    def _there(self, domain: str, tier: Tier) -> Schema:
        found = self.schemas.get((domain, tier))
        if found is None:
            raise PlatformError("PLT-CATALOG-003", "no schema")
        return found

    def _ours(self, domain: str, tier: Tier) -> Schema:
        found = self._there(domain, tier)
        if found.marker is None:
            raise PlatformError("PLT-CATALOG-001", "not ours")
        return found

    def table(self, domain: str, tier: Tier, name: str) -> Table | None:
        return self.kept_tables.get(f"{domain}.{tier}.{name}")

    def tables(self, domain: str, tier: Tier) -> tuple[Table, ...]:
        above = f"{domain}.{tier}."
        found = [one for one in self.kept_tables.values() if one.address.startswith(above)]
        return tuple(sorted(found, key=lambda one: one.name))

    def create_table(
        self, domain: str, tier: Tier, name: str, publication: Publication, *, marker: Marker
    ) -> Table:
        address = f"{domain}.{tier}.{name}"

        def effect() -> None:
            self._ours(domain, tier)
            if address in self.kept_tables:
                raise PlatformError("PLT-CATALOG-001", "exists")
            self.kept_tables[address] = Table(name, address, None, marker, publication)

        payload: dict[str, object] = {"table": address, "marker": _given(marker)}
        self.ledger._mutate("catalog.create_table", payload, effect)
        return self.kept_tables[address]

    def set_table(self, domain: str, tier: Tier, name: str, publication: Publication) -> Table:
        address = f"{domain}.{tier}.{name}"

        def effect() -> None:
            found = self.kept_tables.get(address)
            if found is None:
                raise PlatformError("PLT-CATALOG-003", "no table")
            if found.marker is None:
                raise PlatformError("PLT-CATALOG-001", "not ours")
            self.kept_tables[address] = replace(found, publication=publication)

        payload: dict[str, object] = {"table": address, "version": publication.version}
        self.ledger._mutate("catalog.set_table", payload, effect)
        return self.kept_tables[address]


@dataclass(slots=True)
class MemoryPager:
    """Implements the pager's port; whoever is first on the schedule is on call."""

    ledger: MemoryForge
    team: Sequence[Person] = (Person("Ann", "ann@example.org"),)
    schedules: dict[str, Schedule] = field(default_factory=dict)
    people: dict[str, Sequence[Person]] = field(default_factory=dict)
    """Who is on a schedule, by its id, with how to reach them."""
    policies: dict[str, EscalationPolicy] = field(default_factory=dict)
    services: dict[str, Service] = field(default_factory=dict)
    integrations: dict[str, str] = field(default_factory=dict)
    sent: list[Page] = field(default_factory=list)
    secret: str | None = None

    def one_look(self) -> MemoryPager:
        return self

    def schedule(self, name: str) -> Schedule | None:
        return self.schedules.get(name.casefold())

    def escalation_policy(self, name: str) -> EscalationPolicy | None:
        return self.policies.get(name.casefold())

    def service(self, name: str) -> Service | None:
        return self.services.get(name)

    def integration(self, service: str) -> str | None:
        return self.integrations.get(service)

    def integration_key(self, service: str) -> str | None:
        made = self.integrations.get(service)
        return f"key of {made}" if made is not None and self.secret is not None else None

    def on_call(self, service: str) -> tuple[str, ...]:
        return tuple(person.name for person in self._on_call(service))

    def _on_call(self, service: str) -> list[Person]:
        found = self.services.get(service)
        policies = [p for p in self.policies.values() if found and p.id == found.policy]
        ids = [one for policy in policies for one in policy.schedules]
        return [self.people[one][0] for one in ids if self.people.get(one)]

    def members(self) -> Sequence[Person]:
        return self.team

    def page_of(self, service: str, key: str) -> Page | None:
        return next((page for page in self.pages(service) if page.key == key), None)

    def pages(self, service: str) -> Sequence[Page]:
        return tuple(page for page in reversed(self.sent) if page.service == service)

    def create_schedule(self, name: str, *, marker: Marker, members: Sequence[Person]) -> Schedule:
        names = tuple(person.name for person in members)
        made = Schedule(f"s/{name}", f"s-{name}", name, marker, names, "UTC", "Mon 09:00")
        payload: dict[str, object] = {
            "name": name,
            "marker": _given(marker),
            "members": list(names),
        }

        def effect() -> None:
            if name.casefold() in self.schedules:
                raise PlatformError("PLT-PAGER-001", "exists")
            self.schedules[name.casefold()] = made
            self.people[made.id] = members

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
            self._there(service)
            if service in self.integrations:
                raise PlatformError("PLT-PAGER-001", "exists")
            self.integrations[service] = f"i-{service}"

        self.ledger._mutate("pager.create_integration", {"service": service}, effect)
        return self.integrations[service]

    def set_marker(self, service: str, marker: Marker) -> Service:
        def effect() -> None:
            self.services[service] = replace(self._there(service), marker=marker)

        payload: dict[str, object] = {"service": service, "marker": _given(marker)}
        self.ledger._mutate("pager.set_marker", payload, effect)
        return self.services[service]

    def page(self, service: str, key: str, summary: str) -> None:
        def effect() -> None:
            self._there(service)
            page = self.page_of(service, key)
            if page is not None and page.status != "resolved":
                return
            reached = tuple(person.name for person in self._on_call(service) if person.contact)
            if not reached:
                raise PlatformError("PLT-PAGER-003", "nobody")
            number = f"{len(self.sent)}"
            self.sent.append(Page(number, key, summary, "triggered", reached, service))

        payload: dict[str, object] = {"service": service, "key": key, "summary": summary}
        self.ledger._mutate("pager.page", payload, effect)

    def resolve(self, service: str, key: str) -> None:
        def effect() -> None:
            self.sent = [
                replace(page, status="resolved")
                if (page.service, page.key) == (service, key)
                else page
                for page in self.sent
            ]

        self.ledger._mutate("pager.resolve", {"service": service, "key": key}, effect)

    def _there(self, service: str) -> Service:
        found = self.services.get(service)
        if found is None:
            raise PlatformError("PLT-PAGER-004", "no service")
        return found
