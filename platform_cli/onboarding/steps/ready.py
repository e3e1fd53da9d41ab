"""`ready`: the day-one checks, run for real once everything else stands.

Planned like any step; run by `readiness`, because proving is not bringing something into being.
Once `onboarding.ready` is in the journal the step is kept.
"""

from __future__ import annotations

from typing import Final

from platform_cli.onboarding.plan import Change, Resource, StepPlan
from platform_cli.onboarding.readiness import CHECKS
from platform_cli.onboarding.wanted import Wanted

ID: Final = "ready"


def planned(wanted: Wanted, needs: tuple[str, ...]) -> StepPlan:
    """The step in a plan: proven already, or six checks to run."""
    resource = Resource("checks", f"{wanted.organisation}/{wanted.spec.domain}/checks")
    if wanted.proven:
        return StepPlan(ID, needs, (Change("keep", resource, "proven before"),))
    reason = f"{len(CHECKS)} day-one checks: {', '.join(CHECKS)}"
    return StepPlan(ID, needs, (Change("create", resource, reason),))
