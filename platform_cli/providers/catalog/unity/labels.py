"""What a table is published with, as Databricks' tags: for one that the domain's own build makes.

A build replaces its table whole, properties included; tags outlive that. A tag's key has no dots
and its value no room for long texts: what a contract says at length is in its digest alone. Pure.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from platform_cli.providers.catalog.port import Column, Deprecation, Publication
from platform_cli.providers.marker import Marker

_PREFIX: Final = "platform_cli_"
_DOMAIN: Final = f"{_PREFIX}domain"
_ONBOARDING: Final = f"{_PREFIX}onboarding"
_CONTRACT: Final = f"{_PREFIX}contract"
_VERSION: Final = f"{_PREFIX}version"
_DIGEST: Final = f"{_PREFIX}digest"
_OWNER: Final = f"{_PREFIX}owner"
_SLA: Final = f"{_PREFIX}sla"
_TAGS: Final = f"{_PREFIX}tags"
_PREVIOUS: Final = f"{_PREFIX}previous_version"
_SUNSET: Final = f"{_PREFIX}sunset_date"
_NOTES: Final = f"{_PREFIX}migration_notes"
_LONGEST: Final = 1_000


def wanted(publication: Publication, marker: Marker) -> dict[str, str]:
    """The tags in the order in which they are set: a version is there only when all else is."""
    about = publication.deprecation or Deprecation(None, None, "")
    said = {
        _DOMAIN: marker.domain,
        _ONBOARDING: marker.onboarding,
        _CONTRACT: publication.contract,
        _DIGEST: publication.digest,
        _OWNER: publication.owner,
        _SLA: json.dumps(dict(sorted(publication.sla.items()))) if publication.sla else "",
        _TAGS: json.dumps(sorted(publication.tags)) if publication.tags else "",
        _PREVIOUS: about.previous_version or "",
        _SUNSET: about.sunset_date.isoformat() if about.sunset_date else "",
        _NOTES: about.migration_notes[:_LONGEST],
        _VERSION: publication.version,
    }
    return {key: value for key, value in said.items() if value}


def ours(tags: Mapping[str, str]) -> frozenset[str]:
    """The keys among them that are of a publication or its marker."""
    return frozenset(key for key in tags if key.startswith(_PREFIX))


def marker(tags: Mapping[str, str]) -> Marker | None:
    """The marker, or None where it is not there whole."""
    domain, onboarding = tags.get(_DOMAIN), tags.get(_ONBOARDING)
    return Marker(domain, onboarding) if domain and onboarding else None


def publication(tags: Mapping[str, str], columns: tuple[Column, ...]) -> Publication | None:
    """The publication with the columns that the table has; None where it is not there whole."""
    try:
        return Publication(
            contract=tags[_CONTRACT],
            version=tags[_VERSION],
            digest=tags[_DIGEST],
            owner=tags[_OWNER],
            sla=_sla(tags.get(_SLA)),
            columns=columns,
            tags=frozenset(map(str, json.loads(tags.get(_TAGS, "[]")))),
            deprecation=_deprecation(tags),
        )
    except (KeyError, ValueError, TypeError, AttributeError):
        return None


def _sla(text: str | None) -> dict[str, str]:
    said: Any = json.loads(text or "{}")
    return {str(name): str(promise) for name, promise in said.items()}


def _deprecation(tags: Mapping[str, str]) -> Deprecation | None:
    sunset = tags.get(_SUNSET)
    if not tags.keys() & {_PREVIOUS, _SUNSET, _NOTES}:
        return None
    ends = date.fromisoformat(sunset) if sunset else None
    return Deprecation(tags.get(_PREVIOUS), ends, tags.get(_NOTES, ""))
