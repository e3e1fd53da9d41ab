"""Narration on stderr while a run is on: a live view on a terminal, else one line a step.

Without a terminal each line begins with its time and holds no escape code.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from threading import Lock
from typing import TYPE_CHECKING, Self

from platform_cli.cli.render.text import clean, duration
from platform_cli.settings import Terminal

if TYPE_CHECKING:
    from rich.live import Live


class Silent:
    """Says nothing: --quiet, and plans."""

    def __enter__(self) -> Self:
        """Nothing to set up."""
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing to take down."""

    def step_started(self, step: str) -> None:
        """Say nothing."""

    def step_finished(self, step: str, status: str, duration_s: float, note: str) -> None:
        """Say nothing."""

    def waiting(self, step: str, why: str, for_s: float) -> None:
        """Say nothing."""

    def check_finished(self, check: str, status: str, saw: str) -> None:
        """Say nothing."""


class Lines(Silent):
    """One line a step, with a timestamp."""

    def __init__(
        self,
        *,
        verbose: bool = False,
        now: Callable[[], datetime] = lambda: datetime.now(tz=UTC),
    ) -> None:
        self._verbose = verbose
        self._now = now
        self._lock = Lock()

    def step_started(self, step: str) -> None:
        """A step begins: said with --verbose."""
        if self._verbose:
            self._say(f"{step:<15} started")

    def step_finished(self, step: str, status: str, duration_s: float, note: str) -> None:
        """A step has ended."""
        self._say(f"{step:<15} {status:<8} {duration(duration_s):>8}  {note}")

    def waiting(self, step: str, why: str, for_s: float) -> None:
        """A step waits before its next try."""
        self._say(f"{step:<15} trying again in {duration(for_s)}: {why}")

    def check_finished(self, check: str, status: str, saw: str) -> None:
        """A day-one check has ended."""
        self._say(f"  {check:<13} {status:<8} {saw}")

    def _say(self, text: str) -> None:
        stamp = self._now().strftime("%Y-%m-%dT%H:%M:%SZ")
        with self._lock, suppress(OSError):  # nobody listening never stops a run
            sys.stderr.write(clean(f"{stamp} {text}").rstrip() + "\n")
            sys.stderr.flush()


class LiveView(Silent):
    """What runs now with a spinner, what has ended above it. Gone when the result is printed."""

    def __init__(self, *, plain: bool) -> None:
        self._plain = plain
        self._rows: dict[str, str] = {}
        self._lock = Lock()
        self._live: Live | None = None

    def __enter__(self) -> Self:
        """Begin the live view."""
        from rich.console import Console
        from rich.live import Live

        console = Console(
            stderr=True,
            no_color=self._plain,
            markup=False,
            highlight=False,
            emoji=False,
        )
        self._live = Live(console=console, transient=True, refresh_per_second=12)
        self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Take the live view down, whatever happened."""
        if self._live is not None:
            self._live.stop()

    def step_started(self, step: str) -> None:
        """A step begins."""
        self._show(step, "…")

    def step_finished(self, step: str, status: str, duration_s: float, note: str) -> None:
        """A step has ended."""
        self._show(step, f"{status:<8} {duration(duration_s):>8}  {note}")

    def waiting(self, step: str, why: str, for_s: float) -> None:
        """A step waits before its next try."""
        self._show(step, f"trying again in {duration(for_s)}: {why}")

    def check_finished(self, check: str, status: str, saw: str) -> None:
        """A day-one check has ended."""
        self._show(f"  {check}", f"{status:<8} {saw}")

    def _show(self, step: str, said: str) -> None:
        from rich.console import Group
        from rich.spinner import Spinner
        from rich.text import Text

        with self._lock:
            self._rows[step] = clean(said)
            rows = [
                Spinner("dots", Text(f"{name:<15}", no_wrap=True, overflow="ellipsis"))
                if row == "…"
                else Text(f"  {name:<15} {row}", no_wrap=True, overflow="ellipsis")
                for name, row in self._rows.items()
            ]
            if self._live is not None:
                self._live.update(Group(*rows))


def watcher(terminal: Terminal, *, quiet: bool, plain: bool, verbose: bool) -> Silent:
    """The narration that fits: nothing, lines, or a live view."""
    if quiet:
        return Silent()
    if sys.stderr.isatty() and not terminal.term_dumb and not terminal.ci and not verbose:
        return LiveView(plain=plain)
    return Lines(verbose=verbose)
