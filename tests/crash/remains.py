"""What a kill must not leave behind: in the journal, in the home, and among what the places keep."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from platform_cli.journal.event import Event
from platform_cli.kpi import timeline
from tests.crash.histories import Left, Wrong

Thing = tuple[str, str]
"""What something is and is called, and the state it is in."""


def compared(found: Iterable[Thing], wanted: Iterable[Thing]) -> list[Wrong]:
    """Duplicates, orphans and halves among what is there."""
    there, should = list(found), dict(wanted)
    number = Counter(name for name, _ in there)
    wrong = []
    for name, many in number.items():
        if name not in should:
            wrong.append(Wrong("orphan", f"nobody wants {name}"))
        elif many > 1:
            wrong.append(Wrong("duplicate", f"{many} times {name}"))
    for name, state in should.items():
        if (name, state) not in there:
            states = [one for other, one in there if other == name]
            wrong.append(Wrong("half", f"{name} is {states}, and should be {state}"))
    return wrong


def wrong_at_home(home: Path) -> list[Wrong]:
    """What is left over in the home, whichever providers are embedded."""
    wrong = []
    pages = [p.read_text(encoding="utf-8") for p in (home / "pager").rglob("*.json")]
    if any('"triggered"' in text or '"acknowledged"' in text for text in pages):
        wrong.append(Wrong("orphan", "a test page is open"))
    strays = [
        str(p.relative_to(home)) for p in home.rglob("*") if p.name.endswith((".tmp", ".lock"))
    ]
    strays = [p for p in strays if not p.startswith("locks/")]
    if strays:
        wrong.append(Wrong("orphan", f"left over: {strays}"))
    return wrong


def wrong_with_runs(left: Left) -> list[Wrong]:
    """What is wrong with the runs after the last kill."""
    if left.result is None or left.second is None:
        return []  # told already: a run did not end well
    wrong = []
    if left.second["mutating_calls"]:
        number = left.second["mutating_calls"]
        wrong.append(Wrong("repeat", f"the second run made {number} mutating calls"))
    if left.second["onboarding"] != left.result["onboarding"]:
        wrong.append(Wrong("record", "the second run is of another onboarding"))
    return wrong


def wrong_in_journal(left: Left) -> list[Wrong]:
    """What a kill must not do to the journal."""
    texts = [*_wrong_events(left), *_wrong_times(left)]
    return [Wrong("record", text) for text in texts]


def _wrong_events(left: Left) -> list[str]:
    wrong = []
    ids = [event.id for event in left.events]
    if twice := [key for key, number in Counter(ids).items() if number > 1]:
        wrong.append(f"events twice: {twice}")
    if lost := [key for key in left.acknowledged if key not in set(ids)]:
        wrong.append(f"events lost: {lost}")
    if len({event.onboarding for event in left.events}) != 1:
        wrong.append("more than one onboarding")
    intents = {event.id for event in left.events if event.type == "call.intent"}
    closed = [e.detail["intent"] for e in left.events if e.type == "call.result"]
    if intents != set(closed) or len(closed) != len(set(closed)):
        wrong.append(f"intents without one result: {intents ^ set(closed)}")
    return wrong


def _wrong_times(left: Left) -> list[str]:
    wrong = []
    if any(e.duration_s is not None and e.duration_s < 0 for e in left.events):
        wrong.append("a negative duration")
    first = next((event for event in left.events if event.type == "run.started"), None)
    if first is None or left.events[0] != first:
        wrong.append("the journal does not begin with the first run")
    readies = [event for event in left.events if event.type == "onboarding.ready"]
    if len(readies) != 1:
        wrong.append(f"ready {len(readies)} times")
    if first is None or left.result is None or left.second is None or len(readies) != 1:
        return wrong
    lead_time_s = (readies[0].at - first.at).total_seconds()
    if abs(lead_time_s - left.second["lead_time_s"]) > 0.001:
        wrong.append(f"the clock was restarted: lead time {left.second['lead_time_s']}")
    untimed = {step["id"] for step in left.result["steps"]} - _timed(left.events)
    if untimed:
        wrong.append(f"steps without their time: {sorted(untimed)}")
    told = timeline.onboarding(left.events)
    split = told.split if told is not None else None
    parts_us = split and split.machine_us + split.retry_us + split.waiting_us
    if told is None or parts_us is None or parts_us != told.lead_time_us:
        wrong.append(f"machine, retry and waiting are not the lead time: {told}")
    return wrong


def _timed(events: Iterable[Event]) -> set[str]:
    """Steps of which the journal has an end with its duration."""
    return {
        event.step
        for event in events
        if event.type == "step.finished"
        and event.step is not None
        and event.duration_s is not None
        and event.detail["status"] in {"done", "kept"}
    }


def as_text(state: object) -> str:
    """A state that can be compared, and read in a failure."""
    return json.dumps(state, sort_keys=True, default=str)
