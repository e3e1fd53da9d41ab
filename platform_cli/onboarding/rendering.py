"""The domain repository's files, rendered once, when a step first needs them.

Two steps need the same files: `render` makes and checks them, `repo.push` commits them. On a
finished domain neither does, and nothing is rendered.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from threading import Lock


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
        self._draft: Draft | None = None

    def draft(self) -> Draft:
        """The files. Raises PlatformError with a PLT-TEMPLATE code."""
        with self._lock:
            if self._draft is None:
                self._draft = self._make()
            return self._draft
