"""What PagerDuty shows of itself, as the port's words; and what a new part is made of.

Pure: JSON in, plain data out, and the other way round.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, cast, get_args

from platform_cli.providers.marker import Marker, among, without
from platform_cli.providers.pager.port import (
    EscalationPolicy,
    Page,
    PageStatus,
    Person,
    Schedule,
    Service,
)
from platform_cli.providers.pager.turns import DAYS, parse_handover, parse_zone

INTEGRATION: Final = "platform-cli"
INTEGRATION_TYPE: Final = "events_api_v2_inbound_integration"
_WEEK: Final = timedelta(days=7)
_ESCALATE_AFTER_MIN: Final = 30

Json = Mapping[str, Any]


def described(marker: Marker, before: str = "") -> str:
    """A description that carries the marker, in the place of one that was there."""
    return f"{without(before)} {marker.words}".strip()


def marker(shown: Json) -> Marker | None:
    """The marker in the description, if it carries one."""
    return among(str(shown.get("description") or ""))


def person(user: Json) -> Person:
    """A user; one without any way to be contacted has no contact."""
    reachable = bool(user.get("contact_methods"))
    email = user.get("email")
    return Person(name_of(user), str(email) if reachable and email else None)


def name_of(shown: Json) -> str:
    """What people call it: references carry the name as their summary."""
    return str(shown.get("name") or shown.get("summary") or shown.get("id") or "")


def schedule(shown: Json, alike: int) -> Schedule:
    """A schedule with its people in the order of their turns."""
    zone = str(shown.get("time_zone") or "UTC")
    return Schedule(
        address=f"pager/schedules/{name_of(shown)}",
        id=str(shown["id"]),
        name=name_of(shown),
        marker=marker(shown),
        members=_turns(shown),
        time_zone=zone,
        handover=_handover(shown, zone),
        names_alike=alike,
    )


def _turns(shown: Json) -> tuple[str, ...]:
    """The names of the people in the schedule's layers, each once, in the order of their turns."""
    people: dict[str, str] = {}
    for layer in shown.get("schedule_layers") or ():
        for member in layer.get("users") or ():
            user = member.get("user") or {}
            if user.get("id"):
                people.setdefault(str(user["id"]), name_of(user))
    if not people:
        people = {str(user["id"]): name_of(user) for user in shown.get("users") or ()}
    return tuple(people.values())


def policy(shown: Json) -> EscalationPolicy:
    """An escalation policy with the schedules that it pages."""
    targets = [
        target
        for rule in shown.get("escalation_rules") or ()
        for target in rule.get("targets") or ()
    ]
    return EscalationPolicy(
        address=f"pager/escalation-policies/{name_of(shown)}",
        id=str(shown["id"]),
        name=name_of(shown),
        marker=marker(shown),
        schedules=tuple(
            str(target["id"])
            for target in targets
            if str(target.get("type", "")).startswith("schedule")
        ),
    )


def service(shown: Json) -> Service:
    """A service, with the page of it that people open."""
    url = shown.get("html_url")
    return Service(
        address=f"pager/services/{name_of(shown)}",
        id=str(shown["id"]),
        url=str(url) if url else None,
        name=name_of(shown),
        marker=marker(shown),
        policy=str((shown.get("escalation_policy") or {}).get("id", "")),
    )


def page(incident: Json, service_name: str) -> Page:
    """An incident as a page; whoever it is assigned to now."""
    status = str(incident.get("status"))
    known = cast("PageStatus", status) if status in get_args(PageStatus) else "triggered"
    assigned = [entry.get("assignee") or {} for entry in incident.get("assignments") or ()]
    return Page(
        id=str(incident["id"]),
        key=str(incident.get("incident_key") or ""),
        summary=str(incident.get("title") or incident.get("summary") or ""),
        status=known,
        assigned_to=tuple(name_of(one) for one in assigned),
        service=service_name,
    )


def new_schedule(
    name: str, own: Marker, user_ids: Sequence[str], time_zone: str, began: datetime
) -> dict[str, Any]:
    """A weekly schedule of these people; the first was on it from `began` on."""
    layer = {
        "name": "Weekly",
        "start": began.isoformat(),
        "rotation_virtual_start": began.isoformat(),
        "rotation_turn_length_seconds": int(_WEEK.total_seconds()),
        "users": [{"user": {"id": one, "type": "user_reference"}} for one in user_ids],
    }
    return {
        "schedule": {
            "type": "schedule",
            "name": name,
            "description": described(own),
            "time_zone": time_zone,
            "schedule_layers": [layer],
        }
    }


def new_policy(
    name: str, own: Marker, schedule_id: str, fallback: Sequence[Json]
) -> dict[str, Any]:
    """A policy that pages the schedule first, and the fallback's people where nobody answers."""
    first = [{"id": schedule_id, "type": "schedule_reference"}]
    rules = [first, [dict(target) for target in fallback]] if fallback else [first]
    return {
        "escalation_policy": {
            "type": "escalation_policy",
            "name": name,
            "description": described(own),
            "escalation_rules": [
                {"escalation_delay_in_minutes": _ESCALATE_AFTER_MIN, "targets": targets}
                for targets in rules
            ],
        }
    }


def fallback_targets(shown: Json) -> list[Json]:
    """Whom another policy asks first, as references: a policy cannot name a policy."""
    rules = shown.get("escalation_rules") or ()
    targets = rules[0].get("targets") or () if rules else ()
    return [
        {"id": str(one["id"]), "type": f"{str(one['type']).removesuffix('_reference')}_reference"}
        for one in targets
    ]


def new_service(name: str, own: Marker, policy_id: str) -> dict[str, Any]:
    """A service that uses the policy."""
    reference = {"id": policy_id, "type": "escalation_policy_reference"}
    return {
        "service": {
            "type": "service",
            "name": name,
            "description": described(own),
            "escalation_policy": reference,
        }
    }


def last_handover(handover: str, time_zone: str, now: datetime) -> datetime:
    """The last moment, in the time zone, at which the rotation handed over."""
    weekly, zone = parse_handover(handover), parse_zone(time_zone)
    return weekly.begins(weekly.number(now, zone), zone).astimezone(zone)


def _handover(shown: Json, zone: str) -> str:
    layers = shown.get("schedule_layers") or ()
    start = str(layers[0].get("rotation_virtual_start") or "") if layers else ""
    try:
        at = datetime.fromisoformat(start).astimezone(parse_zone(zone))
    except ValueError:
        return ""
    return f"{DAYS[at.weekday()]} {at:%H:%M}"
