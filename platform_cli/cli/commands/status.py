"""`platform-cli status`: parse, look, render."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from platform_cli.cli.options import Invocation
from platform_cli.errors import Exit, PlatformError


def status(
    invocation: Invocation,
    domain: Annotated[
        str, typer.Argument(metavar="[DOMAIN]", help="One domain; without it, all of them.")
    ] = "",
) -> int:
    """What exists, whose it is and since when; what is missing, and what the team has changed.

    \b
    Examples:
      platform-cli status
      platform-cli status loyalty --format json
    """
    from platform_cli import spec, wiring
    from platform_cli.cli.render import json, text
    from platform_cli.cli.render import status as told
    from platform_cli.onboarding import status as looking

    if domain:
        spec.check_domain(domain)
    settings = invocation.settings
    with wiring.surroundings(settings) as around, wiring.reading(settings) as past:
        names = (domain,) if domain else looking.known_domains(past, around.profile)
        found = [looking.status(name, around, past) for name in names]
    if domain and found == [None]:
        raise PlatformError(
            "PLT-USAGE-004",
            f"The journal knows no onboarding of {domain!a} under the profile "
            f"{settings.profile.name}. Nothing was done.",
            hint="`platform-cli status` lists the domains it knows.",
            address=domain,
        )
    domains = [one for one in found if one is not None]
    if invocation.json:
        json.write(told.document(domains))
    else:
        told.tell(domains, text.width(invocation.terminal, sys.stdout, settings.output.width))
    return Exit.DONE
