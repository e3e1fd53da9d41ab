"""`platform-cli init`: parse, onboard, render."""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from platform_cli.cli.narration import narration, stopping
from platform_cli.cli.options import Invocation
from platform_cli.cli.render import human, json, text
from platform_cli.errors import Exit, PlatformError
from platform_cli.onboarding import delivery, onboard, planning, request

if TYPE_CHECKING:
    from platform_cli.onboarding.result import Result
    from platform_cli.onboarding.surroundings import Surroundings


def init(
    invocation: Invocation,
    domain: Annotated[
        str, typer.Argument(metavar="DOMAIN", help="The domain's name: loyalty.")
    ] = "",
    owner: Annotated[
        str,
        typer.Option("--owner", metavar="@TEAM", help="Who owns it: @team, @org/team, user:@name."),
    ] = "",
    on_call: Annotated[
        str, typer.Option("--on-call", metavar="NAME", help="The on-call rotation's name.")
    ] = "",
    *,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print the plan; change nothing, write nothing.")
    ] = False,
    offline: Annotated[
        bool, typer.Option("--offline", help="With --dry-run: ask nobody; say what is unknown.")
    ] = False,
    detailed_exitcode: Annotated[
        bool,
        typer.Option("--detailed-exitcode", help="With --dry-run: 3 when something is pending."),
    ] = False,
    into: Annotated[
        Path | None,
        typer.Option("--into", metavar="DIR", help="Leave a clone there (a dry run: the files)."),
    ] = None,
    requested_at: Annotated[
        str | None,
        typer.Option("--requested-at", metavar="TIME", help="When it was asked for, with offset."),
    ] = None,
    adopt: Annotated[
        list[str] | None,
        typer.Option(
            "--adopt", metavar="ADDRESS", help="Take over what exists: an address, or all."
        ),
    ] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Answer a question of the template."),
    ] = None,
    no_page: Annotated[
        bool, typer.Option("--no-page", help="Do not page anyone; the check is skipped.")
    ] = False,
    timeout: Annotated[
        str | None, typer.Option("--timeout", metavar="S", help="Seconds for one call.")
    ] = None,
    deadline: Annotated[
        str | None, typer.Option("--deadline", metavar="S", help="Seconds for the whole run.")
    ] = None,
) -> int:
    """Take a team from a name to a governed data domain, and say how long it took.

    \b
    Examples:
      platform-cli init loyalty --owner @loyalty-team --on-call loyalty-pager
      platform-cli init loyalty --owner @loyalty-team --on-call loyalty-pager --dry-run
      platform-cli init loyalty --owner @loyalty-team --on-call loyalty-pager --into ./loyalty

    Running it again is always safe: it looks at the world and does what is missing.
    """
    _only_with_dry_run(dry_run, {"--offline": offline, "--detailed-exitcode": detailed_exitcode})
    settings = invocation.settings_with({"timeout": timeout, "deadline": deadline})
    from platform_cli import wiring

    asked = request.read(
        domain=domain,
        owner=owner,
        on_call=on_call,
        organisation=settings.platform.organisation,
        answers=set_ or (),
        source=wiring.template_source(settings),
        now=datetime.now(tz=UTC),
        requested_at=requested_at,
        adopt=adopt or (),
        no_page=no_page,
    )
    with wiring.surroundings(settings, asked) as around:
        place = delivery.prepare(into, around, asked, dry_run=dry_run) if into else None
        with narration(invocation, quiet=dry_run or invocation.quiet) as watcher:
            if dry_run:
                with wiring.reading(settings) as past:
                    result = planning.dry_run(asked, around, past, watcher)
            else:
                with wiring.journal(settings) as kept, stopping(around.stop):
                    result = onboard.onboard(asked, around, kept, watcher)
        if place is not None:
            result = _delivered(result, around, place)
    _tell(invocation, result, into, settings.output.width)
    return _exit(result, detailed=detailed_exitcode)


def _delivered(result: Result, around: Surroundings, place: Path) -> Result:
    """The result, with the reason where --into could not be done: what was made is told anyway."""
    try:
        delivery.deliver(result, around, place)
    except PlatformError as error:
        return replace(result, error=result.error or error)
    return result


def _tell(invocation: Invocation, result: Result, into: Path | None, wished: int | None) -> None:
    if invocation.json:
        json.write(json.init_document(result))
    else:
        human.tell_init(result, text.width(invocation.terminal, sys.stdout, wished), into)


def _exit(result: Result, *, detailed: bool) -> int:
    if result.error is not None:
        return result.error.exit
    if result.outcome == "incomplete":
        return Exit.PENDING
    pending = any(step.plan.pending for step in result.steps)
    return Exit.PENDING if detailed and pending else Exit.DONE


def _only_with_dry_run(dry_run: bool, flags: dict[str, bool]) -> None:  # noqa: FBT001
    given = [flag for flag, on in flags.items() if on]
    if given and not dry_run:
        raise PlatformError(
            "PLT-USAGE-001",
            f"{given[0]} belongs to --dry-run. Nothing was done.",
            hint="Add --dry-run, or leave it out.",
            address=given[0],
        )
