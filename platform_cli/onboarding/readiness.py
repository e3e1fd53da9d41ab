"""Proves a domain: opens the trial, runs the six checks at the same time, takes the trial away.

Onboarded means proven, not "the command exited". What is made outside is made by `calls`, like
every other change; the checks themselves only look.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from threading import Event as Flag
from typing import Final, Protocol

from platform_cli.errors import PlatformError
from platform_cli.onboarding.calls import Calls
from platform_cli.onboarding.checks import catalog, ci, contract, oncall
from platform_cli.onboarding.checks.check import CHECKS, CheckResult, Proof, failed, looked
from platform_cli.onboarding.crew import Crew
from platform_cli.onboarding.on_trial import OnTrial, Told, Trials
from platform_cli.onboarding.steps import ready
from platform_cli.onboarding.steps.oncall_rotation import DomainService
from platform_cli.onboarding.trial import (
    TestPage,
    TestPageResolved,
    TrialBranchGone,
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
    crew: Crew[Told] = Crew(stop)
    for check_id, check in LOOKING.items():
        crew.start(check_id, partial(_looked, check_id, check, proof))
    trial = None
    if trials is not None:
        trial = OnTrial(proof, trials, crew)
        trial.go_on()
        crew.start(oncall.ID, partial(_paged, proof, trials))
    while crew.busy:
        name, told = crew.next()[1]
        ended = (told,) if name in CHECKS or trial is None else trial.ended(name, told)
        for result in (one for one in ended if one is not None):
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
        calls.bring(ready.ID, target)


def _looked(check_id: str, check: Check, proof: Proof) -> Told:
    return check_id, looked(check_id, check, proof)


def _paged(proof: Proof, trials: Trials) -> Told:
    if trials.no_page:
        saw, next_ = "--no-page: nobody was paged", "Run init without --no-page."
        return oncall.ID, CheckResult(oncall.ID, "skipped", "nothing", saw, next_)
    try:
        trials.must_be_ours(DomainService(proof.wanted))
        trials.calls.bring(ready.ID, TestPage(proof.wanted))
        result = oncall.run(proof)
        trials.calls.bring(ready.ID, TestPageResolved(proof.wanted))
    except PlatformError as error:
        result = failed(oncall.ID, error)
    return oncall.ID, result
