"""What a history plays in: the machines with their journals, the places, and GitHub's bad moments."""

from __future__ import annotations

import shutil
import threading
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

from tests.crash.stateful_embedded import InCatalog, InFolders, InPager
from tests.crash.stateful_ledger import Ledger
from tests.crash.stateful_places import OnGitHub, Place
from tests.crash.stateful_program import Machine, Program
from tests.fakes.github.server import serving
from tests.fakes.github.state import Call, Fault, State

WORLDS: Final = ("hub", "hub", "local")
"""GitHub, counted at the fake, with embedded catalog and pager; and all of it embedded."""
_PASSING: Final = frozenset({"500", "503", "429", "drop"})
_FEW: Final = 2
_SETTLING_S: Final = 60.0
_HUB: Final = """profile = "hub"
[platform]
organisation = "acme"
[profiles.hub]
forge = "github"
[profiles.hub.github]
base_url = "{}"
"""


class World:
    """Two machines that know nothing of each other, and a partner of the first."""

    def __init__(self, name: str, folder: Path, program: Program) -> None:
        self._stack, self._folder = ExitStack(), folder
        self.state: State | None = None
        if name == "hub":
            self.state = self._stack.enter_context(serving(folder / "github"))
        config = _HUB.format(self.state.base) if self.state else ""
        told = {"GH_TOKEN": "canary-token"} if self.state else {}
        self.first = Machine(folder / "first", config, told)
        self.machines = (self.first, Machine(folder / "second", config, told))
        journal = f'\n[journal]\nurl = "sqlite://{self.first.home}/journal.sqlite3"\n'
        self.partner = Machine(folder / "partner", config + journal, told)
        self.forges = tuple(self._forge(machine) for machine in self.machines)
        self.ledgers = tuple(Ledger(program, machine, name) for machine in self.machines)
        self.ledgers[0].partner = self.partner
        self.organisation = "acme" if self.state else "local"

    def close(self) -> None:
        """Take the servers down and the files away."""
        self._stack.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _forge(self, machine: Machine) -> Place:
        return OnGitHub(self.state) if self.state else InFolders(machine.home / "forge")

    def places(self, on: int) -> tuple[Place, ...]:
        """Forge, catalog and pager, as that machine has them."""
        home = self.machines[on].home
        return (self.forges[on], InCatalog(home / "catalog"), InPager(home / "pager"))

    def traces(self, on: int) -> tuple[int, object]:
        """Calls that were to change something, and everything in the embedded places."""
        mutated = len(self.state.mutations) if self.state else 0
        inside = {
            name: kept
            for name, kept in self.machines[on].tree().items()
            if name.split("/")[0] in {"forge", "catalog", "pager"}
        }
        return mutated, inside

    def sharing(self) -> Machine:
        """The partner, who shares journal, catalog and pager, once there is something to share."""
        shared = ("catalog", "pager", *(() if self.state else ("forge",)))
        if not all((self.first.home / name).exists() for name in (*shared, "journal.sqlite3")):
            return self.first
        self.partner.home.mkdir(mode=0o700, exist_ok=True)
        for name in shared:
            link = self.partner.home / name
            if not link.is_symlink():
                link.symlink_to(self.first.home / name)
        self.partner.off_s = self.first.off_s
        return self.partner

    def fault(self, which: str, when: str, kind: str, skip: str, times: str) -> None:
        """Let so many calls of a kind fail, after so many that do not."""
        assert self.state is not None

        def match(call: Call) -> bool:
            git = ".git/" in call.path
            return git if which == "git" else not git and call.mutating == (which == "writes")

        # What is refused has had no effect.
        moment: Any = when if kind in _PASSING else "before"
        what: Any = kind if kind == "drop" else int(kind)
        headers = {"Retry-After": "1"} if kind == "429" else {}
        self.state.faults.append(Fault(moment, what, headers, match, int(skip), int(times)))

    def mend(self, *_: str) -> None:
        """Nothing fails any more."""
        if self.state is not None:
            self.state.faults.clear()

    def _waiting(self) -> list[Fault]:
        faults = self.state.faults if self.state else ()
        return [fault for fault in faults if fault.hit < fault.skip + fault.times]

    @property
    def hindered(self) -> bool:
        """Whether a fault waits for a call."""
        return bool(self._waiting())

    @property
    def sure(self) -> bool:
        """Whether a run must go well all the same: a few passing faults are nothing."""
        left = self._waiting()
        passing = all(str(fault.kind) in _PASSING for fault in left)
        return passing and sum(fault.times for fault in left) <= _FEW

    def quiet(self) -> None:
        """Wait until the servers have no call under way: a killed caller's may still have one."""
        until = time.monotonic() + _SETTLING_S
        while any("process_request_thread" in one.name for one in threading.enumerate()):
            assert time.monotonic() < until, "a server still answers somebody who is gone"
            time.sleep(0.005)
