"""The journal in PostgreSQL: the port's suite, its tables, its locks, its secrets, its damage."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from platform_cli.errors import Exit, PlatformError
from platform_cli.journal.port import Holder
from platform_cli.journal.postgres import PostgresJournal
from tests.providers.journal_events import START, event
from tests.providers.journal_postgres import PASSWORD, Server, _server  # noqa: F401 - a fixture
from tests.providers.journal_sqlite import refusal
from tests.providers.journal_suite import ANA, BEN, JournalSuite, OpenJournal, ids

pytestmark = pytest.mark.integration


@pytest.fixture(name="url")
def _url(server: Server) -> str:
    return server.url()


def opened(url: str, tmp_path: Path) -> PostgresJournal:
    return PostgresJournal.open(url, tmp_path / "outbox")


@pytest.fixture(name="open_journal")
def _open_journal(url: str, tmp_path: Path) -> Iterator[OpenJournal]:
    journals: list[PostgresJournal] = []

    def open_() -> PostgresJournal:
        journals.append(opened(url, tmp_path))
        return journals[-1]

    yield open_
    for journal in journals:
        journal.close()


class TestPostgresJournal(JournalSuite):
    """Everything that every journal promises."""


def test_a_reading_of_nothing_is_empty_and_makes_nothing(server: Server, url: str) -> None:
    with closing(PostgresJournal.read(url)) as reading:
        assert list(reading.events()) == []
        assert list(reading.events(profile="local", domain="loyalty")) == []
        assert list(reading.by_onboarding()) == []
    assert server.sql("SELECT to_regclass('migrations')", url) == [(None,)]


def test_the_place_names_no_password_and_no_option(url: str, tmp_path: Path) -> None:
    with closing(opened(url, tmp_path)) as journal:
        assert re.fullmatch(r"postgresql://platform@127\.0\.0\.1:\d+/postgres", journal.place)


def test_a_reader_needs_select_only(server: Server, url: str, tmp_path: Path) -> None:
    with closing(opened(url, tmp_path)) as journal:
        journal.append(event(1))
    schema = str(server.sql("SELECT current_schema()", url)[0][0])
    server.sql(f"GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO reader")
    as_reader = url + "%20-crole%3Dreader"
    with closing(PostgresJournal.read(as_reader)) as reading:
        assert list(reading.events()) == [event(1)]


def test_a_newer_schema_is_refused(server: Server, url: str, tmp_path: Path) -> None:
    opened(url, tmp_path).close()
    server.sql("INSERT INTO migrations VALUES (2, 'the day after tomorrow')", url)
    for call in (lambda: opened(url, tmp_path), lambda: PostgresJournal.read(url)):
        error = refusal(call)
        assert error.code == "PLT-JOURNAL-001"
        assert "schema 2" in error.summary
        assert "Nothing was changed" in error.summary


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE migrations SET name = 'something else'",
        "DELETE FROM migrations",
        "ALTER TABLE events DROP COLUMN run",
        "ALTER TABLE events ADD COLUMN mood text",
        "ALTER TABLE events ALTER COLUMN attempt TYPE bigint",
        "DROP TABLE domains",
        "DROP TABLE migrations",
        "DROP TABLE migrations; CREATE TABLE migrations (version text)",
    ],
)
def test_tables_that_are_not_ours_are_refused(
    server: Server, url: str, tmp_path: Path, statement: str
) -> None:
    opened(url, tmp_path).close()
    server.sql(statement, url)
    for call in (lambda: opened(url, tmp_path), lambda: PostgresJournal.read(url)):
        assert refusal(call).code == "PLT-JOURNAL-002"


def test_many_begin_the_journal_at_once(url: str, tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        journals = list(pool.map(lambda _: opened(url, tmp_path), range(8)))
    for number, journal in enumerate(journals):
        journal.append(event(number))
    assert sorted(ids(journals[0].events())) == [f"e{n}" for n in range(8)]
    for journal in journals:
        journal.close()


def test_many_connections_that_write_at_once_take_turns(url: str, tmp_path: Path) -> None:
    journals = [opened(url, tmp_path) for _ in range(6)]

    def work(number: int) -> None:
        for n in range(25):
            journals[number].append(event(number * 100 + n, onboarding=f"o{number}"))
            journals[number].append(event(10_000 + n, onboarding="shared"))

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(work, range(6)))
    found = ids(journals[0].events())
    assert len(found) == len(set(found)) == 6 * 25 + 25
    for number in range(6):
        own = [each for each in found if int(each[1:]) // 100 == number]
        assert own == [f"e{number * 100 + n}" for n in range(25)]
    for journal in journals:
        journal.close()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE events SET detail = '{}' WHERE seq = 7",
        "UPDATE events SET at = 'yesterday' WHERE seq = 7",
        "UPDATE events SET checksum = checksum + 1 WHERE seq = 7",
        "DELETE FROM events WHERE seq = 7",
        "DELETE FROM events WHERE seq = 20",
        "UPDATE domains SET events = events + 1 WHERE domain = 'domain-2'",
    ],
)
def test_damage_is_told_and_never_given_as_an_event(
    server: Server, url: str, tmp_path: Path, statement: str
) -> None:
    events = [event(n, onboarding=f"o{n % 4}", domain=f"domain-{n % 4}") for n in range(20)]
    with closing(opened(url, tmp_path)) as journal:
        journal.extend(events)
        server.sql(statement, url)
        for read in (
            lambda: list(journal.events()),
            lambda: [each for group in journal.by_onboarding() for each in group],
            lambda: [
                each
                for n in range(4)
                for each in journal.events(profile="local", domain=f"domain-{n}")
            ],
        ):
            error = refusal(read)
            assert error.code == "PLT-JOURNAL-002"
            assert "Nothing was changed" in error.summary


def test_two_journals_of_one_database_do_not_lock_each_other(
    server: Server, tmp_path: Path
) -> None:
    with (
        closing(opened(server.url(), tmp_path)) as one,
        closing(opened(server.url(), tmp_path)) as other,
        one.hold("local", "loyalty", ANA),
        other.hold("local", "loyalty", BEN),
    ):
        pass


def test_a_holder_whose_connection_ends_never_blocks(
    server: Server, url: str, tmp_path: Path
) -> None:
    first, second = opened(url, tmp_path), opened(url, tmp_path)
    hold = first.hold("local", "loyalty", ANA)
    hold.__enter__()
    assert refusal(second.hold("local", "loyalty", BEN).__enter__).code == "PLT-JOURNAL-005"
    cut(server, first)
    # The server says when it has let go, which is not the moment in which it was told to.
    for _ in range(200):
        try:
            with second.hold("local", "loyalty", BEN):
                break
        except PlatformError as error:
            assert error.code == "PLT-JOURNAL-005"  # noqa: PT017 - a refusal on the way
    else:
        pytest.fail("the dead holder blocks")
    hold.__exit__(None, None, None)
    first.close()
    second.close()


def cut(server: Server, journal: PostgresJournal) -> None:
    """End the connection that writes, as an administrator can, and wait until it has ended."""
    backend = journal._writer.info.backend_pid
    server.sql(f"SELECT pg_terminate_backend({backend}, 10000)")


def test_an_old_record_of_a_holder_names_nobody(server: Server, url: str, tmp_path: Path) -> None:
    first, second = opened(url, tmp_path), opened(url, tmp_path)
    with first.hold("local", "loyalty", ANA):
        server.sql("UPDATE holders SET backend = 1", url)
        error = refusal(second.hold("local", "loyalty", BEN).__enter__)
        assert error.summary.startswith("loyalty is held by another run")
        mine = first._writer.info.backend_pid
        server.sql(f"UPDATE holders SET record = 'nonsense', backend = {mine}", url)  # noqa: S608 - a number
        error = refusal(second.hold("local", "loyalty", BEN).__enter__)
        assert error.summary.startswith("loyalty is held by another run")
    first.close()
    second.close()


def test_one_of_fifty_wins_a_domain(url: str, tmp_path: Path) -> None:
    journals = [opened(url, tmp_path) for _ in range(12)]
    kept = []

    def try_(number: int) -> str:
        hold = journals[number % 12].hold("local", "loyalty", Holder(f"n{number}", "h", 1, START))
        kept.append(hold)
        try:
            hold.__enter__()
        except PlatformError as error:
            return error.code
        return "won"

    with ThreadPoolExecutor(12) as pool:
        told = list(pool.map(try_, range(50)))
    assert told.count("won") == 1
    assert told.count("PLT-JOURNAL-005") == 49
    for journal in journals:
        journal.close()


def test_a_connection_lost_between_two_writes_is_not_noticed(
    server: Server, url: str, tmp_path: Path
) -> None:
    with closing(opened(url, tmp_path)) as journal:
        journal.append(event(1))
        cut(server, journal)
        journal.append(event(2))
        cut(server, journal)
        assert journal.extend([event(3)]).added == 1
        assert ids(journal.events()) == ["e1", "e2", "e3"]


def test_nobody_there_is_told_and_nothing_is_made(tmp_path: Path, unused_port: int) -> None:
    url = f"postgresql://ana@127.0.0.1:{unused_port}/journal"
    for call in (lambda: opened(url, tmp_path), lambda: PostgresJournal.read(url)):
        error = refusal(call)
        assert error.code == "PLT-JOURNAL-007"
        assert error.exit is Exit.FAILED
        assert "cannot be reached. Nothing was done" in error.summary
        assert f"ana@127.0.0.1:{unused_port}/journal" in error.summary
    assert not list(tmp_path.iterdir())


@pytest.fixture(name="unused_port")
def _unused_port() -> Iterator[int]:
    import socket

    with socket.socket() as held:  # bound and not listening: nobody answers, nobody else gets it
        held.bind(("127.0.0.1", 0))
        yield int(held.getsockname()[1])


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql://ana:{PASSWORD}@127.0.0.1/journal",
        f"postgresql://127.0.0.1/journal?password={PASSWORD}",
        f"postgresql://127.0.0.1:{PASSWORD}:x/journal",
        f"postgresql://127.0.0.1/journal?{PASSWORD}=1",
    ],
)
def test_an_address_is_refused_without_being_repeated(url: str, tmp_path: Path) -> None:
    error = refusal(lambda: opened(url, tmp_path))
    assert error.code == "PLT-JOURNAL-006"
    assert error.exit is Exit.USAGE
    assert PASSWORD not in f"{error.summary}{error.hint}{error.address}"
    assert error.__cause__ is None


Variables = Callable[[str, str], None]


def test_the_password_comes_from_the_environment_or_a_file_and_is_never_printed(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    schema = f"g{server.port}_{server.schemas}"
    server.sql(f"CREATE SCHEMA {schema} AUTHORIZATION guarded")
    url = server.url_of(schema, "guarded")
    for name in ("PGPASSWORD", "PGPASSFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    told = [refusal(lambda: opened(url, tmp_path))]
    monkeypatch.setenv("PGPASSWORD", "wrong-canary")
    told.append(refusal(lambda: opened(url, tmp_path)))
    for error in told:
        assert error.code == "PLT-JOURNAL-008"
        assert error.exit is Exit.CREDENTIALS
        assert "canary" not in f"{error.summary}{error.hint}{error.address}{error.__cause__!r}"
    monkeypatch.setenv("PGPASSWORD", PASSWORD)
    with closing(opened(url, tmp_path)) as journal:
        journal.append(event(1))
        assert PASSWORD not in journal.place
        assert PASSWORD not in repr(journal)
    monkeypatch.delenv("PGPASSWORD")
    file = tmp_path / "pgpass"
    file.write_text(f"127.0.0.1:*:*:guarded:{PASSWORD}\n", encoding="utf-8")
    file.chmod(0o600)
    monkeypatch.setenv("PGPASSFILE", str(file))
    with closing(PostgresJournal.read(url)) as reading:
        assert list(reading.events()) == [event(1)]


def test_a_writer_who_may_not_make_tables_is_told(server: Server, url: str, tmp_path: Path) -> None:
    error = refusal(lambda: opened(url + "%20-crole%3Dreader", tmp_path))
    assert error.code == "PLT-JOURNAL-008"


def test_differing_names_what_is_not_there_just_as_it_is(url: str, tmp_path: Path) -> None:
    with closing(opened(url, tmp_path)) as journal:
        journal.extend(event(n) for n in range(2100))
        assert list(journal.differing(event(n) for n in range(2100))) == []
        other = event(5, detail={"number": -1})
        assert list(journal.differing([event(1), other, event(9999)])) == [other, event(9999)]
