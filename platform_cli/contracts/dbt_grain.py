"""By which columns a query makes its rows one each: read from the SQL with sqlglot.

Follows the final select through what only passes rows on. What cannot be parsed is not looked at.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, Literal, TypeAlias

from platform_cli.dbt_project.jinja import MARK, reference

Tree: TypeAlias = Any
"""A node of sqlglot's, whose class for all of them has another name in each of its versions."""

LONGEST: Final = 64 * 1024
"""A longer query is not looked at: parsing takes about a second a hundred KiB."""

_DEEPEST: Final = 30
_DIALECTS: Final = ("duckdb", "databricks", "spark")


@dataclass(frozen=True, slots=True)
class Grouping:
    """What makes one row: the columns, by their names in the result, and by which clause."""

    by: Literal["nothing", "GROUP BY", "DISTINCT", "row_number"]
    columns: frozenset[str] = frozenset()

    def __str__(self) -> str:
        if self.by == "nothing":
            return "no grouping"
        return f"{self.by} {', '.join(sorted(self.columns)) or 'of all rows into one'}"


class _OpenError(Exception):
    """The query can be parsed, but not what its rows are."""


@lru_cache(maxsize=512)
def grouping(sql: str, adapter: str | None) -> Grouping | None:
    """What makes one row of the query; None where it is not looked at. Never raises."""
    tree = _parsed(sql, adapter)
    if tree is None:
        return None
    try:
        found = _of(tree, {}, 0)
    except (_OpenError, RecursionError):
        return None
    unknown = any(MARK in column for column in found.columns)
    return None if unknown else found


@lru_cache(maxsize=512)
def proves_unique(sql: str, model: str) -> frozenset[str] | None:
    """The columns that a test's query proves to be unique in a model; None for another test."""
    from sqlglot import exp

    tree = _parsed(sql, None)
    if not isinstance(tree, exp.Select) or tree.args.get("where") or tree.args.get("joins"):
        return None
    table, group, having = _from(tree), tree.args.get("group"), tree.args.get("having")
    if not isinstance(table, exp.Table) or table.name.lower() != reference(model).lower():
        return None
    if group is None or having is None or not _more_than_one(having.this, tree):
        return None
    try:
        return _keys(group, tree)
    except (_OpenError, RecursionError):
        return None


def _parsed(sql: str, adapter: str | None) -> Tree:
    if len(sql) > LONGEST:
        return None
    import sqlglot
    from sqlglot.errors import ErrorLevel

    # It warns of what it does not know on stderr, which is not its to write to.
    logging.getLogger("sqlglot").setLevel(logging.CRITICAL)
    for dialect in (adapter,) if adapter in _DIALECTS else _DIALECTS[:2]:
        try:
            found = sqlglot.parse(sql, dialect=dialect, error_level=ErrorLevel.RAISE)
        except Exception:  # noqa: BLE001, S112 - on text that is no SQL it may fail in any way
            continue
        if len(found) == 1 and found[0] is not None:
            return found[0]
    return None


def _of(query: Tree, above: Mapping[str, Tree], depth: int) -> Grouping:
    """What makes one row of a query. Raises _OpenError."""
    from sqlglot import exp

    if depth > _DEEPEST:
        raise _OpenError
    if isinstance(query, (exp.Subquery, exp.Paren)):
        return _of(query.this, above, depth + 1)
    if isinstance(query, exp.SetOperation):
        if not query.args.get("distinct"):
            return Grouping("nothing")
        return Grouping("DISTINCT", frozenset(_outputs(query.selects)))
    if not isinstance(query, exp.Select):
        raise _OpenError
    found = _own(query)
    return found if found is not None else _passed_on(query, above, depth)


def _own(query: Tree) -> Grouping | None:
    """What a select itself makes one row of; None where it takes rows as they are."""
    group, distinct = query.args.get("group"), query.args.get("distinct")
    if distinct is not None:
        on = distinct.args.get("on")
        keys = _named(on.expressions or [on], query) if on is not None else None
        columns = keys if keys is not None else frozenset(_outputs(query.expressions))
        return Grouping("DISTINCT", columns)
    if qualify := query.args.get("qualify"):
        window = _numbered(qualify.this, query)
        return Grouping("row_number", _named(window.args.get("partition_by") or [], query))
    if group is not None:
        return Grouping("GROUP BY", _keys(group, query))
    if any(_aggregates(one) for one in query.expressions):
        return Grouping("GROUP BY")
    return None


def _passed_on(query: Tree, above: Mapping[str, Tree], depth: int) -> Grouping:
    """What makes one row of a query that takes its rows from one other as they are."""
    from sqlglot import exp

    if query.args.get("joins") or query.args.get("laterals"):
        return Grouping("nothing")
    if any(one.find(exp.UDTF, exp.Explode, exp.Unnest) for one in query.expressions):
        return Grouping("nothing")
    known = {**above, **{cte.alias.lower(): cte.this for cte in query.ctes}}
    table = _from(query)
    inner: Tree = None
    if isinstance(table, exp.Table) and not table.db:
        inner = known.get(table.name.lower())
        # A name that stands for itself is a table of the database.
        known.pop(table.name.lower(), None)
    elif isinstance(table, exp.Subquery):
        inner = table.this
    if inner is None:
        return Grouping("nothing")
    found = _first_of_each(query, inner) or _of(inner, known, depth + 1)
    names = _renamed(query)
    return Grouping(found.by, frozenset(names.get(one, one) for one in found.columns))


def _first_of_each(query: Tree, inner: Tree) -> Grouping | None:
    """Where a query keeps the rows whose number is 1, by what the inner one numbers them."""
    from sqlglot import exp

    where = query.args.get("where")
    if where is None or not isinstance(inner, exp.Select):
        return None
    for condition in where.this.flatten() if isinstance(where.this, exp.And) else [where.this]:
        if isinstance(condition, exp.EQ) and isinstance(condition.this, exp.Column):
            name = condition.this.name.lower()
            numbered = {one.output_name.lower(): one.unalias() for one in inner.expressions}
            window = numbered.get(name)
            one = condition.expression
            if _is_number(window) and one.is_int and one.name == "1" and window is not None:
                keys = window.args.get("partition_by") or []
                return Grouping("row_number", _named(keys, inner))
    return None


def _numbered(condition: Tree, query: Tree) -> Tree:
    """The window whose row number has to be 1. Raises _OpenError."""
    from sqlglot import exp

    if isinstance(condition, exp.EQ) and condition.expression.name == "1":
        window = condition.this
        if isinstance(window, exp.Column):
            named = {one.output_name.lower(): one.unalias() for one in query.expressions}
            window = named.get(window.name.lower(), window)
        if _is_number(window):
            return window
    raise _OpenError


def _is_number(window: Tree) -> bool:
    from sqlglot import exp

    return isinstance(window, exp.Window) and isinstance(window.this, exp.RowNumber)


def _keys(group: Tree, query: Tree) -> frozenset[str]:
    """The columns that a query groups by. Raises _OpenError."""
    from sqlglot import exp

    if group.args.get("totals") or group.find(exp.Rollup, exp.Cube, exp.GroupingSets):
        raise _OpenError
    if group.args.get("all"):
        plain = [one for one in query.expressions if not _aggregates(one)]
        return frozenset(_outputs(plain))
    return _named(group.expressions, query)


def _named(keys: Iterable[Tree], query: Tree) -> frozenset[str]:
    """Keys by the names that they have in the query's result, else by their own."""
    from sqlglot import exp

    found = set()
    for key in keys:
        if isinstance(key, exp.Literal) and key.is_int:
            at = int(key.name) - 1
            if not 0 <= at < len(query.expressions) or query.is_star:
                raise _OpenError
            found.update(_outputs([query.expressions[at]]))
            continue
        found.add(_name(key, query))
    return frozenset(found)


def _name(key: Tree, query: Tree) -> str:
    from sqlglot import exp

    for one in query.expressions:
        inner = one.unalias()
        columns = isinstance(inner, exp.Column) and isinstance(key, exp.Column)
        same = inner.name.lower() == key.name.lower() if columns else inner == key
        if same and one.output_name:
            return str(one.output_name).lower()
    return str(key.name if isinstance(key, exp.Column) else key.sql()).lower()


def _outputs(expressions: Iterable[Tree]) -> list[str]:
    """The names in the result. Raises _OpenError where a star or no name stands."""
    names = [one.output_name.lower() for one in expressions if not one.is_star]
    if not all(names) or any(one.is_star for one in expressions):
        raise _OpenError
    return names


def _renamed(query: Tree) -> dict[str, str]:
    """What the columns of the inner query are called in the result."""
    from sqlglot import exp

    names: dict[str, str] = {}
    for one in query.expressions:
        inner = one.unalias()
        if isinstance(inner, exp.Column) and not one.is_star and one.output_name:
            names.setdefault(inner.name.lower(), one.output_name.lower())
    return names


def _aggregates(expression: Tree) -> bool:
    """Whether an aggregate stands in it that is not over a window or in a query of its own."""
    from sqlglot import exp

    for found in expression.find_all(exp.AggFunc):
        above = found.find_ancestor(exp.Window, exp.Query)
        if not isinstance(above, exp.Window) and not (
            isinstance(above, exp.Query) and above is not expression.find_ancestor(exp.Query)
        ):
            return True
    return False


def _from(query: Tree) -> Tree:
    clause = query.args.get("from_") or query.args.get("from")
    return clause.this if clause is not None else None


def _more_than_one(having: Tree, query: Tree) -> bool:
    """Whether the condition is `count(*) > 1`, also by the count's own name."""
    from sqlglot import exp

    if not isinstance(having, exp.GT) or having.expression.name != "1":
        return False
    count = having.this
    if isinstance(count, exp.Column):
        named = {one.output_name.lower(): one.unalias() for one in query.expressions}
        count = named.get(count.name.lower(), count)
    return isinstance(count, exp.Count) and not isinstance(count.this, (exp.Distinct, exp.Column))
