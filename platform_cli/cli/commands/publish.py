"""`platform-cli publish`: parse, publish, render."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from platform_cli.cli.narration import stopping
from platform_cli.cli.options import Invocation
from platform_cli.errors import Exit


def publish(
    invocation: Invocation,
    repository: Annotated[
        Path,
        typer.Argument(
            metavar="DIR",
            help="A domain's repository; the one around the current folder.",
            show_default=False,
        ),
    ] = Path(),
    *,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be published; change nothing.")
    ] = False,
) -> int:
    """Register each product table in the catalog: its contract's version, owner, SLA and tags.

    A draft is said to be one and is not published. All contracts are published, or none where one
    of them cannot be: a version never changes and never goes back. Publishing again is safe.

    \b
    Examples:
      platform-cli publish
      platform-cli publish loyalty --dry-run
    """
    from platform_cli import wiring
    from platform_cli.cli.render import json, publish, text
    from platform_cli.domain_repo import publishing
    from platform_cli.domain_repo.about import about

    own = about(repository)
    contracts = publishing.contracts_of(own)
    settings = invocation.settings
    with wiring.surroundings(settings) as around, stopping(around.stop):
        patience = publishing.Patience(around.deadline_s, around.clock.monotonic, around.stop)
        result = publishing.publish(
            contracts,
            own,
            around.providers.catalog,
            today=around.clock.wall().date(),
            patience=patience,
            dry_run=dry_run,
        )
        profile = around.profile
    if invocation.json:
        json.write(publish.document(result, own.domain, profile, dry_run=dry_run))
    else:
        columns = text.width(invocation.terminal, sys.stdout, settings.output.width)
        publish.tell(result, own.domain, columns)
    return result.error.exit if result.error is not None else Exit.DONE
