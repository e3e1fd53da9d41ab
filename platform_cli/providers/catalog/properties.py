"""How marker, tags and grants stand in the properties of a namespace, for every Iceberg catalog.

Each grant and each tag is a property of its own, so that two who change different ones never
write the same. Pure: reads and writes nothing. Properties of other people are never touched.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, cast, get_args

from platform_cli.providers.catalog.port import Privilege
from platform_cli.providers.marker import Marker

_DOMAIN: Final = "platform_cli.domain"
_ONBOARDING: Final = "platform_cli.onboarding"
_TAG: Final = "platform_cli.tag."
_GRANT: Final = "platform_cli.grant."
_PRIVILEGES: Final = frozenset(get_args(Privilege))


def of_marker(marker: Marker) -> dict[str, str]:
    """The properties that carry the marker."""
    return {_DOMAIN: marker.domain, _ONBOARDING: marker.onboarding}


def of_tags(tags: Mapping[str, str]) -> dict[str, str]:
    """The properties that carry these tags."""
    return {_TAG + key: value for key, value in tags.items()}


def of_grant(who: str, privilege: Privilege) -> dict[str, str]:
    """The property that carries the grant."""
    return {grant_key(who): privilege}


def grant_key(who: str) -> str:
    """The name of the property that carries what a principal may do."""
    return _GRANT + who


def marker(properties: Mapping[str, str]) -> Marker | None:
    """The marker, or None where it is not there whole."""
    domain, onboarding = properties.get(_DOMAIN), properties.get(_ONBOARDING)
    return Marker(domain, onboarding) if domain and onboarding else None


def tags(properties: Mapping[str, str]) -> dict[str, str]:
    """The tags, by key."""
    return _under(_TAG, properties)


def grants(properties: Mapping[str, str]) -> dict[str, Privilege]:
    """The grants, by principal. Raises ValueError for a privilege that does not exist."""
    found = _under(_GRANT, properties)
    for who, privilege in found.items():
        if privilege not in _PRIVILEGES:
            msg = f"the grant of {who} is {privilege!r}"
            raise ValueError(msg)
    return cast("dict[str, Privilege]", found)


def _under(prefix: str, properties: Mapping[str, str]) -> dict[str, str]:
    return {
        key.removeprefix(prefix): value
        for key, value in sorted(properties.items())
        if key.startswith(prefix)
    }
