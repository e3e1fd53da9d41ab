"""`contract`: the contract passes its validation, on a fresh checkout of the repository."""

from __future__ import annotations

from platform_cli.domain_repo import judging
from platform_cli.onboarding.checks.check import CheckResult, Proof
from platform_cli.onboarding.steps.repo_push import MAIN

ID = "contract"


def run(proof: Proof) -> CheckResult:
    """Validate every contract of `main`."""
    did = "validated the contracts in a fresh checkout of main"
    judged = judging.contracts(proof.checkouts.of(MAIN))
    if not judged.paths:
        return CheckResult(
            ID, "failed", did, "there is no contract", "Restore product.contract.yaml."
        )
    if judged.errors:
        return CheckResult(
            ID,
            "failed",
            did,
            "; ".join(judged.errors[:3]),
            "Mend it by a pull request: platform-cli contract validate says where.",
        )
    drafts = f", {judged.drafts} of them a draft" if judged.drafts else ""
    return CheckResult(ID, "passed", did, f"{len(judged.paths)} contract valid{drafts}")
