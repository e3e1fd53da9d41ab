"""One commit to an Iceberg table, from what differs: the same for every Iceberg catalog.

Imports pyiceberg: imported where a commit is made.
"""

from __future__ import annotations

from uuid import UUID

from pyiceberg.table import Table
from pyiceberg.table.update import (
    AddSchemaUpdate,
    AssertTableUUID,
    RemovePropertiesUpdate,
    SetCurrentSchemaUpdate,
    SetPropertiesUpdate,
    TableUpdate,
)

from platform_cli.providers.catalog.tables import Difference


def of(
    table: Table, differs: Difference
) -> tuple[tuple[AssertTableUUID, ...], tuple[TableUpdate, ...]]:
    """What must hold, and what is set: schema and properties together."""
    made: tuple[TableUpdate, ...] = ()
    if differs.fields is not None:
        number = max(one.schema_id for one in table.metadata.schemas) + 1
        schema = {"type": "struct", "schema-id": number, "fields": differs.fields}
        # By its place, not its number: a server may number schemas as it likes.
        last_added = SetCurrentSchemaUpdate.model_validate({"schema-id": -1})
        made = (AddSchemaUpdate.model_validate({"schema": schema}), last_added)
    if differs.removals:
        made = (*made, RemovePropertiesUpdate(removals=sorted(differs.removals)))
    if differs.updates:
        made = (*made, SetPropertiesUpdate(updates=dict(differs.updates)))
    return (AssertTableUUID(uuid=UUID(str(table.metadata.table_uuid))),), made
