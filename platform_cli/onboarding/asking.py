"""Who asks for a domain, and since when: as the forge knows it, where a service runs it for them.

Looks before anything else is looked at, and changes nothing. What cannot be seen is a refusal.
"""

from __future__ import annotations

from dataclasses import replace

from platform_cli.errors import PlatformError
from platform_cli.onboarding.request import Request, not_in_the_future
from platform_cli.onboarding.surroundings import Surroundings
from platform_cli.spec import Owner


def settled(request: Request, around: Surroundings) -> tuple[Request, Surroundings]:
    """The request with its moment, and the surroundings with the person as their actor.

    Raises PLT-INIT-006 for who may not ask, PLT-USAGE-002 for the moment, and PLT-FORGE codes.
    """
    person = request.on_behalf_of
    if person is not None:
        _admit(person, request.spec.owner, around)
        around = replace(around, actor=person)
    if request.dispatched is not None:
        request = _dated(request, *request.dispatched, around)
    return request, around


def _admit(person: str, owner: Owner, around: Surroundings) -> None:
    register = around.register
    if register is None and person != f"@{around.actor.lower()}":
        raise _refused(
            f"The embedded forge knows one person, @{around.actor}, and {person} is somebody else.",
            "Leave --on-behalf-of out: with the embedded providers whoever runs it asks.",
        )
    if owner.kind == "user":
        if person != owner.text:
            raise _refused(
                f"{person} asks for a domain that {owner.text} is to own. A person asks for "
                "themselves.",
                f"Let {owner.text} ask, or name a team that {person} belongs to.",
            )
        return
    if register is None:
        return
    found = register.belongs(person, str(owner.organisation), owner.name)
    if found is None:
        raise _refused(
            f"No team {owner.text} is to be seen: there is none of that name, or the credentials "
            "are not shown it.",
            "Look at the name. The App needs `Members: read` in that organisation, and a secret "
            "team can own no repository's lines: make it visible.",
        )
    if not found:
        raise _refused(
            f"{person} does not belong to {owner.text}.",
            f"Let somebody of {owner.text} ask, or let the team take {person} in first.",
        )


def _dated(request: Request, repository: str, number: str, around: Surroundings) -> Request:
    if around.register is None:
        raise PlatformError(
            "PLT-USAGE-002",
            "--requested-at names a run of a workflow, and the embedded forge has none. "
            "Nothing was done.",
            address="--requested-at",
        )
    moment = around.register.dispatched_at(repository, number)
    if moment is None:
        raise PlatformError(
            "PLT-USAGE-002",
            f"--requested-at names the run {number} of {repository}, which is not to be seen. "
            "Nothing was done.",
            hint=f"The App must be installed on {repository} with `Actions: read`.",
            address="--requested-at",
        )
    not_in_the_future(moment, around.clock.wall())
    return replace(request, requested_at=moment)


def _refused(what: str, hint: str) -> PlatformError:
    return PlatformError(
        "PLT-INIT-006",
        f"{what} Nothing was looked at, and nothing was done.",
        hint=hint,
        address="--on-behalf-of",
    )
