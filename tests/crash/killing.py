"""Kills the process that it is put into, with SIGKILL, at one point. Points:

call:N:before   at the N-th mutating call, before its effect
call:N:after    after its effect, before its answer is back
call:N:record   after its answer, before its result is written down
event:N:before  before the N-th event is appended to the journal; also `after`
audit:N         at the N-th thing that Python's audit hooks see changed on disk or started
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from threading import Lock
from typing import Any

MUTATING = {
    "platform_cli.providers.forge.local:LocalForge": (
        "create_repository",
        "set_marker",
        "set_variable",
        "set_secret",
        "create_environment",
        "grant",
        "push",
        "protect",
        "create_branch",
        "create_pull_request",
        "close_pull_request",
        "delete_branch",
    ),
    "platform_cli.providers.forge.github.adapter:GitHubForge": (
        "create_repository",
        "set_marker",
        "set_variable",
        "set_secret",
        "create_environment",
        "grant",
        "push",
        "protect",
        "create_branch",
        "create_pull_request",
        "close_pull_request",
        "delete_branch",
    ),
    "platform_cli.providers.catalog.local:LocalCatalog": (
        "create_schema",
        "set_marker",
        "grant",
        "revoke",
        "set_tags",
    ),
    # Where each request leaves: some of the adapter's methods are more than one.
    "platform_cli.providers.catalog.unity.api:Api": ("send",),
    "platform_cli.providers.catalog.iceberg.api:Api": ("change",),
    "platform_cli.providers.pager.pagerduty.adapter:PagerDutyPager": (
        "create_schedule",
        "create_escalation_policy",
        "create_service",
        "create_integration",
        "set_marker",
        "page",
        "resolve",
    ),
    "platform_cli.providers.pager.local:LocalPager": (
        "create_schedule",
        "create_escalation_policy",
        "create_service",
        "create_integration",
        "set_marker",
        "page",
        "resolve",
    ),
}
AUDITED = frozenset({"os.rename", "os.mkdir", "os.remove", "os.rmdir", "subprocess.Popen"})


def die() -> None:
    """What the kernel does to a process that is killed: no handler, no flush, no farewell."""
    os.kill(os.getpid(), signal.SIGKILL)


class Killer:
    """Counts what happens and kills the process at one point."""

    def __init__(self, point: str | None, acknowledged: Path, kinds: str = "") -> None:
        kind, number, when = ((point or "none:0:") + ":").split(":")[:3]
        self.kind, self.number, self.when = kind, int(number), when
        self.counts: dict[str, int] = {}
        self.lock = Lock()
        self.acknowledged = acknowledged
        self.kinds = kinds
        """How the calls that count begin: `forge.`, or nothing for all of them."""

    def at(self, kind: str, number: int, when: str) -> None:
        """Die if this is the point."""
        if (kind, number, when) == (self.kind, self.number, self.when):
            die()

    def count(self, kind: str) -> int:
        """One more of its kind."""
        with self.lock:
            self.counts[kind] = self.counts.get(kind, 0) + 1
            return self.counts[kind]

    def wrap_providers(self) -> None:
        """Put a kill point before and after each mutating call that counts."""
        for place, names in MUTATING.items():
            if f".{self.kinds}" not in place:
                continue
            module, _, name = place.partition(":")
            adapter = getattr(import_module(module), name)
            for method in names:
                setattr(adapter, method, self._wrapped(getattr(adapter, method)))

    def _wrapped(self, method: Callable[..., Any]) -> Callable[..., Any]:
        def called(*args: Any, **kwargs: Any) -> Any:
            number = self.count("call")
            self.at("call", number, "before")
            answer = method(*args, **kwargs)
            self.at("call", number, "after")
            return answer

        return called

    def wrap_journal(self) -> None:
        """Put kill points around each append, and remember what was acknowledged."""
        from platform_cli.journal.sqlite import SqliteJournal

        append = SqliteJournal.append
        intents: set[str] = set()

        def called(journal: SqliteJournal, event: Any) -> None:
            number = self.count("event")
            self.at("event", number, "before")
            if event.type == "call.intent" and str(event.detail["call"]).startswith(self.kinds):
                intents.add(event.id)
            if event.type == "call.result" and event.detail["intent"] in intents:
                self.at("call", self.count("result"), "record")
            append(journal, event)
            with self.acknowledged.open("a", encoding="utf-8") as file:
                file.write(event.id + "\n")
            self.at("event", number, "after")

        setattr(SqliteJournal, append.__name__, called)

    def audit(self) -> None:
        """Kill at the N-th change of the disk or start of a program."""

        def hook(event: str, _: tuple[Any, ...]) -> None:
            if event in AUDITED:
                self.at("audit", self.count("audit"), "")

        sys.addaudithook(hook)
