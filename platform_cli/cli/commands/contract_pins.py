"""`platform-cli contract pins|consumers`: parse, look who reads what, render."""

from __future__ import annotations

import sys
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from platform_cli.cli.options import Invocation
from platform_cli.errors import Exit, PlatformError

if TYPE_CHECKING:
    from platform_cli.domain_repo.consumes import Offers, Pins, Readers


def pins(
    invocation: Invocation,
    repository: Annotated[
        Path,
        typer.Argument(
            metavar="DIR", help="A domain's repository; the current folder.", show_default=False
        ),
    ] = Path(),
    *,
    contracts: Annotated[
        list[Path] | None,
        typer.Option(
            "--contracts",
            metavar="DIR",
            help="Resolve against the contracts in this folder and not against the catalog; may be "
            "repeated.",
        ),
    ] = None,
) -> int:
    """What each pin of consumes.yaml comes to, and how long it still holds.

    Exits with 5 where a pin cannot be resolved or its major is past its sunset. A sunset that is
    yet to come is a warning that counts the days.

    \b
    Examples:
      platform-cli contract pins
      platform-cli contract pins finance --contracts orders --contracts loyalty
    """
    from platform_cli.cli.render import json, pins
    from platform_cli.domain_repo import consumes

    found = consumes.pins_of(repository)
    if contracts:
        offers = consumes.in_folders(contracts)
        against = ", ".join(str(folder) for folder in contracts)
    else:
        offers, against = _in_the_catalog(invocation, found)
    pinned = consumes.pinned(found, offers, today=_today())
    if invocation.json:
        json.write(pins.pins_document(pinned, against))
    elif invocation.format == "github":
        pins.annotate_pins(pinned, against)
    else:
        pins.tell_pins(pinned, against, _width(invocation))
    return Exit.DONE if pinned.passed else Exit.DENIED


def consumers(
    invocation: Invocation,
    table: Annotated[str, typer.Argument(metavar="TABLE", help="<domain>.<tier>.<table>")],
    folders: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="DIR",
            help="Folders of checkouts; without one, the domains' repositories on the forge.",
            show_default=False,
        ),
    ] = None,
) -> int:
    """Who reads a table: every consumes.yaml that names it, with its pin.

    Exits with 5 where a consumes.yaml cannot be read, because the list may then lack somebody.

    \b
    Examples:
      platform-cli contract consumers orders.product.order_facts
      platform-cli contract consumers orders.product.order_facts ../finance ../marketing
    """
    from platform_cli.cli.render import json, pins
    from platform_cli.domain_repo import consumes

    _refuse_no_table(table)
    found = consumes.readers(table, folders) if folders else _on_the_forge(invocation, table)
    if invocation.json:
        json.write(pins.consumers_document(table, found))
    elif invocation.format == "github":
        pins.annotate_consumers(table, found)
    else:
        pins.tell_consumers(table, found, _width(invocation))
    return Exit.DENIED if found.findings else Exit.DONE


pins.formats = ("human", "json", "github")  # type: ignore[attr-defined]  # read by with_shared_options
consumers.formats = pins.formats  # type: ignore[attr-defined]  # the same


def _in_the_catalog(invocation: Invocation, pins: Pins) -> tuple[Offers, str]:
    from platform_cli import wiring
    from platform_cli.domain_repo import consumes

    settings = invocation.settings
    with wiring.surroundings(settings) as around:
        offers = consumes.in_catalog(around.providers.catalog, pins)
    return offers, f"the catalog of the profile {settings.profile.name}"


def _on_the_forge(invocation: Invocation, table: str) -> Readers:
    from platform_cli import wiring
    from platform_cli.domain_repo import consumes
    from platform_cli.onboarding.status import known_domains

    settings = invocation.settings
    with wiring.surroundings(settings) as around, wiring.reading(settings) as past:
        domains = known_domains(past, around.profile)
        return consumes.readers_on(around.providers.forge, table, domains, around.scratch)


def _refuse_no_table(table: str) -> None:
    from platform_cli.contracts.language import NAME, TABLE

    if NAME.fullmatch(table) is None:
        raise PlatformError(
            "PLT-USAGE-001",
            f"{table!a} is not the name of a table. Nothing was looked at.",
            hint=f"A table is {TABLE.expected}, such as orders.product.order_facts.",
            address="TABLE",
        )


def _today() -> date:
    return datetime.now(tz=UTC).date()


def _width(invocation: Invocation) -> int:
    from platform_cli.cli.render import text

    return text.width(invocation.terminal, sys.stdout, invocation.settings.output.width)
