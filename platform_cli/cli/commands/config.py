"""`platform-cli config show|init`: parse, read or write settings, render."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from platform_cli.cli.options import Invocation
from platform_cli.errors import Exit, PlatformError


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
    service: Annotated[
        str | None,
        typer.Option(
            "--service", metavar="github", help="Write the platform team's workflow instead."
        ),
    ] = None,
    into: Annotated[
        Path | None,
        typer.Option(
            "--into", metavar="DIR", help="With --service: the repository (default: here)."
        ),
    ] = None,
) -> int:
    """Write a commented configuration file. An existing one is never overwritten.

    \b
    Examples:
      platform-cli config init
      platform-cli config init --organisation acme --output ./config.toml
      platform-cli config init --service github --profile production --into ../platform

    With --service github: the workflow by which teams make their own domains, with what it
    needs, from the settings of the profile. Files that say something else are left alone (6).
    """
    _of_one_kind(service, {"--output": output, "--organisation": organisation}, into)
    if service is not None:
        return _service(invocation, into or Path())
    from platform_cli import settings
    from platform_cli.cli.render import json, text

    path = settings.write_starter(output or invocation.config, organisation=organisation)
    if invocation.json:
        json.write({"schema": "platform-cli/config-init/1", "path": str(path)})
    else:
        text.out(text.clean(f"Written: {path}"))
        text.out("Next: read it, then `platform-cli config show`.")
    return Exit.DONE


def _service(invocation: Invocation, into: Path) -> int:
    import tempfile

    from platform_cli import service
    from platform_cli.cli.render import json, text

    with tempfile.TemporaryDirectory(prefix="platform-cli-") as scratch:
        written = service.write(invocation.settings, into, Path(scratch))
    if invocation.json:
        files = [{"path": name, "status": status} for name, status in written.files]
        document = {"schema": "platform-cli/config-service/1", "folder": str(written.folder)}
        json.write({**document, "files": files})
        return Exit.DONE
    columns = text.width(invocation.terminal, sys.stdout, invocation.settings.output.width)
    for name, status in written.files:
        text.out(text.clean(f"{status:<8} {name}"))
    text.out()
    text.out(
        text.wrap(
            "Not written: requirements.txt, the lock with the hashes of your package index, and "
            "the environments with their credentials. Until both are there the workflow fails "
            "before anything is made.",
            columns,
        )
    )
    text.out("Next: .github/onboard/README.md has the commands.")
    return Exit.DONE


def _of_one_kind(service: str | None, plain: dict[str, object], into: Path | None) -> None:
    """Refuse a service that is not known, and flags of the one kind with the other."""
    given = [flag for flag, value in plain.items() if value is not None]
    if service not in {None, "github"}:
        wrong, why, hint = "--service", f"{service!a} is not known", "Write --service github."
    elif service is not None and given:
        wrong, why = given[0], "does not belong to --service"
        hint = "The service is made from the settings: name a configuration with --config."
    elif service is None and into is not None:
        wrong, why, hint = "--into", "belongs to --service", "Use --output for a configuration."
    else:
        return
    raise PlatformError(
        "PLT-USAGE-001", f"{wrong}: {why}. Nothing was done.", hint=hint, address=wrong
    )
