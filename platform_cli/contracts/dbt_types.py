"""The types of DuckDB and of Databricks and Spark, and which of them are a contract's type.

Reads a dbt `data_type` as either writes it. A name of neither is unknown, which is not wrong.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal

from platform_cli.contracts.types import Array, Fixed, Map, Simple, Struct, Type

Agreement = Literal["same", "differs", "unknown"]

NAMES: Final[dict[str, frozenset[str]]] = {
    "string": frozenset(
        {"string", "varchar", "character varying", "char", "character", "bpchar", "nvarchar"}
        | {"text"}
    ),
    "boolean": frozenset({"boolean", "bool", "logical"}),
    "integer": frozenset({"integer", "int", "int4", "int32", "signed"}),
    "bigint": frozenset({"bigint", "int8", "int64", "long"}),
    "float": frozenset({"float", "float4", "float32", "real"}),
    "double": frozenset({"double", "float8", "float64", "double precision"}),
    "date": frozenset({"date"}),
    "timestamp": frozenset(
        {"timestamp", "timestamp without time zone", "timestamp_ntz", "timestamp_us", "datetime"}
    ),
    "timestamp_tz": frozenset(
        {"timestamptz", "timestamp with time zone", "timestamp_ltz"}
        | {"timestamp with local time zone"}
    ),
    "binary": frozenset({"binary", "varbinary", "blob", "bytea", "bytes"}),
    "json": frozenset({"json", "variant"}),
}
_DECIMAL: Final = frozenset({"decimal", "dec", "numeric"})
_ARRAY: Final = frozenset({"array", "list"})
_STRUCT: Final = frozenset({"struct", "row"})
_NESTED: Final = {Array: _ARRAY, Map: frozenset({"map"}), Struct: _STRUCT}
# Known, and none of the contract's: a column of theirs has to be cast.
_OTHERS: Final = frozenset(
    {"tinyint", "int1", "byte", "smallint", "int2", "int16", "short", "hugeint", "uhugeint"}
    | {"utinyint", "usmallint", "uinteger", "ubigint", "uuid", "time", "timetz", "interval"}
    | {"timestamp_s", "timestamp_ms", "timestamp_ns", "bit", "bitstring", "void"}
)
_KNOWN: Final = frozenset().union(*NAMES.values(), _DECIMAL, _ARRAY, _STRUCT, _OTHERS, {"map"})
# There a timestamp is a moment in every time zone, and there is no other word for one.
_MOMENTS: Final = frozenset({"databricks", "spark"})
_SIZED: Final = NAMES["string"] | NAMES["binary"] | NAMES["timestamp"] | NAMES["timestamp_tz"]
_PHRASES: Final = (
    ("character", "varying"),
    ("double", "precision"),
    ("timestamp", "with", "local", "time", "zone"),
    ("timestamp", "with", "time", "zone"),
    ("timestamp", "without", "time", "zone"),
)

_DEEPEST: Final = 32
_LONGEST: Final = 10_000
_CLOSE: Final = {"<": ">", "(": ")"}
# White space is passed over, not matched: a long run of it would be tried from each of its places.
_TOKEN: Final = re.compile(
    r"([A-Za-z_][A-Za-z0-9_]*)|([0-9]{1,9})|\"([^\"]*)\"|`([^`]*)`|('[^']*')|(\S)"
)


@dataclass(frozen=True, slots=True)
class Built:
    """A type as a database names it: its word, its numbers, and the types inside of it."""

    word: str
    numbers: tuple[int, ...] = ()
    inside: tuple[tuple[str | None, Built], ...] = ()


def agreement(promised: Type, text: str, adapter: str | None) -> Agreement:
    """Whether a column that is built as the text says has the promised type."""
    built = _parsed(text)
    return "unknown" if built is None else _agree(promised, built, adapter in _MOMENTS)


def _agree(promised: Type, built: Built, moments: bool) -> Agreement:  # noqa: FBT001 - handed on
    if built.word not in _KNOWN:
        return "unknown"
    if isinstance(promised, Simple):
        return _simple(promised.word, built, moments)
    if isinstance(promised, Fixed):
        numbers = (*built.numbers, 0) if len(built.numbers) == 1 else built.numbers
        fits = built.word in _DECIMAL and numbers == (promised.precision, promised.scale)
        return "same" if fits else "differs"
    if built.word not in _NESTED[type(promised)]:
        return "differs"
    if not built.inside:
        return "unknown"
    pairs = _pairs(promised, built)
    found = {_agree(one, other, moments) for one, other in pairs} if pairs else {"differs"}
    return "differs" if "differs" in found else "unknown" if "unknown" in found else "same"


def _pairs(promised: Array | Map | Struct, built: Built) -> list[tuple[Type, Built]] | None:
    """The types inside of both, as they belong together; None where they do not."""
    if isinstance(promised, Struct):
        fields = dict(built.inside)
        if len(fields) != len(built.inside) or fields.keys() != dict(promised.fields).keys():
            return None
        return [(one, fields[name]) for name, one in promised.fields]
    wanted = [promised.element] if isinstance(promised, Array) else [promised.key, promised.value]
    given = [one for _, one in built.inside]
    return list(zip(wanted, given, strict=True)) if len(wanted) == len(given) else None


def _simple(word: str, built: Built, moments: bool) -> Agreement:  # noqa: FBT001 - handed on
    fits = built.word in NAMES[word]
    fits = fits or (moments and word == "timestamp_tz" and built.word == "timestamp")
    if fits and built.numbers and built.word not in _SIZED:
        return "unknown"
    return "same" if fits else "differs"


@lru_cache(maxsize=4096)
def _parsed(text: str) -> Built | None:
    """The type; None where it is not written as either database writes one."""
    if len(text) > _LONGEST:
        return None
    reader = _Reader(text)
    try:
        made = reader.type(0)
    except _UnreadError:
        return None
    return made if reader.done else None


class _UnreadError(ValueError):
    """The text is not a type of a known form."""


class _Reader:
    """Reads a type from left to right, one token ahead. A name in quotes is never a word."""

    def __init__(self, text: str) -> None:
        self._tokens: list[tuple[str, str]] = []
        for word, number, double, back, literal, symbol in _TOKEN.findall(text):
            if word:
                self._tokens.append(("word", word))
            elif number:
                self._tokens.append(("number", number))
            elif symbol:
                self._tokens.append(("symbol", symbol))
            else:
                self._tokens.append(("literal", literal) if literal else ("name", double or back))
        self._at = 0

    @property
    def done(self) -> bool:
        """Whether nothing is left."""
        return self._at >= len(self._tokens)

    def type(self, depth: int) -> Built:
        """The type that begins here. Raises _UnreadError."""
        if depth > _DEEPEST:
            raise _UnreadError
        word = self._word(("word",)).lower()
        made = Built(self._phrase(word))
        opened = self._ahead
        if opened == "<" or (opened == "(" and word in {"map", *_ARRAY, *_STRUCT}):
            self._at += 1
            made = Built(word, (), tuple(self._inside(word, _CLOSE[opened], depth)))
        elif opened == "(":
            numbers = self._numbers()
            made = Built(self._phrase(made.word), numbers)
        while self._ahead == "[":
            self._at += 1
            if not self._is("]"):
                self._word(("number",))
                self._expect("]")
            made = Built("array", (), ((None, made),))
        return made

    def _inside(self, word: str, close: str, depth: int) -> list[tuple[str | None, Built]]:
        named = word in _STRUCT
        found: list[tuple[str | None, Built]] = []
        while True:
            name = self._word(("word", "name")) if named else None
            if named:
                self._is(":")
            found.append((name, self.type(depth + 1)))
            self._remarks()
            if not self._is(","):
                self._expect(close)
                return found

    def _remarks(self) -> None:
        """What Spark lets stand behind a field."""
        if self._is("not"):
            self._expect("null")
        if self._is("comment"):
            self._word(("literal", "name"))

    def _numbers(self) -> tuple[int, ...]:
        self._expect("(")
        found = [int(self._word(("number",)))]
        while self._is(","):
            found.append(int(self._word(("number",))))
        self._expect(")")
        return tuple(found)

    def _phrase(self, word: str) -> str:
        """The word with those behind it that belong to its name."""
        ahead = tuple(text.lower() for _, text in self._tokens[self._at : self._at + 4])
        for first, *rest in _PHRASES:
            if first == word and ahead[: len(rest)] == tuple(rest):
                self._at += len(rest)
                return " ".join((first, *rest))
        return word

    @property
    def _ahead(self) -> str:
        kind, text = ("", "") if self.done else self._tokens[self._at]
        return text.lower() if kind in {"word", "symbol"} else ""

    def _is(self, wanted: str) -> bool:
        if self._ahead != wanted:
            return False
        self._at += 1
        return True

    def _expect(self, wanted: str) -> None:
        if not self._is(wanted):
            raise _UnreadError

    def _word(self, kinds: tuple[str, ...]) -> str:
        kind, text = ("", "") if self.done else self._tokens[self._at]
        if kind not in kinds:
            raise _UnreadError
        self._at += 1
        return text
