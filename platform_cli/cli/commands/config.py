"""`platform-cli config show|init`: parse, read or write settings, render."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from platform_cli.cli.options import Invocation
from platform_cli.errors import Exit


def show(invocation: Invocation) -> int:
    """Print every setting with its value and where it comes from.

    \b
    Examples:
      platform-cli config show
      platform-cli config show --format json
    """
    from platform_cli import settings
    from platform_cli.cli.render import json, text

    told = settings.document(invocation.settings)
    if invocation.json:
        json.write(told)
        return Exit.DONE
    columns = text.width(invocation.terminal, sys.stdout, invocation.settings.output.width)
    text.out(text.wrap(f"profile  {told['profile']}", columns))
    text.out(text.wrap(f"home     {told['home']}", columns))
    text.out()
    longest = max(len(value["key"]) for value in told["values"])
    for value in told["values"]:
        line = f"{value['key']:<{longest}}  {_shown(value['value'])}  {_origin(value['origin'])}"
        text.out(text.wrap(line, columns, hanging="    "))
    return Exit.DONE


def _shown(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(str(item) for item in value)
    return "-" if value is None else str(value)


def _origin(origin: dict[str, str | None]) -> str:
    return f"({origin['kind']}: {origin['where']})" if origin["where"] else f"({origin['kind']})"


def init(
    invocation: Invocation,
    *,
    output: Annotated[
        Path | None,
        typer.Option("--output", metavar="FILE", help="Write there instead of the usual place."),
    ] = None,
    organisation: Annotated[
        str | None,
        typer.Option("--organisation", metavar="NAME", help="The organisation of your teams."),
    ] = None,
) -> int:
    """Write a commented configuration file. An existing one is never overwritten.

    \b
    Examples:
      platform-cli config init
      platform-cli config init --organisation acme --output ./config.toml
    """
    from platform_cli import settings
    from platform_cli.cli.render import json, text

    path = settings.write_starter(output or invocation.config, organisation=organisation)
    if invocation.json:
        json.write({"schema": "platform-cli/config-init/1", "path": str(path)})
    else:
        text.out(text.clean(f"Written: {path}"))
        text.out("Next: read it, then `platform-cli config show`.")
    return Exit.DONE
