"""Runs the steps: looks at all of them, then applies a plan in order, at the same time where
nothing forbids it. `calls` makes each change; this file decides when. Never prints.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from threading import Event as Flag
from typing import Any, Final, Literal, Protocol

from platform_cli.errors import PlatformError
from platform_cli.onboarding.calls import Calls
from platform_cli.onboarding.clock import RunClock
from platform_cli.onboarding.crew import Crew, InterruptedRunError
from platform_cli.onboarding.plan import Change, Plan, Resource, StepPlan
from platform_cli.onboarding.recorder import Recorder, UnrecordedError
from platform_cli.onboarding.steps.step import Step, Target
from platform_cli.onboarding.wanted import Wanted
from platform_cli.providers import Providers
from platform_cli.providers.unasked import UnaskedError

Status = Literal["done", "kept", "planned", "failed", "blocked"]

FINISH_S: Final = 30.0
"""How long a run that lost its journal waits for calls under way to end."""
GRACE_S: Final = 0.6
"""How long an interrupted run waits for calls under way before it leaves."""


class Watcher(Protocol):
    """Is told what happens while it happens; `cli` shows it."""

    def step_started(self, step: str) -> None:
        """A step begins."""
        ...

    def step_finished(self, step: str, status: Status, duration_s: float, note: str) -> None:
        """A step has ended."""
        ...

    def waiting(self, step: str, why: str, for_s: float) -> None:
        """A step waits before its next try."""
        ...

    def check_finished(self, check: str, status: str, saw: str) -> None:
        """A day-one check has ended."""
        ...


@dataclass(frozen=True, slots=True)
class StepOutcome:
    """How one step ended in this run."""

    status: Status
    changes: tuple[Change, ...]
    duration_s: float | None = None
    error: PlatformError | None = None


@dataclass(slots=True)
class Engine:
    """One run over one domain."""

    steps: Sequence[Step]
    wanted: Wanted
    providers: Providers
    clock: RunClock
    watcher: Watcher
    stop: Flag
    looked_s: dict[str, float] = field(default_factory=dict)
    outcomes: dict[str, StepOutcome] = field(default_factory=dict)
    """What has ended so far; complete when `apply` returns."""

    def plan(self, recorder: Recorder | None = None) -> Plan:
        """Look at everything at once. With a recorder, a step done by looking is journaled."""
        crew: Crew[StepPlan] = Crew(self.stop)
        for step in self.steps:
            live = recorder if step.done_by_looking else None
            crew.start(step.id, partial(self._look, step, live))
        found: dict[str, StepPlan] = {}
        try:
            while crew.busy:
                key, step_plan = crew.next()
                found[key] = step_plan
        except BaseException:  # a Ctrl-C in a dry run, too: nobody reads on while all is taken down
            crew.settle(GRACE_S)
            raise
        return Plan(tuple(found[step.id] for step in self.steps))

    def apply(self, plan: Plan, calls: Calls) -> dict[str, StepOutcome]:
        """Do what the plan says. Raises InterruptedRunError or UnrecordedError."""
        outcomes = self.outcomes
        waiting = {step.id: step for step in plan.steps}
        crew: Crew[StepOutcome] = Crew(self.stop)
        try:
            while waiting or crew.busy:
                for step_plan in [s for s in waiting.values() if outcomes.keys() >= {*s.needs}]:
                    del waiting[step_plan.id]
                    if any(outcomes[n].status not in {"done", "kept"} for n in step_plan.needs):
                        outcomes[step_plan.id] = StepOutcome("blocked", step_plan.changes)
                    else:
                        crew.start(step_plan.id, partial(self._run, step_plan, calls))
                if crew.busy:
                    key, outcome = crew.next()
                    outcomes[key] = outcome
        except UnrecordedError:
            # Whatever would begin something new meets the same; what is under way is finished.
            crew.finish(FINISH_S)
            crew.settle(GRACE_S)
            raise
        except InterruptedRunError:
            crew.settle(GRACE_S)
            raise
        return outcomes

    def _look(self, step: Step, recorder: Recorder | None) -> StepPlan:
        begun_s = self.clock.elapsed_s()
        if recorder is not None:
            recorder.step_started(step.id)
            self.watcher.step_started(step.id)
        try:
            targets = step.targets(self.wanted)
            changes = tuple(self._seen(target) for target in targets)
        except PlatformError as error:
            if recorder is not None:
                self._finish(recorder, step.id, "failed", self.clock.elapsed_s() - begun_s, error)
            raise
        present = {other.id for other in self.steps}
        step_plan = StepPlan(step.id, tuple(n for n in step.needs if n in present), changes)
        self.looked_s[step.id] = duration_s = self.clock.elapsed_s() - begun_s
        if recorder is not None:
            self._finish(recorder, step.id, "done" if step_plan.pending else "kept", duration_s)
        return step_plan

    def _seen(self, target: Target[Any]) -> Change:
        try:
            return target.decide(target.observe(self.providers))
        except UnaskedError:
            resource = Resource("unknown", target.address)
            return Change("unknown", resource, "nobody was asked, so it is not known")

    def _run(self, step_plan: StepPlan, calls: Calls) -> StepOutcome:
        step = next(step for step in self.steps if step.id == step_plan.id)
        if step.done_by_looking:
            status: Status = "done" if step_plan.pending else "kept"
            return StepOutcome(status, step_plan.changes, self.looked_s[step.id])
        recorder = calls.recorder
        recorder.step_started(step.id)
        if not step_plan.pending:
            calls.found(step_plan.changes)
            duration_s = self.looked_s[step.id]
            self._finish(recorder, step.id, "kept", duration_s)
            return StepOutcome("kept", step_plan.changes, duration_s)
        self.watcher.step_started(step.id)
        begun_s = self.clock.elapsed_s()
        changes = list(step_plan.changes)
        try:
            for index, target in enumerate(step.targets(self.wanted)):
                if changes[index].pending:
                    changes[index] = calls.make(step.id, target, changes[index])
        except PlatformError as error:
            duration_s = self.clock.elapsed_s() - begun_s
            self._finish(recorder, step.id, "failed", duration_s, error)
            return StepOutcome("failed", tuple(changes), duration_s, error)
        duration_s = self.clock.elapsed_s() - begun_s
        self._finish(recorder, step.id, "done", duration_s)
        return StepOutcome("done", tuple(changes), duration_s)

    def _finish(
        self,
        recorder: Recorder,
        step: str,
        status: Literal["done", "kept", "failed"],
        duration_s: float,
        error: PlatformError | None = None,
    ) -> None:
        recorder.step_finished(step, status, duration_s, error.code if error else None)
        self.watcher.step_finished(step, status, duration_s, error.summary if error else "")
