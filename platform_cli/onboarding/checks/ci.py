"""`ci`: the build of `main` is green."""

from __future__ import annotations

from platform_cli.onboarding.checks.check import CheckResult, CheckStatus, Proof
from platform_cli.onboarding.steps.repo_push import MAIN

ID = "ci"
_STATUS: dict[str, CheckStatus] = {"green": "passed", "red": "failed", "absent": "skipped"}


def run(proof: Proof) -> CheckResult:
    """Ask the forge how the build ended; the embedded one runs the workflow's own commands."""
    build = proof.providers.forge.build(proof.wanted.spec.domain, MAIN, proof.stop)
    return CheckResult(ID, _STATUS[build.status], build.did, build.saw, build.next)
