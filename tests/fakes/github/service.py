"""What the fake answers to who asks for a domain: a team's members, and a run that was dispatched.

Importing it registers the operations.
"""

from __future__ import annotations

from tests.fakes.github import shapes
from tests.fakes.github.routes import Reply, Request, message, paged, route


@route("GET", "/orgs/([^/]+)/teams/([^/]+)/members", "members:read")
def _members(request: Request) -> Reply:
    state, (organisation, slug) = request.state, request.parts
    if organisation != state.organisation or slug not in state.teams:
        return message(404, "Not Found")
    found = [shapes.user(state.base, login) for login in state.members.get(slug, ())]
    return paged(request, found)


@route("GET", "/repos/[^/]+/([^/]+)/actions/runs/([0-9]+)", "actions:read")
def _dispatched(request: Request) -> Reply:
    at = request.state.dispatched.get(request.parts[1])
    if at is None:
        return message(404, "Not Found")
    run = shapes.run(request.state, request.repo, "0" * 40, "in_progress", None)
    return Reply(200, {**run, "id": int(request.parts[1]), "created_at": at})
