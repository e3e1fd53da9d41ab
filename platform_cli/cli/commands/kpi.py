"""`platform-cli kpi onboarding`: parse, compute from the journal, render."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import Annotated

import typer

from platform_cli.cli.options import Invocation
from platform_cli.errors import Exit


def onboarding(
    invocation: Invocation,
    *,
    of_profile: Annotated[
        list[str] | None,
        typer.Option("--of-profile", metavar="NAME", help="Count this profile; may be repeated."),
    ] = None,
    runs: Annotated[
        bool, typer.Option("--runs", help="List the onboardings behind the numbers.")
    ] = False,
) -> int:
    """Onboarding lead time: p50, p90, p95, where the time goes, and what is still open.

    \b
    Examples:
      platform-cli kpi onboarding
      platform-cli kpi onboarding --of-profile local --runs
      platform-cli kpi onboarding --format json
    """
    from platform_cli import wiring
    from platform_cli.cli.render import json, kpi, text
    from platform_cli.kpi import document, figures, timeline

    settings = invocation.settings
    with wiring.reading(settings) as kept:
        onboardings = (timeline.onboarding(events) for events in kept.by_onboarding())
        found = figures.figures(
            (one for one in onboardings if one is not None),
            now=datetime.now(tz=UTC),
            profiles=frozenset(of_profile) if of_profile else None,
            target_s=settings.kpi.target_minutes * 60,
            alarm_s=settings.kpi.alarm_minutes * 60,
            abandoned_days=settings.kpi.abandoned_days,
            keep_runs=runs,
        )
    told = document.document(found, runs=runs)
    if invocation.json:
        json.write(told)
    else:
        width = text.width(invocation.terminal, sys.stdout, settings.output.width)
        counted = ", ".join(of_profile) if of_profile else "every profile but local"
        kpi.tell(told, width, counted)
    return Exit.DONE
