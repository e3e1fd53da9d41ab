"""How a repository on GitHub carries its marker: a custom property, or words in the description.

The property is the better place: a repository's people do not edit it by accident. It must be
defined in the organisation, so the description is what works everywhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from platform_cli.providers.marker import Marker, among, parsed, without

PROPERTY: Final = "platform-cli"
_LONGEST_DESCRIPTION: Final = 350


def described(marker: Marker, description: str) -> str:
    """The description with the marker in it, in the place of one that was there."""
    own = marker.words
    rest = without(description)
    # GitHub takes neither control characters nor more than so many letters.
    plain = "".join(c for c in rest if c.isprintable())
    return f"{plain[: _LONGEST_DESCRIPTION - len(own) - 1]} {own}".strip()


def read(repository: Mapping[str, Any]) -> Marker | None:
    """The marker that the repository carries, by its property first."""
    properties = repository.get("custom_properties") or {}
    value = properties.get(PROPERTY) if isinstance(properties, Mapping) else None
    found = parsed(value) if isinstance(value, str) else None
    return found or among(repository.get("description") or "")
