"""Everything a run works with but the journal; made by `wiring`, faked in tests."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from threading import Event as Flag
from typing import Protocol

from platform_cli.git import Git
from platform_cli.onboarding.clock import Clock
from platform_cli.onboarding.rendering import Rendering
from platform_cli.providers import Providers
from platform_cli.providers.forge.port import Author


class Register(Protocol):
    """What a forge knows of people and of what they started. Raises only PlatformError."""

    def belongs(self, person: str, organisation: str, team: str) -> bool | None:
        """Whether the person (`@name`) is in the team; None where no such team is to be seen."""
        ...

    def dispatched_at(self, repository: str, number: str) -> datetime | None:
        """When the run of a workflow was asked for; None where no such run is to be seen."""
        ...


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
    register: Register | None = None
    """None where the forge knows no teams: then there is one person, whoever runs it."""
