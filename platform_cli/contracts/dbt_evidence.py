"""What holds of a dbt model's rows: by a constraint that the database knows, or by a data test.

A test that may pass over rows, or only warns, holds nothing. Knows nothing of a contract.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from platform_cli.contracts.findings import shown
from platform_cli.dbt_project import Constraint, Model, Source, Test

Columns: TypeAlias = frozenset[str]

_IN: Final = re.compile(
    r"""\(?["`]?([A-Za-z_][A-Za-z0-9_]*)["`]?\s{1,9}in\s{0,9}\(([^()]{1,9000})\)\)?""",
    re.IGNORECASE,
)
_NOT_NULL: Final = re.compile(
    r"""\(?["`]?([A-Za-z_][A-Za-z0-9_]*)["`]?\s{1,9}is\s{1,9}not\s{1,9}null\)?""", re.IGNORECASE
)
_LITERAL: Final = re.compile(
    r"\s{0,99}(?:'((?:[^']|''){0,999})'|([+-]?[0-9]{1,40}(?:\.[0-9]{1,40})?))\s{0,99}(,|\Z)"
)
# dbt writes no constraint into what is not a table.
_WITHOUT: Final = frozenset({"view", "ephemeral", "materialized_view"})


@dataclass(frozen=True, slots=True)
class Held:
    """Something that holds: of which columns, by what and where, and with which values."""

    columns: Columns
    by: str
    source: Source
    constraint: bool
    values: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything that holds of a model, and what only seems to; the names are in lower case."""

    not_null: Mapping[Columns, list[Held]]
    unique: Mapping[Columns, list[Held]]
    primary: frozenset[Columns]
    values: Mapping[Columns, list[Held]]
    checks: tuple[Constraint, ...]
    """The constraints of rows that are none of these."""
    weak: Mapping[tuple[str, Columns], tuple[str, Source]]
    """What holds nothing, why, and where."""

    def excuse(self, kinds: Iterable[str], columns: Columns) -> tuple[str, Source] | None:
        """Why what seems to hold something of the columns does not."""
        return next((found for kind in kinds if (found := self.weak.get((kind, columns)))), None)


def evidence(model: Model) -> Evidence:
    """What holds of a model."""
    constrained = model.materialized not in _WITHOUT
    constraints = [one for one in model.constraints if one.columns] if constrained else []
    tests = [one for one in model.tests if one.weakened is None]
    checks = [one for one in constraints if one.kind == "check" and one.expression]
    lists = [(one, found) for one in checks if (found := _in(one)) is not None]
    nulls = [(one, match[1]) for one in checks if (match := _checked(_NOT_NULL, one)) is not None]
    read = {id(one) for one, _ in (*lists, *nulls)}
    whole = [one for one in constraints if one.kind in {"not_null", "primary_key"}]
    keys = [one for one in constraints if one.kind in {"unique", "primary_key"}]
    return Evidence(
        not_null=_by_columns(
            (
                *(_held(one, {name}) for one in whole for name in one.columns),
                *(_held(one, {name}) for one, name in nulls),
                *(_held(one, {*one.columns}) for one in tests if one.kind == "not_null"),
            )
        ),
        unique=_by_columns(
            (
                *(_held(one, {*one.columns}) for one in keys),
                *(_held(one, {*one.columns}) for one in tests if one.kind == "unique"),
            )
        ),
        primary=frozenset(_names(one.columns) for one in keys if one.kind == "primary_key"),
        values=_by_columns(
            (
                *(_held(one, {name}, values) for one, (name, values) in lists),
                *(_held(one, {*one.columns}, one.values) for one in tests if one.values),
            )
        ),
        checks=tuple(one for one in checks if id(one) not in read),
        weak=dict(_weak(model, constrained=constrained)),
    )


def _by_columns(held: Iterable[Held]) -> dict[Columns, list[Held]]:
    found: dict[Columns, list[Held]] = {}
    for one in held:
        found.setdefault(one.columns, []).append(one)
    return found


def _weak(
    model: Model, *, constrained: bool
) -> Iterator[tuple[tuple[str, Columns], tuple[str, Source]]]:
    for test in model.tests:
        if test.weakened is not None:
            told = f"a {test.kind} test with {shown(test.weakened)}"
            yield (test.kind, _names(test.columns)), (told, test.source)
    for one in () if constrained else model.constraints:
        told = f"a {one.kind} constraint, which dbt writes into no {model.materialized}"
        yield (one.kind, _names(one.columns)), (told, one.source)


def _held(one: Constraint | Test, columns: set[str], values: tuple[Any, ...] | None = None) -> Held:
    constraint = isinstance(one, Constraint)
    by = f"{one.kind} constraint" if constraint else f"{one.kind} test"
    return Held(_names(columns), by, one.source, constraint, values or ())


def _names(columns: Iterable[str]) -> Columns:
    return frozenset(one.lower() for one in columns)


def _checked(pattern: re.Pattern[str], one: Constraint) -> re.Match[str] | None:
    return pattern.fullmatch(" ".join((one.expression or "").split()))


def _in(one: Constraint) -> tuple[str, tuple[Any, ...]] | None:
    """The column and the list of `column in ('a', 'b')`; None for another check."""
    found = _checked(_IN, one)
    if found is None:
        return None
    values: list[str] = []
    at = 0
    while literal := _LITERAL.match(found[2], at):
        values.append(literal[1].replace("''", "'") if literal[1] is not None else literal[2])
        at = literal.end()
        if not literal[3]:
            return found[1], tuple(values)
    return None
