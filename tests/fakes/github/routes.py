"""What the fake answers to each operation of the API: one function an operation, by its route."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from tests.fakes.github import shapes
from tests.fakes.github.state import Call, Repo, State, Token

_NOTHING: Final = object()


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer: a status, a body, and headers of its own."""

    status: int
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Request:
    """What an operation is handed."""

    state: State
    call: Call
    token: Token
    parts: tuple[str, ...]
    repo: Repo

    @property
    def body(self) -> Any:
        """The JSON of the request, or nothing."""
        return self.call.body or {}


Operation = Callable[[Request], Reply]
_ROUTES: list[tuple[str, re.Pattern[str], str | None, Operation]] = []
REPO: Final = r"/repos/[^/]+/([^/]+)"


def route(method: str, path: str, needed: str | None) -> Callable[[Operation], Operation]:
    """Register an operation with the permission it needs."""

    def register(operation: Operation) -> Operation:
        _ROUTES.append((method, re.compile(path), needed, operation))
        return operation

    return register


def message(status: int, text: str, **more: Any) -> Reply:
    """An error as GitHub words it."""
    return Reply(status, {"message": text, "documentation_url": "https://docs", **more})


def answered(state: State, call: Call, token: Token) -> Reply:
    """What GitHub would say, for a token that is good."""
    if call.path.startswith("/repositories/"):
        _, _, number, *rest = call.path.split("/")
        names = [repo.name for repo in state.repos.values() if repo.id == int(number)]
        path = "/".join(["/repos", state.organisation, *names, *rest])
        call = Call(call.method, path, call.query, call.body)
    for method, pattern, needed, operation in _ROUTES:
        found = pattern.fullmatch(call.path)
        if method != call.method or found is None:
            continue
        repo = _repo(state, call, found[1]) if call.path.startswith("/repos/") else None
        if isinstance(repo, Reply):
            return repo
        if not token.may(needed):
            return _lacking(token, needed or "")
        # Operations outside of a repository never look at it.
        own: Any = repo
        return operation(Request(state, call, token, found.groups(), own))
    return message(404, "Not Found")


def _repo(state: State, call: Call, name: str) -> Repo | Reply:
    if name in state.renamed and name not in state.repos:
        rest = call.path.split("/", 4)[4:]
        where = "/".join([state.base, "repositories", str(state.renamed[name]), *rest])
        status = 301 if call.method == "GET" else 307
        return Reply(status, {"message": "Moved Permanently", "url": where}, {"Location": where})
    repo = state.repos.get(name)
    if repo is None or name in state.unseen:
        return message(404, "Not Found")
    if repo.hidden > 0:
        repo.hidden -= call.method == "GET"
        return message(404, "Not Found")
    return repo


def _lacking(token: Token, needed: str) -> Reply:
    name, _, level = needed.partition(":")
    if token.scopes is not None:
        from tests.fakes.github.state import CLASSIC

        return Reply(
            403,
            {"message": "Must have admin rights to Repository."},
            {"X-Accepted-OAuth-Scopes": CLASSIC[name]},
        )
    return Reply(
        403,
        {"message": "Resource not accessible by personal access token"},
        {"X-Accepted-GitHub-Permissions": f"{name}={level}"},
    )


def paged(request: Request, entries: list[Any], key: str | None = None) -> Reply:
    """One page of a list, with the way to the next."""
    query = request.call.query
    size = min(int(query.get("per_page", "30")), request.state.page_size)
    page = int(query.get("page", "1"))
    part = entries[(page - 1) * size : page * size]
    headers = {}
    if page * size < len(entries):
        asked = "&".join(f"{k}={v}" for k, v in query.items() if k != "page")
        address = f"{request.state.base}{request.call.path}?{asked}&page={page + 1}"
        headers["Link"] = f'<{address}>; rel="next", <{address}>; rel="last"'
    return Reply(200, {"total_count": len(entries), key: part} if key else part, headers)


@route("GET", "/user", None)
def _user(request: Request) -> Reply:
    return Reply(200, shapes.self_user(request.state.base, request.token.login))


@route("GET", "/orgs/([^/]+)", None)
def _organisation(request: Request) -> Reply:
    state = request.state
    if request.parts[0] != state.organisation:
        return message(404, "Not Found")
    return Reply(200, shapes.organisation(state.base, state.organisation))


@route("GET", "/orgs/[^/]+/repos", None)
def _repos(request: Request) -> Reply:
    found = [shapes.repository(request.state, repo) for repo in request.state.repos.values()]
    return paged(request, found)


@route("GET", "/orgs/[^/]+/teams", "members:read")
def _teams(request: Request) -> Reply:
    return paged(
        request, [shapes.team(request.state, slug) for slug in sorted(request.state.teams)]
    )


@route("GET", "/orgs/[^/]+/properties/schema", "organization_custom_properties:read")
def _properties(request: Request) -> Reply:
    names = sorted(request.state.properties)
    return Reply(200, [{"property_name": name, "value_type": "string"} for name in names])


@route("POST", "/orgs/[^/]+/repos", "administration:write")
def _create(request: Request) -> Reply:
    state, body = request.state, request.body
    if body["name"] in state.repos:
        error = {
            "resource": "Repository",
            "code": "custom",
            "field": "name",
            "message": "name already exists on this account",
        }
        return message(422, "Repository creation failed.", errors=[error])
    unknown = set(body.get("custom_properties", ())) - state.properties
    if unknown:
        return message(422, f"Unknown properties: {', '.join(unknown)}")
    repo = state.add(body["name"])
    state.renamed.pop(repo.name, None)
    repo.private = body.get("private", False)
    repo.description = body.get("description")
    repo.properties = dict(body.get("custom_properties", {}))
    return Reply(201, shapes.repository(state, repo))


@route("GET", REPO, None)
def _get(request: Request) -> Reply:
    may = request.token.may("contents:write")
    return Reply(200, shapes.repository(request.state, request.repo, may_push=may))


@route("PATCH", REPO, "administration:write")
def _patch(request: Request) -> Reply:
    request.repo.description = request.body.get("description", request.repo.description)
    return Reply(200, shapes.repository(request.state, request.repo))


@route("PATCH", REPO + "/properties/values", "repository_custom_properties:write")
def _set_properties(request: Request) -> Reply:
    for one in request.body["properties"]:
        request.repo.properties[one["property_name"]] = one["value"]
    return Reply(204)


@route("GET", REPO + "/teams", "administration:read")
def _repo_teams(request: Request) -> Reply:
    teams = request.repo.teams.items()
    return paged(request, [shapes.team(request.state, slug, may) for slug, may in teams])


@route("GET", REPO + "/collaborators", None)
def _people(request: Request) -> Reply:
    levels = ("pull", "triage", "push", "maintain", "admin")
    found = [
        {
            **shapes.user(request.state.base, login),
            "permissions": {one: levels.index(one) <= levels.index(may) for one in levels},
            "role_name": may,
        }
        for login, may in request.repo.people.items()
    ]
    return paged(request, found)


@route("PUT", REPO + "/collaborators/([^/]+)", "administration:write")
def _add_person(request: Request) -> Reply:
    request.repo.people[request.parts[1]] = request.body.get("permission", "push")
    return Reply(204)


@route("PUT", "/orgs/[^/]+/teams/([^/]+)/repos/[^/]+/([^/]+)", "administration:write")
def _add_team(request: Request) -> Reply:
    state, (slug, name) = request.state, request.parts
    repo = state.repos.get(name)
    organisation = request.call.path.split("/")[2]
    if repo is None or slug not in state.teams or organisation != state.organisation:
        return message(404, "Not Found")
    if repo.hidden > 0:
        return message(404, "Not Found")
    repo.teams[slug] = request.body.get("permission", "push")
    return Reply(204)


@route("GET", REPO + "/actions/variables", "actions_variables:read")
def _variables(request: Request) -> Reply:
    return paged(request, [_variable(*one) for one in request.repo.variables.items()], "variables")


@route("POST", REPO + "/actions/variables", "actions_variables:write")
def _add_variable(request: Request) -> Reply:
    body = request.body
    if body["name"] in request.repo.variables:
        return message(409, "Already exists - Variable already exists")
    request.repo.variables[body["name"]] = body["value"]
    return Reply(201, {})


@route("GET", REPO + "/actions/variables/([^/]+)", "actions_variables:read")
def _one_variable(request: Request) -> Reply:
    found = request.repo.variables.get(request.parts[1], _NOTHING)
    if found is _NOTHING:
        return message(404, "Not Found")
    return Reply(200, _variable(request.parts[1], str(found)))


@route("PATCH", REPO + "/actions/variables/([^/]+)", "actions_variables:write")
def _change_variable(request: Request) -> Reply:
    request.repo.variables[request.parts[1]] = request.body["value"]
    return Reply(204)


def _variable(name: str, value: str) -> dict[str, str]:
    return {"name": name, "value": value, "created_at": shapes.AT, "updated_at": shapes.AT}


@route("GET", REPO + "/actions/secrets", "secrets:read")
def _secrets(request: Request) -> Reply:
    names = sorted(request.repo.secrets)
    dated = {"created_at": shapes.AT, "updated_at": shapes.AT}
    return paged(request, [{"name": name, **dated} for name in names], "secrets")


@route("GET", REPO + "/actions/secrets/public-key", "secrets:read")
def _public_key(request: Request) -> Reply:
    from tests.fakes.github.sealing import PUBLIC

    return Reply(200, {"key_id": "1", "key": PUBLIC})


@route("PUT", REPO + "/actions/secrets/([^/]+)", "secrets:write")
def _set_secret(request: Request) -> Reply:
    there = request.parts[1] in request.repo.secrets
    request.repo.secrets[request.parts[1]] = request.body["encrypted_value"]
    return Reply(204) if there else Reply(201, {})


@route("GET", REPO + "/environments", "actions:read")
def _environments(request: Request) -> Reply:
    state, repo = request.state, request.repo
    found = [shapes.environment(state, repo, name) for name in repo.environments]
    return paged(request, found, "environments")


@route("GET", REPO + "/environments/([^/]+)", "actions:read")
def _environment(request: Request) -> Reply:
    if request.parts[1] not in request.repo.environments:
        return message(404, "Not Found")
    return Reply(200, shapes.environment(request.state, request.repo, request.parts[1]))


@route("PUT", REPO + "/environments/([^/]+)", "administration:write")
def _add_environment(request: Request) -> Reply:
    if request.parts[1] not in request.repo.environments:
        request.repo.environments.append(request.parts[1])
    return Reply(200, shapes.environment(request.state, request.repo, request.parts[1]))


@route("POST", "/app/installations/([^/]+)/access_tokens", None)
def _app_token(request: Request) -> Reply:
    token = request.state.app_keys.get(request.parts[0])
    if token is None:
        return message(404, "Not Found")
    pairs = (one.split(":") for one in request.state.tokens[token].permissions)
    known = {name: level for name, level in pairs if name != "actions_variables"}
    until = "2099-01-01T00:00:00Z"
    return Reply(201, {"token": token, "expires_at": until, "permissions": known})
