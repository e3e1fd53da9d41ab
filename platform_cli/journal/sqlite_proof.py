"""Whether a SQLite journal is as it was written: looked at quickly whenever one is opened.

Owns what the tables must agree on. Rows have checksums of their own (`row`), which are looked at
as they are read; here is what no single row can show.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Final

from platform_cli.journal.event import Event
from platform_cli.journal.sqlite_file import damaged, wrong_size

if TYPE_CHECKING:
    import sqlite3

_TALLIES: Final = """
    SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'events'), 0),
           coalesce((SELECT max(seq) FROM events), 0),
           coalesce((SELECT sum(events) FROM domains), 0),
           coalesce((SELECT max(first) FROM onboardings), 0)
"""
_DOMAINS: Final = "SELECT profile, domain, events FROM domains"


def agree(connection: sqlite3.Connection, path: Path) -> None:
    """The file's length and its tallies must agree; ask inside a transaction.

    A killed writer whose rollback journal was lost leaves half of its transaction: it shows here.
    Raises PLT-JOURNAL-002 or sqlite3.Error.
    """
    if why := wrong_size(connection):
        raise damaged(path, why)
    ((counted, found, tallied, begun),) = connection.execute(_TALLIES).fetchall()
    if not counted == found == tallied >= begun:
        why = f"{counted} events were written, {tallied} are counted, the last found is {found}"
        raise damaged(path, why)


def agree_with(connection: sqlite3.Connection, path: Path, events: Iterable[Event]) -> None:
    """The indexes and each domain's tally must agree with all the events. Raises like `agree`."""
    indexes_agree(connection, path)
    found = Counter((event.profile.encode(), event.domain.encode()) for event in events)
    kept = {(profile, domain): n for profile, domain, n in connection.execute(_DOMAINS)}
    if kept != found:
        raise damaged(path, "the count of a domain's events is not that of its events")


def indexes_agree(connection: sqlite3.Connection, path: Path) -> None:
    """Every index must have every row. Raises like `agree`; takes as long as reading everything."""
    ((found,),) = connection.execute("PRAGMA integrity_check(1)").fetchall()
    if found != b"ok":
        raise damaged(path, f"SQLite says: {found.decode(errors='replace')}")
