"""The kinds of documents that policies read, a JSON Schema for each, and how a kind is told.

The schemas say what a whole document looks like. The policies do not rely on them: each denies by
itself what it cannot read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, cast, get_args

from platform_cli.policies.reading import plain, read

Kind = Literal["contract", "pipeline", "lineage"]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)

_DRAFT: Final = "https://json-schema.org/draft/2020-12/schema"
_TEXT: Final = {"type": "string", "minLength": 1}
_TAGS: Final = {"type": "array", "items": {"type": "string"}}
_TABLE: Final = {"type": "string", "pattern": r"^[^.]+\.(raw|derived|product)\.[^.]+$"}

SCHEMAS: Final[Mapping[Kind, Mapping[str, Any]]] = {
    "contract": {
        "$schema": _DRAFT,
        "title": "A contract, as the JSON of its YAML; `platform-cli contract schema` says it all",
        "type": "object",
        "required": ["name", "schema"],
        "properties": {
            "kind": {"const": "contract"},
            "name": _TABLE,
            "tags": _TAGS,
            "retention_days": {"type": "integer", "minimum": 0},
            "schema": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["name"],
                    "properties": {"name": _TEXT, "tags": _TAGS, "mask": _TEXT},
                },
            },
        },
    },
    "pipeline": {
        "$schema": _DRAFT,
        "title": "A pipeline and the tables it reads",
        "type": "object",
        "required": ["kind", "name", "domain", "compute_region", "reads"],
        "properties": {
            "kind": {"const": "pipeline"},
            "name": _TABLE,
            "domain": _TEXT,
            "compute_region": _TEXT,
            "reads": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["name", "domain", "tier", "table", "tags"],
                    "properties": {
                        "name": _TABLE,
                        "domain": _TEXT,
                        "tier": {"enum": ["raw", "derived", "product"]},
                        "table": _TEXT,
                        "tags": _TAGS,
                    },
                },
            },
        },
    },
    "lineage": {
        "$schema": _DRAFT,
        "title": "Columns, the tags they declare and the columns they are made of",
        "type": "object",
        "required": ["kind", "columns"],
        "properties": {
            "kind": {"const": "lineage"},
            "columns": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["name", "tags", "derived_from"],
                    "properties": {
                        "name": _TEXT,
                        "tags": _TAGS,
                        "derived_from": {
                            "type": "array",
                            "items": {
                                "type": "object",
                                "required": ["column", "transform"],
                                "properties": {"column": _TEXT, "transform": {"type": "string"}},
                            },
                        },
                    },
                },
            },
            "unresolved": {"type": "array", "items": {"type": "string"}},
        },
    },
}


@dataclass(frozen=True, slots=True)
class Document:
    """One document to decide on. `unreadable` says why there is none; that is a denial, too."""

    path: str
    content: Any
    unreadable: str | None = None
    expected: Kind | None = None


def document(path: str, content: object, expected: Kind | None = None) -> Document:
    """A document that every engine reads alike, or one that says why it cannot be read.

    Bytes are those of a file: JSON or YAML by the end of its path.
    """
    try:
        found = read(path, content) if isinstance(content, bytes) else content
        return Document(path, plain(found), expected=expected)
    except ValueError as error:
        return Document(path, None, str(error), expected)


def kind_of(document: Document) -> Kind | None:
    """The document's kind; a document that names none is a contract. None: of no known kind."""
    content = document.content
    if not isinstance(content, dict) or "kind" not in content:
        return document.expected or "contract"
    said = content["kind"]
    if said not in KINDS or document.expected not in {None, said}:
        return None
    return cast("Kind", said)
