"""A process that has imported the program and forks a real `platform-cli` for each line it reads.

Each fork runs one command line and kills itself with SIGKILL at the point it was told: forking
saves the imports, so that thousands of histories can be tried. Speaks JSON lines on stdin and
stdout. Points:

    call:N:before   at the N-th mutating call, before its effect
    call:N:after    after its effect, before its answer is back
    call:N:record   after its answer, before its result is written down
    event:N:before  before the N-th event is appended to the journal; also `after`
    audit:N         at the N-th thing that Python's audit hooks see changed on disk or started
"""

from __future__ import annotations

import json
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


def skip_the_build() -> None:
    """The build of `main` takes dbt ten seconds and changes nothing outside: it is green here."""
    from platform_cli.providers.forge.local import LocalForge
    from platform_cli.providers.forge.port import Build

    def build(*_: Any) -> Build:
        return Build("green", "nothing: the build has tests of its own", "green")

    setattr(LocalForge, LocalForge.build.__name__, build)


def child(order: dict[str, Any]) -> None:
    """Be one `platform-cli`."""
    os.environ.update(order["env"])
    output = os.open(order["output"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    for stream in (1, 2):
        os.dup2(output, stream)
    killer = Killer(order["kill"], Path(order["acknowledged"]), order["kinds"])
    killer.wrap_providers()
    skip_the_build()
    killer.wrap_journal()
    if killer.kind == "audit" or order.get("count"):
        killer.audit()
    from platform_cli.cli.app import run

    code = run(order["argv"])
    sys.stdout.flush()
    if order.get("count"):
        Path(order["count"]).write_text(json.dumps(killer.counts), encoding="utf-8")
    os._exit(code)


def main() -> None:
    """Fork for every line."""
    import copier  # noqa: F401 - imported here so that no fork has to
    import databricks.sdk.core  # noqa: F401 - the same
    import github.Requester  # noqa: F401 - the same
    import pyiceberg.catalog.rest
    import pyiceberg.catalog.sql  # noqa: F401 - the same

    from platform_cli import wiring  # noqa: F401 - the same
    from platform_cli.cli import leave  # noqa: F401 - the same
    from platform_cli.cli.commands import init  # noqa: F401 - the same
    from platform_cli.providers.forge import local  # noqa: F401 - the same

    for line in sys.stdin:
        order = json.loads(line)
        pid = os.fork()
        if pid == 0:
            child(order)
        _, status = os.waitpid(pid, 0)
        sys.stdout.write(json.dumps({"status": os.waitstatus_to_exitcode(status)}) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
