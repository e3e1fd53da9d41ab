"""Who belongs to a team on GitHub, and when a run was dispatched. Only looks, and guesses nothing.

A team's list is asked for, not the one person's membership: its 404 is about the team alone, an
invitation that nobody has accepted is not in it, and the members of the teams below are.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from platform_cli.providers.forge.github.api import Api, at


@dataclass(frozen=True, slots=True)
class Membership:
    """What GitHub tells to these credentials; the App needs `Members: read` and `Actions: read`."""

    api: Api

    def belongs(self, person: str, organisation: str, team: str) -> bool | None:
        """Whether `@person` is in the team or one below it; None where the team is not shown."""
        listed = self.api.pages(at("orgs", organisation, "teams", team, "members"))
        if listed is None:
            return None
        login = person.removeprefix("@").casefold()
        return any(str(one["login"]).casefold() == login for one in listed)

    def dispatched_at(self, repository: str, number: str) -> datetime | None:
        """When the run (`org/repository`, its number) was made; a re-run keeps that moment."""
        answer = self.api.get(at("repos", *repository.split("/"), "actions", "runs", number))
        return None if answer is None else datetime.fromisoformat(str(answer.data["created_at"]))
