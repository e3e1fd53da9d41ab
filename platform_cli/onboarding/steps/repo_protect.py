"""`repo.protect`: `main` is protected at least this much; a team may ask for more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from platform_cli.onboarding.plan import Call, Change, Resource
from platform_cli.onboarding.steps.repo_push import MAIN
from platform_cli.onboarding.steps.step import Step, Target
from platform_cli.onboarding.wanted import Wanted
from platform_cli.providers import Providers
from platform_cli.providers.forge.port import Protection
from platform_cli.template import REQUIRED_CHECKS

FLOOR = Protection(
    code_owner_review=True,
    required_checks=tuple(REQUIRED_CHECKS),
    force_push=False,
    deletion=False,
)


@dataclass(frozen=True, slots=True)
class MainProtection:
    """How `main` is protected. All of it is a floor."""

    wanted: Wanted

    @property
    def address(self) -> str:
        """The protection under its branch."""
        return f"{self.wanted.organisation}/{self.wanted.spec.domain}/branches/{MAIN}/protection"

    def observe(self, providers: Providers) -> Protection | None:
        """The protection there is."""
        return providers.forge.protection(self.wanted.spec.domain, MAIN)

    def decide(self, observed: Protection | None) -> Change:
        """Restore what is missing and keep what the team has added."""
        resource = Resource("protection", self.address)
        if observed is None:
            return Change("create", resource, "not protected", self._call(FLOOR))
        missing = _missing(observed)
        if not missing:
            return Change("keep", resource, "at least as strict as the floor")
        return Change("update", resource, f"missing: {', '.join(missing)}", self._call(observed))

    def apply(self, providers: Providers, change: Change) -> Resource:
        """Write the floor, together with the checks that the team requires besides."""
        checks = change.call.payload["required_checks"] if change.call else FLOOR.required_checks
        wanted = Protection(
            code_owner_review=True,
            required_checks=tuple(checks),
            force_push=False,
            deletion=False,
        )
        providers.forge.protect(self.wanted.spec.domain, MAIN, wanted)
        return change.resource

    def _call(self, observed: Protection) -> Call:
        checks = dict.fromkeys((*FLOOR.required_checks, *observed.required_checks))
        payload = asdict(FLOOR) | {"required_checks": list(checks)}
        return Call(
            "forge.protect",
            {"name": self.wanted.spec.domain, "branch": MAIN, **payload},
        )


def _missing(observed: Protection) -> list[str]:
    found = {
        "code-owner review": not observed.code_owner_review,
        "no force-push": observed.force_push,
        "no deletion": observed.deletion,
    }
    checks = [
        f"check {name}" for name in FLOOR.required_checks if name not in observed.required_checks
    ]
    return [name for name, gone in found.items() if gone] + checks


def _targets(wanted: Wanted) -> Sequence[Target[Any]]:
    return (MainProtection(wanted),)


STEP = Step(id="repo.protect", needs=("repo.push",), targets=_targets)
