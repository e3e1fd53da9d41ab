"""A process that has imported the program and forks a real `platform-cli` for each line it reads.

Forking saves the imports, so that hundreds of command lines can be tried. Each writes down every
program that it starts: its arguments, and which variables of it hold a secret. Speaks JSON lines.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

from tests.security.canaries import Search

LONGEST_S = 600


def listen(order: dict[str, Any]) -> None:
    """Write down the programs that are started, and interrupt at the moment that was asked for."""
    search = Search(order["secrets"])
    moment, number = order["interrupt"] or ("", 0)
    count = 0

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        nonlocal count
        if event == moment:
            count += 1
            if count == number:
                os.kill(os.getpid(), signal.SIGINT)
        if event not in {"subprocess.Popen", "os.posix_spawn", "os.exec"}:
            return
        argv, env = (arguments[1], arguments[3]) if len(arguments) > 3 else arguments[1:3]
        held = os.environ if env is None else env
        line = {
            "argv": [os.fsdecode(word) for word in argv],
            "holds": [
                os.fsdecode(name) for name, text in held.items() if search.found(os.fsencode(text))
            ],
        }
        with Path(order["children"]).open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")

    sys.addaudithook(hook)


def hurry() -> None:
    """Let pauses between tries be short: that time passes is looked at elsewhere."""
    really = time.sleep

    def sleep(seconds: float) -> None:
        really(min(seconds, 0.005))

    time.sleep = sleep


def child(order: dict[str, Any]) -> None:
    """Be one `platform-cli`."""
    os.environ.clear()
    os.environ.update(order["env"])
    os.chdir(order["cwd"])
    os.umask(0)
    for stream, name in ((1, order["out"]), (2, order["err"])):
        os.dup2(os.open(name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), stream)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.alarm(LONGEST_S)  # the kernel ends one that never does: that is a failure
    hurry()
    from tests.crash.zygote import skip_the_build

    skip_the_build()
    listen(order)
    code = 0
    for argv in order["lines"]:
        code = one(argv)
        with Path(order["codes"]).open("a", encoding="utf-8") as file:
            file.write(f"{code}\n")
    os._exit(code)


def one(argv: list[str]) -> int:
    """One command line, up to the moment in which the process would end."""
    from platform_cli.__main__ import main as program

    sys.argv = ["platform-cli", *argv]
    code: Any = 0
    try:
        program()
    except SystemExit as left:
        code = left.code
    sys.stdout.flush()
    sys.stderr.flush()
    return int(code or 0)


def main() -> None:
    """Fork for every line."""
    import databricks.sdk.core  # noqa: F401 - imported here so that no fork has to
    import github.Requester  # noqa: F401 - the same
    import pagerduty  # noqa: F401 - the same
    import pyiceberg.catalog.rest
    import pyiceberg.catalog.sql  # noqa: F401 - the same

    from platform_cli import wiring  # noqa: F401 - the same
    from platform_cli.cli.app import build
    from platform_cli.providers.forge import local  # noqa: F401 - the same

    build(everything=True)
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
