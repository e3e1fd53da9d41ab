"""The SQLite journal cut at every byte, and with each bit flipped: right, or refused with advice.

`--sweep all` does with every byte and bit what the normal run does with a sample; the first page's
header, and every length as far as it is read, are whole in both.
"""

from __future__ import annotations

import os
import random
import signal
import tempfile
from collections import Counter
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

import pytest

from platform_cli.errors import PlatformError
from platform_cli.journal.port import Imported
from tests.providers.journal_abused_looks import (
    NEW,
    SWEEP_S,
    advised,
    appended,
    flipped,
    is_swept,  # noqa: F401 - a fixture
    look,
    pytest_generate_tests,  # noqa: F401 - a hook
    quick_home,  # noqa: F401 - a fixture
)
from tests.providers.journal_sqlite import fill, open_, read, refusal, run

SEED = 20260105
PAGE = 4096
HEADER = range(100 * 8)
"""The bits of the file's header."""
SAMPLED_BITS = 400
SAMPLED_ROLLBACKS = 120


def chosen(all_of_them: range, number: int, always: Iterable[int], *, swept: bool) -> list[int]:
    """All of them, or a sample that is always the same."""
    if swept:
        return list(all_of_them)
    sample = random.Random(SEED).sample(all_of_them, number)
    return sorted({*always, *sample} & set(all_of_them))


# Cut


@pytest.mark.timeout(SWEEP_S)
def test_a_journal_that_was_cut_at_any_byte_is_refused(home: Path, *, swept: bool) -> None:
    fill(home)
    file = home / "journal.db"
    whole = file.read_bytes()
    edges = {page + more for page in range(0, len(whole), PAGE) for more in (-1, 0, 1)}
    written = set(chosen(range(len(whole)), 300, edges, swept=swept))
    for length in reversed(range(len(whole))):
        os.truncate(file, length)
        assert advised(refusal(lambda: read(home))) == "PLT-JOURNAL-002", length
        if length in written:
            assert not appended(home, f"cut at {length}")
        assert file.stat().st_size == length
    file.write_bytes(whole)
    assert appended(home, "whole again")
    assert len(read(home)) == 21


def test_a_journal_that_is_longer_than_it_says_is_refused(home: Path) -> None:
    """New pages would be written over those that its header leaves out."""
    fill(home)
    with (home / "journal.db").open("ab") as file:
        file.write(bytes(PAGE))
    assert "longer than it says" in refusal(lambda: read(home)).summary
    assert not appended(home, "longer")


# Flipped bits


def _flip(home: Path, bits: Iterable[int]) -> Counter[str]:
    events = fill(home, 40)
    file = home / "journal.db"
    whole = file.read_bytes()
    counts: Counter[str] = Counter()
    for bit in bits:
        broken = flipped(whole, bit)
        file.write_bytes(broken)
        counts["tried"] += 1
        counts["refused"] += look(file, events, f"bit {bit}").total() > 0
        assert file.read_bytes() == broken, f"bit {bit}: reading wrote"
        if not appended(home, f"bit {bit}"):
            counts["not appended to"] += 1
            continue
        look(file, [*events, NEW], f"bit {bit}, appended to")
        # Whatever is refused now was not made worse by writing: with the bit back all is there.
        after = file.read_bytes()
        if after[bit // 8] == broken[bit // 8]:
            file.write_bytes(flipped(after, bit))
        assert read(home) == [*events, NEW], f"bit {bit}, appended to and mended"
    return counts


def test_each_bit_of_the_header_flipped(home: Path) -> None:
    counts = _flip(home, HEADER)
    assert counts["tried"] == 800
    assert counts["refused"] > 200
    assert counts["not appended to"] > 200


@pytest.mark.timeout(SWEEP_S)
def test_bits_of_every_page_flipped(home: Path, share: slice, *, swept: bool) -> None:
    fill(home, 40)
    size = (home / "journal.db").stat().st_size
    bits = chosen(range(size * 8), SAMPLED_BITS, (), swept=swept)[share]
    counts = _flip(home / "other", bits)
    assert counts["refused"] > counts["tried"] / 20


def test_each_bit_of_an_events_text_flipped_is_found(home: Path) -> None:
    events = fill(home)
    file = home / "journal.db"
    whole = file.read_bytes()
    text = b'e7o3r1domain-3local2026-01-05T09:00:00.000007Zstep.startedrepo.create{"number":7}'
    (row,) = _places(whole, text)
    for bit in range(row * 8, (row + len(text)) * 8):
        file.write_bytes(flipped(whole, bit))
        assert advised(refusal(lambda: read(home))) == "PLT-JOURNAL-002", bit
    file.write_bytes(whole)
    assert read(home) == events


def test_an_import_asks_no_damaged_index_which_events_are_known(home: Path) -> None:
    """It would say no, and the event would stand there twice with nothing to tell it by."""
    events = fill(home)
    file = home / "journal.db"
    whole = file.read_bytes()
    refused: list[str] = []
    for each in events:
        for place in _places(whole, each.id.encode()):
            # The last character of the id: a row's own is covered by its checksum.
            file.write_bytes(flipped(whole, (place + len(each.id) - 1) * 8))
            try:
                with closing(open_(home)) as journal:
                    assert journal.extend([each]) == Imported(added=0, known=1)
            except PlatformError as error:
                refused.append(advised(error))
    assert set(refused) == {"PLT-JOURNAL-002"}
    assert len(refused) >= len(events)


def _places(body: bytes, text: bytes) -> list[int]:
    places = [body.find(text)]
    while places[-1] >= 0:
        places.append(body.find(text, places[-1] + 1))
    return places[:-1]


# A killed writer, and what would undo its half is damaged, too


@pytest.mark.timeout(SWEEP_S)
@pytest.mark.parametrize("how", ["cut", "flipped"])
@pytest.mark.parametrize("number", [5, 300])
def test_a_rollback_journal_that_is_damaged_undoes_all_or_nothing(
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
    how: str,
    number: int,
    share: slice,
    *,
    swept: bool,
) -> None:
    """A small transaction leaves every page looking whole; a large one makes the file longer."""
    monkeypatch.setattr(tempfile, "tempdir", str(home.parent))
    events = fill(home)
    run("die_in_transaction", home, number, exit_code=-signal.SIGKILL)
    file, left = home / "journal.db", home / "journal.db-journal"
    half, undo = file.read_bytes(), left.read_bytes()
    places = range(len(undo)) if how == "cut" else range(len(undo) * 8)
    first = range(0, 28 * 8, 5)  # its header, where most is decided
    acknowledged = 0
    tried = chosen(places, SAMPLED_ROLLBACKS, first, swept=swept)[share]
    for place in tried:
        file.write_bytes(half)
        left.write_bytes(undo[:place] if how == "cut" else flipped(undo, place))
        what = f"the rollback journal {how} at {place}"
        look(file, events, what)
        assert file.read_bytes() == half, what
        if appended(home, what):
            acknowledged += 1
            assert look(file, [*events, NEW], what) == Counter(), what
    assert 0 < acknowledged < len(tried)
    file.write_bytes(half)
    left.write_bytes(undo)
    assert appended(home, "an undamaged one")
    assert not look(file, [*events, NEW], "an undamaged one")
