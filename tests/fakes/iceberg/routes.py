"""What the fake Iceberg REST catalog answers to each call. Refuses what Iceberg's own server does.

Tables' metadata are made and changed by pyiceberg's own functions, as an in-process catalog would.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, unquote

from tests.fakes.iceberg.state import CLIENT, SEPARATOR, TOKEN, Call, Json, Namespace, State

_NEXT = "next-page-token"


@dataclass(slots=True)
class Reply:
    """One answer."""

    status: int
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)


def refused(status: int, kind: str, message: str = "The fake says no.") -> Reply:
    """An error as Iceberg's description words it."""
    return Reply(status, {"error": {"message": message, "type": kind, "code": status}})


def answered(state: State, call: Call, authorization: str | None) -> Reply:
    """The answer, and its effect."""
    path = call.path.removeprefix("/iceberg")
    if path == "/v1/oauth/tokens":
        return _token(state, call)
    if state.guarded and authorization not in {f"Bearer {token}" for token in state.tokens}:
        return refused(401, "NotAuthorizedException", "Not authorized.")
    if path == "/v1/config":
        return _config(state, call)
    own = f"/v1/{state.prefix}/" if state.prefix else "/v1/"
    for method, pattern, route in _ROUTES:
        found = re.fullmatch(re.escape(own) + pattern, path)
        if found and method == call.method:
            return route(state, call, *map(unquote, found.groups()))
    return refused(400, "BadRequestException", f"No route for {call.method} {call.path}")


def _token(state: State, call: Call) -> Reply:
    form = {key: one[0] for key, one in parse_qs(call.body or "").items()}
    if (form.get("client_id"), form.get("client_secret")) != CLIENT:
        return Reply(401, {"error": "invalid_client", "error_description": "No."})
    if form.get("scope") not in state.scopes:
        return Reply(400, {"error": "invalid_scope", "error_description": "No such scope."})
    body = {"access_token": TOKEN, "token_type": "bearer", "expires_in": 3600}
    return Reply(200, body)


def _config(state: State, call: Call) -> Reply:
    if state.warehouse is not None and call.asked("warehouse") != state.warehouse:
        return refused(404, "NotFoundException", "Unable to find warehouse.")
    prefix = {"prefix": state.prefix} if state.prefix else {}
    return Reply(200, {"defaults": {}, "overrides": prefix | state.overrides})


def _parts(written: str) -> Namespace:
    return tuple(written.split(SEPARATOR))


def _page(state: State, call: Call, key: str, found: list[Any]) -> Reply:
    token = call.asked("pageToken")
    if token is None and state.page_size >= len(found):
        return Reply(200, {key: found})
    start = int(token or 0)
    more = start + state.page_size < len(found)
    following = {_NEXT: str(start + state.page_size)} if more else {}
    return Reply(200, {key: found[start : start + state.page_size]} | following)


def _list(state: State, call: Call) -> Reply:
    if "list" in state.forbidden:
        return refused(403, "ForbiddenException", "Principal may not list.")
    parent = _parts(call.asked("parent") or "") if call.asked("parent") else ()
    if parent and parent not in state.namespaces:
        return _no_namespace(parent)
    depth = len(parent) + 1
    found = [one for one in sorted(state.namespaces) if len(one) == depth and one[:-1] == parent]
    return _page(state, call, "namespaces", [list(one) for one in found if state.shows(one)])


def _create(state: State, call: Call) -> Reply:
    if "namespaces" in state.forbidden:
        return refused(403, "ForbiddenException", "Principal may not create namespaces.")
    place = tuple(call.body["namespace"])
    if place in state.namespaces:
        return refused(409, "AlreadyExistsException", f"Namespace already exists: {place}")
    if place[:-1] and place[:-1] not in state.namespaces:
        return _no_namespace(place[:-1])
    state.namespaces[place] = dict(call.body.get("properties") or {})
    state.hide(place)
    return Reply(200, {"namespace": list(place), "properties": state.namespaces[place]})


def _load(state: State, call: Call, written: str) -> Reply:
    place = _parts(written)
    if place not in state.namespaces or not state.shows(place):
        return _no_namespace(place)
    return Reply(200, {"namespace": list(place), "properties": state.namespaces[place]})


def _properties(state: State, call: Call, written: str) -> Reply:
    if "properties" in state.forbidden:
        return refused(403, "ForbiddenException", "Principal may not set properties.")
    place = _parts(written)
    if place not in state.namespaces:
        return _no_namespace(place)
    kept, removals = state.namespaces[place], call.body.get("removals") or []
    updates = call.body.get("updates") or {}
    if set(removals) & set(updates):
        return refused(422, "UnprocessableEntityException", "A key is set and removed.")
    gone = [key for key in removals if kept.pop(key, None) is not None]
    kept |= updates
    body = {"updated": sorted(updates), "removed": gone}
    return Reply(200, body | {"missing": sorted(set(removals) - set(gone))})


def _tables(state: State, call: Call, written: str) -> Reply:
    place = _parts(written)
    if place not in state.namespaces:
        return _no_namespace(place)
    found = [one for one in sorted(state.tables) if one[:-1] == place and state.shows(one)]
    entries = [{"namespace": list(one[:-1]), "name": one[-1]} for one in found]
    return _page(state, call, "identifiers", entries)


def _create_table(state: State, call: Call, written: str) -> Reply:
    if "tables" in state.forbidden:
        return refused(403, "ForbiddenException", "Principal may not create tables.")
    place = _parts(written)
    if place not in state.namespaces:
        return _no_namespace(place)
    one = (*place, call.body["name"])
    if one in state.tables or one in state.views:
        return refused(409, "AlreadyExistsException", f"Table already exists: {one}")
    state.tables[one] = new_table(one, call.body["schema"], call.body.get("properties") or {})
    state.hide(one)
    return _table(one, state.tables[one])


def new_table(one: Namespace, schema: Any, properties: dict[str, str]) -> Json:
    """The metadata of a table that nobody wrote to."""
    from pyiceberg.partitioning import UNPARTITIONED_PARTITION_SPEC
    from pyiceberg.schema import Schema
    from pyiceberg.table.metadata import new_table_metadata
    from pyiceberg.table.sorting import UNSORTED_SORT_ORDER

    metadata = new_table_metadata(
        Schema.model_validate(schema),
        UNPARTITIONED_PARTITION_SPEC,
        UNSORTED_SORT_ORDER,
        f"memory://warehouse/{'/'.join(one)}",
        properties,
    )
    made: Json = json.loads(metadata.model_dump_json())
    return made


def _load_table(state: State, call: Call, written: str, name: str) -> Reply:
    one = (*_parts(written), name)
    if one not in state.tables or not state.shows(one):
        return refused(404, "NoSuchTableException", f"Table does not exist: {one}")
    return _table(one, state.tables[one])


def _commit(state: State, call: Call, written: str, name: str) -> Reply:
    from pydantic import TypeAdapter
    from pyiceberg.exceptions import CommitFailedException
    from pyiceberg.table.metadata import TableMetadataUtil
    from pyiceberg.table.update import TableRequirement, TableUpdate, update_table_metadata

    if "tables" in state.forbidden:
        return refused(403, "ForbiddenException", "Principal may not change tables.")
    one = (*_parts(written), name)
    if one not in state.tables:
        return refused(404, "NoSuchTableException", f"Table does not exist: {one}")
    before = TableMetadataUtil.parse_obj(state.tables[one])
    requirements: Any = TypeAdapter(tuple[TableRequirement, ...])
    updates: Any = TypeAdapter(tuple[TableUpdate, ...])
    try:
        for required in requirements.validate_python(call.body["requirements"]):
            required.validate(before)
    except CommitFailedException as error:
        return refused(409, "CommitFailedException", str(error))
    after = update_table_metadata(before, updates.validate_python(call.body["updates"]))
    state.tables[one] = json.loads(after.model_dump_json())
    return _table(one, state.tables[one])


def _table(one: Namespace, metadata: Json) -> Reply:
    location = f"memory://warehouse/{'/'.join(one)}/metadata/1.json"
    return Reply(200, {"metadata-location": location, "metadata": metadata, "config": {}})


def _no_namespace(place: Namespace) -> Reply:
    return refused(404, "NoSuchNamespaceException", f"Namespace does not exist: {place}")


_ONE = r"namespaces/([^/]+)"
_ROUTES: list[tuple[str, str, Callable[..., Reply]]] = [
    ("GET", r"namespaces", _list),
    ("POST", r"namespaces", _create),
    ("GET", _ONE, _load),
    ("POST", rf"{_ONE}/properties", _properties),
    ("GET", rf"{_ONE}/tables", _tables),
    ("POST", rf"{_ONE}/tables", _create_table),
    ("GET", rf"{_ONE}/tables/([^/]+)", _load_table),
    ("POST", rf"{_ONE}/tables/([^/]+)", _commit),
]
