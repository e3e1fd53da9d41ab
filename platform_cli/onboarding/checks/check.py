"""What every check is handed and what it answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from threading import Event as Flag
from threading import Lock
from typing import Final, Literal, Protocol, TypeVar

from platform_cli.onboarding.wanted import Wanted
from platform_cli.providers import Providers

CheckStatus = Literal["passed", "failed", "skipped", "not-run"]
T = TypeVar("T")

CHECKS: Final[dict[str, str]] = {
    "codeowners": "a pull request is assigned to the domain's owner by itself",
    "contract": "the contract stub passes its validation",
    "ci": "the build of main is green",
    "catalog": "the schemas are listed, and an outsider reads product and nothing else",
    "policy": "a change that adds an unmasked PII column is refused",
    "oncall": "a test page reaches the domain's on-call",
}
"""The permanent ids, each with what it proves."""


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What one check did, what it saw, and on failure what to do next."""

    id: str
    status: CheckStatus
    did: str
    saw: str
    next: str | None = None


class Checkouts:
    """Fresh checkouts of the domain's repository, each branch once, in a folder of the run's."""

    def __init__(self, scratch: Path, make: Callable[[str, Path], None]) -> None:
        self._scratch = scratch
        self._make = make
        self._lock = Lock()
        self._made: dict[str, Path] = {}

    def of(self, branch: str) -> Path:
        """The files of the branch. Raises PlatformError."""
        with self._lock:
            if branch not in self._made:
                folder = self._scratch / f"checkout-{len(self._made)}"
                self._make(branch, folder)
                self._made[branch] = folder
            return self._made[branch]


class Until(Protocol):
    """Asks again and again. `for_s` is how long at most, `why` what people are told meanwhile."""

    def __call__(
        self,
        asked: Callable[[], object],
        /,
        *,
        for_s: float | None = None,
        why: Callable[[], str] | None = None,
    ) -> bool:
        """Whether it came to be so. Without `for_s`, waits as for what was just made."""
        ...


@dataclass(frozen=True, slots=True)
class Proof:
    """What checks look at the world with."""

    wanted: Wanted
    providers: Providers
    checkouts: Checkouts
    now: Callable[[], datetime]
    stop: Flag
    left_s: Callable[[], float]
    """How long is left for somebody else's system, where that takes its time."""
    until: Until
    """Ask again until it is so, or until waiting any longer makes no sense."""
