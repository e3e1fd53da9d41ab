"""The domain repository's files, rendered once: when a step first needs them, or ahead of it.

Two steps need the same files: `render` makes and checks them, `repo.push` commits them. On a
finished domain neither does, and nothing is rendered.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Lock, Thread


@dataclass(frozen=True, slots=True)
class Draft:
    """Rendered and checked files in a temporary folder, and the git tree id of all of them."""

    folder: Path
    files: tuple[str, ...]
    tree: str
    template: str


class Rendering:
    """Renders on first use; safe to ask from several threads at once."""

    def __init__(self, make: Callable[[], Draft]) -> None:
        self._make = make
        self._lock = Lock()
        self._made: Draft | Exception | None = None

    def begin(self) -> None:
        """Start it now, for who will want the files in a moment; they are told what goes wrong."""

        def ahead() -> None:
            with suppress(Exception):
                self.draft()

        Thread(target=ahead, name="rendering", daemon=True).start()

    def draft(self) -> Draft:
        """The files. Raises PlatformError with a PLT-TEMPLATE code, the same one each time."""
        with self._lock:
            if self._made is None:
                try:
                    self._made = self._make()
                except Exception as error:  # noqa: BLE001 - raised below, and to whoever asks next
                    self._made = error
            made = self._made
        if isinstance(made, Exception):
            raise made
        return made
