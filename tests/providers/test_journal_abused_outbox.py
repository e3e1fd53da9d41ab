"""The outbox file cut at every byte, flipped, and replaced: delivered whole, or refused with advice.

What a shared journal did not take has been acknowledged, so it may not be lost in silence either.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from platform_cli.errors import PlatformError
from platform_cli.journal import lines
from platform_cli.journal.event import Event, to_line
from platform_cli.journal.postgres_outbox import Outbox
from platform_cli.journal.postgres_outbox_file import FIRST_LINE
from tests.providers.journal_abused_looks import (
    advised,
    flipped,
    quick_home,  # noqa: F401 - a fixture
)
from tests.providers.journal_events import event
from tests.providers.journal_sqlite import refusal

PLACE = "postgresql://db.example/journal"
KEPT = [event(number, detail={"text": f"grün {number}"}) for number in range(3)]


def keep(home: Path, events: list[Event] = KEPT) -> Path:
    """A file of these events whose process has died."""
    home.mkdir(exist_ok=True)
    outbox = Outbox(home / "outbox", PLACE)
    for each in events:
        outbox.add(each)
    outbox.leave()
    (file,) = (home / "outbox").glob("*/*.jsonl")
    return file


def delivered(home: Path) -> list[Event]:
    """What a following process hands over to a journal that takes all or none."""
    found: list[Event] = []

    def extend(events: Iterator[Event]) -> None:
        found.extend(list(events))

    Outbox(home / "outbox", PLACE).deliver(extend)
    return found


def refused(home: Path, file: Path, what: str) -> None:
    """Delivering and importing refuse the file, with advice, and leave it."""
    body = file.read_bytes() if file.is_file() else None
    error = refusal(lambda: delivered(home))
    assert advised(error) == "PLT-JOURNAL-002", what
    assert str(file) in error.summary, what
    if body is not None:
        assert file.read_bytes() == body, what
        with pytest.raises(PlatformError) as caught:
            list(lines.read(file))
        assert caught.value.code in {"PLT-JOURNAL-002", "PLT-JOURNAL-004"}, what
        assert "Nothing" in caught.value.summary


def test_cut_at_any_byte(home: Path) -> None:
    file = keep(home)
    whole = file.read_bytes()
    for length in reversed(range(len(whole))):
        os.truncate(file, length)
        if length == 0:
            assert advised(refusal(lambda: delivered(home))) == "PLT-JOURNAL-002"
        else:
            refused(home, file, f"cut at {length}")
    file.write_bytes(whole)
    assert list(lines.read(file)) == KEPT
    assert delivered(home) == KEPT
    assert not file.exists()


def test_each_bit_flipped(home: Path) -> None:
    file = keep(home)
    whole = file.read_bytes()
    for bit in range(len(whole) * 8):
        file.write_bytes(flipped(whole, bit))
        refused(home, file, f"bit {bit}")
    file.write_bytes(whole)
    assert delivered(home) == KEPT


@pytest.mark.parametrize("taken", [1, 2, 3])
def test_a_line_that_is_gone_is_missed(home: Path, taken: int) -> None:
    file = keep(home)
    lines_ = file.read_bytes().splitlines(keepends=True)
    del lines_[taken]
    file.write_bytes(b"".join(lines_))
    refused(home, file, f"line {taken} is gone")


def test_what_was_on_its_way_is_not_a_loss(home: Path) -> None:
    file = keep(home)
    whole = file.read_bytes()
    late = to_line(event(9)).encode()
    for tail in (late[:40], late, late + b"\n", b"\xff\n", b"\n\n"):
        file.write_bytes(whole + tail)
        assert list(lines.read(file)) == KEPT
        assert delivered(home) == KEPT


def test_a_process_that_died_before_it_kept_anything_leaves_nothing_to_ask_about(
    home: Path,
) -> None:
    file = keep(home)
    whole = file.read_bytes()
    file.unlink()
    for length in (0, 40, FIRST_LINE):
        file.with_suffix(".new").write_bytes(whole[:length])
        assert delivered(home) == []
        assert list(file.parent.iterdir()) == []


def test_a_file_from_before_there_was_a_first_line_is_delivered(home: Path) -> None:
    file = keep(home)
    file.write_bytes("".join(to_line(each) + "\n" for each in KEPT).encode() + b'{"schema"')
    assert delivered(home) == KEPT


def test_the_advice_works(home: Path) -> None:
    """Without a copy: what it still has can be had, by taking away the first line."""
    file = keep(home)
    file.write_bytes(file.read_bytes()[:-100])
    assert "take away its first line" in str(refusal(lambda: delivered(home)).hint)
    _, _, rest = file.read_bytes().partition(b"\n")
    file.write_bytes(rest)
    assert delivered(home) == KEPT[:2]


def test_another_thing_in_its_place(home: Path) -> None:
    file = keep(home)
    beside = home / "beside"
    file.rename(beside)
    os.mkfifo(file)
    refused(home, file, "a pipe")
    file.unlink()
    file.mkdir()
    assert advised(refusal(lambda: delivered(home))) == "PLT-HOME-001"
    file.rmdir()
    file.symlink_to(beside)
    assert advised(refusal(lambda: delivered(home))) == "PLT-HOME-001"
    file.unlink()
    beside.rename(file)
    assert delivered(home) == KEPT
