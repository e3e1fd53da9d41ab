"""The embedded pager: schedules, escalation policies, services and pages in one file.

A page is delivered to whoever is on call at that moment and can be seen, acknowledged and
resolved. One call changes the file once. People may edit it: who is on a rotation is theirs.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, cast, get_args

from platform_cli.errors import PlatformError
from platform_cli.providers.marker import Marker
from platform_cli.providers.pager import book
from platform_cli.providers.pager.port import (
    EscalationPolicy,
    Page,
    PageStatus,
    Person,
    Schedule,
    Service,
)
from platform_cli.providers.pager.turns import on_turn, parse_handover, parse_zone

FILE: Final = "pager.json"
_PREFIX: Final = "pager"


def _random_id() -> str:
    return str(uuid.uuid4())


@dataclass(frozen=True, slots=True)
class LocalPager:
    """A pager in the folder `root`. Reading changes nothing there."""

    root: Path
    team: Sequence[Person]
    time_zone: str
    handover: str
    now: Callable[[], datetime]
    new_id: Callable[[], str] = _random_id

    @property
    def secret(self) -> None:
        """Whoever reaches the file may page: there is no key."""
        return

    def one_look(self) -> LocalPager:
        """Itself: the file is near."""
        return self

    def schedule(self, name: str) -> Schedule | None:
        """The schedule of that name, compared without case."""
        alike = _named(self._book()["schedules"], name)
        return self._schedule(alike[0], len(alike)) if alike else None

    def escalation_policy(self, name: str) -> EscalationPolicy | None:
        """The escalation policy of that name, compared without case."""
        alike = _named(self._book()["escalation_policies"], name)
        return self._policy(alike[0]) if alike else None

    def service(self, name: str) -> Service | None:
        """The service of that name."""
        entry = self._service_entry(self._book(), name)
        return self._service(entry) if entry is not None else None

    def integration(self, service: str) -> str | None:
        """The id of the door that alerts come in by."""
        entry = self._service_entry(self._book(), service)
        return None if entry is None else self._optional(entry, "integration")

    def integration_key(self, service: str) -> None:  # noqa: ARG002 - there is none for any
        """There is none."""
        return

    def on_call(self, service: str) -> tuple[str, ...]:
        """The names of the people who would be paged for the service right now."""
        return tuple(person.name for person in self._on_call(self._book(), service))

    def members(self) -> Sequence[Person]:
        """The people whom a new rotation would have: here, whoever runs the program."""
        return tuple(self.team)

    def page_of(self, service: str, key: str) -> Page | None:
        """The newest page with that key on the service."""
        return next((page for page in self.pages(service) if page.key == key), None)

    def pages(self, service: str) -> Sequence[Page]:
        """The pages of the service, newest first."""
        entries = [e for e in self._book()["pages"] if self._text(e, "service") == service]
        return tuple(self._page(entry) for entry in reversed(entries))

    def create_schedule(self, name: str, *, marker: Marker, members: Sequence[Person]) -> Schedule:
        """Make a weekly schedule of these people. Raises PLT-PAGER-001 or PLT-SETTINGS-002."""
        self._known_turns(name)
        people = [{"name": person.name, "contact": person.contact} for person in members]
        entry = self._entry(name, marker) | {
            "members": people,
            "time_zone": self.time_zone,
            "handover": self.handover,
        }
        self._add("schedules", name, entry)
        return self._schedule(entry, 1)

    def create_escalation_policy(
        self,
        name: str,
        *,
        marker: Marker,
        schedule: str,
    ) -> EscalationPolicy:
        """Make a policy that pages the schedule of that id. Raises PLT-PAGER-001."""
        entry = self._entry(name, marker) | {"schedules": [schedule]}
        self._add("escalation_policies", name, entry)
        return self._policy(entry)

    def create_service(self, name: str, *, marker: Marker, policy: str) -> Service:
        """Make a service that uses the policy of that id. Raises PLT-PAGER-001."""
        entry = self._entry(name, marker) | {"policy": policy, "integration": None}
        self._add("services", name, entry)
        return self._service(entry)

    def create_integration(self, service: str) -> str:
        """Open the door that alerts come in by. Raises PLT-PAGER-001 where there is one."""
        with book.writing(self._path) as kept:
            entry = self._existing(kept, service)
            if entry.get("integration") is not None:
                raise self._exists(f"the service {service} has an integration already")
            entry["integration"] = made = self.new_id()
        return made

    def set_marker(self, service: str, marker: Marker) -> Service:
        """Write the marker on a service that a person said to adopt."""
        with book.writing(self._path) as kept:
            entry = self._existing(kept, service)
            entry["marker"] = {"domain": marker.domain, "onboarding": marker.onboarding}
        return self._service(entry)

    def page(self, service: str, key: str, summary: str) -> None:
        """Send a page to whoever is on call now. An open page of that key stays the only one."""
        with book.writing(self._path) as kept:
            self._existing(kept, service)
            open_pages = [
                entry
                for entry in kept["pages"]
                if self._text(entry, "service") == service
                and self._text(entry, "key") == key
                and self._text(entry, "status") != "resolved"
            ]
            if open_pages:
                return
            reached = [p for p in self._on_call(kept, service) if (p.contact or "").strip()]
            if not reached:
                raise PlatformError(
                    "PLT-PAGER-003",
                    f"A page of {service} would reach nobody: no one on call has a contact. "
                    "Nothing was sent.",
                    hint=f"Put somebody with a contact on the rotation in {self._path}.",
                    address=f"{_PREFIX}/services/{service}",
                )
            kept["pages"].append(
                {
                    "id": self.new_id(),
                    "service": service,
                    "key": key,
                    "summary": summary,
                    "status": "triggered",
                    "assigned_to": [person.name for person in reached],
                    "at": self.now().astimezone(UTC).isoformat(timespec="microseconds"),
                },
            )

    def acknowledge(self, service: str, key: str) -> None:
        """Say that somebody looks at the open page with that key."""
        self._move(service, key, "acknowledged")

    def resolve(self, service: str, key: str) -> None:
        """Resolve the open page with that key; nothing happens where none is open."""
        self._move(service, key, "resolved")

    @property
    def _path(self) -> Path:
        return self.root / FILE

    def _book(self) -> book.Book:
        return book.read(self._path)

    def _entry(self, name: str, marker: Marker) -> dict[str, Any]:
        return {
            "id": self.new_id(),
            "name": name,
            "marker": {"domain": marker.domain, "onboarding": marker.onboarding},
        }

    def _add(self, part: str, name: str, entry: dict[str, Any]) -> None:
        with book.writing(self._path) as kept:
            if _named(kept[part], name):
                raise self._exists(f"{part.replace('_', ' ')}: {name} exists already")
            kept[part].append(entry)

    def _move(self, service: str, key: str, status: PageStatus) -> None:
        with book.writing(self._path) as kept:
            for entry in kept["pages"]:
                mine = self._text(entry, "service") == service and self._text(entry, "key") == key
                if mine and entry.get("status") != "resolved":
                    entry["status"] = status

    def _on_call(self, kept: book.Book, service: str) -> tuple[Person, ...]:
        entry = self._service_entry(kept, service)
        if entry is None:
            return ()
        policy = self._text(entry, "policy")
        policies = [e for e in kept["escalation_policies"] if self._text(e, "id") == policy]
        if not policies:
            raise self._dangling(service, f"the escalation policy {policy!a}")
        ids = [one for found in policies for one in self._policy(found).schedules]
        known = {self._text(found, "id") for found in kept["schedules"]}
        if strange := [one for one in ids if one not in known]:
            raise self._dangling(service, f"the schedule {strange[0]!a}")
        people = []
        for found in kept["schedules"]:
            if self._text(found, "id") in ids:
                schedule = self._schedule(found, 1)
                members = self._people(found)
                try:
                    person = on_turn(members, schedule.handover, schedule.time_zone, self.now())
                except ValueError as error:
                    raise book.damaged(self._path, f"{schedule.name}: {error}") from None
                people += [person] if person is not None else []
        return tuple(people)

    def _service_entry(self, kept: book.Book, name: str) -> dict[str, Any] | None:
        return next((e for e in kept["services"] if self._text(e, "name") == name), None)

    def _existing(self, kept: book.Book, service: str) -> dict[str, Any]:
        entry = self._service_entry(kept, service)
        if entry is None:
            raise PlatformError(
                "PLT-PAGER-004",
                f"There is no service {service} in the pager. Nothing was changed.",
                address=f"{_PREFIX}/services/{service}",
            )
        return entry

    def _known_turns(self, name: str) -> None:
        """A rotation whose turns this machine cannot count would page nobody, ever."""
        try:
            parse_zone(self.time_zone)
            parse_handover(self.handover)
        except ValueError as error:
            raise PlatformError(
                "PLT-SETTINGS-002",
                f"The schedule {name} cannot be made: {error}. Nothing was changed.",
                hint="Mend pagerduty.time_zone or pagerduty.handover of this profile.",
                address=f"{_PREFIX}/schedules/{name}",
            ) from None

    def _dangling(self, service: str, what: str) -> PlatformError:
        return PlatformError(
            "PLT-PAGER-004",
            f"The service {service} leads to {what}, which is not in the pager: who is on call "
            "cannot be told. Nothing was changed.",
            hint=f"Mend the id in {self._path}, or restore the file from a copy.",
            address=f"{_PREFIX}/services/{service}",
        )

    def _exists(self, why: str) -> PlatformError:
        return PlatformError("PLT-PAGER-001", f"{why[:1].upper()}{why[1:]}. Nothing was changed.")

    def _schedule(self, entry: dict[str, Any], names_alike: int) -> Schedule:
        name, handover = self._text(entry, "name"), self._text(entry, "handover")
        members = tuple(person.name for person in self._people(entry))
        try:
            parse_handover(handover)
        except ValueError as error:
            raise book.damaged(self._path, f"{name}: {error}") from None
        return Schedule(
            address=f"{_PREFIX}/schedules/{name}",
            id=self._text(entry, "id"),
            name=name,
            marker=self._marker(entry),
            members=members,
            time_zone=self._text(entry, "time_zone"),
            handover=handover,
            names_alike=names_alike,
        )

    def _people(self, schedule: dict[str, Any]) -> tuple[Person, ...]:
        """Who is on the schedule, in turns, with how to reach them."""
        people = schedule.get("members")
        if not isinstance(people, list) or not all(isinstance(person, dict) for person in people):
            name = self._text(schedule, "name")
            raise book.damaged(self._path, f"the members of {name} are not a list of people")
        return tuple(
            Person(self._text(person, "name"), self._optional(person, "contact"))
            for person in people
        )

    def _policy(self, entry: dict[str, Any]) -> EscalationPolicy:
        name, schedules = self._text(entry, "name"), entry.get("schedules")
        if not isinstance(schedules, list) or not all(isinstance(one, str) for one in schedules):
            raise book.damaged(self._path, f"the schedules of {name} are not a list of ids")
        address = f"{_PREFIX}/escalation-policies/{name}"
        marker = self._marker(entry)
        return EscalationPolicy(address, self._text(entry, "id"), name, marker, tuple(schedules))

    def _service(self, entry: dict[str, Any]) -> Service:
        name = self._text(entry, "name")
        return Service(
            address=f"{_PREFIX}/services/{name}",
            id=self._text(entry, "id"),
            url=None,
            name=name,
            marker=self._marker(entry),
            policy=self._text(entry, "policy"),
        )

    def _page(self, entry: dict[str, Any]) -> Page:
        status, assigned = self._text(entry, "status"), entry.get("assigned_to")
        if status not in get_args(PageStatus) or not isinstance(assigned, list):
            raise book.damaged(self._path, "a page has no status, or nobody it went to")
        return Page(
            id=self._text(entry, "id"),
            key=self._text(entry, "key"),
            summary=self._text(entry, "summary"),
            status=cast("PageStatus", status),
            assigned_to=tuple(str(name) for name in assigned),
            service=self._text(entry, "service"),
        )

    def _marker(self, entry: dict[str, Any]) -> Marker | None:
        found = entry.get("marker")
        if found is None:
            return None
        if not isinstance(found, dict):
            raise book.damaged(self._path, "a marker is not an object")
        return Marker(self._text(found, "domain"), self._text(found, "onboarding"))

    def _text(self, entry: dict[str, Any], key: str) -> str:
        value = entry.get(key)
        if isinstance(value, str):
            return value
        raise book.damaged(
            self._path, f"{key} is missing or not a text in {entry.get('name', '')!a}"
        )

    def _optional(self, entry: dict[str, Any], key: str) -> str | None:
        return None if entry.get(key) is None else self._text(entry, key)


def _named(entries: list[dict[str, Any]], name: str) -> list[dict[str, Any]]:
    return [e for e in entries if str(e.get("name", "")).casefold() == name.casefold()]
