"""PagerDuty as the pager: schedules, escalation policies, services and the pages they send.

Each method that makes something looks for it first and then makes one call. What was made by a
call whose answer was lost may take a moment to show: it is looked for more than once before
anything is made again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from threading import Lock
from typing import Any, Final, TypeVar

from platform_cli.errors import PlatformError, TemporaryError
from platform_cli.providers.marker import Marker
from platform_cli.providers.pager.pagerduty import shapes
from platform_cli.providers.pager.pagerduty.api import Api, at
from platform_cli.providers.pager.port import (
    EscalationPolicy,
    Page,
    Person,
    Schedule,
    Service,
)

SECRET: Final = "PAGERDUTY_INTEGRATION_KEY"  # noqa: S105 - the name of a secret, not one
_SOURCE: Final = "platform-cli"
# A listing shows a schedule without its turns, unless it is asked for them.
_SHOWN_WITH: Final[Mapping[str, Mapping[str, Any]]] = {
    "schedules": {"include": ["schedule_layers"]}
}
# How often, and how far apart, we look for what a call without an answer may have made.
_LOOKS_S: Final = (0.5, 1.0, 1.5, 2.0, 2.5)
Found = TypeVar("Found")
Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Rota:
    """What a new rotation looks like."""

    team: str | None
    """The team whose people a new rotation has, by its name."""
    fallback: str | None
    """The escalation policy to go to when nobody of the rotation answers, by its name."""
    time_zone: str
    handover: str


@dataclass(slots=True)
class PagerDutyPager:
    """One account of PagerDuty."""

    api: Api
    rota: Rota
    now: Callable[[], datetime]
    _users: dict[str, Mapping[str, Any]] = field(default_factory=dict, repr=False)
    _unsure: set[tuple[str, str]] = field(default_factory=set, repr=False)
    _lock: Lock = field(default_factory=Lock, repr=False)

    @property
    def secret(self) -> str:
        """The name under which CI has the integration's key."""
        return SECRET

    def one_look(self) -> PagerDutyPager:
        """The same account, with answers that are kept for one look."""
        return replace(self, api=self.api.one_look())

    def schedule(self, name: str) -> Schedule | None:
        """The schedule of that name, compared without case, with the turns of its people."""
        alike = self._seen("schedules", name)
        return shapes.schedule(alike[0], len(alike)) if alike else None

    def escalation_policy(self, name: str) -> EscalationPolicy | None:
        """The escalation policy of that name, compared without case."""
        alike = self._seen("escalation_policies", name)
        return shapes.policy(alike[0]) if alike else None

    def service(self, name: str) -> Service | None:
        """The service of that name: names are unique, whatever their case."""
        shown = self._service(name)
        return shapes.service(shown) if shown is not None else None

    def integration(self, service: str) -> str | None:
        """The id of our integration on the service of that name, or None."""
        _, listed = self._integration(service)
        return str(listed["id"]) if listed is not None else None

    def integration_key(self, service: str) -> str | None:
        """The secret that sends events through our integration, or None where there is none."""
        return self._key(*self._integration(service))

    def on_call(self, service: str) -> tuple[str, ...]:
        """The names of the people who would be paged for the service right now."""
        return tuple(one.name for one in self._on_call(self._service(service)))

    def members(self) -> Sequence[Person]:
        """The people of the team, in the order of their names."""
        if self.rota.team is None:
            return ()
        teams = self._named("teams", self.rota.team)
        if len(teams) != 1:
            return ()
        wanted = {"team_ids": [str(teams[0]["id"])], "include": ["contact_methods"]}
        users = sorted(self.api.all("/users", "users", wanted), key=shapes.name_of)
        with self._lock:
            self._users.update({str(user["id"]): user for user in users})
        return tuple(shapes.person(user) for user in users)

    def page_of(self, service: str, key: str) -> Page | None:
        """The newest page with that key on the service of that name."""
        found = self._incidents(service, {"incident_key": key})
        return next((page for page in found if page.key == key), None)

    def pages(self, service: str) -> Sequence[Page]:
        """The pages of the service in the last month, newest first."""
        return self._incidents(service, {})

    def create_schedule(self, name: str, *, marker: Marker, members: Sequence[Person]) -> Schedule:
        """Make a weekly schedule of these people. Raises PLT-PAGER-001 where the name is taken."""
        self._must_be_free("schedules", name)
        ids = [self._id_of(one) for one in members]
        rota = self.rota
        began = shapes.last_handover(rota.handover, rota.time_zone, self.now())
        body = shapes.new_schedule(name, marker, ids, rota.time_zone, began)
        shown = self._make("schedules", name, "/schedules", body)["schedule"]
        return shapes.schedule(shown, 1)

    def create_escalation_policy(
        self,
        name: str,
        *,
        marker: Marker,
        schedule: str,
    ) -> EscalationPolicy:
        """Make a policy for the schedule of that id. Raises PLT-PAGER-001, -004 for a fallback."""
        self._must_be_free("escalation_policies", name)
        body = shapes.new_policy(name, marker, schedule, self._fallback())
        made = self._make("escalation_policies", name, "/escalation_policies", body)
        return shapes.policy(made["escalation_policy"])

    def create_service(self, name: str, *, marker: Marker, policy: str) -> Service:
        """Make a service that uses the policy of that id. Raises PLT-PAGER-001."""
        if self._service(name) is not None:
            raise _exists(f"The service {name}")
        body = shapes.new_service(name, marker, policy)
        return shapes.service(self._make("services", name, "/services", body)["service"])

    def create_integration(self, service: str) -> str:
        """Open the door that alerts come in by. Raises PLT-PAGER-001 where there is one."""
        shown, listed = self._integration(service)
        if shown is None:
            raise _absent(service)
        if listed is not None:
            raise _exists(f"The integration {shapes.INTEGRATION} of {service}")
        path = at("services", str(shown["id"]), "integrations")
        integration = {"type": shapes.INTEGRATION_TYPE, "name": shapes.INTEGRATION}
        made = self._make("integrations", service, path, {"integration": integration})
        return str(made["integration"]["id"])

    def set_marker(self, service: str, marker: Marker) -> Service:
        """Write the marker on a service that a person said to adopt; all else stays."""
        shown = self._existing(service)
        described = shapes.described(marker, str(shown.get("description") or ""))
        # What is not ours to change is sent back as it was: the call wants it there.
        kept = {"name": shapes.name_of(shown), "escalation_policy": shown["escalation_policy"]}
        body = {"service": {"type": "service", **kept, "description": described}}
        made = self.api.send("PUT", at("services", str(shown["id"])), body)
        return shapes.service(made["service"])

    def page(self, service: str, key: str, summary: str) -> None:
        """Send a page that says it is a test. An open page of that key stays the only one."""
        shown, routing_key = self._door(service)
        if not any(one.contact for one in self._on_call(shown)):
            raise PlatformError(
                "PLT-PAGER-003",
                f"A page of {service} would reach nobody: no one on call can be contacted. "
                "Nothing was sent.",
                hint="Put somebody with a contact method on the rotation, then run the same "
                "line again.",
                address=f"pager/services/{service}",
            )
        payload = {"summary": summary, "source": _SOURCE, "severity": "info"}
        event = {"event_action": "trigger", "dedup_key": key, "payload": payload}
        self.api.event(routing_key, event)

    def resolve(self, service: str, key: str) -> None:
        """Resolve the page with that key; nothing happens where none is open."""
        event = {"event_action": "resolve", "dedup_key": key}
        _, routing_key = self._door(service)
        self.api.event(routing_key, event)

    def _named(self, kind: str, name: str) -> list[Mapping[str, Any]]:
        """Everything of that very name, whatever its case: the query finds parts of names, too."""
        found = self.api.all(f"/{kind}", kind, {"query": name, **_SHOWN_WITH.get(kind, {})})
        return [one for one in found if shapes.name_of(one).casefold() == name.casefold()]

    def _seen(self, kind: str, name: str) -> list[Mapping[str, Any]]:
        return self._looked(kind, name, lambda: self._named(kind, name))

    def _looked(self, kind: str, name: str, look: Callable[[], Found]) -> Found:
        """What `look` finds; looked for again where a call may have made it a moment ago."""
        found = look()
        with self._lock:
            unsure = (kind, name.casefold()) in self._unsure
        if not found and unsure:
            for pause_s in _LOOKS_S:
                self.api.pause(pause_s)
                found = look()
                if found:
                    break
        if unsure:
            with self._lock:
                self._unsure.discard((kind, name.casefold()))
        return found

    def _make(self, kind: str, name: str, path: str, body: Mapping[str, Any]) -> Any:
        try:
            return self.api.send("POST", path, body)
        except TemporaryError:
            with self._lock:
                self._unsure.add((kind, name.casefold()))
            raise

    def _must_be_free(self, kind: str, name: str) -> None:
        # PagerDuty does not promise that these names are unique, so it may not refuse a second.
        if self._seen(kind, name):
            raise _exists(f"{kind.replace('_', ' ').capitalize()}: {name}")

    def _service(self, name: str) -> Mapping[str, Any] | None:
        alike = self._seen("services", name)
        return alike[0] if alike else None

    def _existing(self, name: str) -> Mapping[str, Any]:
        shown = self._service(name)
        if shown is None:
            raise _absent(name)
        return shown

    def _integration(self, service: str) -> tuple[Json | None, Json | None]:
        """The service, and our integration among those that it lists."""
        shown: Json | None = None

        def look() -> Json | None:
            nonlocal shown
            shown = self._service(service)
            listed = shown.get("integrations") or () if shown is not None else ()
            ours = (one for one in listed if shapes.name_of(one) == shapes.INTEGRATION)
            return next(ours, None)

        listed = self._looked("integrations", service, look)
        return shown, listed

    def _key(self, shown: Json | None, listed: Json | None) -> str | None:
        if shown is None or listed is None:
            return None
        path = at("services", str(shown["id"]), "integrations", str(listed["id"]))
        key = self.api.get(path)["integration"].get("integration_key")
        return str(key) if key else None

    def _door(self, service: str) -> tuple[Json, str]:
        """The service, and the key that its pages are sent with."""
        shown, listed = self._integration(service)
        if shown is None:
            raise _absent(service)
        key = self._key(shown, listed)
        if key is None:
            raise PlatformError(
                "PLT-PAGER-004",
                f"The service {service} has no integration {shapes.INTEGRATION}. Nothing was sent.",
                address=f"pager/services/{service}/integration",
            )
        return shown, key

    def _incidents(self, service: str, wanted: Mapping[str, Any]) -> list[Page]:
        shown = self._service(service)
        if shown is None:
            return []
        asked = {**wanted, "service_ids": [str(shown["id"])], "sort_by": "created_at:desc"}
        found = self.api.all("/incidents", "incidents", asked)
        return [shapes.page(one, service) for one in found]

    def _on_call(self, shown: Json | None) -> list[Person]:
        policy = str(((shown or {}).get("escalation_policy") or {}).get("id", ""))
        if not policy:
            return []
        asked = {"escalation_policy_ids": [policy], "earliest": "true"}
        turns = list(self.api.all("/oncalls", "oncalls", asked))
        first = min((int(turn.get("escalation_level", 1)) for turn in turns), default=1)
        ids = dict.fromkeys(
            str(turn["user"]["id"])
            for turn in turns
            if int(turn.get("escalation_level", 1)) == first
        )
        return [shapes.person(self._user(one)) for one in ids]

    def _user(self, identity: str) -> Mapping[str, Any]:
        with self._lock:
            known = self._users.get(identity)
        if known is None:
            found = self.api.get(at("users", identity), {"include": ["contact_methods"]})
            known = found["user"]
            with self._lock:
                self._users[identity] = known
        return known

    def _id_of(self, person: Person) -> str:
        """Whom of the account a person is: by the mail address, else by the name."""
        with self._lock:
            known = list(self._users.values())
        key = person.contact or person.name
        for users in (known, self.api.all("/users", "users", {"query": key})):
            for user in users:
                same = user.get("email") if person.contact else shapes.name_of(user)
                if same == key:
                    return str(user["id"])
        raise PlatformError(
            "PLT-PAGER-004",
            f"PagerDuty has no user {person.name}. Nothing was made.",
            address="pager/users",
        )

    def _fallback(self) -> Sequence[Mapping[str, Any]]:
        if self.rota.fallback is None:
            return ()
        found = self._named("escalation_policies", self.rota.fallback)
        if len(found) != 1:
            raise PlatformError(
                "PLT-PAGER-004",
                f"{len(found) or 'No'} escalation policies are called {self.rota.fallback}. "
                "Nothing was made.",
                hint="Set pagerduty.escalation_fallback to the name of one, or leave it out.",
                address=f"pager/escalation-policies/{self.rota.fallback}",
            )
        return shapes.fallback_targets(found[0])


def _absent(service: str) -> PlatformError:
    return PlatformError(
        "PLT-PAGER-004",
        f"There is no service {service} in PagerDuty. Nothing was changed.",
        address=f"pager/services/{service}",
    )


def _exists(what: str) -> PlatformError:
    return PlatformError(
        "PLT-PAGER-001", f"{what} exists in PagerDuty already. Nothing was changed."
    )
