"""Names of what a call of ours may have made a moment ago: a server may not show them yet."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from threading import Lock
from typing import Final, Generic, TypeVar

# How often, and how far apart, we look for what is new, or may be.
_LOOKS_S: Final = (0.5, 1.0, 1.5, 2.0, 2.5)
Name = TypeVar("Name", bound=Hashable)
Found = TypeVar("Found")


@dataclass(slots=True)
class Expected(Generic[Name]):
    """Several steps may ask at the same time."""

    pause: Callable[[float], None]
    _names: set[Name] = field(default_factory=set, repr=False)
    _lock: Lock = field(default_factory=Lock, repr=False)

    def add(self, name: Name) -> None:
        """Know that something of that name was made, or may have been."""
        with self._lock:
            self._names.add(name)

    def __contains__(self, name: Name) -> bool:
        with self._lock:
            return name in self._names

    def found(self, name: Name, look: Callable[[], Found | None]) -> Found | None:
        """What `look` finds; more than one look where something of that name is expected."""
        seen = look()
        if seen is None and name in self:
            for pause_s in _LOOKS_S:
                self.pause(pause_s)
                seen = look()
                if seen is not None:
                    return seen
            with self._lock:
                self._names.discard(name)
        return seen
