"""Whether a manifest still speaks of the files as they are, and what it then adds to a model."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from platform_cli.dbt_project.jinja import evaluated
from platform_cli.dbt_project.manifest import Manifest
from platform_cli.dbt_project.model import Column, Constraint, Model, Test


def believed(model: Model, template: str | None, manifest: Manifest) -> Model:
    """The model with what the manifest adds, or saying why the manifest is not believed."""
    known = manifest.models.get(model.path)
    if known is None:
        return replace(model, stale="does not have the model as it is")
    raw = manifest.raw.get(model.path, "")
    if template is not None and raw.strip() != template.strip():
        return replace(model, stale="has an older query")
    different = next(_differences(model, known), None)
    if different is not None:
        return replace(model, stale=different)
    types = {one.name: one.data_type for one in known.columns}
    return replace(
        model,
        version=known.version,
        alias=known.alias,
        columns=tuple(_resolved(one, types) for one in model.columns),
        tests=tuple(_tested(model.tests, known.tests)),
        enforced=known.enforced,
        materialized=known.materialized,
        enabled=True,
        sql=known.sql if known.sql is not None else model.sql,
    )


def _resolved(column: Column, types: dict[str, str | None]) -> Column:
    if evaluated(column.data_type):
        return replace(column, data_type=types.get(column.name))
    return column


def _differences(model: Model, known: Model) -> Iterator[str]:
    """What the manifest says otherwise; what dbt had to evaluate cannot be compared."""
    ours = {one.name: one.data_type for one in model.columns}
    theirs = {one.name: one.data_type for one in known.columns}
    for name in dict.fromkeys((*ours, *theirs)):
        if (name in ours) != (name in theirs):
            yield f"has other columns ({name})"
        elif ours[name] != theirs[name] and not evaluated(ours[name]):
            yield f"has another type of {name}"
    if model.version != known.version:
        yield "has another version of the model"
    if _constraints(model.constraints) != _constraints(known.constraints):
        yield "has other constraints"
    if _tests(model.tests) != _tests(known.tests):
        yield "has other tests"


def _constraints(constraints: Iterable[Constraint]) -> set[tuple[str, tuple[str, ...], str]]:
    return {
        (one.kind, one.columns, "" if evaluated(one.expression) else one.expression or "")
        for one in constraints
    }


def _tests(tests: Iterable[Test]) -> set[tuple[str, tuple[str, ...]]]:
    return {(one.kind, one.columns) for one in tests}


def _tested(ours: Iterable[Test], theirs: Iterable[Test]) -> Iterator[Test]:
    """The tests with the place where they are written and the values that dbt has made of them."""
    places: dict[tuple[str, tuple[str, ...]], list[Test]] = {}
    for one in ours:
        places.setdefault((one.kind, one.columns), []).append(one)
    for one in theirs:
        written = places.get((one.kind, one.columns), [])
        place = written.pop(0) if len(written) > 1 else next(iter(written), one)
        values = place.values if place.values is not None else one.values
        yield replace(one, source=place.source, values=values)
