"""`journal close`: takes an onboarding out of the numbers by one more event, never by a removal."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from platform_cli.errors import PlatformError
from platform_cli.journal.port import Holder, Journal
from platform_cli.onboarding.clock import Clock, RunClock
from platform_cli.onboarding.history import history
from platform_cli.onboarding.recorder import Recorder, UnrecordedError


@dataclass(frozen=True, slots=True)
class Closing:
    """Who closes, and when."""

    profile: str
    actor: str
    host: str
    pid: int
    clock: Clock
    ids: Callable[[], str]


def close(domain: str, reason: str, around: Closing, journal: Journal) -> str:
    """Close the domain's current onboarding and return its id. Raises PLT-USAGE-004."""
    clock = RunClock(around.clock)
    holder = Holder(around.actor, around.host, around.pid, clock.now())
    with journal.hold(around.profile, domain, holder):
        past = history(journal.events(profile=around.profile, domain=domain))
        if past.current is None:
            raise PlatformError(
                "PLT-USAGE-004",
                f"The journal has no open onboarding of {domain!a} under the profile "
                f"{around.profile}. Nothing was written.",
                address=domain,
            )
        recorder = Recorder(
            journal=journal,
            clock=clock,
            ids=around.ids,
            onboarding=past.current,
            run=around.ids(),
            domain=domain,
            profile=around.profile,
        )
        try:
            recorder.write(
                "onboarding.closed",
                detail={"reason": reason, "actor": around.actor},
            )
        except UnrecordedError as stopped:
            raise stopped.error from stopped
        return past.current
