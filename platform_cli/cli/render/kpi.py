"""`kpi onboarding` for people: the figures, what they leave out, and where the time goes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from platform_cli.cli.render.text import duration, out, wrap


def tell(told: Mapping[str, Any], columns: int, counted: str) -> None:
    """Print the document for a reader. Never a 0 where there is no data."""
    out(wrap(f"Onboarding lead time of {counted}", columns))
    out()
    if told["n"] == 0:
        said = "no onboarding has been proven ready yet"
        out(wrap(f"{'no data':<11} {said}", columns, "  ", "              "))
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
        *((part, _part(part, split, told["n"])) for part in ("machine", "retry", "waiting")),
        ("first pass", f"{told['first_pass_rate']:.0%} ready in the first run, no step failed"),
    ]
    for name, value in rows:
        out(wrap(f"{name:<11} {value}", columns, "  ", "              "))


def _part(part: str, split: Mapping[str, float], number: int) -> str:
    whole = sum(split.values())
    share = f"{split[part] / whole:.0%} of it" if whole else ""
    in_all = f"{duration(split[part])}{' in all' if number > 1 else ''}"
    return f"{in_all}, {share}" if share else in_all


def _tell_rest(told: Mapping[str, Any], columns: int) -> None:
    censored = told["censored_p50_s"]
    if told["open"]:
        oldest = duration(told["oldest_open_s"])
        said = f"{told['open']} ({told['abandoned']} abandoned), the oldest for {oldest}"
        out(wrap(f"{'open':<11} {said}", columns, "  ", "              "))
        said = (
            f"p50 {duration(censored)}, counting the open ones as still running"
            if censored is not None
            else "no p50 yet: more than half are still open"
        )
        out(wrap(f"{'with open':<11} {said}", columns, "  ", "              "))
    if told["closed"]:
        out(wrap(f"{'closed':<11} {told['closed']} taken out by hand", columns, "  "))
    if left_out := told["excluded"]["profile"]:
        said = f"{left_out} in other profiles (--of-profile NAME counts them)"
        out(wrap(f"{'left out':<11} {said}", columns, "  ", "              "))


def _tell_steps(told: Mapping[str, Any], columns: int) -> None:
    out()
    shared = any(step["share"] is not None for step in told["steps"])
    out("By step, with its share of machine time" if shared else "By step")
    for step in sorted(told["steps"], key=lambda step: -(step["share"] or 0)):
        out(wrap(_step_line(step), columns, "  ", "      "))


def _step_line(step: Mapping[str, Any]) -> str:
    share = f"{step['share']:>4.0%}  " if step["share"] is not None else ""
    said = [
        f"{which} {duration(step[f'{which}_s'])}" for which in ("p50", "p90") if step[f"{which}_s"]
    ]
    said.append(f"n {step['n']}")
    if step["failures"]:
        said.append(f"{step['failures']} failed")
    return f"{step['id']:<15} {share}{', '.join(said)}"


def _tell_runs(told: Mapping[str, Any], columns: int) -> None:
    out()
    out("The onboardings behind it")
    for run in told["runs"]:
        took = duration(run["lead_time_s"])
        between = f"{_second(run['start'])} to {_second(run['ready'])}"
        line = f"{run['domain']}  {run['profile']}  {took}  {between}"
        out(wrap(line, columns, "  ", "      "))


def _second(moment: str) -> str:
    """A moment without its fractions, which no reader compares."""
    return f"{moment[:19]}Z"
