"""`oncall.rotation`: a rotation that can be paged, and the domain's door to it.

Schedule, escalation policy, service and integration, in this order. An existing schedule that the
person named is used as it is: whoever is on it stays on it, and only the parts behind it are made.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from platform_cli.onboarding.plan import LOST, Call, Change, Resource
from platform_cli.onboarding.steps.step import Step, Target
from platform_cli.onboarding.wanted import Wanted
from platform_cli.providers import Providers
from platform_cli.providers.pager.port import (
    EscalationPolicy,
    Person,
    Schedule,
    Service,
)


def _marker(wanted: Wanted) -> dict[str, str]:
    return {"domain": wanted.marker.domain, "onboarding": wanted.marker.onboarding}


@dataclass(frozen=True, slots=True)
class ScheduleSeen:
    """The schedule of that name, or the people whom a new one would have."""

    schedule: Schedule | None
    members: tuple[Person, ...]


@dataclass(frozen=True, slots=True)
class RotationSchedule:
    """Who is on call, in turns. Initial: the members.

    A lost marker is not written again: that call would have to send the whole rota back.
    """

    wanted: Wanted

    @property
    def address(self) -> str:
        """The schedule by its name."""
        return f"pager/schedules/{self.wanted.spec.on_call}"

    def observe(self, providers: Providers) -> ScheduleSeen:
        """Ask for the schedule; where there is none, for who would be on it."""
        found = providers.pager.schedule(self.wanted.spec.on_call)
        return ScheduleSeen(found, () if found else tuple(providers.pager.members()))

    def decide(self, observed: ScheduleSeen) -> Change:
        """Absent: create. Ours: keep. Somebody else's: use it as it is, if it can be paged."""
        schedule = observed.schedule
        if schedule is None:
            return self._create(observed.members)
        resource = Resource("schedule", self.address, schedule.id)
        if schedule.names_alike > 1:
            return Change(
                "conflict",
                resource,
                f"{schedule.names_alike} schedules have this name, and it is not said which",
                way_out="rename all but one, or name another rotation with --on-call",
            )
        if not schedule.members:
            return Change(
                "conflict",
                resource,
                "nobody is on this rotation, so a page would reach nobody",
                way_out="put somebody on it, or name another rotation with --on-call",
            )
        if self.wanted.is_ours("schedule", schedule.id, schedule.marker):
            return Change("keep", resource, "ours; its members are the team's")
        return Change("use", resource, "exists; used as it is")

    def apply(self, providers: Providers, change: Change) -> Resource:
        """Create the schedule."""
        made = providers.pager.create_schedule(
            self.wanted.spec.on_call,
            marker=self.wanted.marker,
            members=tuple(providers.pager.members()),
        )
        return Resource("schedule", change.resource.address, made.id)

    def differs(
        self,
        observed: ScheduleSeen,
        payload: Mapping[str, Any],
        resource: Mapping[str, Any],  # noqa: ARG002 - the shape of HasInitialFields
    ) -> str | None:
        """The members are the team's to change."""
        if observed.schedule is None:
            return None
        now = list(observed.schedule.members)
        then = [str(name) for name in payload.get("members", ())]
        if now == then:
            return None
        return f"members are {', '.join(now)}, were {', '.join(then)}, which is fine"

    def _create(self, members: tuple[Person, ...]) -> Change:
        resource = Resource("schedule", self.address)
        if not members:
            return Change(
                "conflict",
                resource,
                "absent, and the pager knows nobody to put on it",
                way_out="name an existing rotation with --on-call, or add people to the team",
            )
        payload = {
            "name": self.wanted.spec.on_call,
            "marker": _marker(self.wanted),
            "members": [member.name for member in members],
        }
        return Change("create", resource, "absent", Call("pager.create_schedule", payload))


@dataclass(frozen=True, slots=True)
class PolicySeen:
    """The escalation policy of that name, and the schedule that it should page."""

    policy: EscalationPolicy | None
    schedule: Schedule | None


@dataclass(frozen=True, slots=True)
class RotationPolicy:
    """Whom a page goes to. Initial: its rules. A lost marker stays lost, as on a schedule."""

    wanted: Wanted

    @property
    def address(self) -> str:
        """The escalation policy by its name."""
        return f"pager/escalation-policies/{self.wanted.spec.on_call}"

    def observe(self, providers: Providers) -> PolicySeen:
        """Ask for both."""
        name = self.wanted.spec.on_call
        return PolicySeen(providers.pager.escalation_policy(name), providers.pager.schedule(name))

    def decide(self, observed: PolicySeen) -> Change:
        """Absent: create. Ours: keep. Somebody else's: use it if it pages the rotation."""
        policy, schedule = observed.policy, observed.schedule
        if policy is None:
            payload = {
                "name": self.wanted.spec.on_call,
                "marker": _marker(self.wanted),
                "schedule": self.wanted.spec.on_call,
            }
            call = Call("pager.create_escalation_policy", payload)
            return Change("create", Resource("escalation-policy", self.address), "absent", call)
        resource = Resource("escalation-policy", self.address, policy.id)
        if self.wanted.is_ours("escalation-policy", policy.id, policy.marker):
            return Change("keep", resource, "ours; its rules are the team's")
        if schedule is not None and schedule.id in policy.schedules:
            return Change("use", resource, "exists and pages the rotation; used as it is")
        return Change(
            "conflict",
            resource,
            "an escalation policy of that name exists and does not page this rotation",
            way_out="let it page the rotation, rename it, or name another rotation with --on-call",
        )

    def apply(self, providers: Providers, change: Change) -> Resource:
        """Create the policy for the schedule that is there by now."""
        name = self.wanted.spec.on_call
        schedule = providers.pager.schedule(name)
        made = providers.pager.create_escalation_policy(
            name,
            marker=self.wanted.marker,
            schedule=schedule.id if schedule is not None else name,
        )
        return Resource("escalation-policy", change.resource.address, made.id)


@dataclass(frozen=True, slots=True)
class DomainService:
    """What pages for the domain. Floor: its marker."""

    wanted: Wanted

    @property
    def address(self) -> str:
        """The service by its name, which is the domain's."""
        return f"pager/services/{self.wanted.spec.domain}"

    def observe(self, providers: Providers) -> Service | None:
        """Ask for the service of that very name."""
        return providers.pager.service(self.wanted.spec.domain)

    def decide(self, observed: Service | None) -> Change:
        """Absent: create. Ours: keep. Anything else is a person's decision."""
        if observed is None:
            payload = {
                "name": self.wanted.spec.domain,
                "marker": _marker(self.wanted),
                "policy": self.wanted.spec.on_call,
            }
            call = Call("pager.create_service", payload)
            return Change("create", Resource("service", self.address), "absent", call)
        resource = Resource("service", self.address, observed.id, observed.url)
        payload = {"service": self.wanted.spec.domain, "marker": _marker(self.wanted)}
        call = Call("pager.set_marker", payload)
        if self.wanted.lost("service", observed.id, observed.marker):
            return Change("update", resource, LOST, call)
        if self.wanted.is_ours("service", observed.id, observed.marker):
            return Change("keep", resource, "ours")
        if self.wanted.adopts(self.address):
            return Change("adopt", resource, "named with --adopt", call)
        return Change(
            "conflict",
            resource,
            "a service of that name exists and is not ours",
            way_out=f"choose another domain name, or take it over with --adopt {self.address}",
        )

    def apply(self, providers: Providers, change: Change) -> Resource:
        """Create the service, or write the marker on one that is there."""
        name, marker = self.wanted.spec.domain, self.wanted.marker
        if change.action in {"adopt", "update"}:
            made = providers.pager.set_marker(name, marker)
        else:
            policy = providers.pager.escalation_policy(self.wanted.spec.on_call)
            made = providers.pager.create_service(
                name,
                marker=marker,
                policy=policy.id if policy is not None else self.wanted.spec.on_call,
            )
        return Resource("service", self.address, made.id, made.url)


@dataclass(frozen=True, slots=True)
class ServiceIntegration:
    """The door that the domain's alerts come in by."""

    wanted: Wanted

    @property
    def address(self) -> str:
        """The integration under its service."""
        return f"pager/services/{self.wanted.spec.domain}/integration"

    def observe(self, providers: Providers) -> str | None:
        """Its id, where there is one."""
        return providers.pager.integration(self.wanted.spec.domain)

    def decide(self, observed: str | None) -> Change:
        """Make it once."""
        if observed is not None:
            return Change("keep", Resource("integration", self.address, observed), "there")
        call = Call("pager.create_integration", {"service": self.wanted.spec.domain})
        return Change("create", Resource("integration", self.address), "absent", call)

    def apply(self, providers: Providers, change: Change) -> Resource:
        """Create the integration."""
        made = providers.pager.create_integration(self.wanted.spec.domain)
        return Resource("integration", change.resource.address, made)


def _targets(wanted: Wanted) -> Sequence[Target[Any]]:
    return (
        RotationSchedule(wanted),
        RotationPolicy(wanted),
        DomainService(wanted),
        ServiceIntegration(wanted),
    )


STEP = Step(id="oncall.rotation", needs=(), targets=_targets)
