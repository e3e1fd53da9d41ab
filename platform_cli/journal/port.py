"""What the rest of the program may ask of a journal, whichever database keeps it.

Append-only: an event is never changed or removed. The order of appending is the journal's order,
and `events` gives it back. A journal also lends the locks by which one run at a time holds a
domain, because where the journal is shared the lock must be, too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from platform_cli.journal.event import Event


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds a domain: told to whoever finds it held."""

    actor: str
    host: str
    pid: int
    since: datetime


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did: events new to this journal, and events it had already."""

    added: int
    known: int


class Reading(Protocol):
    """A journal to look at: a plan and the figures need no more, and so can write nothing.

    Raises only PlatformError with a PLT-JOURNAL or PLT-HOME code.
    """

    @property
    def place(self) -> str:
        """Where it is kept, for people: a path or an address without a password."""
        ...

    def events(
        self,
        *,
        profile: str | None = None,
        domain: str | None = None,
    ) -> Iterator[Event]:
        """Events in the journal's order, streamed; optionally of one domain of one profile."""
        ...

    def by_onboarding(self) -> Iterator[list[Event]]:
        """The events of each onboarding, in order, one onboarding in memory at a time."""
        ...

    def close(self) -> None:
        """Let go of files and connections."""
        ...


class Journal(Reading, Protocol):
    """A journal to write to. Raises only PlatformError with a PLT-JOURNAL or PLT-HOME code."""

    def append(self, event: Event) -> None:
        """Write one event durably before returning. An id that is known changes nothing."""
        ...

    def extend(self, events: Iterable[Event]) -> Imported:
        """Write all of them or none, in one transaction."""
        ...

    def hold(self, profile: str, domain: str, holder: Holder) -> AbstractContextManager[None]:
        """Hold the domain while the context lasts. Raises PLT-JOURNAL-005 naming the holder."""
        ...
