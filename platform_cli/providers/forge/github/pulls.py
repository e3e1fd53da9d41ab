"""Pull requests: proposed, looked at with whom GitHub asked to review them, closed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from platform_cli.errors import PlatformError
from platform_cli.providers.asked import Asked
from platform_cli.providers.forge.github import answers
from platform_cli.providers.forge.github.place import Found, Place
from platform_cli.providers.forge.port import PullRequest

_UNPROCESSABLE: Final = 422
_EMPTY: Final = 409
_BODY: Final = "Opened by platform-cli, which closes it again by itself. Nobody need look at it."


@dataclass(frozen=True, slots=True)
class Pulls:
    """The pull requests of one organisation's repositories."""

    place: Place

    def newest(self, name: str, branch: str) -> PullRequest | None:
        """The newest one from the branch, open or not."""
        look = lambda: self._newest(name, branch, "all")  # noqa: E731 - one line, used once
        return self.place.seen(look, name, "pulls", branch)

    def create(self, name: str, branch: str, base: str, title: str) -> PullRequest:
        """Open one that is no draft: nobody is asked to review a draft."""
        place = self.place
        body = {"title": title, "head": branch, "base": base, "body": _BODY, "draft": False}
        path = place.path(name, "pulls")
        with place.known(name):
            answer = place.api.send("POST", path, body, accept=(_UNPROCESSABLE,))
        if answer.status == _UNPROCESSABLE:
            raise self._not_made(name, branch, base) or answers.refused(
                answer, Asked("POST", path, place.api.server)
            )
        place.made(name, "pulls", branch)
        return _shown(answer.data)

    def close(self, name: str, branch: str) -> None:
        """Close the open one from the branch. Raises PLT-FORGE-003 without a repository."""
        found = self._newest(name, branch, "open")
        if found is None and self.place.repository(name) is None:
            raise self.place.missing(name)
        if found is not None and found.open:
            self.place.send("PATCH", name, "pulls", found.id, body={"state": "closed"})

    def _newest(self, name: str, branch: str, state: str) -> PullRequest | None:
        asked: dict[str, Any] = {
            "head": f"{self.place.organisation}:{branch}",
            "state": state,
            "sort": "created",
            "direction": "desc",
            "per_page": 1,
        }
        answer = self.place.get(name, "pulls", **asked)
        listed = answer.data if answer is not None else ()
        return _shown(listed[0]) if listed else None

    def _not_made(self, name: str, branch: str, base: str) -> PlatformError | None:
        """One is open already, or what it would join is not there."""
        place = self.place
        found = self._newest(name, branch, "open")
        if found is not None:
            return place.kept(name, f"has an open pull request from {branch} already")
        for one in (base, branch):
            path = place.path(name, "git", "ref", tail=f"heads/{one}")
            if place.api.get(path, absent=(404, _EMPTY)) is None:
                return place.missing(name, one)
        # GitHub says there is something, and does not show it yet.
        look = lambda: self._newest(name, branch, "open")  # noqa: E731 - one line, used once
        if place.waited(look) is not None:
            return place.kept(name, f"has an open pull request from {branch} already")
        return None


def _shown(found: Found) -> PullRequest:
    organisation = str(found["base"]["repo"]["owner"]["login"])
    teams = [f"@{organisation}/{team['slug']}" for team in found.get("requested_teams") or ()]
    people = [f"@{person['login']}" for person in found.get("requested_reviewers") or ()]
    author = (found.get("user") or {}).get("login")
    return PullRequest(
        id=str(found["number"]),
        branch=str(found["head"]["ref"]),
        title=str(found["title"]),
        url=str(found["html_url"]),
        open=found["state"] == "open",
        reviewers=(*teams, *people),
        author=f"@{author}" if author else None,
    )
