"""The trial from its opening to its end, with the two checks that look at it.

Knows what must follow what: `main` is looked at while the trial is pushed, and the files of the
trial while it is proposed. Changes are made by `calls`; what is wrong is for the checks to say.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

from platform_cli.errors import PlatformError
from platform_cli.onboarding.calls import Calls, conflict_error
from platform_cli.onboarding.checks import codeowners, policy
from platform_cli.onboarding.checks.check import CheckResult, Proof, failed, looked
from platform_cli.onboarding.crew import Crew
from platform_cli.onboarding.steps import ready
from platform_cli.onboarding.steps.repo_create import DomainRepository
from platform_cli.onboarding.steps.step import Target
from platform_cli.onboarding.trial import (
    TrialBranch,
    TrialBranchGone,
    TrialRequest,
    TrialRequestClosed,
)

Told = tuple[str, CheckResult | None]
"""A job that has ended, and what it found; None where it found nothing wrong."""


@dataclass(frozen=True, slots=True)
class Trials:
    """Leave to make something outside; without it `codeowners`, `policy`, `oncall` do not run."""

    calls: Calls
    no_page: bool
    planned: bool
    """Whether a plan has just shown that what they are made in is ours."""

    def must_be_ours(self, target: Target[Any]) -> None:
        """Nothing is made in what is somebody else's by now. Raises PLT-INIT-001."""
        if self.planned:
            return
        change = target.decide(target.observe(self.calls.providers))
        if change.action == "conflict":
            raise conflict_error([change])


@dataclass(slots=True)
class OnTrial:
    """One trial: each of its jobs is started when those that it needs have ended."""

    proof: Proof
    trials: Trials
    crew: Crew[Told]
    found: dict[str, CheckResult | None] = field(default_factory=dict)
    _begun: set[str] = field(default_factory=set)
    _error: PlatformError | None = None

    def go_on(self) -> None:
        """Start what may be started now."""
        for name, job in _JOBS.items():
            if name not in self._begun and self.found.keys() >= job.needs:
                self._begun.add(name)
                self.crew.start("trial" if job.changes else name, partial(self._do, name, job))

    def ended(self, name: str, found: CheckResult | None) -> tuple[CheckResult, ...]:
        """Note that a job has ended, and go on; both checks, once they are decided."""
        self.found[name] = found
        if self._error is not None:
            # What goes on beside it only looks, and no longer matters.
            return self._failed(self._error) if _JOBS[name].changes else ()
        self.go_on()
        if self.found.keys() < _JOBS.keys():
            return ()
        return (self._of("proposed", "unguarded"), self._of("refused", "denied"))

    def _do(self, name: str, job: _Job) -> Told:
        try:
            return name, job.do(self)
        except PlatformError as error:
            self._error = error
            return name, None

    def _failed(self, error: PlatformError) -> tuple[CheckResult, ...]:
        return (failed(codeowners.ID, error), failed(policy.ID, error))

    def _of(self, on_trial: str, on_main: str) -> CheckResult:
        """What is wrong with the trial, else with `main`; that nothing is, where nothing is."""
        one, other = self.found[on_trial], self.found[on_main]
        assert one is not None  # noqa: S101 - looks at the trial say what they saw, always
        return other if other is not None and one.status == "passed" else one


@dataclass(frozen=True, slots=True)
class _Job:
    """What is done, and which jobs come before it."""

    do: Callable[[OnTrial], CheckResult | None]
    needs: frozenset[str] = frozenset()
    changes: bool = False


def _open(trial: OnTrial) -> None:
    wanted = trial.proof.wanted
    trial.trials.must_be_ours(DomainRepository(wanted))
    trial.trials.calls.bring(ready.ID, TrialBranch(wanted))


def _propose(trial: OnTrial) -> CheckResult:
    calls, proof = trial.trials.calls, trial.proof
    calls.bring(ready.ID, TrialRequest(proof.wanted))
    # Nobody is asked by lines that are ignored: that is not waited for.
    ignored = trial.found["ignored"]
    asked = looked(codeowners.ID, codeowners.assigned, proof) if ignored is None else ignored
    calls.bring(ready.ID, TrialRequestClosed(proof.wanted))
    return asked


def _remove(trial: OnTrial) -> None:
    trial.trials.calls.bring(ready.ID, TrialBranchGone(trial.proof.wanted))


_JOBS: Final[Mapping[str, _Job]] = {
    "ignored": _Job(lambda t: looked(codeowners.ID, codeowners.ignored, t.proof)),
    "unguarded": _Job(lambda t: looked(codeowners.ID, codeowners.unguarded, t.proof)),
    "denied": _Job(lambda t: looked(policy.ID, policy.main_denied, t.proof)),
    "opened": _Job(_open, changes=True),
    "proposed": _Job(_propose, frozenset({"opened", "ignored"}), changes=True),
    "refused": _Job(
        lambda t: looked(policy.ID, policy.trial_refused, t.proof), frozenset({"opened"})
    ),
    "removed": _Job(_remove, frozenset({"proposed", "refused"}), changes=True),
}
