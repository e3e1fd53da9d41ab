"""Shapes of mappings: a record of known fields, an open mapping, and a choice by form."""

from __future__ import annotations

from collections.abc import Mapping as MappingOf
from dataclasses import dataclass, field
from typing import Any

from platform_cli.contracts.findings import Report, place_of, shown
from platform_cli.contracts.shape import INVALID, Anything, Schema, Shape, wrong_type
from platform_cli.contracts.yaml_source import Items, Mapping, Node, Scalar

EXTENSION = "x-"
_ANYTHING = Anything()


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Field:
    """One field of a record, with its line for the reference."""

    shape: Shape
    about: str
    required: bool = False


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Record:
    """A mapping of known fields, and of any that begin with `x-`."""

    expected: str
    fields: MappingOf[str, Field]
    synonyms: MappingOf[str, str] = field(default_factory=dict)
    needs: MappingOf[str, str] = field(default_factory=dict)
    """A field that means nothing without another."""

    def read(self, node: Node, address: str, report: Report) -> Any:
        """The values that are right, by field. What is missing or unknown is reported."""
        if not isinstance(node, Mapping):
            return wrong_type(node, address, report, self.expected)
        values: dict[str, Any] = {}
        prefix = f"{address}." if address else ""
        places = report.places
        for name, (key, value) in node.entries.items():
            here = f"{prefix}{name}"
            places[here] = standing(key, value)
            known = self.fields.get(name)
            if known is not None:
                read = known.shape.read(value, here, report)
            elif name.startswith(EXTENSION):
                read = _ANYTHING.read(value, here, report)
            else:
                self._unknown(key, address, report)
                if report.full:
                    break
                continue
            if read is not INVALID:
                values[name] = read
        self._lacking(node, address, report)
        return values

    def _lacking(self, node: Mapping, address: str, report: Report) -> None:
        prefix = f"{address}." if address else ""
        for name, one in self.fields.items():
            if one.required and name not in node.entries:
                where = f"{address} has no {name}" if address else f"the contract has no {name}"
                expected = one.shape.expected
                message = f"{where}: {expected}"
                # Another entry of a list may have this address, and the field.
                at = place_of(report.places, address)
                report.add("missing-field", f"{prefix}{name}", message, expected=expected, at=at)
        for name, other in self.needs.items():
            if name in node.entries and other not in node.entries:
                message = f"{name} says something about {other}, and there is no {other}"
                report.add("missing-field", f"{prefix}{name}", message, expected=other)

    def _unknown(self, key: Scalar, address: str, report: Report) -> None:
        nearest = report.nearest(key.text, self.fields, self.synonyms)
        where = f" in {address}" if address else ""
        prefix = f"{address}." if address else ""
        here = f"{prefix}{shown(key.text)}"
        expected = "one of " + ", ".join(self.fields)
        message = f"the key {shown(key.text) or '(empty)'} is not known{where}"
        at = (key.line, key.column)
        report.add("unknown-key", here, message, expected=expected, nearest=nearest, at=at)

    def schema(self) -> Schema:
        """An object that takes nothing else."""
        made: Schema = {
            "type": "object",
            "properties": {
                name: {"description": one.about, **one.shape.schema()}
                for name, one in self.fields.items()
            },
            "patternProperties": {f"^{EXTENSION}": {}},
            "additionalProperties": False,
        }
        required = [name for name, one in self.fields.items() if one.required]
        if required:
            made["required"] = required
        if self.needs:
            made["dependentRequired"] = {name: [other] for name, other in self.needs.items()}
        return made


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Entries:
    """A mapping from any name to one shape; a few names have a shape of their own."""

    expected: str
    of: Shape
    reserved: MappingOf[str, Field] = field(default_factory=dict)

    def read(self, node: Node, address: str, report: Report) -> Any:
        """The values that are right, by name."""
        if not isinstance(node, Mapping):
            return wrong_type(node, address, report, self.expected)
        if not node.entries:
            message = f"expected {self.expected}, found an empty mapping"
            report.add("wrong-value", address, message, expected=self.expected)
            return INVALID
        values: dict[str, Any] = {}
        for name, (key, value) in node.entries.items():
            here = f"{address}.{shown(name)}"
            report.places[here] = standing(key, value)
            shape = self.reserved[name].shape if name in self.reserved else self.of
            read = shape.read(value, here, report)
            if read is not INVALID:
                values[name] = read
        return values

    def schema(self) -> Schema:
        """An object."""
        return {
            "type": "object",
            "minProperties": 1,
            "properties": {
                name: {"description": one.about, **one.shape.schema()}
                for name, one in self.reserved.items()
            },
            "additionalProperties": self.of.schema(),
        }


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class ByForm:
    """One shape for a single value, another for a list or a mapping."""

    expected: str
    single: Shape
    items: Shape | None = None
    mapping: Shape | None = None

    def read(self, node: Node, address: str, report: Report) -> Any:
        """What the shape of the node's form gives."""
        if isinstance(node, Scalar):
            if node.kind == "text":
                return self.single.read(node, address, report)
        else:
            shape = self.items if isinstance(node, Items) else self.mapping
            if shape is not None:
                return shape.read(node, address, report)
        return wrong_type(node, address, report, self.expected)

    def schema(self) -> Schema:
        """Any of the shapes."""
        shapes = (self.single, self.items, self.mapping)
        return {"anyOf": [shape.schema() for shape in shapes if shape is not None]}


def standing(key: Scalar, value: Node) -> tuple[int, int]:
    """Where a field stands for a reader: a single value where it is, anything else at its key."""
    return (value.line, value.column) if isinstance(value, Scalar) else (key.line, key.column)
