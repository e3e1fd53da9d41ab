"""The connection to the shared journal is lost in the middle of a run: what is kept, and for whom."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from platform_cli.errors import Exit, PlatformError
from platform_cli.journal.event import Event, EventType, to_line
from platform_cli.journal.port import Imported
from platform_cli.journal.postgres import PostgresJournal
from platform_cli.journal.postgres_outbox_file import FIRST_LINE
from tests.providers.journal_events import event
from tests.providers.journal_postgres import Server, _server  # noqa: F401 - a fixture
from tests.providers.journal_sqlite import refusal
from tests.providers.journal_suite import ANA, BEN, ids

pytestmark = pytest.mark.integration

RUN: tuple[EventType, ...] = (
    "run.started",
    "step.started",
    "call.intent",
    "call.result",
    "step.finished",
    "step.started",
)


def numbered(kinds: tuple[EventType, ...] = RUN, first: int = 0) -> list[Event]:
    return [event(n, type=kind) for n, kind in enumerate(kinds, start=first)]


def opened(url: str, tmp_path: Path) -> PostgresJournal:
    return PostgresJournal.open(url, tmp_path / "outbox")


def waiting(tmp_path: Path) -> list[Path]:
    return sorted((tmp_path / "outbox").glob("*/*"))


def kept(server: Server, url: str, tmp_path: Path) -> list[str]:
    """What a new process finds: the ids, in the journal's order."""
    journal = opened(url, tmp_path)
    try:
        return ids(journal.events())
    finally:
        journal.close()


@contextmanager
def outage(server: Server) -> Iterator[None]:
    server.stop()
    try:
        yield
    finally:
        server.start()


def died(journal: PostgresJournal) -> None:
    """Leave like a process that was killed: its files and connections close, nothing else."""
    journal._outbox.leave()
    journal._writer.close()
    journal._holds._held.clear()
    journal._lost = None
    journal._outbox._path = None
    journal.close()


@pytest.fixture(name="url")
def _url(server: Server) -> str:
    return server.url()


def lost_after(journal: PostgresJournal, server: Server, events: list[Event]) -> None:
    """The first three events reach the journal, then the server stops."""
    with journal.hold("local", "loyalty", ANA):
        for each in events[:3]:
            journal.append(each)
        with outage(server):
            for each in events[3:5]:
                journal.append(each)
            error = refusal(lambda: journal.append(events[5]))
            assert error.code == "PLT-JOURNAL-007"
            assert error.exit is Exit.FAILED
            assert "What had happened is kept in" in error.summary


def test_the_call_under_way_is_told_later_and_nothing_new_begins(
    server: Server, url: str, tmp_path: Path
) -> None:
    journal = opened(url, tmp_path)
    lost_after(journal, server, numbered())
    (file,) = waiting(tmp_path)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    first, *rest = file.read_text("utf-8").splitlines()
    assert len(first) == FIRST_LINE - 1
    assert rest == [to_line(e) for e in numbered()[3:5]]
    journal.close()  # the server is back: this process delivers what it kept
    assert waiting(tmp_path) == []
    assert kept(server, url, tmp_path) == ["e0", "e1", "e2", "e3", "e4"]


def test_what_a_dead_process_kept_is_delivered_before_anything_new(
    server: Server, url: str, tmp_path: Path
) -> None:
    journal = opened(url, tmp_path)
    lost_after(journal, server, numbered())
    died(journal)
    assert len(waiting(tmp_path)) == 1
    following = opened(url, tmp_path)
    with following.hold("local", "loyalty", BEN):
        following.append(event(100))
    following.close()
    assert waiting(tmp_path) == []
    assert kept(server, url, tmp_path) == ["e0", "e1", "e2", "e3", "e4", "e100"]


def test_the_end_of_a_run_is_kept_and_the_run_says_that_it_was_cut_off(
    server: Server, url: str, tmp_path: Path
) -> None:
    journal = opened(url, tmp_path)
    ending = numbered(("check.finished", "onboarding.ready", "run.finished"), first=10)
    with journal.hold("local", "loyalty", ANA):
        journal.append(event(1))
        with outage(server):
            journal.append(ending[0])
            journal.append(ending[1])
            assert refusal(lambda: journal.append(ending[2])).code == "PLT-JOURNAL-007"
    journal.close()
    assert kept(server, url, tmp_path) == ["e1", "e10", "e11", "e12"]


def test_the_run_goes_on_stopping_after_the_server_is_back(
    server: Server, url: str, tmp_path: Path
) -> None:
    """Its domain may be held by somebody else by now."""
    journal = opened(url, tmp_path)
    events = numbered()
    lost_after(journal, server, events)
    with journal.hold("local", "loyalty", ANA):
        journal.append(event(50))
        server.stop()
        server.start()
        journal.append(event(51, type="call.result"))
        other = opened(url, tmp_path)
        with other.hold("local", "loyalty", BEN):
            assert refusal(lambda: journal.append(event(52))).code == "PLT-JOURNAL-007"
        other.close()
    with journal.hold("local", "loyalty", ANA):
        journal.append(event(53))
    journal.close()
    assert kept(server, url, tmp_path) == ["e0", "e1", "e2", "e3", "e4", "e50", "e51", "e53"]


def test_who_still_writes_delivers_it_himself(server: Server, url: str, tmp_path: Path) -> None:
    journal = opened(url, tmp_path)
    lost_after(journal, server, numbered())
    assert kept(server, url, tmp_path) == ["e0", "e1", "e2"]
    assert len(waiting(tmp_path)) == 1
    journal.close()
    assert kept(server, url, tmp_path) == ["e0", "e1", "e2", "e3", "e4"]


def test_delivered_and_killed_before_the_file_was_removed_doubles_nothing(
    server: Server, url: str, tmp_path: Path
) -> None:
    journal = opened(url, tmp_path)
    lost_after(journal, server, numbered())
    died(journal)
    (file,) = waiting(tmp_path)
    body = file.read_bytes()
    expected = ["e0", "e1", "e2", "e3", "e4"]
    assert kept(server, url, tmp_path) == expected
    file.write_bytes(body)
    assert kept(server, url, tmp_path) == expected
    assert waiting(tmp_path) == []


def test_an_answer_that_was_lost_doubles_nothing(
    server: Server, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Committed, and the connection died before the answer came."""
    journal = opened(url, tmp_path)
    written = PostgresJournal._written

    def silent(self: PostgresJournal, *given: object) -> Imported:
        written(self, *given)  # type: ignore[arg-type]  # passed on as it came
        self._writer.close()
        raise psycopg.OperationalError

    with journal.hold("local", "loyalty", ANA):
        monkeypatch.setattr(PostgresJournal, "_written", silent)
        journal.append(event(1, type="call.result"))
        monkeypatch.undo()
        journal.append(event(2, type="step.finished"))
    assert len(waiting(tmp_path)) == 1
    journal.close()
    assert kept(server, url, tmp_path) == ["e1", "e2"]


def test_a_call_that_outlives_its_run_is_told_by_the_next(
    server: Server, url: str, tmp_path: Path
) -> None:
    journal = opened(url, tmp_path)
    journal.append(event(1))
    journal.close()
    journal.append(event(2, type="call.result"))
    assert refusal(lambda: journal.append(event(3, type="call.intent"))).code == "PLT-JOURNAL-007"
    assert kept(server, url, tmp_path) == ["e1", "e2"]


def test_an_event_that_no_journal_keeps_does_not_end_the_run(
    server: Server, url: str, tmp_path: Path
) -> None:
    journal = opened(url, tmp_path)
    with journal.hold("local", "loyalty", ANA):
        long = event(1, type="call.result", detail={"text": "x" * 2_000_000})
        assert refusal(lambda: journal.append(long)).code == "PLT-JOURNAL-010"
        journal.append(event(2))
    journal.close()
    assert waiting(tmp_path) == []
    assert kept(server, url, tmp_path) == ["e2"]


def test_a_line_that_was_never_finished_was_never_kept(
    server: Server, url: str, tmp_path: Path
) -> None:
    journal = opened(url, tmp_path)
    lost_after(journal, server, numbered())
    died(journal)
    (file,) = waiting(tmp_path)
    with file.open("ab") as lines:
        lines.write(to_line(event(9)).encode()[:40])
    assert kept(server, url, tmp_path) == ["e0", "e1", "e2", "e3", "e4"]


def test_a_damaged_file_is_named_and_stays(server: Server, url: str, tmp_path: Path) -> None:
    journal = opened(url, tmp_path)
    lost_after(journal, server, numbered())
    died(journal)
    (file,) = waiting(tmp_path)
    body = file.read_bytes().replace(b"step.finished", b"step.fumbled!")
    file.write_bytes(body)
    error = refusal(lambda: opened(url, tmp_path))
    assert error.code == "PLT-JOURNAL-002"
    assert f"{file}:3" in error.summary
    assert file.read_bytes() == body


def test_unreachable_at_the_start_refuses_and_keeps_what_waits(
    server: Server, url: str, tmp_path: Path
) -> None:
    journal = opened(url, tmp_path)
    lost_after(journal, server, numbered())
    died(journal)
    before = [path.read_bytes() for path in waiting(tmp_path)]
    with outage(server):
        assert refusal(lambda: opened(url, tmp_path)).code == "PLT-JOURNAL-007"
        assert refusal(lambda: PostgresJournal.read(url)).code == "PLT-JOURNAL-007"
    assert [path.read_bytes() for path in waiting(tmp_path)] == before


def test_a_stream_that_is_cut_is_told_and_the_next_one_is_whole(
    server: Server, url: str, tmp_path: Path
) -> None:
    journal = opened(url, tmp_path)
    journal.extend(event(n) for n in range(2500))
    stream = journal.events()
    next(stream)
    with outage(server):
        assert refusal(lambda: list(stream)).code == "PLT-JOURNAL-007"
        assert refusal(lambda: list(journal.events())).code == "PLT-JOURNAL-007"
    assert len(list(journal.events())) == 2500
    journal.close()


def test_an_import_that_is_cut_writes_nothing(server: Server, url: str, tmp_path: Path) -> None:
    journal = opened(url, tmp_path)

    def cut_off() -> Iterator[Event]:
        yield from (event(n) for n in range(1500))
        server.stop()
        yield from (event(n) for n in range(1500, 3000))

    try:
        with pytest.raises(PlatformError) as refused:
            journal.extend(cut_off())
    finally:
        server.start()
    assert refused.value.code == "PLT-JOURNAL-007"
    assert waiting(tmp_path) == []
    assert list(journal.events()) == []
    journal.close()
