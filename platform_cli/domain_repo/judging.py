"""A checkout of a domain's repository, judged: are its contracts valid, what do policies deny?

Looks at files and executes none of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Judged:
    """What was found in the contracts of a checkout."""

    paths: tuple[str, ...]
    drafts: int
    errors: tuple[str, ...]
    """Each with its file, line and column."""


def contract_paths(folder: Path) -> tuple[Path, ...]:
    """Every contract of the repository, in the order of their paths; links are not followed."""
    found = folder.rglob("*.contract.yaml")
    return tuple(sorted(path for path in found if path.is_file() and not path.is_symlink()))


def contracts(folder: Path) -> Judged:
    """Load every contract of the checkout."""
    from platform_cli.contracts.load import load

    paths, errors, drafts = [], [], 0
    for path in contract_paths(folder):
        name = path.relative_to(folder).as_posix()
        loaded = load(path.read_bytes(), name)
        paths.append(name)
        drafts += loaded.contract is not None and loaded.contract.draft
        errors += [
            f"{name}:{finding.line}:{finding.column} {finding.message}"
            for finding in loaded.findings
            if finding.severity == "error"
        ]
    return Judged(tuple(paths), drafts, tuple(errors))


def denials(folder: Path, now: datetime) -> tuple[str, ...]:
    """What the released policies deny in the checkout: its documents, and its copy of them."""
    from platform_cli import policies
    from platform_cli.domain_repo.inputs import decide

    outcome = decide(folder, (), policies.released(), engine="auto", now=now)
    return tuple(
        f"{decision.address}: {decision.message}"
        for decision in outcome.decisions
        if decision.severity == "deny"
    )
