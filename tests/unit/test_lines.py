"""What a file to import must be: whole, or it is refused with the line."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from platform_cli import wiring
from platform_cli.errors import PlatformError
from platform_cli.journal import lines
from platform_cli.journal.event import LONGEST_LINE, Event, to_line
from platform_cli.journal.sqlite import SqliteJournal
from platform_cli.settings import load


@pytest.mark.parametrize("content", [b"{", b"[]\n", b"\xff\n", b"x" * 2_000_000])
def test_a_bad_line_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "events.jsonl"
    path.write_bytes(b"\n" + content)
    with pytest.raises(PlatformError) as caught:
        list(lines.read(path))
    assert caught.value.code == "PLT-JOURNAL-004"
    assert f"{path}:2" in caught.value.summary


def event_of(length: int) -> Event:
    """An event whose line has exactly so many bytes."""
    at = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
    small = Event("e", "o", "r", "loyalty", "local", at, "run.started", detail={"x": "\u00e9"})
    room = length - len(to_line(small).encode())
    return replace(small, detail={"x": "\u00e9" + "a" * room})


def test_what_a_journal_keeps_can_be_imported_and_nothing_longer(tmp_path: Path) -> None:
    journal = SqliteJournal.open(tmp_path / "journal.sqlite3", tmp_path / "locks")
    try:
        longest = event_of(LONGEST_LINE)
        journal.append(longest)
        with pytest.raises(PlatformError) as caught:
            journal.append(replace(event_of(LONGEST_LINE + 1), id="f"))
        assert caught.value.code == "PLT-JOURNAL-010"
        assert "1,000,000 bytes" in caught.value.summary
        assert list(journal.events()) == [longest]
    finally:
        journal.close()
    path = tmp_path / "events.jsonl"
    for end in ("", "\n", "\r\n"):
        path.write_bytes((to_line(longest) + end).encode() * (1 if not end else 2))
        assert list(lines.read(path)) == [longest] * (1 if not end else 2)
    path.write_bytes((to_line(event_of(LONGEST_LINE + 1)) + "\n").encode())
    with pytest.raises(PlatformError, match="longer than a megabyte"):
        list(lines.read(path))


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(PlatformError) as caught:
        list(lines.read(tmp_path / "absent"))
    assert caught.value.code == "PLT-JOURNAL-004"


def test_a_journal_that_this_version_cannot_keep_is_refused(tmp_path: Path) -> None:
    environment = {
        "PLATFORM_HOME": str(tmp_path),
        "HOME": str(tmp_path),
        "PLATFORM_CLI_JOURNAL_URL": "sqlite://db.example.org/journal",
    }
    settings = load(environ=environment, cwd=tmp_path)
    with pytest.raises(PlatformError) as caught, wiring.reading(settings):
        pass
    assert caught.value.code == "PLT-JOURNAL-006"
