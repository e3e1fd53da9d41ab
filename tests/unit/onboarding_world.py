"""A small world to onboard in: the fake forge, a real journal, a clock that tests move."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event as Flag
from threading import Lock

from platform_cli import spec
from platform_cli.git import Git
from platform_cli.journal.event import Event
from platform_cli.journal.sqlite import SqliteJournal
from platform_cli.onboarding.onboard import onboard
from platform_cli.onboarding.planning import dry_run
from platform_cli.onboarding.rendering import Draft, Rendering
from platform_cli.onboarding.request import Request
from platform_cli.onboarding.result import Result
from platform_cli.onboarding.surroundings import Surroundings
from platform_cli.providers import Providers
from platform_cli.providers.forge.port import Author
from tests.fakes.forge import MemoryForge
from tests.fakes.memory import MemoryCatalog, MemoryPager


class StepClock:
    """A clock that goes on by a millisecond whenever it is asked; tests may set it back."""

    def __init__(self) -> None:
        self.start = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
        self.ticks = itertools.count()
        self.elapsed_s = 0.0
        self.shift = timedelta()
        self._lock = Lock()

    def monotonic(self) -> float:
        with self._lock:
            self.elapsed_s += 0.001
            return self.elapsed_s

    def wall(self) -> datetime:
        return self.start + timedelta(seconds=self.monotonic()) + self.shift


class Quiet:
    """A watcher that only remembers."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, str]] = []

    def step_started(self, step: str) -> None:
        self.seen.append((step, "started"))

    def step_finished(self, step: str, status: str, duration_s: float, note: str) -> None:
        self.seen.append((step, status))

    def check_finished(self, check: str, status: str, saw: str) -> None:
        self.seen.append((check, status))

    def waiting(self, step: str, why: str, for_s: float) -> None:
        self.seen.append((step, "waiting"))


@dataclass(slots=True)
class World:
    """Everything that outlives a run."""

    home: Path
    forge: MemoryForge = field(default_factory=MemoryForge)
    clock: StepClock = field(default_factory=StepClock)
    watcher: Quiet = field(default_factory=Quiet)
    profile: str = "local"
    rendered: int = 0
    catalog: MemoryCatalog = field(init=False)
    pager: MemoryPager = field(init=False)

    def __post_init__(self) -> None:
        self.catalog = MemoryCatalog(self.forge)
        self.pager = MemoryPager(self.forge)

    def request(
        self, domain: str = "loyalty", owner: str = "@loyalty-team", **more: object
    ) -> Request:
        made = spec.parse(domain, owner, "loyalty-pager", organisation="local")
        return Request(made, {}, **more)  # type: ignore[arg-type]  # tests name the fields

    def around(self, stop: Flag | None = None, deadline_s: float = 60) -> Surroundings:
        numbers = itertools.count(1)
        run = sum(1 for _ in self.events())
        return Surroundings(
            profile=self.profile,
            providers=Providers(self.forge, self.catalog, self.pager),
            rendering=Rendering(self._draft),
            git=Git({}),
            scratch=self.home,
            template="1.0.0",
            platform_team="@local/platform-team",
            compliance_team="@local/data-compliance",
            author=Author("Ann", "ann@example.org"),
            actor="ann",
            host="box",
            pid=1,
            version="0",
            deadline_s=deadline_s,
            clock=self.clock,
            ids=lambda: f"id-{run}-{next(numbers)}",
            stop=stop or Flag(),
        )

    def run(self, request: Request | None = None, around: Surroundings | None = None) -> Result:
        with self.journal() as journal:
            return onboard(
                request or self.request(), around or self.around(), journal, self.watcher
            )

    def plan(self, request: Request | None = None) -> Result:
        reading = SqliteJournal.read(self.home / "journal.sqlite3")
        try:
            return dry_run(request or self.request(), self.around(), reading, self.watcher)
        finally:
            reading.close()

    def events(self) -> list[Event]:
        reading = SqliteJournal.read(self.home / "journal.sqlite3")
        try:
            return list(reading.events())
        finally:
            reading.close()

    @contextmanager
    def journal(self) -> Iterator[SqliteJournal]:
        journal = SqliteJournal.open(self.home / "journal.sqlite3", self.home / "locks")
        try:
            yield journal
        finally:
            journal.close()

    def _draft(self) -> Draft:
        self.rendered += 1
        folder = self.home.with_name(f"{self.home.name}-draft")
        folder.mkdir(exist_ok=True)
        (folder / "README.md").write_text("Loyalty\n", encoding="utf-8")
        return Draft(folder, ("README.md",), "tree-1", "1.0.0")
