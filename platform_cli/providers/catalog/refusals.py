"""What every catalog refuses in the same words: names that are none, and what is not ours."""

from __future__ import annotations

import re
from typing import Final

from platform_cli.errors import PlatformError

_DOMAIN: Final = re.compile(r"[a-z0-9_]{1,100}")
_TABLE: Final = re.compile(r"[a-z0-9_]{1,150}")
_HALF: Final = re.compile("[\ud800-\udfff]")


def check_domain(name: str) -> None:
    """Raises PLT-SPEC-001 for what is no name of a domain in a catalog."""
    if not _DOMAIN.fullmatch(name):
        raise PlatformError("PLT-SPEC-001", f"{name!r} is not a name for a domain in a catalog")


def check_table(name: str) -> None:
    """Raises PLT-SPEC-001 for what is no name of a table."""
    if not _TABLE.fullmatch(name):
        raise PlatformError("PLT-SPEC-001", f"{name!r} is not a name for a table in a catalog")


def check_texts(*texts: str) -> None:
    """Raises PLT-SPEC-001 for what JSON cannot carry."""
    for text in texts:
        if _HALF.search(text):
            raise PlatformError("PLT-SPEC-001", f"{text!r} has a letter that no catalog can hold")


def not_ours(what: str, address: str, why: str) -> PlatformError:
    """Something is there, and is not to be written to."""
    summary = f"The {what} {address} {why}. It was not changed."
    return PlatformError("PLT-CATALOG-001", summary, address=address)


def gone(what: str, address: str) -> PlatformError:
    """Something is not there that would be changed."""
    summary = f"There is no {what} {address}. Nothing was changed."
    return PlatformError("PLT-CATALOG-003", summary, address=address)
