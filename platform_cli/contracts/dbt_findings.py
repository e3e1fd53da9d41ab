"""What can be wrong between a contract and its dbt model: the ids, and the words for both sides.

Ids are permanent. Compares nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from platform_cli.contracts.findings import Finding, Severity, shown
from platform_cli.contracts.model import Contract
from platform_cli.dbt_project import Source

DRIFT: Final = "schema drift between dbt model and contract YAML"

DBT_FINDINGS: Final[dict[str, str]] = {
    "dbt-column-missing": "a column of the contract that the dbt model does not declare",
    "dbt-column-extra": "a column that the dbt model declares and the contract does not have",
    "dbt-type-differs": "a column of another type in the dbt model, or of none that is written",
    "dbt-type-unknown": "a type of the dbt model that neither DuckDB nor Spark has (warning)",
    "dbt-null-differs": "a column that is required on one side alone; a warning where only a data "
    "test of the dbt model is stricter than the contract",
    "dbt-key-differs": "a key that one side alone has; a warning where only a data test of the dbt "
    "model is stricter than the contract",
    "dbt-enum-differs": "an enum that the dbt model does not hold, or holds with other values; a "
    "warning where the dbt model alone has one, or the enum is extensible",
    "dbt-check-unsaid": "a check of the dbt model that `semantics` says nothing of (warning)",
    "dbt-not-enforced": "the dbt model does not enforce what it declares; a warning where only dbt "
    "could tell",
    "dbt-grain-differs": "the dbt model does not hold the contract's grain to be unique",
    "grain-suspect": "the dbt model's query or its tests speak of another grain than the contract, "
    "or than before (warning)",
    "dbt-version-missing": "the dbt model has versions, and none is the contract's major",
    "dbt-manifest-stale": "the manifest does not say what the dbt files say (warning)",
    "dbt-unreadable": "a file of the dbt project is not read; a warning where the model's own "
    "files are",
}


@dataclass(slots=True)
class Drift:
    """The findings of one contract, gathered."""

    contract: Contract
    source: Source
    """Where the model is declared: what is missing in it is missing there."""
    findings: list[Finding] = field(default_factory=list)

    def add(
        self,
        identity: str,
        address: str,
        subject: str,
        ours: str,
        theirs: str,
        *,
        source: Source | None = None,
        way_out: str | None = None,
        severity: Severity = "error",
        nearest: str | None = None,
    ) -> None:
        """Note a disagreement: what the contract says, and what the model says."""
        line, _ = self.contract.place(address)
        here = clean(f"{self.contract.path}:{line}")
        there = clean(str(source or self.source))
        told = f"{subject} {ours} in the contract ({here}) and {theirs} in the model ({there})"
        hint = f"; did you mean {nearest}?" if nearest is not None else ""
        message = clean(f"{DRIFT}: {told}{hint}")
        line, column = self.contract.place(address)
        self.findings.append(
            Finding(
                identity,
                severity,
                message,
                address,
                line,
                column,
                nearest=nearest,
                way_out=way_out,
            )
        )

    def say(
        self,
        identity: str,
        address: str,
        message: str,
        *,
        way_out: str | None = None,
        severity: Severity = "warning",
    ) -> None:
        """Note something that is not one side against the other."""
        line, column = self.contract.place(address)
        self.findings.append(
            Finding(identity, severity, clean(message), address, line, column, way_out=way_out)
        )


def clean(text: str) -> str:
    """The text without the halves of characters that a manifest may hold and nothing can write."""
    return text.encode("utf-8", "replace").decode("utf-8")


def listed(names: object) -> str:
    """Names or values, as a message says several of them."""
    if isinstance(names, (set, frozenset)):
        names = sorted(names, key=str)
    return shown(", ".join(map(str, names if isinstance(names, (list, tuple)) else [names])))
