"""Makes one change: look again, write the intent, call once, write the result; try again if told.

A lost answer is not a failure: before a call is repeated its target is looked at. Only a
TemporaryError is tried again, with back-off, until the run's deadline.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from threading import Event as Flag
from threading import Lock
from typing import Any, Final, Literal, Protocol

from platform_cli.errors import PlatformError, TemporaryError
from platform_cli.journal.event import Event
from platform_cli.onboarding.clock import RunClock
from platform_cli.onboarding.crew import InterruptedRunError
from platform_cli.onboarding.plan import Change, StepPlan
from platform_cli.onboarding.recorder import Recorder
from platform_cli.onboarding.steps.step import Target
from platform_cli.providers import Providers

_FIRST_BACKOFF_S: Final = 0.5
_LONGEST_BACKOFF_S: Final = 30.0
_FIRST_POLL_S: Final = 0.5
_LONGEST_POLL_S: Final = 10.0
_LOOKS_AFTER_REFUSAL: Final = 3
_EXISTS: Final = frozenset({"PLT-FORGE-001", "PLT-CATALOG-001", "PLT-PAGER-001"})


class WaitWatcher(Protocol):
    """Is told of waiting."""

    def waiting(self, step: str, why: str, for_s: float) -> None:
        """A step waits before its next try."""
        ...


@dataclass(slots=True)
class Calls:
    """Makes and counts the mutating calls of one run."""

    providers: Providers
    recorder: Recorder
    clock: RunClock
    watcher: WaitWatcher
    stop: Flag
    deadline_s: float
    open_intents: dict[str, Event] = field(default_factory=dict)
    jitter: Callable[[], float] = random.random
    made: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    """The calls of each step as they were made: the address and the method."""
    _lock: Lock = field(default_factory=Lock)

    @property
    def count(self) -> int:
        """How many mutating calls were made, repeated ones included."""
        return sum(len(calls) for calls in self.made.values())

    def make(self, step: str, target: Target[Any], planned: Change) -> Change:
        """Do what was planned, or less where it is there by now. Raises as `bring` does."""
        change = self.bring(step, target)
        return change if change.pending else planned.made(change.resource)

    def bring(self, step: str, target: Target[Any]) -> Change:
        """Look at the target and bring it to what is wanted, by one call or by none.

        Raises PlatformError; a conflict is PLT-INIT-001.
        """
        refusals, pause_s = 0, _FIRST_BACKOFF_S
        while True:
            self._safe_point()
            try:
                change = target.decide(target.observe(self.providers))
            except TemporaryError as error:
                pause_s = self._back_off(step, error, pause_s)
                continue
            if change.action == "conflict":
                raise conflict_error([change])
            if not change.pending:
                self.found([change])
                return change
            try:
                return self._once(step, target, change)
            except TemporaryError as error:
                pause_s = self._back_off(step, error, pause_s)
            except PlatformError as error:
                # Somebody was there between our look and our call: look again, and decide.
                refusals += 1
                if error.code not in _EXISTS or refusals >= _LOOKS_AFTER_REFUSAL:
                    raise

    def of(self, step: StepPlan) -> tuple[str, ...]:
        """The methods that were called for a step, in the order of its changes."""
        places = {change.resource.address: at for at, change in enumerate(step.changes)}
        made = self.made.get(step.id, [])
        return tuple(
            method for _, method in sorted(made, key=lambda one: places.get(one[0], len(places)))
        )

    def poll(
        self,
        step: str,
        asked: Callable[[], object],
        for_s: float,
        why: Callable[[], str] = lambda: "looking again",
    ) -> bool:
        """Ask until it is so, or for so long. Waiting for somebody else's system is journaled."""
        if asked():
            return True
        begun_s, pause_s = self.clock.elapsed_s(), _FIRST_POLL_S
        self.recorder.wait_started(step, "poll")
        answered = False
        while not answered and self.clock.elapsed_s() - begun_s < for_s:
            self.watcher.waiting(step, why(), pause_s)
            if self.stop.wait(pause_s):
                break
            answered = bool(asked())
            pause_s = min(pause_s * 2, _LONGEST_POLL_S)
        self.recorder.wait_finished(step, "poll", self.clock.elapsed_s() - begun_s)
        self._safe_point()
        return answered

    def found(self, changes: Iterable[Change]) -> None:
        """Close the intents of a run that was cut off: what it began is there, or another's is."""
        for change in changes:
            self._close_intent(change, "absent" if change.action == "use" else "found")

    def _close_intent(self, change: Change, status: Literal["found", "absent"]) -> None:
        with self._lock:
            intent = self.open_intents.pop(change.resource.address, None)
        if intent is not None:
            resource = change.resource if status == "found" else None
            self.recorder.result(intent, status, resource=resource)

    def _once(self, step: str, target: Target[Any], change: Change) -> Change:
        self._close_intent(change, "absent")
        intent = self.recorder.intent(step, change)
        with self._lock:
            method = change.call.method if change.call else ""
            self.made.setdefault(step, []).append((change.resource.address, method))
        try:
            resource = target.apply(self.providers, change)
        except TemporaryError as error:
            self.recorder.result(intent, "unknown", error=error.code)
            raise
        except PlatformError as error:
            self.recorder.result(intent, "failed", error=error.code)
            raise
        self.recorder.result(intent, "done", resource=resource)
        return change.made(resource)

    def _back_off(self, step: str, error: TemporaryError, pause_s: float) -> float:
        """Wait, and return the next pause. Raises PLT-INIT-003 where the deadline comes first."""
        wait_s = error.retry_after_s or pause_s * (0.5 + self.jitter() / 2)
        if self.clock.elapsed_s() + wait_s > self.deadline_s:
            raise PlatformError(
                "PLT-INIT-003",
                f"{step}: {error.summary} The deadline of {self.deadline_s:g} s leaves no time "
                "for another try. What exists stays, and nothing else was changed.",
                address=error.address,
            ) from error
        begun_s = self.clock.elapsed_s()
        self.recorder.wait_started(step, "backoff")
        self.watcher.waiting(step, error.summary, wait_s)
        stopped = self.stop.wait(wait_s)
        self.recorder.wait_finished(step, "backoff", self.clock.elapsed_s() - begun_s)
        if stopped:
            raise InterruptedRunError
        return min(pause_s * 2, _LONGEST_BACKOFF_S)

    def _safe_point(self) -> None:
        if self.stop.is_set():
            raise InterruptedRunError


def conflict_error(conflicts: Iterable[Change]) -> PlatformError:
    """One error that names every conflict, what was found and the ways out."""
    listed = list(conflicts)
    ways = "; ".join(dict.fromkeys(c.way_out for c in listed if c.way_out))
    what = "; ".join(f"{c.resource.address}: {c.reason}" for c in listed)
    return PlatformError(
        "PLT-INIT-001",
        f"{what}. Nothing of it was changed.",
        hint=(ways[:1].upper() + ways[1:] + ".") if ways else None,
        address=listed[0].resource.address,
    )
