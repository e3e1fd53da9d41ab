"""Registers the product tables of a domain's repository in the catalog.

The contracts become a plan by comparing them with what is published; the plan is applied whole or
not at all, one call a table, and a table is looked at again just before its call. A contract is
immutable by its version. Prints nothing and writes no journal.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from threading import Event as Flag
from typing import Final, Literal, TypeVar

from platform_cli.contracts.baseline import repeated
from platform_cli.contracts.findings import Finding
from platform_cli.contracts.model import Contract
from platform_cli.domain_repo.about import About
from platform_cli.domain_repo.contract_files import Scope, files
from platform_cli.domain_repo.deciding import Change, Wish, decide
from platform_cli.domain_repo.publication import major_in_name, publication, table_of
from platform_cli.errors import Code, PlatformError, Problem, TemporaryError
from platform_cli.git import around
from platform_cli.providers.catalog.port import Catalog, Table, Tier
from platform_cli.providers.marker import Marker

Outcome = Literal["published", "planned", "refused", "conflict", "failed"]
Status = Literal["done", "kept", "planned", "draft", "blocked", "failed"]

_PRODUCT: Final[Tier] = "product"
_EXISTS: Final[Code] = "PLT-CATALOG-001"
_LOOKS_AFTER_REFUSAL: Final = 3
_FIRST_PAUSE_S: Final = 0.5
_LONGEST_PAUSE_S: Final = 30.0
_Answer = TypeVar("_Answer")


@dataclass(frozen=True, slots=True)
class Line:
    """What became of one contract."""

    change: Change
    status: Status
    calls: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Result:
    """What became of all of them; without a line where there is no product contract."""

    outcome: Outcome
    lines: tuple[Line, ...]
    error: PlatformError | None = None

    @property
    def mutating_calls(self) -> int:
        """How many calls were made, repeated ones included."""
        return sum(len(line.calls) for line in self.lines)


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a run may go on trying what fails for the moment; `stop` ends it at a safe point."""

    deadline_s: float
    monotonic: Callable[[], float]
    stop: Flag = field(default_factory=Flag)


def contracts_of(about: About) -> tuple[Contract, ...]:
    """Every contract of the repository. Raises PLT-CONTRACT-001 with all that is wrong in any."""
    found = files(Scope(about.folder, around(about.folder), ()), beside=False)
    contracts = tuple(file.loaded.contract for file in found if file.loaded.contract is not None)
    problems = [
        _problem(file.path, finding)
        for file in found
        for finding in file.loaded.findings
        if finding.severity == "error"
    ]
    problems += [_problem(one.path, finding) for one, finding in repeated(contracts)]
    if problems:
        raise _not_valid(problems)
    return contracts


def publish(
    contracts: Sequence[Contract],
    about: About,
    catalog: Catalog,
    *,
    today: date,
    patience: Patience,
    dry_run: bool = False,
) -> Result:
    """Publish every product contract that is no draft, or nothing where a single one cannot be.

    Raises PLT-PUBLISH-002 or PLT-CATALOG-003 where the schema is not ours or not there; what
    happens after that is in the result.
    """
    wishes = [
        _wish(one, catalog, about)
        for one in contracts
        # A foreign one of any tier has no place here, and is told.
        if one.tier == _PRODUCT or one.domain != about.catalog_name
    ]
    run = _Run(about, catalog, today, patience, patience.monotonic() + patience.deadline_s)
    return run.applied(run.planned(wishes, _refused(wishes, about)), dry_run=dry_run)


def _wish(contract: Contract, catalog: Catalog, about: About) -> Wish:
    table, own = table_of(contract), contract.domain == about.catalog_name
    address = f"{catalog.address(about.catalog_name, _PRODUCT)}.{table}" if own else contract.name
    return Wish(contract.path, table, address, publication(contract), draft=contract.draft)


@dataclass(frozen=True, slots=True)
class _Run:
    about: About
    catalog: Catalog
    today: date
    patience: Patience
    until_s: float

    def planned(self, wishes: Sequence[Wish], refused: Mapping[str, str]) -> list[Change]:
        """What is to be done about each contract, from one look at the catalog."""
        # Where all are drafts nobody is asked: a new domain's first CI run needs no credentials.
        seen = self._look() if any(not wish.draft for wish in wishes) else ()
        return [
            Change("refuse", wish, refused[wish.path])
            if wish.path in refused
            else self._decided(wish, seen)
            for wish in wishes
        ]

    def applied(self, changes: Sequence[Change], *, dry_run: bool) -> Result:
        """Make the calls of the plan, one after the other."""
        error = _stopping(changes)
        if error is not None or dry_run:
            outcome: Outcome = "planned"
            if error is not None:
                outcome = "conflict" if error.code == "PLT-PUBLISH-002" else "refused"
            return Result(outcome, tuple(_unmade(change, error) for change in changes), error)
        marker = self._marker() if any(change.pending for change in changes) else None
        lines: list[Line] = []
        for change in changes:
            if error is not None or marker is None or not change.pending:
                lines.append(_unmade(change, error))
                continue
            line, error = self._make(change, marker)
            lines.append(line)
        return Result("failed" if error else "published", tuple(lines), error)

    def _make(self, planned: Change, marker: Marker) -> tuple[Line, PlatformError | None]:
        calls: list[str] = []
        try:
            change = self._patiently(lambda: self._once(planned.wish, marker, calls))
        except PlatformError as error:
            return Line(planned, "failed", tuple(calls)), error
        # Found as it should be after a lost answer: it is our call that made it so.
        made = change if change.pending else planned
        return Line(made, "done" if calls else "kept", tuple(calls)), None

    def _once(self, wish: Wish, marker: Marker, calls: list[str]) -> Change:
        """Look at the table again, decide again, and make the call that is then needed."""
        refusals = 0
        while True:
            change = self._decided(wish, self.catalog.tables(*self._schema))
            error = _stopping([change])
            if error is not None:
                raise error
            if not change.pending:
                return change
            calls.append(f"catalog.{change.action}_table")
            try:
                self._call(change, marker)
            except PlatformError as refusal:
                # Somebody was there between our look and our call: look again, and decide.
                refusals += 1
                if refusal.code != _EXISTS or refusals >= _LOOKS_AFTER_REFUSAL:
                    raise
            else:
                return change

    def _call(self, change: Change, marker: Marker) -> None:
        wish = change.wish
        if change.action == "create":
            self.catalog.create_table(*self._schema, wish.table, wish.publication, marker=marker)
        else:
            self.catalog.set_table(*self._schema, wish.table, wish.publication)

    def _decided(self, wish: Wish, seen: Sequence[Table]) -> Change:
        return decide(wish, seen, domain=self.about.domain, today=self.today)

    @property
    def _schema(self) -> tuple[str, Tier]:
        return self.about.catalog_name, _PRODUCT

    def _look(self) -> tuple[Table, ...]:
        self._marker()
        return self._patiently(lambda: self.catalog.tables(*self._schema))

    def _marker(self) -> Marker:
        """The marker of the domain's schema, which its tables carry, too."""
        schema = self._patiently(lambda: self.catalog.schema(*self._schema))
        address = self.catalog.address(*self._schema)
        if schema is None:
            raise PlatformError(
                "PLT-CATALOG-003",
                f"The catalog has no schema {address}. Nothing was published.",
                hint=f"platform-cli init {self.about.domain} makes it; look at --profile, too.",
                address=address,
            )
        if schema.marker is None or schema.marker.domain != self.about.domain:
            whose = schema.marker.domain if schema.marker else None
            why = f"belongs to the domain {whose}" if whose else "carries no marker of ours"
            raise PlatformError(
                "PLT-PUBLISH-002",
                f"The schema {address} {why}. Nothing was published.",
                address=address,
            )
        return schema.marker

    def _patiently(self, ask: Callable[[], _Answer]) -> _Answer:
        """Ask again while the failure is a temporary one and the deadline leaves time for it."""
        patience, pause_s = self.patience, _FIRST_PAUSE_S
        while True:
            if patience.stop.is_set():
                raise _interrupted()
            try:
                return ask()
            except TemporaryError as error:
                wait_s = error.retry_after_s or pause_s
                if patience.monotonic() + wait_s > self.until_s:
                    raise
                patience.stop.wait(wait_s)
                pause_s = min(pause_s * 2, _LONGEST_PAUSE_S)


def _refused(wishes: Sequence[Wish], about: About) -> Mapping[str, str]:
    """What cannot be published for reasons that the repository alone gives, by path."""
    reasons = {}
    tables: dict[str, Wish] = {}
    for wish in wishes:
        major, domain = major_in_name(wish.path), wish.publication.contract.split(".")[0]
        if domain != about.catalog_name:
            reasons[wish.path] = (
                f"it is a table of the domain {domain}, and this repository is that of "
                f"{about.catalog_name}: only its owner publishes it"
            )
        elif major is not None and major != wish.version.major:
            reasons[wish.path] = f"its name says major {major}, and its version is {wish.version}"
        elif not wish.draft and (first := tables.setdefault(wish.table, wish)) is not wish:
            reasons[wish.path] = (
                f"it would be published as {wish.table}, as {first.path} is: a further major "
                f"stands in a file that ends with .v{wish.version.major}.contract.yaml"
            )
    return reasons


def _unmade(change: Change, error: PlatformError | None) -> Line:
    if change.action == "draft":
        return Line(change, "draft")
    if change.stopping:
        return Line(change, "failed")
    if not change.pending:
        return Line(change, "kept")
    return Line(change, "blocked" if error else "planned")


def _stopping(changes: Sequence[Change]) -> PlatformError | None:
    """The one error for all that cannot be published; None where nothing stands in the way."""
    stopping = [one for one in changes if one.stopping]
    if not stopping:
        return None
    problems = [Problem(one.wish.path, one.reason, one.way_out) for one in stopping]
    decision = any(one.action == "conflict" for one in stopping)
    more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
    return PlatformError(
        "PLT-PUBLISH-002" if decision else "PLT-PUBLISH-001",
        f"{stopping[0].wish.path}: {stopping[0].reason}{more}. Nothing of it was published.",
        hint=stopping[0].way_out if len(stopping) == 1 else None,
        address=stopping[0].wish.address,
        problems=problems,
    )


def _problem(path: str, finding: Finding) -> Problem:
    said = f"{finding.address}: {finding.message}" if finding.address else finding.message
    expected = f"Expected: {finding.expected}." if finding.expected else ""
    return Problem(f"{path}:{finding.line}:{finding.column}", said, expected)


def _not_valid(problems: Sequence[Problem]) -> PlatformError:
    paths = sorted({problem.address.rsplit(":", 2)[0] for problem in problems})
    number = "1 finding" if len(problems) == 1 else f"{len(problems)} findings"
    which = paths[0] if len(paths) == 1 else f"{len(paths)} contracts"
    return PlatformError(
        "PLT-CONTRACT-001",
        f"{number} in {which}. Nothing was published.",
        hint="platform-cli contract validate says the same; mend them all and publish again.",
        address=problems[0].address,
        problems=problems,
    )


def _interrupted() -> PlatformError:
    return PlatformError(
        "PLT-INIT-004",
        "Interrupted. What was published before stays published.",
        hint="It is safe to run the same line again.",
    )
