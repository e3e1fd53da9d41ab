"""Writes one run's events into the journal, in order, from any thread.

Only the engine and `onboard` write while a run is on, and they do it here. A write that fails
stops the run: without its intent no call is made.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from threading import Lock
from typing import Any, Literal

from platform_cli.errors import PlatformError
from platform_cli.journal.event import Event, EventType
from platform_cli.journal.port import Journal
from platform_cli.onboarding.clock import RunClock
from platform_cli.onboarding.plan import Change, Resource

WaitReason = Literal["poll", "backoff"]
CallStatus = Literal["done", "failed", "unknown", "found", "absent"]


class UnrecordedError(Exception):
    """The journal did not take an event: the run stops, whatever step it was in."""

    def __init__(self, error: PlatformError) -> None:
        super().__init__(error.summary)
        self.error = error


@dataclass(slots=True)
class Recorder:
    """The run's pen: knows who it is, what time it is, and numbers each step's attempts."""

    journal: Journal
    clock: RunClock
    ids: Callable[[], str]
    onboarding: str
    run: str
    domain: str
    profile: str
    attempts: dict[str, int] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def write(
        self,
        kind: EventType,
        *,
        step: str | None = None,
        duration_s: float | None = None,
        at: datetime | None = None,
        detail: Mapping[str, Any] | None = None,
    ) -> Event:
        """Append one event, with its moment taken under the lock. Raises UnrecordedError."""
        with self._lock:
            event = Event(
                id=self.ids(),
                onboarding=self.onboarding,
                run=self.run,
                domain=self.domain,
                profile=self.profile,
                at=at or self.clock.now(),
                type=kind,
                step=step,
                attempt=self.attempts.get(step) if step else None,
                duration_s=duration_s,
                detail=detail or {},
            )
            try:
                self.journal.append(event)
            except PlatformError as error:
                raise UnrecordedError(error) from error
        return event

    def step_started(self, step: str) -> None:
        """A further attempt of the step begins."""
        with self._lock:
            self.attempts[step] = self.attempts.get(step, 0) + 1
        self.write("step.started", step=step)

    def step_finished(
        self,
        step: str,
        status: Literal["done", "kept", "failed"],
        duration_s: float,
        error: str | None = None,
    ) -> None:
        """The attempt has ended."""
        detail = {"status": status} | ({"error": error} if error else {})
        self.write("step.finished", step=step, duration_s=max(duration_s, 0.0), detail=detail)

    def intent(self, step: str, change: Change) -> Event:
        """Durably say what is about to be called."""
        detail = {
            "call": change.call.method if change.call else None,
            "payload": dict(change.call.payload) if change.call else {},
            "action": change.action,
            "kind": change.resource.kind,
            "address": change.resource.address,
        }
        return self.write("call.intent", step=step, detail=detail)

    def result(
        self,
        intent: Event,
        status: CallStatus,
        *,
        resource: Resource | None = None,
        error: str | None = None,
    ) -> None:
        """Say how the call ended. `found` and `absent` close the intent of a run cut off."""
        detail: dict[str, Any] = {
            "intent": intent.id,
            "status": status,
            "address": intent.detail.get("address"),
        }
        if resource is not None:
            detail["resource"] = asdict(resource)
        if error is not None:
            detail["error"] = error
        self.write("call.result", step=intent.step, detail=detail)

    def check_finished(self, step: str, check: str, status: str) -> None:
        """A day-one check has ended."""
        self.write("check.finished", step=step, detail={"check": check, "status": status})

    def wait_started(self, step: str, reason: WaitReason) -> None:
        """A poll of somebody else's system, or a back-off, begins."""
        self.write("wait.started", step=step, detail={"reason": reason})

    def wait_finished(self, step: str, reason: WaitReason, duration_s: float) -> None:
        """The poll or back-off has ended."""
        self.write(
            "wait.finished",
            step=step,
            duration_s=max(duration_s, 0.0),
            detail={"reason": reason},
        )
