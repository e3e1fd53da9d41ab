"""Looks at what would stop an onboarding at PagerDuty: the token, who acts, the team's people.

Only reads. What it says is for `doctor`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from platform_cli.errors import PlatformError
from platform_cli.providers.pager.pagerduty import shapes
from platform_cli.providers.pager.pagerduty.adapter import PagerDutyPager
from platform_cli.providers.pager.pagerduty.api import Api

# The roles whose tokens may make schedules, escalation policies and services.
_MAY_CREATE: Final = frozenset({"owner", "admin", "user"})
_NO_PERSON: Final = frozenset({"PLT-PAGER-004", "PLT-PAGER-007"})


@dataclass(frozen=True, slots=True)
class Lacking:
    """Something that would stop an onboarding, and what mends it."""

    saw: str
    fix: str
    credentials: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """Whose token it is, and everything that is wrong."""

    who: str
    lacking: tuple[Lacking, ...]


def look(pager: PagerDutyPager) -> Found:
    """Everything at once. Raises PLT-PAGER-005 where the token is not accepted at all."""
    pager.api.get("/abilities")
    me = _me(pager.api)
    who = "an account's REST API key" if me is None else f"the token of {shapes.name_of(me)}"
    return Found(who, (*_rights(me), *_sender(pager.api), *_team(pager)))


def _me(api: Api) -> Any:
    """The token's person; an account's key has none, and PagerDuty refuses the question."""
    try:
        return api.get("/users/me")["user"]
    except PlatformError as error:
        if error.code not in _NO_PERSON:
            raise
        return None


def _rights(me: Any) -> Iterator[Lacking]:
    role = str(me.get("role", "")) if me is not None else ""
    if me is not None and role not in _MAY_CREATE:
        yield Lacking(
            f"{shapes.name_of(me)} has the role {role or 'none'}, which makes no services",
            "use the key of a user who is a manager or more, or one of the account",
            credentials=True,
        )


def _sender(api: Api) -> Iterator[Lacking]:
    if api.from_ is None:
        return
    found = api.all("/users", "users", {"query": api.from_})
    if not any(str(user.get("email", "")).casefold() == api.from_.casefold() for user in found):
        yield Lacking(
            f"nobody in PagerDuty has the address {api.from_}",
            "set pagerduty.from to the address of a user of the account",
        )


def _team(pager: PagerDutyPager) -> Iterator[Lacking]:
    team = pager.rota.team
    if team is None:
        return
    members = pager.members()
    if not members:
        yield Lacking(
            f"no team {team} with people in it, so a new rotation would have nobody",
            "set pagerduty.team to a team's name, add people to it, or name an existing rotation "
            "with --on-call",
        )
    unreachable = [person.name for person in members if person.contact is None]
    if unreachable:
        yield Lacking(
            f"{', '.join(unreachable)} of {team} cannot be paged: no contact method",
            "let each of them add one in PagerDuty, under My Profile",
        )
