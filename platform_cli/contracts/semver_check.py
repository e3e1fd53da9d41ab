"""The check `semver`: each contract against its own of the baseline, and those that are gone.

Files are matched by what they say and, where they cannot be read, by where they stand: what cannot
be compared is said, and is never a pass in silence.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from platform_cli.contracts.baseline import Pair, pair
from platform_cli.contracts.card import (
    Card,
    Check,
    File,
    card_of,
    card_of_file,
    judged,
    skipped,
)
from platform_cli.contracts.compare import removal
from platform_cli.contracts.findings import Finding, Severity
from platform_cli.contracts.model import Contract
from platform_cli.contracts.rules import Reclassed
from platform_cli.contracts.version import check

_RETIRE: Final = (
    "Restore the file. A major is retired by the deprecation of a higher one, once its sunset has "
    "come."
)
_GONE: Final = "the file is gone"


@dataclass(frozen=True, slots=True)
class Against:
    """What is compared with what, under which table and on which day."""

    files: tuple[File, ...]
    pairs: Mapping[str, Pair]
    """By the path of the new contract."""
    gone: tuple[Contract, ...]
    unread: tuple[File, ...]
    """The baseline's files that are no contracts."""
    today: date
    reclassed: Reclassed


def against(
    files: Sequence[File], baseline: Sequence[File], *, today: date, reclassed: Reclassed
) -> Against:
    """Match the files of today with those of the baseline."""
    old = [file.loaded.contract for file in baseline if file.loaded.contract is not None]
    new = [file.loaded.contract for file in files if file.loaded.contract is not None]
    made = pair(new, old)
    return Against(
        files=tuple(files),
        pairs={one.new.path: one for one in made.pairs},
        gone=made.gone,
        unread=tuple(file for file in baseline if file.loaded.contract is None),
        today=today,
        reclassed=reclassed,
    )


def compared(new: Contract, made: Against) -> Check:
    """Whether the declared bump of a contract covers its difference from the baseline."""
    old = made.pairs[new.path].old
    findings = list(_not_compared(new, old, made.unread))
    if old is None:
        return judged("semver", findings, "new: the baseline has nothing to compare it with")
    stays = made.pairs[new.path].stays
    found = check(old, new, today=made.today, reclassed=made.reclassed, stays=stays)
    note = f"{old.version} -> {new.version}, {found.comparison.change_class}"
    return judged("semver", (*findings, *found.findings), note)


def _not_compared(new: Contract, old: Contract | None, unread: Sequence[File]) -> Iterator[Finding]:
    """What the baseline has of this contract and nobody can read."""
    for file in unread:
        same = file.said("name") == new.name and (old is None or old.major != new.major)
        if file.path == new.path or same:
            line, column = new.place("version")
            message = f"{file.path} of the baseline is not a valid contract: nothing was compared"
            yield Finding("baseline-unreadable", "warning", message, "version", line, column)


def removed(made: Against, covered: Callable[[str], bool]) -> Iterator[Card]:
    """A card for each contract of the baseline whose file is gone and should not be."""
    present = [one.new for one in made.pairs.values()]
    broken = [file for file in made.files if file.loaded.contract is None]
    paths, names = {file.path for file in broken}, {file.said("name") for file in broken}
    for old in made.gone:
        # A file that cannot be read may well be this contract: it fails by itself.
        if old.path in paths or old.name in names or not covered(old.path):
            continue
        one = removal(old, present, today=made.today, reclassed=made.reclassed)
        if one is not None:
            # No version can be written for a file that is gone: a major has none to carry it.
            severe = one.change_class in {"major", "refused"}
            severity: Severity = "error" if severe else "warning"
            message = f"{one.change_class}: {one.old} -> nothing: {one.reason}"
            finding = Finding(one.id, severity, message, "", 1, 1, way_out=_RETIRE)
            yield card_of(old, _checks(finding))
    yield from _gone_unread(made, covered)


def _gone_unread(made: Against, covered: Callable[[str], bool]) -> Iterator[Card]:
    paths = {file.path for file in made.files}
    names = {one.new.name for one in made.pairs.values()}
    for file in made.unread:
        if file.path not in paths and file.said("name") not in names and covered(file.path):
            message = "the file is gone, and of the baseline's nobody can tell what it promised"
            yield card_of_file(
                file, _checks(Finding("baseline-unreadable", "warning", message, "", 1, 1))
            )


def _checks(finding: Finding) -> tuple[Check, ...]:
    return (
        skipped("yaml", _GONE),
        judged("semver", [finding]),
        skipped("dbt", _GONE),
        skipped("policies", _GONE),
    )
