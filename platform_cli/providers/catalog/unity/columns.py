"""Columns as Unity Catalog has them: each with its type as text, as JSON and by name.

The JSON is Spark's, which every reader of the catalog knows. It has no type for JSON in a text:
that is a string, and the places of such fields are kept beside them. Pure; knows no library.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Sequence
from typing import Any, Final

from platform_cli.providers.catalog.port import Column, ColumnType

# What is not here is written alike in the JSON.
_WORDS: Final = {
    "bigint": "long",
    "timestamp": "timestamp_ntz",
    "timestamp_tz": "timestamp",
    "json": "string",
}
_OURS: Final = {spark: ours for ours, spark in _WORDS.items() if ours != "json"}
# What a text calls otherwise than the JSON, and what a name does.
_TEXTS: Final = {"integer": "int", "long": "bigint"}
_NAMES: Final = {"integer": "INT"}
_DECIMAL: Final = re.compile(r"decimal\(\s*([0-9]{1,2})\s*,\s*([0-9]{1,2})\s*\)")


def written(columns: Sequence[Column]) -> list[dict[str, Any]]:
    """The columns as a table is made with them."""
    return [_written(column, position) for position, column in enumerate(columns)]


def json_places(columns: Sequence[Column]) -> tuple[str, ...]:
    """Where in the columns there is JSON, which their types alone would not tell from a text."""
    return tuple(place for one in columns for place in _json_places(one.name, one.type))


def shown(found: Sequence[Any], json_at: Collection[str]) -> tuple[Column, ...]:
    """The columns as the port has them. Raises KeyError, TypeError or ValueError for what is none.

    They come in the order of their positions, which is not always that of the list.
    """
    ordered = sorted(found, key=lambda one: int(one.get("position") or 0))
    return tuple(_column(one, json_at) for one in ordered)


def _written(column: Column, position: int) -> dict[str, Any]:
    spark = _spark(column.type)
    comment = {"comment": column.description} if column.description else {}
    field = {"name": column.name, "type": spark, "nullable": not column.required}
    made = {
        "name": column.name,
        "type_text": _text(spark),
        "type_json": json.dumps(field | {"metadata": comment}, ensure_ascii=False),
        "type_name": _name(spark),
        "position": position,
        "nullable": not column.required,
        **comment,
    }
    if column.type.digits is not None:
        made["type_precision"], made["type_scale"] = column.type.digits
    return made


def _column(one: Any, json_at: Collection[str]) -> Column:
    name = str(one["name"])
    said = json.loads(one["type_json"])
    # Some writers keep the whole field there, and some its type alone.
    held = said["type"] if isinstance(said, dict) and "name" in said else said
    required = one.get("nullable") is False
    return Column(name, _ours(held, json_at, name), required, str(one.get("comment") or ""))


def _spark(wanted: ColumnType) -> Any:
    if wanted.digits is not None:
        return "decimal({},{})".format(*wanted.digits)
    held = dict(wanted.holds)
    if wanted.word == "array":
        return {"type": "array", "elementType": _spark(held["element"]), "containsNull": True}
    if wanted.word == "map":
        key, value = _spark(held["key"]), _spark(held["value"])
        return {"type": "map", "keyType": key, "valueType": value, "valueContainsNull": True}
    if wanted.word == "struct":
        fields = [
            {"name": name, "type": _spark(inner), "nullable": True, "metadata": {}}
            for name, inner in wanted.holds
        ]
        return {"type": "struct", "fields": fields}
    return _WORDS.get(wanted.word, wanted.word)


def _ours(spark: Any, json_at: Collection[str], place: str) -> ColumnType:
    if isinstance(spark, str):
        digits = _DECIMAL.fullmatch(spark)
        if digits is not None:
            return ColumnType("decimal", (int(digits[1]), int(digits[2])))
        if spark == "string" and place in json_at:
            return ColumnType("json")
        return ColumnType(_OURS.get(spark, spark))
    kind = str(spark["type"])
    if kind == "struct":
        inner = [(str(one["name"]), one["type"]) for one in spark["fields"]]
    elif kind == "array":
        inner = [("element", spark["elementType"])]
    else:
        inner = [("key", spark["keyType"]), ("value", spark["valueType"])]
    held = tuple((name, _ours(one, json_at, f"{place}.{name}")) for name, one in inner)
    return ColumnType(kind, None, held)


def _text(spark: Any) -> str:
    if isinstance(spark, str):
        return _TEXTS.get(spark, spark)
    if spark["type"] == "array":
        return f"array<{_text(spark['elementType'])}>"
    if spark["type"] == "map":
        return f"map<{_text(spark['keyType'])},{_text(spark['valueType'])}>"
    fields = (f"{one['name']}:{_text(one['type'])}" for one in spark["fields"])
    return f"struct<{','.join(fields)}>"


def _name(spark: Any) -> str:
    word = spark if isinstance(spark, str) else str(spark["type"])
    word = word.partition("(")[0]
    return _NAMES.get(word, word.upper())


def _json_places(place: str, held: ColumnType) -> Iterator[str]:
    if held.word == "json":
        yield place
    for name, inner in held.holds:
        yield from _json_places(f"{place}.{name}", inner)
