"""Which journal the settings name: a file on this machine, or the one that teams share."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from platform_cli.errors import PlatformError
from platform_cli.settings import Settings

if TYPE_CHECKING:
    from platform_cli.journal.moving import Verifiable
    from platform_cli.journal.port import Journal, Reading


@contextmanager
def journal(settings: Settings) -> Iterator[Journal]:
    """The journal, open for appending."""
    kept: Journal
    if shared := _shared(settings):
        from platform_cli.journal.postgres import PostgresJournal

        kept = PostgresJournal.open(shared, settings.home / "outbox")
    else:
        from platform_cli.journal.sqlite import SqliteJournal

        kept = SqliteJournal.open(_journal_path(settings), settings.home / "locks")
    try:
        yield kept
    finally:
        kept.close()


@contextmanager
def reading(settings: Settings) -> Iterator[Reading]:
    """The journal, to look at: nothing on disk is touched, and none need be there."""
    kept: Reading
    if shared := _shared(settings):
        from platform_cli.journal.postgres import PostgresJournal

        kept = PostgresJournal.read(shared)
    else:
        from platform_cli.journal.sqlite import SqliteJournal

        kept = SqliteJournal.read(_journal_path(settings))
    try:
        yield kept
    finally:
        kept.close()


@contextmanager
def moving(settings: Settings, file: Path | None) -> Iterator[tuple[Reading, Verifiable]]:
    """A SQLite journal and the shared one that it is moved into. Raises PLT-JOURNAL-006."""
    from platform_cli.journal.postgres import PostgresJournal
    from platform_cli.journal.sqlite import SqliteJournal

    shared = _shared(settings)
    if shared is None:
        raise PlatformError(
            "PLT-JOURNAL-006",
            "journal.url names no shared journal to move into. Nothing was done.",
            hint="Set journal.url to postgresql://USER@HOST/DATABASE.",
            address="journal.url",
        )
    source = SqliteJournal.read(file or settings.home / "journal.sqlite3")
    try:
        target = PostgresJournal.open(shared, settings.home / "outbox")
        try:
            yield source, target
        finally:
            target.close()
    finally:
        source.close()


def _shared(settings: Settings) -> str | None:
    """The address of the journal that teams share, where there is one."""
    url = settings.journal.url
    return url if url is not None and url.startswith(("postgresql://", "postgres://")) else None


def _journal_path(settings: Settings) -> Path:
    url = settings.journal.url
    if url is None:
        return settings.home / "journal.sqlite3"
    if not url.startswith("sqlite:///"):
        raise PlatformError(
            "PLT-JOURNAL-006",
            "journal.url is neither sqlite:///PATH nor postgresql://HOST/DATABASE. "
            "Nothing was done.",
            address="journal.url",
        )
    return Path(url.removeprefix("sqlite://"))
