"""Spans of placed time -> where a lead time went: the split, the attempts, and each step's part.

Whole microseconds, each instant counted once, so that the parts sum to the whole exactly. Knows
no event.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

# How an attempt ended. `cut`: its run was killed, or left it, before it finished. `other`: it
# finished with a status that this version does not know.
Ending = Literal["done", "kept", "failed", "cut", "other"]


@dataclass(frozen=True, slots=True)
class Split:
    """Where a lead time went; the three sum to it exactly."""

    machine_us: int
    retry_us: int
    waiting_us: int

    def plus(self, other: Split) -> Split:
        """Both together."""
        return Split(
            self.machine_us + other.machine_us,
            self.retry_us + other.retry_us,
            self.waiting_us + other.waiting_us,
        )


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt at a step that began before the onboarding was ready.

    `duration_us` is its whole length; `machine_us` the part of it that is machine time between
    start and ready, 0 for a failed attempt and in an onboarding that is still open.
    """

    step: str
    ending: Ending
    duration_us: int
    machine_us: int


@dataclass(frozen=True, slots=True)
class Span:
    """An attempt, with the waits of its step as `holes`; or a wait, which has no `ending`."""

    step: str | None
    begins_us: int
    ends_us: int
    ending: Ending | None = None
    backoff: bool = False
    duration_us: int = 0
    holes: tuple[tuple[int, int], ...] = ()


def split(spans: Sequence[Span], window: tuple[int, int]) -> Split:
    """Count each instant once: machine before retry before waiting.

    Machine: an attempt that does not end in failure is running, and its step is in no wait.
    Retry: an attempt that ends in failure is running, or a back-off. Waiting: all the rest, be it
    polling somebody else's system or nothing of ours. A poll is waiting however its attempt ends.
    """
    machine: list[tuple[int, int]] = []
    retry: list[tuple[int, int]] = []
    for span in spans:
        if span.backoff or span.ending == "failed":
            retry += _running(span, window)
        elif span.ending is not None:
            machine += _running(span, window)
    machine_us = _covered(machine)
    ours_us = _covered(machine + retry)
    return Split(machine_us, ours_us - machine_us, window[1] - window[0] - ours_us)


def attempts(spans: Sequence[Span], window: tuple[int, int]) -> Iterable[Attempt]:
    """Every attempt at a step, with its part of machine time."""
    for span in spans:
        if span.step is not None and span.ending is not None:
            pieces = _running(span, window) if span.ending != "failed" else []
            machine_us = sum(end - begin for begin, end in pieces)
            yield Attempt(span.step, span.ending, span.duration_us, machine_us)


def by_step(spans: Sequence[Span], window: tuple[int, int]) -> tuple[tuple[str | None, int], ...]:
    """How long each step was under way, its waits and failed attempts included.

    Steps that run at the same time each count in full. None is the time in which no step was
    under way: a person, an approval, a closed laptop.
    """
    pieces: dict[str | None, list[tuple[int, int]]] = {}
    for span in spans:
        begin, end = max(span.begins_us, window[0]), min(span.ends_us, window[1])
        if span.step is not None and begin < end:
            pieces.setdefault(span.step, []).append((begin, end))
    ours = [piece for own in pieces.values() for piece in own]
    parts = [(step, _covered(own)) for step, own in sorted(pieces.items(), key=lambda p: str(p[0]))]
    return (*parts, (None, window[1] - window[0] - _covered(ours)))


def _running(span: Span, window: tuple[int, int]) -> list[tuple[int, int]]:
    """The pieces of a span outside its holes and inside the window."""
    pieces = []
    begin, end = max(span.begins_us, window[0]), min(span.ends_us, window[1])
    for hole_begin, hole_end in span.holes:
        if hole_end > hole_begin:
            pieces.append((begin, min(end, hole_begin)))
            begin = max(begin, hole_end)
    pieces.append((begin, end))
    return [(a, b) for a, b in pieces if a < b]


def _covered(pieces: Iterable[tuple[int, int]]) -> int:
    """The length of all pieces together, overlaps once."""
    total, reached = 0, None
    for begin, end in sorted(pieces):
        if reached is None or begin >= reached:
            total += end - begin
            reached = end
        elif end > reached:
            total += end - reached
            reached = end
    return total
