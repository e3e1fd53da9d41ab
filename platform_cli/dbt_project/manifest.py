"""The manifest that dbt leaves in its target folder: the same facts, as dbt has resolved them.

Believed for a model only while it says what the files say; what it adds is what the files leave to
Jinja, and the compiled query.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from platform_cli.dbt_project.model import Column, Constraint, Model, Source, Test
from platform_cli.dbt_project.properties import known_test

VERSIONS: Final = (10, 11, 12)
_VERSION: Final = re.compile(r"/v([0-9]{1,4})\.json")


class UnusableError(ValueError):
    """A text that is no manifest that is known here."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What the manifest says of the project's own models, by the path of their files."""

    adapter: str | None
    models: Mapping[str, Model] = field(default_factory=dict)
    raw: Mapping[str, str] = field(default_factory=dict)
    """The template of each model, as it was when the manifest was written."""


def read_manifest(data: bytes, path: str) -> Manifest:
    """The manifest. Raises UnusableError."""
    try:
        document = json.loads(data)
    except RecursionError:
        raise UnusableError("it is nested too deeply") from None
    except ValueError:
        raise UnusableError("it is not JSON") from None
    metadata = _mapping(document, "metadata")
    found = _VERSION.search(_text(metadata, "dbt_schema_version") or "")
    if found is None or int(found[1]) not in VERSIONS:
        known = ", ".join(f"v{one}" for one in VERSIONS)
        raise UnusableError(f"it is of a version that is not known here ({known} are)")
    nodes = [one for one in _mapping(document, "nodes").values() if isinstance(one, dict)]
    tests: dict[str, list[Test]] = {}
    for node in nodes:
        if node.get("resource_type") == "test":
            for about, test in _test(node, path):
                tests.setdefault(about, []).append(test)
    models, raw = {}, {}
    for node in nodes:
        where = _text(node, "original_file_path")
        if node.get("resource_type") != "model" or where is None:
            continue
        where = where.replace("\\", "/")
        models[where] = _model(node, where, path, tests)
        raw[where] = _text(node, "raw_code") or ""
    return Manifest(_text(metadata, "adapter_type"), models, raw)


def _model(node: dict[str, Any], where: str, path: str, tests: Mapping[str, list[Test]]) -> Model:
    config = _mapping(node, "config")
    source = Source(path)
    columns = [one for one in _mapping(node, "columns").values() if isinstance(one, dict)]
    named = [(name, one) for one in columns if (name := _text(one, "name")) is not None]
    constraints = [c for name, one in named for c in _constraints(one, source, (name,))]
    enforced = _mapping(config, "contract").get("enforced")
    return Model(
        _text(node, "name") or "",
        where,
        source,
        version=str(node["version"]) if node.get("version") is not None else None,
        alias=_text(node, "alias"),
        columns=tuple(Column(name, _text(one, "data_type"), source) for name, one in named),
        constraints=(*_constraints(node, source, ()), *constraints),
        tests=tuple(tests.get(_text(node, "unique_id") or "", ())),
        enforced=enforced if isinstance(enforced, bool) else False,
        materialized=_text(config, "materialized"),
        sql=_text(node, "compiled_code"),
    )


def _constraints(
    node: Mapping[str, Any], source: Source, columns: tuple[str, ...]
) -> Iterator[Constraint]:
    for one in _list(node, "constraints"):
        kind = _text(one, "type")
        if kind is not None:
            own = tuple(name for name in _entries(one, "columns") if isinstance(name, str))
            expression, name = _text(one, "expression"), _text(one, "name")
            yield Constraint(kind.lower(), own or columns, source, expression, name)


def _test(node: dict[str, Any], path: str) -> Iterator[tuple[str, Test]]:
    about = _text(node, "attached_node")
    if about is None:
        above = _entries(_mapping(node, "depends_on"), "nodes")
        if len(above) != 1 or not isinstance(above[0], str):
            return
        about = above[0]
    metadata = _mapping(node, "test_metadata")
    name = _text(metadata, "name")
    if name is None:
        return
    config = {key: one for key, one in _mapping(node, "config").items() if one is not None}
    said = {**_mapping(metadata, "kwargs"), **config}
    test = known_test(name, said, Source(path), _text(node, "column_name"))
    if test is not None:
        yield about, test


def _mapping(node: Any, key: str) -> dict[str, Any]:
    entry = node.get(key) if isinstance(node, dict) else None
    return entry if isinstance(entry, dict) else {}


def _entries(node: Mapping[str, Any], key: str) -> list[Any]:
    entry = node.get(key)
    return entry if isinstance(entry, list) else []


def _list(node: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
    return [one for one in _entries(node, key) if isinstance(one, dict)]


def _text(node: Mapping[str, Any], key: str) -> str | None:
    entry = node.get(key)
    return entry if isinstance(entry, str) else None
