"""What was answered in one look at everything: what two ask in it is asked once.

Lives exactly as long as the look, which is one object that is handed on and then dropped: nothing
is ever forgotten here, and nothing is kept for a later look. Only answers are kept, no errors.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock
from typing import Generic, TypeVar

Answer = TypeVar("Answer")


@dataclass(slots=True)
class OneLook(Generic[Answer]):
    """The answers of one look, each by its question. Safe to use from several threads."""

    _answers: dict[str, Answer] = field(default_factory=dict)
    _turns: dict[str, Lock] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def of(self, question: str, ask: Callable[[], Answer]) -> Answer:
        """The answer; whoever comes while it is awaited waits with them. Raises what `ask` does."""
        with self._lock:
            turn = self._turns.setdefault(question, Lock())
        with turn:
            if question not in self._answers:
                self._answers[question] = ask()
            return self._answers[question]
