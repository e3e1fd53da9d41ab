"""`contract diff` and `contract validate` for people, as JSON, and as annotations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from platform_cli.cli.render import github
from platform_cli.cli.render.text import count, out, wrap

if TYPE_CHECKING:
    from platform_cli.contracts.card import Card, Check, Validation
    from platform_cli.contracts.difference import Comparison, Difference
    from platform_cli.contracts.findings import Finding
    from platform_cli.contracts.model import Contract
    from platform_cli.contracts.version import Verdict

_INDENT: Final = "       "


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


def validation_document(validation: Validation) -> dict[str, Any]:
    """Every card with its checks and their findings."""
    return {
        "schema": "platform-cli/contract-validate/1",
        "outcome": validation.outcome,
        "contracts": [
            {
                "path": card.path,
                "name": card.name,
                "version": card.version,
                "draft": card.draft,
                "checks": [
                    {
                        "id": check.id,
                        "status": check.status,
                        "findings": [_finding(one) for one in check.findings],
                    }
                    for check in card.checks
                ],
            }
            for card in validation.cards
        ],
    }


def _finding(one: Finding) -> dict[str, Any]:
    return {
        "id": one.id,
        "severity": one.severity,
        "message": _whole(one),
        "address": one.address,
        "line": one.line,
        "column": one.column,
    }


def _whole(one: Finding) -> str:
    """All that there is to say, where there is one text for it."""
    expected = f" (expected: {_expected(one)})" if _expected(one) else ""
    link = f" (see {one.link})" if one.link else ""
    return f"{one.message}{expected}{link}"


def _expected(one: Finding) -> str | None:
    """What was expected, where the message does not say it already."""
    return one.expected if one.expected and one.expected not in one.message else None


def annotate_validation(validation: Validation) -> None:
    """An annotation a finding, a notice a draft, and the outcome as an ordinary line."""
    for card in validation.cards:
        if card.draft:
            told = f"{card.name} {card.version} is a draft: it is not published"
            github.annotate("notice", told, title="draft", file=card.path)
        for check in card.checks:
            for one in check.findings:
                github.annotate(
                    one.severity,
                    "\n".join(part for part in (_whole(one), one.way_out) if part),
                    title=f"{check.id}: {one.id} {one.address}".rstrip(),
                    file=card.path,
                    line=one.line,
                    column=one.column,
                )
    out(_summary(validation))


def tell_validation(validation: Validation, columns: int) -> None:
    """A card a contract, and the outcome in the last line."""
    for card in validation.cards:
        _tell_card(card, columns)
        out()
    out(wrap(_summary(validation), columns))


def _tell_card(card: Card, columns: int) -> None:
    out(wrap(_line(card.path), columns, "", "  "))
    parts = [f"{card.name or 'a contract that cannot be read'} {card.version or ''}".strip()]
    parts += [f"owner {card.owner}"] if card.owner else []
    parts += ["draft: it is not published"] if card.draft else []
    out(wrap(_line(", ".join(parts)), columns, "  "))
    for check in card.checks:
        note = f"  {check.note}" if check.note else ""
        out(wrap(f"{_mark(check):<4} {check.id:<8}{note}".rstrip(), columns, "  ", _INDENT))
        for one in check.findings:
            _tell_finding(one, card.path, columns)


def _mark(check: Check) -> str:
    if check.status == "passed":
        return "warn" if check.findings else "ok"
    return "FAIL" if check.status == "failed" else "skip"


def _tell_finding(one: Finding, path: str, columns: int) -> None:
    place = f"{path}:{one.line}:{one.column}"
    head = f"{one.severity} {one.id}  {one.address or 'the contract'}  {place}"
    out(wrap(_line(head), columns, _INDENT, f"{_INDENT}  "))
    expected = _expected(one)
    for said in (one.message, f"expected: {expected}" if expected else None, one.way_out):
        if said:
            out(wrap(_line(said), columns, f"{_INDENT}  "))
    if one.link:
        out(wrap(_line(f"see {one.link}"), columns, f"{_INDENT}  "))


def _line(said: str) -> str:
    """A line break in a file's own words must not begin a line of ours."""
    return " ".join(said.split())


def _summary(validation: Validation) -> str:
    findings = [one for card in validation.cards for one in card.findings]
    errors = sum(one.severity == "error" for one in findings)
    drafts = sum(card.draft for card in validation.cards)
    failed = sum(card.failed for card in validation.cards)
    said = count(len(validation.cards), "contract")
    if drafts:
        said += f" ({count(drafts, 'draft')})"
    failing = f", {failed} failed" if failed else ""
    warnings = count(len(findings) - errors, "warning")
    return f"{validation.outcome}: {said}{failing}; {count(errors, 'error')}, {warnings}."
