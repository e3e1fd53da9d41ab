"""`codeowners`: a pull request is assigned to the domain's owner by itself."""

from __future__ import annotations

from platform_cli.onboarding.checks.check import CheckResult, Proof
from platform_cli.onboarding.steps.repo_push import MAIN
from platform_cli.onboarding.trial import PATH, branch_name
from platform_cli.providers.forge.port import PullRequest

ID = "codeowners"


def run(proof: Proof) -> CheckResult:
    """Look at whom the forge asked to review the trial, and who guards the guarded folders."""
    forge, domain = proof.providers.forge, proof.wanted.spec.domain
    owner = proof.wanted.spec.owner.text
    did = "opened a trial pull request and looked at whom the forge asked to review it"
    if errors := forge.owner_errors(domain, MAIN):
        return CheckResult(
            ID,
            "failed",
            did,
            f"the forge ignores part of CODEOWNERS: {'; '.join(errors)}",
            "Give each owner write permission and mend .github/CODEOWNERS on main.",
        )
    branch = branch_name(proof.wanted)

    trial: PullRequest | None = None

    def decided() -> bool:
        nonlocal trial
        trial = forge.pull_request(domain, branch)
        return trial is not None and (owner in trial.reviewers or owner == trial.author)

    # The forge may take a moment to ask, but asks nobody whom the file does not name.
    if not decided() and owner in forge.owners(domain, MAIN, PATH):
        proof.until(decided)
    if trial is None or owner not in trial.reviewers:
        if trial is not None and trial.author == owner:
            return _by_the_owner(did, owner)
        seen = ", ".join(trial.reviewers) if trial and trial.reviewers else "nobody"
        return CheckResult(
            ID,
            "failed",
            did,
            f"{seen} was asked, not {owner}",
            f"Mend .github/CODEOWNERS on main so that {owner} owns every file.",
        )
    for path, guard in _guarded(proof):
        if guard not in forge.owners(domain, MAIN, path):
            return CheckResult(
                ID,
                "failed",
                did,
                f"{path} is not guarded by {guard}",
                f"Give {path} back to {guard} in .github/CODEOWNERS on main.",
            )
    return CheckResult(ID, "passed", did, f"{owner} was asked")


def _by_the_owner(did: str, owner: str) -> CheckResult:
    """Nobody is asked to review what they propose themselves."""
    return CheckResult(
        ID,
        "failed",
        did,
        f"{owner} proposed it, being whose credentials these are, and is not asked to review it",
        "Run init with other credentials, an App's for example, or give the domain to a team.",
    )


def _guarded(proof: Proof) -> tuple[tuple[str, str], ...]:
    return (
        (".github/workflows/ci.yml", proof.wanted.platform_team),
        ("policies/.manifest", proof.wanted.platform_team),
        ("platform.toml", proof.wanted.platform_team),
        ("exceptions/README.md", proof.wanted.compliance_team),
    )
