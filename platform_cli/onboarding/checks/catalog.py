"""`catalog`: the domain's schemas are listed, and an outsider reads `product` and nothing else."""

from __future__ import annotations

from platform_cli.onboarding.checks.check import CheckResult, Proof
from platform_cli.providers.catalog.port import EVERYONE, TIERS

ID = "catalog"


def run(proof: Proof) -> CheckResult:
    """Ask the catalog itself, not our records."""
    catalog, domain = proof.providers.catalog, proof.wanted.spec.catalog_name
    did = "listed the schemas and asked what an outsider and the team may read"
    listed = catalog.tiers(domain)
    if missing := [tier for tier in TIERS if tier not in listed]:
        return CheckResult(
            ID,
            "failed",
            did,
            f"not listed: {', '.join(missing)}",
            "Run init again: it restores them.",
        )
    if not catalog.enforces_access:
        saw = "all tiers are listed; who may read is not enforced by this catalog"
        return CheckResult(ID, "passed", did, saw)
    open_to_all = [tier for tier in TIERS if catalog.may_read(EVERYONE, domain, tier)]
    closed_to_team = [
        tier for tier in TIERS if not catalog.may_read(proof.wanted.spec.owner.text, domain, tier)
    ]
    if open_to_all != ["product"]:
        return CheckResult(
            ID,
            "failed",
            did,
            f"an outsider reads {', '.join(open_to_all) or 'nothing'}",
            "Run init again: it restores the grants.",
        )
    if closed_to_team:
        return CheckResult(
            ID,
            "failed",
            did,
            f"the team may not read {', '.join(closed_to_team)}",
            "Run init again: it restores the grants.",
        )
    saw = f"{', '.join(TIERS)} are listed; an outsider reads product alone"
    return CheckResult(ID, "passed", did, saw)
