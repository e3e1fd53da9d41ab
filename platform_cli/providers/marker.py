"""The marker that says which onboarding made a resource; every kind of provider writes it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

_TEXT: Final = re.compile(r"(?P<domain>[a-z0-9-]+)/(?P<onboarding>[A-Za-z0-9-]+)")
_IN_WORDS: Final = re.compile(rf"\[platform-cli:{_TEXT.pattern}\]")


@dataclass(frozen=True, slots=True)
class Marker:
    """Anyone can copy one: a resource is ours only if the journal knows the onboarding."""

    domain: str
    onboarding: str

    @property
    def text(self) -> str:
        """The marker as one value, where there is a field for it."""
        return f"{self.domain}/{self.onboarding}"

    @property
    def words(self) -> str:
        """The marker among the words of a description, where there is none."""
        return f"[platform-cli:{self.text}]"


def parsed(text: str) -> Marker | None:
    """The marker that this value is."""
    found = _TEXT.fullmatch(text)
    return Marker(found["domain"], found["onboarding"]) if found else None


def among(words: str) -> Marker | None:
    """The marker that a description carries."""
    found = _IN_WORDS.search(words)
    return Marker(found["domain"], found["onboarding"]) if found else None


def without(words: str) -> str:
    """The description alone."""
    return _IN_WORDS.sub("", words).strip()
