"""What one onboarding wants of the world: the spec and everything steps decide from.

Plain data, made once a run by `onboard`. Steps read it; nothing changes it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from platform_cli.errors import PlatformError
from platform_cli.onboarding.history import History
from platform_cli.onboarding.plan import Plan
from platform_cli.onboarding.rendering import Rendering
from platform_cli.onboarding.surroundings import Surroundings
from platform_cli.providers.forge.port import Author
from platform_cli.providers.marker import Marker
from platform_cli.spec import DomainSpec

ADOPT_ALL: Final = "all"


@dataclass(frozen=True, slots=True)
class Wanted:
    """The target state of one domain, and what tells ours from somebody else's."""

    spec: DomainSpec
    onboarding: str
    profile: str
    organisation: str
    platform_team: str
    compliance_team: str
    author: Author
    rendering: Rendering
    ours: frozenset[str]
    """Onboarding ids of this domain and profile that the journal knows."""
    known_ids: frozenset[tuple[str, str]]
    """(kind, immutable id) of resources that the journal has seen us make."""
    adopt: frozenset[str]
    alert_secret: str | None
    """Under which name CI is given the key that pages; None where the pager has no keys."""
    proven: bool
    """Whether the journal already has `onboarding.ready`."""

    @property
    def marker(self) -> Marker:
        """The marker that resources of this onboarding carry."""
        return Marker(domain=self.spec.domain, onboarding=self.onboarding)

    def is_ours(self, kind: str, resource_id: str | None, marker: Marker | None) -> bool:
        """Ours: the journal has its immutable id, or knows the onboarding its marker names."""
        if resource_id is not None and (kind, resource_id) in self.known_ids:
            return True
        if marker is None:
            return False
        return marker.domain == self.spec.domain and marker.onboarding in self.ours

    def lost(self, kind: str, resource_id: str | None, marker: Marker | None) -> bool:
        """Ours by its id alone, for there is no marker to tell."""
        return marker is None and self.is_ours(kind, resource_id, None)

    def adopts(self, address: str) -> bool:
        """Whether the person said `--adopt` for this address."""
        return ADOPT_ALL in self.adopt or address in self.adopt


def wanted_of(
    spec: DomainSpec,
    around: Surroundings,
    past: History,
    *,
    onboarding: str,
    adopt: frozenset[str] = frozenset(),
) -> Wanted:
    """Put together what a run wants, from what was asked for and what the journal knows."""
    return Wanted(
        spec=spec,
        onboarding=onboarding,
        profile=around.profile,
        organisation=around.providers.forge.organisation,
        platform_team=around.platform_team,
        compliance_team=around.compliance_team,
        author=around.author,
        rendering=around.rendering,
        ours=past.ids | {onboarding},
        known_ids=past.known_ids,
        adopt=adopt,
        alert_secret=around.providers.pager.secret,
        proven=past.ready,
    )


def adopts_something(wanted: Wanted, plan: Plan) -> None:
    """Every address given to --adopt must be in the plan. Raises PLT-INIT-005."""
    addresses = {change.resource.address for step in plan.steps for change in step.changes}
    if strange := sorted(wanted.adopt - addresses - {ADOPT_ALL}):
        raise PlatformError(
            "PLT-INIT-005",
            f"--adopt {strange[0]}: the plan has no such address. Nothing was changed.",
            address=strange[0],
        )
