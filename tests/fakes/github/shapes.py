"""The answers of the fake, with everything that GitHub's own have and somebody may rely on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from tests.fakes.github.state import Pull, Repo, State

AT: Final = "2026-11-20T09:00:00Z"
_REPO_URLS: Final = [
    "archive",
    "assignees",
    "blobs",
    "branches",
    "collaborators",
    "comments",
    "commits",
    "compare",
    "contents",
    "contributors",
    "deployments",
    "downloads",
    "events",
    "forks",
    "git_commits",
    "git_refs",
    "git_tags",
    "hooks",
    "issue_comment",
    "issue_events",
    "issues",
    "keys",
    "labels",
    "languages",
    "merges",
    "milestones",
    "notifications",
    "pulls",
    "releases",
    "stargazers",
    "statuses",
    "subscribers",
    "subscription",
    "tags",
    "teams",
    "trees",
]
_USER_URLS: Final = [
    "events",
    "followers",
    "following",
    "gists",
    "organizations",
    "received_events",
    "repos",
    "starred",
    "subscriptions",
]


def user(base: str, login: str, kind: str = "User") -> dict[str, Any]:
    """A person or an organisation, in short."""
    url = f"{base}/users/{login}"
    return {
        "login": login,
        "id": number(login),
        "node_id": f"U_{login}",
        "avatar_url": f"{url}/avatar",
        "gravatar_id": "",
        "url": url,
        "html_url": url,
        "type": kind,
        "site_admin": False,
        **{f"{name}_url": f"{url}/{name}" for name in _USER_URLS},
    }


def self_user(base: str, login: str) -> dict[str, Any]:
    """The person whose token it is."""
    counts = "public_repos public_gists followers following private_gists total_private_repos"
    more = "owned_private_repos disk_usage collaborators"
    return {
        **user(base, login),
        **dict.fromkeys(("name", "company", "location", "email", "hireable", "bio")),
        "blog": "",
        **dict.fromkeys((*counts.split(), *more.split()), 0),
        "created_at": AT,
        "updated_at": AT,
        "two_factor_authentication": True,
    }


def organisation(base: str, login: str) -> dict[str, Any]:
    """The organisation."""
    url = f"{base}/orgs/{login}"
    urls = ["repos", "events", "hooks", "issues", "members", "public_members"]
    return {
        "login": login,
        "id": number(login),
        "node_id": f"O_{login}",
        "url": url,
        "avatar_url": f"{url}/avatar",
        "html_url": url,
        "description": None,
        **{f"{name}_url": f"{url}/{name}" for name in urls},
        **dict.fromkeys(("has_organization_projects", "has_repository_projects"), True),
        **dict.fromkeys(("public_repos", "public_gists", "followers", "following"), 0),
        "type": "Organization",
        "created_at": AT,
        "updated_at": AT,
        "archived_at": None,
    }


def repository(state: State, repo: Repo, *, may_push: bool = True) -> dict[str, Any]:
    """A repository, as those see it who may push to it."""
    url = f"{state.base}/repos/{state.organisation}/{repo.name}"
    web = f"{state.web}/{state.organisation}/{repo.name}"
    return {
        "id": repo.id,
        "node_id": f"R_{repo.id}",
        "name": repo.name,
        "full_name": f"{state.organisation}/{repo.name}",
        "owner": user(state.base, state.organisation, "Organization"),
        "private": repo.private,
        "html_url": web,
        "description": repo.description,
        "fork": False,
        "url": url,
        **{f"{name}_url": f"{url}/{name}" for name in _REPO_URLS},
        "git_url": f"{web}.git",
        "ssh_url": f"{web}.git",
        "clone_url": f"{web}.git",
        "svn_url": web,
        "mirror_url": None,
        "homepage": None,
        "language": None,
        **dict.fromkeys(("forks", "forks_count", "stargazers_count", "watchers"), 0),
        **dict.fromkeys(("watchers_count", "open_issues", "open_issues_count"), 0),
        **dict.fromkeys(("network_count", "subscribers_count"), 0),
        "size": 0,  # GitHub counts later: an hour after a push it may still be 0
        "default_branch": "main",
        **dict.fromkeys(("has_issues", "has_downloads"), True),
        **dict.fromkeys(("has_projects", "has_wiki", "has_pages", "has_discussions"), False),
        "archived": False,
        "disabled": False,
        "visibility": "private" if repo.private else "public",
        "pushed_at": AT,
        "created_at": AT,
        "updated_at": AT,
        "permissions": {"admin": may_push, "push": may_push, "pull": True},
        "license": None,
        "custom_properties": dict(repo.properties),
    }


def pull_request(state: State, repo: Repo, pull: Pull, *, whole: bool) -> dict[str, Any]:
    """A pull request; `whole` is how it is answered by itself, not in a list."""
    url = f"{state.base}/repos/{state.organisation}/{repo.name}/pulls/{pull.number}"
    web = f"{state.web}/{state.organisation}/{repo.name}/pull/{pull.number}"
    where = repository(state, repo)
    author = user(state.base, pull.author)
    links = [
        "comments",
        "commits",
        "statuses",
        "html",
        "issue",
        "review_comments",
        "review_comment",
        "self",
    ]
    urls = [
        "comments",
        "commits",
        "diff",
        "issue",
        "patch",
        "review_comment",
        "review_comments",
        "statuses",
    ]
    found = {
        "id": pull.number + 9000,
        "node_id": f"PR_{pull.number}",
        "number": pull.number,
        "state": "open" if pull.open else "closed",
        "locked": False,
        "title": pull.title,
        "user": author,
        "body": None,
        "labels": [],
        "url": url,
        "html_url": web,
        **{f"{name}_url": f"{url}/{name}" for name in urls},
        "created_at": AT,
        "updated_at": AT,
        **dict.fromkeys(("closed_at", "merged_at", "merge_commit_sha", "assignee", "milestone")),
        "draft": pull.draft,
        "requested_reviewers": [user(state.base, one[1:]) for one in pull.asked if "/" not in one],
        "requested_teams": [team(state, one.partition("/")[2]) for one in pull.asked if "/" in one],
        "author_association": "MEMBER",
        "auto_merge": None,
        "_links": {name: {"href": f"{url}/{name}"} for name in links},
        **{
            side: {
                "label": f"{state.organisation}:{ref}",
                "ref": ref,
                "sha": sha,
                "user": user(state.base, state.organisation, "Organization"),
                "repo": where,
            }
            for side, ref, sha in (
                ("head", pull.branch, pull.head),
                ("base", pull.base, pull.head),
            )
        },
    }
    if whole:
        counts = [
            "additions",
            "changed_files",
            "comments",
            "commits",
            "deletions",
            "review_comments",
        ]
        found |= {
            **dict.fromkeys(counts, 1),
            "mergeable": None,
            "mergeable_state": "unknown",
            "merged": False,
            "merged_by": None,
            "maintainer_can_modify": False,
        }
    return found


def team(state: State, slug: str, permission: str = "pull") -> dict[str, Any]:
    """A team; on a repository with what it may do there."""
    url = f"{state.base}/orgs/{state.organisation}/teams/{slug}"
    order = ["pull", "triage", "push", "maintain", "admin"]
    rank = order.index(permission)
    return {
        "id": number(slug),
        "node_id": f"T_{slug}",
        "name": slug,
        "slug": slug,
        "description": None,
        "privacy": "closed",
        "permission": permission,
        "permissions": {name: order.index(name) <= rank for name in order},
        "url": url,
        "html_url": url,
        "members_url": f"{url}/members",
        "repositories_url": f"{url}/repos",
        "type": "organization",
        "parent": None,
    }


def commit(state: State, repo: Repo, sha: str, parents: Iterable[str], message: str) -> Any:
    """A commit with its parents."""
    url = f"{state.base}/repos/{state.organisation}/{repo.name}/commits"
    return {
        "sha": sha,
        "node_id": f"C_{sha}",
        "url": f"{url}/{sha}",
        "html_url": f"{url}/{sha}",
        "comments_url": f"{url}/{sha}/comments",
        "commit": {
            "url": f"{url}/{sha}",
            "author": {"name": "Ann", "email": "ann@example.org", "date": AT},
            "committer": {"name": "Ann", "email": "ann@example.org", "date": AT},
            "message": message,
            "comment_count": 0,
            "tree": {"sha": sha, "url": f"{url}/{sha}"},
        },
        "author": None,
        "committer": None,
        "parents": [{"sha": one, "url": f"{url}/{one}", "html_url": url} for one in parents],
    }


def run(state: State, repo: Repo, sha: str, status: str, conclusion: str | None) -> Any:
    """A run of a workflow."""
    url = f"{state.base}/repos/{state.organisation}/{repo.name}/actions/runs/1"
    urls = ["jobs", "logs", "check_suite", "cancel", "rerun", "artifacts", "workflow"]
    where = repository(state, repo)
    return {
        "id": 1,
        "name": "ci",
        "node_id": "WFR_1",
        "head_branch": "main",
        "head_sha": sha,
        "path": ".github/workflows/ci.yml",
        "run_number": 1,
        "display_title": "Onboard",
        "event": "push",
        "status": status,
        "conclusion": conclusion,
        "workflow_id": 1,
        "url": url,
        "html_url": f"{state.web}/{state.organisation}/{repo.name}/actions/runs/1",
        "pull_requests": [],
        "created_at": AT,
        "updated_at": AT,
        **{f"{name}_url": f"{url}/{name}" for name in urls},
        "head_commit": None,
        "repository": where,
        "head_repository": where,
    }


def check_run(state: State, repo: Repo, sha: str, index: int, about: Mapping[str, Any]) -> Any:
    """A check of a commit."""
    url = f"{state.base}/repos/{state.organisation}/{repo.name}/check-runs/{index}"
    nothing = ["title", "summary", "text"]
    return {
        "id": index,
        "node_id": f"CR_{index}",
        "head_sha": sha,
        "external_id": "",
        "url": url,
        "html_url": url,
        "details_url": url,
        "started_at": AT,
        "completed_at": AT,
        "output": {
            **dict.fromkeys(nothing),
            "annotations_count": 0,
            "annotations_url": f"{url}/annotations",
        },
        "check_suite": None,
        "app": None,
        "pull_requests": [],
        **about,
    }


def environment(state: State, repo: Repo, name: str) -> dict[str, Any]:
    """An environment without rules."""
    url = f"{state.base}/repos/{state.organisation}/{repo.name}/environments/{number(name)}"
    return {
        "id": number(name),
        "node_id": f"EN_{number(name)}",
        "name": name,
        "url": url,
        "html_url": url,
        "created_at": AT,
        "updated_at": AT,
        "protection_rules": [],
        "deployment_branch_policy": None,
    }


def number(name: str) -> int:
    """The same number for the same name, as an id."""
    return sum(ord(c) * pow(31, place, 1_000_003) for place, c in enumerate(name)) % 1_000_003 + 1
