"""The embedded pager's one file: everything it knows, as JSON that a person can read and edit.

Written whole or not at all, under a lock, so that a kill leaves the old book or the new one.
Whatever is wrong with an edited book is said with the file and the reason.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from platform_cli import disk
from platform_cli.errors import PlatformError

SCHEMA: Final = "platform-cli/pager/1"
PARTS: Final = ("schedules", "escalation_policies", "services", "pages")
_LARGEST: Final = 16 * 1024 * 1024

Entry = dict[str, Any]
Book = dict[str, list[Entry]]


def read(path: Path) -> Book:
    """The book, to look at; empty where there is none. Raises PLT-PAGER-002 or PLT-HOME-001."""
    return _parsed(path, _content(path))


def _content(path: Path) -> bytes | None:
    with disk.touching(path):
        try:
            with path.open("rb") as file:
                return file.read(_LARGEST + 1)
        except FileNotFoundError:
            return None


def _parse(path: Path, content: bytes | None) -> Book:
    if content is None:
        return {part: [] for part in PARTS}
    try:
        document = json.loads(content)
    except (ValueError, RecursionError):
        raise damaged(path, "it is not a JSON document") from None
    if not isinstance(document, dict) or document.get("schema") != SCHEMA:
        raise damaged(path, f"its schema is not {SCHEMA}")
    book: Book = {}
    for part in PARTS:
        entries = document.get(part)
        if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
            raise damaged(path, f"{part} is not a list of objects")
        book[part] = entries
    return book


# Each look at a domain reads the book several times. It is read anew, since people edit it, and
# compared; only to understand a thousand domains' book takes long.
_parsed = lru_cache(maxsize=1)(_parse)


@contextmanager
def writing(path: Path) -> Iterator[Book]:
    """Hold the book, change it, and put it in the place of the old one, durably."""
    disk.private_folder(path.parent)
    with disk.held(path.parent):
        book = _parse(path, _content(path))
        before = _text(book)
        yield book
        after = _text(book)
        if after != before:
            with disk.touching(path):
                _replace(path, after)


def damaged(path: Path, why: str) -> PlatformError:
    """The error for a book that cannot be what we wrote, or was edited wrongly."""
    return PlatformError(
        "PLT-PAGER-002",
        f"{path}: {why}. Nothing was changed.",
        hint="Mend the file by hand, or restore it from a copy.",
        address=str(path),
    )


def _text(book: Book) -> str:
    # Escaped, because a name typed in a broken encoding holds what UTF-8 cannot.
    return json.dumps({"schema": SCHEMA, **book}, indent=2) + "\n"


def _replace(path: Path, text: str) -> None:
    unfinished = path.with_name(f".{path.name}.unfinished")
    # Always the same name: what a kill left behind is overwritten by the next writer.
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW
    with os.fdopen(os.open(unfinished, flags, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)
    disk.sync(path.parent)
