"""What every check is handed and what it answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from threading import Event as Flag
from threading import Lock
from typing import Final, Literal, Protocol, TypeVar

from platform_cli.errors import PlatformError
from platform_cli.onboarding.wanted import Wanted
from platform_cli.providers import Providers

CheckStatus = Literal["passed", "failed", "skipped", "not-run"]
Found = TypeVar("Found")

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


def looked(check_id: str, look: Callable[[Proof], Found], proof: Proof) -> Found | CheckResult:
    """What a look found; one that could not look has failed and says why."""
    try:
        return look(proof)
    except PlatformError as error:
        return failed(check_id, error)


def failed(check_id: str, error: PlatformError) -> CheckResult:
    """A check that could not look."""
    return CheckResult(check_id, "failed", "tried to look", error.summary, error.hint)


class Checkouts:
    """Fresh checkouts of the domain's repository, each branch once, in a folder of the run's."""

    def __init__(self, scratch: Path, make: Callable[[str, Path], None]) -> None:
        self._scratch = scratch
        self._make = make
        self._lock = Lock()
        self._turns: dict[str, tuple[Lock, Path]] = {}
        self._made: set[str] = set()

    def of(self, branch: str) -> Path:
        """The files of the branch. Raises PlatformError."""
        with self._lock:
            folder = self._scratch / f"checkout-{len(self._turns)}"
            turn, folder = self._turns.setdefault(branch, (Lock(), folder))
        with turn:
            if branch not in self._made:
                self._make(branch, folder)
                self._made.add(branch)
            return folder


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
