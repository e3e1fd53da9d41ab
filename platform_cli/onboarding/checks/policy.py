"""`policy`: a change that adds an unmasked PII column is refused, and the refusal names it."""

from __future__ import annotations

from typing import Final

from platform_cli.domain_repo import judging
from platform_cli.onboarding.checks.check import CheckResult, Proof
from platform_cli.onboarding.steps.repo_push import MAIN
from platform_cli.onboarding.trial import COLUMN, branch_name

ID = "policy"


_DID: Final = f"checked a trial change that adds the unmasked PII column {COLUMN}"


def trial_refused(proof: Proof) -> CheckResult:
    """Check the trial's files with the released policies: they must refuse the column."""
    refused = judging.denials(proof.checkouts.of(branch_name(proof.wanted)), proof.now())
    named = [one for one in refused if COLUMN in one]
    if not named:
        return CheckResult(
            ID,
            "failed",
            _DID,
            "it was not refused",
            "Restore policies/ with `platform-cli policy sync`, then run init again.",
        )
    return CheckResult(ID, "passed", _DID, f"refused: {named[0]}")


def main_denied(proof: Proof) -> CheckResult | None:
    """Check the files of `main`, which must pass; None where they do."""
    own = judging.denials(proof.checkouts.of(MAIN), proof.now())
    if not own:
        return None
    return CheckResult(
        ID,
        "failed",
        _DID,
        f"main itself is refused: {own[0]}",
        "Mend main by a pull request: `platform-cli policy check` says where.",
    )
