"""Jobs at the same time: their ends, and what becomes of those under way."""

from __future__ import annotations

from threading import Event as Flag

import pytest

from platform_cli.onboarding.crew import Crew, InterruptedRunError


def test_jobs_under_way_are_finished() -> None:
    crew: Crew[bool] = Crew(Flag())
    go = Flag()
    for name in ("a", "b", "c"):
        crew.start(name, lambda: go.wait(30))
    go.set()
    crew.finish(30)
    assert not crew.busy


def test_nobody_waits_for_them_when_told_to_stop() -> None:
    stop, go = Flag(), Flag()
    crew: Crew[bool] = Crew(stop)
    crew.start("slow", lambda: go.wait(30))
    stop.set()
    crew.finish(30)
    assert crew.busy
    with pytest.raises(InterruptedRunError):
        crew.next()
    go.set()
    crew.settle(30)
    assert not crew.busy


def test_waiting_has_an_end() -> None:
    go = Flag()
    crew: Crew[bool] = Crew(Flag())
    crew.start("slow", lambda: go.wait(30))
    crew.finish(0.1)
    assert crew.busy
    go.set()
    crew.settle(30)
