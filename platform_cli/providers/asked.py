"""One question to somebody else's server, and how long it asks to wait. Sends nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

_LONGEST_WAIT_S: Final = 120.0
_NOT_TOLD_S: Final = 30.0


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked, and of which server, for the words of an error."""

    verb: str
    path: str
    server: str

    def __str__(self) -> str:
        return f"{self.verb} {self.path}"


def wait_s(headers: Mapping[str, str], *names: str) -> float:
    """How long the first of these headers asks to wait, within a bound; names in lower case."""
    for name in names:
        told = headers.get(name, "").strip()
        if told.isdecimal() and len(told) <= len("86400"):
            return min(max(float(told), 1.0), _LONGEST_WAIT_S)
    return _NOT_TOLD_S
