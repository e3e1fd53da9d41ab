"""dbt projects made of contracts, so that both agree: as documents that a test may damage."""

from __future__ import annotations

import copy
import json
from typing import Any

from platform_cli.contracts.dbt_agreement import check
from platform_cli.contracts.findings import Finding
from platform_cli.contracts.model import Contract
from platform_cli.contracts.types import Array, Fixed, Map, Simple, Struct, Type
from platform_cli.dbt_project import DbtProject, from_files
from tests.unit.contract_samples import FULL, contract, document

DUCKDB = {
    "string": "varchar",
    "boolean": "bool",
    "float": "real",
    "double": "double",
    "timestamp_tz": "timestamp with time zone",
    "binary": "blob",
}
SPARK = {"integer": "int", "timestamp": "timestamp_ntz", "timestamp_tz": "timestamp_ltz"}
SELECT = "select * from {{ ref('upstream') }}\n"


def in_duckdb(one: Type) -> str:
    """The type as DuckDB writes it."""
    match one:
        case Fixed():
            return f"DECIMAL({one.precision}, {one.scale})"
        case Simple():
            return DUCKDB.get(one.word, one.word).upper()
        case Array():
            return f"{in_duckdb(one.element)}[]"
        case Map():
            return f"MAP({in_duckdb(one.key)}, {in_duckdb(one.value)})"
        case Struct():
            inside = ", ".join(f'"{name}" {in_duckdb(held)}' for name, held in one.fields)
            return f"STRUCT({inside})"


def in_spark(one: Type) -> str:
    """The type as Spark and Databricks write it."""
    match one:
        case Fixed():
            return f"decimal({one.precision},{one.scale})"
        case Simple():
            return SPARK.get(one.word, one.word)
        case Array():
            return f"array<{in_spark(one.element)}>"
        case Map():
            return f"map<{in_spark(one.key)},{in_spark(one.value)}>"
        case Struct():
            inside = ", ".join(f"`{name}`: {in_spark(held)}" for name, held in one.fields)
            return f"struct<{inside}>"


def model_of(promised: Contract, *, spark: bool = False) -> dict[str, Any]:
    """A model's properties that hold all that the contract promises."""
    primary = [one.name for one in promised.columns if one.primary_key]
    grain = promised.semantics.grain
    sets = {tuple(primary)} | ({tuple(sorted(grain))} if isinstance(grain, frozenset) else set())
    single = {one[0] for one in sets if len(one) == 1}
    columns = []
    for one in promised.columns:
        tests: list[Any] = ["unique"] if one.unique or one.name in single else []
        if one.enum is not None:
            tests.append({"accepted_values": {"arguments": {"values": list(one.enum)}}})
        kind = in_spark(one.type) if spark else in_duckdb(one.type)
        made: dict[str, Any] = {"name": one.name, "data_type": kind, "data_tests": tests}
        if one.required:
            made["constraints"] = [{"type": "not_null"}]
        columns.append(made)
    return {
        "name": promised.table,
        "config": {"contract": {"enforced": True}},
        "columns": columns,
        "data_tests": [
            {"dbt_utils.unique_combination_of_columns": {"combination_of_columns": list(one)}}
            for one in sorted(sets)
            if len(one) > 1
        ],
    }


def files_of(model: dict[str, Any], sql: str = SELECT) -> dict[str, bytes]:
    """The files of a project with this one model."""
    name = model["name"]
    return {
        "dbt_project.yml": b"name: shop\n",
        f"models/{name}.sql": sql.encode(),
        f"models/{name}.yml": json.dumps(
            {"models": [model]}, indent=1, ensure_ascii=False
        ).encode(),
    }


PROMISED: Contract = contract(document())
AGREES: dict[str, Any] = model_of(PROMISED)


def changed(**columns: Any) -> dict[str, Any]:
    """The agreeing model with entries of columns replaced; None takes a column away."""
    made = copy.deepcopy(AGREES)
    for name, entries in columns.items():
        if name not in {one["name"] for one in made["columns"]}:
            made["columns"].append({"name": name})
        for one in [one for one in made["columns"] if one["name"] == name]:
            if entries is None:
                made["columns"].remove(one)
            else:
                one.update(entries)
    return made


def project_of(model: dict[str, Any], sql: str = SELECT, **files: bytes) -> DbtProject:
    """The project of this one model."""
    return from_files({**files_of(model, sql), **files})


def found(model: dict[str, Any], changes: dict[str, Any] | None = None) -> list[Finding]:
    """What is found between the sample contract, with changes, and a model."""
    findings = check(contract(document(changes, FULL)), project_of(model))
    assert findings is not None
    return findings


def ids(model: dict[str, Any], changes: dict[str, Any] | None = None) -> list[tuple[str, str, str]]:
    """The findings as (severity, id, address)."""
    return [(one.severity, one.id, one.address) for one in found(model, changes)]
