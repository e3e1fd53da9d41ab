"""`platform-cli kpi onboarding`: parse, compute from the journal, render."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any, TypeVar, cast, get_args

import typer

from platform_cli.cli.options import Invocation
from platform_cli.errors import Exit, PlatformError, Problem

if TYPE_CHECKING:
    from platform_cli.kpi.figures import Figures
    from platform_cli.kpi.groups import By

T = TypeVar("T")

FORMATS = ("human", "json", "csv", "openmetrics", "html")


@dataclass(frozen=True, slots=True)
class Asked:
    """What was typed, read and found valid."""

    now: datetime
    profiles: tuple[str, ...]
    runs: bool
    since: date | None
    by: By | None
    baseline: timedelta | None
    limit: timedelta | None


def onboarding(
    invocation: Invocation,
    *,
    since: Annotated[
        str | None,
        typer.Option(
            "--since",
            metavar="90d|DATE",
            help="Count what was ready, or is open and was asked for, since then.",
        ),
    ] = None,
    by: Annotated[
        str | None,
        typer.Option(
            "--by", metavar="step|week|template|profile", help="The lead time of each group."
        ),
    ] = None,
    of_profile: Annotated[
        list[str] | None,
        typer.Option("--of-profile", metavar="NAME", help="Count this profile; may be repeated."),
    ] = None,
    runs: Annotated[
        bool, typer.Option("--runs", help="List the onboardings behind the numbers.")
    ] = False,
    baseline: Annotated[
        str | None,
        typer.Option("--baseline", metavar="11d", help="How long it took before, to compare."),
    ] = None,
    fail_over: Annotated[
        str | None,
        typer.Option("--fail-over", metavar="4h", help="Exit 5 where the p50 is above this."),
    ] = None,
) -> int:
    """Onboarding lead time: p50, p90, p95, where the time goes, and what is still open.

    \b
    Examples:
      platform-cli kpi onboarding
      platform-cli kpi onboarding --since 90d --by week --baseline 11d
      platform-cli kpi onboarding --of-profile local --runs
      platform-cli kpi onboarding --format html > lead-time.html
      platform-cli kpi onboarding --format csv --runs > onboardings.csv
      platform-cli kpi onboarding --since 30d --fail-over 4h --quiet
    """
    from platform_cli.cli.render import human, json
    from platform_cli.kpi import document

    asked = _asked(of_profile, since, by, baseline, fail_over, runs=runs)
    if invocation.format == "csv" and runs and by is not None:
        raise _one_table()
    found = _figures(invocation, asked)
    drawn = invocation.format == "html"
    told = document.document(
        found, runs=asked.runs or drawn, baseline=_compared(found, asked), in_progress=drawn
    )
    error = _above(found, asked)
    told["error"] = json.error_body(error) if error else None
    _render(invocation, asked, told)
    if error is None:
        return Exit.DONE
    if not invocation.json:
        human.tell_error(error)
    return error.exit


onboarding.formats = FORMATS  # type: ignore[attr-defined]  # read by `with_shared_options`


def _asked(
    profiles: list[str] | None,
    since: str | None,
    by: str | None,
    baseline: str | None,
    fail_over: str | None,
    *,
    runs: bool,
) -> Asked:
    """Read what was typed. Raises PLT-USAGE-001 naming everything that is wrong."""
    from platform_cli.kpi.groups import By
    from platform_cli.kpi.periods import parse_since, parse_span

    now = datetime.now(tz=UTC)
    problems: list[Problem] = []

    def read(option: str, text: str | None, reader: Callable[[str], T]) -> T | None:
        if text is None:
            return None
        try:
            return reader(text)
        except ValueError as error:
            problems.append(Problem(option, str(error), "See --help of this command."))
            return None

    def group(text: str) -> By:
        if text not in get_args(By):
            msg = f"{text!a} is not one of {', '.join(get_args(By))}"
            raise ValueError(msg)
        return cast("By", text)

    asked = Asked(
        now=now,
        profiles=tuple(profiles or ()),
        runs=runs,
        since=read("--since", since, lambda text: parse_since(text, now)),
        by=read("--by", by, group),
        baseline=read("--baseline", baseline, parse_span),
        limit=read("--fail-over", fail_over, parse_span),
    )
    if problems:
        said = problems[0].summary if len(problems) == 1 else f"{len(problems)} words are wrong"
        raise PlatformError(
            "PLT-USAGE-001",
            f"{said}. Nothing was computed.",
            hint="platform-cli kpi onboarding --help",
            address=problems[0].address,
            problems=problems,
        )
    return asked


def _one_table() -> PlatformError:
    return PlatformError(
        "PLT-USAGE-001",
        "A CSV file holds one table: --runs and --by are two. Nothing was computed.",
        hint="Ask for one of them, or for --format json, which holds both.",
        address="--format",
    )


def _figures(invocation: Invocation, asked: Asked) -> Figures:
    from platform_cli import wiring
    from platform_cli.kpi import figures, timeline

    settings = invocation.settings
    with wiring.reading(settings) as kept:
        onboardings = (timeline.onboarding(events) for events in kept.by_onboarding())
        return figures.figures(
            (one for one in onboardings if one is not None),
            now=asked.now,
            profiles=frozenset(asked.profiles) or None,
            target_s=settings.kpi.target_minutes * 60,
            alarm_s=settings.kpi.alarm_minutes * 60,
            abandoned_days=settings.kpi.abandoned_days,
            since=asked.since,
            by=asked.by,
            keep_runs=asked.runs or invocation.format == "html",
        )


def _compared(found: Figures, asked: Asked) -> Any:
    from platform_cli.kpi.comparison import before_and_after

    if asked.baseline is None:
        return None
    return before_and_after(asked.baseline, found.lead_time.p50_us)


def _above(found: Figures, asked: Asked) -> PlatformError | None:
    """The error of --fail-over, where the p50 is above it. No data is not above."""
    from platform_cli.cli.render.text import duration
    from platform_cli.kpi.comparison import above

    p50_us = found.lead_time.p50_us
    if asked.limit is None or p50_us is None or not above(asked.limit, p50_us):
        return None
    return PlatformError(
        "PLT-KPI-001",
        f"The p50 of {found.lead_time.n} is {duration(float(p50_us / 1_000_000))}, above the "
        f"limit of {duration(asked.limit.total_seconds())}. Nothing was changed.",
        address="--fail-over",
    )


def _render(invocation: Invocation, asked: Asked, told: Mapping[str, Any]) -> None:
    """Print the document in the format that was asked for; each renderer is imported here."""
    from platform_cli.cli.render import text

    counted = ", ".join(asked.profiles) or "every profile but local"
    if invocation.json:
        from platform_cli.cli.render import json

        json.write(told)
    elif invocation.format == "csv":
        from platform_cli.cli.render import kpi_csv

        kpi_csv.write(told)
    elif invocation.format == "openmetrics":
        from platform_cli.cli.render import openmetrics

        openmetrics.write(told)
    elif invocation.format == "html":
        from platform_cli.cli.render import kpi_html

        kpi_html.write(told, asked.now, counted)
    else:
        from platform_cli.cli.render import kpi

        kpi.tell(told, text.width(invocation.terminal, sys.stdout, _wished(invocation)), counted)


def _wished(invocation: Invocation) -> int | None:
    return invocation.settings.output.width
