"""`ci`: the build of `main` is green; one that has not ended is waited for."""

from __future__ import annotations

from typing import Final

from platform_cli.onboarding.checks.check import CheckResult, CheckStatus, Proof
from platform_cli.onboarding.steps.repo_push import MAIN
from platform_cli.providers.forge.port import Build

ID = "ci"
STARTS_WITHIN_S: Final = 300.0
"""A build that has not begun by then does not begin by itself any more."""
_STATUS: dict[str, CheckStatus] = {"green": "passed", "red": "failed", "absent": "skipped"}


def run(proof: Proof) -> CheckResult:
    """Ask the forge how the build ended; the embedded one runs the workflow's own commands."""
    forge, domain = proof.providers.forge, proof.wanted.spec.domain
    build = Build("pending", "nothing", "it was not looked at")

    def look() -> Build:
        nonlocal build
        build = forge.build(domain, MAIN, proof.stop)
        return build

    def why() -> str:
        return f"the build of {MAIN}: {build.saw}"

    def begun() -> bool:
        return look().started or build.status != "pending"

    proof.until(begun, for_s=min(STARTS_WITHIN_S, proof.left_s()), why=why)
    if build.status == "pending" and build.started:
        proof.until(lambda: look().status != "pending", for_s=proof.left_s(), why=why)
    if build.status == "pending":
        return _unfinished(build)
    return CheckResult(ID, _STATUS[build.status], build.did, build.saw, build.next)


def _unfinished(build: Build) -> CheckResult:
    """One that goes on may yet be green; one that never began is looked into."""
    if build.started:
        next_ = "Run the same line again when it has ended."
        return CheckResult(ID, "skipped", build.did, f"{build.saw}, and has not ended", next_)
    return CheckResult(ID, "failed", build.did, build.saw, build.next)
