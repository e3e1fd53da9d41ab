"""One `init` from its request to its result: the journal read, the plan, the run, the record.

Knows the order of an onboarding; each part of the work is somebody else's: `history` reads the
journal, `engine` runs the steps, `readiness` proves them, `kpi` tells the time it took.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from difflib import unified_diff
from threading import Event as Flag
from typing import Any, Literal

from platform_cli.errors import PlatformError
from platform_cli.git import Git
from platform_cli.journal.port import Holder, Journal, Reading
from platform_cli.kpi import timeline
from platform_cli.kpi.figures import usual_durations
from platform_cli.onboarding.calls import Calls, conflict_error
from platform_cli.onboarding.clock import Clock, RunClock
from platform_cli.onboarding.crew import InterruptedRunError
from platform_cli.onboarding.engine import Engine, StepOutcome, Watcher
from platform_cli.onboarding.history import History, history
from platform_cli.onboarding.plan import NEW_ONBOARDING, Change, Plan, StepPlan
from platform_cli.onboarding.readiness import CheckResult, not_run
from platform_cli.onboarding.recorder import Recorder, UnrecordedError
from platform_cli.onboarding.rendering import Draft, Rendering
from platform_cli.onboarding.request import Request
from platform_cli.onboarding.steps import STEPS, ready
from platform_cli.onboarding.steps.repo_push import MAIN
from platform_cli.onboarding.wanted import ADOPT_ALL, Wanted
from platform_cli.providers import Providers
from platform_cli.providers.forge.port import Author
from platform_cli.spec import DomainSpec

Outcome = Literal["ready", "incomplete", "failed", "planned", "conflict"]


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Everything a run works with; made by `wiring`, faked in tests."""

    profile: str
    providers: Providers
    rendering: Rendering
    git: Git
    template: str
    platform_team: str
    compliance_team: str
    author: Author
    actor: str
    host: str
    pid: int
    version: str
    deadline_s: float
    clock: Clock
    ids: Callable[[], str]
    stop: Flag = field(default_factory=Flag)


@dataclass(frozen=True, slots=True)
class StepResult:
    """One step of a result: what was to be done and how it ended."""

    plan: StepPlan
    outcome: StepOutcome
    calls: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Result:
    """What `init` has to say, for people and as JSON."""

    spec: DomainSpec
    onboarding: str | None
    run: str | None
    profile: str
    dry_run: bool
    outcome: Outcome
    steps: tuple[StepResult, ...]
    checks: tuple[CheckResult, ...]
    mutating_calls: int
    lead_time_s: float | None
    open_for_s: float | None = None
    error: PlatformError | None = None
    notes: tuple[str, ...] = ()
    usual_s: Mapping[str, float] = field(default_factory=dict)
    files: tuple[str, ...] = ()
    difference: str | None = None


NO_CHECKS = "this version of platform-cli does not have this check yet"


def dry_run(
    request: Request,
    around: Surroundings,
    journal: Reading,
    watcher: Watcher,
) -> Result:
    """The plan that `onboard` would carry out, from the same code; writes nothing anywhere."""
    past = history(journal.events(profile=around.profile, domain=request.spec.domain))
    _same_as_first(request, past)
    wanted = _wanted(request, around, past, past.current or NEW_ONBOARDING)
    engine = Engine(STEPS, wanted, around.providers, RunClock(around.clock), watcher, around.stop)
    plan = _with_ready(engine.plan(), wanted)
    _adopts_something(wanted, plan)
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
    then = around.providers.forge.initial_files(wanted.spec.domain, MAIN, wanted.ours)
    if then is None:
        return None
    lines: list[str] = []
    for path in sorted({*then, *draft.files}):
        now = draft.folder / path
        lines += unified_diff(
            then.get(path, b"").decode(errors="replace").splitlines(),
            now.read_text(errors="replace").splitlines() if path in draft.files else [],
            f"initial/{path}",
            f"rendered/{path}",
            lineterm="",
        )
    return "\n".join(lines)


def onboard(
    request: Request,
    around: Surroundings,
    journal: Journal,
    watcher: Watcher,
) -> Result:
    """Bring the domain into being, or finish what an earlier run began. Safe to run again."""
    clock = RunClock(around.clock)
    if request.requested_at is not None and request.requested_at > clock.now():
        raise PlatformError("PLT-USAGE-002", "--requested-at lies in the future. Nothing was done.")
    holder = Holder(around.actor, around.host, around.pid, clock.now())
    domain = request.spec.domain
    with journal.hold(around.profile, domain, holder):
        past = history(journal.events(profile=around.profile, domain=domain))
        _same_as_first(request, past)
        return _Run(request, around, journal, watcher, clock, past).go()


class _Run:
    """One invocation that holds the domain."""

    def __init__(
        self,
        request: Request,
        around: Surroundings,
        journal: Journal,
        watcher: Watcher,
        clock: RunClock,
        past: History,
    ) -> None:
        self.request, self.around, self.past, self.clock = request, around, past, clock
        self.journal = journal
        onboarding = past.current or around.ids()
        self.wanted = _wanted(request, around, past, onboarding)
        self.recorder = Recorder(
            journal=journal,
            clock=clock,
            ids=around.ids,
            onboarding=onboarding,
            run=around.ids(),
            domain=request.spec.domain,
            profile=around.profile,
            attempts=dict(past.attempts),
        )
        self.engine = Engine(STEPS, self.wanted, around.providers, clock, watcher, around.stop)
        self.calls = Calls(
            providers=around.providers,
            recorder=self.recorder,
            clock=clock,
            watcher=watcher,
            stop=around.stop,
            deadline_s=around.deadline_s,
            open_intents=dict(past.open_intents),
        )

    def go(self) -> Result:
        """Plan, apply, prove, record."""
        plan = Plan(())
        outcomes: dict[str, StepOutcome] = {}
        try:
            self._begin()
            steps = self.engine.plan(self.recorder)
            plan = _with_ready(steps, self.wanted)
            _adopts_something(self.wanted, plan)
            if plan.conflicts:
                return self._end("conflict", plan, {}, conflict_error(plan.conflicts))
            outcomes = self.engine.apply(steps, self.calls)
        except InterruptedRunError:
            return self._end("failed", plan, self.engine.outcomes, _interrupted())
        except UnrecordedError as stopped:
            return self._result("failed", plan, self.engine.outcomes, _unrecorded(stopped.error))
        except PlatformError as error:
            if not plan.steps:
                self.recorder.write("run.finished", detail={"outcome": "failed"})
                raise
            return self._end("failed", plan, outcomes, error)
        failed = [o.error for o in outcomes.values() if o.error is not None]
        if failed:
            conflict = any(error.code == "PLT-INIT-001" for error in failed)
            return self._end("conflict" if conflict else "failed", plan, outcomes, failed[0])
        if self.past.ready:
            outcomes[ready.ID] = StepOutcome("kept", plan.steps[-1].changes)
            return self._end("ready", plan, outcomes, None)
        return self._end("incomplete", plan, outcomes, None)

    def _begin(self) -> None:
        if self.request.requested_at is not None and self.past.requested is None:
            self.recorder.write("onboarding.requested", at=self.request.requested_at)
        around = self.around
        self.recorder.write(
            "run.started",
            detail={
                "actor": around.actor,
                "host": around.host,
                "cli_version": around.version,
                "template": around.template,
                "spec": _spec_document(self.request),
            },
        )

    def _end(
        self,
        outcome: Outcome,
        plan: Plan,
        outcomes: Mapping[str, StepOutcome],
        error: PlatformError | None,
    ) -> Result:
        try:
            told = {"error": error.code} if error else {}
            self.recorder.write("run.finished", detail={"outcome": outcome} | told)
        except UnrecordedError as stopped:
            return self._result("failed", plan, outcomes, error or _unrecorded(stopped.error))
        return self._result(outcome, plan, outcomes, error)

    def _result(
        self,
        outcome: Outcome,
        plan: Plan,
        outcomes: Mapping[str, StepOutcome],
        error: PlatformError | None,
    ) -> Result:
        lead_time_s, open_for_s = self._times()
        notes: tuple[str, ...] = ()
        if self.request.requested_at is not None and self.past.requested is not None:
            notes = (f"--requested-at was given before ({self.past.requested}): that one counts.",)
        return Result(
            spec=self.request.spec,
            onboarding=self.wanted.onboarding,
            run=self.recorder.run,
            profile=self.around.profile,
            dry_run=False,
            outcome=outcome,
            steps=tuple(
                StepResult(
                    step,
                    outcomes.get(step.id, StepOutcome("blocked", step.changes)),
                    tuple(self.calls.made.get(step.id, ())),
                )
                for step in plan.steps
            ),
            checks=not_run(NO_CHECKS),
            mutating_calls=self.calls.count,
            lead_time_s=lead_time_s,
            open_for_s=open_for_s,
            error=error,
            notes=notes,
        )

    def _times(self) -> tuple[float | None, float | None]:
        """Lead time once ready; until then how long the onboarding has been open."""
        try:
            events = self.journal.events(
                profile=self.around.profile,
                domain=self.request.spec.domain,
            )
            mine = [event for event in events if event.onboarding == self.wanted.onboarding]
        except PlatformError:
            return None, None
        told = timeline.onboarding(mine)
        if told is None:
            return None, None
        if told.lead_time_us is not None:
            return told.lead_time_us / 1_000_000, None
        return None, max((self.clock.now() - told.start).total_seconds(), 0.0)


def _wanted(request: Request, around: Surroundings, past: History, onboarding: str) -> Wanted:
    return Wanted(
        spec=request.spec,
        onboarding=onboarding,
        profile=around.profile,
        organisation=around.providers.forge.organisation,
        platform_team=around.platform_team,
        compliance_team=around.compliance_team,
        author=around.author,
        rendering=around.rendering,
        ours=past.ids | {onboarding},
        known_ids=past.known_ids,
        adopt=request.adopt,
        proven=past.ready,
    )


def _with_ready(plan: Plan, wanted: Wanted) -> Plan:
    return Plan((*plan.steps, ready.planned(wanted, tuple(step.id for step in plan.steps))))


def _planned(step: StepPlan, plan: Plan) -> StepResult:
    """How a step of a plan is told: done already, to be done, or held up by a decision."""
    undecided = {s.id for s in plan.steps if s.action == "conflict"}
    blocked = step.id in undecided or bool(undecided & _all_needs(step, plan))
    status: Literal["planned", "kept", "blocked"] = "planned" if step.pending else "kept"
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


def _spec_document(request: Request) -> dict[str, Any]:
    return {
        "owner": request.spec.owner.text,
        "on_call": request.spec.on_call,
        "answers": dict(request.answers),
    }


def _same_as_first(request: Request, past: History) -> None:
    """Refuse other values than the first time, quoting both. Raises PLT-INIT-002."""
    if past.first_spec is None:
        return
    now = _spec_document(request)
    differences = [
        f"{name}: first {past.first_spec.get(name)!r}, now {now[name]!r}"
        for name in now
        if past.first_spec.get(name) != now[name]
    ]
    if differences:
        raise PlatformError(
            "PLT-INIT-002",
            f"{request.spec.domain} was first asked for with other values. "
            f"{'; '.join(differences)}. Nothing was changed.",
            hint="Run it again with the first values. If the first ones were a mistake: "
            f'platform-cli journal close {request.spec.domain} --reason "…", then init again.',
            address=request.spec.domain,
        )


def _adopts_something(wanted: Wanted, plan: Plan) -> None:
    """Every address given to --adopt must be in the plan. Raises PLT-INIT-005."""
    addresses = {change.resource.address for step in plan.steps for change in step.changes}
    if strange := sorted(wanted.adopt - addresses - {ADOPT_ALL}):
        raise PlatformError(
            "PLT-INIT-005",
            f"--adopt {strange[0]}: the plan has no such address. Nothing was changed.",
            address=strange[0],
        )


def _interrupted() -> PlatformError:
    return PlatformError(
        "PLT-INIT-004",
        "Interrupted. What was finished is written down and stays.",
        hint="It is safe to run the same line again: it goes on where this run stopped.",
    )


def _unrecorded(error: PlatformError) -> PlatformError:
    return PlatformError(
        error.code,
        f"{error.summary} The run has stopped, because what is not written down is not done.",
        hint=error.hint,
        address=error.address,
    )


def resources(result: Result) -> tuple[Change, ...]:
    """Every change of a result, for those who list what exists."""
    return tuple(change for step in result.steps for change in step.outcome.changes)
