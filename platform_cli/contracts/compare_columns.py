"""What differs between the columns of two contracts, down into structs, lists and mappings.

The fields of a struct follow the rules of columns, with their path as the address.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from platform_cli.contracts.difference import Gathering, Rename
from platform_cli.contracts.model import Column
from platform_cli.contracts.types import Array, Map, Struct, Type, relation
from platform_cli.contracts.values import canonical

_RELATION_RULES: Final = {
    "wider": "type-widened",
    "narrower": "type-narrowed",
    "other": "type-changed",
}
_UNITS: Final = ("unit", "currency", "timezone")


def compare_columns(
    old: Sequence[Column],
    new: Sequence[Column],
    meanings: Sequence[Mapping[str, str]],
    found: Gathering,
) -> None:
    """Note every difference. `meanings` are both sides' sentences, to guess renames by."""
    _columns(old, new, "schema.", meanings, found)
    for kind in ("primary_key", "unique"):
        _key(kind, old, new, found)


def _columns(
    old: Sequence[Column],
    new: Sequence[Column],
    prefix: str,
    meanings: Sequence[Mapping[str, str]],
    found: Gathering,
) -> None:
    before = {column.name: column for column in old}
    after = {column.name: column for column in new}
    guessed = {guess.old: guess for guess in _renames(old, new, meanings)}
    for name, column in before.items():
        if name in after:
            _column(column, after[name], prefix + name, found)
            continue
        guess = guessed.get(name)
        also = None
        if guess is not None:
            also = f"perhaps renamed to {guess.new}: a guess, from {guess.grounds}"
            found.renames.append(Rename(prefix + guess.old, prefix + guess.new, guess.grounds))
        found.add("column-removed", prefix + name, _told(column), None, also=also)
    came_from = {guess.new: guess for guess in guessed.values()}
    for name, column in after.items():
        if name not in before:
            _added(column, prefix + name, came_from.get(name), found)
    _moved(list(before), list(after), prefix, found)


def _added(column: Column, address: str, guess: Rename | None, found: Gathering) -> None:
    rule = "column-added-required" if column.required else "column-added-optional"
    also = f"perhaps {guess.old}, renamed: a guess, from {guess.grounds}" if guess else None
    has_default = column.required and column.default is not None
    found.add(rule, address, None, _told(column), exempt=has_default, also=also)


def _told(column: Column) -> str:
    required = ", required" if column.required else ""
    default = f", default {column.default}" if column.default is not None else ""
    return f"{column.type}{required}{default}"


def _column(old: Column, new: Column, address: str, found: Gathering) -> None:
    _types(old.type, new.type, address, found)
    if old.required != new.required:
        rule = "null-tightened" if new.required else "null-loosened"
        found.add(
            rule, address, f"required: {old.required}".lower(), f"required: {new.required}".lower()
        )
    _default(old, new, address, found)
    _enum(old, new, address, found)
    for kind in _UNITS:
        _unit(kind, getattr(old, kind), getattr(new, kind), address, found)
    if old.mask != new.mask:
        rule = "mask-added" if old.mask is None else "mask-changed"
        found.add("mask-removed" if new.mask is None else rule, address, old.mask, new.mask)
    found.tags(address, old.tags, new.tags)
    found.description(f"{address}.description", old.description, new.description)
    found.extensions(address, old.extensions, new.extensions)


def _unit(kind: str, old: str | None, new: str | None, address: str, found: Gathering) -> None:
    if old == new:
        return
    sides = [f"{kind}: {side}" if side is not None else None for side in (old, new)]
    found.add("unit-added" if old is None else "unit-changed", address, *sides)


def _types(old: Type, new: Type, address: str, found: Gathering) -> None:
    """Go down as far as both sides have the same form, and compare what stands there."""
    if old == new:
        return
    if isinstance(old, Struct) and isinstance(new, Struct):
        before, after = ([Column(name, held) for name, held in one.fields] for one in (old, new))
        _columns(before, after, f"{address}.", ({}, {}), found)
    elif isinstance(old, Array) and isinstance(new, Array):
        _types(old.element, new.element, f"{address}[]", found)
    elif isinstance(old, Map) and isinstance(new, Map):
        if old.key != new.key:
            rule = _RELATION_RULES[relation(old.key, new.key)]
            found.add(rule, address, old, new, also="it is the type of the map's keys")
        _types(old.value, new.value, f"{address}{{}}", found)
    else:
        found.add(_RELATION_RULES[relation(old, new)], address, old, new)


def _default(old: Column, new: Column, address: str, found: Gathering) -> None:
    if old.default is None:
        if new.default is not None:
            found.add("default-added", address, None, new.default)
    elif new.default is None or canonical(old.type, old.default) != canonical(
        new.type, new.default
    ):
        found.add("default-changed", address, old.default, new.default)


def _enum(old: Column, new: Column, address: str, found: Gathering) -> None:
    """A list that is extensible is as open as none; its values are compared all the same."""
    old_enum, new_enum = old.enum, new.enum
    if old_enum is not None and new_enum is not None:
        before = {canonical(old.type, value): value for value in old_enum}
        after = {canonical(new.type, value): value for value in new_enum}
        for key, value in before.items():
            if key not in after:
                found.add("enum-value-removed", address, value, None)
        for key, value in after.items():
            if key not in before:
                found.add("enum-value-added", address, None, value, exempt=old.extensible)
    sides = (_list(old), _list(new))
    if old_enum is not None and (new_enum is None or (new.extensible and not old.extensible)):
        found.add("enum-opened", address, *sides)
    elif new_enum is not None and (old_enum is None or (old.extensible and not new.extensible)):
        found.add("enum-closed", address, *sides)


def _list(column: Column) -> str | None:
    if column.enum is None:
        return None
    values = ", ".join(str(value) for value in column.enum)
    return f"{values}, extensible" if column.extensible else values


def _key(kind: str, old: Sequence[Column], new: Sequence[Column], found: Gathering) -> None:
    """The columns of a key are a set: what readers join and count by."""
    sides = [{column.name for column in side if getattr(column, kind)} for side in (old, new)]
    for column in (*old, *new):
        name = column.name
        if (name in sides[0]) == (name in sides[1]):
            continue
        told = [kind if name in side else None for side in sides]
        found.add("key-changed", column.address, *told)
        sides[0].discard(name)
        sides[1].discard(name)


def _moved(old: Sequence[str], new: Sequence[str], prefix: str, found: Gathering) -> None:
    """The fewest columns whose moving explains the new order."""
    before = {name: index for index, name in enumerate(old, 1)}
    after = {name: index for index, name in enumerate(new, 1) if name in before}
    order = [before[name] for name in after]
    still = set(_longest_rising(order))
    for name, place in after.items():
        if before[name] not in still:
            told = (f"column {before[name]}", f"column {place}")
            found.add("column-moved", prefix + name, *told)


def _longest_rising(numbers: Sequence[int]) -> Iterator[int]:
    """The longest rising run of numbers, from its end; they need not be neighbours."""
    tails: list[int] = []
    before: dict[int, int | None] = {}
    for number in numbers:
        at = bisect_left(tails, number)
        before[number] = tails[at - 1] if at else None
        tails[at : at + 1] = [number]
    here: int | None = tails[-1] if tails else None
    while here is not None:
        yield here
        here = before[here]


def _renames(
    old: Sequence[Column],
    new: Sequence[Column],
    meanings: Sequence[Mapping[str, str]],
) -> Iterator[Rename]:
    """Pairs of a column that is gone and one that is new, of one type, most alike first."""
    names = {column.name for column in old}, {column.name for column in new}
    gone = list(_placed(old, names[1], meanings[0]))
    came = list(_placed(new, names[0], meanings[1]))
    paired: tuple[set[str], set[str]] = (set(), set())
    for grounds, placed, meant in (
        ("type, position and meaning", True, True),
        ("type and meaning", False, True),
        ("type and position", True, False),
    ):
        places: dict[object, str] = {}
        for one in came:
            if one.column.name not in paired[1] and (one.meaning or not meant):
                places.setdefault(one.key(placed=placed, meant=meant), one.column.name)
        for one in gone:
            if one.column.name in paired[0] or (meant and not one.meaning):
                continue
            match = places.pop(one.key(placed=placed, meant=meant), None)
            if match is not None:
                paired[0].add(one.column.name)
                paired[1].add(match)
                yield Rename(one.column.name, match, grounds)


@dataclass(frozen=True, slots=True)
class _Placed:
    """A column that the other side lacks: what it means, and after which common one it stands."""

    column: Column
    after: str | None
    offset: int
    meaning: str

    def key(self, *, placed: bool, meant: bool) -> object:
        """What a column must share to be taken for this one."""
        place = (self.after, self.offset) if placed else None
        return (self.column.type, place, self.meaning if meant else None)


def _placed(
    columns: Sequence[Column], others: set[str], meanings: Mapping[str, str]
) -> Iterator[_Placed]:
    last: str | None = None
    offset = 0
    for column in columns:
        if column.name in others:
            last, offset = column.name, 0
        else:
            offset += 1
            meaning = meanings.get(column.name) or column.description or ""
            yield _Placed(column, last, offset, meaning)
