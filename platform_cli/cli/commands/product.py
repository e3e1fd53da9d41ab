"""`platform-cli product add`: parse, add, render."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from platform_cli.cli.options import Invocation
from platform_cli.errors import Exit, PlatformError


def add(
    invocation: Invocation,
    table: Annotated[str, typer.Argument(metavar="TABLE", help="Its own name: returns.")],
    *,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Answer a question of the template."),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="List the files; write nothing.")
    ] = False,
) -> int:
    """Add a product table to the domain's repository around the current folder.

    Its contract (a draft), dbt model with tests, alert rules and dashboard. What is there is never
    changed; all files are written, or none.

    \b
    Examples:
      platform-cli product add returns
      platform-cli product add returns --set description="What was sent back" --dry-run
    """
    from platform_cli.cli.render import json, product, text
    from platform_cli.domain_repo import adding
    from platform_cli.domain_repo.about import about

    own = about(Path())
    with tempfile.TemporaryDirectory(prefix="platform-cli-") as scratch:
        added = adding.add(table, own, _said(set_ or []), Path(scratch), dry_run=dry_run)
    if invocation.json:
        json.write(product.document(added, own.domain, dry_run=dry_run))
    else:
        columns = text.width(invocation.terminal, sys.stdout, invocation.settings.output.width)
        product.tell(added, columns)
    return added.error.exit if added.error is not None else Exit.DONE


def _said(pairs: list[str]) -> dict[str, str]:
    """The answers by their keys. Raises PLT-USAGE-001."""
    for pair in pairs:
        if "=" not in pair:
            raise PlatformError(
                "PLT-USAGE-001",
                f"--set {pair!a} has no value. Nothing was written.",
                hint="Write --set KEY=VALUE, such as --set region=EU.",
                address="--set",
            )
    return {pair.partition("=")[0]: pair.partition("=")[2] for pair in pairs}
