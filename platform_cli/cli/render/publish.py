"""`publish` for people and as `platform-cli/publish/1`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from platform_cli.cli.render.human import tell_error_of_result
from platform_cli.cli.render.json import error_body
from platform_cli.cli.render.text import count, out, wrap

if TYPE_CHECKING:
    from platform_cli.domain_repo.publishing import Line, Result

_DONE: Final = {"create": "registered", "update": "updated"}
_PLANNED: Final = {"create": "to register", "update": "to update"}
_WORDS: Final = {"keep": "unchanged", "draft": "draft", "refuse": "refused", "conflict": "conflict"}


def document(result: Result, domain: str, profile: str, *, dry_run: bool) -> dict[str, Any]:
    """Every product contract with what became of it."""
    return {
        "schema": "platform-cli/publish/1",
        "domain": domain,
        "profile": profile,
        "dry_run": dry_run,
        "outcome": result.outcome,
        "tables": [_table(line) for line in result.lines],
        "mutating_calls": result.mutating_calls,
        "error": error_body(result.error) if result.error else None,
    }


def _table(line: Line) -> dict[str, Any]:
    change = line.change
    return {
        "table": change.wish.address,
        "contract": change.wish.publication.contract,
        "path": change.wish.path,
        "version": change.wish.publication.version,
        "published": change.published,
        "action": change.action,
        "status": line.status,
        "reason": change.reason,
        "calls": list(line.calls),
    }


def tell(result: Result, domain: str, columns: int) -> None:
    """A line a contract, the count of calls, and what stands in the way."""
    for line in result.lines:
        out(wrap(_line(line), columns, "", "            "))
        if line.change.way_out:
            out(wrap(line.change.way_out, columns, "            "))
    if not result.lines:
        out(wrap(f"{domain} has no product contract: there is nothing to publish.", columns))
    drafts = sum(line.status == "draft" for line in result.lines)
    if result.outcome == "planned":
        pending = sum(line.status == "planned" for line in result.lines)
        out(wrap(f"Nothing was changed; {count(pending, 'mutating call')} to make.", columns))
    else:
        out(wrap(f"{count(result.mutating_calls, 'mutating call')}.", columns))
    if result.error is not None:
        tell_error_of_result(result.error, columns)
    elif drafts:
        said = "replace each TODO in it by what readers may rely on, then publish again"
        out(wrap(f"Next: a draft is not published: {said}.", columns))


def _line(line: Line) -> str:
    change = line.change
    wish, action = change.wish, change.action
    word = _WORDS.get(action) or {
        "done": _DONE,
        "kept": _DONE,
        "planned": _PLANNED,
    }.get(line.status, {}).get(action, line.status)
    version = wish.publication.version
    if action == "update" and change.published not in {None, version}:
        version = f"{change.published} -> {version}"
    said = f"{word:<11} {wish.address} {version}"
    if action == "draft":
        return f"{said}, not published ({wish.path})"
    return f"{said}: {change.reason}" if change.stopping else said
