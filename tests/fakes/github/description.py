"""Checks requests and answers against GitHub's official description, where the folder has one.

PLATFORM_TEST_OPENAPI names the folder; without it nothing is checked, and the tests say so.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

from tests.fakes import descriptions

FILE: Final = "github.schema-only.json"
ABSENT: Final = descriptions.absent(FILE)
OUTSIDE: Final = frozenset({"GET /repos/{owner}/{repo}/collaborators"})
"""Asked by the adapter and real, but not in the cut of the description."""
_REFUSED: Final = 400
# Every operation may answer these, and the description does not repeat them.
_ANYWHERE: Final = frozenset({301, 307, 401, 403, 404, 408, 409, 422, 429, 500, 502, 503, 504})


def folder() -> Path | None:
    """The folder that holds the description, or None."""
    return descriptions.file(FILE)


class Description:
    """The operations of the description, each with what it takes and answers."""

    def __init__(self, document: dict[str, Any]) -> None:
        from jsonschema import Draft202012Validator
        from referencing import Registry
        from referencing.jsonschema import DRAFT202012

        self._document = _nullable(document)
        resource = DRAFT202012.create_resource(self._document)
        self._registry: Registry[Any] = Registry().with_resource("urn:github", resource)
        self._validator = Draft202012Validator
        self._known: list[tuple[re.Pattern[str], str]] = [
            (re.compile(_pattern(path)), path)
            for path in sorted(document["paths"], key=lambda path: (path.count("{"), -len(path)))
        ]
        self.checked: set[str] = set()

    def operation(self, method: str, path: str) -> str | None:
        """The path as the description writes it; None for one outside of the cut."""
        for pattern, written in self._known:
            if pattern.match(path) and method.lower() in self._document["paths"][written]:
                return written
        return None

    def wrong_request(
        self, method: str, path: str, query: Mapping[str, str], body: Any
    ) -> list[str]:
        """What is wrong with a request."""
        written = self.operation(method, path)
        if written is None:
            if path.startswith("/repositories/"):  # where a renamed repository leads
                return []
            outside = any(self._outside(method, path, known) for known in OUTSIDE)
            return [] if outside else [f"{method} {path} is not in the description"]
        operation = self._document["paths"][written][method.lower()]
        named = [self._deref(one) for one in operation.get("parameters", ())]
        known = {one["name"] for one in named if one["in"] == "query"}
        wrong = [f"{method} {path}: no parameter {name}" for name in query if name not in known]
        self.checked.add(f"{method} {written}")
        place = ("requestBody", "content", "application/json", "schema")
        schema = _at(operation, place)
        if schema is None or body is None:
            needed = operation.get("requestBody", {}).get("required") and body is None
            return [*wrong, *([f"{method} {path}: a body is needed"] if needed else [])]
        properties = self._deref(schema).get("properties")
        if isinstance(body, dict) and properties:
            wrong += [f"{method} {path}: no key {key}" for key in body if key not in properties]
        pointer = f"paths/{_escaped(written)}/{method.lower()}/{'/'.join(map(_escaped, place))}"
        return [*wrong, *self._against(pointer, body, f"{method} {path}")]

    def wrong_answer(self, method: str, path: str, status: int, body: Any) -> list[str]:
        """What is wrong with an answer of the fake's."""
        written = self.operation(method, path)
        if written is None:
            return []
        responses = self._document["paths"][written][method.lower()]["responses"]
        found = responses.get(str(status))
        if found is None:
            known = status in _ANYWHERE
            return [] if known else [f"{method} {path} never answers {status}"]
        found = self._deref(found)
        if _at(found, ("content", "application/json", "schema")) is None:
            empty = body is None or status >= _REFUSED
            return [] if empty else [f"{method} {path}: {status} has no body"]
        pointer = f"paths/{_escaped(written)}/{method.lower()}/responses/{status}"
        if "$ref" in responses[str(status)]:
            pointer = responses[str(status)]["$ref"].removeprefix("#/")
        pointer += "/content/application~1json/schema"
        return self._against(pointer, body, f"answer to {method} {path}")

    def _outside(self, method: str, path: str, known: str) -> bool:
        verb, _, written = known.partition(" ")
        return verb == method and bool(re.fullmatch(_pattern(written), path))

    def _against(self, pointer: str, value: Any, what: str) -> list[str]:
        schema = {"$ref": f"urn:github#/{pointer}"}
        errors = self._validator(schema, registry=self._registry).iter_errors(value)
        return [f"{what}: {error.json_path} {error.message[:300]}" for error in errors]

    def _deref(self, node: Any) -> Any:
        while "$ref" in node:
            node = _at(self._document, tuple(node["$ref"].removeprefix("#/").split("/")))
        return node


@cache
def _loaded(path: Path) -> Description:
    return Description(json.loads(path.read_text(encoding="utf-8")))


def description() -> Description | None:
    """The description, read once; None where there is none."""
    found = folder()
    return None if found is None else _loaded(found)


def _at(node: Any, path: tuple[str, ...]) -> Any:
    for part in path:
        node = node.get(part) if isinstance(node, dict) else None
    return node


def _escaped(part: str) -> str:
    escaped = part.replace("~", "~0").replace("/", "~1")
    return escaped.replace("{", "%7B").replace("}", "%7D")


def _pattern(path: str) -> str:
    """A path of the description as a pattern; a branch or file at its end may have slashes."""
    parts = re.split(r"\{[^}]+\}", path)
    pattern = "[^/]+".join(re.escape(part) for part in parts)
    whole = path.endswith(("{ref}", "{path}"))
    return (pattern.removesuffix("[^/]+") + ".+" if whole else pattern) + "$"


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
