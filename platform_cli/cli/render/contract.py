"""`contract diff` for people and as `platform-cli/contract-diff/1`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from platform_cli.cli.render.text import count, out, wrap

if TYPE_CHECKING:
    from platform_cli.contracts.difference import Comparison, Difference
    from platform_cli.contracts.model import Contract
    from platform_cli.contracts.version import Verdict


def diff_document(comparison: Comparison, verdict: Verdict) -> dict[str, Any]:
    """Every difference, the class that follows, and whether the declared bump carries it."""
    return {
        "schema": "platform-cli/contract-diff/1",
        "class": comparison.change_class,
        "declared": verdict.declared,
        "required_version": verdict.required_version,
        "sufficient": verdict.sufficient,
        "differences": [
            {
                "id": one.id,
                "class": one.change_class,
                "address": one.address,
                "old": one.old,
                "new": one.new,
                "reason": one.reason,
            }
            for one in comparison.differences
        ],
        "notes": [note.text for note in comparison.notes],
    }


def tell_diff(
    old: Contract,
    new: Contract,
    comparison: Comparison,
    verdict: Verdict,
    columns: int,
) -> None:
    """The change in one line, each difference with both sides, and what to write."""
    about = f"{new.name} {old.version} -> {new.version}"
    if not comparison.differences:
        out(wrap(f"{about}: no difference", columns))
    else:
        number = count(len(comparison.differences), "difference")
        out(wrap(f"{about}: {comparison.change_class}, {number}", columns))
    for one in comparison.differences:
        _tell(one, columns)
    for note in comparison.notes:
        out(wrap(f"note     {note.text}", columns, "  ", "           "))
    out()
    out(wrap(_conclusion(new, verdict), columns))


def _tell(one: Difference, columns: int) -> None:
    out()
    out(wrap(f"{one.change_class:<8} {one.address or 'the contract'}   {one.id}", columns, "  "))
    if one.old is not None:
        out(wrap(f"- {one.old}", columns, "           ", "             "))
    if one.new is not None:
        out(wrap(f"+ {one.new}", columns, "           ", "             "))
    out(wrap(one.reason, columns, "           "))


def _conclusion(new: Contract, verdict: Verdict) -> str:
    if verdict.required_version is None:
        return "Refused: no version can carry this change."
    if verdict.sufficient:
        return f"{new.version} carries this change."
    declared = "no bump" if verdict.declared == "none" else f"a {verdict.declared} bump"
    return (
        f"{new.version} is {declared} and does not carry this change: write "
        f"{verdict.required_version}."
    )
