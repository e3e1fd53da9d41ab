"""`ready`: the day-one checks, run for real once everything else stands.

Planned like any step; run by `readiness`, because proving is not bringing something into being.
Once `onboarding.ready` is in the journal the step is kept.
"""

from __future__ import annotations

from typing import Final

from platform_cli.onboarding.checks.check import CHECKS
from platform_cli.onboarding.plan import Change, Plan, Resource, StepPlan
from platform_cli.onboarding.wanted import Wanted

ID: Final = "ready"


def added(plan: Plan, wanted: Wanted) -> Plan:
    """The plan with this step at its end: it needs all the others."""
    needs = tuple(step.id for step in plan.steps)
    return Plan((*plan.steps, StepPlan(ID, needs, (_change(wanted),))))


def _change(wanted: Wanted) -> Change:
    resource = Resource("checks", f"{wanted.organisation}/{wanted.spec.domain}/checks")
    if wanted.proven:
        return Change("keep", resource, "proven before")
    return Change("create", resource, f"{len(CHECKS)} day-one checks: {', '.join(CHECKS)}")
