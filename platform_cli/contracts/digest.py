"""One short text for all that a contract says, by which two are told apart without their files.

Two contracts have one digest exactly where `compare` finds no difference and `semver` would ask
for no new version: how something is spelt, folded or ordered is not part of it, nor is the version.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from platform_cli.contracts.model import Column, Contract, Deprecation, Meaning
from platform_cli.contracts.types import Type
from platform_cli.contracts.values import canonical, same_key


def digest(contract: Contract) -> str:
    """The digest of what the contract says; a field that is not written adds nothing to it."""
    said = _said(
        name=contract.name,
        owner=_said(
            team=contract.owner.team,
            on_call=contract.owner.on_call,
            reviewers=sorted(contract.owner.reviewers),
            extensions=_extensions(contract.owner.extensions),
        ),
        columns=[_column(column) for column in contract.columns],
        sla={name: _number(one.size) for name, one in contract.sla.promises.items()},
        sla_extensions=_extensions(contract.sla.extensions),
        semantics={
            name: _meaning(one)
            for name, one in contract.semantics.entries.items()
            if one.text is not None or one.extensions
        },
        grain=_grain(contract.semantics.grain),
        deprecation=_deprecation(contract.deprecation),
        tags=sorted(contract.tags),
        retention_days=contract.retention_days,
        description=_folded(contract.description),
        extensions=_extensions(contract.extensions),
    )
    text = json.dumps(said, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def _said(**fields: Any) -> dict[str, Any]:
    """The fields that say something: what a later version of the language adds changes nothing."""
    return {
        name: value
        for name, value in fields.items()
        if value is not None and value is not False and value not in ([], {})
    }


def _column(column: Column) -> dict[str, Any]:
    enum = column.enum
    return _said(
        name=column.name,
        type=str(column.type),
        required=column.required,
        default=_value(column.type, column.default) if column.default is not None else None,
        enum=_ordered(_value(column.type, one) for one in enum) if enum is not None else None,
        # Without a list there is nothing that could be extended.
        extensible=column.extensible and enum is not None,
        unique=column.unique,
        primary_key=column.primary_key,
        mask=column.mask,
        unit=column.unit,
        currency=column.currency,
        timezone=column.timezone,
        tags=sorted(column.tags),
        description=_folded(column.description),
        extensions=_extensions(column.extensions),
    )


def _meaning(meaning: Meaning) -> dict[str, Any]:
    return _said(text=meaning.text, extensions=_extensions(meaning.extensions))


def _grain(grain: str | frozenset[str] | None) -> Any:
    return sorted(grain) if isinstance(grain, frozenset) else grain


def _deprecation(deprecation: Deprecation | None) -> Any:
    if deprecation is None:
        return None
    sunset = deprecation.sunset_date
    return {
        # Written whole, also where it says nothing: that there is one is said already.
        "previous_version": deprecation.previous_version,
        "sunset_date": sunset.isoformat() if sunset is not None else None,
        "migration_notes": _folded(deprecation.migration_notes),
        "extensions": _extensions(deprecation.extensions),
    }


def _extensions(extensions: Mapping[str, Any]) -> dict[str, Any]:
    return {key: _key(same_key(value)) for key, value in extensions.items()}


def _value(held: Type, value: Any) -> Any:
    return _key(canonical(held, value))


def _key(key: object) -> Any:
    """A key of `values` as JSON, such that equal keys are equal texts."""
    if isinstance(key, frozenset):
        return {"set": _ordered(_key(one) for one in key)}
    if isinstance(key, tuple):
        return [_key(one) for one in key]
    if isinstance(key, (int, float, Decimal)) and not isinstance(key, bool):
        return {"number": _number(Decimal(str(key)))}
    return key


def _ordered(values: Iterable[Any]) -> list[Any]:
    """The values once each, in an order of their own: that of a list of values says nothing."""
    by_text = {json.dumps(value, sort_keys=True): value for value in values}
    return [by_text[text] for text in sorted(by_text)]


def _number(number: Decimal) -> str:
    """`1`, `1.0` and `1E+0` are one number."""
    return f"{number.normalize():f}" if number else "0"


def _folded(text: str | None) -> str | None:
    return " ".join((text or "").split()) or None
