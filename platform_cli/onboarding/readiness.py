"""The day-one checks: onboarded means proven, not "the command exited".

The six ids are permanent. A check that this version cannot run is `not-run` and says so; an
onboarding is `ready` only when all six have passed in one run.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

CheckStatus = Literal["passed", "failed", "skipped", "not-run"]

CHECKS: Final[dict[str, str]] = {
    "codeowners": "a pull request is assigned to the domain's owner by itself",
    "contract": "the contract stub passes its validation",
    "ci": "the build of main is green",
    "catalog": "the schemas are listed, and an outsider reads product and nothing else",
    "policy": "a change that adds an unmasked PII column is refused",
    "oncall": "a test page reaches the domain's on-call",
}


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What one check did, what it saw, and on failure what to do next."""

    id: str
    status: CheckStatus
    did: str
    saw: str
    next: str | None = None


def not_run(why: str) -> tuple[CheckResult, ...]:
    """All six, none of them run, for one reason."""
    return tuple(CheckResult(check, "not-run", "nothing", why) for check in CHECKS)


def proven(results: Sequence[CheckResult]) -> bool:
    """Whether all six have passed."""
    return {r.id for r in results if r.status == "passed"} == set(CHECKS)
