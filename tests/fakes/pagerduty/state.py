"""What the fake PagerDuty keeps, and what a test may ask of it: faults, delays, pages, limits."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import count
from threading import Event, RLock
from typing import Any, Final, Literal

TOKEN: Final = "canary-pager-token"  # noqa: S105 - the fake's
WEEK_S: Final = 604_800

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Call:
    """One request, as it came in."""

    method: str
    path: str
    query: Mapping[str, list[str]]
    body: Any

    @property
    def mutating(self) -> bool:
        """Whether it is there to change something."""
        return self.method != "GET"


@dataclass(slots=True)
class Fault:
    """What happens to calls that match: an answer instead, no answer, or none in time."""

    when: Literal["before", "after"]
    kind: int | Literal["drop", "hang", "cut"]
    headers: Mapping[str, str] = field(default_factory=dict)
    match: Callable[[Call], bool] = lambda call: call.mutating
    skip: int = 0
    """So many that match are left alone first."""
    times: int = 1
    hit: int = 0


@dataclass(slots=True)
class State:
    """One account."""

    base: str = ""
    page_size: int = 100
    latency_s: float = 0.0
    hidden_reads: int = 0
    """How many listings do not show a part that is new."""
    users: list[Json] = field(default_factory=list)
    teams: list[Json] = field(default_factory=list)
    members: dict[str, list[str]] = field(default_factory=dict)
    me: Json | None = None
    """Whose token it is; an account's key is nobody's."""
    schedules: list[Json] = field(default_factory=list)
    policies: list[Json] = field(default_factory=list)
    services: list[Json] = field(default_factory=list)
    integrations: dict[str, list[Json]] = field(default_factory=dict)
    incidents: list[Json] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    calls: list[tuple[Call, int]] = field(default_factory=list)
    spans: list[tuple[float, float]] = field(default_factory=list)
    """When each call began and ended."""
    wrong: list[str] = field(default_factory=list)
    """Everything that does not agree with the official description."""
    unseen: dict[str, int] = field(default_factory=dict)
    lock: RLock = field(default_factory=RLock)
    over: Event = field(default_factory=Event)
    _numbers: Any = field(default_factory=lambda: count(1))

    @property
    def mutations(self) -> list[Call]:
        """The calls that changed something."""
        return [call for call, status in self.calls if call.mutating and 200 <= status < 300]

    def new_id(self) -> str:
        """An id as the service gives them."""
        return f"P{next(self._numbers):06d}"

    def add_user(self, name: str, email: str, *, reachable: bool = True) -> str:
        """A user of the account; `reachable` ones have a way to be contacted."""
        identity = self.new_id()
        methods = []
        if reachable:
            methods.append(
                {
                    "id": self.new_id(),
                    "type": "email_contact_method_reference",
                    "summary": "Default",
                    "self": None,
                    "html_url": None,
                }
            )
        self.users.append(
            {
                "id": identity,
                "type": "user",
                "summary": name,
                "name": name,
                "email": email,
                "self": None,
                "html_url": f"{self.base}/users/{identity}",
                "contact_methods": methods,
                "role": "user",
                "time_zone": "UTC",
            }
        )
        return identity

    def add_team(self, name: str, *users: str) -> str:
        """A team of these users."""
        identity = self.new_id()
        self.teams.append({"id": identity, "type": "team", "summary": name, "name": name})
        self.members[identity] = list(users)
        return identity

    def fault(self, call: Call) -> Fault | None:
        """The fault that this call meets, if one does."""
        with self.lock:
            for fault in self.faults:
                if not fault.match(call):
                    continue
                fault.hit += 1
                if fault.skip < fault.hit <= fault.skip + fault.times:
                    return fault
        return None

    def shown(self, entries: list[Json]) -> list[Json]:
        """The entries that a listing shows by now."""
        found = []
        for entry in entries:
            left = self.unseen.get(entry["id"], 0)
            if left:
                self.unseen[entry["id"]] = left - 1
            else:
                found.append(entry)
        return found
