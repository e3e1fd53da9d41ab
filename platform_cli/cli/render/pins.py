"""`contract pins` and `contract consumers` for people, as JSON and as annotations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from platform_cli.cli.render import github
from platform_cli.cli.render.text import clean, count, out, wrap

if TYPE_CHECKING:
    from platform_cli.contracts.findings import Finding
    from platform_cli.contracts.pins import Resolution
    from platform_cli.domain_repo.consumes import Pinned, Reader, Readers, Told


def pins_document(pinned: Pinned, against: str) -> dict[str, Any]:
    """`platform-cli/contract-pins/1`: what each pin comes to, and what is wrong with the files."""
    return {
        "schema": "platform-cli/contract-pins/1",
        "outcome": "passed" if pinned.passed else "failed",
        "path": pinned.path,
        "against": against,
        "pins": [_pin(one) for one in pinned.resolutions],
        "findings": [{"path": one.path, **_finding(one.finding)} for one in pinned.findings],
    }


def consumers_document(table: str, readers: Readers) -> dict[str, Any]:
    """`platform-cli/contract-consumers/1`: who reads the table."""
    return {
        "schema": "platform-cli/contract-consumers/1",
        "outcome": "failed" if readers.findings else "passed",
        "table": table,
        "looked_at": readers.looked_at,
        "consumers": [
            {
                "domain": one.domain,
                "pin": one.pin.text,
                "on_breaking": one.pin.on_breaking,
                "path": one.path,
                "line": one.pin.place[0],
                "column": one.pin.place[1],
            }
            for one in readers.readers
        ],
        "findings": [{"path": one.path, **_finding(one.finding)} for one in readers.findings],
    }


def _pin(one: Resolution) -> dict[str, Any]:
    line, column = one.pin.place
    return {
        "source": one.pin.source,
        "pin": one.pin.text,
        "on_breaking": one.pin.on_breaking,
        "version": one.contract.version if one.contract is not None else None,
        "published": one.contract.path if one.contract is not None else None,
        "sunset_date": one.sunset_date.isoformat() if one.sunset_date is not None else None,
        "days_left": one.days_left,
        "line": line,
        "column": column,
        "findings": [_finding(finding) for finding in one.findings],
    }


def _finding(one: Finding) -> dict[str, Any]:
    return {
        "id": one.id,
        "severity": one.severity,
        "message": one.message,
        "address": one.address,
        "line": one.line,
        "column": one.column,
    }


def tell_pins(pinned: Pinned, against: str, columns: int) -> None:
    """One line a pin, with what is to be said of it below; the verdict last."""
    for told in pinned.findings:
        _tell(told, columns, "")
    for one in pinned.resolutions:
        version = one.contract.version if one.contract is not None else "nothing"
        out(wrap(f"{one.pin.source} {one.pin.text} -> {version}", columns, "", "    "))
        for finding in one.findings:
            _tell_at(pinned.path, finding, columns, "  ")
    out(wrap(_summary(pinned, against), columns))


def annotate_pins(pinned: Pinned, against: str) -> None:
    """An annotation a finding, and the verdict as an ordinary line."""
    for told in (*pinned.findings, *pinned.told()):
        _annotate(told)
    out(_summary(pinned, against))


def _summary(pinned: Pinned, against: str) -> str:
    every = [*pinned.findings, *pinned.told()]
    errors = sum(one.finding.severity == "error" for one in every)
    number = count(len(pinned.resolutions), "pin")
    said = f"{count(errors, 'error')}, {count(len(every) - errors, 'warning')}"
    verdict = "passed" if pinned.passed else "failed"
    return f"{verdict}: {number} against {clean(against)}, {said}."


def tell_consumers(table: str, readers: Readers, columns: int) -> None:
    """One line a reader, with its pin and what it does when the pinned major is gone."""
    for told in readers.findings:
        _tell(told, columns, "")
    out(wrap(_said(table, readers), columns))
    widest = max((len(one.domain) for one in readers.readers), default=0)
    for one in readers.readers:
        out(wrap(_line(one, widest), columns, "  ", "      "))
    if readers.findings:
        out(wrap("The list may lack readers: mend the files named above.", columns))


def annotate_consumers(table: str, readers: Readers) -> None:
    """An annotation a file that cannot be read, a notice a reader, and the count."""
    for told in readers.findings:
        _annotate(told)
    for one in readers.readers:
        line, column = one.pin.place
        said = f"{one.domain} reads {table} {one.pin.text}, on_breaking: {one.pin.on_breaking}"
        github.annotate("notice", said, title="consumer", file=one.path, line=line, column=column)
    out(_said(table, readers))


def _said(table: str, readers: Readers) -> str:
    number = count(len({one.domain for one in readers.readers}), "domain")
    said = f"{table} is read by {number}" if readers.readers else f"Nobody reads {table}"
    files = count(readers.looked_at, "consumes.yaml file")
    looked = f"{files} looked at" if readers.looked_at else "no consumes.yaml was found"
    return f"{said}; {looked}."


def _annotate(told: Told) -> None:
    one = told.finding
    title = f"{one.id} {one.address}".rstrip()
    github.annotate(
        one.severity, one.message, title=title, file=told.path, line=one.line, column=one.column
    )


def _line(one: Reader, widest: int) -> str:
    where = f"{one.path}:{one.pin.place[0]}:{one.pin.place[1]}"
    return f"{one.domain:<{widest}}  {one.pin.text:<6} {one.pin.on_breaking}  {where}"


def _tell(told: Told, columns: int, indent: str) -> None:
    _tell_at(told.path, told.finding, columns, indent)


def _tell_at(path: str, one: Finding, columns: int, indent: str) -> None:
    where = f"{path}:{one.line}:{one.column}"
    after = f"{indent}    "
    out(wrap(f"{one.severity} {one.id} {where}", columns, indent, after))
    # A line break in a file's own words must not begin a line of ours.
    out(wrap(" ".join(one.message.split()), columns, f"{indent}  ", f"{indent}  "))
