"""`journal migrate`: a SQLite journal moves into the shared one, and all of it is looked at."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path

import pytest

from platform_cli.cli.app import run
from platform_cli.journal.postgres import PostgresJournal
from tests.providers.journal_events import event
from tests.providers.journal_postgres import Server, _server  # noqa: F401 - a fixture
from tests.providers.journal_sqlite import snapshot
from tests.unit.kpi_shown import Kpi, several

pytestmark = pytest.mark.integration


@pytest.fixture(name="kpi")
def _kpi(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Kpi:
    home = tmp_path / "home"
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PLATFORM_HOME", str(home))
    monkeypatch.chdir(tmp_path)
    return Kpi(home, capsys)


def shared(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLATFORM_CLI_JOURNAL_URL", url)


def migrated(kpi: Kpi, *more: str) -> dict[str, object]:
    kpi.capture.readouterr()
    code = run(["journal", "migrate", "--format", "json", *more])
    told: dict[str, object] = json.loads(kpi.capture.readouterr().out)
    return told | {"exit": int(code)}


def test_it_moves_everything_and_again_changes_nothing(
    server: Server, kpi: Kpi, monkeypatch: pytest.MonkeyPatch
) -> None:
    kpi.keep(several(300))
    here = kpi.show("--format", "json", "--runs")
    before = snapshot(kpi.home)
    shared(server.url(), monkeypatch)
    first, second = migrated(kpi), migrated(kpi)
    assert (first["added"], first["known"], first["verified"], first["exit"]) == (1500, 0, 1500, 0)
    assert (second["added"], second["known"], second["exit"]) == (0, 1500, 0)
    assert snapshot(kpi.home) == before
    there = kpi.show("--format", "json", "--runs")
    # The newest of them are measured up to now.
    assert [there.json[key] for key in ("n", "lead_time_s", "runs", "steps", "trend")] == [
        here.json[key] for key in ("n", "lead_time_s", "runs", "steps", "trend")
    ]


def test_what_was_written_since_is_taken_too(
    server: Server, kpi: Kpi, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = server.url()
    kpi.keep(several(2))
    shared(url, monkeypatch)
    migrated(kpi)
    monkeypatch.delenv("PLATFORM_CLI_JOURNAL_URL")
    kpi.keep([event(1)])
    shared(url, monkeypatch)
    assert migrated(kpi)["added"] == 1


def test_another_event_of_the_same_id_is_told(
    server: Server, kpi: Kpi, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = server.url()
    with closing(PostgresJournal.open(url, kpi.home / "outbox")) as journal:
        journal.append(event(1, detail={"number": "another"}))
    kpi.keep([event(0), event(1)])
    shared(url, monkeypatch)
    told = migrated(kpi)
    assert (told["code"], told["exit"]) == ("PLT-JOURNAL-009", 1)
    assert "'e1'" in str(told["summary"])


def test_without_a_shared_journal_there_is_nowhere_to_move(kpi: Kpi) -> None:
    kpi.keep(several(1))
    told = migrated(kpi)
    assert (told["code"], told["exit"]) == ("PLT-JOURNAL-006", 2)


def test_a_file_that_is_not_there_is_told(
    server: Server, kpi: Kpi, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared(server.url(), monkeypatch)
    told = migrated(kpi, "--from", "absent.sqlite3")
    assert (told["code"], told["exit"]) == ("PLT-USAGE-001", 2)
