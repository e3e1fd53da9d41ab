"""`kpi onboarding` for people: the figures, what they leave out, and where the time goes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from platform_cli.cli.render.text import duration, out, wrap


def tell(told: Mapping[str, Any], columns: int, counted: str) -> None:
    """Print the document for a reader. Never a 0 where there is no data."""
    out(wrap(f"Onboarding lead time, {counted}", columns))
    out()
    if told["n"] == 0:
        out(wrap("no data: no onboarding has been proven ready yet", columns, "  "))
    else:
        _tell_figures(told, columns)
    _tell_rest(told, columns)
    if told["steps"]:
        _tell_steps(told, columns)
    if told["runs"]:
        _tell_runs(told, columns)


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
        ("machine", duration(split["machine"])),
        ("retry", duration(split["retry"])),
        ("waiting", duration(split["waiting"])),
        ("first pass", f"{told['first_pass_rate']:.0%} ready in the first run, no step failed"),
    ]
    for name, value in rows:
        out(wrap(f"{name:<11} {value}", columns, "  ", "              "))


def _tell_rest(told: Mapping[str, Any], columns: int) -> None:
    censored = told["censored_p50_s"]
    if told["open"]:
        oldest = duration(told["oldest_open_s"])
        said = f"{told['open']} ({told['abandoned']} abandoned), the oldest for {oldest}"
        out(wrap(f"{'open':<11} {said}", columns, "  ", "              "))
        median = duration(censored) if censored is not None else "none yet: more than half are open"
        said = f"{median} (the median that counts the open ones, too)"
        out(wrap(f"{'with open':<11} {said}", columns, "  ", "              "))
    if told["closed"]:
        out(wrap(f"{'closed':<11} {told['closed']} taken out by hand", columns, "  "))
    if left_out := told["excluded"]["profile"]:
        said = f"{left_out} of other profiles; --of-profile NAME counts them"
        out(wrap(f"{'left out':<11} {said}", columns, "  ", "              "))


def _tell_steps(told: Mapping[str, Any], columns: int) -> None:
    out()
    out("By step (share of machine time)")
    for step in sorted(told["steps"], key=lambda step: -(step["share"] or 0)):
        share = f"{step['share']:.0%}" if step["share"] is not None else "-"
        failed = f"  {step['failures']} failed" if step["failures"] else ""
        line = (
            f"{step['id']:<15} {share:>4}  p50 {duration(step['p50_s'])}"
            f"  p90 {duration(step['p90_s'])}  n {step['n']}{failed}"
        )
        out(wrap(line, columns, "  ", "      "))


def _tell_runs(told: Mapping[str, Any], columns: int) -> None:
    out()
    out("The onboardings behind it")
    for run in told["runs"]:
        took = duration(run["lead_time_s"])
        line = f"{run['domain']}  {run['profile']}  {took}  {run['start']} to {run['ready']}"
        out(wrap(line, columns, "  ", "      "))
