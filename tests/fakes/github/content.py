"""What the fake answers about a repository's content: rules, files, commits, pull requests, CI."""

from __future__ import annotations

import base64
from typing import Any

from tests.fakes.github import shapes
from tests.fakes.github.routes import REPO, Reply, Request, message, paged, route
from tests.fakes.github.state import Pull, Repo, State


def _no_rulesets(state: State) -> Reply | None:
    if state.rulesets == "forbidden":
        return message(403, "Upgrade to GitHub Pro or make this repository public.")
    return message(404, "Not Found") if state.rulesets == "absent" else None


@route("GET", REPO + "/rulesets", None)
def _rulesets(request: Request) -> Reply:
    refused = _no_rulesets(request.state)
    return refused or paged(request, [_ruleset(request, key) for key in request.repo.rulesets])


@route("POST", REPO + "/rulesets", "administration:write")
def _add_ruleset(request: Request) -> Reply:
    refused = _no_rulesets(request.state)
    if refused:
        return refused
    names = {one["name"] for one in request.repo.rulesets.values()}
    if request.body["name"] in names:
        return message(422, "Validation Failed", errors=["Name must be unique"])
    key = request.state.number()
    request.repo.rulesets[key] = request.body
    return Reply(201, _ruleset(request, key))


@route("PUT", REPO + "/rulesets/([0-9]+)", "administration:write")
def _change_ruleset(request: Request) -> Reply:
    request.repo.rulesets[int(request.parts[1])] = request.body
    return Reply(200, _ruleset(request, int(request.parts[1])))


def _ruleset(request: Request, key: int) -> dict[str, Any]:
    source = f"{request.state.organisation}/{request.repo.name}"
    own = {"id": key, "source_type": "Repository", "source": source}
    return {**request.repo.rulesets[key], **own}


@route("GET", REPO + "/rules/branches/([^/]+)", None)
def _rules(request: Request) -> Reply:
    refused = _no_rulesets(request.state)
    if refused:
        return refused
    ref = f"refs/heads/{request.parts[1]}"
    found = [
        {
            **rule,
            "ruleset_source_type": "Repository",
            "ruleset_source": f"{request.state.organisation}/{request.repo.name}",
            "ruleset_id": key,
        }
        for key, ruleset in request.repo.rulesets.items()
        if ruleset["enforcement"] == "active"
        and ref in ruleset["conditions"]["ref_name"]["include"]
        for rule in ruleset["rules"]
    ]
    return paged(request, found)


@route("GET", REPO + "/branches/([^/]+)/protection", "administration:read")
def _protection(request: Request) -> Reply:
    found = request.repo.protections.get(request.parts[1])
    return message(404, "Branch not protected") if found is None else Reply(200, found)


@route("PUT", REPO + "/branches/([^/]+)/protection", "administration:write")
def _protect(request: Request) -> Reply:
    body, branch = request.body, request.parts[1]
    url = f"{request.state.base}{request.call.path}"
    found: dict[str, Any] = {"url": url}
    if body["required_status_checks"]:
        listed = [
            {"context": one["context"], "app_id": None}
            for one in body["required_status_checks"]["checks"]
        ]
        found["required_status_checks"] = {
            "url": f"{url}/required_status_checks",
            "strict": False,
            "contexts": [one["context"] for one in listed],
            "contexts_url": f"{url}/contexts",
            "checks": listed,
        }
    if body["required_pull_request_reviews"]:
        reviews = body["required_pull_request_reviews"]
        found["required_pull_request_reviews"] = {
            "url": f"{url}/reviews",
            "dismiss_stale_reviews": False,
            "require_code_owner_reviews": reviews["require_code_owner_reviews"],
            "required_approving_review_count": reviews["required_approving_review_count"],
        }
    found["enforce_admins"] = {"url": f"{url}/enforce_admins", "enabled": body["enforce_admins"]}
    found["allow_force_pushes"] = {"enabled": body["allow_force_pushes"]}
    found["allow_deletions"] = {"enabled": body["allow_deletions"]}
    request.repo.protections[branch] = found
    return Reply(200, found)


@route("GET", REPO + "/codeowners/errors", "contents:read")
def _owner_errors(request: Request) -> Reply:
    state, repo = request.state, request.repo
    branch = request.call.query.get("ref", "main")
    owners = repo.owners(state.organisation, branch)
    if owners is None:
        return message(404, "Not Found")
    address = f"{state.organisation}/{repo.name}"
    errors = []
    for text in owners.errors(address):
        path, line, words = text.split(":", 2)
        errors.append(
            {
                "line": int(line),
                "column": 1,
                "source": words,
                "kind": "Unknown owner",
                "suggestion": "give the owner write access",
                "message": words.strip(),
                "path": path,
            }
        )
    return Reply(200, {"errors": errors})


@route("GET", REPO + "/contents/(.+)", "contents:read")
def _contents(request: Request) -> Reply:
    path, ref = request.parts[1], request.call.query.get("ref", "main")
    content = request.repo.show(ref, path)
    if content is None:
        return message(404, "Not Found")
    url = f"{request.state.base}{request.call.path}"
    return Reply(
        200,
        {
            "type": "file",
            "encoding": "base64",
            "size": len(content),
            "name": path.rpartition("/")[2],
            "path": path,
            "content": base64.encodebytes(content).decode(),
            "sha": "0" * 40,
            "url": url,
            **dict.fromkeys(("git_url", "html_url", "download_url")),
            "_links": {"git": None, "html": None, "self": url},
        },
    )


@route("GET", REPO + "/commits/([^/]+)/check-runs", "checks:read")
def _check_runs(request: Request) -> Reply:
    state, repo, sha = request.state, request.repo, request.parts[1]
    about = {"status": "completed", "conclusion": _state_of_ci(state, repo)}
    found = [
        shapes.check_run(state, repo, sha, index, {"name": name, **about})
        for index, name in enumerate(state.checks, start=1)
    ]
    return paged(request, found, "check_runs")


@route("GET", REPO + "/commits/(.+)", "contents:read")
def _commit(request: Request) -> Reply:
    repo = request.repo
    if not repo.refs():
        return message(409, "Git Repository is empty.")
    found = repo.commit(request.parts[1])
    if found is None:
        return message(422, f"No commit found for SHA: {request.parts[1]}")
    return Reply(200, shapes.commit(request.state, repo, *found))


@route("GET", REPO + "/git/ref/(.+)", "contents:read")
def _ref(request: Request) -> Reply:
    refs = request.repo.refs()
    if not refs:
        return message(409, "Git Repository is empty.")
    sha = refs.get(f"refs/{request.parts[1]}")
    if sha is None:
        return message(404, "Not Found")
    url = f"{request.state.base}{request.call.path}"
    return Reply(
        200,
        {
            "ref": f"refs/{request.parts[1]}",
            "node_id": "REF",
            "url": url,
            "object": {"type": "commit", "sha": sha, "url": url},
        },
    )


@route("DELETE", REPO + "/git/refs/(.+)", "contents:write")
def _delete_ref(request: Request) -> Reply:
    repo, ref = request.repo, f"refs/{request.parts[1]}"
    if ref not in repo.refs():
        return message(422, "Reference does not exist")
    if ref == "refs/heads/main":
        return message(422, "Cannot delete the default branch")
    repo.git("update-ref", "-d", ref, check=True)
    for pull in repo.pulls:
        pull.open = pull.open and f"refs/heads/{pull.branch}" != ref
    return Reply(204)


@route("GET", REPO + "/pulls", "pull_requests:read")
def _pulls(request: Request) -> Reply:
    state, repo, query = request.state, request.repo, request.call.query
    branch = query["head"].partition(":")[2] if "head" in query else None
    found = [
        pull
        for pull in reversed(repo.pulls)
        if branch in {None, pull.branch}
        and query.get("state", "open") in {"all", "open" if pull.open else "closed"}
    ]
    for pull in found:
        pull.reads += 1
        if pull.reads > state.reviewers_after:
            pull.asked = pull.owners
    return paged(request, [shapes.pull_request(state, repo, p, whole=False) for p in found])


@route("POST", REPO + "/pulls", "pull_requests:write")
def _propose(request: Request) -> Reply:
    state, repo, body = request.state, request.repo, request.body
    refs = repo.refs()
    for side in ("base", "head"):
        if f"refs/heads/{body[side]}" not in refs:
            error = {"resource": "PullRequest", "field": side, "code": "invalid"}
            return message(422, "Validation Failed", errors=[error])
    if any(pull.open and pull.branch == body["head"] for pull in repo.pulls):
        text = f"A pull request already exists for {state.organisation}:{body['head']}."
        error = {"resource": "PullRequest", "code": "custom", "message": text}
        return message(422, "Validation Failed", errors=[error])
    head = refs[f"refs/heads/{body['head']}"]
    pull = Pull(
        number=len(repo.pulls) + 1,
        branch=body["head"],
        base=body["base"],
        title=body["title"],
        head=head,
        author=request.token.login,
        draft=bool(body.get("draft")),
        owners=() if body.get("draft") else _asked(request, body["base"], body["head"]),
    )
    if not state.reviewers_after:
        pull.asked = pull.owners
    repo.pulls.append(pull)
    return Reply(201, shapes.pull_request(state, repo, pull, whole=True))


def _asked(request: Request, base: str, head: str) -> tuple[str, ...]:
    owners = request.repo.owners(request.state.organisation, base)
    changed = request.repo.git("diff", "--name-only", f"{base}...{head}").splitlines()
    asked = owners.of(changed) if owners else ()
    return tuple(one for one in asked if one != f"@{request.token.login}")


@route("PATCH", REPO + "/pulls/([0-9]+)", "pull_requests:write")
def _change_pull(request: Request) -> Reply:
    pull = request.repo.pulls[int(request.parts[1]) - 1]
    pull.open = request.body.get("state", "open") == "open"
    return Reply(200, shapes.pull_request(request.state, request.repo, pull, whole=True))


@route("GET", REPO + "/actions/runs", "actions:read")
def _runs(request: Request) -> Reply:
    state, repo = request.state, request.repo
    sha = request.call.query.get("head_sha")
    if sha is None:  # of any commit: whoever only looks whether they may ask
        return paged(request, [], "workflow_runs")
    at = min(repo.runs_asked, len(state.ci) - 1)
    repo.runs_asked += 1
    told = state.ci[at]
    if told == "none" or not repo.refs():
        return paged(request, [], "workflow_runs")
    going = told in {"queued", "in_progress", "waiting"}
    status, conclusion = (told, None) if going else ("completed", told)
    return paged(request, [shapes.run(state, repo, sha, status, conclusion)], "workflow_runs")


def _state_of_ci(state: State, repo: Repo) -> str:
    return state.ci[min(max(repo.runs_asked - 1, 0), len(state.ci) - 1)]
