"""The domain locks of the shared journal: advisory locks of the connection that writes.

A lock is the server's: it ends with its connection, so a dead holder never blocks. What stands in
the table `holders` only tells people who holds it.
"""

from __future__ import annotations

import hashlib
import json
import time
from contextlib import suppress
from datetime import UTC
from typing import TYPE_CHECKING, Any, Final

from platform_cli.errors import PlatformError
from platform_cli.journal.event import format_time, parse_time
from platform_cli.journal.port import Holder

if TYPE_CHECKING:
    import psycopg

# Whoever finds a domain held looks again for a moment: the new holder is just about to write.
_LOOKS: Final = 20
_BETWEEN_LOOKS_S: Final = 0.005

_TAKE: Final = "SELECT pg_try_advisory_lock(%s)"
_LET_GO: Final = "SELECT pg_advisory_unlock(%s)"
_TELL: Final = """
    INSERT INTO holders (key, backend, record) VALUES (%s, pg_backend_pid(), %s)
    ON CONFLICT (key) DO UPDATE SET backend = excluded.backend, record = excluded.record
"""
# The record counts while the connection that wrote it is the one that has the lock.
_WHO: Final = """
    SELECT h.record FROM holders h JOIN pg_locks l ON l.pid = h.backend
    WHERE h.key = %(key)s AND l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
      AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
      AND l.classid::bigint = %(key)s::bigint >> 32
      AND l.objid::bigint = %(key)s::bigint & 4294967295
"""


def key_of(scope: str, one: str, other: str) -> int:
    """The number of a lock: for any texts, and never negative."""
    whole = json.dumps([scope, one, other]).encode()
    return int.from_bytes(hashlib.blake2b(whole, digest_size=8).digest()) >> 1


class Holds:
    """The locks that one connection has; the caller sees to it that one thread asks at a time."""

    def __init__(self, place: str) -> None:
        """Nothing is held yet."""
        self._place = place
        self._held: dict[int, Holder] = {}

    @property
    def any(self) -> bool:
        """Whether something is held."""
        return bool(self._held)

    def take(
        self, connection: psycopg.Connection[Any], key: int, domain: str, holder: Holder
    ) -> None:
        """Take the lock. Raises PLT-JOURNAL-005 naming the holder, or psycopg.Error."""
        if key in self._held:  # the server would give it a second time to the same connection
            raise _held(domain, self._held[key])
        for _ in range(_LOOKS):
            ((won,),) = connection.execute(_TAKE, (key,)).fetchall()
            if won:
                try:
                    connection.execute(_TELL, (key, _record(holder)))
                except BaseException:
                    with suppress(Exception):
                        connection.execute(_LET_GO, (key,))
                    raise
                self._held[key] = holder
                return
            found = connection.execute(_WHO, {"key": key}).fetchone()
            if found is not None:
                raise _held(domain, _read(found[0]))
            time.sleep(_BETWEEN_LOOKS_S)
        raise _held(domain, None)

    def let_go(self, connection: psycopg.Connection[Any], key: int) -> None:
        """Give the lock back; one whose connection was lost is free already."""
        if self._held.pop(key, None) is not None:
            with suppress(Exception):
                connection.execute(_LET_GO, (key,))


def _record(holder: Holder) -> str:
    return json.dumps(
        {
            "actor": holder.actor,
            "host": holder.host,
            "pid": holder.pid,
            "since": format_time(holder.since),
        }
    )


def _read(record: bytes) -> Holder | None:
    try:
        found = json.loads(record)
        return Holder(
            actor=str(found["actor"]),
            host=str(found["host"]),
            pid=int(found["pid"]),
            since=parse_time(str(found["since"])),
        )
    except (ValueError, TypeError, KeyError, RecursionError):
        return None


def _held(domain: str, found: Holder | None) -> PlatformError:
    if found is None:
        whose = "by another run"
    else:
        since = found.since.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
        whose = f"by {found.actor} on {found.host} since {since}"
    return PlatformError(
        "PLT-JOURNAL-005",
        f"{domain} is held {whose}. Nothing was changed.",
        address=domain,
    )
