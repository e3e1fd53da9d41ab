"""Results that are files in their own right are UTF-8, whatever the terminal's encoding is."""

from __future__ import annotations

import sys


def write(text: str) -> None:
    """Print the text as it is; half a character, which UTF-8 cannot hold, becomes `?`."""
    sys.stdout.flush()
    sys.stdout.buffer.write(text.encode("utf-8", "replace"))


class Stdout:
    """A file for writers that want one."""

    def write(self, text: str) -> None:
        """Print the text."""
        write(text)
