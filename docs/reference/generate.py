"""Writes the reference pages from the program itself; `--check` fails where one is out of date.

A page made here is never edited by hand: change the command's help, or the row of the error, the
setting, the field, the rule or the policy, then run `make docs`.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from platform_cli import policies, settings
from platform_cli.cli.app import build
from platform_cli.contracts import reference as contract_reference
from platform_cli.errors import CODES, Exit
from platform_cli.policies import reference as policy_reference

HERE = Path(__file__).parent
MADE = "<!-- Made by docs/reference/generate.py. Do not edit: run `make docs`. -->\n"

EXITS = {
    Exit.DONE: "done",
    Exit.FAILED: "failed",
    Exit.USAGE: "usage: the line or a setting is wrong, and nothing was done",
    Exit.PENDING: "something is pending: an incomplete onboarding, or --detailed-exitcode",
    Exit.CREDENTIALS: "credentials or a permission are missing",
    Exit.DENIED: "denied: a contract, a policy or a check says no",
    Exit.DECISION: "a person must decide: a conflict, or somebody else's resource",
    Exit.HELD: "another run holds the domain",
    Exit.INTERRUPTED: "interrupted; it is safe to run again",
}


def commands() -> str:
    """Every command's help, as the program prints it at 80 columns."""
    import typer

    root = typer.main.get_command(build(everything=True))
    parts = [MADE, "# Commands\n"]
    for path, command in _walk("platform-cli", root):
        context = command.make_context(path, [], resilient_parsing=True)
        context.info_name = path
        parts.append(f"## `{path}`\n\n```text\n{command.get_help(context).strip()}\n```\n")
    return "\n".join(parts)


def _walk(path: str, command: Any) -> Iterator[tuple[str, Any]]:
    yield path, command
    for name, child in sorted(getattr(command, "commands", {}).items()):
        yield from _walk(f"{path} {name}", child)


def errors() -> str:
    """Every code, what it means and what to do; and the exit codes."""
    lines = [MADE, "# Errors and exit codes\n", "| exit | means |", "|---|---|"]
    lines += [f"| {int(code)} | {means} |" for code, means in EXITS.items()]
    lines += ["", "| code | exit | what happened | what to do |", "|---|---|---|---|"]
    lines += [
        f"| `{code}` | {int(kind.exit)} | {kind.title} | {kind.remedy} |"
        for code, kind in CODES.items()
    ]
    return "\n".join(lines) + "\n"


def settings_page() -> str:
    """Every setting with its default, who may set it, and its environment variable."""
    lines = [
        MADE,
        "# Settings\n",
        "| key | default | takes | from | environment | |",
        "|---|---|---|---|---|---|",
    ]
    for row in settings.reference():
        cells = (
            f"`{row.key}`",
            f"`{row.default}`",
            row.accepts,
            row.sources,
            f"`{row.variable}`",
            row.help,
        )
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines) + "\n"


def policies_page() -> str:
    """Every policy of the release that ships with the program."""
    return f"{MADE}\n{policy_reference.page(policies.released())}"


PAGES = {
    "commands.md": commands,
    "errors.md": errors,
    "settings.md": settings_page,
    "contract-language.md": lambda: f"{MADE}\n{contract_reference.language_page()}",
    "contract-rules.md": lambda: f"{MADE}\n{contract_reference.rules_page()}",
    "policies.md": policies_page,
}


def main(arguments: list[str]) -> int:
    """Write the pages, or with --check compare them."""
    os.environ["COLUMNS"] = "80"
    stale = []
    for name, make in PAGES.items():
        path, page = HERE / name, make()
        if path.exists() and path.read_text(encoding="utf-8") == page:
            continue
        if "--check" in arguments:
            stale.append(name)
        else:
            path.write_text(page, encoding="utf-8")
            print(f"written: {path.name}")
    if stale:
        print(f"out of date: {', '.join(stale)}; run `make docs`", file=sys.stderr)
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
