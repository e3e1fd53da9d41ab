"""Checks requests and answers against Unity Catalog's published description, where the folder has it.

PLATFORM_TEST_OPENAPI names the folder; without it nothing is checked, and the tests say so. It is
the open-source server's: what Databricks has beside it, and its other spelling of privileges, are
not in there and are left alone.
"""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any, Final

from tests.fakes import descriptions
from tests.fakes.unity.state import Call, State

FILE: Final = "unitycatalog.trimmed.json"
ABSENT: Final = descriptions.absent(FILE)
_NAME: Final = "urn:unity-catalog"
_BASE: Final = "/api/2.1/unity-catalog"
_DATABRICKS: Final = re.compile(
    r"/oidc/.*|/api/2\.0/.*|.*/(effective-permissions|entity-tag-assignments)(/.*)?"
)


def folder() -> Path | None:
    """The folder that holds the description, or None."""
    found = descriptions.file(FILE)
    return found.parent if found is not None else None


def wrong_request(state: State, call: Call) -> list[str]:
    """What is wrong with a request."""
    document, operation, parameters = _operation(state, call)
    if document is None:
        return []
    what = f"{call.method} {call.path}"
    if operation is None:
        return [f"{what} is not in the description"]
    known = {one["name"] for one in parameters if one.get("in") == "query"}
    wrong = [f"{what}: no parameter {name}" for name in call.query if name not in known]
    content = operation.get("requestBody", {}).get("content", {})
    schema = content.get("application/json", {}).get("schema")
    if schema is None or call.body is None:
        return wrong
    extra = set(call.body) - set(_deref(document, schema).get("properties", {}))
    wrong += [f"{what}: no field {name}" for name in sorted(extra)]
    return [*wrong, *_against(schema, call.body, what)]


def wrong_answer(state: State, call: Call, status: int, body: Any) -> list[str]:
    """What is wrong with an answer of the fake's. The description has no errors in it."""
    document, operation, _ = _operation(state, call)
    if document is None or operation is None or status >= 400:
        return []
    found = operation["responses"].get(str(status))
    if found is None:
        return [f"{call.method} {call.path} never answers {status}"]
    schema = found.get("content", {}).get("application/json", {}).get("schema")
    if schema is None or body is None:
        return []
    return _against(schema, body, f"answer {status} to {call.method} {call.path}")


def _operation(state: State, call: Call) -> tuple[Any, Any, list[Any]]:
    place = folder()
    if place is None or _DATABRICKS.fullmatch(call.path):
        return None, None, []
    if state.flavour == "databricks" and "/permissions/" in call.path:
        return None, None, []
    document = _loaded(place / FILE)
    path = call.path.removeprefix(_BASE)
    for written, operations in sorted(document["paths"].items(), key=lambda one: "{" in one[0]):
        if re.fullmatch(re.sub(r"\{[^}]+\}", "[^/]+", written), path):
            operation = operations.get(call.method.lower())
            parameters = operations.get("parameters", []) + (operation or {}).get("parameters", [])
            return document, operation, [_deref(document, one) for one in parameters]
    return document, None, []


@cache
def _loaded(path: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return document


def _against(schema: Any, value: Any, what: str) -> list[str]:
    absolute = {"$ref": f"{_NAME}{schema['$ref']}"} if "$ref" in schema else schema
    errors = _validator().evolve(schema=absolute).iter_errors(value)
    return [f"{what}: {error.json_path} {error.message[:300]}" for error in errors]


def _deref(document: Any, node: Any) -> Any:
    while isinstance(node, dict) and "$ref" in node:
        found: Any = document
        for part in node["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        node = found
    return node


@cache
def _validator() -> Any:
    from jsonschema import Draft202012Validator
    from referencing import Registry
    from referencing.jsonschema import DRAFT202012

    place = folder()
    assert place is not None
    resource = DRAFT202012.create_resource(_loaded(place / FILE))
    registry: Registry[Any] = Registry().with_resource(_NAME, resource)
    return Draft202012Validator({}, registry=registry)
