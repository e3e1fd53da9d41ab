"""The contract language as JSON Schema, for editors and other tools. Made of the same shapes."""

from __future__ import annotations

from typing import Any, Final

from platform_cli.contracts.language import CONTRACT

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_ABOUT: Final = (
    "What a table promises to those who read it. `contract validate` checks more than a schema can "
    "say: names that differ by case alone, nested types, a grain's columns, values that a type "
    "cannot hold, and the version against the change."
)


def schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of a contract."""
    return {
        "$schema": DIALECT,
        "title": "Data contract",
        "description": _ABOUT,
        **CONTRACT.schema(),
    }
