"""Checks requests and answers against PagerDuty's official descriptions, where the folder has them.

PLATFORM_TEST_OPENAPI names the folder; without it nothing is checked, and the tests say so.
"""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any, Final

from tests.fakes import descriptions
from tests.fakes.pagerduty.state import Call

FILE: Final = "pagerduty.schema-only.json"
ABSENT: Final = descriptions.absent(FILE)
_LISTS: Final = re.compile(r"\[\]$")
_ANYWHERE: Final = frozenset({404, 408, 409, 422, 500, 502, 503, 504})
_EVENTS: Final = "/v2/enqueue"


def folder() -> Path | None:
    """The folder that holds the descriptions, or None."""
    found = descriptions.file(FILE)
    return found.parent if found is not None else None


def wrong_request(call: Call) -> list[str]:
    """What is wrong with a request."""
    document, operation = _operation(call)
    if document is None:
        return []
    if operation is None:
        return [f"{call.method} {call.path} is not in the description"]
    known = {
        str(one["name"])
        for one in (_deref(document, one) for one in operation.get("parameters", ()))
        if one.get("in") == "query"
    }
    plain = {_LISTS.sub("", name) for name in known}
    wrong = [
        f"{call.method} {call.path}: no parameter {name}"
        for name in call.query
        if name not in known and _LISTS.sub("", name) not in plain
    ]
    content = _deref(document, operation.get("requestBody", {})).get("content", {})
    schema = content.get("application/json", {}).get("schema")
    if schema is None or not call.mutating:
        return wrong
    return [*wrong, *_against(document, schema, call.body, f"{call.method} {call.path}")]


def wrong_answer(call: Call, status: int, body: Any) -> list[str]:
    """What is wrong with an answer of the fake's."""
    document, operation = _operation(call)
    if document is None or operation is None:
        return []
    found = operation["responses"].get(str(status))
    if found is None:
        known = status in _ANYWHERE
        return [] if known else [f"{call.method} {call.path} never answers {status}"]
    content = _deref(document, found).get("content", {})
    schema = content.get("application/json", {}).get("schema")
    if schema is None or body is None:
        return []
    return _against(document, schema, body, f"answer {status} to {call.method} {call.path}")


def _operation(call: Call) -> tuple[dict[str, Any] | None, dict[str, Any] | None]:
    place = folder()
    if place is None:
        return None, None
    events = call.path == _EVENTS
    document = _loaded(place / ("pagerduty-events.json" if events else FILE))
    path = call.path.removeprefix("/v2") if events else call.path
    for written, operations in sorted(document["paths"].items(), key=lambda one: "{" in one[0]):
        pattern = re.sub(r"\{[^}]+\}", "[^/]+", written)
        if re.fullmatch(pattern, path) or re.fullmatch(pattern, call.path):
            return document, operations.get(call.method.lower())
    return document, None


@cache
def _loaded(path: Path) -> dict[str, Any]:
    document: dict[str, Any] = _nullable(json.loads(path.read_text(encoding="utf-8")))
    return document


def _nullable(node: Any) -> Any:
    """OpenAPI 3.0's `nullable` as JSON Schema says it."""
    if isinstance(node, list):
        return [_nullable(one) for one in node]
    if not isinstance(node, dict):
        return node
    changed = {key: _nullable(value) for key, value in node.items()}
    if changed.pop("nullable", None) is True:
        return {"anyOf": [changed, {"type": "null"}]}
    return changed


def _against(document: dict[str, Any], schema: Any, value: Any, what: str) -> list[str]:
    from jsonschema import Draft202012Validator

    # The components stand beside the schema, so that what it refers to is found.
    whole = {"allOf": [schema], "components": document["components"]}
    errors = Draft202012Validator(whole).iter_errors(value)
    return [f"{what}: {error.json_path} {error.message[:300]}" for error in errors]


def _deref(document: Any, node: Any) -> Any:
    while isinstance(node, dict) and "$ref" in node:
        found: Any = document
        for part in node["$ref"].removeprefix("#/").split("/"):
            found = found[part.replace("~1", "/").replace("~0", "~")]
        node = found
    return node
