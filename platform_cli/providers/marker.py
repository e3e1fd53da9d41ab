"""The marker that says which onboarding made a resource; every kind of provider writes it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Marker:
    """Anyone can copy one: a resource is ours only if the journal knows the onboarding."""

    domain: str
    onboarding: str
