"""`platform-cli init`: parse, onboard, render."""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from platform_cli.cli.narration import narration, reported, stopping
from platform_cli.cli.options import Invocation
from platform_cli.cli.render import human, json, markdown, text
from platform_cli.errors import Exit, PlatformError
from platform_cli.onboarding import asking, delivery, onboard, planning, request

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
        typer.Option(
            "--requested-at",
            metavar="TIME",
            help="When it was asked for, with offset; or run:ORG/REPO/ID of a workflow run.",
        ),
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
    on_behalf_of: Annotated[
        str | None,
        typer.Option(
            "--on-behalf-of",
            metavar="@PERSON",
            help="Who asks, where a service runs it: must belong to the owner.",
        ),
    ] = None,
    summary: Annotated[
        Path | None,
        typer.Option(
            "--summary", metavar="FILE", help="Append the plan or result there, as Markdown."
        ),
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
    with reported(invocation, summary):
        _only_with_dry_run(
            dry_run, {"--offline": offline, "--detailed-exitcode": detailed_exitcode}
        )
        _not_offline(offline, on_behalf_of, requested_at)
        settings = invocation.settings_with({"timeout": timeout, "deadline": deadline})
        from platform_cli import template, wiring

        read = partial(
            request.read,
            domain=domain,
            owner=owner,
            on_call=on_call,
            organisation=settings.platform.organisation,
            now=datetime.now(tz=UTC),
            requested_at=requested_at,
            adopt=adopt or (),
            no_page=no_page,
            on_behalf_of=on_behalf_of,
        )
        if settings.template.source is not None:
            # A name that is wrong is told before anybody is asked for a template.
            read(answers=(), source=template.packaged())
        with wiring.template_source(settings, keep=not dry_run, offline=offline) as source:
            asked = read(answers=set_ or (), source=source)
            with wiring.surroundings(
                settings, asked, source, writing=not dry_run, offline=offline
            ) as own:
                asked, around = asking.settled(asked, own)
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
        _summarise(invocation, result, summary)
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


def _summarise(invocation: Invocation, result: Result, summary: Path | None) -> None:
    if summary is None:
        return
    markdown.append_result(summary, result)
    if invocation.json and result.error is not None:
        human.tell_error(result.error)  # stdout is kept as a file: the log says it, too


def _exit(result: Result, *, detailed: bool) -> int:
    if result.error is not None:
        return result.error.exit
    if result.outcome == "incomplete":
        return Exit.PENDING
    pending = any(step.plan.pending or step.plan.action == "unknown" for step in result.steps)
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


def _not_offline(offline: bool, person: str | None, requested_at: str | None) -> None:  # noqa: FBT001
    """Who belongs to whom is the forge's to say, and offline nobody asks it."""
    of_a_run = requested_at is not None and requested_at.startswith("run:")
    flag = "--on-behalf-of" if person is not None else "--requested-at run:" if of_a_run else None
    if offline and flag is not None:
        raise PlatformError(
            "PLT-USAGE-001",
            f"{flag} asks the forge, and --offline asks nobody. Nothing was done.",
            hint="Leave one of the two out.",
            address=flag,
        )
