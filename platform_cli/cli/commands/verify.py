"""`platform-cli verify`: parse, prove again, render."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from platform_cli.cli.narration import narration, stopping
from platform_cli.cli.options import Invocation
from platform_cli.cli.render import human, json, text
from platform_cli.errors import Exit


def verify(
    invocation: Invocation,
    domain: Annotated[str, typer.Argument(metavar="DOMAIN", help="The domain.")],
    *,
    trials: Annotated[
        bool, typer.Option("--trials", help="Also open the trial pull request and page.")
    ] = False,
    no_page: Annotated[
        bool, typer.Option("--no-page", help="With --trials: do not page anyone.")
    ] = False,
) -> int:
    """Run the day-one checks again. Plain, it only reads; it never stops the clock.

    \b
    Examples:
      platform-cli verify loyalty
      platform-cli verify loyalty --trials --no-page
    """
    from platform_cli import spec, wiring
    from platform_cli.onboarding import verify as verifying

    spec.check_domain(domain)
    settings = invocation.settings
    with (
        wiring.surroundings(settings) as around,
        narration(invocation, quiet=invocation.quiet) as watcher,
        stopping(around.stop),
    ):
        if trials:
            with wiring.journal(settings) as kept:
                result = verifying.verify_with_trials(
                    domain, around, kept, watcher, no_page=no_page
                )
        else:
            with wiring.reading(settings) as past:
                result = verifying.verify(domain, around, past, watcher)
    if invocation.json:
        json.write(json.verify_document(result))
    else:
        human.tell_verify(
            result, text.width(invocation.terminal, sys.stdout, settings.output.width)
        )
    if result.error is not None:
        return result.error.exit
    return Exit.PENDING if result.outcome == "incomplete" else Exit.DONE
