"""Looks at what would stop an onboarding at Unity Catalog: credentials and missing grants.

Only reads. What it says is for `doctor`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from platform_cli.errors import PlatformError
from platform_cli.providers.catalog.unity.adapter import UnityCatalog
from platform_cli.providers.catalog.unity.api import Json, at
from platform_cli.providers.catalog.unity.granting import Kind
from platform_cli.providers.catalog.unity.place import Metastore

_ME: Final = "/api/2.0/preview/scim/v2/Me"
_ALL: Final = frozenset({"ALL_PRIVILEGES", "MANAGE"})


@dataclass(frozen=True, slots=True)
class Lacking:
    """A grant that is missing, and who can give it."""

    saw: str
    fix: str
    who: str


@dataclass(frozen=True, slots=True)
class Found:
    """Who asks, of which kind of Unity Catalog, and what is missing; None where it cannot tell."""

    who: str
    flavour: str
    lacking: Lacking | None
    told: bool


@dataclass(frozen=True, slots=True)
class _Caller:
    name: str
    groups: frozenset[str]

    @property
    def names(self) -> frozenset[str]:
        return self.groups | {self.name}


def look(catalog: UnityCatalog) -> Found:
    """Whether a domain's schemas could be made. Raises PLT-CATALOG-004 without any access."""
    metastore = catalog.metastore
    kind = metastore.api.credentials.kind
    flavour = metastore.flavour
    if not flavour.effective:
        # It tells nobody's rights in the end; that it lists its catalogs is all there is to see.
        metastore.api.get(at("catalogs"), {"max_results": 1}, absent=())
        lacking = _no_catalog(metastore) if metastore.layout.shared else None
        return Found(f"a caller with {kind}", flavour.name, lacking, told=False)
    caller = _caller(metastore.api.get(_ME, absent=()) or {})
    lacking = _lacking(metastore, caller)
    return Found(f"{caller.name} ({kind})", flavour.name, lacking, told=True)


def _caller(me: Json) -> _Caller:
    groups = (str(one.get("display") or "") for one in me.get("groups") or ())
    name = str(me.get("userName") or me.get("displayName") or "")
    return _Caller(name, frozenset(filter(None, groups)))


def _lacking(metastore: Metastore, caller: _Caller) -> Lacking | None:
    if not metastore.layout.shared:
        summary = metastore.api.get(at("metastore_summary"), absent=()) or {}
        owner = str(summary.get("owner") or "")
        identity = str(summary.get("metastore_id") or "")
        return _missing(metastore, caller, ("metastore", identity, owner), {"CREATE_CATALOG"})
    name = metastore.layout.name
    found = metastore.catalog(name)
    if found is None:
        return _no_catalog(metastore)
    owner = str(found.get("owner") or "")
    return _missing(metastore, caller, ("catalog", name, owner), {"USE_CATALOG", "CREATE_SCHEMA"})


def _missing(
    metastore: Metastore, caller: _Caller, on: tuple[Kind, str, str], wanted: set[str]
) -> Lacking | None:
    kind, name, owner = on
    if owner in caller.names:
        return None
    try:
        held = metastore.granting.held(kind, name, caller.name, effective=True)
    except PlatformError as error:
        if error.code != "PLT-CATALOG-004":
            raise
        held = {}
    mine = frozenset[str]().union(*(held.get(one, frozenset()) for one in caller.names))
    missing = sorted(wanted - mine)
    if not missing or mine & _ALL:
        return None
    words = " and ".join(one.replace("_", " ") for one in missing)
    what = "the metastore" if kind == "metastore" else f"the catalog {name}"
    admin = "a metastore admin" if kind == "metastore" else f"the owner of {name}"
    return Lacking(
        f"{caller.name} lacks {words} on {what}",
        f"grant {caller.name} {words} on {what}",
        f"{admin}: {owner}" if owner else admin,
    )


def _no_catalog(metastore: Metastore) -> Lacking | None:
    name = metastore.layout.name
    if metastore.catalog(name) is not None:
        return None
    return Lacking(
        f"there is no catalog {name}, or it is not shown to this caller",
        f"make the catalog {name}, which unity.layout names, and grant USE CATALOG on it",
        "whoever may CREATE CATALOG",
    )
