"""The plan of a dry run for people: every change with its reason, every call with its payload."""

from __future__ import annotations

from typing import TYPE_CHECKING

from platform_cli.cli.render.human import tell_error_of_result
from platform_cli.cli.render.text import clean, count, duration, out, wrap

if TYPE_CHECKING:
    from platform_cli.onboarding.result import Result, StepResult


def tell(result: Result, columns: int) -> None:
    """Print the plan on stdout."""
    out(wrap(_headline(result), columns))
    for step in result.steps:
        _tell_step(step, result.usual_s.get(step.plan.id), columns)
    _tell_files(result, columns)
    out()
    if result.error is None:
        pending = sum(len(step.calls) for step in result.steps)
        unknown = any(step.plan.action == "unknown" for step in result.steps)
        more = ", and what the steps make that are unknown" if unknown else ""
        out(wrap(f"Applying it makes {count(pending, 'mutating call')}{more}.", columns))
    else:
        out(wrap("Nothing of it can be applied before that is decided.", columns))
        tell_error_of_result(result.error, columns)


def _headline(result: Result) -> str:
    domain = result.spec.domain
    if result.error is not None:
        return f"{domain}: a person must decide before this plan can be carried out."
    return f"{domain}: this is the plan. Nothing was changed."


def _tell_step(step: StepResult, usual_s: float | None, columns: int) -> None:
    out()
    usual = f"   usually {duration(usual_s)}" if usual_s is not None else ""
    out(wrap(f"{step.plan.id}{usual}", columns))
    for change in step.outcome.changes:
        line = f"{change.action:<9} {change.resource.address}: {change.reason}"
        out(wrap(line, columns, "  ", "      "))
        if change.call is not None and change.pending:
            out(wrap(str(change.call), columns, "      call ", "           "))


def _tell_files(result: Result, columns: int) -> None:
    """The tree of files; where the repository is there, how they differ from what it began with."""
    out()
    if result.difference:
        out(wrap("What the template renders now, against our initial commit:", columns))
        out(clean(result.difference))
    elif result.difference is not None:
        out(wrap("What the template renders now is what our initial commit has.", columns))
    else:
        out(f"Files ({len(result.files)})")
        for path in result.files:
            out(clean(f"  {path}"))
