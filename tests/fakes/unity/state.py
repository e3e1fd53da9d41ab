"""What the fake Unity Catalog keeps, and what a test may ask of it: faults, delays, pages, rights.

It is Databricks' flavour unless told otherwise: `guarded` is the open-source server with its
authorization, `open` the same without, which grants everything to everybody and keeps no grant.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import count
from threading import Event, RLock
from typing import Any, Final, Literal

TOKEN: Final = "canary-unity-token"  # noqa: S105 - a secret of the fake alone
CLIENT: Final = ("canary-client", "canary-secret")
CALLER: Final = "platform@example.org"

Json = dict[str, Any]
FlavourName = Literal["databricks", "guarded", "open"]
Kind = Literal["catalog", "schema"]


@dataclass(frozen=True, slots=True)
class Call:
    """One request, as it came in."""

    method: str
    path: str
    query: Mapping[str, list[str]]
    body: Any

    @property
    def mutating(self) -> bool:
        """Whether it is there to change something."""
        return self.method != "GET" and not self.path.startswith("/oidc")

    def asked(self, name: str) -> str | None:
        """A parameter of the query."""
        found = self.query.get(name)
        return found[0] if found else None


@dataclass(slots=True)
class Fault:
    """What happens to calls that match: an answer instead, no answer, or none in time."""

    when: Literal["before", "after"]
    kind: int | Literal["drop", "hang", "cut"]
    headers: Mapping[str, str] = field(default_factory=dict)
    match: Callable[[Call], bool] = lambda call: call.mutating
    skip: int = 0
    """So many that match are left alone first."""
    times: int = 1
    hit: int = 0


@dataclass(slots=True)
class State:
    """One metastore."""

    base: str = ""
    flavour: FlavourName = "databricks"
    page_size: int = 100
    empty_pages: bool = False
    """Whether a listing begins with a page that has nothing but a token."""
    hidden_reads: int = 0
    """How many reads do not show what is new."""
    storage_root: str | None = "s3://acme/unity"
    principals: set[str] | None = None
    """Who exists; None: whoever is named."""
    lacks: set[str] = field(default_factory=set)
    """The caller's missing privileges: CREATE_CATALOG, CREATE_SCHEMA, MANAGE, APPLY_TAG."""
    owner: str = "metastore-admins"
    catalogs: dict[str, Json] = field(default_factory=dict)
    schemas: dict[str, Json] = field(default_factory=dict)
    tables: dict[str, Json] = field(default_factory=dict)
    tags: dict[str, dict[str, str]] = field(default_factory=dict)
    grants: dict[tuple[str, str], dict[str, set[str]]] = field(default_factory=dict)
    nested: dict[tuple[str, str], dict[str, set[str]]] = field(default_factory=dict)
    """What holds by other ways than grants on the thing and above it: groups within groups."""
    faults: list[Fault] = field(default_factory=list)
    calls: list[tuple[Call, int]] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    """Everything that does not agree with the published description."""
    unseen: dict[str, int] = field(default_factory=dict)
    lock: RLock = field(default_factory=RLock)
    over: Event = field(default_factory=Event)
    _numbers: Any = field(default_factory=lambda: count(1))

    @property
    def mutations(self) -> list[Call]:
        """The calls that changed something."""
        return [call for call, status in self.calls if call.mutating and 200 <= status < 300]

    @property
    def attempts(self) -> list[Call]:
        """The calls that were there to change something, whatever became of them."""
        return [call for call, _ in self.calls if call.mutating]

    def new_id(self) -> str:
        """An id as the service gives them."""
        return f"00000000-0000-4000-8000-{next(self._numbers):012d}"

    def add_catalog(self, name: str, properties: Mapping[str, str] | None = None) -> Json:
        """A catalog, whoever made it."""
        shown: Json = {"name": name, "id": self.new_id(), "properties": dict(properties or {})}
        shown |= {"owner": CALLER, "comment": ""}
        if self.storage_root:
            shown["storage_root"] = self.storage_root
        self.catalogs[name] = shown
        self.grants[("catalog", name)] = {}
        return shown

    def add_schema(
        self, catalog: str, name: str, properties: Mapping[str, str] | None = None
    ) -> Json:
        """A schema, whoever made it."""
        full = f"{catalog}.{name}"
        shown: Json = {"name": name, "catalog_name": catalog, "full_name": full}
        shown |= {"schema_id": self.new_id(), "properties": dict(properties or {})}
        self.schemas[full] = shown | {"owner": CALLER, "comment": ""}
        self.grants[("schema", full)] = {}
        self.tags[full] = {}
        return self.schemas[full]

    def build(self, schema: str, name: str, *columns: str) -> Json:
        """A table as dbt's build makes it, or makes it anew: tags outlive that, properties do not."""
        catalog, _, within = schema.partition(".")
        listed = [
            {"name": one, "type_text": "string", "type_json": '"string"', "position": place}
            for place, one in enumerate(columns or ("id",))
        ]
        shown: Json = {"name": name, "catalog_name": catalog, "schema_name": within}
        shown |= {"table_type": "MANAGED", "data_source_format": "DELTA", "columns": listed}
        self.tables[f"{schema}.{name}"] = shown | {"properties": {"delta.minReaderVersion": "1"}}
        return shown

    def fault(self, call: Call) -> Fault | None:
        """The fault that this call meets, if one does."""
        with self.lock:
            for fault in self.faults:
                if not fault.match(call):
                    continue
                fault.hit += 1
                if fault.skip < fault.hit <= fault.skip + fault.times:
                    return fault
        return None

    def hide(self, key: str) -> None:
        """What was just made does not show to the next reads."""
        if self.hidden_reads:
            self.unseen[key] = self.hidden_reads

    def shows(self, key: str) -> bool:
        """Whether a read shows it by now."""
        left = self.unseen.get(key, 0)
        if left:
            self.unseen[key] = left - 1
        return not left
