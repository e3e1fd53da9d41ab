"""A process that has imported the program and forks a real `platform-cli` for each line it reads.

Each fork runs one command line and kills itself with SIGKILL at the point it was told (`killing`),
its jobs one at a time where it was told an order (`turns`). Forking saves the imports, so that
thousands of histories can be tried. Speaks JSON lines on stdin and stdout.
"""

from __future__ import annotations

import faulthandler
import gc
import json
import os
import signal
import sys
import tempfile
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any

from tests.crash.killing import Killer
from tests.crash.memory import remember, share_statements
from tests.crash.scratch import quick_folder
from tests.crash.turns import wrap_crew


def skip_the_build() -> None:
    """The build of `main` takes dbt ten seconds and changes nothing outside: it is green here."""
    from platform_cli.providers.forge.local import LocalForge
    from platform_cli.providers.forge.port import Build

    def build(*_: Any) -> Build:
        return Build("green", "nothing: the build has tests of its own", "green")

    setattr(LocalForge, LocalForge.build.__name__, build)


def child(order: dict[str, Any]) -> None:
    """Be one `platform-cli`."""
    imported = set(sys.modules)
    os.environ.update(order["env"])
    output = os.open(order["output"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    for stream in (1, 2):
        os.dup2(output, stream)
    if order.get("limit_s"):
        # A run that hangs says where, and is then ended by the alarm, which nobody handles.
        faulthandler.dump_traceback_later(order["limit_s"], file=2)
        signal.alarm(order["limit_s"] + 2)
    killer = Killer(order["kill"], Path(order["acknowledged"]), order["kinds"])
    killer.wrap_providers()
    skip_the_build()
    killer.wrap_journal()
    if killer.kind == "audit" or order.get("count"):
        killer.audit()
    remember(Path(order["kept"]))
    if order.get("order"):
        wrap_crew(order["order"])
    from platform_cli.cli.app import run

    code = run(order["argv"])
    sys.stdout.flush()
    if order.get("count"):
        Path(order["count"]).write_text(json.dumps(killer.counts), encoding="utf-8")
    _imports(order).write_text("\n".join(set(sys.modules) - imported), encoding="utf-8")
    os._exit(code)


def _imports(order: dict[str, Any]) -> Path:
    return Path(order["kept"], "imports")


def learn(order: dict[str, Any]) -> None:
    """Import what a child had to import, so that no later one has to."""
    told = _imports(order)
    if not told.exists():
        return
    names = told.read_text(encoding="utf-8").split()
    told.unlink()
    for name in names:
        with suppress(Exception):  # a part of something else: it comes with that, or not at all
            import_module(name)
    if names:
        gc.collect()
        gc.freeze()


def main() -> None:
    """Fork for every line."""
    import copier  # noqa: F401 - imported here, and so rendered with here: no fork has to

    share_statements()
    with tempfile.TemporaryDirectory(prefix="platform-cli-crash-", dir=quick_folder()) as kept:
        # Found out for this process; each child has a folder of its own for what it makes.
        tempfile.tempdir = None
        for line in sys.stdin:
            order = json.loads(line) | {"kept": kept}
            pid = os.fork()
            if pid == 0:
                child(order)
            _, status = os.waitpid(pid, 0)
            learn(order)
            sys.stdout.write(json.dumps({"status": os.waitstatus_to_exitcode(status)}) + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
