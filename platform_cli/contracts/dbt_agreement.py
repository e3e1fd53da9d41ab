"""Whether a contract and the dbt model that makes its table say the same: the check `dbt`.

Compares what both declare, and what the model's constraints and tests hold with what the contract
promises. Reads no file and runs nothing.
"""

from __future__ import annotations

from typing import Any

from platform_cli.contracts.dbt_evidence import Evidence, Held, evidence
from platform_cli.contracts.dbt_findings import Drift, listed
from platform_cli.contracts.dbt_keys import compare_keys, suspect_change
from platform_cli.contracts.dbt_types import agreement
from platform_cli.contracts.findings import Finding, Report, Severity, shown
from platform_cli.contracts.model import Column, Contract
from platform_cli.contracts.types import Fixed, Simple
from platform_cli.contracts.values import canonical
from platform_cli.dbt_project import Column as Declared
from platform_cli.dbt_project import DbtProject, Model, Source

_NUMERIC = frozenset({"integer", "bigint", "float", "double"})


def check(
    contract: Contract,
    project: DbtProject,
    *,
    was: Contract | None = None,
    before: DbtProject | None = None,
) -> list[Finding] | None:
    """Every disagreement of a contract with its model; None where the project has no such model.

    `was` and `before` are the baseline's contract and project, for what no contract can say. Where
    files of the project could not be read, a model that is not found is not said to be missing.
    """
    model = find(contract, project)
    if model is None:
        drift = Drift(contract, Source("dbt_project.yml"))
        _versions(contract, project, drift)
        _unread(project, None, drift)
        return drift.findings or None
    drift = Drift(contract, model.source)
    _unread(project, model, drift)
    _compare(contract, model, project, drift)
    earlier = find(was, before) if was is not None and before is not None else None
    if earlier is not None and was is not None:
        suspect_change(earlier, model, was, project.adapter, drift)
    drift.findings.sort(key=lambda one: (one.line, one.column))
    return drift.findings


def find(contract: Contract, project: DbtProject) -> Model | None:
    """The model of a contract's major: a version of that number, `<table>_v<N>`, or `<table>`."""
    table, major = contract.table, contract.major
    named = project.models.get(table, ())
    versions = [one for one in named if one.name == table and one.version is not None]
    if versions:
        wanted = {str(major), f"{major}.0"} if major else {"0", "0.0", "1", "1.0"}
        return next((one for one in versions if one.version in wanted), None)
    own = project.models.get(f"{table}_v{major}", ())
    if own and major > 1:
        return own[0]
    # Such a file stands beside the previous major's, whose table has the name without a number.
    if major > 1 and contract.path.endswith(f".v{major}.contract.yaml"):
        return None
    return named[0] if named else None


def _versions(contract: Contract, project: DbtProject, drift: Drift) -> None:
    known = [one for one in project.models.get(contract.table, ()) if one.version is not None]
    if known:
        drift.source = known[0].source
        versions = {str(one.version) for one in known}
        drift.add(
            "dbt-version-missing",
            "version",
            contract.table,
            f"has the major {contract.major}",
            f"the versions {listed(versions)}",
            way_out=f"Add `v: {contract.major}` to the model's versions.",
        )


def _unread(project: DbtProject, model: Model | None, drift: Drift) -> None:
    """What could not be read: an error where the model may stand in it."""
    lost = model is None or not model.columns
    for problem in project.problems:
        path = problem.address.rpartition(":")[0] or problem.address
        manifest = path.endswith(".json")
        own = model is not None and path in {model.path, model.source.path}
        if manifest and model is None:
            continue
        if own or lost or manifest:
            severity: Severity = "warning" if manifest else "error"
            hint = problem.hint
            drift.say("dbt-unreadable", "name", problem.summary, way_out=hint, severity=severity)


def _compare(contract: Contract, model: Model, project: DbtProject, drift: Drift) -> None:
    if model.stale is not None:
        message = f"the manifest {model.stale}: the files of the model {shown(model.name)} count"
        drift.say("dbt-manifest-stale", "name", message, way_out="Run `dbt parse`.")
    _enforced(contract, model, drift)
    held = evidence(model)
    declared = {one.name: one for one in model.columns}
    _columns(contract, declared, drift)
    for column in contract.columns:
        if column.name in declared:
            _type(column, declared[column.name], project.adapter, drift)
            _null(column, held, drift)
            _values(column, held, drift)
    _checks(contract, held, drift)
    compare_keys(contract, model, project, held, drift)


def _enforced(contract: Contract, model: Model, drift: Drift) -> None:
    if model.enforced is True:
        return
    if model.enforced is None:
        text = f"whether the model {model.name} enforces what it declares, only dbt could tell"
        drift.say("dbt-not-enforced", "schema", text, way_out="Run `dbt parse` first.")
        return
    drift.add(
        "dbt-not-enforced",
        "schema",
        contract.table,
        "has promised columns and types",
        "none that dbt enforces",
        way_out="Say `contract: {enforced: true}` in the model's config.",
    )


def _columns(contract: Contract, declared: dict[str, Declared], drift: Drift) -> None:
    promised = {one.name: one for one in contract.columns}
    missing = [one for one in contract.columns if one.name not in declared]
    extra = [one for one in declared.values() if one.name not in promised]
    report = Report()
    free = [one.name for one in extra]
    for column in missing:
        nearest = report.nearest(column.name, free)
        drift.add(
            "dbt-column-missing",
            column.address,
            f"the column {column.name}",
            "stands",
            "is missing",
            nearest=nearest,
        )
    for one in extra:
        drift.add(
            "dbt-column-extra",
            f"schema.{one.name}",
            f"the column {shown(one.name)}",
            "is missing",
            "stands",
            source=one.source,
        )


def _type(column: Column, declared: Declared, adapter: str | None, drift: Drift) -> None:
    text = declared.data_type
    if text is None:
        _other_type(column, "has no data_type", declared, drift)
        return
    found = agreement(column.type, text, adapter)
    if found == "differs":
        bare = isinstance(column.type, Fixed) and text.strip().lower() in {"decimal", "numeric"}
        also = ", whose size each database chooses for itself," if bare else ""
        _other_type(column, f"{shown(text)}{also}", declared, drift)
    elif found == "unknown":
        message = f"{column.name} is {column.type} in the contract and {shown(text)} in the model"
        unknown = f"({declared.source}), which is no type that is known here: not compared"
        drift.say("dbt-type-unknown", column.address, f"{message} {unknown}")


def _other_type(column: Column, theirs: str, declared: Declared, drift: Drift) -> None:
    drift.add(
        "dbt-type-differs",
        f"{column.address}.type",
        column.name,
        f"is {shown(str(column.type))}",
        theirs,
        source=declared.source,
    )


def _null(column: Column, held: Evidence, drift: Drift) -> None:
    name = frozenset({column.name.lower()})
    found = held.not_null.get(name, [])
    address = f"{column.address}.required"
    if column.required and not found:
        excuse = held.excuse(("not_null", "primary_key"), name)
        theirs = f"may be NULL, having only {excuse[0]}," if excuse else "may be NULL"
        drift.add(
            "dbt-null-differs",
            address,
            column.name,
            "is required",
            theirs,
            source=excuse[1] if excuse else None,
            way_out="Add a not_null constraint or a not_null test to the model.",
        )
    elif found and not column.required:
        firm = next((one for one in found if one.constraint), None)
        best = firm or found[0]
        drift.add(
            "dbt-null-differs",
            address,
            column.name,
            "may be NULL",
            f"never is, by its {best.by},",
            source=best.source,
            way_out="Say `required: true` in the contract, or take it away.",
            severity="error" if firm else "warning",
        )


def _values(column: Column, held: Evidence, drift: Drift) -> None:
    name = frozenset({column.name.lower()})
    found = held.values.get(name, [])
    enum = column.enum
    address = f"{column.address}.enum"
    if enum is None:
        for one in found:
            _other_values(column, "any value", one, drift, warn=not one.constraint)
        return
    promised = {_key(column, value) for value in enum}
    if any({_key(column, value) for value in one.values} == promised for one in found):
        return
    if found:
        _other_values(column, listed(enum), found[0], drift, warn=column.extensible)
    elif not column.extensible:
        excuse = held.excuse(("accepted_values",), name)
        drift.add(
            "dbt-enum-differs",
            address,
            column.name,
            f"takes {listed(enum)}",
            f"is not held to them, having only {excuse[0]}," if excuse else "is not held to them",
            source=excuse[1] if excuse else None,
            way_out="Add an accepted_values test to the model.",
        )


def _other_values(column: Column, ours: str, one: Held, drift: Drift, *, warn: bool) -> None:
    drift.add(
        "dbt-enum-differs",
        f"{column.address}.enum",
        column.name,
        f"takes {ours}",
        f"{listed(one.values)}, by its {one.by},",
        source=one.source,
        severity="warning" if warn else "error",
    )


def _key(column: Column, value: Any) -> object:
    """A value as both sides mean it: dbt puts what is not quoted in quotes, too."""
    if isinstance(value, bool):
        return str(value).lower()
    numeric = isinstance(column.type, Fixed) or (
        isinstance(column.type, Simple) and column.type.word in _NUMERIC
    )
    return canonical(column.type, value) if numeric else str(value)


def _checks(contract: Contract, held: Evidence, drift: Drift) -> None:
    """A rule that the model holds is a rule of business, which `semantics` has to say."""
    said = {name.lower() for name in contract.semantics.entries}
    for one in held.checks:
        names = {name.lower() for name in (*one.columns, one.name or "") if name}
        if not names & said:
            about = f"the model checks `{shown(one.expression or '')}` ({one.source})"
            message = f"{about}, and semantics says nothing of it"
            drift.say("dbt-check-unsaid", "semantics", message)
