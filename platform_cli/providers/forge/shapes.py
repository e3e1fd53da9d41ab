"""What a record of the embedded forge may hold, by kind: each value is checked when it is read.

Owns no files. Raises ValueError saying what is wrong; who reads the record names the file.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, cast, get_args

from platform_cli.providers.forge import records
from platform_cli.providers.forge.port import Permission, Protection


def entries(path: Path, kind: str, check: Callable[[object], object]) -> dict[str, Any]:
    """The entries of a record as they are written. Raises PLT-FORGE-002 for a damaged one."""
    document = records.read(path)
    if document is None:
        return {}
    try:
        raw = mapping(document.get(kind))
        for value in raw.values():
            check(value)
    except ValueError as error:
        raise records.damaged(path, str(error)) from None
    return raw


def mapping(value: object) -> dict[str, Any]:
    """An object of JSON."""
    if isinstance(value, dict):
        return value
    raise ValueError("an object is missing or is none")


def text(value: object) -> str:
    """A text."""
    if isinstance(value, str):
        return value
    raise ValueError("a text is missing or is none")


def texts(value: object) -> tuple[str, ...]:
    """A list of texts."""
    if isinstance(value, list | tuple):
        return tuple(text(one) for one in value)
    raise ValueError("a list is missing or is none")


def flag(value: object) -> bool:
    """True or false."""
    if isinstance(value, bool):
        return value
    raise ValueError("a true or false is missing or is none")


def permission(value: object) -> Permission:
    """A permission."""
    if value in get_args(Permission):
        return cast("Permission", value)
    raise ValueError("a permission is none of read, write, admin")


def protection(value: object) -> Protection:
    """A protection with all its parts."""
    parts = mapping(value)
    return Protection(
        code_owner_review=flag(parts.get("code_owner_review")),
        required_checks=texts(parts.get("required_checks")),
        force_push=flag(parts.get("force_push")),
        deletion=flag(parts.get("deletion")),
    )
