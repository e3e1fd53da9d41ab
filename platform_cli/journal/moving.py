"""Moves one journal into another: every event once, in its order, and each looked at afterwards."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol

from platform_cli.errors import PlatformError
from platform_cli.journal.event import Event
from platform_cli.journal.port import Imported, Journal, Reading


class Verifiable(Journal, Protocol):
    """A journal that can say what it does not have just as it is."""

    def differing(self, events: Iterable[Event]) -> Iterator[Event]:
        """Those of the events that it does not have, or has with other words."""
        ...


def move(source: Reading, target: Verifiable) -> Imported:
    """Write what is new, then compare all of it. Raises PLT-JOURNAL-009; the source is only read.

    Safe to run again, also while somebody still writes to the source: it then takes the rest.
    """
    done = target.extend(source.events())
    moved = done.added + done.known
    found = (event for _, event in zip(range(moved), source.events(), strict=False))
    wrong = next(target.differing(found), None)
    if wrong is not None:
        raise PlatformError(
            "PLT-JOURNAL-009",
            f"The event {wrong.id!a} of {wrong.domain!a} is another one in {target.place} than in "
            f"{source.place}. The source is unchanged; {done.added} events were added.",
            hint="Two journals gave one id to different events. Move into an empty journal.",
            address=source.place,
        )
    return done
