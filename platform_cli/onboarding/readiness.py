"""Proves a domain: opens the trial, runs the six checks at the same time, takes the trial away.

Onboarded means proven, not "the command exited". What is made outside is made by `calls`, like
every other change; the checks themselves only look.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from threading import Event as Flag
from typing import Any, Final, Protocol

from platform_cli.errors import PlatformError
from platform_cli.onboarding.calls import Calls
from platform_cli.onboarding.checks import catalog, ci, codeowners, contract, oncall, policy
from platform_cli.onboarding.checks.check import CHECKS, CheckResult, CheckStatus, Proof
from platform_cli.onboarding.crew import Crew
from platform_cli.onboarding.steps import ready
from platform_cli.onboarding.steps.step import Target
from platform_cli.onboarding.trial import (
    TestPage,
    TestPageResolved,
    TrialBranch,
    TrialBranchGone,
    TrialRequest,
    TrialRequestClosed,
)
from platform_cli.onboarding.wanted import Wanted

Check = Callable[[Proof], CheckResult]

LOOKING: Final[dict[str, Check]] = {
    contract.ID: contract.run,
    ci.ID: ci.run,
    catalog.ID: catalog.run,
}
"""Checks that need nothing to be made."""


class CheckWatcher(Protocol):
    """Is told how each check ended."""

    def check_finished(self, check: str, status: str, saw: str) -> None:
        """A check has ended."""
        ...


@dataclass(frozen=True, slots=True)
class Trials:
    """Leave to make something outside; without it `codeowners`, `policy`, `oncall` do not run."""

    calls: Calls
    no_page: bool


def not_run(why: str) -> tuple[CheckResult, ...]:
    """All six, none of them run, for one reason."""
    return tuple(CheckResult(check, "not-run", "nothing", why) for check in CHECKS)


def proven(results: Sequence[CheckResult]) -> bool:
    """Whether all six have passed."""
    return {result.id for result in results if result.status == "passed"} == set(CHECKS)


def prove(
    proof: Proof,
    trials: Trials | None,
    watcher: CheckWatcher,
    stop: Flag,
) -> tuple[CheckResult, ...]:
    """Run the checks. Raises InterruptedRunError or UnrecordedError, with the trial left to sweep.

    A check that cannot look, because a provider or a file fails it, has failed and says why.
    """
    found: dict[str, CheckResult] = {}
    crew: Crew[tuple[CheckResult, ...]] = Crew(stop)
    for check_id, check in LOOKING.items():
        crew.start(check_id, partial(_looked, check_id, check, proof))
    if trials is not None:
        crew.start("trial", partial(_on_trial, proof, trials.calls))
        crew.start("oncall", partial(_paged, proof, trials))
    while crew.busy:
        for result in crew.next()[1]:
            found[result.id] = result
            watcher.check_finished(result.id, result.status, result.saw)
            if trials is not None:
                trials.calls.recorder.check_finished(ready.ID, result.id, result.status)
    why = "not asked for: --trials opens a pull request and pages"
    return tuple(found.get(c) or CheckResult(c, "not-run", "nothing", why) for c in CHECKS)


def denied(domain: str, failed: Sequence[CheckResult]) -> PlatformError:
    """The error of a proof in which checks failed, with what to do about the first."""
    names = ", ".join(check.id for check in failed)
    return PlatformError(
        "PLT-CHECK-001",
        f"{domain} is set up, but not proven: {names} failed. {_first_line(failed[0].saw)}.",
        hint=failed[0].next,
        address=f"checks/{failed[0].id}",
    )


def _first_line(saw: str) -> str:
    """What a check saw, without a command's last words: those stand with the check."""
    return saw.partition("\n")[0].rstrip(":.")


def sweep(wanted: Wanted, calls: Calls) -> None:
    """Take away what a killed check has left outside; calls nothing where nothing is left."""
    for target in (TrialRequestClosed(wanted), TrialBranchGone(wanted), TestPageResolved(wanted)):
        _make(calls, target)


def _looked(check_id: str, check: Check, proof: Proof) -> tuple[CheckResult, ...]:
    try:
        return (check(proof),)
    except PlatformError as error:
        return (_failed(check_id, error),)


def _on_trial(proof: Proof, calls: Calls) -> tuple[CheckResult, ...]:
    """Both checks that look at the trial change, between its opening and its end."""
    wanted = proof.wanted
    checks = {codeowners.ID: codeowners.run, policy.ID: policy.run}
    try:
        _make(calls, TrialBranch(wanted))
        _make(calls, TrialRequest(wanted))
        results = [_looked(check_id, check, proof)[0] for check_id, check in checks.items()]
        _make(calls, TrialRequestClosed(wanted))
        _make(calls, TrialBranchGone(wanted))
    except PlatformError as error:
        return tuple(_failed(check_id, error) for check_id in checks)
    return tuple(results)


def _paged(proof: Proof, trials: Trials) -> tuple[CheckResult, ...]:
    if trials.no_page:
        saw = "--no-page: nobody was paged"
        return (CheckResult(oncall.ID, "skipped", "nothing", saw, "Run init without --no-page."),)
    try:
        _make(trials.calls, TestPage(proof.wanted))
        result = oncall.run(proof)
        _make(trials.calls, TestPageResolved(proof.wanted))
    except PlatformError as error:
        return (_failed(oncall.ID, error),)
    return (result,)


def _make(calls: Calls, target: Target[Any]) -> None:
    change = target.decide(target.observe(calls.providers))
    if change.pending:
        calls.make(ready.ID, target, change)
    else:
        calls.found([change])


def _failed(check_id: str, error: PlatformError) -> CheckResult:
    status: CheckStatus = "failed"
    return CheckResult(check_id, status, "tried to look", error.summary, error.hint)
