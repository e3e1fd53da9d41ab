"""What the fake Unity Catalog answers to each call. Refuses what the real ones are known to."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from tests.fakes.unity.state import CALLER, CLIENT, TOKEN, Call, Json, State

BASE = "/api/2.1/unity-catalog"
LONGEST_TAG = 1_000
_KEY = re.compile(r"[^.,=/:\x00-\x1f-]{1,255}")
_NAME = re.compile(r"[^ ./\x00-\x1f\x7f]{1,255}")
_SPACED = re.compile(r"[A-Z]+( [A-Z]+)*")
_JOINED = re.compile(r"[A-Z]+(_[A-Z]+)*")


@dataclass(slots=True)
class Reply:
    """One answer."""

    status: int
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)


def refused(status: int, code: str, message: str = "The fake says no.") -> Reply:
    """An error as both services word it."""
    return Reply(status, {"error_code": code, "message": message})


def answered(state: State, call: Call, authorization: str | None) -> Reply:
    """The answer, and its effect."""
    if call.path.startswith("/oidc/"):
        return _oidc(state, call, authorization)
    if state.flavour != "open" and authorization != f"Bearer {TOKEN}":
        return refused(401, "UNAUTHENTICATED", "Credential was not sent or is not valid.")
    if call.path == "/api/2.0/preview/scim/v2/Me" and state.flavour == "databricks":
        return Reply(200, {"id": "1", "userName": CALLER, "groups": [{"display": "platform"}]})
    for method, pattern, route in _ROUTES:
        found = re.fullmatch(BASE + pattern, call.path)
        if found and method == call.method:
            if state.flavour != "databricks" and route in _DATABRICKS_ALONE:
                return refused(404, "NOT_FOUND")
            return route(state, call, *found.groups())
    return refused(404, "ENDPOINT_NOT_FOUND")


def _oidc(state: State, call: Call, authorization: str | None) -> Reply:
    if call.path == "/oidc/v1/token":
        return _token(state, authorization)
    endpoint = f"{state.base}/oidc/v1"
    body = {
        "authorization_endpoint": f"{endpoint}/authorize",
        "token_endpoint": f"{endpoint}/token",
    }
    return Reply(200, body)


def _token(state: State, authorization: str | None) -> Reply:
    from base64 import b64encode

    if authorization != f"Basic {b64encode(':'.join(CLIENT).encode()).decode()}":
        return Reply(401, {"error": "invalid_client", "error_description": "No."})
    body = {"access_token": TOKEN, "token_type": "Bearer", "expires_in": 3600, "scope": "all-apis"}
    return Reply(200, body)


def _summary(state: State, call: Call) -> Reply:
    body: Json = {"metastore_id": "11111111-0000-4000-8000-000000000000"}
    if state.flavour == "databricks":
        more = {"cloud": "aws", "region": "eu-1", "name": "main", "owner": state.owner}
        body |= more | {"global_metastore_id": f"aws:eu-1:{body['metastore_id']}"}
    return Reply(200, body)


def _page(state: State, call: Call, key: str, found: list[Json]) -> Reply:
    token = call.asked("page_token")
    if state.empty_pages and token is None:
        return Reply(200, {key: [], "next_page_token": "0"})
    start = int(token or 0)
    part = found[start : start + state.page_size]
    more = start + state.page_size < len(found)
    body: Json = {key: part} if part or state.flavour != "databricks" else {}
    return Reply(200, body | ({"next_page_token": str(start + state.page_size)} if more else {}))


def _shown(state: State, entries: dict[str, Json]) -> list[Json]:
    return [entries[name] for name in sorted(entries) if state.shows(name)]


def _catalogs(state: State, call: Call) -> Reply:
    return _page(state, call, "catalogs", _shown(state, state.catalogs))


def _schemas(state: State, call: Call) -> Reply:
    catalog = call.asked("catalog_name") or ""
    if catalog not in state.catalogs:
        return refused(404, "CATALOG_DOES_NOT_EXIST" if _dbx(state) else "NOT_FOUND")
    within = {k: v for k, v in state.schemas.items() if v["catalog_name"] == catalog}
    return _page(state, call, "schemas", _shown(state, within))


def _tables(state: State, call: Call) -> Reply:
    full = f"{call.asked('catalog_name')}.{call.asked('schema_name')}"
    if full not in state.schemas:
        return refused(404, "SCHEMA_DOES_NOT_EXIST" if _dbx(state) else "NOT_FOUND")
    within = {k: v for k, v in state.tables.items() if k.rpartition(".")[0] == full}
    return _page(state, call, "tables", _shown(state, within))


def _one(kind: str) -> Callable[[State, Call, str], Reply]:
    def route(state: State, call: Call, name: str) -> Reply:
        entries = {"catalog": state.catalogs, "schema": state.schemas, "table": state.tables}[kind]
        if name not in entries or not state.shows(name):
            missing = f"{kind.upper()}_DOES_NOT_EXIST" if _dbx(state) else "NOT_FOUND"
            return refused(404, missing, f"{kind} '{name}' does not exist.")
        return Reply(200, entries[name])

    return route


def _new_catalog(state: State, call: Call) -> Reply:
    name = call.body["name"]
    if "CREATE_CATALOG" in state.lacks:
        return refused(403, "PERMISSION_DENIED", "User does not have CREATE CATALOG on Metastore.")
    if not _NAME.fullmatch(name):
        return refused(400, "INVALID_PARAMETER_VALUE")
    if name in state.catalogs:
        return refused(400, "CATALOG_ALREADY_EXISTS", f"Catalog '{name}' already exists")
    made = state.add_catalog(name, call.body.get("properties"))
    made["comment"] = call.body.get("comment", "")
    state.hide(name)
    return Reply(200, made)


def _new_schema(state: State, call: Call) -> Reply:
    catalog, name = call.body["catalog_name"], call.body["name"]
    if "CREATE_SCHEMA" in state.lacks:
        return refused(403, "PERMISSION_DENIED", "User does not have CREATE SCHEMA on Catalog.")
    if catalog not in state.catalogs:
        return refused(404, "CATALOG_DOES_NOT_EXIST" if _dbx(state) else "NOT_FOUND")
    if not _NAME.fullmatch(name):
        return refused(400, "INVALID_PARAMETER_VALUE")
    if f"{catalog}.{name}" in state.schemas:
        return refused(400, "SCHEMA_ALREADY_EXISTS", f"Schema '{name}' already exists")
    made = state.add_schema(catalog, name, call.body.get("properties"))
    made["comment"] = call.body.get("comment", "")
    state.hide(made["full_name"])
    return Reply(200, made)


def _changed_schema(state: State, call: Call, full: str) -> Reply:
    if "MANAGE" in state.lacks:
        return refused(403, "PERMISSION_DENIED", "User is not an owner of Schema.")
    if full not in state.schemas:
        return refused(404, "SCHEMA_DOES_NOT_EXIST" if _dbx(state) else "NOT_FOUND")
    # All of them are replaced, and none at all change nothing.
    if call.body.get("properties"):
        state.schemas[full]["properties"] = dict(call.body["properties"])
    return Reply(200, state.schemas[full])


def _new_table(state: State, call: Call) -> Reply:
    body = call.body
    above = f"{body['catalog_name']}.{body['schema_name']}"
    full = f"{above}.{body['name']}"
    if above not in state.schemas:
        return refused(404, "SCHEMA_DOES_NOT_EXIST" if _dbx(state) else "NOT_FOUND")
    if full in state.tables:
        return refused(400, "TABLE_ALREADY_EXISTS", f"Table '{full}' already exists")
    if body["table_type"] != "EXTERNAL" or not body.get("storage_location"):
        return refused(400, "INVALID_PARAMETER_VALUE", "Storage location is required.")
    state.tables[full] = {**body, "table_id": state.new_id(), "created_at": 1, "updated_at": 1}
    state.hide(full)
    return Reply(200, state.tables[full])


def _no_table(state: State, call: Call, full: str) -> Reply:
    state.tags.pop(full, None)
    if state.tables.pop(full, None) is None:
        return refused(404, "TABLE_DOES_NOT_EXIST" if _dbx(state) else "NOT_FOUND")
    return Reply(200, {})


def _permissions(state: State, call: Call, kind: str, name: str) -> Reply:
    return _assignments(state, call, kind, name, lambda privilege: privilege, direct=True)


def _effective(state: State, call: Call, kind: str, name: str) -> Reply:
    def entry(privilege: str) -> Json:
        return {"privilege": privilege}

    return _assignments(state, call, kind, name, entry, direct=False)


def _assignments(
    state: State, call: Call, kind: str, name: str, entry: Callable[[str], Any], *, direct: bool
) -> Reply:
    if kind != "metastore" and (kind, name) not in state.grants:
        return refused(404, f"{kind.upper()}_DOES_NOT_EXIST" if _dbx(state) else "NOT_FOUND")
    above = [("catalog", name.partition(".")[0])] if kind == "schema" and not direct else []
    found: dict[str, set[str]] = {}
    for key in [(kind, name), *above]:
        for principal, held in state.grants.get(key, {}).items():
            found.setdefault(principal, set()).update(held)
    if not direct:
        for principal, held in state.nested.get((kind, name), {}).items():
            found.setdefault(principal, set()).update(held)
    wanted = call.asked("principal")
    spoken: Callable[[str], str] = (lambda p: p) if _dbx(state) else (lambda p: p.replace("_", " "))
    listed = [
        {"principal": principal, "privileges": [entry(spoken(one)) for one in sorted(held)]}
        for principal, held in sorted(found.items())
        if held and wanted in {None, principal}
    ]
    if "max_results" not in call.query:
        return Reply(200, {"privilege_assignments": listed})
    return _page(state, call, "privilege_assignments", listed)


def _granted(state: State, call: Call, kind: str, name: str) -> Reply:
    if "MANAGE" in state.lacks:
        return refused(403, "PERMISSION_DENIED", "User does not have MANAGE.")
    if (kind, name) not in state.grants:
        return refused(404, f"{kind.upper()}_DOES_NOT_EXIST" if _dbx(state) else "NOT_FOUND")
    for change in call.body["changes"]:
        principal = change["principal"]
        if state.principals is not None and principal not in state.principals:
            code = "PRINCIPAL_DOES_NOT_EXIST" if _dbx(state) else "NOT_FOUND"
            return refused(404, code, f"Could not find principal with name {principal}")
        if not _dbx(state) and not {"add", "remove"} <= change.keys():
            return refused(500, "INTERNAL", "null")
        if not _well_written(state, [*change.get("add", ()), *change.get("remove", ())]):
            return refused(400, "INVALID_PARAMETER_VALUE", "No such privilege.")
    if state.flavour != "open":
        for change in call.body["changes"]:
            held = state.grants[(kind, name)].setdefault(change["principal"], set())
            held.update(one.replace(" ", "_") for one in change.get("add", ()))
            held.difference_update(one.replace(" ", "_") for one in change.get("remove", ()))
    return _permissions(state, Call("GET", call.path, {}, None), kind, name)


def _well_written(state: State, privileges: Iterable[str]) -> bool:
    form = _JOINED if _dbx(state) else _SPACED
    return all(form.fullmatch(one) for one in privileges)


def _tags(state: State, call: Call, kind: str, full: str) -> Reply:
    if not _taggable(state, kind, full):
        return refused(404, f"{kind[:-1].upper()}_DOES_NOT_EXIST")
    tags = state.tags.get(full, {})
    listed = [_tag(kind, full, key, value) for key, value in sorted(tags.items())]
    return _page(state, call, "tag_assignments", listed)


def _new_tag(state: State, call: Call) -> Reply:
    kind, full, key = (call.body[name] for name in ("entity_type", "entity_name", "tag_key"))
    if "APPLY_TAG" in state.lacks:
        return refused(403, "PERMISSION_DENIED", "User does not have APPLY TAG.")
    if not _taggable(state, kind, full):
        return refused(404, f"{kind[:-1].upper()}_DOES_NOT_EXIST")
    value = call.body.get("tag_value", "")
    if not _KEY.fullmatch(key) or len(value) > LONGEST_TAG:
        return refused(400, "INVALID_PARAMETER_VALUE", "No such tag.")
    if key in state.tags.setdefault(full, {}):
        return refused(409, "ALREADY_EXISTS", "The tag is assigned already.")
    state.tags[full][key] = value
    return Reply(200, _tag(kind, full, key, value))


def _no_tag(state: State, call: Call, kind: str, full: str, key: str) -> Reply:
    if state.tags.get(full, {}).pop(unquote(key), None) is None:
        return refused(404, "TAG_DOES_NOT_EXIST")
    return Reply(200, {})


def _changed_tag(state: State, call: Call, kind: str, full: str, key: str) -> Reply:
    key = unquote(key)
    if key not in state.tags.get(full, {}) or call.asked("update_mask") != "tag_value":
        return refused(404, "TAG_DOES_NOT_EXIST")
    state.tags[full][key] = call.body.get("tag_value", "")
    return Reply(200, _tag(kind, full, key, state.tags[full][key]))


def _taggable(state: State, kind: str, full: str) -> bool:
    return full in {"schemas": state.schemas, "tables": state.tables}[kind]


def _tag(kind: str, full: str, key: str, value: str) -> Json:
    return {"entity_type": kind, "entity_name": full, "tag_key": key, "tag_value": value}


def _dbx(state: State) -> bool:
    return state.flavour == "databricks"


_KIND = "/(catalog|schema|metastore)/([^/]+)"
_TAGS = "/entity-tag-assignments"
_ROUTES: list[tuple[str, str, Callable[..., Reply]]] = [
    ("GET", "/metastore_summary", _summary),
    ("GET", "/catalogs", _catalogs),
    ("GET", "/catalogs/([^/]+)", _one("catalog")),
    ("POST", "/catalogs", _new_catalog),
    ("GET", "/schemas", _schemas),
    ("GET", "/schemas/([^/]+)", _one("schema")),
    ("POST", "/schemas", _new_schema),
    ("PATCH", "/schemas/([^/]+)", _changed_schema),
    ("GET", "/tables", _tables),
    ("GET", "/tables/([^/]+)", _one("table")),
    ("POST", "/tables", _new_table),
    ("DELETE", "/tables/([^/]+)", _no_table),
    ("GET", f"/permissions{_KIND}", _permissions),
    ("PATCH", f"/permissions{_KIND}", _granted),
    ("GET", f"/effective-permissions{_KIND}", _effective),
    ("GET", f"{_TAGS}/(schemas|tables)/([^/]+)/tags", _tags),
    ("POST", _TAGS, _new_tag),
    ("PATCH", f"{_TAGS}/(schemas|tables)/([^/]+)/tags/([^/]+)", _changed_tag),
    ("DELETE", f"{_TAGS}/(schemas|tables)/([^/]+)/tags/([^/]+)", _no_tag),
]
_DATABRICKS_ALONE = {_effective, _tags, _new_tag, _changed_tag, _no_tag}
