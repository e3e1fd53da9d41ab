"""Runs independent jobs at the same time and notices an interruption at once.

Threads are daemons: a call that hangs never keeps the process from leaving.
"""

from __future__ import annotations

import queue
from collections.abc import Callable
from threading import Event as Flag
from threading import Thread
from typing import Final, Generic, TypeVar

Result = TypeVar("Result")

_POLL_S: Final = 0.05


class InterruptedRunError(Exception):
    """Ctrl-C or SIGTERM was seen at a safe point."""


class Crew(Generic[Result]):
    """A handful of jobs, each with a key; results come back in the order in which they end."""

    def __init__(self, stop: Flag) -> None:
        self._stop = stop
        self._running: set[str] = set()
        self._ended: queue.SimpleQueue[tuple[str, Result | BaseException]] = queue.SimpleQueue()

    @property
    def busy(self) -> bool:
        """Whether a job is still running."""
        return bool(self._running)

    def start(self, key: str, job: Callable[[], Result]) -> None:
        """Begin a job."""

        def work() -> None:
            try:
                self._ended.put((key, job()))
            except BaseException as error:  # noqa: BLE001 - raised again in `next`, by the caller
                self._ended.put((key, error))

        self._running.add(key)
        Thread(target=work, name=key, daemon=True).start()

    def next(self) -> tuple[str, Result]:
        """Wait for a job to end. Raises what it raised, or InterruptedRunError."""
        while not self._stop.is_set():
            try:
                key, result = self._ended.get(timeout=_POLL_S)
            except queue.Empty:
                continue
            self._running.discard(key)
            if isinstance(result, BaseException):
                raise result
            return key, result
        raise InterruptedRunError

    def finish(self, within_s: float) -> None:
        """Let jobs under way come to their end, unless somebody says stop meanwhile."""
        looks = round(within_s / _POLL_S)
        while self._running and looks and not self._stop.is_set():
            try:
                key, _ = self._ended.get(timeout=_POLL_S)
            except queue.Empty:
                looks -= 1
            else:
                self._running.discard(key)

    def settle(self, grace_s: float) -> None:
        """Give jobs under way a moment to end; what they raise no longer matters."""
        while self._running:
            try:
                key, _ = self._ended.get(timeout=grace_s)
            except queue.Empty:
                return
            self._running.discard(key)
