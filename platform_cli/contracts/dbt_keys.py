"""Keys and grain: whether a dbt model holds them, and whether its query speaks of another grain.

What a query groups by is evidence and no promise: another grain than the contract's is a warning.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from platform_cli.contracts.dbt_evidence import Columns, Evidence, Held, evidence
from platform_cli.contracts.dbt_findings import Drift, listed
from platform_cli.contracts.dbt_grain import Grouping, grouping, proves_unique
from platform_cli.contracts.model import Contract
from platform_cli.dbt_project import DbtProject, Model

_UNIQUE: Final = ("unique", "primary_key")


@dataclass(slots=True)
class _Proofs:
    """The sets of columns that are held to be unique; tests that are queries are read last."""

    model: Model
    project: DbtProject
    held: Evidence
    _queried: set[Columns] | None = None

    def of(self, wanted: Columns, *, or_fewer: bool = False) -> bool:
        """Whether the columns are unique together; where fewer are, all of them are, too."""
        if wanted in self.held.unique or wanted in self._by_query():
            return True
        known = (*self.held.unique, *self._by_query()) if or_fewer else ()
        return any(one < wanted for one in known)

    def _by_query(self) -> set[Columns]:
        if self._queried is None:
            self._queried = set()
            for name in dict.fromkeys((self.model.name, self.model.relation)):
                for query in self.project.queries.get(name, ()):
                    found = proves_unique(query.sql, name)
                    if found is not None:
                        self._queried.add(found)
        return self._queried


def compare_keys(
    contract: Contract, model: Model, project: DbtProject, held: Evidence, drift: Drift
) -> None:
    """Note every key of one side that the other has not, and a grain that is not held."""
    proofs = _Proofs(model, project, held)
    primary = frozenset(one.name.lower() for one in contract.columns if one.primary_key)
    grain = _grain(contract)
    key_is_held = not primary or proofs.of(primary, or_fewer=True)
    if not key_is_held:
        first = next(one for one in contract.columns if one.primary_key)
        where = f"{first.address}.primary_key"
        _broken(_Promise("dbt-key-differs", where, primary, "the primary key"), held, drift)
    for column in contract.columns:
        name = frozenset({column.name.lower()})
        told = name == primary and not key_is_held
        if column.unique and not told and not proofs.of(name):
            where = f"{column.address}.unique"
            _broken(_Promise("dbt-key-differs", where, name, "unique"), held, drift)
    _held_alone(contract, primary, grain, held, drift)
    if grain is None:
        return
    if not proofs.of(grain) and (grain != primary or key_is_held):
        where = "semantics.grain"
        _broken(_Promise("dbt-grain-differs", where, grain, "the grain"), held, drift)
    _suspect(contract, model, project.adapter, grain, drift)


def _grain(contract: Contract) -> Columns | None:
    grain = contract.semantics.grain
    return frozenset(one.lower() for one in grain) if isinstance(grain, frozenset) else None


@dataclass(frozen=True, slots=True)
class _Promise:
    """Columns that the contract says to be unique, and as what."""

    id: str
    address: str
    columns: Columns
    what: str


def _broken(promise: _Promise, held: Evidence, drift: Drift) -> None:
    columns = promise.columns
    excuse = held.excuse(_UNIQUE, columns)
    test = "unique test" if len(columns) == 1 else "test of their unique combination"
    missing = "not held to be unique"
    drift.add(
        promise.id,
        promise.address,
        listed(columns),
        f"is {promise.what}",
        f"{missing}, having only {excuse[0]}," if excuse else missing,
        source=excuse[1] if excuse else None,
        way_out=f"Add a {test}, or a query in tests/ that returns the rows which break it.",
    )


def _held_alone(
    contract: Contract, primary: Columns, grain: Columns | None, held: Evidence, drift: Drift
) -> None:
    """What the model holds to be unique and the contract does not promise."""
    promised = {frozenset({one.name.lower()}) for one in contract.columns if one.unique}
    promised |= {primary, grain} if grain is not None else {primary}
    places = {column.name.lower(): column.address for column in contract.columns}
    for columns, (one, *_) in held.unique.items():
        as_key = columns in held.primary
        if columns == primary or (columns in promised and not as_key):
            continue
        if grain is not None and len(columns) > 1 and not one.constraint:
            message = f"the model is tested to be unique by {listed(columns)} ({one.source})"
            other = f"{message}, and the contract's grain is {listed(grain)}"
            drift.say("grain-suspect", "semantics.grain", other)
            continue
        place = next((places[name] for name in sorted(columns) if name in places), "schema")
        _extra_key(place, one, drift, as_key=as_key)


def _extra_key(place: str, one: Held, drift: Drift, *, as_key: bool) -> None:
    drift.add(
        "dbt-key-differs",
        place,
        listed(one.columns),
        "is not the primary key" if as_key else "is not said to be unique",
        f"is, by its {one.by},",
        source=one.source,
        way_out="Say so in the contract, or take it away.",
        severity="error" if one.constraint else "warning",
    )


def _suspect(
    contract: Contract, model: Model, adapter: str | None, grain: Columns, drift: Drift
) -> None:
    """Warn where the final select makes one row of something else than the grain."""
    found = grouping(model.sql, adapter) if model.sql is not None else None
    if found is None or found.by == "nothing" or found.columns == grain:
        return
    # Rows that differ in all their columns may well have a smaller grain.
    if found.by == "DISTINCT" and grain < found.columns:
        return
    line, _ = contract.place("semantics.grain")
    said = f"the contract's grain is {listed(grain)} ({contract.path}:{line})"
    message = f"{said}, and the query of the model has {found} ({model.path})"
    drift.say("grain-suspect", "semantics.grain", message)


def suspect_change(
    earlier: Model, model: Model, was: Contract, adapter: str | None, drift: Drift
) -> None:
    """Warn where the model's grouping or uniqueness changed and the contract did not."""
    contract = drift.contract
    if was.semantics.grain != contract.semantics.grain:
        return
    sides = [_grouped(one, adapter) for one in (earlier, model)]
    if sides[0] is not None and sides[1] is not None and sides[0] != sides[1]:
        message = f"the query of the model had {sides[0]} and now has {sides[1]} ({model.path})"
        unchanged = f"{message}, and the contract's grain is as it was"
        drift.say("grain-suspect", "semantics.grain", unchanged)
    if _keys(was) != _keys(contract):
        return
    old, new = (set(evidence(side).unique) for side in (earlier, model))
    if old != new:
        told = [" and by ".join(sorted(map(listed, side))) or "nothing" for side in (old, new)]
        message = f"the model was unique by {told[0]} and now is by {told[1]} ({model.source})"
        unchanged = f"{message}, and the contract's grain and keys are as they were"
        drift.say("grain-suspect", "semantics.grain", unchanged)


def _grouped(model: Model, adapter: str | None) -> Grouping | None:
    return grouping(model.sql, adapter) if model.sql is not None else None


def _keys(contract: Contract) -> list[tuple[str, bool, bool]]:
    return sorted((one.name, one.unique, one.primary_key) for one in contract.columns)
