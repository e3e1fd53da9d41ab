"""An event as a row of the journal's table, with the checksum that tells a damaged row.

Owns the order of the columns and what the checksum covers, which never change once released.
Knows no database: rows are plain tuples; texts come back from a database as bytes.
"""

from __future__ import annotations

import json
import math
import zlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, cast

from platform_cli.errors import PlatformError
from platform_cli.journal.event import LONGEST_LINE, Event, EventType, format_time, too_long

COLUMNS: Final = (
    "seq",
    "id",
    "onboarding",
    "run",
    "domain",
    "profile",
    "at",
    "type",
    "step",
    "attempt",
    "duration_s",
    "detail",
    "checksum",
)

Field = bytes | str | int | float | None
Row = tuple[Field, ...]


def to_row(seq: int, event: Event) -> Row:
    """The event as a row. Raises ValueError or TypeError where it cannot be kept.

    Raises PLT-JOURNAL-010 for one that would be too long a line: no import would take it.
    """
    duration = event.duration_s
    if duration is not None and not math.isfinite(duration):
        msg = f"duration_s is {duration}"
        raise ValueError(msg)
    # ASCII, so that every text that JSON can hold (a lone surrogate, too) can be kept.
    detail = json.dumps(dict(event.detail), separators=(",", ":"), allow_nan=False)
    if too_long(event, detail):
        raise _refused(event)
    fields: Row = (
        seq,
        event.id,
        event.onboarding,
        event.run,
        event.domain,
        event.profile,
        format_time(event.at),
        event.type,
        event.step,
        None if event.attempt is None else int(event.attempt),
        # + 0.0: a database does not keep the sign of zero, and the checksum covers it.
        None if duration is None else float(duration) + 0.0,
        detail,
    )
    return (*fields, _checksum(fields))


def _refused(event: Event) -> PlatformError:
    return PlatformError(
        "PLT-JOURNAL-010",
        f"An event of {event.domain} ({event.type}) is longer than {LONGEST_LINE:,} bytes as a "
        "line, and was not written down. What was written before is safe.",
        hint="Give shorter answers with --set; what an event may be long is the same everywhere.",
        address=event.id,
    )


def from_row(row: Sequence[Any]) -> Event:
    """The event of a row whose texts are bytes. Raises ValueError where the row is damaged."""
    if _checksum(row[:-1]) != row[-1]:
        msg = "the checksum does not match"
        raise ValueError(msg)
    _, id_, onboarding, run, domain, profile, at, type_, step, attempt, duration, detail, _ = row
    try:
        return Event(
            id=id_.decode(),
            onboarding=onboarding.decode(),
            run=run.decode(),
            domain=domain.decode(),
            profile=profile.decode(),
            at=datetime.fromisoformat(at.decode()),
            type=cast("EventType", type_.decode()),
            step=None if step is None else step.decode(),
            attempt=attempt,
            duration_s=duration,
            detail=json.loads(detail),
        )
    except (AttributeError, TypeError, RecursionError) as error:
        msg = f"a field has another type ({error})"
        raise ValueError(msg) from None


def _checksum(fields: Sequence[Field]) -> int:
    # Most fields of a row that is read are bytes: asked here, because a journal has many rows.
    parts = [field if type(field) is bytes else _bytes(field) for field in fields]
    return zlib.crc32(b"\0".join(parts))


def _bytes(field: Field) -> bytes:
    if isinstance(field, bytes):
        return field
    if isinstance(field, str):
        return field.encode()
    if field is None:
        return b"\xff"  # in no UTF-8: nothing and an empty text differ
    return repr(field).encode()
