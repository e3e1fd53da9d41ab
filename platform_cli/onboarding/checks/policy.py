"""`policy`: a change that adds an unmasked PII column is refused, and the refusal names it."""

from __future__ import annotations

from platform_cli.domain_repo import judging
from platform_cli.onboarding.checks.check import CheckResult, Proof
from platform_cli.onboarding.steps.repo_push import MAIN
from platform_cli.onboarding.trial import COLUMN, branch_name

ID = "policy"


def run(proof: Proof) -> CheckResult:
    """Check the trial's files and main's with the released policies: one must fail, one pass."""
    did = f"checked a trial change that adds the unmasked PII column {COLUMN}"
    now = proof.now()
    refused = judging.denials(proof.checkouts.of(branch_name(proof.wanted)), now)
    named = [one for one in refused if COLUMN in one]
    if not named:
        return CheckResult(
            ID,
            "failed",
            did,
            "it was not refused",
            "Restore policies/ with `platform-cli policy sync`, then run init again.",
        )
    if own := judging.denials(proof.checkouts.of(MAIN), now):
        return CheckResult(
            ID,
            "failed",
            did,
            f"main itself is refused: {own[0]}",
            "Mend main by a pull request: `platform-cli policy check` says where.",
        )
    return CheckResult(ID, "passed", did, f"refused: {named[0]}")
