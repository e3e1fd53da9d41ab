"""How marker, tags, grants and publications stand in properties, for every Iceberg catalog.

Each grant and each tag is a property of its own, so that two who change different ones never
write the same. Pure: reads and writes nothing. Properties of other people are never touched.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Final, cast, get_args

from platform_cli.providers.catalog.port import Column, Deprecation, Privilege, Publication
from platform_cli.providers.marker import Marker

_DOMAIN: Final = "platform_cli.domain"
_ONBOARDING: Final = "platform_cli.onboarding"
_TAG: Final = "platform_cli.tag."
_GRANT: Final = "platform_cli.grant."
_CONTRACT: Final = "platform_cli.contract."
_SLA: Final = "platform_cli.sla."
_DEPRECATION: Final = "platform_cli.deprecation."
# The name under which other tools show and change a table's description.
_COMMENT: Final = "comment"
_SET: Final = "true"
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


def of_publication(publication: Publication) -> dict[str, str]:
    """The properties of a publication but for its columns; what says nothing is left out."""
    said: dict[str, str | None] = {
        _CONTRACT + "name": publication.contract,
        _CONTRACT + "version": publication.version,
        _CONTRACT + "digest": publication.digest,
        _CONTRACT + "owner": publication.owner,
        **{_SLA + name: promise for name, promise in publication.sla.items()},
        **{_TAG + tag: _SET for tag in publication.tags},
        _COMMENT: publication.description or None,
    }
    if publication.deprecation is not None:
        about, sunset = publication.deprecation, publication.deprecation.sunset_date
        said |= {
            _DEPRECATION + "previous_version": about.previous_version,
            _DEPRECATION + "sunset_date": sunset.isoformat() if sunset is not None else None,
            _DEPRECATION + "migration_notes": about.migration_notes,
        }
    return {key: value for key, value in said.items() if value is not None}


def is_publication(key: str) -> bool:
    """Whether a property of that name belongs to a publication, and goes when that is replaced."""
    return key == _COMMENT or key.startswith((_CONTRACT, _SLA, _TAG, _DEPRECATION))


def publication(properties: Mapping[str, str], columns: tuple[Column, ...]) -> Publication | None:
    """The publication, or None where it is not there whole."""
    contract = _under(_CONTRACT, properties)
    try:
        return Publication(
            contract=contract["name"],
            version=contract["version"],
            digest=contract["digest"],
            owner=contract["owner"],
            sla=_under(_SLA, properties),
            columns=columns,
            tags=frozenset(_under(_TAG, properties)),
            description=properties.get(_COMMENT, ""),
            deprecation=_deprecation(_under(_DEPRECATION, properties)),
        )
    except (KeyError, ValueError):
        return None


def _deprecation(said: Mapping[str, str]) -> Deprecation | None:
    if not said:
        return None
    sunset = said.get("sunset_date")
    return Deprecation(
        said.get("previous_version"),
        date.fromisoformat(sunset) if sunset is not None else None,
        said["migration_notes"],
    )


def _under(prefix: str, properties: Mapping[str, str]) -> dict[str, str]:
    return {
        key.removeprefix(prefix): value
        for key, value in sorted(properties.items())
        if key.startswith(prefix)
    }
