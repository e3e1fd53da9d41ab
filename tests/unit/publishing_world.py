"""A repository in a folder and a catalog in memory, for the tests of `publish`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Final

from platform_cli.domain_repo import publishing
from platform_cli.domain_repo.about import About
from platform_cli.domain_repo.publishing import Patience, Result
from platform_cli.providers.catalog.port import Publication
from platform_cli.providers.marker import Marker
from tests.fakes.catalog import MemoryCatalog
from tests.unit.contract_samples import document, text

TODAY: Final = date(2026, 11, 21)
MARKER: Final = Marker("orders", "onboarding-1")
TOML: Final = """\
[domain]
name = "{name}"
catalog_name = "{catalog_name}"
owner = "@acme/orders-team"
on_call = "orders-pager"
"""
NOTICE: Final = {"sunset_date": "2027-06-01", "migration_notes": "Read the new one."}


class Waiting:
    """A flag that is waited for without waiting: time goes on by as much."""

    def __init__(self) -> None:
        self.now_s, self.stopped = 0.0, False
        self.waited: list[float] = []

    def is_set(self) -> bool:
        return self.stopped

    def wait(self, timeout: float | None = None) -> bool:
        self.waited.append(timeout or 0)
        self.now_s += timeout or 0
        return self.stopped


@dataclass
class World:
    """`folder` is the repository of the domain `orders`, whose schema the catalog has."""

    folder: Path
    catalog: MemoryCatalog = field(default_factory=MemoryCatalog)
    waiting: Waiting = field(default_factory=Waiting)
    today: date = TODAY

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        told = TOML.format(name="orders", catalog_name="orders")
        (self.folder / "platform.toml").write_text(told, encoding="utf-8")
        self.catalog.create_schema("orders", "product", marker=MARKER)
        self.catalog.calls.clear()

    @property
    def about(self) -> About:
        return About(self.folder, "orders", "orders", "@acme/orders-team", "orders-pager")

    def write(self, path: str, changes: dict[str, Any] | None = None) -> None:
        """The sample contract with values put at addresses."""
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text(document(changes)))

    def publish(self, *, dry_run: bool = False, deadline_s: float = 60) -> Result:
        waiting: Any = self.waiting
        clock: Callable[[], float] = lambda: self.waiting.now_s  # noqa: E731 - a name for its type
        return publishing.publish(
            publishing.contracts_of(self.about),
            self.about,
            self.catalog,
            today=self.today,
            patience=Patience(deadline_s, clock, waiting),
            dry_run=dry_run,
        )

    def calls(self) -> list[str]:
        """The mutating calls since they were asked for last."""
        made = [f"{method} {payload['table']}" for method, payload in self.catalog.calls]
        self.catalog.calls.clear()
        return made

    def published(self) -> dict[str, Publication | None]:
        """What is in the catalog, by table."""
        return {one.name: one.publication for one in self.catalog.tables("orders", "product")}

    def versions(self) -> dict[str, str]:
        return {name: said.version for name, said in self.published().items() if said is not None}


def actions(result: Result) -> dict[str, tuple[str, str]]:
    """What was to be done about each file and what became of it."""
    return {line.change.wish.path: (line.change.action, line.status) for line in result.lines}
