"""`kpi onboarding` as one HTML file: opens offline, has no script, and asks for nothing.

Owns the page; the charts are in `kpi_charts`. Each chart's numbers stand in a table below, so
that nothing is told by a picture alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from platform_cli import __version__
from platform_cli.cli.render import kpi_charts, utf8
from platform_cli.cli.render.kpi_charts import PARTS, Chart
from platform_cli.cli.render.kpi_style import STYLE
from platform_cli.cli.render.kpi_svg import escaped
from platform_cli.cli.render.text import count, duration

_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'"
_MOST_ROWS: Final = 200
Row = Sequence[str]


def write(told: Mapping[str, Any], now: datetime, counted: str) -> None:
    """Print the page. The document must carry its runs."""
    charts = _charts(told)
    utf8.write(
        "".join(
            (
                (
                    '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
                    f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
                    '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
                    "<title>Onboarding lead time</title>\n"
                    f"<style>{STYLE}</style>\n</head>\n<body>\n"
                ),
                "<main>\n",
                _head(told, now, counted),
                _tiles(told),
                _left_out(told),
                _section("Charts", _figures(charts)) if charts else "",
                _section("The numbers", "".join(_tables(told))),
                _section("How to read this", _READING),
                "</main>\n</body>\n</html>\n",
            )
        )
    )


def _charts(told: Mapping[str, Any]) -> list[Chart]:
    charts: list[Chart | None] = []
    if told["n"]:
        charts += [kpi_charts.over_time(told), kpi_charts.distribution(told)]
        charts += [kpi_charts.by_step(told), kpi_charts.machine_and_waiting(told)]
    if told["in_progress"]:
        charts.append(kpi_charts.in_progress(told))
    charts.append(kpi_charts.before_and_after(told))
    return [chart for chart in charts if chart is not None]


def _section(title: str, body: str) -> str:
    name = title.lower().replace(" ", "-")
    return f'<section aria-labelledby="{name}"><h2 id="{name}">{title}</h2>\n{body}</section>\n'


def _head(told: Mapping[str, Any], now: datetime, counted: str) -> str:
    since = f", since {told['since']}" if told["since"] else ""
    made = now.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
    return (
        "<header><h1>Onboarding lead time</h1>\n"
        f'<p class="soft">{escaped(f"Of {counted}{since}.")} From the request to the first run in '
        f"which all six day-one checks passed. Made {made} by platform-cli {__version__}.</p>"
        "</header>\n"
    )


def _tiles(told: Mapping[str, Any]) -> str:
    if not told["n"]:
        return '<p class="note"><b>No data.</b> No onboarding has been proven ready yet.</p>\n'
    lead, p50 = told["lead_time_s"], told["lead_time_s"]["p50"]
    if p50 > told["alarm_s"]:
        kind, said = "poor", f"above the alarm of {duration(told['alarm_s'])}"
    elif p50 > told["target_s"]:
        kind, said = "fair", f"above the target of {duration(told['target_s'])}"
    else:
        kind, said = "good", f"within the target of {duration(told['target_s'])}"
    tiles = [(kind, "p50 of the lead time", duration(p50), said)]
    if lead["values"] is None:
        tiles.append(("", "p90", duration(lead["p90"]), f"p95 {duration(lead['p95'])}"))
    else:
        listed = ", ".join(duration(value) for value in lead["values"])
        tiles.append(("", "the values", count(told["n"], "value"), f"{listed}: too few for a p90"))
    tiles += [
        ("", "proven ready", f"{told['n']:,}", "onboardings behind these figures"),
        ("", "first pass", f"{told['first_pass_rate']:.0%}", "ready in the first run, none failed"),
    ]
    return (
        f'<ul class="tiles">{"".join(_tile(*tile) for tile in [*tiles, _open_tile(told)])}</ul>\n'
    )


def _open_tile(told: Mapping[str, Any]) -> tuple[str, str, str, str]:
    if not told["open"]:
        return ("", "still open", "0", "nothing is in progress")
    censored = told["censored_p50_s"]
    with_open = "none yet" if censored is None else duration(censored)
    said = f"{told['abandoned']} abandoned; p50 with the open ones: {with_open}"
    return ("", "still open", f"{told['open']:,}", said)


def _tile(kind: str, name: str, value: str, said: str) -> str:
    return (
        f'<li class="{kind}"><span>{escaped(name)}</span><b>{escaped(value)}</b>'
        f'<span class="said">{escaped(said)}</span></li>'
    )


def _left_out(told: Mapping[str, Any]) -> str:
    words = []
    if told["excluded"]["profile"]:
        words.append(
            f"{count(told['excluded']['profile'], 'onboarding')} of other profiles left out: "
            "--of-profile NAME counts them."
        )
    if told["excluded"].get("since"):
        words.append(f"{told['excluded']['since']} before {told['since']} left out.")
    if told["closed"]:
        words.append(f"{told['closed']} taken out by hand (journal close).")
    if told["clock_back"]:
        words.append(f"{told['clock_back']} with a clock that went back: that gap counts as 0.")
    if not told["baseline"]:
        words.append("--baseline 11d adds a comparison with how long it took before.")
    return f'<p class="soft">{escaped(" ".join(words))}</p>\n' if words else ""


def _figures(charts: Iterable[Chart]) -> str:
    return f'<div class="charts">{"".join(_figure(chart) for chart in charts)}</div>\n'


def _figure(chart: Chart) -> str:
    legend = "".join(f"<li>{_swatch(kind)}{escaped(said)}</li>" for kind, said in chart.legend)
    return (
        f'<figure id="chart-{chart.id}"><figcaption><h3>{escaped(chart.title)}</h3>'
        f"<p>{escaped(chart.said)}</p></figcaption>{chart.picture}"
        + (f'<ul class="legend">{legend}</ul>' if legend else "")
        + "</figure>\n"
    )


def _swatch(kind: str) -> str:
    drawn = (
        '<path class="{0}" d="M2 5h12"/>'
        if kind in {"median", "open"}
        else (
            '<path class="{0}" d="M8 5h0"/>'
            if kind == "dot"
            else '<rect class="{0}" width="16" height="10"/>'
        )
    )
    return f'<svg viewBox="0 0 16 10" aria-hidden="true">{drawn.format(kind)}</svg>'


def _tables(told: Mapping[str, Any]) -> Iterable[str]:
    lead = told["lead_time_s"]
    if told["n"]:
        yield _table(
            "Lead time", ("", "n", "p50", "p90", "p95"), [_summary("all", told["n"], lead)]
        )
        yield _table(
            "Lead time by week of readiness",
            ("week", "n", "p50", "p90", "p95", *PARTS),
            [
                (
                    *_summary(week["key"], week["n"], week["lead_time_s"]),
                    *(duration(week["split_s"][part]) for part in PARTS),
                )
                for week in told["trend"][-_MOST_ROWS:]
            ],
        )
        yield _table("Distribution", ("up to", "n"), _buckets(told["distribution"]))
        yield _table(
            "Time in each step, waits included",
            ("step", "p50", "p90"),
            [_time_in(step) for step in told["time_by_step"]],
        )
        whole = sum(told["split_s"].values())
        yield _table(
            "Machine, retry and waiting, in all",
            ("part", "time", "share"),
            [
                (part, duration(us), f"{us / whole:.1%}" if whole else "-")
                for part, us in told["split_s"].items()
            ],
        )
    yield from _more_tables(told)


def _more_tables(told: Mapping[str, Any]) -> Iterable[str]:
    if told["steps"]:
        yield _table(
            "Attempts at each step",
            ("step", "ended", "failed", "p50", "p90", "machine time"),
            [
                (
                    step["id"],
                    f"{step['n']:,}",
                    f"{step['failures']:,}",
                    duration(step["p50_s"]),
                    duration(step["p90_s"]),
                    "-" if step["share"] is None else f"{step['share']:.0%}",
                )
                for step in told["steps"]
            ],
        )
    if told["groups"]:
        by = told["groups"][0]["by"]
        yield _table(
            f"Lead time by {by}",
            (by, "n", "p50", "p90", "p95"),
            [_summary(g["key"], g["n"], g["lead_time_s"]) for g in told["groups"]],
        )
    if told["open_runs"]:
        oldest = sorted(told["open_runs"], key=lambda run: -run["age_s"])
        yield _table(
            "In progress, the oldest first",
            ("domain", "profile", "since", "age", ""),
            [
                (
                    run["domain"],
                    run["profile"],
                    run["start"][:10],
                    duration(run["age_s"]),
                    "abandoned" if run["abandoned"] else "",
                )
                for run in oldest
            ],
        )


def _summary(name: str, number: int, lead: Mapping[str, Any]) -> Row:
    return (name, f"{number:,}", *(duration(lead[which]) for which in ("p50", "p90", "p95")))


def _time_in(step: Mapping[str, Any]) -> Row:
    lead = step["lead_time_s"]
    return (step["key"], duration(lead["p50"]), duration(lead["p90"]))


def _buckets(buckets: Iterable[Mapping[str, Any]]) -> Iterable[Row]:
    for bucket in buckets:
        bound = "more" if bucket["up_to_s"] is None else duration(bucket["up_to_s"])
        yield bound, f"{bucket['n']:,}"


def _table(caption: str, head: Row, rows: Iterable[Row]) -> str:
    listed = list(rows)
    names = "".join(f'<th scope="col">{escaped(name)}</th>' for name in head)
    body = "".join(
        f'<tr><th scope="row">{escaped(row[0])}</th>'
        + "".join(f"<td>{escaped(cell)}</td>" for cell in row[1:])
        + "</tr>\n"
        for row in listed[:_MOST_ROWS]
    )
    rest = len(listed) - _MOST_ROWS
    name = f"table-{'-'.join(caption.lower().replace(',', '').split())}"
    more = f" (the first {_MOST_ROWS}; {rest} more in --runs)" if rest > 0 else ""
    return (
        f'<div class="wide" role="region" tabindex="0" aria-labelledby="{name}">'
        f'<table><caption id="{name}">{escaped(caption + more)}</caption>'
        f"<thead><tr>{names}</tr></thead><tbody>{body}</tbody></table></div>\n"
    )


_READING: Final = """<p>The clock starts when the onboarding was asked for and stops when all six
checks have passed in one run, for the first time. Nothing restarts it. At any instant an
onboarding is in machine time (a step of ours runs), retry time (a step that ends in failure, or a
pause before another try) or waiting; the three sum to the lead time.</p>
<p>p50, p90 and p95 are computed from the onboardings themselves, never from other percentiles.
With fewer than five, the values are listed and no p90 is claimed. Open onboardings are not
dropped: the p50 with the open ones counts them as still running. Steps that run at the same time
each count in full, so their times do not add up to the lead time.</p>
<p>Anyone can compute these figures again: <code>platform-cli journal export</code> has every
event, and <code>platform-cli kpi onboarding --runs</code> every onboarding behind them.</p>
"""
