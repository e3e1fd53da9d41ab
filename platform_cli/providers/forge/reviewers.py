"""Whom a change asks for a review: CODEOWNERS of a branch, and who may write to the repository.

Pure: is handed what the branch and the records say. GitHub's names do not differ by case.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from platform_cli.providers.forge import codeowners
from platform_cli.providers.forge.port import Permission


@dataclass(frozen=True, slots=True)
class Reviewers:
    """The first CODEOWNERS that GitHub would read, with the path it has."""

    path: str
    read: codeowners.Codeowners
    writers: frozenset[str]

    def of(self, paths: Iterable[str]) -> tuple[str, ...]:
        """The owners of these files that may write, each once, in the order they come up."""
        asked: dict[str, str] = {}
        for path in paths:
            rule = self.read.rule(path)
            for owner in rule.owners if rule else ():
                if owner.casefold() in self.writers:
                    asked.setdefault(owner.casefold(), owner)
        return tuple(asked.values())

    def errors(self, address: str) -> tuple[str, ...]:
        """The lines, and the owners in them, that GitHub would silently ignore."""
        errors = [(line.line, f"{line.reason}: {line.text}") for line in self.read.ignored]
        errors += [
            (rule.line, f"{owner} has no write permission on {address}")
            for rule in self.read.rules
            for owner in rule.owners
            if owner.casefold() not in self.writers
        ]
        return tuple(f"{self.path}:{line}: {text}" for line, text in sorted(errors))


def of_branch(
    show: Callable[[str], bytes | None],
    permissions: Mapping[str, Permission],
) -> Reviewers | None:
    """Who reviews by the files that `show` gives; None where none of them is a CODEOWNERS."""
    writers = frozenset(who.casefold() for who, may in permissions.items() if may != "read")
    for path in codeowners.LOCATIONS:
        content = show(path)
        if content is not None:
            return Reviewers(path, codeowners.parse(content), writers)
    return None
