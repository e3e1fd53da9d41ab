"""`product add` for people and as `platform-cli/product-add/1`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from platform_cli.cli.render.human import tell_error_of_result
from platform_cli.cli.render.json import error_body
from platform_cli.cli.render.text import out, wrap

if TYPE_CHECKING:
    from platform_cli.domain_repo.adding import Added


def document(added: Added, domain: str, *, dry_run: bool) -> dict[str, Any]:
    """Every file with what became of it."""
    return {
        "schema": "platform-cli/product-add/1",
        "domain": domain,
        "table": added.address,
        "dry_run": dry_run,
        "outcome": added.outcome,
        "files": [{"path": path, "status": status} for path, status in added.files],
        "error": error_body(added.error) if added.error else None,
    }


def tell(added: Added, columns: int) -> None:
    """Each file, then what to do with them."""
    for path, status in added.files:
        out(wrap(f"{status:<9} {path}", columns))
    if added.error is not None:
        tell_error_of_result(added.error, columns)
        return
    if added.outcome == "planned":
        out(wrap("Nothing was written.", columns))
        return
    out(wrap(f"{added.address} is a draft: readers see it once it is published.", columns))
    contract = next(path for path, _ in added.files if path.endswith(".contract.yaml"))
    out()
    out("Next")
    out(wrap("1. Take the model's rows from your data.", columns, "  ", "     "))
    said = f"2. Complete the semantics in {contract}, and revise its sla and its alerts."
    out(wrap(said, columns, "  ", "     "))
    out(wrap("3. Run make check, then open a pull request.", columns, "  ", "     "))
