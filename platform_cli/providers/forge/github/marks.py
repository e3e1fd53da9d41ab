"""How a repository on GitHub carries its marker: a custom property, or words in the description.

The property is the better place: a repository's people do not edit it by accident. It must be
defined in the organisation, so the description is what works everywhere.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from platform_cli.providers.marker import Marker

PROPERTY: Final = "platform-cli"
_LONGEST_DESCRIPTION: Final = 350

_TEXT: Final = re.compile(r"(?P<domain>[a-z0-9-]+)/(?P<onboarding>[A-Za-z0-9-]+)")
_IN_WORDS: Final = re.compile(rf"\[platform-cli:{_TEXT.pattern}\]")


def text(marker: Marker) -> str:
    """The marker as the custom property's value."""
    return f"{marker.domain}/{marker.onboarding}"


def described(marker: Marker, description: str) -> str:
    """The description with the marker in it, in the place of one that was there."""
    own = f"[platform-cli:{text(marker)}]"
    rest = _IN_WORDS.sub("", description).strip()
    # GitHub takes neither control characters nor more than so many letters.
    plain = "".join(c for c in rest if c.isprintable())
    return f"{plain[: _LONGEST_DESCRIPTION - len(own) - 1]} {own}".strip()


def read(repository: Mapping[str, Any]) -> Marker | None:
    """The marker that the repository carries, by its property first."""
    properties = repository.get("custom_properties") or {}
    value = properties.get(PROPERTY) if isinstance(properties, Mapping) else None
    found = _TEXT.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        found = _IN_WORDS.search(repository.get("description") or "")
    return Marker(found["domain"], found["onboarding"]) if found else None
