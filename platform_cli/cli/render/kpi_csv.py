"""`kpi onboarding` as CSV: one table, safe to open in a spreadsheet.

A text that a spreadsheet would run as a formula gets an apostrophe before it: a domain's name is
data, wherever it is opened.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from platform_cli.cli.render import utf8
from platform_cli.cli.render.text import clean

# What begins a formula, in the ASCII and in the full-width form, or can bring one up to the front.
_BEGINS_A_FORMULA: Final = frozenset(
    "=+-@\t\r\n\N{FULLWIDTH EQUALS SIGN}\N{FULLWIDTH PLUS SIGN}"
    "\N{FULLWIDTH HYPHEN-MINUS}\N{FULLWIDTH COMMERCIAL AT}|%"
)
_PARTS: Final = ("machine", "retry", "waiting")
Cell = str | int | float | None


def write(told: Mapping[str, Any]) -> None:
    """Print the onboardings (--runs), the groups (--by) or the figures, as UTF-8."""
    if told["runs"] is not None:
        rows = _runs(told)
    elif told["groups"] is not None:
        rows = _groups(told["groups"])
    else:
        rows = _figures(told)
    writer = csv.writer(utf8.Stdout(), quoting=csv.QUOTE_NONNUMERIC, lineterminator="\r\n")
    for row in rows:
        writer.writerow(["" if cell is None else safe(cell) for cell in row])


def safe(cell: Cell) -> Cell:
    """A number as it is; a text that no spreadsheet takes for a formula, on one line."""
    if not isinstance(cell, str):
        return cell
    text = " ".join(clean(cell).split("\n"))
    return f"'{text}" if text.lstrip(" ")[:1] in _BEGINS_A_FORMULA and text.strip() else text


def _runs(told: Mapping[str, Any]) -> Iterable[Sequence[Cell]]:
    yield (
        "onboarding",
        "domain",
        "profile",
        "template",
        "state",
        "start",
        "ready",
        "lead_time_s",
        *(f"{part}_s" for part in _PARTS),
        "first_pass",
        "clock_back",
        "age_s",
    )
    for run in told["runs"]:
        yield (
            *(run[key] for key in ("onboarding", "domain", "profile", "template")),
            "ready",
            *(run[key] for key in ("start", "ready", "lead_time_s")),
            *(run["split_s"][part] for part in _PARTS),
            _yes(run["first_pass"]),
            _yes(run["clock_back"]),
            None,
        )
    for run in told["open_runs"]:
        yield (
            *(run[key] for key in ("onboarding", "domain", "profile", "template")),
            "abandoned" if run["abandoned"] else "open",
            run["start"],
            *(None for _ in range(7)),
            run["age_s"],
        )


def _groups(groups: Sequence[Mapping[str, Any]]) -> Iterable[Sequence[Cell]]:
    yield ("by", "key", "n", "p50_s", "p90_s", "p95_s")
    for group in groups:
        lead = group["lead_time_s"]
        yield (group["by"], group["key"], group["n"], lead["p50"], lead["p90"], lead["p95"])


def _figures(told: Mapping[str, Any]) -> Iterable[Sequence[Cell]]:
    yield ("figure", "value")
    for key in ("n", "open", "abandoned", "closed", "clock_back"):
        yield (key, told[key])
    for key, number in told["excluded"].items():
        yield (f"excluded_{key}", number)
    for which in ("p50", "p90", "p95"):
        yield (f"lead_time_{which}_s", told["lead_time_s"][which])
    for key in ("censored_p50_s", "oldest_open_s"):
        yield (key, told[key])
    for part in _PARTS:
        yield (f"{part}_s", told["split_s"][part])
    for key in ("first_pass_rate", "target_s", "alarm_s", "since"):
        yield (key, told[key])
    for key, value in (told["baseline"] or {}).items():
        yield (f"baseline_{key}", value)
    for step in told["steps"]:
        for key in ("n", "p50_s", "p90_s", "failures", "share"):
            yield (f"step {step['id']} {key}", step[key])


def _yes(value: bool) -> str:  # noqa: FBT001 - a cell, not a switch
    return "yes" if value else "no"
