"""`oncall`: a test page reaches whoever is on call for the domain at this moment."""

from __future__ import annotations

from platform_cli.onboarding.checks.check import CheckResult, Proof
from platform_cli.onboarding.trial import page_key
from platform_cli.providers.pager.port import Page

ID = "oncall"


def run(proof: Proof) -> CheckResult:
    """Look at whom the page was assigned to. It was sent before, and is resolved after."""
    pager, service = proof.providers.pager, proof.wanted.spec.domain
    did = "sent a page that says it is a test, and resolved it"
    on_call = pager.on_call(service)
    schedule = pager.schedule(proof.wanted.spec.on_call)
    members = schedule.members if schedule is not None else ()

    page: Page | None = None

    def arrived() -> bool:
        nonlocal page
        page = pager.page_of(service, page_key(proof.wanted))
        # A killed run may have left it from before a hand-over: then it reached whoever was on
        # call at that time, and nobody is paged a second time for it.
        return page is not None and bool(set(page.assigned_to) & {*on_call, *members})

    if not on_call:
        return CheckResult(
            ID,
            "failed",
            did,
            "nobody is on call",
            "Put somebody on the rotation, then run init again.",
        )
    if not proof.until(arrived):
        seen = ", ".join(page.assigned_to) if page and page.assigned_to else "nobody"
        return CheckResult(
            ID,
            "failed",
            did,
            f"the page went to {seen}; on call is {', '.join(on_call)}",
            "Let the service's escalation policy page the rotation, then run init again.",
        )
    reached = page.assigned_to if page is not None else on_call
    return CheckResult(ID, "passed", did, f"it reached {', '.join(reached)}")
