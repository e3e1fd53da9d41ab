"""What an invocation has to say, for people and as JSON. Plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from platform_cli.errors import PlatformError
from platform_cli.onboarding.checks.check import CheckResult
from platform_cli.onboarding.engine import StepOutcome
from platform_cli.onboarding.plan import StepPlan
from platform_cli.spec import DomainSpec

Outcome = Literal["ready", "incomplete", "failed", "planned", "conflict"]


@dataclass(frozen=True, slots=True)
class StepResult:
    """One step of a result: what was to be done and how it ended."""

    plan: StepPlan
    outcome: StepOutcome
    calls: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Result:
    """What `init` has to say, for people and as JSON."""

    spec: DomainSpec
    onboarding: str | None
    run: str | None
    profile: str
    dry_run: bool
    outcome: Outcome
    steps: tuple[StepResult, ...]
    checks: tuple[CheckResult, ...]
    mutating_calls: int
    lead_time_s: float | None
    open_for_s: float | None = None
    error: PlatformError | None = None
    notes: tuple[str, ...] = ()
    usual_s: Mapping[str, float] = field(default_factory=dict)
    files: tuple[str, ...] = ()
    difference: str | None = None
