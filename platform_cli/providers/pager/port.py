"""What a step may ask of a pager, whichever one it is.

A rotation that can be paged has four parts, made in this order: a schedule (who, in turns), an
escalation policy (whom to ask, then whom), a service (what pages) and its integration (the door
that alerts come in by). A method that begins with `create`, `set`, `page` or `resolve` makes
exactly one mutating call; all others only read. Creating what exists raises PLT-PAGER-001.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from platform_cli.providers.marker import Marker

PageStatus = Literal["triggered", "acknowledged", "resolved"]


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who can be on call. Without a contact nobody can reach them."""

    name: str
    contact: str | None


@dataclass(frozen=True, slots=True)
class Schedule:
    """Who is on call, in turns, by their names. `names_alike` above 1: it is unclear which."""

    address: str
    id: str
    name: str
    marker: Marker | None
    members: tuple[str, ...]
    time_zone: str
    handover: str
    names_alike: int = 1


@dataclass(frozen=True, slots=True)
class EscalationPolicy:
    """Whom a page goes to: the schedule first."""

    address: str
    id: str
    name: str
    marker: Marker | None
    schedules: tuple[str, ...]
    """Ids of the schedules it pages."""


@dataclass(frozen=True, slots=True)
class Service:
    """What pages. Its name is unique."""

    address: str
    id: str
    url: str | None
    name: str
    marker: Marker | None
    policy: str
    """Id of its escalation policy."""


@dataclass(frozen=True, slots=True)
class Page:
    """One page, as the pager shows it. `assigned_to` is whoever was on call at that moment."""

    id: str
    key: str
    summary: str
    status: PageStatus
    assigned_to: tuple[str, ...]
    service: str


class Pager(Protocol):
    """Raises only PlatformError with a PLT-PAGER or PLT-HOME code (TemporaryError: again)."""

    @property
    def secret(self) -> str | None:
        """Under which name a domain's CI has the integration's key; None where there is no key."""
        ...

    def one_look(self) -> Pager:
        """The same pager, for one look at everything: what is asked twice in it is asked once."""
        ...

    def schedule(self, name: str) -> Schedule | None:
        """The schedule of that name, compared without case."""
        ...

    def escalation_policy(self, name: str) -> EscalationPolicy | None:
        """The escalation policy of that name, compared without case."""
        ...

    def service(self, name: str) -> Service | None:
        """The service of that name."""
        ...

    def integration(self, service: str) -> str | None:
        """The id of our integration on the service of that name, or None."""
        ...

    def integration_key(self, service: str) -> str | None:
        """The key that alerts are sent with, which is a secret; None where there is none."""
        ...

    def on_call(self, service: str) -> tuple[str, ...]:
        """The names of the people who would be paged for the service right now."""
        ...

    def members(self) -> Sequence[Person]:
        """The people whom a new rotation of the domain's team would have."""
        ...

    def page_of(self, service: str, key: str) -> Page | None:
        """The newest page with that key on the service of that name."""
        ...

    def pages(self, service: str) -> Sequence[Page]:
        """The pages of the service, newest first."""
        ...

    def create_schedule(self, name: str, *, marker: Marker, members: Sequence[Person]) -> Schedule:
        """Make a weekly schedule of these people, with the hand-over of the settings."""
        ...

    def create_escalation_policy(
        self,
        name: str,
        *,
        marker: Marker,
        schedule: str,
    ) -> EscalationPolicy:
        """Make a policy that pages the schedule of that id."""
        ...

    def create_service(self, name: str, *, marker: Marker, policy: str) -> Service:
        """Make a service that uses the policy of that id."""
        ...

    def create_integration(self, service: str) -> str:
        """Open the door that alerts come in by; return its id."""
        ...

    def set_marker(self, service: str, marker: Marker) -> Service:
        """Write the marker on a service that a person said to adopt."""
        ...

    def page(self, service: str, key: str, summary: str) -> None:
        """Send a page. A key that has an open page changes nothing: nobody is paged twice."""
        ...

    def resolve(self, service: str, key: str) -> None:
        """Resolve the page with that key."""
        ...
