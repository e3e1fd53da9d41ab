"""The world outside, by kind: each folder has a port and the adapters that implement it.

`Providers` is what steps are handed. Nothing here, and no step, knows which adapter is behind.
"""

from __future__ import annotations

from dataclasses import dataclass

from platform_cli.providers.forge.port import Forge


@dataclass(frozen=True, slots=True)
class Providers:
    """One adapter of each kind, chosen by the profile."""

    forge: Forge
