"""`status`: what exists of each domain, whose it is, since when; what is missing, what differs.

Looks with the very targets that `init` uses, and changes nothing. What differs in an initial field
is the team's right, and said so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from platform_cli.journal.event import Event
from platform_cli.journal.port import Reading
from platform_cli.onboarding.history import history
from platform_cli.onboarding.plan import Change
from platform_cli.onboarding.steps import STEPS
from platform_cli.onboarding.steps.step import HasInitialFields
from platform_cli.onboarding.surroundings import Surroundings
from platform_cli.onboarding.verify import spec_of
from platform_cli.onboarding.wanted import Wanted, wanted_of

Whose = Literal["ours", "adopted", "used", "foreign", "unknown"]


@dataclass(frozen=True, slots=True)
class ResourceStatus:
    """One resource of a domain."""

    kind: str
    address: str
    id: str | None
    url: str | None
    whose: Whose
    since: datetime | None
    missing: str | None
    differs: str | None


@dataclass(frozen=True, slots=True)
class DomainStatus:
    """One domain, as it is now."""

    domain: str
    onboarding: str
    profile: str
    outcome: Literal["ready", "open"]
    resources: tuple[ResourceStatus, ...]


@dataclass(frozen=True, slots=True)
class _Made:
    """What the journal says about how a resource came to be."""

    at: datetime
    action: str
    payload: Mapping[str, Any]
    resource: Mapping[str, Any]


def known_domains(reading: Reading, profile: str) -> tuple[str, ...]:
    """The domains that the journal knows under the profile, closed ones left out."""
    closed: dict[str, bool] = {}
    for event in reading.events():
        if event.profile == profile:
            closed[event.domain] = event.type == "onboarding.closed"
    return tuple(sorted(domain for domain, gone in closed.items() if not gone))


def status(domain: str, around: Surroundings, reading: Reading) -> DomainStatus | None:
    """Look at everything of the domain; None where the journal does not know it."""
    past = history(reading.events(profile=around.profile, domain=domain))
    if past.current is None or past.spec is None:
        return None
    wanted = wanted_of(spec_of(domain, past), around, past, onboarding=past.current)
    made = _made(past.events)
    found = (*_resources(wanted, around, made), *_pages(wanted, around))
    return DomainStatus(
        domain=domain,
        onboarding=past.current,
        profile=around.profile,
        outcome="ready" if past.ready else "open",
        resources=found,
    )


def _resources(
    wanted: Wanted,
    around: Surroundings,
    made: Mapping[str, _Made],
) -> Iterator[ResourceStatus]:
    providers = around.providers.one_look()
    for step in STEPS:
        if step.done_by_looking:
            continue
        for target in step.targets(wanted):
            observed = target.observe(providers)
            change = target.decide(observed)
            before = made.get(change.resource.address)
            differs = None
            if before is not None and isinstance(target, HasInitialFields):
                differs = target.differs(observed, before.payload, before.resource)
            yield _told(change, before, differs)


def _told(change: Change, before: _Made | None, differs: str | None) -> ResourceStatus:
    missing = None
    if change.action in {"create", "update"}:
        missing = change.reason if before is None else f"{change.reason}; init restores it"
    return ResourceStatus(
        kind=change.resource.kind,
        address=change.resource.address,
        id=change.resource.id,
        url=change.resource.url,
        whose=_whose(change, before),
        since=before.at if before is not None else None,
        missing=missing,
        differs=differs,
    )


def _whose(change: Change, before: _Made | None) -> Whose:
    if change.action == "use":
        return "used"
    if change.action in {"conflict", "adopt"}:
        return "foreign"
    if change.action == "unknown":
        return "unknown"
    return "adopted" if before is not None and before.action == "adopt" else "ours"


def _pages(wanted: Wanted, around: Surroundings) -> Iterator[ResourceStatus]:
    """The pages of the domain's service: who was reached, and whether it is over."""
    for page in around.providers.pager.pages(wanted.spec.domain):
        to = ", ".join(page.assigned_to) or "nobody"
        yield ResourceStatus(
            kind="page",
            address=f"pager/services/{wanted.spec.domain}/pages/{page.key}",
            id=page.id,
            url=None,
            whose="ours",
            since=None,
            missing=None,
            differs=f"{page.status}, went to {to}",
        )


def _made(events: tuple[Event, ...]) -> dict[str, _Made]:
    """By address: the call that first made or adopted the resource, and what it left."""
    intents = {event.id: event for event in events if event.type == "call.intent"}
    made: dict[str, _Made] = {}
    for event in events:
        if event.type != "call.result" or event.detail.get("status") not in {"done", "found"}:
            continue
        intent = intents.get(str(event.detail.get("intent")))
        if intent is None or intent.detail.get("action") not in {"create", "adopt"}:
            continue
        address = str(intent.detail.get("address"))
        payload, resource = intent.detail.get("payload"), event.detail.get("resource")
        made[address] = _Made(
            at=event.at,
            action=str(intent.detail.get("action")),
            payload=payload if isinstance(payload, Mapping) else {},
            resource=resource if isinstance(resource, Mapping) else {},
        )
    return made
