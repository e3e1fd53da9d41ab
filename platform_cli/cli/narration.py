"""What every command that runs for a while shares: narration, and a stop at a safe point."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event as Flag

from platform_cli.cli.options import Invocation
from platform_cli.cli.render import human, live, markdown
from platform_cli.errors import PlatformError


def narration(invocation: Invocation, *, quiet: bool) -> live.Silent:
    """The narration that fits the terminal and the flags."""
    return live.watcher(
        invocation.terminal,
        quiet=quiet,
        plain=invocation.plain,
        verbose=invocation.verbose,
    )


@contextmanager
def reported(invocation: Invocation, summary: Path | None) -> Iterator[None]:
    """An error goes to the summary, too; and to stderr where stdout is kept as a file."""
    try:
        yield
    except PlatformError as error:
        if summary is not None:
            markdown.append_error(summary, error)
            if invocation.json:
                human.tell_error(error)
        raise


@contextmanager
def stopping(stop: Flag) -> Iterator[None]:
    """While a run is on, Ctrl-C and SIGTERM ask it to stop at its next safe point."""
    numbers = (signal.SIGINT, signal.SIGTERM)
    # Ignored from the start, as `nohup` and a shell's `&` have it: that is the caller's wish.
    wanted = [n for n in numbers if signal.getsignal(n) is not signal.SIG_IGN]
    earlier = {n: signal.signal(n, lambda *_: stop.set()) for n in wanted}
    try:
        yield
    finally:
        for number, handler in earlier.items():
            signal.signal(number, handler)
