"""What `contract validate` finds out, as plain data: a card a contract, four checks a card."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, Literal, get_args

from platform_cli.contracts.findings import Finding
from platform_cli.contracts.load import Loaded
from platform_cli.contracts.model import Contract

CheckId = Literal["yaml", "semver", "dbt", "policies"]
CHECKS: Final[tuple[CheckId, ...]] = get_args(CheckId)
Status = Literal["passed", "failed", "skipped"]

VALIDATION_FINDINGS: Final[dict[str, str]] = {
    "file-unreadable": "the file or folder cannot be read, or is a link or a special file",
    "baseline-unreadable": "the baseline's file is not a valid contract, so that nothing could be "
    "compared with it (warning)",
}


@dataclass(frozen=True, slots=True)
class File:
    """A file of a repository as it was loaded; `wanted`: whether a card is asked for."""

    path: str
    loaded: Loaded
    wanted: bool = True

    def said(self, field: str) -> str | None:
        """A text at the top of the document, whether or not the contract is valid."""
        document = self.loaded.document()
        found = document.get(field) if isinstance(document, dict) else None
        return found if isinstance(found, str) else None


@dataclass(frozen=True, slots=True)
class Check:
    """One check of one contract. `note`: why it was skipped, or what a passed one has seen."""

    id: CheckId
    status: Status
    findings: tuple[Finding, ...] = ()
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Card:
    """A contract and its four checks; of a file that is none, what could be read of it."""

    path: str
    name: str | None
    version: str | None
    owner: str | None
    draft: bool
    checks: tuple[Check, ...]

    @property
    def findings(self) -> Iterator[Finding]:
        """The findings of all checks."""
        return (finding for check in self.checks for finding in check.findings)

    @property
    def failed(self) -> bool:
        """Whether a check failed."""
        return any(check.status == "failed" for check in self.checks)


@dataclass(frozen=True, slots=True)
class Validation:
    """Every card, by the path of its file."""

    cards: tuple[Card, ...]

    @property
    def outcome(self) -> Literal["passed", "failed"]:
        """Failed where a single check failed."""
        return "failed" if any(card.failed for card in self.cards) else "passed"


def judged(identity: CheckId, findings: Iterable[Finding], note: str | None = None) -> Check:
    """A check that was done: an error fails it, a warning does not."""
    found = tuple(findings)
    failed = any(finding.severity == "error" for finding in found)
    return Check(identity, "failed" if failed else "passed", found, note)


def skipped(identity: CheckId, why: str) -> Check:
    """A check that was not done."""
    return Check(identity, "skipped", note=why)


def card_of(contract: Contract, checks: tuple[Check, ...]) -> Card:
    """The card of a contract that could be loaded."""
    owner = contract.owner.team
    return Card(contract.path, contract.name, contract.version, owner, contract.draft, checks)


def card_of_file(file: File, checks: tuple[Check, ...]) -> Card:
    """The card of a file, whatever it turned out to be."""
    if file.loaded.contract is not None:
        return card_of(file.loaded.contract, checks)
    return Card(file.path, file.said("name"), file.said("version"), None, False, checks)  # noqa: FBT003 - no draft
