"""Text to a contract, or to everything that is wrong with it.

Holds what a single field cannot tell: columns that are named twice, a grain of no column, a default
that its type cannot hold. Reads no file and compares nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final

from platform_cli.contracts.findings import Finding, Report, shown
from platform_cli.contracts.language import CONTRACT, TODO
from platform_cli.contracts.model import (
    Column,
    Contract,
    Deprecation,
    Meaning,
    Owner,
    Promise,
    Semantics,
    Sla,
)
from platform_cli.contracts.record import EXTENSION
from platform_cli.contracts.shape import INVALID
from platform_cli.contracts.types import Simple, Struct, Type
from platform_cli.contracts.values import can_hold, canonical
from platform_cli.contracts.yaml_source import Node, compose, plain

_SECONDS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_UNFINISHED: Final = re.compile(rf"\s*{TODO}\b")


@dataclass(frozen=True, slots=True)
class Loaded:
    """What became of a text.

    There is a contract where it can be compared, which a wrong `deprecation` does not prevent; it
    is valid only where `valid` says so.
    """

    contract: Contract | None
    findings: tuple[Finding, ...]
    written: Any = None
    """What is written, as JSON has it; None where the YAML itself cannot be read."""

    @property
    def valid(self) -> bool:
        """Whether no finding is an error."""
        return not any(finding.severity == "error" for finding in self.findings)

    def document(self) -> Any:
        """What is written: for policies, which judge that and not what we make of it."""
        return self.written


def load(data: bytes, path: str) -> Loaded:
    """The contract that the text says, or every finding at once. Never raises."""
    report = Report()
    report.places[""] = (1, 1)
    root = compose(data, report)
    if root is None:
        return Loaded(None, tuple(report.findings))
    values = CONTRACT.read(root, "", report)
    contract = None
    if values is not INVALID:
        _check(values, report)
        if all(_about_deprecation(finding) for finding in report.findings):
            contract = _contract(values, path, report)
    report.findings.sort(key=lambda finding: (finding.line, finding.column))
    # Not the nodes themselves: of ten thousand contracts they would fill the memory.
    return Loaded(contract, tuple(report.findings), _written(root))


def _written(root: Node) -> Any:
    try:
        return plain(root)
    except ValueError:
        return None


def _about_deprecation(finding: Finding) -> bool:
    """Whether the contract can be compared all the same: the version rules speak of it, too."""
    inside = finding.address.startswith("deprecation.")
    return inside and finding.id in {"wrong-value", "wrong-type", "missing-field", "sunset-invalid"}


def _contract(values: Mapping[str, Any], path: str, report: Report) -> Contract:
    semantics = _semantics(values["semantics"])
    texts = (entry.text for entry in semantics.entries.values())
    written = values["semantics"]
    unfinished_grain = isinstance(written, dict) and "grain" in written and semantics.grain is None
    return Contract(
        path=path,
        name=values["name"],
        version=values["version"],
        owner=_owner(values["owner"]),
        columns=tuple(_column(column) for column in values["schema"]),
        sla=_sla(values["sla"]),
        semantics=semantics,
        draft=_unfinished(values["sla"]) or written == TODO or unfinished_grain or None in texts,
        deprecation=_deprecation(values.get("deprecation")),
        tags=frozenset(values.get("tags", ())),
        retention_days=values.get("retention_days"),
        description=values.get("description"),
        extensions=_extensions(values),
        places=report.places,
    )


def _unfinished(written: Any) -> bool:
    return written == TODO or any(
        text == TODO for name, text in written.items() if not _extra(name)
    )


def _extra(key: str) -> bool:
    return key.startswith(EXTENSION)


def _extensions(values: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if _extra(key)}


def _column(values: Mapping[str, Any]) -> Column:
    enum = values.get("enum")
    return Column(
        name=values["name"],
        type=values["type"],
        required=values.get("required", False),
        description=values.get("description"),
        default=values.get("default"),
        tags=frozenset(values.get("tags", ())),
        mask=values.get("mask"),
        enum=tuple(enum) if enum is not None else None,
        extensible=values.get("extensible", False),
        unique=values.get("unique", False),
        primary_key=values.get("primary_key", False),
        unit=values.get("unit"),
        currency=values.get("currency"),
        timezone=values.get("timezone"),
        extensions=_extensions(values),
    )


def _owner(values: Any) -> Owner:
    if isinstance(values, str):
        return Owner(values)
    return Owner(
        team=values["team"],
        on_call=values.get("on_call"),
        reviewers=frozenset(values.get("reviewers", ())),
        extensions=_extensions(values),
    )


def _sla(values: Any) -> Sla:
    if values == TODO:
        return Sla({})
    promises = ((name, text) for name, text in values.items() if not _extra(name) and text != TODO)
    return Sla({name: Promise(text, _size(text)) for name, text in promises}, _extensions(values))


def _size(text: str) -> Decimal:
    if text.endswith("%"):
        return Decimal(text[:-1])
    return Decimal(int(text[:-1]) * _SECONDS[text[-1]])


def _semantics(values: Any) -> Semantics:
    if values == TODO:
        return Semantics({})
    grain = values.get("grain")
    if isinstance(grain, list):
        columns = frozenset(grain)
        said: str | frozenset[str] | None = None if TODO in columns else columns
    else:
        said = _sentence(grain) if grain is not None else None
    entries = {name: _meaning(value) for name, value in values.items() if name != "grain"}
    return Semantics(entries, said)


def _meaning(value: Any) -> Meaning:
    if isinstance(value, str):
        return Meaning(_sentence(value))
    editorial = value.get("semantics_change") == "editorial"
    return Meaning(_sentence(value["meaning"]), editorial, _extensions(value))


def _sentence(text: str) -> str | None:
    """The words: how a text is folded into lines is not part of it. None for a TODO."""
    return None if _UNFINISHED.match(text) else " ".join(text.split())


def _deprecation(values: Mapping[str, Any] | None) -> Deprecation | None:
    if values is None:
        return None
    return Deprecation(
        previous_version=values.get("previous_version"),
        sunset_date=_day(values.get("sunset_date")),
        migration_notes=values.get("migration_notes", ""),
        extensions=_extensions(values),
    )


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text is not None else None
    except ValueError:
        return None


def _check(values: Mapping[str, Any], report: Report) -> None:
    """What more than one field must agree on."""
    columns = [column for column in values.get("schema", ()) if "name" in column]
    _distinct(columns, report)
    for column in columns:
        if "type" in column and ("default" in column or "enum" in column):
            _values(column, report)
    semantics = values.get("semantics")
    # Where a column could not be read, a grain may well name it.
    known = "schema" in values and len(columns) == len(values["schema"])
    if known and isinstance(semantics, dict) and isinstance(semantics.get("grain"), list):
        _grain(semantics["grain"], columns, report)
    deprecation = values.get("deprecation")
    text = deprecation.get("sunset_date") if deprecation is not None else None
    if text is not None and _day(text) is None:
        message = f"{text} is not a day of the calendar"
        address = "deprecation.sunset_date"
        report.add("sunset-invalid", address, message, expected="a day such as 2026-12-31")


def _distinct(columns: Iterable[Mapping[str, Any]], report: Report) -> None:
    seen: dict[str, str] = {}
    for column in columns:
        name = column["name"]
        first = seen.get(name.lower())
        if first is None:
            seen[name.lower()] = name
            continue
        why = "stands twice" if first == name else f"differs from {first} by case alone"
        address = f"schema.{name}"
        report.add("duplicate-column", address, f"the column {name} {why}", expected="another name")


def _grain(grain: list[str], columns: list[Mapping[str, Any]], report: Report) -> None:
    known = {column["name"]: column.get("type") for column in columns}
    for index, name in enumerate(grain):
        if name == TODO or _resolves(name, known):
            continue
        nearest = report.nearest(name, known)
        message = f"{shown(name)} is not a column of this contract"
        address = f"semantics.grain[{index}]"
        report.add("unknown-column", address, message, expected="a column's name", nearest=nearest)


def _resolves(path: str, known: Mapping[str, Type | None]) -> bool:
    """Whether the path names a column, or a field of a struct."""
    name, *rest = path.split(".")
    if name not in known:
        return False
    held = known[name]
    for part in rest:
        if not isinstance(held, Struct):
            return False
        fields = dict(held.fields)
        if part not in fields:
            return False
        held = fields[part]
    return True


def _values(column: Mapping[str, Any], report: Report) -> None:
    """A default and the values of an enum must be values of the column."""
    address, held = f"schema.{column['name']}", column["type"]
    enum = column.get("enum")
    for index, value in enumerate(enum or ()):
        if not can_hold(held, value):
            message = f"{shown(str(value))} is not a value of the type {held}"
            here = f"{address}.enum[{index}]"
            nearest = f'"{value}"' if held == Simple("string") else None
            report.add("value-mismatch", here, message, expected=str(held), nearest=nearest)
    if "default" not in column:
        return
    default = column["default"]
    if not can_hold(held, default):
        message = f"the default {shown(str(default))} is not a value of the type {held}"
        nearest = f'"{default}"' if held == Simple("string") else None
        report.add(
            "value-mismatch", f"{address}.default", message, expected=str(held), nearest=nearest
        )
    elif enum is not None and canonical(held, default) not in {canonical(held, v) for v in enum}:
        message = f"the default {shown(str(default))} is not in the column's enum"
        report.add("value-mismatch", f"{address}.default", message, expected="a value of the enum")
