"""Who may do what with a repository: teams of the organisation, and people by their own names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from platform_cli.errors import PlatformError
from platform_cli.providers.forge.github.api import at
from platform_cli.providers.forge.github.place import Place
from platform_cli.providers.forge.port import Permission

_SENT: Final[Mapping[Permission, str]] = {"read": "pull", "write": "push", "admin": "admin"}
_READ: Final[Mapping[str, Permission]] = {
    "pull": "read",
    "triage": "read",
    "push": "write",
    "maintain": "write",
    "admin": "admin",
}


@dataclass(frozen=True, slots=True)
class People:
    """Permissions on one organisation's repositories."""

    place: Place

    def permissions(self, name: str) -> Mapping[str, Permission]:
        """What each team (`@org/team`) and each person named on the repository may do."""
        return {**self._teams(name), **self._people(name)}

    def permission(self, name: str, who: str) -> Permission | None:
        """What this one team or person may do: only its kind is listed."""
        return (self._teams(name) if "/" in who else self._people(name)).get(who)

    def grant(self, name: str, who: str, permission: Permission) -> None:
        """Give a team or person a permission. Raises PLT-FORGE-006 where there is no such team."""
        body = {"permission": _SENT[permission]}
        team = who.removeprefix("@")
        if "/" not in team:
            self.place.send("PUT", name, "collaborators", team, body=body)
            return
        organisation, _, slug = team.partition("/")
        path = at("orgs", organisation, "teams", slug, "repos", self.place.organisation, name)
        try:
            with self.place.known(name):
                self.place.api.send("PUT", path, body)
        except PlatformError as error:
            if error.code != "PLT-FORGE-003":
                raise
            raise self._no_such(name, who) from None

    def _teams(self, name: str) -> dict[str, Permission]:
        owner, found = self.place.organisation, self.place.pages(name, "teams") or ()
        return {f"@{owner}/{team['slug']}": _permission(team) for team in found}

    def _people(self, name: str) -> dict[str, Permission]:
        found = self.place.pages(name, "collaborators", affiliation="direct") or ()
        return {f"@{person['login']}": _permission(person) for person in found}

    def _no_such(self, name: str, who: str) -> PlatformError:
        """A 404 is about the repository, or about the team."""
        if self.place.repository(name) is None:
            return self.place.missing(name)
        return PlatformError(
            "PLT-FORGE-006",
            f"{who} is not a team of the organisation, or these credentials do not see it. "
            "Nothing was changed.",
            hint=f"Create the team {who}, visible to its organisation, then run the line again.",
            address=who,
        )


def _permission(found: Mapping[str, Any]) -> Permission:
    """The permission as a step knows it; a role of the organisation's own counts by its rights."""
    rights = found.get("permissions")
    if isinstance(rights, Mapping):
        return "admin" if rights.get("admin") else "write" if rights.get("push") else "read"
    return _READ.get(str(found.get("permission")), "read")
