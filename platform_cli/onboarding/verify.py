"""`verify`: the day-one checks again, of a domain that the journal knows.

Plain, it reads only and never stops the clock. With trials it is a run like any other: it holds
the domain, its changes go through the engine, and it may complete the proof.
"""

from __future__ import annotations

from collections.abc import Callable

from platform_cli import spec
from platform_cli.errors import PlatformError
from platform_cli.journal.port import Holder, Journal, Reading
from platform_cli.kpi import timeline
from platform_cli.onboarding import readiness
from platform_cli.onboarding.checks.check import CheckResult
from platform_cli.onboarding.clock import RunClock
from platform_cli.onboarding.crew import InterruptedRunError
from platform_cli.onboarding.engine import Watcher
from platform_cli.onboarding.history import History, history
from platform_cli.onboarding.on_trial import Trials
from platform_cli.onboarding.plan import Plan
from platform_cli.onboarding.recorder import UnrecordedError
from platform_cli.onboarding.result import Outcome, Result
from platform_cli.onboarding.run import Run, interrupted, proof_of, unrecorded
from platform_cli.onboarding.steps import ready
from platform_cli.onboarding.surroundings import Surroundings
from platform_cli.onboarding.wanted import Wanted, wanted_of
from platform_cli.spec import DomainSpec


def verify(domain: str, around: Surroundings, reading: Reading, watcher: Watcher) -> Result:
    """Run the checks that only look. Raises PLT-USAGE-004 for a domain nobody onboarded."""
    past = _known(domain, around, reading)
    wanted = _wanted(domain, around, past)
    clock = RunClock(around.clock)
    proof = proof_of(around, wanted, clock, _once)
    error: PlatformError | None = None
    try:
        checks = readiness.prove(proof, None, watcher, around.stop)
    except InterruptedRunError:
        checks, error = readiness.not_run("the run was interrupted"), interrupted()
    outcome, denied = _outcome(domain, checks, proven=past.ready)
    told = timeline.onboarding(past.events)
    lead_us = told.lead_time_us if told is not None else None
    return Result(
        spec=wanted.spec,
        onboarding=wanted.onboarding,
        run=None,
        profile=around.profile,
        dry_run=False,
        outcome="failed" if error else outcome,
        steps=(),
        checks=checks,
        mutating_calls=0,
        lead_time_s=None if lead_us is None else lead_us / 1_000_000,
        error=error or denied,
    )


def _once(
    asked: Callable[[], object],
    *,
    for_s: float | None = None,  # noqa: ARG001 - the shape of Until
    why: Callable[[], str] | None = None,  # noqa: ARG001 - the shape of Until
) -> bool:
    """Look once: who only looks waits for nobody."""
    return bool(asked())


def verify_with_trials(
    domain: str,
    around: Surroundings,
    journal: Journal,
    watcher: Watcher,
    *,
    no_page: bool,
) -> Result:
    """Run all six checks: opens the trial pull request and pages. May complete the proof."""
    clock = RunClock(around.clock)
    holder = Holder(around.actor, around.host, around.pid, clock.now())
    with journal.hold(around.profile, domain, holder):
        past = _known(domain, around, journal)
        wanted = _wanted(domain, around, past)
        run = Run(around, journal, wanted, past, clock=clock, watcher=watcher)
        try:
            run.begin(past.spec or {})
            return _proved(run, no_page=no_page)
        except InterruptedRunError:
            why = readiness.not_run("the run was interrupted")
            return run.end("failed", Plan(()), {}, why, interrupted())
        except UnrecordedError as stopped:
            why = readiness.not_run("the journal took no more")
            return run.result("failed", Plan(()), {}, why, unrecorded(stopped.error))


def _proved(run: Run, *, no_page: bool) -> Result:
    begun_s = run.clock.elapsed_s()
    run.recorder.step_started(ready.ID)
    trials = Trials(run.calls, no_page, planned=False)
    checks = readiness.prove(run.proof(), trials, run.watcher, run.around.stop)
    failed = any(check.status == "failed" for check in checks)
    duration_s = run.clock.elapsed_s() - begun_s
    run.recorder.step_finished(ready.ID, "failed" if failed else "done", duration_s)
    proven = readiness.proven(checks)
    if proven and not run.past.ready:
        run.recorder.write("onboarding.ready")
    outcome, error = _outcome(run.wanted.spec.domain, checks, proven=proven or run.past.ready)
    return run.end(outcome, Plan(()), {}, checks, error)


def _outcome(
    domain: str,
    checks: tuple[CheckResult, ...],
    *,
    proven: bool,
) -> tuple[Outcome, PlatformError | None]:
    failed = [check for check in checks if check.status == "failed"]
    if failed:
        return "failed", readiness.denied(domain, failed)
    return ("ready" if proven else "incomplete"), None


def _known(domain: str, around: Surroundings, reading: Reading) -> History:
    past = history(reading.events(profile=around.profile, domain=domain))
    if past.current is None or past.spec is None:
        raise PlatformError(
            "PLT-USAGE-004",
            f"The journal knows no onboarding of {domain!a} under the profile {around.profile}. "
            "Nothing was done.",
            hint="`platform-cli status` lists the domains it knows.",
            address=domain,
        )
    return past


def _wanted(domain: str, around: Surroundings, past: History) -> Wanted:
    return wanted_of(spec_of(domain, past), around, past, onboarding=str(past.current))


def spec_of(domain: str, past: History) -> DomainSpec:
    """The spec as the journal keeps it. Raises PLT-SPEC-001 for one that was never valid."""
    kept = past.spec or {}
    owner = str(kept.get("owner", ""))
    typed = owner if "/" in owner else f"user:{owner}"
    return spec.parse(domain, typed, str(kept.get("on_call", "")), organisation="")
