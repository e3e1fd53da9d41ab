"""Lets a run's jobs go on one at a time, in an order that can be had again.

Steps with no path between them run at the same time, so a kill may find any of them first. An order
is text: `order:N` is the N-th of all orders of whole steps and trials; `mix:SEED` also changes over
between them at each intent and each result, which leaves several of them half done.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from itertools import permutations
from math import comb
from threading import Condition, local
from typing import Any, Final

from platform_cli.onboarding.crew import Crew
from platform_cli.onboarding.recorder import Recorder
from platform_cli.onboarding.steps import STEPS

NEEDS: Final[Mapping[str, frozenset[str]]] = {
    step.id: frozenset(n for n in step.needs if n != "render")
    for step in STEPS
    if not step.done_by_looking
}
"""The steps that change something, each with those that it waits for."""
TRIALS: Final = ("trial", "oncall")
"""The jobs of the proof that make something outside; the others only look."""


@cache
def orders() -> tuple[tuple[str, ...], ...]:
    """Every order in which whole steps, and then the trials of the proof, may follow each other."""
    return tuple(
        (*steps, *trials) for steps in _extensions(frozenset()) for trials in permutations(TRIALS)
    )


def _extensions(done: frozenset[str]) -> list[tuple[str, ...]]:
    """The rests of an order after those that are done."""
    if done == NEEDS.keys():
        return [()]
    ready = [step for step, needs in NEEDS.items() if step not in done and needs <= done]
    return [(step, *rest) for step in ready for rest in _extensions(done | {step})]


def interleavings(calls: Mapping[str, int]) -> int:
    """In how many orders a plan's single calls may follow each other; `calls` has them by job."""
    steps = {step: calls.get(step, 0) for step in NEEDS}

    @cache
    def ways(done: frozenset[tuple[str, int]]) -> int:
        made = dict(done)
        whole = {step for step, number in steps.items() if made.get(step, 0) == number}
        found = 0
        for step, number in steps.items():
            # A step without a call is over when all that it needs is.
            if made.get(step, 0) < number and NEEDS[step] <= whole:
                found += ways(frozenset({**made, step: made.get(step, 0) + 1}.items()))
        return found or 1

    trials = [calls.get(trial, 0) for trial in TRIALS]
    return ways(frozenset()) * comb(sum(trials), trials[0])


def wrap_crew(order: str) -> None:
    """Make every crew of this process keep to the order."""
    kind, _, number = order.partition(":")
    if kind == "order":
        _Turns(_in_order(orders()[int(number)])).wrap()
    else:
        turns = _Turns(random.Random(int(number)).choice)
        turns.wrap()
        turns.wrap_recorder()


def _in_order(order: Sequence[str]) -> Callable[[Sequence[str]], str]:
    """Choose whoever stands first in it; who does not stand in it only looks, and goes before."""
    places = {key: place for place, key in enumerate(order)}
    return lambda waiting: min(waiting, key=lambda key: places.get(key, -1))


class _Turns:
    """One job at a time has the turn; which is next is chosen when nothing runs."""

    def __init__(self, choose: Callable[[Sequence[str]], str]) -> None:
        self._choose = choose
        self._changed = Condition()
        self._waiting: set[str] = set()
        self._turn: str | None = None
        self._here = local()

    def wrap(self) -> None:
        """Have every job of a crew wait for its turn."""
        start, following = Crew.start, Crew.next

        def started(crew: Any, key: str, job: Callable[[], Any]) -> None:
            self._wait(key)
            start(crew, key, lambda: self._run(key, job))

        def next_(crew: Any) -> Any:
            # Whoever waits for a result has started all that may start.
            self._pass_on()
            return following(crew)

        setattr(Crew, start.__name__, started)
        setattr(Crew, following.__name__, next_)

    def wrap_recorder(self) -> None:
        """Also change over after each intent is written, and before each result is."""
        intent, result = Recorder.intent, Recorder.result

        def intended(recorder: Recorder, *args: Any, **kwargs: Any) -> Any:
            event = intent(recorder, *args, **kwargs)
            self._change_over()
            return event

        def resulted(recorder: Recorder, *args: Any, **kwargs: Any) -> None:
            self._change_over()
            result(recorder, *args, **kwargs)

        setattr(Recorder, intent.__name__, intended)
        setattr(Recorder, result.__name__, resulted)

    def _run(self, key: str, job: Callable[[], Any]) -> Any:
        self._here.key = key
        self._take(key)
        try:
            return job()
        finally:
            with self._changed:
                self._turn = None

    def _change_over(self) -> None:
        key = getattr(self._here, "key", None)
        if key is None:  # the run's own thread: nothing else goes on
            return
        self._wait(key)
        with self._changed:
            self._turn = None
        self._pass_on()
        self._take(key)

    def _wait(self, key: str) -> None:
        with self._changed:
            self._waiting.add(key)

    def _pass_on(self) -> None:
        with self._changed:
            if self._turn is None and self._waiting:
                self._turn = self._choose(sorted(self._waiting))
                self._waiting.discard(self._turn)
                self._changed.notify_all()

    def _take(self, key: str) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._turn == key)
