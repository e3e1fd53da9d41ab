"""A further product table in a domain's repository: its files, all of them or none.

Nothing that is there is changed. A file is made by one link, the contract last: what a kill leaves
are whole files that the same command finds as its own, and goes on from.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from platform_cli import disk, spec, template
from platform_cli.contracts.language import NAME
from platform_cli.domain_repo import placing
from platform_cli.domain_repo.about import About
from platform_cli.domain_repo.contract_files import Scope, files
from platform_cli.errors import PlatformError, Problem
from platform_cli.git import around
from platform_cli.template.checking import yaml_documents

LONGEST: Final = 60
_ANSWERS: Final = ".copier-answers.yml"
_REGION: Final = "region"
_MAJOR: Final = re.compile(r".*_v[0-9]+")
# Where dbt looks for what a model can be referred to by.
_DBT_FOLDERS: Final = ("models", "seeds", "snapshots")
_DBT_ENDS: Final = (".sql", ".py", ".csv")

Outcome = Literal["added", "planned", "conflict"]
Status = Literal["written", "kept", "planned", "conflict", "blocked"]


@dataclass(frozen=True, slots=True)
class Added:
    """What became of each file, and what stands in the way."""

    address: str
    outcome: Outcome
    files: tuple[tuple[str, Status], ...]
    error: PlatformError | None = None


def add(
    table: str, about: About, said: Mapping[str, str], scratch: Path, *, dry_run: bool = False
) -> Added:
    """Make the files of a table. `said` is what `--set` answers, `scratch` a folder to render in.

    Raises PLT-SPEC-001 with everything that is wrong with the input, and PLT-HOME or PLT-TEMPLATE
    codes; that something is there already is in the result.
    """
    source = template.packaged("product")
    data = {
        **_answers(table, about, said, source),
        "table": table,
        "domain": about.domain,
        "catalog_name": about.catalog_name,
        "owner": about.owner,
        "on_call": about.on_call,
    }
    rendered = template.render(source, data, scratch / "files")
    # The contract says that the table exists: it comes when everything else is there.
    names = sorted(rendered.files, key=lambda name: (name.endswith(".contract.yaml"), name))
    address = f"{about.catalog_name}.product.{table}"
    with disk.held(about.folder):
        kept, problems = placing.compared(about.folder, scratch / "files", names)
        problems = [*_taken(table, address, about, names), *problems]
        if problems:
            return _conflict(address, names, kept, problems)
        missing = [name for name in names if name not in kept]
        if not dry_run:
            placing.place(about.folder, scratch / "files", missing)
    done: Status = "planned" if dry_run else "written"
    told = tuple((name, "kept" if name in kept else done) for name in sorted(names))
    return Added(address, "planned" if dry_run else "added", told)


def _answers(table: str, about: About, said: Mapping[str, str], source: Path) -> Mapping[str, Any]:
    """The answers with their types. Raises PLT-SPEC-001 for these and the table's name at once."""
    problems = list(problems_of(table))
    region = said.get(_REGION) or _region(about.folder)
    answered: Mapping[str, Any] = {}
    try:
        answered = template.answers(source, {**said, **({_REGION: region} if region else {})})
    except PlatformError as error:
        if error.code != "PLT-SPEC-001":
            raise
        problems += error.problems
    if region is None:
        summary = f"{_ANSWERS} does not say in which region the domain's data is kept"
        problems.append(Problem("--set region", summary, "Say it: --set region=EU."))
    if problems:
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        raise PlatformError(
            "PLT-SPEC-001",
            f"{problems[0].summary}{more}. Nothing was written.",
            hint=problems[0].hint if len(problems) == 1 else None,
            address=problems[0].address,
            problems=problems,
        )
    return answered


def problems_of(table: str) -> Iterator[Problem]:
    """Everything that is wrong with a table's name, all at once."""

    def problem(summary: str, hint: str) -> Problem:
        shown = ascii(table[:LONGEST]) + ("..." if len(table) > LONGEST else "")
        return Problem("TABLE", f"the table's name {shown} {summary}", hint)

    if not table:
        yield Problem("TABLE", "the table's name is empty", "Give it one, such as returns.")
        return
    if strange := sorted(set(re.findall(r"[^a-z0-9_]", table)))[:3]:
        which = ", ".join(ascii(character) for character in strange)
        yield problem(f"contains {which}", "Use a-z, 0-9 and _.")
    if not re.match(r"[a-z]", table):
        yield problem("does not begin with a letter from a to z", "Begin with one.")
    if len(table) > LONGEST:
        yield problem(f"has {len(table)} characters", f"Use up to {LONGEST}.")
    if table in spec.RESERVED:
        yield problem("is a reserved word", "Choose another: platforms use it themselves.")
    if _MAJOR.fullmatch(table):
        yield problem(
            "ends as a further major does",
            "Another major of a table is another contract of its name, in a file that ends with "
            ".v2.contract.yaml.",
        )


def _region(folder: Path) -> str | None:
    """Where the domain's first table is, as its answers say; None where they do not."""
    import yaml

    try:
        (said,) = yaml_documents((folder / _ANSWERS).read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError):
        return None
    region = said.get(_REGION) if isinstance(said, dict) else None
    return region if isinstance(region, str) else None


def _taken(table: str, address: str, about: About, names: Sequence[str]) -> Iterator[Problem]:
    """What has the table's name already: a contract, or whatever dbt would call so, too."""
    hint = "Choose another name: nothing that is there is ever replaced."
    for file in files(Scope(about.folder, around(about.folder), ()), beside=False):
        if file.path not in names and file.said("name") == address:
            yield Problem(file.path, f"it is the contract of {address}", hint)
    for folder in _DBT_FOLDERS:
        for end in _DBT_ENDS:
            for path in sorted((about.folder / folder).rglob(f"{table}{end}")):
                name = path.relative_to(about.folder).as_posix()
                if name not in names:
                    yield Problem(name, f"dbt calls it {table}, too, and allows that once", hint)


def _conflict(
    address: str, names: Sequence[str], kept: frozenset[str], problems: Sequence[Problem]
) -> Added:
    there = {problem.address for problem in problems}

    def status(name: str) -> Status:
        if name in there:
            return "conflict"
        return "kept" if name in kept else "blocked"

    more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
    error = PlatformError(
        "PLT-PRODUCT-001",
        f"{problems[0].address}: {problems[0].summary}{more}. Nothing was written.",
        hint=problems[0].hint if len(problems) == 1 else None,
        address=problems[0].address,
        problems=problems,
    )
    told = tuple((name, status(name)) for name in sorted(names))
    return Added(address, "conflict", told, error)


assert NAME.fullmatch(f"a.product.{'a' * LONGEST}"), "a name that is allowed here is one there"  # noqa: S101
