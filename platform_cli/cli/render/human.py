"""Results for people: what happened, what exists and where, what to do next."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING

from platform_cli import settings
from platform_cli.cli.render.text import clean, duration, err, out, width, wrap
from platform_cli.errors import PlatformError

if TYPE_CHECKING:
    from platform_cli.onboarding.onboard import Result, StepResult
    from platform_cli.onboarding.plan import Change
    from platform_cli.onboarding.readiness import CheckResult

_TOLD_KINDS = ("repository",)


def tell_error(error: PlatformError) -> None:
    """An error on stderr: what happened, each problem, and the next command."""
    columns = width(settings.terminal(), sys.stderr)
    err(wrap(f"{error.code}: {error.summary}", columns))
    for problem in error.problems:
        err(wrap(f"{problem.address}: {problem.summary}", columns, "  - ", "    "))
        if problem.hint:
            err(wrap(problem.hint, columns, "    "))
    if error.hint:
        err(wrap(f"Next: {error.hint}", columns))


def tell_init(result: Result, columns: int) -> None:
    """The result of `init` on stdout."""
    if result.dry_run:
        _tell_plan(result, columns)
        return
    out(wrap(_headline(result), columns))
    if result.steps:
        out()
        _tell_facts(result, columns)
        out()
        out("Steps")
        for step in result.steps:
            out(wrap(_step_line(step), columns, "  ", "      "))
        _tell_checks(result.checks, columns)
    out()
    out(wrap(_time_line(result), columns))
    for note in result.notes:
        out(wrap(note, columns))
    _tell_next(result, columns)


def _headline(result: Result) -> str:
    domain = result.spec.domain
    return {
        "ready": f"{domain} is ready: six of six checks passed.",
        "incomplete": f"{domain} is set up. It is not proven ready yet.",
        "failed": f"{domain} is not finished. What exists is kept; running again is safe.",
        "conflict": f"{domain}: a person must decide. What is not ours was not touched.",
        "planned": f"{domain}: this is the plan. Nothing was changed.",
    }[result.outcome]


def _tell_facts(result: Result, columns: int) -> None:
    facts = [
        ("owner", result.spec.owner.text),
        ("on call", result.spec.on_call),
        ("profile", result.profile),
    ]
    facts += [
        (change.resource.kind, change.resource.url or change.resource.address)
        for change in _changes(result.steps)
        if change.resource.kind in _TOLD_KINDS and change.resource.id
    ]
    for name, value in facts:
        out(wrap(f"{name:<11} {value}", columns, "  ", "              "))


def _changes(steps: Iterable[StepResult]) -> Iterable[Change]:
    return (change for step in steps for change in step.outcome.changes)


def _step_line(step: StepResult) -> str:
    outcome = step.outcome
    took = duration(outcome.duration_s) if outcome.duration_s is not None else ""
    said = outcome.error.code if outcome.error else _reason(outcome.changes)
    return f"{step.plan.id:<13} {outcome.status:<8} {took:>8}  {said}".rstrip()


def _reason(changes: tuple[Change, ...]) -> str:
    if len(changes) == 1:
        return changes[0].reason
    pending = sum(1 for change in changes if change.pending)
    return f"{pending} of {len(changes)} resources changed" if pending else "nothing to do"


def _tell_checks(checks: tuple[CheckResult, ...], columns: int) -> None:
    out()
    out("Checks")
    for check in checks:
        out(wrap(f"{check.id:<13} {check.status:<8} {check.saw}", columns, "  ", "      "))
        if check.next:
            out(wrap(check.next, columns, "      "))


def _time_line(result: Result) -> str:
    calls = f"{result.mutating_calls} mutating call{'' if result.mutating_calls == 1 else 's'}"
    if result.lead_time_s is not None:
        return f"Lead time {duration(result.lead_time_s)}; {calls} in this run."
    if result.open_for_s is not None:
        return (
            f"Open for {duration(result.open_for_s)}; {calls} in this run. "
            "The lead time is told once all six checks have passed."
        )
    return f"{calls[:1].upper()}{calls[1:]} in this run."


def _tell_next(result: Result, columns: int) -> None:
    if result.error is not None:
        out()
        out(wrap(f"{result.error.code}: {result.error.summary}", columns))
        out(wrap(f"Next: {result.error.hint}", columns))
        return
    out()
    out("Next")
    for number, line in enumerate(_three_things(result), start=1):
        out(wrap(line, columns, f"  {number}. ", "     "))


def _three_things(result: Result) -> tuple[str, str, str]:
    url = next(
        (c.resource.url for c in _changes(result.steps) if c.resource.kind == "repository"),
        None,
    )
    of_profile = f" --of-profile {result.profile}" if result.profile == "local" else ""
    return (
        f"git clone {url}",
        "Open its README.md; the first sprint begins in product.contract.yaml.",
        f"platform-cli kpi onboarding{of_profile}   (how long it took, and where the time went)",
    )


def _tell_plan(result: Result, columns: int) -> None:
    out(wrap(_headline(result), columns))
    for step in result.steps:
        usual = result.usual_s.get(step.plan.id)
        out()
        out(f"{step.plan.id}" + (f"   usually {duration(usual)}" if usual is not None else ""))
        for change in step.outcome.changes:
            line = f"{change.action:<9} {change.resource.address}: {change.reason}"
            out(wrap(line, columns, "  ", "      "))
            if change.call is not None and change.pending:
                out(wrap(str(change.call), columns, "      call ", "           "))
    if result.files:
        out()
        out(f"Files ({len(result.files)})")
        for path in result.files:
            out(clean(f"  {path}"))
    if result.difference:
        out()
        out("Difference between our initial commit and what the template renders now")
        out(clean(result.difference))
    pending = sum(len(step.calls) for step in result.steps)
    out()
    out(wrap(f"Applying it makes {pending} mutating call{'' if pending == 1 else 's'}.", columns))
    if result.error is not None:
        out()
        out(wrap(f"{result.error.code}: {result.error.summary}", columns))
        out(wrap(f"Next: {result.error.hint}", columns))
