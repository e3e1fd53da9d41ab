"""Databricks' tags on a schema or a table: read all at once, each changed by a call of its own."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from platform_cli.providers.catalog.unity.api import Api, at

Kind = Literal["schemas", "tables"]

_ASSIGNMENTS: Final = "entity-tag-assignments"


@dataclass(frozen=True, slots=True)
class Tagging:
    """The tags of one metastore."""

    api: Api

    def on(self, kind: Kind, full: str) -> dict[str, str]:
        """Every tag on it, whoever assigned it."""
        found = self.api.pages(at(_ASSIGNMENTS, kind, full, "tags"), "tag_assignments")
        return {str(one["tag_key"]): str(one.get("tag_value") or "") for one in found or ()}

    def change(
        self, kind: Kind, full: str, updates: Mapping[str, str], removals: Collection[str] = ()
    ) -> None:
        """Set and take away where something differs, a call a tag; other tags stay."""
        before = self.on(kind, full)
        for key in sorted(before.keys() & set(removals)):
            self.api.send("DELETE", at(_ASSIGNMENTS, kind, full, "tags", key))
        for key, value in updates.items():
            if before.get(key) == value:
                continue
            named = {"entity_type": kind, "entity_name": full}
            body = {**named, "tag_key": key, "tag_value": value}
            if key in before:
                path = at(_ASSIGNMENTS, kind, full, "tags", key)
                self.api.send("PATCH", path, body, {"update_mask": "tag_value"})
            else:
                self.api.send("POST", at(_ASSIGNMENTS), body)
