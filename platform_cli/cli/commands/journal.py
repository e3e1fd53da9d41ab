"""`platform-cli journal export|import|migrate|close`: parse, ask the journal, render."""

from __future__ import annotations

import sys
from itertools import chain
from pathlib import Path
from typing import Annotated

import typer

from platform_cli.cli.options import Invocation
from platform_cli.errors import Exit, PlatformError


def export(
    invocation: Invocation,
    *,
    output: Annotated[
        Path | None,
        typer.Option("--output", metavar="FILE", help="Write there instead of to stdout."),
    ] = None,
) -> int:
    """Print every event as JSON Lines, in the journal's order. Anyone can recompute the numbers.

    \b
    Examples:
      platform-cli journal export > events.jsonl
      platform-cli journal export --output events.jsonl
    """
    from platform_cli import wiring
    from platform_cli.journal.event import to_line

    with wiring.reading(invocation.settings) as kept:
        # JSON Lines are UTF-8, whatever the terminal's encoding is.
        lines = ((to_line(event) + "\n").encode() for event in kept.events())
        if output is None:
            sys.stdout.buffer.writelines(lines)
            return Exit.DONE
        try:
            with output.open("wb") as file:
                file.writelines(lines)
        except OSError as error:
            raise PlatformError(
                "PLT-USAGE-001",
                f"--output {output}: {error.strerror}. The journal is as it was.",
                hint="Name a file in a folder that exists and that you may write to.",
                address="--output",
            ) from error
    return Exit.DONE


def import_(
    invocation: Invocation,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="JSON Lines, or - for stdin.")],
) -> int:
    """Add the events of a file: whole or not at all, and each event once.

    \b
    Examples:
      platform-cli journal import events.jsonl
      platform-cli journal export | platform-cli --config other.toml journal import -
    """
    from platform_cli import wiring
    from platform_cli.cli.render import json, text
    from platform_cli.journal import lines

    events = lines.read(file)
    # A file that cannot be read is refused before a journal is made for it.
    first = [event for event in (next(events, None),) if event is not None]
    with wiring.journal(invocation.settings) as kept:
        done = kept.extend(chain(first, events))
    if invocation.json:
        told = {"schema": "platform-cli/journal-import/1", "added": done.added, "known": done.known}
        json.write(told)
    else:
        text.out(f"{done.added} events added, {done.known} were known.")
    return Exit.DONE


def migrate(
    invocation: Invocation,
    *,
    source: Annotated[
        Path | None,
        typer.Option(
            "--from", metavar="FILE", help="The SQLite journal; the one in PLATFORM_HOME."
        ),
    ] = None,
) -> int:
    """Copy every event of a SQLite journal into the shared one, and look that each is there.

    Safe to run again: an event that is there already is not written twice. The file stays as it is.

    \b
    Examples:
      platform-cli journal migrate
      platform-cli journal migrate --from /mnt/old/journal.sqlite3
    """
    from platform_cli import wiring
    from platform_cli.cli.render import json, text
    from platform_cli.journal import moving

    if source is not None and not source.is_file():
        raise PlatformError(
            "PLT-USAGE-001",
            f"--from {source}: there is no such file. Nothing was done.",
            hint="Name the file of a SQLite journal.",
            address="--from",
        )
    with wiring.moving(invocation.settings, source) as (old, shared):
        done = moving.move(old, shared)
        told = {
            "schema": "platform-cli/journal-migrate/1",
            "from": old.place,
            "to": shared.place,
            "added": done.added,
            "known": done.known,
            "verified": done.added + done.known,
        }
    if invocation.json:
        json.write(told)
    else:
        text.out(f"{done.added} events added, {done.known} were known; all of them verified.")
        text.out(text.clean(f"{told['from']} is as it was, and is not used any more."))
    return Exit.DONE


def close(
    invocation: Invocation,
    domain: Annotated[str, typer.Argument(metavar="DOMAIN", help="The domain.")],
    *,
    reason: Annotated[
        str, typer.Option("--reason", metavar="TEXT", help="Why; it stays in the journal.")
    ],
) -> int:
    """Take a domain's open onboarding out of the numbers, visibly. Nothing outside is removed.

    \b
    Example:
      platform-cli journal close loyalti --reason "typo, it is loyalty"
    """
    from platform_cli import spec, wiring
    from platform_cli.cli.render import json, text
    from platform_cli.onboarding import closing

    spec.check_domain(domain)
    around = wiring.closing(invocation.settings)
    with wiring.journal(invocation.settings) as kept:
        closed = closing.close(domain, reason, around, kept)
    if invocation.json:
        json.write(
            {
                "schema": "platform-cli/journal-close/1",
                "domain": domain,
                "onboarding": closed,
                "profile": around.profile,
            },
        )
    else:
        text.out(f"{text.clean(domain)} is closed: it no longer counts, and what exists stays.")
    return Exit.DONE
