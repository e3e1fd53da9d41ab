"""Runs the steps: looks at all of them, then applies a plan in order, at the same time where
nothing forbids it. `calls` makes each change; this file decides when. Never prints.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from threading import Event as Flag
from threading import Lock
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


@dataclass(frozen=True, slots=True)
class _Part:
    """Some targets of a step, by their places in it: what one job looks at or changes, in order."""

    step: Step
    targets: tuple[Target[Any], ...]
    indexes: tuple[int, ...]

    @property
    def key(self) -> str:
        """The step's id, and which part of it where it has several."""
        return f"{self.step.id}/{self.indexes[0]}" if self.step.together else self.step.id


@dataclass(frozen=True, slots=True)
class _Ended:
    """What became of a part: its changes by their places, and the error that ended it early."""

    part: _Part
    changes: Mapping[int, Change]
    error: PlatformError | None = None


@dataclass(slots=True)
class _UnderWay:
    """A step that is being applied: its changes as they are by now, and how many parts are left."""

    changes: list[Change]
    begun_s: float
    parts: int
    errors: dict[int, PlatformError] = field(default_factory=dict)


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
    _lock: Lock = field(default_factory=Lock)

    def plan(self, recorder: Recorder | None = None) -> Plan:
        """Look at everything at once. With a recorder, a step done by looking is journaled.

        It is one look: what two targets ask is asked once. Nothing of it is kept for the changes,
        each of which is looked at again, by itself.
        """
        providers = self.providers.one_look()
        crew: Crew[tuple[_Part, dict[int, Change]]] = Crew(self.stop)
        found: dict[str, dict[int, Change]] = {step.id: {} for step in self.steps}
        for step in self.steps:
            targets = tuple(step.targets(self.wanted))
            look = self._look
            if step.done_by_looking and recorder is not None:
                look = partial(self._look_and_tell, recorder=recorder)
            for part in _parts(step, targets, range(len(targets))):
                crew.start(part.key, partial(look, part, providers))
        try:
            while crew.busy:
                _, (part, seen) = crew.next()
                found[part.step.id] |= seen
        except BaseException:  # a Ctrl-C in a dry run, too: nobody reads on while all is taken down
            crew.settle(GRACE_S)
            raise
        return Plan(tuple(self._planned(step, found[step.id]) for step in self.steps))

    def apply(self, plan: Plan, calls: Calls) -> dict[str, StepOutcome]:
        """Do what the plan says. Raises InterruptedRunError or UnrecordedError."""
        outcomes = self.outcomes
        waiting = {step.id: step for step in plan.steps}
        under_way: dict[str, _UnderWay] = {}
        crew: Crew[_Ended] = Crew(self.stop)
        try:
            while waiting or crew.busy:
                for step_plan in [s for s in waiting.values() if outcomes.keys() >= {*s.needs}]:
                    del waiting[step_plan.id]
                    if any(outcomes[n].status not in {"done", "kept"} for n in step_plan.needs):
                        outcomes[step_plan.id] = StepOutcome("blocked", step_plan.changes)
                    elif (outcome := self._without_a_change(step_plan, calls)) is not None:
                        outcomes[step_plan.id] = outcome
                    else:
                        under_way[step_plan.id] = self._begun(step_plan, calls, crew)
                if crew.busy:
                    _, ended = crew.next()
                    step_id = ended.part.step.id
                    outcome = self._ended(under_way[step_id], ended, calls.recorder)
                    if outcome is not None:
                        outcomes[step_id] = outcome
        except UnrecordedError:
            # Whatever would begin something new meets the same; what is under way is finished.
            crew.finish(FINISH_S)
            crew.settle(GRACE_S)
            raise
        except InterruptedRunError:
            crew.settle(GRACE_S)
            raise
        return outcomes

    def _look_and_tell(
        self, part: _Part, providers: Providers, *, recorder: Recorder
    ) -> tuple[_Part, dict[int, Change]]:
        """A look that is all there is to a step: its beginning and its end are journaled."""
        begun_s = self.clock.elapsed_s()
        recorder.step_started(part.step.id)
        self.watcher.step_started(part.step.id)
        try:
            looked = self._look(part, providers)
        except PlatformError as error:
            duration_s = self.clock.elapsed_s() - begun_s
            self._finish(recorder, part.step.id, "failed", duration_s, error)
            raise
        pending = any(change.pending for change in looked[1].values())
        duration_s = self.clock.elapsed_s() - begun_s
        self._finish(recorder, part.step.id, "done" if pending else "kept", duration_s)
        return looked

    def _look(self, part: _Part, providers: Providers) -> tuple[_Part, dict[int, Change]]:
        begun_s = self.clock.elapsed_s()
        seen = {index: _seen(part.targets[index], providers) for index in part.indexes}
        with self._lock:
            # Parts are looked at together: a step's look takes as long as its longest.
            longest_s = self.looked_s.get(part.step.id, 0.0)
            self.looked_s[part.step.id] = max(longest_s, self.clock.elapsed_s() - begun_s)
        return part, seen

    def _planned(self, step: Step, seen: Mapping[int, Change]) -> StepPlan:
        present = {other.id for other in self.steps}
        needs = tuple(need for need in step.needs if need in present)
        return StepPlan(step.id, needs, tuple(seen[index] for index in sorted(seen)))

    def _without_a_change(self, step_plan: StepPlan, calls: Calls) -> StepOutcome | None:
        """How a step ends that is over already, or that has nothing to do; None for any other."""
        step, duration_s = self._step(step_plan.id), self.looked_s.get(step_plan.id, 0.0)
        if step.done_by_looking:
            status: Status = "done" if step_plan.pending else "kept"
            return StepOutcome(status, step_plan.changes, duration_s)
        if step_plan.pending:
            return None
        calls.recorder.step_started(step.id)
        calls.found(step_plan.changes)
        self._finish(calls.recorder, step.id, "kept", duration_s)
        return StepOutcome("kept", step_plan.changes, duration_s)

    def _begun(self, step_plan: StepPlan, calls: Calls, crew: Crew[_Ended]) -> _UnderWay:
        """Start the step: its targets at the same time, or in their order where it has one."""
        step = self._step(step_plan.id)
        calls.recorder.step_started(step.id)
        self.watcher.step_started(step.id)
        calls.found(change for change in step_plan.changes if not change.pending)
        targets = tuple(step.targets(self.wanted))
        pending = [index for index, change in enumerate(step_plan.changes) if change.pending]
        parts = _parts(step, targets, pending)
        begun_s = self.clock.elapsed_s()
        for part in parts:
            crew.start(part.key, partial(_done, part, step_plan.changes, calls))
        return _UnderWay(list(step_plan.changes), begun_s, len(parts))

    def _ended(self, step: _UnderWay, ended: _Ended, recorder: Recorder) -> StepOutcome | None:
        """Note that a part has ended; with the last one, how the step did."""
        step.parts -= 1
        for index, change in ended.changes.items():
            step.changes[index] = change
        if ended.error is not None:
            step.errors[ended.part.indexes[0]] = ended.error
        if step.parts:
            return None
        # The first in the order of the targets, whichever came first: the same each time.
        error = step.errors[min(step.errors)] if step.errors else None
        status: Literal["done", "failed"] = "failed" if error is not None else "done"
        duration_s = self.clock.elapsed_s() - step.begun_s
        self._finish(recorder, ended.part.step.id, status, duration_s, error)
        return StepOutcome(status, tuple(step.changes), duration_s, error)

    def _step(self, step_id: str) -> Step:
        return next(step for step in self.steps if step.id == step_id)

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


def _parts(step: Step, targets: tuple[Target[Any], ...], indexes: Iterable[int]) -> list[_Part]:
    """Each target by itself where that is no harm, else all of them in their order."""
    if step.together:
        return [_Part(step, targets, (index,)) for index in indexes]
    return [_Part(step, targets, tuple(indexes))]


def _seen(target: Target[Any], providers: Providers) -> Change:
    try:
        return target.decide(target.observe(providers))
    except UnaskedError:
        resource = Resource("unknown", target.address)
        return Change("unknown", resource, "nobody was asked, so it is not known")


def _done(part: _Part, planned: Sequence[Change], calls: Calls) -> _Ended:
    """Make the part's changes, one after the other, up to one that cannot be made."""
    made: dict[int, Change] = {}
    for index in part.indexes:
        try:
            made[index] = calls.make(part.step.id, part.targets[index], planned[index])
        except PlatformError as error:
            return _Ended(part, made, error)
    return _Ended(part, made)
