"""Shapes: what a field takes, said once; a shape reads a node and writes its own JSON Schema.

Because one table serves both, the validator and the JSON Schema cannot drift apart. Knows the
forms of YAML, nothing of contracts.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from collections.abc import Mapping as MappingOf
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final, Protocol, TypeAlias

from platform_cli.contracts.findings import Report, shown
from platform_cli.contracts.yaml_source import Items, Mapping, Node, Scalar, plain

Schema: TypeAlias = dict[str, Any]


class Invalid(Enum):
    INVALID = "invalid"


INVALID: Final = Invalid.INVALID
"""What a shape gives for a node that it has reported."""

_CALLED: Final = {
    "nothing": "nothing",
    "flag": "true or false",
    "whole": "a number",
    "number": "a number",
    "moment": "a date",
}
_DIGITS: Final = re.compile(r"(?:0|[1-9][0-9]{0,11})(?:\.0{1,12})?")


class Shape(Protocol):
    """What a field takes."""

    @property
    def expected(self) -> str:
        """The form in a few words, as messages and the reference say it."""
        ...

    def read(self, node: Node, address: str, report: Report) -> Any:
        """The plain value, or INVALID after reporting why. Never raises."""
        ...

    def schema(self) -> Schema:
        """The same as JSON Schema."""
        ...


def wrong_type(node: Node, address: str, report: Report, expected: str) -> Invalid:
    """Report a node that is of another form than was expected."""
    if isinstance(node, Scalar):
        kind = node.kind
        what = _CALLED.get(kind, "a text")
        found = what if kind == "nothing" else f"{shown(node.text)}, which is {what}"
    else:
        found = "a list" if isinstance(node, Items) else "a mapping"
    report.add("wrong-type", address, f"expected {expected}, found {found}", expected=expected)
    return INVALID


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Text:
    """A text, of a form where one is given; `mend` guesses what was meant by another form."""

    expected: str = "a text"
    pattern: re.Pattern[str] | None = None
    mend: Callable[[str], str | None] | None = None
    moment: bool = False
    note: MappingOf[str, Any] = field(default_factory=dict)

    def read(self, node: Node, address: str, report: Report) -> Any:
        """The text. A word that YAML takes for something else has to be quoted."""
        if not isinstance(node, Scalar):
            return wrong_type(node, address, report, self.expected)
        text = node.text
        if node.plain:
            kind = node.kind
            if kind != "text" and not (self.moment and kind == "moment"):
                return self._unquoted(node, address, report)
        if self.pattern is None or self.pattern.fullmatch(text):
            return text
        message = f"expected {self.expected}, found {shown(text) or 'an empty text'}"
        nearest = self._nearest(text)
        report.add("wrong-value", address, message, expected=self.expected, nearest=nearest)
        return INVALID

    def _unquoted(self, node: Scalar, address: str, report: Report) -> Invalid:
        if node.kind == "nothing":
            return wrong_type(node, address, report, self.expected)
        fits = self.pattern is None or self.pattern.fullmatch(node.text)
        nearest = node.text if fits else self._nearest(node.text)
        found = f"{shown(node.text)}, which YAML takes for {_CALLED[node.kind]} without quotes"
        message = f"expected {self.expected}, found {found}"
        quoted = f'"{nearest}"' if nearest is not None else None
        report.add("wrong-type", address, message, expected=self.expected, nearest=quoted)
        return INVALID

    def _nearest(self, text: str) -> str | None:
        if len(text) > 100:  # noqa: PLR2004 - nobody mistypes at such a length
            return None
        meant = self.mend(text) if self.mend else None
        if meant is None and self.pattern:
            meant = next((one for one in (text.strip(), text.strip().lower()) if one != text), None)
        return meant if meant and (not self.pattern or self.pattern.fullmatch(meant)) else None

    def schema(self) -> Schema:
        """A string, with the pattern anchored."""
        made: Schema = {"type": "string"}
        if self.pattern is not None:
            made["pattern"] = f"^(?:{self.pattern.pattern})$"
        return {**made, **self.note}


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Word:
    """One of a few words."""

    words: tuple[str, ...]

    @property
    def expected(self) -> str:
        """The words."""
        return " or ".join(self.words)

    def read(self, node: Node, address: str, report: Report) -> Any:
        """The word."""
        if not isinstance(node, Scalar) or node.kind != "text":
            return wrong_type(node, address, report, self.expected)
        if node.text in self.words:
            return node.text
        nearest = report.nearest(node.text, self.words)
        message = f"expected {self.expected}, found {shown(node.text)}"
        report.add("wrong-value", address, message, expected=self.expected, nearest=nearest)
        return INVALID

    def schema(self) -> Schema:
        """An enumeration."""
        return {"enum": list(self.words)}


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Flag:
    """True or false."""

    expected: str = "true or false"

    def read(self, node: Node, address: str, report: Report) -> Any:
        """The truth value."""
        if isinstance(node, Scalar):
            if node.kind == "flag":
                return node.text.lower() in {"true", "yes", "on"}
            word = node.text.lower()
            if node.kind == "text" and word in {"true", "false"}:
                message = f"expected {self.expected}, found the text {shown(node.text)}"
                report.add("wrong-type", address, message, expected=self.expected, nearest=word)
                return INVALID
        return wrong_type(node, address, report, self.expected)

    def schema(self) -> Schema:
        """A boolean."""
        return {"type": "boolean"}


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Whole:
    """A whole number, in plain digits."""

    least: int
    most: int
    expected: str

    def read(self, node: Node, address: str, report: Report) -> Any:
        """The number."""
        if not isinstance(node, Scalar) or node.kind not in {"whole", "number"}:
            return wrong_type(node, address, report, self.expected)
        number = int(node.text.partition(".")[0]) if _DIGITS.fullmatch(node.text) else -1
        if self.least <= number <= self.most:
            return number
        message = f"expected {self.expected}, found {shown(node.text)}"
        report.add("wrong-value", address, message, expected=self.expected)
        return INVALID

    def schema(self) -> Schema:
        """An integer with its bounds."""
        return {"type": "integer", "minimum": self.least, "maximum": self.most}


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Anything:
    """Whatever JSON can carry, but not nothing where `something` is asked for."""

    expected: str = "a value"
    something: bool = False
    single: bool = False

    def read(self, node: Node, address: str, report: Report) -> Any:
        """The value as JSON has it."""
        if (self.single and not isinstance(node, Scalar)) or (
            self.something and isinstance(node, Scalar) and node.kind == "nothing"
        ):
            return wrong_type(node, address, report, self.expected)
        try:
            return plain(node)
        except ValueError as error:
            message = f"the number {shown(str(error))} is not one that JSON can carry"
            report.add("yaml-number", address, message, expected=self.expected)
            return INVALID

    def schema(self) -> Schema:
        """The types of JSON that are allowed."""
        if not self.something:
            return {}
        kinds = ["string", "number", "boolean"]
        return {"type": kinds if self.single else [*kinds, "array", "object"]}


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class ListOf:
    """A list; `label` is the key by which an entry that is a mapping is addressed."""

    of: Shape
    expected: str
    least: int = 0
    label: str | None = None
    distinct: bool = False

    def read(self, node: Node, address: str, report: Report) -> Any:
        """The values of the entries; one that is wrong is left out."""
        if not isinstance(node, Items):
            return wrong_type(node, address, report, self.expected)
        if len(node.entries) < self.least:
            message = f"expected {self.expected}, found an empty list"
            report.add("wrong-value", address, message, expected=self.expected)
            return INVALID
        values = []
        seen: dict[object, int] = {}
        for index, entry in enumerate(node.entries):
            here = self._address(entry, address, index)
            report.places[here] = (entry.line, entry.column)
            value = self.of.read(entry, here, report)
            if value is INVALID:
                if report.full:
                    break
                continue
            if self.distinct:
                key = identity(value)
                if key in seen:
                    at = (entry.line, entry.column)
                    message = f"{shown(str(value))} stands here again, after line {seen[key]}"
                    report.add("duplicate-value", here, message, expected="each value once", at=at)
                    continue
                seen[key] = entry.line
            values.append(value)
        return values

    def _address(self, entry: Node, address: str, index: int) -> str:
        if self.label is not None and isinstance(entry, Mapping):
            named = entry.entries.get(self.label)
            if named is not None and isinstance(named[1], Scalar):
                label = shown(named[1].text)
                return f"{address}.{label}" if address else label
        return f"{address}[{index}]"

    def schema(self) -> Schema:
        """An array."""
        made: Schema = {"type": "array", "items": self.of.schema()}
        if self.least:
            made["minItems"] = self.least
        if self.distinct:
            made["uniqueItems"] = True
        return made


def identity(value: object) -> object:
    """A key that is equal for what JSON calls equal: 1 and 1.0, but not 1 and true."""
    return (isinstance(value, bool), value) if isinstance(value, (bool, int, float)) else value
