"""How Databricks' Unity Catalog and the open-source server differ: all of it, and only here.

Nobody sets which one it is: the catalog's own summary of itself tells.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

Grants = Literal["permissions", "recorded"]


@dataclass(frozen=True, slots=True)
class Flavour:
    """What one of the two does its own way."""

    name: str
    grants: Grants
    """Where grants are: permissions, or written down beside the marker and held by nobody."""
    effective: bool
    """Whether it tells what a principal may do in the end, inherited privileges included."""
    tag_assignments: bool
    """Whether it has tags; else they are properties."""
    spaced: bool
    """Whether a privilege is written `USE CATALOG` instead of `USE_CATALOG`."""
    paged_permissions: bool
    """Whether its lists of permissions come in pages."""
    storage_root: str | None
    """Where a table's files are said to be when neither schema nor catalog names a place."""

    def privilege(self, name: str) -> str:
        """A privilege as this one writes it."""
        return name.replace("_", " ") if self.spaced else name

    @staticmethod
    def word(written: str) -> str:
        """A privilege as it is called here, however it was written."""
        return written.replace(" ", "_").upper()


DATABRICKS: Final = Flavour(
    name="Databricks",
    grants="permissions",
    effective=True,
    tag_assignments=True,
    spaced=False,
    paged_permissions=True,
    storage_root=None,
)
GUARDED: Final = Flavour(
    name="Unity Catalog (open source)",
    grants="permissions",
    effective=False,
    tag_assignments=False,
    spaced=True,
    paged_permissions=False,
    storage_root="file:///unity-catalog",
)
OPEN: Final = Flavour(
    name="Unity Catalog (open source), which asks nobody who they are",
    grants="recorded",
    effective=False,
    tag_assignments=False,
    spaced=True,
    paged_permissions=False,
    storage_root="file:///unity-catalog",
)


def is_databricks(summary: Mapping[str, Any]) -> bool:
    """Whether a metastore's summary is Databricks': the open-source one tells an id alone."""
    return bool(summary.get("global_metastore_id") or summary.get("cloud"))
