"""One invocation that holds a domain: its pen, its calls, its beginning and its end."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from platform_cli.errors import PlatformError
from platform_cli.journal.port import Journal
from platform_cli.kpi import timeline
from platform_cli.onboarding.calls import Calls
from platform_cli.onboarding.checks.check import CHECKS, Checkouts, CheckResult, Proof, Until
from platform_cli.onboarding.clock import RunClock
from platform_cli.onboarding.engine import StepOutcome, Watcher
from platform_cli.onboarding.history import History
from platform_cli.onboarding.plan import Plan
from platform_cli.onboarding.recorder import Recorder, UnrecordedError
from platform_cli.onboarding.result import Outcome, Result, StepResult
from platform_cli.onboarding.steps import ready
from platform_cli.onboarding.surroundings import Surroundings
from platform_cli.onboarding.wanted import Wanted

POLL_S = 60.0
"""How long a check waits for somebody else's system to show what was just made."""


class Run:
    """Everything that one invocation shares, whether it onboards or only proves."""

    def __init__(
        self,
        around: Surroundings,
        journal: Journal,
        wanted: Wanted,
        past: History,
        *,
        clock: RunClock,
        watcher: Watcher,
    ) -> None:
        self.around, self.journal, self.wanted, self.past = around, journal, wanted, past
        self.clock, self.watcher = clock, watcher
        self.recorder = Recorder(
            journal=journal,
            clock=clock,
            ids=around.ids,
            onboarding=wanted.onboarding,
            run=around.ids(),
            domain=wanted.spec.domain,
            profile=around.profile,
            attempts=dict(past.attempts),
        )
        self.calls = Calls(
            providers=around.providers,
            recorder=self.recorder,
            clock=clock,
            watcher=watcher,
            stop=around.stop,
            deadline_s=around.deadline_s,
            open_intents=dict(past.open_intents),
        )

    def begin(self, spec: Mapping[str, Any]) -> None:
        """Write down that the run has begun, and what was asked for."""
        around = self.around
        self.recorder.write(
            "run.started",
            detail={
                "actor": around.actor,
                "host": around.host,
                "cli_version": around.version,
                "template": around.template,
                "spec": dict(spec),
            },
        )

    def proof(self) -> Proof:
        """What the checks look at the world with."""
        return proof_of(self.around, self.wanted, self.clock, self._until)

    def end(
        self,
        outcome: Outcome,
        plan: Plan,
        outcomes: Mapping[str, StepOutcome],
        checks: tuple[CheckResult, ...],
        error: PlatformError | None = None,
    ) -> Result:
        """Write down how the run ended, and say it."""
        try:
            told = {"error": error.code} if error else {}
            self.recorder.write("run.finished", detail={"outcome": outcome} | told)
        except UnrecordedError as stopped:
            outcome, error = "failed", error or unrecorded(stopped.error)
        return self.result(outcome, plan, outcomes, checks, error)

    def result(
        self,
        outcome: Outcome,
        plan: Plan,
        outcomes: Mapping[str, StepOutcome],
        checks: tuple[CheckResult, ...],
        error: PlatformError | None,
    ) -> Result:
        """What this run has to say."""
        lead_time_s, open_for_s = self._times()
        return Result(
            spec=self.wanted.spec,
            onboarding=self.wanted.onboarding,
            run=self.recorder.run,
            profile=self.around.profile,
            dry_run=False,
            outcome=outcome,
            steps=tuple(
                StepResult(
                    step,
                    outcomes.get(step.id, StepOutcome("blocked", step.changes)),
                    self.calls.of(step),
                )
                for step in plan.steps
            ),
            checks=checks,
            mutating_calls=self.calls.count,
            lead_time_s=lead_time_s,
            open_for_s=open_for_s,
            error=error,
        )

    def _until(
        self,
        asked: Callable[[], object],
        *,
        for_s: float | None = None,
        why: Callable[[], str] | None = None,
    ) -> bool:
        told = {} if why is None else {"why": why}
        return self.calls.poll(ready.ID, asked, POLL_S if for_s is None else for_s, **told)

    def _times(self) -> tuple[float | None, float | None]:
        """Lead time once ready; until then how long the onboarding has been open."""
        try:
            events = self.journal.events(
                profile=self.around.profile, domain=self.wanted.spec.domain
            )
            told = timeline.onboarding(
                [event for event in events if event.onboarding == self.wanted.onboarding]
            )
        except PlatformError:
            return None, None
        if told is None:
            return None, None
        if told.lead_time_us is not None:
            return told.lead_time_us / 1_000_000, None
        return None, max((self.clock.now() - told.start).total_seconds(), 0.0)


def proof_of(around: Surroundings, wanted: Wanted, clock: RunClock, until: Until) -> Proof:
    """What checks look at the world with, whether or not the run may change anything."""
    forge, domain = around.providers.forge, wanted.spec.domain
    return Proof(
        wanted=wanted,
        providers=around.providers,
        checkouts=Checkouts(around.scratch, lambda b, into: forge.checkout(domain, b, into)),
        now=clock.now,
        stop=around.stop,
        left_s=lambda: max(around.deadline_s - clock.elapsed_s(), 0.0),
        until=until,
    )


def proven_before(past: History) -> tuple[CheckResult, ...]:
    """The six checks of a domain that an earlier run has proven."""
    did = "nothing in this run"
    return tuple(
        CheckResult(check, "passed", did, "proven by an earlier run")
        if check in past.passed
        else CheckResult(check, "not-run", did, "not run in this run")
        for check in CHECKS
    )


def interrupted() -> PlatformError:
    """Ctrl-C or SIGTERM ended the run."""
    return PlatformError(
        "PLT-INIT-004",
        "Interrupted. What was finished is written down and stays.",
        hint="It is safe to run the same line again: it goes on where this run stopped.",
    )


def unrecorded(error: PlatformError) -> PlatformError:
    """The journal took no more."""
    return PlatformError(
        error.code,
        f"{error.summary} The run has stopped, because what is not written down is not done.",
        hint=error.hint,
        address=error.address,
    )
