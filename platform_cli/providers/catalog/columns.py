"""Columns as a table's Iceberg schema has them, in the JSON of the specification.

A field keeps its id while its name stays and its type can hold what it held; otherwise it is a new
one, and the old one's values are not taken for its own. Iceberg has no type `json`: it is a string,
and the places of such fields are kept beside the schema. Pure; knows no library.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import count
from typing import Any, Final

from platform_cli.providers.catalog.port import Column, ColumnType

Fields = list[dict[str, Any]]

# https://iceberg.apache.org/spec/#primitive-types; what is not here is written alike.
_WORDS: Final = {
    "integer": "int",
    "bigint": "long",
    "timestamp_tz": "timestamptz",
    "json": "string",
}
_OURS: Final = {iceberg: ours for ours, iceberg in _WORDS.items() if ours != "json"}
_DECIMAL: Final = re.compile(r"decimal\(\s*([0-9]{1,2})\s*,\s*([0-9]{1,2})\s*\)")
# https://iceberg.apache.org/spec/#schema-evolution
_PROMOTED: Final = frozenset({("int", "long"), ("float", "double")})
_HELD: Final = {"list": ("element",), "map": ("key", "value")}


def fields(columns: Sequence[Column], before: Fields, last_id: int) -> Fields:
    """The fields of these columns, where the table has those of `before`."""
    ids = count(last_id + 1)
    known = {str(one["name"]): one for one in before}
    made = []
    for column in columns:
        one = _field(column.name, column.type, known.get(column.name), ids)
        one["required"] = column.required
        made.append({**one, "doc": column.description} if column.description else one)
    return made


def json_places(columns: Sequence[Column]) -> tuple[str, ...]:
    """Where in the columns there is JSON, which the schema alone would not tell from a text."""
    return tuple(place for one in columns for place in _json_places(one.name, one.type))


def shown(found: Fields, json: Collection[str]) -> tuple[Column, ...]:
    """The columns of these fields. Raises KeyError, TypeError or ValueError for what are none."""
    return tuple(
        Column(
            str(one["name"]),
            _shown(one["type"], json, str(one["name"])),
            bool(one["required"]),
            str(one.get("doc") or ""),
        )
        for one in found
    )


def _field(
    name: str, wanted: ColumnType, old: Mapping[str, Any] | None, ids: Iterator[int]
) -> dict[str, Any]:
    kept = old if old is not None and _may_become(old["type"], wanted) else None
    number = int(kept["id"]) if kept is not None else next(ids)
    held = _type(wanted, kept["type"] if kept is not None else None, ids)
    return {"id": number, "name": name, "required": False, "type": held}


def _type(wanted: ColumnType, old: Any, ids: Iterator[int]) -> Any:
    if wanted.word == "struct":
        known = {str(one["name"]): one for one in old["fields"]} if old is not None else {}
        inner = [_field(name, held, known.get(name), ids) for name, held in wanted.holds]
        return {"type": "struct", "fields": inner}
    word = {"array": "list"}.get(wanted.word, wanted.word)
    if word not in _HELD:
        return _word(wanted)
    made: dict[str, Any] = {"type": word}
    for part, held in wanted.holds:
        before = {"id": old[f"{part}-id"], "type": old[part]} if old is not None else None
        one = _field(part, held, before, ids)
        made |= {f"{part}-id": one["id"], part: one["type"]}
        if part != "key":  # a map's key is never absent
            made[f"{part}-required"] = False
    return made


def _word(wanted: ColumnType) -> str:
    if wanted.digits is not None:
        return "decimal({}, {})".format(*wanted.digits)
    return _WORDS.get(wanted.word, wanted.word)


def _may_become(old: Any, wanted: ColumnType) -> bool:
    """Whether a field of the old type can be one of the new: what it held can still be read."""
    if isinstance(old, Mapping):
        return {"list": "array"}.get(old["type"], old["type"]) == wanted.word
    new = _word(wanted)
    if old == new or (old, new) in _PROMOTED:
        return True
    before, after = _DECIMAL.fullmatch(old), _DECIMAL.fullmatch(new)
    if before is None or after is None:
        return False
    return before[2] == after[2] and int(before[1]) <= int(after[1])


def _json_places(place: str, held: ColumnType) -> Iterator[str]:
    if held.word == "json":
        yield place
    for name, inner in held.holds:
        yield from _json_places(f"{place}.{name}", inner)


def _shown(found: Any, json: Collection[str], place: str) -> ColumnType:
    if isinstance(found, str):
        if found == "string" and place in json:
            return ColumnType("json")
        digits = _DECIMAL.fullmatch(found)
        if digits is not None:
            return ColumnType("decimal", (int(digits[1]), int(digits[2])))
        return ColumnType(_OURS.get(found, found))
    kind = str(found["type"])
    if kind == "struct":
        inner = [(str(one["name"]), one["type"]) for one in found["fields"]]
    else:
        inner = [(part, found[part]) for part in _HELD[kind]]
    word = {"list": "array"}.get(kind, kind)
    return ColumnType(word, None, tuple((n, _shown(t, json, f"{place}.{n}")) for n, t in inner))
