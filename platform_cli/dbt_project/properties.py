"""What a properties file says of models: columns, constraints, tests, versions, configuration.

Tolerant as dbt is: an entry of a form that dbt would not take says nothing here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from platform_cli.dbt_project.jinja import evaluated
from platform_cli.dbt_project.model import Column, Constraint, Source, Test
from platform_cli.dbt_project.yaml_text import Node, UnreadableError

_IDENTIFIER: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,254}")
_LITERAL: Final = re.compile(r"'[^']{0,20}'")
_MOST_JOINED: Final = 50
_REPEATED: Final = ("columns", "constraints", "data_tests", "tests")
MOST_REPEATED: Final = 20_000
"""Each version repeats the columns of its model: a small file must not become a large project."""
# What tests of dbt and of its usual packages hold, by their names without the package's.
_KINDS: Final = {
    "not_null": "not_null",
    "expect_column_values_to_not_be_null": "not_null",
    "unique": "unique",
    "expect_column_values_to_be_unique": "unique",
    "accepted_values": "accepted_values",
    "expect_column_values_to_be_in_set": "accepted_values",
}
_COLUMN_LISTS: Final = ("combination_of_columns", "column_list", "column_names", "columns")
_VALUE_LISTS: Final = ("values", "value_set")
_WEAKENING: Final = ("where", "row_condition", "mostly", "error_if", "fail_calc")
_STRICT: Final = frozenset({"!=0", ">0", "count(*)"})


@dataclass(frozen=True, slots=True)
class Settings:
    """What one place configures: None where it says nothing, ? where only dbt could tell."""

    enforced: bool | str | None = None
    enabled: bool | str | None = None
    materialized: str | None = None
    alias: str | None = None

    def over(self, lower: Settings) -> Settings:
        """These, and for what they leave open those of a place that counts less."""
        return Settings(
            lower.enforced if self.enforced is None else self.enforced,
            lower.enabled if self.enabled is None else self.enabled,
            lower.materialized if self.materialized is None else self.materialized,
            lower.alias if self.alias is None else self.alias,
        )


@dataclass(frozen=True, slots=True)
class Declared:
    """One model, or one version of a model, as a properties file declares it."""

    name: str
    source: Source
    version: str | None = None
    defined_in: str | None = None
    latest: bool = False
    columns: tuple[Column, ...] = ()
    constraints: tuple[Constraint, ...] = ()
    tests: tuple[Test, ...] = ()
    settings: Settings = field(default_factory=Settings)

    @property
    def file(self) -> str:
        """The name, without its end, of the file that dbt looks for."""
        stem = self.name if self.version is None else f"{self.name}_v{self.version}"
        return (self.defined_in or stem).removesuffix(".sql")


def models(root: Node, path: str) -> Iterator[Declared]:
    """Every model and every version that the file declares. Raises UnreadableError."""
    repeated = 0
    for node in _list(root, "models"):
        name = _text(node, "name")
        if name is None:
            continue
        versions = [(v, one) for one in _list(node, "versions") if (v := _text(one, "v"))]
        if not versions:
            yield _declared(name, node, path)
            continue
        repeated += len(versions) * sum(len(_list(node, key)) for key in _REPEATED)
        if repeated > MOST_REPEATED:
            message = f"versions repeat more than {MOST_REPEATED} columns and tests"
            raise UnreadableError(message, node.line)
        latest = _text(node, "latest_version") or max((v for v, _ in versions), key=_order)
        for v, one in versions:
            yield _version(name, node, one, path, v, latest=v == latest)


def _order(version: str) -> tuple[float, str]:
    try:
        return (float(version), version)
    except ValueError:
        return (float("inf"), version)


def _declared(name: str, node: Node, path: str) -> Declared:
    columns = _columns(node)
    return Declared(
        name,
        Source(path, node.line),
        columns=tuple(_column(one, path) for one in columns.values()),
        constraints=(*_constraints(node, path, columns), *_of_columns(columns, path)),
        tests=(*tests(node, path, None), *_tests_of_columns(columns, path)),
        settings=settings(node.get("config")),
    )


def _version(name: str, node: Node, version: Node, path: str, v: str, *, latest: bool) -> Declared:
    """A version: the model's own word, with what the version leaves out, adds and replaces."""
    columns = _columns(node)
    listed = _list(version, "columns")
    chosen = next((one for one in listed if one.get("include") or one.get("exclude")), None)
    if chosen is not None:
        include, exclude = chosen.get("include"), chosen.get("exclude")
        kept = _texts(include)
        everything = include is None or include.text() in {"*", "all"}
        dropped = set(_texts(exclude))
        columns = {
            key: one
            for key, one in columns.items()
            if (everything or key in kept) and key not in dropped
        }
    columns |= _columns(version)
    constraints = version if _list(version, "constraints") else node
    own_tests = version.get("data_tests") or version.get("tests")
    return Declared(
        name,
        Source(path, version.line),
        version=v,
        defined_in=_text(version, "defined_in"),
        latest=latest,
        columns=tuple(_column(one, path) for one in columns.values()),
        constraints=(*_constraints(constraints, path, columns), *_of_columns(columns, path)),
        tests=(
            *tests(version if own_tests else node, path, None),
            *_tests_of_columns(columns, path),
        ),
        settings=settings(version.get("config")).over(settings(node.get("config"))),
    )


def settings(config: Node | None) -> Settings:
    """What a `config` mapping says; its keys may begin with a plus, as in dbt_project.yml."""
    if config is None:
        return Settings()
    contract = _either(config, "contract")
    return Settings(
        _flag(contract.get("enforced") if contract else None),
        _flag(_either(config, "enabled")),
        _word(_either(config, "materialized")),
        _word(_either(config, "alias")),
    )


def _either(config: Node, key: str) -> Node | None:
    return config.get(key) or config.get(f"+{key}")


def _flag(node: Node | None) -> bool | str | None:
    if node is None:
        return None
    value = node.value()
    return value if isinstance(value, bool) else "?"


def _word(node: Node | None) -> str | None:
    text = node.text() if node is not None else None
    return "?" if evaluated(text) else text


def _columns(node: Node) -> dict[str, Node]:
    named = ((_text(one, "name"), one) for one in _list(node, "columns"))
    return {name: one for name, one in named if name is not None}


def _column(node: Node, path: str) -> Column:
    return Column(_text(node, "name") or "", _text(node, "data_type"), Source(path, node.line))


def _of_columns(columns: Mapping[str, Node], path: str) -> Iterator[Constraint]:
    for name, node in columns.items():
        yield from _constraints(node, path, (name,))


def _constraints(node: Node, path: str, columns: Any) -> Iterator[Constraint]:
    """The constraints of a model, or of the one column that is handed in."""
    for one in _list(node, "constraints"):
        kind = _text(one, "type")
        if kind is None:
            continue
        own = tuple(_texts(one.get("columns")))
        held = own or (columns if isinstance(columns, tuple) else ())
        yield Constraint(
            kind.lower(),
            held,
            Source(path, one.line),
            _text(one, "expression"),
            _text(one, "name"),
        )


def _tests_of_columns(columns: Mapping[str, Node], path: str) -> Iterator[Test]:
    for name, node in columns.items():
        yield from tests(node, path, name)


def tests(node: Node, path: str, column: str | None) -> Iterator[Test]:
    """The tests of a model or a column whose meaning is known here."""
    for key in ("data_tests", "tests"):
        for one in _list(node, key):
            source = Source(path, one.line)
            found = _test(one, source, column)
            if found is not None:
                yield found


def _test(node: Node, source: Source, column: str | None) -> Test | None:
    name, arguments = node.text(), None
    if isinstance(node.held, dict):
        name = _text(node, "test_name")
        arguments = node
        if name is None:
            name, arguments = next(iter(node.held.items()), (None, None))
    if name is None:
        return None
    said: dict[str, Any] = {}
    for place in ("", "arguments", "config"):
        inner = arguments.get(place) if place and arguments is not None else arguments
        for key, value in inner.entries().items() if inner is not None else ():
            said.setdefault(key, value.value())
    return known_test(name, said, source, column)


def known_test(
    name: str, said: Mapping[str, Any], source: Source, column: str | None
) -> Test | None:
    """A test by its name and all that is said of it; None where it is off or means nothing here."""
    if said.get("enabled") is False:
        return None
    bare = name.rpartition(".")[2]
    kind = _KINDS.get(bare)
    columns: tuple[str, ...] = (column,) if column is not None else ()
    values = None
    if kind is None:
        listed = next((said[key] for key in _COLUMN_LISTS if key in said), None)
        if not ("uniq" in bare or "primary_key" in bare) or not isinstance(listed, list):
            return None
        kind, columns = "unique", tuple(str(one) for one in listed)
    elif not columns and isinstance(about := said.get("column_name"), str):
        columns = _joined(about) if kind == "unique" else (about,)
    if kind == "accepted_values":
        listed = next((said[key] for key in _VALUE_LISTS if key in said), None)
        values = tuple(listed) if isinstance(listed, list) else None
    return Test(kind, columns, source, values, _weakened(said)) if columns else None


def _joined(expression: str) -> tuple[str, ...]:
    """The columns of `a || '-' || b`, an old way to say a combination; none of anything else."""
    parts = [part.strip() for part in expression.split("||", _MOST_JOINED)]
    columns = [part for part in parts if not _LITERAL.fullmatch(part)]
    return tuple(columns) if all(_IDENTIFIER.fullmatch(one) for one in columns) else ()


def _weakened(said: Mapping[str, Any]) -> str | None:
    severity = said.get("severity")
    if isinstance(severity, str) and severity.lower() != "error":
        return f"severity: {severity}"
    if said.get("enabled", True) is not True:
        return "enabled: only dbt could tell"
    for key in _WEAKENING:
        value = said.get(key)
        if value is not None and str(value).replace(" ", "") not in _STRICT:
            return f"{key}: {value}"
    return None


def _list(node: Node, key: str) -> list[Node]:
    entry = node.get(key)
    return entry.items() if entry is not None else []


def _text(node: Node, key: str) -> str | None:
    entry = node.get(key)
    return entry.text() if entry is not None else None


def _texts(node: Node | None) -> list[str]:
    return [text for one in (node.items() if node else ()) if (text := one.text()) is not None]
