"""Values of columns: whether a type can hold one, and which two are the same value.

`1`, `1.0` and `"1.00"` are one value of a decimal; `1` and `true` never are.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Mapping
from decimal import Decimal
from typing import Any, Final

from platform_cli.contracts.types import Fixed, Simple, Type

_NUMBER: Final = re.compile(r"[+-]?[0-9]{1,40}(?:\.[0-9]{1,40})?")


def can_hold(held: Type, value: Any) -> bool:
    """Whether the value's form fits the type; what is nested is not looked into."""
    if isinstance(held, Fixed):
        return _number(value) is not None
    if isinstance(held, Simple):
        check = _FITS.get(held.word)
        return check is None or check(value)
    return isinstance(value, (list, dict, str))


def canonical(held: Type, value: Any) -> object:
    """A hashable key that two values of the type share exactly where they are one value."""
    if isinstance(held, Fixed) or (isinstance(held, Simple) and held.word in _NUMERIC):
        number = _number(value)
        if number is not None:
            return number
    return same_key(value)


def same_key(value: Any) -> object:
    """The key of a value whose type says nothing: equal for what JSON calls equal."""
    if isinstance(value, bool):
        return ("flag", value)
    if isinstance(value, Mapping):
        return ("mapping", frozenset((key, same_key(one)) for key, one in value.items()))
    if isinstance(value, (list, tuple)):
        return ("list", tuple(same_key(one) for one in value))
    return value


def written(value: Any) -> str | None:
    """A value as a report quotes it."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, (set, frozenset)):
        return ", ".join(sorted(value))
    if isinstance(value, (bool, int, float, list, tuple, dict)):
        return json.dumps(value, ensure_ascii=False)
    return str(value)


def _number(value: Any) -> Decimal | None:
    """The number, also where it is written as a text, as databases show decimals."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    if isinstance(value, str) and not _NUMBER.fullmatch(value):
        return None
    return Decimal(str(value))


def _is_number(value: Any) -> bool:
    return _number(value) is not None


def _is_whole(value: Any) -> bool:
    number = _number(value)
    return number is not None and number == number.to_integral_value()


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_flag(value: Any) -> bool:
    return isinstance(value, bool)


_NUMERIC: Final[Collection[str]] = frozenset({"integer", "bigint", "float", "double"})
_FITS: Final[Mapping[str, Callable[[Any], bool]]] = {
    "string": _is_text,
    "boolean": _is_flag,
    "integer": _is_whole,
    "bigint": _is_whole,
    "float": _is_number,
    "double": _is_number,
    "date": _is_text,
    "timestamp": _is_text,
    "timestamp_tz": _is_text,
    "binary": _is_text,
}
