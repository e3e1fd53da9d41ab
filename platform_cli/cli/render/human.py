"""Results for people: what happened, what exists and where, how long it took, what to do next."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Final

from platform_cli import settings
from platform_cli.cli.render.text import count, duration, err, out, width, wrap
from platform_cli.errors import Exit, PlatformError

if TYPE_CHECKING:
    from platform_cli.onboarding.checks.check import CheckResult
    from platform_cli.onboarding.plan import Change
    from platform_cli.onboarding.result import Result, StepResult

_PLACES: Final = ("repository", "schema")
"""The kinds of resources that a person goes to."""

_MADE: Final = {"create": "made", "update": "restored", "adopt": "adopted", "use": "in use"}


def tell_error(error: PlatformError) -> None:
    """An error on stderr: what happened, each problem, and the next command."""
    columns = width(settings.terminal(), sys.stderr)
    err(wrap(f"{error.code}: {error.summary}", columns))
    alone = len(error.problems) == 1 and error.summary.startswith(error.problems[0].summary)
    for problem in () if alone else error.problems:
        err(wrap(f"{problem.address}: {problem.summary}", columns, "  - ", "    "))
        if problem.hint:
            err(wrap(problem.hint, columns, "    "))
    if error.hint:
        err(wrap(f"Next: {error.hint}", columns))


def tell_init(result: Result, columns: int, into: Path | None = None) -> None:
    """The result of `init` on stdout."""
    if result.dry_run:
        from platform_cli.cli.render import plan

        plan.tell(result, columns)
        return
    out(wrap(headline(result), columns))
    if _begun(result):
        out()
        _tell_facts(result, columns)
        out()
        out("Steps")
        for step in result.steps:
            out(wrap(_step_line(step, result), columns, "  ", "      "))
        _tell_checks(result.checks, columns)
    out()
    out(wrap(_time_line(result), columns))
    for note in result.notes:
        out(wrap(note, columns))
    if result.error is not None:
        tell_error_of_result(result.error, columns)
    else:
        _tell_next(result, columns, into)


def tell_verify(result: Result, columns: int) -> None:
    """The result of `verify` on stdout."""
    domain = result.spec.domain
    headlines = {
        "ready": f"{domain} is ready.",
        "incomplete": f"{domain} was never proven ready: init, or verify --trials, does it.",
    }
    unknown = f"{domain}: something is not as it should be."
    out(wrap(headlines.get(result.outcome, unknown), columns))
    _tell_checks(result.checks, columns)
    if result.error is not None:
        tell_error_of_result(result.error, columns)


def tell_error_of_result(error: PlatformError, columns: int) -> None:
    """What went wrong, below a result: on stdout, because it belongs to the result."""
    out()
    out(wrap(f"{error.code}: {error.summary}", columns))
    if error.hint:
        out(wrap(f"Next: {error.hint}", columns))


def headline(result: Result) -> str:
    domain = result.spec.domain
    if result.error is not None and result.error.exit == Exit.USAGE:
        return f"{domain}: nothing was done."
    if result.outcome == "ready" and not result.mutating_calls:
        return f"{domain} is ready, and nothing was missing."
    if result.outcome == "incomplete" and not result.mutating_calls:
        return f"{domain} is set up, and nothing was missing. It is not proven ready yet."
    return {
        "ready": f"{domain} is ready: six of six checks passed.",
        "incomplete": f"{domain} is set up. It is not proven ready yet.",
        "failed": f"{domain} is not finished. What exists is kept.",
        "conflict": f"{domain}: a person must decide. What is not ours was not touched.",
    }[result.outcome]


def _begun(result: Result) -> bool:
    """Whether any step came to its turn; a conflict or a typo is found before."""
    return any(step.outcome.status not in {"blocked", "planned"} for step in result.steps)


def _tell_facts(result: Result, columns: int) -> None:
    facts = [
        ("owner", result.spec.owner.text),
        ("on call", result.spec.on_call),
        ("profile", result.profile),
    ]
    places: dict[str, list[str]] = {}
    for step in result.steps:
        stands = step.outcome.status in {"done", "kept"}
        for change in step.outcome.changes:
            resource = change.resource
            if resource.kind in _PLACES and (stands or (resource.id and change.action == "keep")):
                places.setdefault(resource.kind, []).append(resource.url or resource.address)
    for kind, found in places.items():
        facts.append((kind if len(found) == 1 else _plural(kind), ", ".join(found)))
    for name, value in facts:
        out(wrap(f"{name:<11} {value}", columns, "  ", "              "))


def _changes(steps: Iterable[StepResult]) -> Iterable[Change]:
    return (change for step in steps for change in step.outcome.changes)


def _step_line(step: StepResult, result: Result) -> str:
    outcome = step.outcome
    took = duration(outcome.duration_s) if outcome.duration_s is not None else ""
    line = f"{step.plan.id:<15} {outcome.status:<7} {took:>7}  {_said(step, result)}"
    return line.rstrip()


def _said(step: StepResult, result: Result) -> str:
    """What a step has left, in the past tense: the reason of its plan is over."""
    outcome = step.outcome
    if outcome.error is not None:
        return outcome.error.code
    if step.plan.id == "ready":
        return _proof(step, result)
    if outcome.status == "blocked":
        held = _unfinished(step, result)
        return f"waits for {held}" if held else "not finished"
    if outcome.status == "done":
        return made(outcome.changes)
    return ""


def _proof(step: StepResult, result: Result) -> str:
    if held := _unfinished(step, result):
        return f"waits for {held}"
    passed = sum(check.status == "passed" for check in result.checks)
    return f"{passed} of {len(result.checks)} checks passed"


def _unfinished(step: StepResult, result: Result) -> str | None:
    """The first step that this one needs and that has not come to a good end."""
    ended = {s.plan.id for s in result.steps if s.outcome.status in {"done", "kept"}}
    return next((need for need in step.plan.needs if need not in ended), None)


def made(changes: Iterable[Change]) -> str:
    """`made: 3 permissions, environment; restored: protection`. A step without calls: its reason.

    What was there already is not told.
    """
    said: dict[str, dict[str, int]] = {}
    reasons = []
    for change in changes:
        if change.pending and change.call is None:
            reasons.append(change.reason)
        elif verb := _MADE.get(change.action):
            kinds = said.setdefault(verb, {})
            kinds[change.resource.kind] = kinds.get(change.resource.kind, 0) + 1
    told = [
        f"{verb}: {', '.join(_counted(number, kind) for kind, number in kinds.items())}"
        for verb, kinds in said.items()
    ]
    return "; ".join([*reasons, *told])


def _counted(number: int, kind: str) -> str:
    words = kind.replace("-", " ")
    return words if number == 1 else f"{number} {_plural(words)}"


def _plural(words: str) -> str:
    if words.endswith("s"):
        return words
    if words.endswith("y"):
        return f"{words[:-1]}ies"
    return f"{words}es" if words.endswith("ch") else f"{words}s"


def _tell_checks(checks: tuple[CheckResult, ...], columns: int) -> None:
    """Each check; those of which the very same is to be said, together."""
    alike: dict[tuple[str, str, str | None], list[str]] = {}
    for check in checks:
        alike.setdefault((check.status, check.saw, check.next), []).append(check.id)
    out()
    out("Checks")
    for check in checks:
        names = alike.pop((check.status, check.saw, check.next), [])
        if not names:
            continue
        status = check.status.replace("-", " ")
        said = f"{check.id:<15} {status:<7} {check.saw}"
        if len(names) > 1:
            said = f"{status}: {', '.join(names)} ({check.saw})"
        out(wrap(said, columns, "  ", "      "))
        if check.next:
            out(wrap(check.next, columns, "      "))


def _time_line(result: Result) -> str:
    calls = f"{count(result.mutating_calls, 'mutating call')} in this run."
    if result.lead_time_s is not None:
        return f"Lead time {duration(result.lead_time_s)}. {calls}"
    if result.open_for_s is not None:
        return (
            f"Lead time so far {duration(result.open_for_s)}: it ends when all six checks have "
            f"passed. {calls}"
        )
    return calls


def _tell_next(result: Result, columns: int, into: Path | None) -> None:
    out()
    out("Next")
    for number, line in enumerate(_three_things(result, into), start=1):
        out(wrap(line, columns, f"  {number}. ", "     "))


def _three_things(result: Result, into: Path | None) -> tuple[str, str, str]:
    url = next(
        (c.resource.url for c in _changes(result.steps) if c.resource.kind == "repository"),
        None,
    )
    of_profile = f" --of-profile {result.profile}" if result.profile == "local" else ""
    return (
        f"cd {into}" if into is not None else f"git clone {url}",
        "Read its README.md; the first sprint begins in product.contract.yaml.",
        f"platform-cli kpi onboarding{of_profile} (how long it took, and where the time went)",
    )
