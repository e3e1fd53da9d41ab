"""The types of columns: how they are written, and which of two holds every value of the other.

A type is compared by what it holds, never by how it is spelt. Knows nothing of columns.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal, TypeAlias

SIMPLE: Final = (
    "string",
    "boolean",
    "integer",
    "bigint",
    "float",
    "double",
    "date",
    "timestamp",
    "timestamp_tz",
    "binary",
    "json",
)
FORMS: Final = (*SIMPLE, "decimal(p,s)", "array<T>", "map<K,V>", "struct<name: T, ...>")
MOST_DIGITS: Final = 38
"""What the catalogs can hold in one decimal."""

_DEEPEST: Final = 32
_LONGEST: Final = 10_000
_TOKEN: Final = re.compile(r"\s*([A-Za-z_][A-Za-z0-9_]*|[0-9]+|\S|\Z)")
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")

# What other systems call the types. The nearest word is said, never taken silently.
_ELSEWHERE: Final = {
    "int": "integer",
    "int4": "integer",
    "int32": "integer",
    "smallint": "integer",
    "tinyint": "integer",
    "short": "integer",
    "long": "bigint",
    "int8": "bigint",
    "int64": "bigint",
    "number": "decimal(38,0)",
    "numeric": "decimal(38,0)",
    "real": "float",
    "float64": "double",
    "str": "string",
    "text": "string",
    "varchar": "string",
    "char": "string",
    "uuid": "string",
    "bool": "boolean",
    "datetime": "timestamp",
    "time": "timestamp",
    "timestamp_ntz": "timestamp",
    "timestamptz": "timestamp_tz",
    "timestamp_ltz": "timestamp_tz",
    "bytes": "binary",
    "variant": "json",
    "object": "json",
    "list": "array<string>",
    "array": "array<string>",
    "map": "map<string, string>",
    "struct": "struct<name: string>",
    "record": "struct<name: string>",
    "decimal": "decimal(38,0)",
}


@dataclass(frozen=True, slots=True)
class Simple:
    """A type that is one word."""

    word: str

    def __str__(self) -> str:
        return self.word


@dataclass(frozen=True, slots=True)
class Fixed:
    """`decimal(p,s)`: p digits, s of them behind the point."""

    precision: int
    scale: int

    def __str__(self) -> str:
        return f"decimal({self.precision},{self.scale})"


@dataclass(frozen=True, slots=True)
class Array:
    """`array<T>`."""

    element: Type

    def __str__(self) -> str:
        return f"array<{self.element}>"


@dataclass(frozen=True, slots=True)
class Map:
    """`map<K,V>`."""

    key: Type
    value: Type

    def __str__(self) -> str:
        return f"map<{self.key},{self.value}>"


@dataclass(frozen=True, slots=True)
class Struct:
    """`struct<name: T, …>`: its fields, in their order."""

    fields: tuple[tuple[str, Type], ...]

    def __str__(self) -> str:
        return "struct<" + ", ".join(f"{name}: {one}" for name, one in self.fields) + ">"


Type: TypeAlias = Simple | Fixed | Array | Map | Struct
Relation = Literal["same", "wider", "narrower", "other"]


class TypeTextError(ValueError):
    """A text that is no type; `word` is what is wrong in it, `nearest` what was probably meant."""

    def __init__(
        self, message: str, *, word: str | None = None, nearest: str | None = None
    ) -> None:
        super().__init__(message)
        self.word = word
        self.nearest = nearest


@lru_cache(maxsize=4096)
def parse(text: str) -> Type:
    """The type that a text says, in any case and spacing. Raises TypeTextError."""
    if len(text) > _LONGEST:
        raise TypeTextError(f"the type has {len(text)} characters")
    reader = _Reader(text)
    made = reader.type(0)
    if reader.ahead:
        raise TypeTextError(
            f"{reader.ahead[:40]} stands after the end of the type", nearest=str(made)
        )
    return made


class _Reader:
    """Reads a type from left to right, one token ahead."""

    def __init__(self, text: str) -> None:
        self._tokens = _TOKEN.findall(text)
        self._at = 0

    @property
    def ahead(self) -> str:
        """The next token; empty at the end."""
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def type(self, depth: int) -> Type:
        """The type that begins here."""
        if depth > _DEEPEST:
            raise TypeTextError(f"the type is nested deeper than {_DEEPEST} levels")
        word = self._take()
        name = word.lower()
        following = self.ahead
        if name in SIMPLE:
            return Simple(name)
        if name == "decimal" and following == "(":
            return self._fixed()
        if name == "array" and following == "<":
            self._take()
            made: Type = Array(self.type(depth + 1))
        elif name == "map" and following == "<":
            self._take()
            key = self.type(depth + 1)
            self._expect(",")
            made = Map(key, self.type(depth + 1))
        elif name == "struct" and following == "<":
            self._take()
            made = self._struct(depth)
        else:
            raise self._unknown(word)
        self._expect(">")
        return made

    def _fixed(self) -> Fixed:
        self._take()
        precision = self._number()
        if self.ahead == ")":
            raise TypeTextError("a decimal has two numbers", nearest=f"decimal({precision},0)")
        self._expect(",")
        scale = self._number()
        self._expect(")")
        if not 1 <= precision <= MOST_DIGITS:
            raise TypeTextError(f"a decimal has 1 to {MOST_DIGITS} digits, not {precision}")
        if scale > precision:
            raise TypeTextError(f"of {precision} digits, {scale} cannot stand behind the point")
        return Fixed(precision, scale)

    def _struct(self, depth: int) -> Struct:
        fields: dict[str, tuple[str, Type]] = {}
        while True:
            name = self._take()
            if not _NAME.fullmatch(name):
                raise TypeTextError(f"a field's name is expected, not {name or 'the end'}")
            if name.lower() in fields:
                raise TypeTextError(f"the field {name} stands twice in one struct")
            self._expect(":")
            fields[name.lower()] = (name, self.type(depth + 1))
            if self.ahead != ",":
                return Struct(tuple(fields.values()))
            self._take()

    def _take(self) -> str:
        token = self.ahead
        self._at += 1
        return token

    def _number(self) -> int:
        token = self._take()
        if not token.isascii() or not token.isdigit() or len(token) > 3:  # noqa: PLR2004 - 38 is the most
            raise TypeTextError(f"a number is expected, not {token[:20] or 'the end'}")
        return int(token)

    def _expect(self, wanted: str) -> None:
        token = self._take()
        if token != wanted:
            raise TypeTextError(f"{wanted} is expected, not {token[:40] or 'the end'}")

    def _unknown(self, word: str) -> TypeTextError:
        if not word:
            return TypeTextError("a type is expected, not the end")
        shown = word if len(word) <= 40 else f"{word[:40]}..."  # noqa: PLR2004 - one line
        return TypeTextError(
            f"{shown} is no type", word=shown, nearest=_ELSEWHERE.get(word.lower())
        )


_HELD: Final = frozenset({("integer", "bigint"), ("float", "double"), ("integer", "double")})
# So many digits every value has, and with so many every value surely fits.
_DIGITS: Final = {"integer": (10, 9), "bigint": (19, 18)}


def relation(old: Type, new: Type) -> Relation:
    """Whether the new type holds every value of the old one exactly, the other way, or neither."""
    if old == new:
        return "same"
    if holds(new, old):
        return "wider"
    return "narrower" if holds(old, new) else "other"


def holds(outer: Type, inner: Type) -> bool:
    """Whether `outer` has every value of `inner`; `bigint` in `double` would lose digits."""
    match outer, inner:
        case _ if outer == inner:
            return True
        case Array(), Array():
            return holds(outer.element, inner.element)
        case Map(), Map():
            return holds(outer.key, inner.key) and holds(outer.value, inner.value)
        case Simple(), Simple():
            return (inner.word, outer.word) in _HELD
        case ((Fixed() | Simple()), (Fixed() | Simple())):
            # The largest decimal(10,0) is no integer: the tenth digit is not free.
            return _fits(_as_fixed(outer, sure=False), _as_fixed(inner, sure=True))
    return False


def _as_fixed(one: Fixed | Simple, *, sure: bool) -> Fixed | None:
    """A whole number's type as a decimal: with the digits it needs, or those it has to spare."""
    if isinstance(one, Fixed):
        return one
    needed, spare = _DIGITS.get(one.word, (0, 0))
    return Fixed(needed if sure else spare, 0) if needed else None


def _fits(outer: Fixed | None, inner: Fixed | None) -> bool:
    if outer is None or inner is None:
        return False
    whole = outer.precision - outer.scale >= inner.precision - inner.scale
    return outer.scale >= inner.scale and whole


def pattern() -> str:
    """A pattern that every type matches and few other texts do: what JSON Schema can say."""
    words = "|".join(_any_case(word) for word in SIMPLE)
    number = "\\s*[0-9]{1,3}\\s*"
    fixed = f"{_any_case('decimal')}\\s*\\({number},{number}\\)"
    every = "A-Za-z0-9_<>()\\s"
    array = f"{_any_case('array')}\\s*<[{every},:]*>"
    mapping = f"{_any_case('map')}\\s*<[{every}:]*,[{every},:]*>"
    struct = f"{_any_case('struct')}\\s*<[{every},]*:[{every},:]*>"
    return f"\\s*(?:{words}|{fixed}|{array}|{mapping}|{struct})\\s*"


def _any_case(word: str) -> str:
    return "".join(f"[{c}{c.upper()}]" if c.isalpha() else c for c in word)
