"""`codeowners`: a pull request is assigned to the domain's owner by itself."""

from __future__ import annotations

from typing import Final

from platform_cli.onboarding.checks.check import CheckResult, Proof
from platform_cli.onboarding.steps.repo_push import MAIN
from platform_cli.onboarding.trial import PATH, branch_name
from platform_cli.providers.forge.port import PullRequest

ID = "codeowners"


_DID: Final = "opened a trial pull request and looked at whom the forge asked to review it"


def ignored(proof: Proof) -> CheckResult | None:
    """What the forge ignores of CODEOWNERS on `main`; None where it ignores nothing."""
    errors = proof.providers.forge.owner_errors(proof.wanted.spec.domain, MAIN)
    if not errors:
        return None
    return CheckResult(
        ID,
        "failed",
        _DID,
        f"the forge ignores part of CODEOWNERS: {'; '.join(errors)}",
        "Give each owner write permission and mend .github/CODEOWNERS on main.",
    )


def unguarded(proof: Proof) -> CheckResult | None:
    """Which guarded folder of `main` somebody else owns; None where each has its guard."""
    # One look: the files and permissions behind the owners of several paths are the same.
    forge, domain = proof.providers.forge.one_look(), proof.wanted.spec.domain
    for path, guard in _guarded(proof):
        if guard not in forge.owners(domain, MAIN, path):
            return CheckResult(
                ID,
                "failed",
                _DID,
                f"{path} is not guarded by {guard}",
                f"Give {path} back to {guard} in .github/CODEOWNERS on main.",
            )
    return None


def assigned(proof: Proof) -> CheckResult:
    """Whom the forge asked to review the trial, waited for."""
    forge, domain = proof.providers.forge, proof.wanted.spec.domain
    owner, branch = proof.wanted.spec.owner.text, branch_name(proof.wanted)
    trial: PullRequest | None = None

    def decided() -> bool:
        nonlocal trial
        trial = forge.pull_request(domain, branch)
        return trial is not None and (owner in trial.reviewers or owner == trial.author)

    # The forge may take a moment to ask, but asks nobody whom the file does not name.
    if not decided() and owner in forge.one_look().owners(domain, MAIN, PATH):
        proof.until(decided)
    if trial is not None and owner in trial.reviewers:
        return CheckResult(ID, "passed", _DID, f"{owner} was asked")
    if trial is not None and trial.author == owner:
        return _by_the_owner(_DID, owner)
    seen = ", ".join(trial.reviewers) if trial and trial.reviewers else "nobody"
    return CheckResult(
        ID,
        "failed",
        _DID,
        f"{seen} was asked, not {owner}",
        f"Mend .github/CODEOWNERS on main so that {owner} owns every file.",
    )


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
