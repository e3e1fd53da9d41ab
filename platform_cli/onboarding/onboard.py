"""One `init` from its request to its result: the journal read, the plan, the run, the proof.

Knows the order of an onboarding; each part of the work is somebody else's: `history` reads the
journal, `engine` runs the steps, `readiness` proves them, `run` writes the record.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

from platform_cli.errors import PlatformError
from platform_cli.journal.port import Holder, Journal
from platform_cli.onboarding import readiness
from platform_cli.onboarding.calls import conflict_error
from platform_cli.onboarding.checks.check import CheckResult
from platform_cli.onboarding.clock import RunClock
from platform_cli.onboarding.crew import InterruptedRunError
from platform_cli.onboarding.engine import Engine, Status, StepOutcome, Watcher
from platform_cli.onboarding.history import History, history
from platform_cli.onboarding.on_trial import Trials
from platform_cli.onboarding.plan import Plan
from platform_cli.onboarding.recorder import UnrecordedError
from platform_cli.onboarding.request import Request, as_document, not_in_the_future, same_as_first
from platform_cli.onboarding.result import Outcome, Result
from platform_cli.onboarding.run import Run, interrupted, proven_before, unrecorded
from platform_cli.onboarding.steps import STEPS, ready
from platform_cli.onboarding.surroundings import Surroundings
from platform_cli.onboarding.wanted import adopts_something, wanted_of


def onboard(
    request: Request,
    around: Surroundings,
    journal: Journal,
    watcher: Watcher,
) -> Result:
    """Bring the domain into being, or finish what an earlier run began. Safe to run again."""
    clock = RunClock(around.clock)
    not_in_the_future(request.requested_at, clock.now())
    holder = Holder(around.actor, around.host, around.pid, clock.now())
    domain = request.spec.domain
    with journal.hold(around.profile, domain, holder):
        past = history(journal.events(profile=around.profile, domain=domain))
        same_as_first(request, past.first_spec)
        onboarding = past.current or around.ids()
        wanted = wanted_of(
            request.spec,
            around,
            past,
            onboarding=onboarding,
            adopt=request.adopt,
        )
        run = Run(around, journal, wanted, past, clock=clock, watcher=watcher)
        result = _Onboarding(request, run).go()
    if request.requested_at is not None and past.requested is not None:
        note = f"--requested-at was given before ({past.requested.isoformat()}): that one counts."
        return replace(result, notes=(note,))
    return result


class _Onboarding:
    """The order of one run: begin, plan, apply, prove, end."""

    def __init__(self, request: Request, run: Run) -> None:
        self.request, self.run = request, run
        self.past: History = run.past
        around = run.around
        self.engine = Engine(
            STEPS, run.wanted, around.providers, run.clock, run.watcher, around.stop
        )
        self.plan = Plan(())
        self.checks: tuple[CheckResult, ...] = readiness.not_run(
            "what it looks at is not there yet"
        )

    def go(self) -> Result:
        """Whatever happens, say what exists; what is not written down is not done."""
        try:
            self._begin()
            return self._go()
        except InterruptedRunError:
            return self._end("failed", interrupted())
        except UnrecordedError as stopped:
            error = unrecorded(stopped.error)
            outcomes = self.engine.outcomes
            return self.run.result("failed", self.plan, outcomes, self.checks, error)
        except PlatformError as error:
            if self.plan.steps:
                return self._end("failed", error)
            with suppress(UnrecordedError):  # a journal that takes no more is the lesser news
                detail = {"outcome": "failed", "error": error.code}
                self.run.recorder.write("run.finished", detail=detail)
            raise

    def _begin(self) -> None:
        if self.request.requested_at is not None and self.past.requested is None:
            self.run.recorder.write("onboarding.requested", at=self.request.requested_at)
        self.run.begin(as_document(self.request))

    def _go(self) -> Result:
        if self.past.current is None:
            # Nothing of a new domain is there yet, as far as we know: its files will be needed.
            self.run.around.rendering.begin()
        steps = self.engine.plan(self.run.recorder)
        self.plan = ready.added(steps, self.run.wanted)
        adopts_something(self.run.wanted, self.plan)
        if self.plan.conflicts:
            return self._end("conflict", conflict_error(self.plan.conflicts))
        self.engine.apply(steps, self.run.calls)
        failed = [o.error for o in self.engine.outcomes.values() if o.error is not None]
        if failed:
            conflict = any(error.code == "PLT-INIT-001" for error in failed)
            return self._end("conflict" if conflict else "failed", failed[0])
        self._sweep()
        return self._proven_before() if self.past.ready else self._prove()

    def _sweep(self) -> None:
        """Take away what killed checks have left, but for what the coming proof goes on with."""
        wanted = self.run.wanted
        for left in self.past.trials_left:
            if self.past.ready or left != wanted.onboarding:
                readiness.sweep(replace(wanted, onboarding=left), self.run.calls)

    def _proven_before(self) -> Result:
        self.checks = proven_before(self.past)
        self._ready("kept", None)
        return self._end("ready", None)

    def _prove(self) -> Result:
        begun_s = self.run.clock.elapsed_s()
        self.run.recorder.step_started(ready.ID)
        self.run.watcher.step_started(ready.ID)
        trials = Trials(self.run.calls, self.request.no_page, planned=True)
        self.checks = readiness.prove(
            self.run.proof(), trials, self.run.watcher, self.run.around.stop
        )
        duration_s = self.run.clock.elapsed_s() - begun_s
        failed = [check for check in self.checks if check.status == "failed"]
        self.run.recorder.step_finished(ready.ID, "failed" if failed else "done", duration_s)
        note = (
            f"{sum(c.status == 'passed' for c in self.checks)} of {len(self.checks)} checks passed"
        )
        if failed:
            self._ready("failed", duration_s)
            self.run.watcher.step_finished(ready.ID, "failed", duration_s, note)
            return self._end("failed", readiness.denied(self.run.wanted.spec.domain, failed))
        if readiness.proven(self.checks):
            self.run.recorder.write("onboarding.ready")
            self._ready("done", duration_s)
            self.run.watcher.step_finished(ready.ID, "done", duration_s, note)
            return self._end("ready", None)
        self._ready("blocked", duration_s)
        self.run.watcher.step_finished(ready.ID, "blocked", duration_s, note)
        return self._end("incomplete", None)

    def _ready(self, status: Status, duration_s: float | None) -> None:
        changes = self.plan.steps[-1].changes
        self.engine.outcomes[ready.ID] = StepOutcome(status, changes, duration_s)

    def _end(self, outcome: Outcome, error: PlatformError | None) -> Result:
        return self.run.end(outcome, self.plan, self.engine.outcomes, self.checks, error)
