"""What a contract is published as: the name of its table, and what the catalog shows of it.

Pure: reads no file and asks no catalog.
"""

from __future__ import annotations

import re
from typing import Final

from platform_cli.contracts import types
from platform_cli.contracts.digest import digest
from platform_cli.contracts.model import Contract
from platform_cli.providers.catalog.port import Column, ColumnType, Deprecation, Publication

_MAJOR: Final = re.compile(r"\.v([0-9]{1,9})\.contract\.yaml\Z", re.IGNORECASE)


def major_in_name(path: str) -> int | None:
    """The major that the file's name gives: 2 for `order_facts.v2.contract.yaml`."""
    found = _MAJOR.search(path)
    return int(found[1]) if found else None


def table_of(contract: Contract) -> str:
    """The table's own name: that of a further major beside another ends with it."""
    major = major_in_name(contract.path)
    return contract.table if major is None else f"{contract.table}_v{major}"


def beside(path: str, major: int) -> str:
    """What the file of a further major is called that stands beside this one."""
    return re.sub(r"(?i)(\.v[0-9]{1,9})?\.contract\.yaml\Z", f".v{major}.contract.yaml", path)


def publication(contract: Contract) -> Publication:
    """What a catalog shows of the contract."""
    deprecation = contract.deprecation
    return Publication(
        contract=contract.name,
        version=contract.version,
        digest=digest(contract),
        owner=contract.owner.team,
        sla={name: promise.text for name, promise in contract.sla.promises.items()},
        columns=tuple(
            Column(one.name, _type(one.type), one.required, _folded(one.description))
            for one in contract.columns
        ),
        tags=contract.tags,
        description=_folded(contract.description),
        deprecation=Deprecation(
            deprecation.previous_version,
            deprecation.sunset_date,
            _folded(deprecation.migration_notes),
        )
        if deprecation is not None
        else None,
    )


def _type(held: types.Type) -> ColumnType:
    match held:
        case types.Simple():
            return ColumnType(held.word)
        case types.Fixed():
            return ColumnType("decimal", (held.precision, held.scale))
        case types.Array():
            return ColumnType("array", None, (("element", _type(held.element)),))
        case types.Map():
            inner = (("key", _type(held.key)), ("value", _type(held.value)))
            return ColumnType("map", None, inner)
        case types.Struct():
            fields = tuple((name, _type(one)) for name, one in held.fields)
            return ColumnType("struct", None, fields)


def _folded(text: str | None) -> str:
    """The words: how a text is folded into lines is not part of it."""
    return " ".join((text or "").split())
