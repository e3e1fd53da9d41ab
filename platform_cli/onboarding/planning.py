"""The plan of an `init` that is not carried out: the same planner, and nothing written anywhere."""

from __future__ import annotations

from difflib import unified_diff
from pathlib import Path
from typing import Literal

from platform_cli.journal.port import Reading
from platform_cli.kpi import timeline
from platform_cli.kpi.figures import usual_durations
from platform_cli.onboarding.calls import conflict_error
from platform_cli.onboarding.clock import RunClock
from platform_cli.onboarding.engine import Engine, StepOutcome, Watcher
from platform_cli.onboarding.history import history
from platform_cli.onboarding.plan import NEW_ONBOARDING, Plan, StepPlan
from platform_cli.onboarding.readiness import not_run
from platform_cli.onboarding.rendering import Draft
from platform_cli.onboarding.request import Request, same_as_first
from platform_cli.onboarding.result import Result, StepResult
from platform_cli.onboarding.steps import STEPS, ready
from platform_cli.onboarding.steps.repo_push import MAIN
from platform_cli.onboarding.surroundings import Surroundings
from platform_cli.onboarding.wanted import Wanted, adopts_something, wanted_of
from platform_cli.providers.unasked import UnaskedError


def dry_run(
    request: Request,
    around: Surroundings,
    journal: Reading,
    watcher: Watcher,
) -> Result:
    """The plan that `onboard` would carry out, from the same code; writes nothing anywhere."""
    past = history(journal.events(profile=around.profile, domain=request.spec.domain))
    same_as_first(request, past.first_spec)
    onboarding = past.current or NEW_ONBOARDING
    wanted = wanted_of(request.spec, around, past, onboarding=onboarding, adopt=request.adopt)
    around.rendering.begin()
    engine = Engine(STEPS, wanted, around.providers, RunClock(around.clock), watcher, around.stop)
    plan = ready.added(engine.plan(), wanted)
    adopts_something(wanted, plan)
    error = conflict_error(plan.conflicts) if plan.conflicts else None
    draft = around.rendering.draft()
    told = (timeline.onboarding(events) for events in journal.by_onboarding())
    return Result(
        spec=request.spec,
        onboarding=past.current,
        run=None,
        profile=around.profile,
        dry_run=True,
        outcome="conflict" if error else "planned",
        steps=tuple(_planned(step, plan) for step in plan.steps),
        checks=not_run("a dry run proves nothing"),
        mutating_calls=0,
        lead_time_s=None,
        error=error,
        usual_s=usual_durations(one for one in told if one is not None),
        files=draft.files,
        difference=_difference(wanted, around, draft),
    )


def _difference(wanted: Wanted, around: Surroundings, draft: Draft) -> str | None:
    """How our initial commit differs from what the template renders now; None before it exists."""
    try:
        then = around.providers.forge.initial_files(wanted.spec.domain, MAIN, wanted.ours)
    except UnaskedError:
        return None
    if then is None:
        return None
    lines: list[str] = []
    for path in sorted({*then, *draft.files}):
        now = draft.folder / path
        lines += unified_diff(
            then.get(path, b"").decode(errors="replace").splitlines(),
            _lines(now) if path in draft.files else [],
            f"initial/{path}",
            f"rendered/{path}",
            lineterm="",
        )
    return "\n".join(lines)


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8", errors="replace").splitlines()


def _planned(step: StepPlan, plan: Plan) -> StepResult:
    """How a step of a plan is told: done already, to be done, or held up by a decision."""
    undecided = {s.id for s in plan.steps if s.action == "conflict"}
    blocked = step.id in undecided or bool(undecided & _all_needs(step, plan))
    open_ = step.pending or step.action == "unknown"
    status: Literal["planned", "kept", "blocked"] = "planned" if open_ else "kept"
    calls = tuple(str(c.call) for c in step.changes if c.pending and c.call is not None)
    return StepResult(step, StepOutcome("blocked" if blocked else status, step.changes), calls)


def _all_needs(step: StepPlan, plan: Plan) -> set[str]:
    by_id = {s.id: s for s in plan.steps}
    found: set[str] = set()
    todo = list(step.needs)
    while todo:
        need = todo.pop()
        if need not in found:
            found.add(need)
            todo.extend(by_id[need].needs)
    return found
