"""What differs between two contracts, each difference with its rule and its class.

Says nothing of the declared version: that is `version`. Every difference that the language can
express has a rule; what is spelt another way is no difference. Today is handed in.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Final

from platform_cli.contracts.compare_columns import compare_columns
from platform_cli.contracts.difference import Comparison, Difference, Gathering, Note
from platform_cli.contracts.model import Contract, Deprecation, Meaning, Semantics, Sla
from platform_cli.contracts.rules import Price, Reclassed, price
from platform_cli.contracts.types import Struct, Type

_LONGER_IS_LOOSER: Final = frozenset({"freshness", "late_arrival_window"})
_EXPIRED: Final = Price("patch", "its sunset has passed")


def compare(
    old: Contract,
    new: Contract,
    *,
    today: date,
    reclassed: Reclassed | None = None,
    stays: bool = False,
) -> Comparison:
    """Every difference from old to new. `stays`: the old contract remains beside the new major."""
    found = Gathering(reclassed or {})
    if old.name != new.name:
        found.add("name-changed", "name", old.name, new.name)
    meanings = [
        {name: entry.text for name, entry in side.semantics.entries.items() if entry.text}
        for side in (old, new)
    ]
    compare_columns(old.columns, new.columns, meanings, found)
    _semantics(old, new, found)
    _sla(old.sla, new.sla, found)
    _retention(old.retention_days, new.retention_days, found)
    found.tags("tags", old.tags, new.tags)
    _owner(old, new, found)
    # Of two majors side by side, each carries its own deprecation.
    before = None if stays and new.major != old.major else old.deprecation
    _deprecation(before, new.deprecation, today, found)
    found.description("description", old.description, new.description)
    found.extensions("", old.extensions, new.extensions)
    return found.result()


def removal(
    old: Contract,
    present: Iterable[Contract],
    *,
    today: date,
    reclassed: Reclassed | None = None,
) -> Difference | None:
    """The difference that a contract's file is gone; None once its announced sunset has come."""
    for one in present:
        deprecation = one.deprecation
        if one.name == old.name and one.major > old.major and deprecation is not None:
            about = _major(deprecation.previous_version)
            sunset = deprecation.sunset_date
            if about in {None, old.major} and sunset is not None and sunset <= today:
                return None
    cost = price("contract-removed", reclassed or {})
    return Difference(
        "contract-removed", cost.change_class, "", f"{old.name} {old.version}", None, cost.reason
    )


def _semantics(old: Contract, new: Contract, found: Gathering) -> None:
    _grain(old.semantics, new.semantics, found)
    before, after = old.semantics.entries, new.semantics.entries
    columns = [{column.name: column.type for column in side.columns} for side in (old, new)]
    for name in (*before, *(name for name in after if name not in before)):
        # A column that comes or goes takes its entry with it: that is its own difference.
        if _named(name, columns[0]) != _named(name, columns[1]):
            continue
        _meaning(f"semantics.{name}", before.get(name), after.get(name), found)


def _named(path: str, columns: Mapping[str, Type]) -> bool:
    """Whether the entry is about a column, or a field of one, and not a rule."""
    name, *rest = path.split(".")
    held = columns.get(name)
    for part in rest:
        held = dict(held.fields).get(part) if isinstance(held, Struct) else None
    return held is not None


def _grain(old: Semantics, new: Semantics, found: Gathering) -> None:
    if old.grain == new.grain:
        return
    rule = "grain-added" if old.grain is None else "grain-changed"
    found.add(rule, "semantics.grain", old.grain, new.grain)


def _meaning(address: str, old: Meaning | None, new: Meaning | None, found: Gathering) -> None:
    before = old.text if old is not None else None
    after = new.text if new is not None else None
    left_standing = old is not None and new is not None and old.editorial and new.editorial
    if left_standing:
        text = f"{address} still says semantics_change: editorial, from an earlier change"
        found.notes.append(Note(address, f"{text}: it licenses nothing, remove it"))
    if before != after:
        if before is None:
            found.add("meaning-added", address, before, after)
        else:
            editorial = new is not None and new.editorial and not left_standing
            editorial = editorial and after is not None
            found.add("meaning-changed", address, before, after, exempt=editorial)
    sides = [side.extensions if side is not None else {} for side in (old, new)]
    found.extensions(address, *sides)


def _sla(old: Sla, new: Sla, found: Gathering) -> None:
    added = (name for name in new.promises if name not in old.promises)
    for name in (*old.promises, *added):
        before, after = old.promises.get(name), new.promises.get(name)
        address = f"sla.{name}"
        if before is None:
            found.add("sla-tightened", address, None, after and after.text)
        elif after is None:
            found.add("sla-loosened", address, before.text, None)
        elif before.size != after.size:
            looser = (after.size > before.size) == (name in _LONGER_IS_LOOSER)
            found.add(
                "sla-loosened" if looser else "sla-tightened", address, before.text, after.text
            )
    found.extensions("sla", old.extensions, new.extensions)


def _retention(old: int | None, new: int | None, found: Gathering) -> None:
    if old == new:
        return
    shorter = new is not None and (old is None or new < old)
    rule = "retention-shortened" if shorter else "retention-lengthened"
    found.add(rule, "retention_days", old, new)


def _owner(old: Contract, new: Contract, found: Gathering) -> None:
    before, after = old.owner, new.owner
    if before.team != after.team:
        found.add("owner-changed", "owner.team", before.team, after.team)
    if before.on_call != after.on_call:
        found.add("owner-changed", "owner.on_call", before.on_call, after.on_call)
    if before.reviewers != after.reviewers:
        sides = (before.reviewers or None, after.reviewers or None)
        found.add("owner-changed", "owner.reviewers", *sides)
    found.extensions("owner", before.extensions, after.extensions)


def _deprecation(
    old: Deprecation | None, new: Deprecation | None, today: date, found: Gathering
) -> None:
    if old is not None and new is not None and _same_major(old, new):
        _sunset(old, new, today, found)
        _announcement(old, new, found)
        return
    if old is not None:
        _gone(old, today, found)
    if new is not None:
        found.add("deprecation-added", "deprecation", None, _told(new))
        found.extensions("deprecation", {}, new.extensions)


def _same_major(old: Deprecation, new: Deprecation) -> bool:
    majors = _major(old.previous_version), _major(new.previous_version)
    return None in majors or majors[0] == majors[1]


def _major(version: str | None) -> int | None:
    return int(version.partition(".")[0]) if version else None


def _sunset(old: Deprecation, new: Deprecation, today: date, found: Gathering) -> None:
    before, after = old.sunset_date, new.sunset_date
    address = "deprecation.sunset_date"
    if before == after:
        return
    if after is None:
        _gone(old, today, found)
    elif before is not None and after < before:
        found.add("sunset-moved-earlier", address, before, after)
    else:
        found.add("sunset-moved-later", address, before, after)


def _announcement(old: Deprecation, new: Deprecation, found: Gathering) -> None:
    for field in ("previous_version", "migration_notes"):
        found.description(f"deprecation.{field}", getattr(old, field), getattr(new, field))
    found.extensions("deprecation", old.extensions, new.extensions)


def _gone(old: Deprecation, today: date, found: Gathering) -> None:
    expired = old.sunset_date is None or old.sunset_date <= today
    instead = _EXPIRED if expired else None
    found.add("deprecation-removed", "deprecation", _told(old), None, instead=instead)


def _told(deprecation: Deprecation) -> str:
    about = deprecation.previous_version or "the previous major"
    return f"{about} until {deprecation.sunset_date or 'no day that is known'}"
