"""What one onboarding wants of the world: the spec and everything steps decide from.

Plain data, made once a run by `onboard`. Steps read it; nothing changes it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from platform_cli.onboarding.rendering import Rendering
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

    def adopts(self, address: str) -> bool:
        """Whether the person said `--adopt` for this address."""
        return ADOPT_ALL in self.adopt or address in self.adopt
