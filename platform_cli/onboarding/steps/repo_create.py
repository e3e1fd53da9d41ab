"""`repo.create`: the repository on the forge, with its marker from the first moment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from platform_cli.onboarding.plan import LOST, Call, Change, Resource
from platform_cli.onboarding.steps.step import Step, Target
from platform_cli.onboarding.wanted import Wanted
from platform_cli.providers import Providers
from platform_cli.providers.forge.port import Repository

KIND = "repository"


@dataclass(frozen=True, slots=True)
class DomainRepository:
    """The domain's repository. Floor: the marker. Initial: the description."""

    wanted: Wanted

    @property
    def address(self) -> str:
        """Organisation and name, as people write it."""
        return f"{self.wanted.organisation}/{self.wanted.spec.domain}"

    def observe(self, providers: Providers) -> Repository | None:
        """Ask for the repository of that very name."""
        return providers.forge.repository(self.wanted.spec.domain)

    def decide(self, observed: Repository | None) -> Change:
        """Absent: create. Ours: keep, with its marker. Anything else is a person's decision."""
        if observed is None:
            return self._create()
        resource = Resource(KIND, self.address, observed.id, observed.url)
        call = Call("forge.set_marker", {"name": self.wanted.spec.domain, "marker": self._marker()})
        if self.wanted.lost(KIND, observed.id, observed.marker):
            return Change("update", resource, LOST, call)
        if self.wanted.is_ours(KIND, observed.id, observed.marker):
            return Change("keep", resource, "ours")
        if not self.wanted.adopts(self.address):
            return Change("conflict", resource, _whose(observed), way_out=self._ways_out(observed))
        if not observed.empty:
            reason = f"{_whose(observed)}; it is not empty, so it cannot be adopted"
            return Change("conflict", resource, reason, way_out="choose another domain name")
        return Change("adopt", resource, "empty, and named with --adopt", call)

    def apply(self, providers: Providers, change: Change) -> Resource:
        """Create the repository, or write the marker on one that is there."""
        name, marker = self.wanted.spec.domain, self.wanted.marker
        if change.action == "adopt":
            made = providers.forge.set_marker(name, marker)
        elif change.action == "update":
            made = providers.forge.set_marker(name, marker, known_id=change.resource.id)
        else:
            made = providers.forge.create_repository(
                name,
                marker=marker,
                description=self._description(),
            )
        return Resource(KIND, self.address, made.id, made.url)

    def _create(self) -> Change:
        payload = {
            "name": self.wanted.spec.domain,
            "marker": self._marker(),
            "description": self._description(),
        }
        resource = Resource(KIND, self.address)
        return Change("create", resource, "absent", Call("forge.create_repository", payload))

    def _marker(self) -> dict[str, str]:
        return {"domain": self.wanted.marker.domain, "onboarding": self.wanted.marker.onboarding}

    def _description(self) -> str:
        return f"Data domain {self.wanted.spec.domain}, owned by {self.wanted.spec.owner.text}"

    def _ways_out(self, observed: Repository) -> str:
        if observed.empty:
            return f"choose another domain name, or take it over with --adopt {self.address}"
        return "choose another domain name, or ask its owner to rename it"


def _whose(observed: Repository) -> str:
    if observed.marker is None:
        return "a repository of that name exists and is not ours: it carries no marker"
    return (
        "a repository of that name exists and carries the marker of onboarding "
        f"{observed.marker.onboarding}, which this journal does not know"
    )


def _targets(wanted: Wanted) -> Sequence[Target[Any]]:
    return (DomainRepository(wanted),)


STEP = Step(id="repo.create", needs=(), targets=_targets)
