"""Which domain a repository belongs to: the table `[domain]` of its platform.toml.

Somebody else's text: it is checked as what a person types is, and says nothing about any server.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from platform_cli import spec
from platform_cli.errors import PlatformError, Problem
from platform_cli.settings.files import UnreadableError, read_toml

FILE: Final = "platform.toml"
_TABLE: Final = "domain"
_KEYS: Final = ("name", "catalog_name", "owner", "on_call")


@dataclass(frozen=True, slots=True)
class About:
    """A domain's repository: its folder, and what it says of its domain."""

    folder: Path
    domain: str
    catalog_name: str
    owner: str
    on_call: str


def about(start: Path) -> About:
    """The domain's repository that the folder is, or lies in. Raises PLT-REPO-001."""
    start = start.absolute()
    for folder in (start, *start.parents):
        try:
            found = read_toml(folder / FILE)
        except UnreadableError as error:
            raise _none(start, [error.problem]) from None
        if found is not None:
            return _read(folder, found)
    raise _none(start, [])


def _read(folder: Path, found: Mapping[str, Any]) -> About:
    said = found.get(_TABLE)
    texts = {key: said.get(key) if isinstance(said, dict) else None for key in _KEYS}
    problems = list(_problems(texts))
    if problems:
        raise _none(folder, problems)
    return About(folder, *(str(texts[key]) for key in _KEYS))


def _problems(texts: Mapping[str, object]) -> Iterator[Problem]:
    address = "platform.toml [domain]"
    wrong = [key for key, text in texts.items() if not isinstance(text, str)]
    for key in wrong:
        yield Problem(address, f"{key} is not there or is no text", f'It is a line {key} = "…".')
    if wrong:
        return
    name, catalog_name, owner, on_call = (str(texts[key]) for key in _KEYS)
    for problem in spec.problems_of(name, owner, on_call):
        yield Problem(address, problem.summary, problem.hint)
    if catalog_name != name.replace("-", "_"):
        right = name.replace("-", "_")
        yield Problem(address, "catalog_name is not the name as a catalog takes it", f"{right!a}.")


def _none(folder: Path, problems: list[Problem]) -> PlatformError:
    why = problems[0].summary if problems else f"no {FILE} is there, or in a folder above it"
    return PlatformError(
        "PLT-REPO-001",
        f"{folder} is not a domain's repository: {why}. Nothing was done.",
        address=str(folder),
        problems=problems,
    )
