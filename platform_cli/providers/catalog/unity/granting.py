"""Who may do what in Unity Catalog: what is granted, what holds in the end, and how it is changed.

To read one schema takes three privileges: USE CATALOG above it, USE SCHEMA and SELECT.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from platform_cli.providers.catalog.port import EVERYONE, Privilege
from platform_cli.providers.catalog.unity.api import Api, at
from platform_cli.providers.catalog.unity.flavour import Flavour
from platform_cli.providers.catalog.unity.shapes import Place, Principals

Kind = Literal["catalog", "schema", "metastore"]
Held = frozenset[str]

USE_CATALOG: Final = "USE_CATALOG"
_READ: Final = frozenset({"USE_SCHEMA", "SELECT"})
_WRITE: Final = _READ | {"MODIFY", "CREATE_TABLE"}
_ALL: Final = frozenset({"ALL_PRIVILEGES"})
# To see that a thing exists is not to read it.
_HARMLESS: Final = frozenset({"BROWSE", "APPLY_TAG", "READ_METADATA"})
_EVERY_PAGE: Final = {"max_results": 0}


@dataclass(frozen=True, slots=True)
class Granting:
    """The grants of one catalog."""

    api: Api
    flavour: Flavour
    principals: Principals

    def on(self, place: Place) -> Mapping[str, Privilege]:
        """Who was granted what on the schema; whoever cannot even use it was granted nothing."""
        on_schema = self.held("schema", place.full)
        if not on_schema:
            return {}
        on_catalog = self.held("catalog", place.catalog, effective=self.flavour.effective)
        found = {
            self.principals.who(principal): _privilege(
                held, on_catalog.get(principal, frozenset()), self.principals.who(principal)
            )
            for principal, held in on_schema.items()
        }
        return {who: privilege for who, privilege in found.items() if privilege is not None}

    def may_read(self, who: str, place: Place) -> bool:
        """Whether the principal reads the schema in the end, by whichever grant."""
        if not who:
            return False
        principal, effective = self.principals.of(who), self.flavour.effective
        above = self._of(principal, "catalog", place.catalog, effective=effective)
        if not _has(above, {USE_CATALOG}):
            return False
        held = self._of(principal, "schema", place.full, effective=effective)
        return _has(held | above, _READ)

    def grant(self, place: Place, who: str, privilege: Privilege) -> None:
        """Let this be the principal's privilege: at most one call for the catalog, one for it."""
        principal = self.principals.of(who)
        above = self._of(principal, "catalog", place.catalog, effective=self.flavour.effective)
        if not _has(above, {USE_CATALOG}):
            self._change("catalog", place.catalog, principal, add={USE_CATALOG}, remove=())
        wanted = _READ if privilege == "read" else _WRITE
        held = self._of(principal, "schema", place.full, effective=False)
        if held != wanted:
            add, remove = wanted - held, held - wanted - _HARMLESS
            if add or remove:
                self._change("schema", place.full, principal, add=add, remove=remove)

    def revoke(self, place: Place, who: str) -> None:
        """Take all that was granted on the schema; what is inherited stays, as it must."""
        principal = self.principals.of(who)
        held = self._of(principal, "schema", place.full, effective=False)
        if held:
            self._change("schema", place.full, principal, add=(), remove=held)

    def held(
        self, kind: Kind, name: str, principal: str | None = None, *, effective: bool = False
    ) -> dict[str, Held]:
        """Each principal's privileges on a catalog or schema, by name."""
        query: dict[str, Any] = dict(_EVERY_PAGE) if self.flavour.paged_permissions else {}
        if principal is not None and self.flavour.effective:
            query["principal"] = principal
        path = at("effective-permissions" if effective else "permissions", kind, name)
        found: dict[str, Held] = {}
        for one in self.api.pages(path, "privilege_assignments", query) or ():
            said = one.get("privileges") or ()
            names = {str(p["privilege"]) if isinstance(p, Mapping) else str(p) for p in said}
            key = str(one.get("principal") or "")
            words = frozenset(Flavour.word(name) for name in names)
            found[key] = found.get(key, frozenset()) | words
        return {key: held for key, held in found.items() if held}

    def _of(self, principal: str, kind: Kind, name: str, *, effective: bool) -> Held:
        found = self.held(kind, name, principal, effective=effective)
        return found.get(principal, frozenset())

    def _change(
        self, kind: Kind, name: str, principal: str, *, add: Iterable[str], remove: Iterable[str]
    ) -> None:
        # The open-source server wants both lists, however empty.
        change = {
            "principal": principal,
            "add": sorted(self.flavour.privilege(one) for one in add),
            "remove": sorted(self.flavour.privilege(one) for one in remove),
        }
        self.api.send("PATCH", at("permissions", kind, name), {"changes": [change]})


def _privilege(held: Held, above: Held, who: str) -> Privilege | None:
    """What the privileges come to. An outsider who may do more than read is one who may write."""
    if not _has(above, {USE_CATALOG}):
        return None
    if _has(held | above, _WRITE):
        return "write"
    if who == EVERYONE and held - _READ - _HARMLESS:
        return "write"
    return "read" if _has(held | above, _READ) else None


def _has(held: Held, wanted: Iterable[str]) -> bool:
    return bool(held & _ALL) or held.issuperset(wanted)
