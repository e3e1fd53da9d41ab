"""A dbt project as plain data: its models with what is declared, constrained and tested of them.

Made by `project` alone. Reads nothing and decides nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from platform_cli.errors import Problem


@dataclass(frozen=True, slots=True)
class Source:
    """A line of a file of the project."""

    path: str
    line: int = 1

    def __str__(self) -> str:
        return f"{self.path}:{self.line}"


@dataclass(frozen=True, slots=True)
class Column:
    """A column that is declared; without a data type where none is written."""

    name: str
    data_type: str | None
    source: Source


@dataclass(frozen=True, slots=True)
class Constraint:
    """A constraint that dbt writes into the table's definition."""

    kind: str
    columns: tuple[str, ...]
    source: Source
    expression: str | None = None
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Test:
    """A data test. `weakened` says what keeps it from failing a build on any row that breaks it."""

    __test__ = False  # for pytest, which collects by name

    kind: str
    columns: tuple[str, ...]
    source: Source
    values: tuple[Any, ...] | None = None
    weakened: str | None = None


@dataclass(frozen=True, slots=True)
class Model:
    """A model. What is None only dbt could tell."""

    name: str
    path: str
    source: Source
    version: str | None = None
    alias: str | None = None
    columns: tuple[Column, ...] = ()
    constraints: tuple[Constraint, ...] = ()
    tests: tuple[Test, ...] = ()
    enforced: bool | None = False
    enabled: bool = True
    materialized: str | None = None
    sql: str | None = None
    """The query: as dbt compiled it, else as it is written with references replaced."""
    stale: str | None = None
    """What the manifest says otherwise than the files, so that it is not believed."""

    @property
    def relation(self) -> str:
        """The name of the table that it makes."""
        if self.alias is not None:
            return self.alias
        return self.name if self.version is None else f"{self.name}_v{self.version}"


@dataclass(frozen=True, slots=True)
class Query:
    """A data test that is a query of its own: it fails on the rows that the query gives."""

    source: Source
    sql: str


@dataclass(frozen=True, slots=True)
class DbtProject:
    """A project: its models by name, its tests by what they read, and what could not be read."""

    folder: Path | None
    name: str
    adapter: str | None = None
    """The kind of database that the manifest was made for, such as duckdb."""
    models: Mapping[str, tuple[Model, ...]] = field(default_factory=dict)
    queries: Mapping[str, tuple[Query, ...]] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
