"""The four checks of every contract, in their order: `yaml`, `semver`, `dbt`, `policies`.

Everything is handed in: files as they were loaded, the baseline's, the dbt projects, the policies.
Reads nothing and prints nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final

from platform_cli.contracts.baseline import repeated
from platform_cli.contracts.card import Card, Check, File, Validation, card_of_file, judged, skipped
from platform_cli.contracts.findings import Finding
from platform_cli.contracts.model import Contract
from platform_cli.contracts.rules import reclassed
from platform_cli.contracts.semver_check import Against, against, compared, removed
from platform_cli.policies import Bundle, document, evaluate, reclassed_rules

if TYPE_CHECKING:
    from platform_cli.dbt_project import DbtProject
    from platform_cli.policies import Choice, Decision, Engine, PolicyException

_MEND: Final = "the YAML has to be mended first"


@dataclass(frozen=True, slots=True)
class Governance:
    """What the organisation says at a moment: its policies, its exceptions, its classes."""

    bundle: Bundle
    engine: Engine | Choice
    now: datetime
    exceptions: tuple[PolicyException, ...] = ()


@dataclass(frozen=True, slots=True)
class Baseline:
    """The contracts of the commit that is compared with, and its dbt project."""

    files: tuple[File, ...]
    project: DbtProject | None = None


def validate(
    files: Sequence[File],
    governance: Governance,
    *,
    baseline: Baseline | None = None,
    project: DbtProject | None = None,
    covered: Callable[[str], bool] = lambda _: True,
) -> Validation:
    """Check every wanted file, all of its findings at once, and what is gone where `covered`.

    Raises PLT-CONTRACT-003 and the PLT-POLICY codes: what cannot be asked is never a pass.
    """
    made = None
    if baseline is not None:
        table = reclassed(reclassed_rules(governance.bundle))
        today = governance.now.date()
        made = against(files, baseline.files, today=today, reclassed=table)
    yaml = _yaml(files)
    good = [
        file.loaded.contract
        for file in files
        if file.wanted and file.loaded.contract is not None and yaml[file.path].status == "passed"
    ]
    semver = {one.path: _semver(one, made) for one in good}
    before = baseline.project if baseline is not None else None
    dbt = {one.path: _dbt(one, project, made, before) for one in good}
    policies = _policies([file for file in files if file.path in semver], governance)
    unmended = (skipped("semver", _MEND), skipped("dbt", _MEND), skipped("policies", _MEND))
    cards = []
    for file in files:
        path = file.path
        rest = (semver[path], dbt[path], policies[path]) if path in semver else unmended
        if file.wanted:
            cards.append(card_of_file(file, (yaml[path], *rest)))
    if made is not None:
        cards += removed(made, covered)
    return Validation(tuple(sorted(cards, key=_place)))


def _place(card: Card) -> tuple[str, str]:
    return card.path, card.version or ""


def _yaml(files: Sequence[File]) -> dict[str, Check]:
    """Well-formed, complete, and the only file of its name and major."""
    # Where two files are one contract, the one that is asked about is told so.
    ordered = sorted(files, key=lambda file: file.wanted)
    contracts = [file.loaded.contract for file in ordered if file.loaded.contract is not None]
    again: dict[str, list[Finding]] = {}
    for contract, finding in repeated(contracts):
        again.setdefault(contract.path, []).append(finding)
    return {
        file.path: judged("yaml", (*file.loaded.findings, *again.get(file.path, ())))
        for file in files
    }


def _semver(contract: Contract, made: Against | None) -> Check:
    if made is None:
        return skipped("semver", "no baseline was named")
    return compared(contract, made)


def _dbt(
    contract: Contract,
    project: DbtProject | None,
    made: Against | None,
    before: DbtProject | None,
) -> Check:
    """Whether the contract and the model that makes its table say the same."""
    if project is None:
        return skipped("dbt", "there is no dbt project")
    from platform_cli.contracts.dbt_agreement import check

    was = made.pairs[contract.path].old if made is not None else None
    findings = check(contract, project, was=was, before=before)
    if findings is None:
        return skipped("dbt", f"the dbt project has no model {contract.table}")
    return judged("dbt", findings)


def _policies(files: Sequence[File], governance: Governance) -> Mapping[str, Check]:
    """Every policy about every contract, asked at once: the bundle is compiled a single time."""
    if not files:
        return {}
    outcome = evaluate(
        governance.bundle,
        [document(file.path, file.loaded.document(), "contract") for file in files],
        engine=governance.engine,
        exceptions=governance.exceptions,
        now=governance.now,
    )
    by_path: dict[str, list[Decision]] = {}
    for decision in outcome.decisions:
        by_path.setdefault(decision.path, []).append(decision)
    return {
        file.path: judged("policies", [_finding(one, file) for one in by_path.get(file.path, ())])
        for file in files
    }


def _finding(decision: Decision, file: File) -> Finding:
    contract = file.loaded.contract
    line, column = contract.place(decision.address) if contract is not None else (1, 1)
    detail = f" (the engine says: {decision.detail})" if decision.detail else ""
    return Finding(
        decision.policy,
        "error" if decision.severity == "deny" else "warning",
        decision.message + detail,
        decision.address,
        line,
        column,
        way_out=decision.way_out if decision.exception is None else None,
        link=decision.link,
    )
