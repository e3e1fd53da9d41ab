"""The journal's events as plain data, and their form as JSON Lines.

Owns the words of `platform-cli/event/1`. A line that is not exactly an event is refused whole;
nothing here reads a database or a file.
"""

from __future__ import annotations

import json
import math
import re
import reprlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, Literal, cast, get_args

SCHEMA: Final = "platform-cli/event/1"

EventType = Literal[
    "onboarding.requested",
    "run.started",
    "run.finished",
    "step.started",
    "step.finished",
    "wait.started",
    "wait.finished",
    "call.intent",
    "call.result",
    "check.finished",
    "onboarding.ready",
    "onboarding.closed",
]
TYPES: Final = frozenset(get_args(EventType))

_TEXT: Final = ("id", "onboarding", "run", "domain", "profile")
_KEYS: Final = frozenset(
    {"schema", *_TEXT, "at", "type", "step", "attempt", "duration_s", "detail"},
)

_RFC_3339: Final = re.compile(
    r"\d{4}-\d\d-\d\d[Tt ]([01]\d|2[0-3]):\d\d:\d\d(\.\d{1,40})?([Zz]|[+-]\d\d:\d\d)",
    re.ASCII,
)
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_UNKEEPABLE: Final = re.compile("[\0\ud800-\udfff]")
LONGEST_LINE: Final = 1_000_000
"""The most bytes that an event may be as a line: what no import takes, no journal keeps."""
_WIDEST: Final = 6  # bytes that a character of text can become in JSON
_FRAME: Final = 1_000  # more than keys and numbers take
_ATTEMPTS: Final = 2**31 - 1  # the largest whole number of every database
_SECONDS: Final = 1e12  # thirty thousand years; more is a mistake
_DEPTH: Final = 64


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened. `at` is UTC with microseconds; `duration_s` is monotonic time."""

    id: str
    onboarding: str
    run: str
    domain: str
    profile: str
    at: datetime
    type: EventType
    step: str | None = None
    attempt: int | None = None
    duration_s: float | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)


def format_time(at: datetime) -> str:
    """RFC 3339 in UTC with microseconds; sorts as text in the order of time."""
    # Not strftime: its %Y has no leading zeros on some systems.
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def parse_time(text: str) -> datetime:
    """Any RFC 3339 moment that carries its offset, as UTC. Raises ValueError."""
    if not _RFC_3339.fullmatch(text):
        msg = f"{reprlib.repr(text)} is not a time with its offset from UTC"
        raise ValueError(msg)
    try:
        return datetime.fromisoformat(text.upper()).astimezone(UTC)
    except OverflowError:
        msg = f"{text!r} is before the year 1 or after the year 9999"
        raise ValueError(msg) from None


def to_document(event: Event) -> dict[str, Any]:
    """The event as the JSON object that `journal export` prints."""
    return {
        "schema": SCHEMA,
        "id": event.id,
        "onboarding": event.onboarding,
        "run": event.run,
        "domain": event.domain,
        "profile": event.profile,
        "at": format_time(event.at),
        "type": event.type,
        "step": event.step,
        "attempt": event.attempt,
        "duration_s": event.duration_s,
        "detail": dict(event.detail),
    }


def to_line(event: Event) -> str:
    """One line of JSON, without the newline, that UTF-8 can always hold."""
    document = to_document(event)
    line = json.dumps(document, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    if _SURROGATE.search(line):
        # Half a character, such as a file's name that is not UTF-8: JSON can escape it.
        return json.dumps(document, separators=(",", ":"), allow_nan=False)
    return line


def too_long(event: Event, detail: str) -> bool:
    """Whether its line would be longer than LONGEST_LINE. `detail` is its detail as ASCII JSON."""
    texts = (event.id, event.onboarding, event.run, event.domain, event.profile, event.step or "")
    if len(detail) + _WIDEST * sum(map(len, texts)) + _FRAME <= LONGEST_LINE:
        return False  # told without making the line, which most of them are
    return len(to_line(event).encode()) > LONGEST_LINE


def from_line(line: str) -> Event:
    """Read one line. Raises ValueError saying what is wrong with it."""
    try:
        document = json.loads(
            line,
            object_pairs_hook=_object,
            parse_float=_finite,
            parse_constant=_no_constant,
        )
    except ValueError as error:
        msg = f"not JSON ({error})"
        raise ValueError(msg) from None
    except RecursionError:
        msg = "nested too deeply"
        raise ValueError(msg) from None
    if not isinstance(document, dict):
        msg = "not a JSON object"
        raise ValueError(msg)  # noqa: TRY004 - every refusal is the same kind of error
    return from_document(document)


def from_document(document: Mapping[str, Any]) -> Event:
    """Read the JSON object of an event. Raises ValueError saying what is wrong with it."""
    if document.get("schema") != SCHEMA:
        msg = f"schema is {reprlib.repr(document.get('schema'))}, expected {SCHEMA!r}"
        raise ValueError(msg)
    if extra := sorted(set(document) - _KEYS):
        msg = f"unknown key {reprlib.repr(extra[0])}"
        raise ValueError(msg)
    for key in _TEXT:
        if not _is_text(document.get(key)):
            msg = f"{key} is not a text"
            raise ValueError(msg)
    kind = document.get("type")
    if not isinstance(kind, str) or kind not in TYPES:
        msg = f"type {reprlib.repr(kind)} is not a known type of event"
        raise ValueError(msg)
    at, detail = document.get("at"), document.get("detail")
    if not isinstance(at, str):
        msg = "at is not a text"
        raise ValueError(msg)  # noqa: TRY004
    if detail is not None and not isinstance(detail, dict):
        msg = "detail is not an object"
        raise ValueError(msg)
    if _deeper(detail, _DEPTH):
        msg = "detail is nested too deeply"
        raise ValueError(msg)
    return Event(
        id=document["id"],
        onboarding=document["onboarding"],
        run=document["run"],
        domain=document["domain"],
        profile=document["profile"],
        at=parse_time(at),
        type=cast("EventType", kind),
        step=_optional_text(document.get("step")),
        attempt=_optional_attempt(document.get("attempt")),
        duration_s=_optional_duration(document.get("duration_s")),
        detail=detail or {},
    )


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        msg = "a key stands twice in one object"
        raise ValueError(msg)
    return found


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        msg = f"{reprlib.repr(text)} is too large"
        raise ValueError(msg)
    return value


def _no_constant(text: str) -> float:
    msg = f"{text} is not JSON"
    raise ValueError(msg)


def _deeper(value: object, levels: int) -> bool:
    if not isinstance(value, dict | list):
        return False
    inside = value.values() if isinstance(value, dict) else value
    return levels == 0 or any(_deeper(each, levels - 1) for each in inside)


def _is_text(value: object) -> bool:
    # Neither half a character nor NUL: there are databases that cannot hold them.
    return isinstance(value, str) and bool(value) and not _UNKEEPABLE.search(value)


def _optional_text(value: object) -> str | None:
    if value is None or _is_text(value):
        return cast("str | None", value)
    msg = "step is neither a text nor null"
    raise ValueError(msg)


def _optional_attempt(value: object) -> int | None:
    if value is None:
        return None
    if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= _ATTEMPTS:
        return value
    msg = "attempt is neither a whole number from 1 nor null"
    raise ValueError(msg)


def _optional_duration(value: object) -> float | None:
    if value is None:
        return None
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= _SECONDS:
        return float(value)
    msg = "duration_s is neither a number of seconds from 0 nor null"
    raise ValueError(msg)
