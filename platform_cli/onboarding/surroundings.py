"""Everything a run works with but the journal; made by `wiring`, faked in tests."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event as Flag

from platform_cli.git import Git
from platform_cli.onboarding.clock import Clock
from platform_cli.onboarding.rendering import Rendering
from platform_cli.providers import Providers
from platform_cli.providers.forge.port import Author


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Providers, time, and who is at work."""

    profile: str
    providers: Providers
    rendering: Rendering
    git: Git
    scratch: Path
    """A folder that is gone when the invocation ends."""
    template: str
    platform_team: str
    compliance_team: str
    author: Author
    actor: str
    host: str
    pid: int
    version: str
    deadline_s: float
    clock: Clock
    ids: Callable[[], str]
    stop: Flag = field(default_factory=Flag)
