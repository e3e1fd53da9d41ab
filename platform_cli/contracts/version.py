"""The version rules: what a bump may carry, which version to write, what a new major owes.

Semver is mechanical: the class follows from the difference alone, and the declared bump must be at
least that class. Today is handed in, in UTC.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

from semver import Version

from platform_cli.contracts.compare import compare
from platform_cli.contracts.difference import Comparison
from platform_cli.contracts.findings import Finding, Severity
from platform_cli.contracts.model import Contract
from platform_cli.contracts.rules import Class, Reclassed, highest, rank

NOTICE_DAYS: Final = 90
_FIRST: Final = Version(1, 0, 0)

VERSION_RULES: Final[dict[str, str]] = {
    "version-not-bumped": "something differs and the version does not",
    "version-decreased": "the version is lower than the baseline's",
    "bump-too-small": "the declared bump is smaller than the class of the change",
    "bump-larger-than-needed": "the declared bump is larger than the class of the change (warning)",
    "deprecation-missing": "a new major does not say until when the previous one is published",
    "sunset-too-soon": f"the sunset is fewer than {NOTICE_DAYS} days after today",
    "sunset-invalid": "the sunset is not a day of the calendar",
    "migration-notes-empty": "a new major does not say what a reader has to do",
    "editorial-left": "`semantics_change: editorial` stands from an earlier change (warning)",
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether the declared bump covers the change, and the version to write."""

    declared: Class
    required_version: str | None
    """None where no version can carry the change."""
    sufficient: bool


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the check `semver` says of one contract and its baseline."""

    comparison: Comparison
    verdict: Verdict
    findings: tuple[Finding, ...]


def judge(old: str, new: str, change_class: Class) -> Verdict:
    """Whether going from the old version to the new one may carry a change of that class."""
    before, after = Version.parse(old), Version.parse(new)
    declared = _declared(before, after)
    if change_class == "refused":
        return Verdict(declared, None, sufficient=False)
    sufficient = after >= before and rank(declared) >= rank(_needed(before, change_class))
    return Verdict(declared, _required(before, change_class), sufficient)


def check(
    old: Contract,
    new: Contract,
    *,
    today: date,
    reclassed: Reclassed | None = None,
    stays: bool = False,
) -> Judgement:
    """The whole check: differences that the version does not carry, and every version rule."""
    comparison = compare(old, new, today=today, reclassed=reclassed, stays=stays)
    verdict = judge(old.version, new.version, comparison.change_class)
    findings = _bump(old, new, comparison, verdict)
    findings += _uncovered(old, new, comparison, verdict)
    if _owes_notice(old, verdict, comparison):
        findings += _notice(old, new, today)
    findings += [
        _finding("editorial-left", "warning", note.text, note.address, new)
        for note in comparison.notes
    ]
    return Judgement(comparison, verdict, tuple(findings))


def _declared(before: Version, after: Version) -> Class:
    if after <= before:
        return "none"
    if after.major != before.major:
        return "major"
    bumped: Class = "none"
    if after.minor != before.minor:
        bumped = "minor"
    elif after.patch != before.patch:
        bumped = "patch"
    return highest(bumped, _carried(before)) if before.prerelease else bumped


def _carried(version: Version) -> Class:
    """What the core of a pre-release carries: `2.0.0-rc.2` may still break what `rc.1` had."""
    if version.patch:
        return "patch"
    return "minor" if version.minor else "major"


def _needed(before: Version, change_class: Class) -> Class:
    """Below 1.0.0 a minor bump may carry what is major above it."""
    return "minor" if change_class == "major" and before.major == 0 else change_class


def _required(before: Version, change_class: Class) -> str:
    """The lowest release that carries the change."""
    needed = _needed(before, change_class)
    if needed == "none":
        return str(before)
    if before.prerelease and rank(_carried(before)) >= rank(needed):
        return str(before.finalize_version())
    core = before.finalize_version()
    bumped = {"major": core.bump_major, "minor": core.bump_minor, "patch": core.bump_patch}
    return str(bumped[needed]())


def _finding(
    identity: str, severity: Severity, message: str, address: str, new: Contract
) -> Finding:
    line, column = new.place(address)
    return Finding(identity, severity, message, address, line, column)


def _uncovered(
    old: Contract, new: Contract, comparison: Comparison, verdict: Verdict
) -> list[Finding]:
    """Each difference that the declared bump does not carry; of the others their warnings."""
    before = Version.parse(old.version)
    found = []
    for one in comparison.differences:
        carried = rank(_needed(before, one.change_class)) <= rank(verdict.declared)
        refused = one.change_class == "refused"
        if carried and not refused and one.warning is None:
            continue
        severity: Severity = "warning" if carried and not refused else "error"
        sides = " -> ".join(side if side is not None else "nothing" for side in (one.old, one.new))
        message = f"{one.change_class}: {sides}: {one.reason}"
        found.append(_finding(one.id, severity, message, one.address, new))
    return found


def _bump(old: Contract, new: Contract, comparison: Comparison, verdict: Verdict) -> list[Finding]:
    before, after = Version.parse(old.version), Version.parse(new.version)
    change = comparison.change_class
    write = verdict.required_version
    what = {"major": "non-additive diff", "minor": "additive diff"}.get(change, "diff")
    needed = _needed(before, change)
    if after < before:
        message = f"the version goes back from {before} to {after}"
        message += f": write {write}" if write else ""
        return [_finding("version-decreased", "error", message, "version", new)]
    if change != "none" and after == before:
        message = f"something differs and the version is still {after}"
        if change != "refused":
            message += f": {what} requires {needed} version bump: write {write}"
        return [_finding("version-not-bumped", "error", message, "version", new)]
    if change == "refused":
        return []
    if not verdict.sufficient:
        message = (
            f"{what} requires {needed} version bump: {after} is {verdict.declared}, write {write}"
        )
        return [_finding("bump-too-small", "error", message, "version", new)]
    if _larger(before, after, verdict.declared, needed):
        message = f"{verdict.declared} version bump, and the change is {change}"
        message += f": {write} would do" if change != "none" else ": nothing differs"
        return [_finding("bump-larger-than-needed", "warning", message, "version", new)]
    return []


def _larger(before: Version, after: Version, declared: Class, needed: Class) -> bool:
    """A patch says that nothing of the contract differs; 1.0.0 says that it is released."""
    released = before < _FIRST and after.finalize_version() == _FIRST
    same_core = before.finalize_version() == after.finalize_version()
    floor: Class = "patch" if needed == "none" else needed
    return not released and not same_core and rank(declared) > rank(floor)


def _owes_notice(old: Contract, verdict: Verdict, comparison: Comparison) -> bool:
    """A major without a major difference owes nothing, nor does what was never promised."""
    breaking = comparison.change_class == "major" and verdict.declared == "major"
    return breaking and Version.parse(old.version) >= _FIRST


def _notice(old: Contract, new: Contract, today: date) -> list[Finding]:
    deprecation = new.deprecation
    if deprecation is None:
        message = f"a new major needs a deprecation that says until when {old.version} is published"
        return [_finding("deprecation-missing", "error", message, "deprecation", new)]
    found = []
    about = deprecation.previous_version
    if about is not None and Version.parse(about).major != Version.parse(old.version).major:
        address = "deprecation.previous_version"
        message = f"the deprecation is about {about}, not about {old.version}, which this replaces"
        found.append(_finding("deprecation-missing", "error", message, address, new))
    sunset, address = deprecation.sunset_date, "deprecation.sunset_date"
    if sunset is None:
        message = "the deprecation has no sunset_date that is a day of the calendar"
        found.append(_finding("sunset-invalid", "error", message, address, new))
    elif (sunset - today).days < NOTICE_DAYS:
        first = date.fromordinal(today.toordinal() + NOTICE_DAYS)
        message = (
            f"the sunset {sunset} is {(sunset - today).days} days after today ({today}, UTC): "
            f"at least {NOTICE_DAYS} are needed, {first} or later"
        )
        found.append(_finding("sunset-too-soon", "error", message, address, new))
    if not deprecation.migration_notes.strip():
        address = "deprecation.migration_notes"
        message = "migration_notes are empty: say what a reader has to do"
        found.append(_finding("migration-notes-empty", "error", message, address, new))
    return found
