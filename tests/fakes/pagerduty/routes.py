"""What the fake PagerDuty answers to each call. Refuses what the real one is known to refuse."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.fakes.pagerduty.state import WEEK_S, Call, Json, State


@dataclass(slots=True)
class Reply:
    """One answer."""

    status: int
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)


def refused(status: int, message: str, *errors: str) -> Reply:
    """An error as the service words it."""
    return Reply(status, {"error": {"code": 2001, "message": message, "errors": list(errors)}})


def answered(state: State, call: Call) -> Reply:
    """The answer, and its effect."""
    for method, pattern, route in _ROUTES:
        found = re.fullmatch(pattern, call.path)
        if found and method == call.method:
            return route(state, call, *found.groups())
    return refused(404, "Not Found")


def enqueued(state: State, call: Call) -> Reply:
    """An event: triggers or resolves the incident of its key."""
    body = call.body if isinstance(call.body, dict) else {}
    service = next(
        (
            service
            for service in state.services
            for one in state.integrations.get(service["id"], ())
            if one["integration_key"] == body.get("routing_key")
        ),
        None,
    )
    if service is None:
        return Reply(
            400, {"status": "invalid event", "message": "Event object is invalid", "errors": []}
        )
    key = str(body["dedup_key"])
    open_ = [
        one
        for one in state.incidents
        if one["incident_key"] == key
        and one["service"]["id"] == service["id"]
        and one["status"] != "resolved"
    ]
    if body["event_action"] == "resolve":
        for incident in open_:
            incident.update(status="resolved", assignments=[])
    elif not open_:
        state.incidents.insert(0, _incident(state, service, key, body["payload"]["summary"]))
    return Reply(202, {"status": "success", "message": "Event processed", "dedup_key": key})


def _incident(state: State, service: Json, key: str, summary: str) -> Json:
    identity = state.new_id()
    now = datetime.now(tz=UTC).isoformat(timespec="seconds")
    assigned = [
        {"at": now, "assignee": turn["user"]}
        for turn in _turns(state, service["escalation_policy"]["id"])
        if turn["escalation_level"] == 1
    ]
    return {
        "id": identity,
        "type": "incident",
        "summary": f"[#1] {summary}",
        "self": None,
        "html_url": f"{state.base}/incidents/{identity}",
        "incident_number": len(state.incidents) + 1,
        "title": summary,
        "created_at": now,
        "status": "triggered",
        "incident_key": key,
        "service": _reference("service", service),
        "assignments": assigned,
        "urgency": "high",
    }


def _listed(kind: str) -> Callable[[State, Call], Reply]:
    def route(state: State, call: Call) -> Reply:
        entries = {
            "users": state.users,
            "teams": state.teams,
            "schedules": state.schedules,
            "escalation_policies": state.policies,
            "services": state.services,
        }[kind]
        query = (call.query.get("query") or [""])[0].casefold()
        found = [
            one
            for one in state.shown(entries)
            if query in one["name"].casefold() or query in str(one.get("email", "")).casefold()
        ]
        if kind == "users" and call.query.get("team_ids[]"):
            wanted = {user for team in call.query["team_ids[]"] for user in state.members[team]}
            found = [one for one in found if one["id"] in wanted]
        if kind == "services":
            found = [_service(state, one) for one in found]
        if kind == "schedules" and "schedule_layers" not in call.query.get("include[]", ()):
            found = [{k: v for k, v in one.items() if k != "schedule_layers"} for one in found]
        return _page(state, call, kind, found)

    return route


def _page(state: State, call: Call, kind: str, found: list[Json]) -> Reply:
    limit = min(int((call.query.get("limit") or ["25"])[0]), state.page_size)
    offset = int((call.query.get("offset") or ["0"])[0])
    part = found[offset : offset + limit]
    body = {kind: part, "limit": limit, "offset": offset, "more": offset + limit < len(found)}
    return Reply(200, {**body, "total": None})


def _one(key: str) -> Callable[[State, Call, str], Reply]:
    def route(state: State, call: Call, identity: str) -> Reply:
        entries = {"user": state.users, "schedule": state.schedules, "service": state.services}
        found = next((one for one in entries[key] if one["id"] == identity), None)
        if found is None:
            return refused(404, "Not Found")
        return Reply(200, {key: _service(state, found) if key == "service" else found})

    return route


def _me(state: State, call: Call) -> Reply:
    if state.me is None:
        return refused(400, "There is no current user with an account's key")
    return Reply(200, {"user": state.me})


def _abilities(state: State, call: Call) -> Reply:
    return Reply(200, {"abilities": ["teams"]})


def _new_schedule(state: State, call: Call) -> Reply:
    body = call.body["schedule"]
    if not body.get("schedule_layers") or not body["schedule_layers"][0]["users"]:
        return refused(400, "Invalid Input Provided", "A layer must have users.")
    made = _made(state, "schedule", body) | {
        "time_zone": body["time_zone"],
        "schedule_layers": [
            {
                **layer,
                "id": state.new_id(),
                "restrictions": [],
                "users": [{"user": _user(state, one["user"]["id"])} for one in layer["users"]],
            }
            for layer in body["schedule_layers"]
        ],
        "users": [
            _user(state, one["user"]["id"])
            for layer in body["schedule_layers"]
            for one in layer["users"]
        ],
        "escalation_policies": [],
        "teams": [],
    }
    state.schedules.append(made)
    return Reply(201, {"schedule": made})


def _new_policy(state: State, call: Call) -> Reply:
    body = call.body["escalation_policy"]
    rules = []
    for rule in body["escalation_rules"]:
        targets = [_target(state, one) for one in rule["targets"]]
        if None in targets:
            return refused(400, "Invalid Input Provided", "A target does not exist.")
        rules.append({**rule, "id": state.new_id(), "targets": targets})
    made = _made(state, "escalation_policy", body)
    made |= {"escalation_rules": rules, "num_loops": 0, "services": [], "teams": []}
    state.policies.append(made)
    return Reply(201, {"escalation_policy": made})


def _new_service(state: State, call: Call) -> Reply:
    body = call.body["service"]
    if any(one["name"].casefold() == body["name"].casefold() for one in state.services):
        return refused(400, "Invalid Input Provided", "Name has already been taken")
    policy = next(
        (one for one in state.policies if one["id"] == body["escalation_policy"]["id"]), None
    )
    if policy is None:
        return refused(400, "Invalid Input Provided", "Escalation policy cannot be found")
    made = _made(state, "service", body) | {
        "status": "active",
        "teams": [],
        "escalation_policy": _reference("escalation_policy", policy),
    }
    state.services.append(made)
    return Reply(201, {"service": _service(state, made)})


def _changed_service(state: State, call: Call, identity: str) -> Reply:
    found = next((one for one in state.services if one["id"] == identity), None)
    if found is None:
        return refused(404, "Not Found")
    found.update({k: v for k, v in call.body["service"].items() if k in {"description", "name"}})
    return Reply(200, {"service": _service(state, found)})


def _new_integration(state: State, call: Call, identity: str) -> Reply:
    if not any(one["id"] == identity for one in state.services):
        return refused(404, "Not Found")
    body = call.body["integration"]
    made = {
        **_made(state, body["type"], body),
        "integration_key": f"canary-routing-key-{state.new_id()}",
    }
    made.pop("description")
    # Not unique: a second one of that name is made as readily as the first.
    state.integrations.setdefault(identity, []).append(made)
    return Reply(201, {"integration": made})


def _oncalls(state: State, call: Call) -> Reply:
    turns = [
        turn
        for policy in call.query.get("escalation_policy_ids[]", ())
        for turn in _turns(state, policy)
    ]
    return _page(state, call, "oncalls", turns)


def _incidents(state: State, call: Call) -> Reply:
    keys, services = call.query.get("incident_key"), call.query.get("service_ids[]")
    found = [
        one
        for one in state.incidents
        if (keys is None or one["incident_key"] in keys)
        and (services is None or one["service"]["id"] in services)
    ]
    return _page(state, call, "incidents", found)


def _turns(state: State, policy_id: str) -> list[Json]:
    policy = next((one for one in state.policies if one["id"] == policy_id), None)
    turns = []
    for level, rule in enumerate((policy or {}).get("escalation_rules", ()), start=1):
        for target in rule["targets"]:
            schedule = next((one for one in state.schedules if one["id"] == target["id"]), None)
            user = _on_turn(schedule) if schedule else _user(state, target["id"])
            if user is not None and policy is not None:
                turns.append(
                    {
                        "escalation_policy": _reference("escalation_policy", policy),
                        "escalation_level": level,
                        "schedule": _reference("schedule", schedule) if schedule else None,
                        "user": user,
                        "start": "2026-01-05T08:00:00Z",
                        "end": "2126-01-05T08:00:00Z",
                    }
                )
    return turns


def _on_turn(schedule: Json) -> Json | None:
    for layer in schedule["schedule_layers"]:
        began = datetime.fromisoformat(layer["rotation_virtual_start"])
        turn = (datetime.now(tz=UTC) - began) // timedelta(seconds=WEEK_S)
        users = layer["users"]
        if users:
            found: Json = users[turn % len(users)]["user"]
            return found
    return None


def _target(state: State, target: Json) -> Json | None:
    for entries, kind in ((state.schedules, "schedule"), (state.users, "user")):
        for one in entries:
            if one["id"] == target["id"]:
                return _reference(kind, one)
    return None


def _user(state: State, identity: str) -> Json:
    return _reference("user", next(one for one in state.users if one["id"] == identity))


def _made(state: State, kind: str, body: Json) -> Json:
    identity = state.new_id()
    if state.hidden_reads:
        state.unseen[identity] = state.hidden_reads
    return {
        "id": identity,
        "type": kind,
        "name": body["name"],
        "summary": body["name"],
        "description": body.get("description"),
        "self": None,
        "html_url": f"{state.base}/{kind}/{identity}",
    }


def _reference(kind: str, one: Json) -> Json:
    return {
        "id": one["id"],
        "type": f"{kind}_reference",
        "summary": one["name"],
        "self": None,
        "html_url": None,
    }


def _service(state: State, service: Json) -> Json:
    kept = state.shown(state.integrations.get(service["id"], []))
    return {**service, "integrations": [_reference(one["type"], one) for one in kept]}


def _integration(state: State, call: Call, service: str, identity: str) -> Reply:
    assert call.method == "GET"
    for one in state.integrations.get(service, ()):
        if one["id"] == identity:
            return Reply(200, {"integration": one})
    return refused(404, "Not Found")


_ROUTES: tuple[tuple[str, str, Callable[..., Reply]], ...] = (
    ("GET", "/users", _listed("users")),
    ("GET", "/teams", _listed("teams")),
    ("GET", "/schedules", _listed("schedules")),
    ("GET", "/escalation_policies", _listed("escalation_policies")),
    ("GET", "/services", _listed("services")),
    ("GET", "/abilities", _abilities),
    ("GET", "/users/me", _me),
    ("GET", "/users/([^/]+)", _one("user")),
    ("GET", "/schedules/([^/]+)", _one("schedule")),
    ("GET", "/services/([^/]+)", _one("service")),
    ("GET", "/oncalls", _oncalls),
    ("GET", "/incidents", _incidents),
    ("POST", "/schedules", _new_schedule),
    ("POST", "/escalation_policies", _new_policy),
    ("POST", "/services", _new_service),
    ("PUT", "/services/([^/]+)", _changed_service),
    ("POST", "/services/([^/]+)/integrations", _new_integration),
    ("GET", "/services/([^/]+)/integrations/([^/]+)", _integration),
)
