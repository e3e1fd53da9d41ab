"""What the fake Iceberg REST catalog keeps, and what a test may ask of it: faults, delays, rights."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from threading import Event, RLock
from typing import Any, Final, Literal

TOKEN: Final = "canary-iceberg-token"  # noqa: S105 - a secret of the fake alone
CLIENT: Final = ("canary-client", "canary-secret")
SEPARATOR: Final = "\x1f"

Json = dict[str, Any]
Namespace = tuple[str, ...]


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
        return self.method != "GET" and not self.path.endswith("/oauth/tokens")

    def asked(self, name: str) -> str | None:
        """A parameter of the query."""
        found = self.query.get(name)
        return found[0] if found else None


@dataclass(slots=True)
class Fault:
    """What happens to calls that match: an answer instead, no answer, or none in time."""

    when: Literal["before", "after"]
    kind: int | Literal["drop", "hang", "cut", "proxy"]
    headers: Mapping[str, str] = field(default_factory=dict)
    match: Callable[[Call], bool] = lambda call: call.mutating
    skip: int = 0
    """So many that match are left alone first."""
    times: int = 1
    hit: int = 0


@dataclass(slots=True)
class State:
    """One warehouse."""

    base: str = ""
    warehouse: str | None = None
    """The only one it knows; None: it asks for none."""
    prefix: str = ""
    guarded: bool = True
    """Whether it wants a token."""
    scopes: frozenset[str] = frozenset({"catalog"})
    overrides: dict[str, str] = field(default_factory=dict)
    page_size: int = 100
    hidden_reads: int = 0
    """How many reads do not show what is new."""
    forbidden: set[str] = field(default_factory=set)
    """What the caller may not: namespaces, properties, tables, list."""
    namespaces: dict[Namespace, dict[str, str]] = field(default_factory=dict)
    tables: dict[Namespace, Json] = field(default_factory=dict)
    views: set[Namespace] = field(default_factory=set)
    faults: list[Fault] = field(default_factory=list)
    calls: list[tuple[Call, int]] = field(default_factory=list)
    unseen: dict[Namespace, int] = field(default_factory=dict)
    tokens: set[str] = field(default_factory=lambda: {TOKEN})
    lock: RLock = field(default_factory=RLock)
    over: Event = field(default_factory=Event)

    @property
    def uri(self) -> str:
        """What a client is told."""
        return f"{self.base}/iceberg"

    @property
    def mutations(self) -> list[Call]:
        """The calls that changed something."""
        return [call for call, status in self.calls if call.mutating and 200 <= status < 300]

    @property
    def attempts(self) -> list[Call]:
        """The calls that were there to change something, whatever became of them."""
        return [call for call, _ in self.calls if call.mutating]

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

    def hide(self, key: Namespace) -> None:
        """What was just made does not show to the next reads."""
        if self.hidden_reads:
            self.unseen[key] = self.hidden_reads

    def shows(self, key: Namespace) -> bool:
        """Whether a read shows it by now."""
        left = self.unseen.get(key, 0)
        if left:
            self.unseen[key] = left - 1
        return not left
