"""Twenty onboardings at once in the shared journal, while its server stops and starts again."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from platform_cli.errors import PlatformError
from platform_cli.journal.event import Event
from platform_cli.journal.port import Holder, Imported
from platform_cli.journal.postgres import PostgresJournal
from platform_cli.kpi.figures import figures
from platform_cli.kpi.timeline import onboarding
from platform_cli.onboarding import readiness
from platform_cli.onboarding.checks.check import CHECKS, CheckResult
from platform_cli.onboarding.clock import SystemClock, new_id
from platform_cli.onboarding.onboard import onboard
from platform_cli.onboarding.result import Result
from tests.providers.journal_postgres import Server, _server  # noqa: F401 - a fixture
from tests.unit.onboarding_world import Quiet, World

pytestmark = pytest.mark.integration

DOMAINS = 20
# The server is stopped whenever so many events more have been written.
OUTAGES = (150, 450, 700)


@dataclass
class Ledger:
    """Every event that somebody tried to write, and those that were taken, in each run's order."""

    tried: set[str] = field(default_factory=set)
    taken: dict[str, list[str]] = field(default_factory=dict)
    stop_now: threading.Event = field(default_factory=threading.Event)
    count: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def took(self, event: Event) -> None:
        with self.lock:
            self.taken.setdefault(event.run, []).append(event.id)
            self.count += 1
            if self.count in OUTAGES:
                self.stop_now.set()


@dataclass
class Watched:
    """The journal, with everything that passes through it written down."""

    journal: PostgresJournal
    ledger: Ledger

    @property
    def place(self) -> str:
        return self.journal.place

    def append(self, event: Event) -> None:
        self.ledger.tried.add(event.id)
        try:
            self.journal.append(event)
        except PlatformError:
            if event.type == "run.finished":  # kept, and told all the same
                self.ledger.took(event)
            raise
        self.ledger.took(event)

    def extend(self, events: Iterator[Event]) -> Imported:
        return self.journal.extend(events)

    def events(self, *, profile: str | None = None, domain: str | None = None) -> Iterator[Event]:
        return self.journal.events(profile=profile, domain=domain)

    def by_onboarding(self) -> Iterator[list[Event]]:
        return self.journal.by_onboarding()

    def hold(self, profile: str, domain: str, holder: Holder) -> AbstractContextManager[None]:
        return self.journal.hold(profile, domain, holder)

    def close(self) -> None:
        self.journal.close()


def run(world: World, domain: str, url: str, outbox: Path, ledger: Ledger) -> Result | None:
    """One `init`; None where the journal could not be reached at the start."""
    around = replace(world.around(), ids=new_id, clock=SystemClock())
    try:
        journal = PostgresJournal.open(url, outbox)
    except PlatformError as error:
        assert error.code == "PLT-JOURNAL-007"  # noqa: PT017 - the only refusal there may be
        return None
    try:
        watched = Watched(journal, ledger)
        return onboard(world.request(domain), around, watched, Quiet())  # type: ignore[arg-type]  # extend takes less
    except PlatformError as error:
        assert error.code == "PLT-JOURNAL-007"  # noqa: PT017 - the only refusal there may be
        return None
    finally:
        journal.close()


def until_ready(number: int, url: str, tmp_path: Path, ledger: Ledger) -> int:
    home = tmp_path / f"home-{number}"
    home.mkdir()
    world = World(home)
    for tries in range(1, 200):
        result = run(world, f"domain-{number}", url, home / "outbox", ledger)
        if result is not None and result.outcome == "ready":
            return tries
        if result is not None:
            assert result.error is not None
            assert result.error.code == "PLT-JOURNAL-007"
        threading.Event().wait(0.05)  # a person tries again
    pytest.fail(f"domain-{number} never became ready")


def proven(*_: object) -> tuple[CheckResult, ...]:
    """The checks have tests of their own, and are slow: here all six of them pass at once."""
    return tuple(CheckResult(check, "passed", "nothing", "it is so") for check in CHECKS)


def test_no_event_is_lost_or_doubled(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readiness, "prove", proven)
    url, ledger = server.url(), Ledger()
    PostgresJournal.open(url, tmp_path / "outbox").close()
    with ThreadPoolExecutor(DOMAINS) as pool:
        runs = [pool.submit(until_ready, n, url, tmp_path, ledger) for n in range(DOMAINS)]
        stopped = 0
        while not all(run.done() for run in runs):
            if ledger.stop_now.wait(0.05):
                ledger.stop_now.clear()
                server.stop()
                server.start()
                stopped += 1
        tries = [run.result() for run in runs]
    assert stopped >= 2, "the server never stopped: there is less to do than there was"
    assert max(tries) > 1
    for number in range(DOMAINS):  # a call may have outlived the run before the last
        PostgresJournal.open(url, tmp_path / f"home-{number}" / "outbox").close()
    assert not list(tmp_path.glob("home-*/outbox/*/*"))
    with closing(PostgresJournal.read(url)) as reading:
        found = list(reading.events())
        counts = Counter(event.id for event in found)
        assert max(counts.values()) == 1, "an event is there twice"
        taken = {one for run in ledger.taken.values() for one in run}
        assert taken <= counts.keys(), "an event is lost"
        assert counts.keys() <= ledger.tried
        for name, written in ledger.taken.items():
            there = [event.id for event in found if event.run == name and event.id in taken]
            assert there == written, "the order of a run is another one"
        ready = Counter(event.domain for event in found if event.type == "onboarding.ready")
        assert ready == {f"domain-{number}": 1 for number in range(DOMAINS)}
        told = figures(
            (one for one in map(onboarding, reading.by_onboarding()) if one is not None),
            now=SystemClock().wall(),
            profiles=frozenset({"local"}),
            target_s=1800,
            alarm_s=14400,
            abandoned_days=14,
        )
    assert (told.lead_time.n, told.open) == (DOMAINS, 0)
    for one in told.runs or ():
        assert one.split is not None
        assert one.split.machine_us + one.split.retry_us + one.split.waiting_us == one.lead_time_us
