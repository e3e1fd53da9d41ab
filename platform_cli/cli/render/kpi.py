"""`kpi onboarding` for people: the figures, what they leave out, and where the time goes."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Final

from platform_cli.cli.render.text import count, duration, out, wrap

_OWNERS: Final = 3
_BETWEEN: Final = "(between steps)"
_BARS: Final = "▁▂▃▄▅▆▇█"
_PLAIN_BARS: Final = "_.-=+*#@"
_LONGEST_TREND: Final = 52
_HANGING: Final = " " * 14


def tell(told: Mapping[str, Any], columns: int, counted: str) -> None:
    """Print the document for a reader. Never a 0 where there is no data."""
    since = f", since {told['since']}" if told["since"] else ""
    out(wrap(f"Onboarding lead time of {counted}{since}", columns))
    out()
    if told["n"] == 0:
        _row("no data", "no onboarding has been proven ready yet", columns)
    else:
        _tell_figures(told, columns)
    _tell_rest(told, columns)
    _tell_before_and_after(told, columns)
    if told["n"]:
        _tell_owners(told, columns)
    if told["steps"]:
        _tell_steps(told, columns)
    if told["groups"]:
        _tell_groups(told["groups"], columns)
    if told["runs"] is not None:
        _tell_runs(told, columns)


def _row(name: str, said: str, columns: int) -> None:
    out(wrap(f"{name:<11} {said}", columns, "  ", _HANGING))


def _tell_figures(told: Mapping[str, Any], columns: int) -> None:
    lead = told["lead_time_s"]
    p50 = lead["p50"]
    verdict = "within" if p50 <= told["target_s"] else "above"
    if p50 > told["alarm_s"]:
        verdict = f"above the alarm of {duration(told['alarm_s'])} and above"
    rows = [
        ("n", str(told["n"])),
        ("p50", f"{duration(p50)}, {verdict} the target of {duration(told['target_s'])}"),
    ]
    if lead["values"] is not None:
        listed = ", ".join(duration(value) for value in lead["values"])
        rows.append(("values", f"{listed} (fewer than 5: no p90 or p95 is claimed)"))
    else:
        rows += [("p90", duration(lead["p90"])), ("p95", duration(lead["p95"]))]
    split = told["split_s"]
    rows += [
        *((part, _part(part, split, told["n"])) for part in ("machine", "retry", "waiting")),
        ("first pass", f"{told['first_pass_rate']:.0%} ready in the first run, no step failed"),
    ]
    if len(told["trend"]) > 1:
        rows.append(("trend", _trend(told["trend"])))
    for name, value in rows:
        _row(name, value, columns)


def _part(part: str, split: Mapping[str, float], number: int) -> str:
    whole = sum(split.values())
    share = f"{split[part] / whole:.0%} of it" if whole else ""
    in_all = f"{duration(split[part])}{' in all' if number > 1 else ''}"
    return f"{in_all}, {share}" if share else in_all


def _trend(trend: Sequence[Mapping[str, Any]]) -> str:
    """The p50 of each week as a bar; a week in which nothing became ready is a gap."""
    weeks = {_monday(group["key"]): group["lead_time_s"]["p50"] for group in trend}
    last = max(weeks)
    first = max(min(weeks), last - timedelta(weeks=_LONGEST_TREND - 1))
    shown = [weeks.get(first + timedelta(weeks=n)) for n in range((last - first).days // 7 + 1)]
    highest = max(p50 for p50 in shown if p50 is not None)
    bars = "".join(_bar(p50, highest) for p50 in shown)
    return f"{bars} p50 by week, {_week(first)} to {_week(last)}; highest {duration(highest)}"


def _bar(p50: float | None, highest: float) -> str:
    if p50 is None:
        return "·" if _utf8() else " "
    bars = _BARS if _utf8() else _PLAIN_BARS
    step = round(p50 / highest * (len(bars) - 1)) if highest else 0
    return bars[step]


def _utf8() -> bool:
    return (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"


def _monday(week: str) -> date:
    year, number = week.split("-W")
    return date.fromisocalendar(int(year), int(number), 1)


def _week(monday: date) -> str:
    year, number, _ = monday.isocalendar()
    return f"{year:04}-W{number:02}"


def _tell_rest(told: Mapping[str, Any], columns: int) -> None:
    censored = told["censored_p50_s"]
    if told["open"]:
        oldest = duration(told["oldest_open_s"])
        said = f"{told['open']} ({told['abandoned']} abandoned), the oldest for {oldest}"
        _row("open", said, columns)
        said = (
            f"p50 {duration(censored)}, counting the open ones as still running"
            if censored is not None
            else "no p50 yet: more than half are still open"
        )
        _row("with open", said, columns)
    if told["closed"]:
        _row("closed", f"{told['closed']} taken out by hand", columns)
    left_out = told["excluded"]
    if left_out["profile"]:
        said = f"{left_out['profile']} in other profiles (--of-profile NAME counts them)"
        _row("left out", said, columns)
    if left_out.get("since"):
        said = f"{left_out['since']} before {told['since']} (an earlier --since counts them)"
        _row("left out", said, columns)
    if told["clock_back"]:
        said = "a clock went back between two runs; that gap counts as 0"
        _row("clock", f"{count(told['clock_back'], 'onboarding')}: {said}", columns)


def _tell_before_and_after(told: Mapping[str, Any], columns: int) -> None:
    compared = told["baseline"]
    if compared is None:
        return
    before = duration(compared["before_s"])
    if compared["after_s"] is None:
        _row("before", f"{before}; nothing to compare it with yet", columns)
        return
    _row("baseline", before_and_now(compared), columns)


def before_and_now(compared: Mapping[str, Any]) -> str:
    """The comparison in words; it must have an `after_s`."""
    said = f"{duration(compared['before_s'])} before, {duration(compared['after_s'])} now"
    factor = compared["factor"]
    if not factor or factor == 1:
        return said
    times = factor if factor > 1 else 1 / factor
    number = f"{times:,.1f}" if times < 10 else f"{times:,.0f}"  # noqa: PLR2004 - 2 digits
    return f"{said}: {number} times as {'fast' if factor > 1 else 'slow'}"


def ranked(told: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The steps by how long the median onboarding spends in them, the longest first."""

    def longest(step: Mapping[str, Any]) -> tuple[float, float]:
        return step["lead_time_s"]["p50"], step["lead_time_s"]["p90"] or 0

    steps = [step for step in told["time_by_step"] if step["key"] != _BETWEEN]
    return [step for step in sorted(steps, key=longest, reverse=True) if any(longest(step))]


def between(told: Mapping[str, Any]) -> float:
    """How long the median onboarding spends in no step at all."""
    return next(
        (step["lead_time_s"]["p50"] for step in told["time_by_step"] if step["key"] == _BETWEEN),
        0.0,
    )


def _tell_owners(told: Mapping[str, Any], columns: int) -> None:
    found = [step for step in ranked(told) if step["lead_time_s"]["p50"]][:_OWNERS]
    if not found:
        return
    out()
    out("The steps that own the p50, and waits")
    for step in found:
        out(
            wrap(f"{step['key']:<15} {duration(step['lead_time_s']['p50'])}", columns, "  ", "    ")
        )
    if between(told):
        said = "no step was running: a person, an approval"
        out(wrap(f"{'between steps':<15} {duration(between(told))}, {said}", columns, "  ", "    "))


def _tell_steps(told: Mapping[str, Any], columns: int) -> None:
    out()
    shared = any(step["share"] is not None for step in told["steps"])
    out("By step, with its share of machine time" if shared else "By step")
    ordered = sorted(told["steps"], key=lambda step: -(step["share"] or 0))
    rows = [("step", "share", "p50", "p90", "n", "failed")]
    rows += [
        (
            step["id"],
            "-" if step["share"] is None else f"{step['share']:.0%}",
            duration(step["p50_s"]),
            duration(step["p90_s"]),
            str(step["n"]),
            str(step["failures"]),
        )
        for step in ordered
    ]
    _table(rows, columns)


def _tell_groups(groups: Sequence[Mapping[str, Any]], columns: int) -> None:
    out()
    by = groups[0]["by"]
    out("Time in each step" if by == "step" else f"Lead time by {by}")
    rows = [(by, "n", "p50", "p90", "p95")]
    rows += [
        (
            group["key"],
            str(group["n"]),
            *(duration(group["lead_time_s"][which]) for which in ("p50", "p90", "p95")),
        )
        for group in groups
    ]
    _table(rows, columns)


def _table(rows: Iterable[Sequence[str]], columns: int) -> None:
    """Columns side by side: the first to the left, the others to the right."""
    listed = list(rows)
    wide = [max(len(row[place]) for row in listed) for place in range(len(listed[0]))]
    for row in listed:
        rest = (f"{cell:>{wide[place]}}" for place, cell in enumerate(row) if place)
        out(wrap("  ".join((f"{row[0]:<{wide[0]}}", *rest)), columns, "  ", "      "))


def _tell_runs(told: Mapping[str, Any], columns: int) -> None:
    if told["runs"]:
        out()
        out("The onboardings behind it")
    for run in told["runs"]:
        took = duration(run["lead_time_s"])
        between_times = f"{_second(run['start'])} to {_second(run['ready'])}"
        flag = "  clock went back" if run["clock_back"] else ""
        line = f"{run['domain']}  {run['profile']}  {took}  {between_times}{flag}"
        out(wrap(line, columns, "  ", "      "))
    if told["open_runs"]:
        out()
        out("Still open")
    for run in told["open_runs"]:
        flag = "  abandoned" if run["abandoned"] else ""
        line = f"{run['domain']}  {run['profile']}  for {duration(run['age_s'])}"
        out(wrap(f"{line}  since {_second(run['start'])}{flag}", columns, "  ", "      "))


def _second(moment: str) -> str:
    """A moment without its fractions, which no reader compares."""
    return f"{moment[:19]}Z"
