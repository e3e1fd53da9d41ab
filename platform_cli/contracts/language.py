"""The contract language as a table: every field, what it takes, and its line for the reference.

The validator reads a contract with these shapes and the JSON Schema is made of them. What only a
comparison of two places can tell (a grain's columns, a default's type) stands in `load`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final

from platform_cli.contracts import types
from platform_cli.contracts.findings import Report, shown
from platform_cli.contracts.record import ByForm, Entries, Field, Record
from platform_cli.contracts.shape import (
    INVALID,
    Anything,
    Flag,
    ListOf,
    Schema,
    Text,
    Whole,
    Word,
    wrong_type,
)
from platform_cli.contracts.yaml_source import Node, Scalar

TODO: Final = "TODO"
TIERS: Final = ("raw", "derived", "product")
_MOST_DAYS: Final = 1_000_000

NAME: Final = re.compile(
    r"[a-z](?:_?[a-z0-9]){0,39}\.(?:raw|derived|product)\.[a-z_][a-z0-9_]{0,126}",
)
_PART: Final = r"(?:0|[1-9][0-9]{0,8})"
_LABEL: Final = r"(?:0|[1-9][0-9]{0,17}|[0-9]{0,18}[A-Za-z-][0-9A-Za-z-]{0,40})"
_BUILD: Final = r"[0-9A-Za-z-]{1,60}"
VERSION: Final = re.compile(
    rf"{_PART}\.{_PART}\.{_PART}"
    rf"(?:-{_LABEL}(?:\.{_LABEL}){{0,9}})?(?:\+{_BUILD}(?:\.{_BUILD}){{0,9}})?",
)
_LOGIN: Final = r"@[A-Za-z0-9_][A-Za-z0-9_-]{0,99}"
_OWNER: Final = re.compile(rf"(?:{_LOGIN}(?:/[A-Za-z0-9_][A-Za-z0-9_-]{{0,99}})?|user:{_LOGIN})")
_ON_CALL: Final = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9 _-]{0,58}[A-Za-z0-9_-])?")
_COLUMN: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,254}")
_DURATION: Final = re.compile(rf"(?:{TODO}|[1-9][0-9]{{0,8}}[smhd])")
_WINDOW: Final = re.compile(rf"(?:{TODO}|(?:0|[1-9][0-9]{{0,8}})[smhd])")
_HUNDRED: Final = r"100(?:\.0{1,12})?"
_PERCENTAGE: Final = re.compile(rf"(?:{TODO}|(?:{_HUNDRED}|[1-9]?[0-9](?:\.[0-9]{{1,12}})?)%)")
_DAY: Final = re.compile(r"[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])")
_CURRENCY: Final = re.compile(r"[A-Z]{3}")
_SAID: Final = re.compile(r"[\s\S]*\S[\s\S]*")
_TODO_ALONE: Final = re.compile(TODO)

_AMOUNT: Final = re.compile(r"\s*([1-9][0-9]{0,8})\s*([A-Za-z]{1,9})\s*")
_RATIO: Final = re.compile(r"\s*([0-9]{1,3}(?:\.[0-9]{1,12})?)\s*%?\s*")
_SHORT: Final = re.compile(r"\s*v?([0-9]{1,9})(?:\.([0-9]{1,9}))?(?:\.([0-9]{1,9}))?\s*")


def _meant_duration(text: str) -> str | None:
    found = _AMOUNT.fullmatch(text)
    if found is None or found[2].lower().startswith("mo"):
        return None
    unit = found[2][0].lower()
    return f"{found[1]}{unit}" if unit in "smhd" else None


def _meant_percentage(text: str) -> str | None:
    found = _RATIO.fullmatch(text)
    return f"{found[1]}%" if found else None


def _meant_version(text: str) -> str | None:
    found = _SHORT.fullmatch(text)
    return ".".join(str(int(part or 0)) for part in found.groups()) if found else None


def _meant_name(text: str) -> str | None:
    return text.strip().lower().replace("-", "_")


def _meant_team(text: str) -> str | None:
    return f"@{text.strip()}"


def _meant_code(text: str) -> str | None:
    return text.strip().upper()


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class TypeText:
    """A column's type."""

    expected: str = "a type: " + ", ".join(types.FORMS)

    def read(self, node: Node, address: str, report: Report) -> Any:
        """The type."""
        if not isinstance(node, Scalar) or node.kind != "text":
            return wrong_type(node, address, report, self.expected)
        try:
            return types.parse(node.text)
        except types.TypeTextError as error:
            nearest = error.nearest
            if nearest is None and error.word is not None:
                nearest = report.nearest(error.word, types.SIMPLE)
            text = shown(node.text)
            message = f"{text} is not a type: {error}" if text != error.word else str(error)
            report.add("unknown-type", address, message, expected=self.expected, nearest=nearest)
            return INVALID

    def schema(self) -> Schema:
        """A string; whether what is nested is right, the validator knows alone."""
        return {"type": "string", "pattern": f"^(?:{types.pattern()})$"}


SAID: Final = Text("a sentence", _SAID)
VERSION_TEXT: Final = Text('semver in quotes, such as "2.1.0"', VERSION, _meant_version)
TEAM: Final = Text("@team, @org/team or user:@name", _OWNER, _meant_team)
TABLE: Final = Text(
    "<domain>.<tier>.<table> in lower case, the tier raw, derived or product", NAME, _meant_name
)
_FREE: Final = Text()
_WORD: Final = Text("a text that is not empty", _SAID)
_TAGS: Final = ListOf(_WORD, "a list of texts", distinct=True)
_PERCENT: Final = Text("a percentage up to 100%, such as 99.9%", _PERCENTAGE, _meant_percentage)
_TIME: Final = "a whole number and s, m, h or d, such as 15m"

COLUMN: Final = Record(
    "a mapping with name and type",
    {
        "name": Field(
            Text("a name of letters, digits and _, such as order_id", _COLUMN),
            "The column's name. Two names may not differ by case alone.",
            required=True,
        ),
        "type": Field(
            TypeText(),
            "What its values are. Case does not matter.",
            required=True,
        ),
        "required": Field(Flag(), "Whether it is never NULL; false unless it says true."),
        "description": Field(_FREE, "What a person reads about it."),
        "default": Field(
            Anything("a value of the column's type", something=True),
            "What a row has that was written without it.",
        ),
        "tags": Field(_TAGS, "Words that policies act on, such as PII."),
        "mask": Field(_WORD, "How its values are hidden: policies say which masks there are."),
        "enum": Field(
            ListOf(
                Anything("a text, a number, or true or false", something=True, single=True),
                "a list of one value or more",
                least=1,
                distinct=True,
            ),
            "The closed list of its values.",
        ),
        "extensible": Field(Flag(), "Whether readers must expect further values in the enum."),
        "unique": Field(Flag(), "Whether no two rows have the same value."),
        "primary_key": Field(Flag(), "Whether it is, or is part of, the primary key."),
        "unit": Field(_WORD, "What its numbers count or measure."),
        "currency": Field(
            Text("a currency's three letters, such as EUR", _CURRENCY, _meant_code),
            "Of amounts: the currency.",
        ),
        "timezone": Field(_WORD, "Of times: the time zone they are told in."),
    },
    {
        "nullable": "required",
        "not_null": "required",
        "optional": "required",
        "pk": "primary_key",
        "key": "primary_key",
        "values": "enum",
        "comment": "description",
        "doc": "description",
        "tz": "timezone",
    },
    {"extensible": "enum"},
)

OWNER: Final = Record(
    "@team, or a mapping with team",
    {
        "team": Field(TEAM, "Who answers for the table.", required=True),
        "on_call": Field(
            Text("a rotation's name: letters, digits, space, - and _, up to 60", _ON_CALL),
            "The rotation that is paged.",
        ),
        "reviewers": Field(
            ListOf(TEAM, "a list of @team, @org/team or user:@name", distinct=True),
            "Who else reviews changes.",
        ),
    },
)

SLA: Final = Record(
    "a mapping with freshness, completeness and accuracy",
    {
        "freshness": Field(
            Text(_TIME, _DURATION, _meant_duration),
            "How old the newest row may be.",
            required=True,
        ),
        "completeness": Field(_PERCENT, "How much of what happened is there.", required=True),
        "accuracy": Field(_PERCENT, "How much of what is there is right.", required=True),
        "late_arrival_window": Field(
            Text(_TIME, _WINDOW, _meant_duration),
            "How long after the fact a row may still arrive or change.",
        ),
    },
)

ENTRY: Final = Record(
    "a mapping with meaning",
    {
        "meaning": Field(SAID, "What the column means.", required=True),
        "semantics_change": Field(
            Word(("editorial",)),
            "Says that this change of words changes no meaning. Remove it with the next change.",
        ),
    },
    {"change": "semantics_change", "description": "meaning", "text": "meaning"},
)

SEMANTICS: Final = Entries(
    "a mapping from columns and rules to sentences",
    ByForm("a sentence, or a mapping with meaning", SAID, mapping=ENTRY),
    {
        "grain": Field(
            ByForm(
                "a list of columns or a sentence",
                SAID,
                items=ListOf(_WORD, "a list of columns", least=1, distinct=True),
            ),
            "What one row is.",
        ),
    },
)

DEPRECATION: Final = Record(
    "a mapping with sunset_date and migration_notes",
    {
        "previous_version": Field(VERSION_TEXT, "The version that ends."),
        "sunset_date": Field(
            Text("a day such as 2026-12-31", _DAY, moment=True, note={"format": "date"}),
            "The day until which the previous major is published.",
            required=True,
        ),
        "migration_notes": Field(_FREE, "What a reader has to do."),
    },
)

_TODO: Final = Text(TODO, _TODO_ALONE)

CONTRACT: Final = Record(
    "a mapping with the fields of a contract",
    {
        "name": Field(TABLE, "The table, fully qualified, unique in the catalog.", required=True),
        "version": Field(VERSION_TEXT, "The contract's version.", required=True),
        "owner": Field(
            ByForm("@team, or a mapping with team", TEAM, mapping=OWNER),
            "Who answers for the table.",
            required=True,
        ),
        "schema": Field(
            ListOf(COLUMN, "a list of one column or more", least=1, label="name"),
            "The columns: the structural promise.",
            required=True,
        ),
        "sla": Field(
            ByForm(SLA.expected, _TODO, mapping=SLA), "The runtime promise.", required=True
        ),
        "semantics": Field(
            ByForm(SEMANTICS.expected, _TODO, mapping=SEMANTICS),
            "What the columns mean: units, NULL rules, business rules, grain.",
            required=True,
        ),
        "deprecation": Field(DEPRECATION, "What this major replaces, and until when."),
        "tags": Field(_TAGS, "Words that policies act on, such as customer_data or region:EU."),
        "retention_days": Field(
            Whole(1, _MOST_DAYS, "a whole number of days, 1 or more"),
            "After how many days a row is deleted.",
        ),
        "description": Field(_FREE, "What a person reads about the table."),
    },
    {
        "columns": "schema",
        "fields": "schema",
        "title": "name",
        "table": "name",
        "owners": "owner",
        "team": "owner",
        "slo": "sla",
        "retention": "retention_days",
        "labels": "tags",
    },
)
