"""Every command with arguments that make it do its work; a new command must be placed here.

Words in braces are filled in: `{domain}` is one that is there, `{fresh}` one that is not yet,
`{repository}` a clone of the first, `{file}` a file that does not exist, `{events}` one of events.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from platform_cli.cli.app import TREE, Branch


@dataclass(frozen=True, slots=True)
class Line:
    """One command line, and variables of its own."""

    words: tuple[str, ...]
    env: dict[str, str] = field(default_factory=dict)
    inside: bool = False
    """Whether it stands in the domain's repository."""


def leaves() -> dict[str, tuple[str, ...]]:
    """Every command of the tree, by its words."""
    found: dict[str, tuple[str, ...]] = {}
    for name, entry in TREE.items():
        if isinstance(entry, Branch):
            found |= {f"{name} {leaf}": (name, leaf) for leaf in entry.leaves}
        else:
            found[name] = (name,)
    return found


INIT: Final = ("{fresh}", "--owner", "@loyalty-team", "--on-call", "{fresh}-pager")

# Whom a command asks decides in how many worlds it is tried.
REMOTE: Final = (
    "init",
    "verify",
    "status",
    "doctor",
    "publish",
    "contract pins",
    "contract consumers",
)

LINES: Final[dict[str, tuple[Line, ...]]] = {
    "init": (
        Line((*INIT, "--into", "{file}")),
        Line((*INIT, "--format", "json", "--verbose")),
        Line((*INIT, "--dry-run")),
        Line((*INIT, "--summary", "{file}", "--on-behalf-of", "@ann")),
        Line(
            INIT,
            {
                "PLATFORM_CLI_TEMPLATE_SOURCE": "{template}",
                "PLATFORM_CLI_TEMPLATE_COMMIT": "0" * 40,
            },
        ),
    ),
    "verify": (Line(("{domain}",)), Line(("{domain}", "--trials"))),
    "status": (Line(()), Line(("{domain}", "--format", "json"))),
    "doctor": (Line(()), Line(("--format", "json"))),
    "contract schema": (Line(()),),
    "contract validate": (Line((), inside=True), Line(("--format", "github"), inside=True)),
    "contract diff": (Line(("HEAD:product.contract.yaml", "product.contract.yaml"), inside=True),),
    "contract pins": (Line((), inside=True),),
    "contract consumers": (Line(("orders.product.order_facts",)),),
    "policy check": (Line(("{repository}",)), Line(("--engine", "opa", "{repository}"))),
    "policy test": (Line(("--engine", "embedded")),),
    "policy explain": (Line(("mesh.pii_masking",)),),
    "policy exceptions": (Line(("{repository}",)),),
    "policy bundle": (Line(("--output", "{file}")),),
    "policy sync": (Line(("{repository}", "--dry-run")),),
    "publish": (Line((), inside=True), Line(("--format", "json"), inside=True)),
    "product add": (Line(("{table}",), inside=True),),
    "kpi onboarding": tuple(
        Line(("--runs", "--of-profile", "sweep", "--format", form))
        for form in ("html", "csv", "json", "human", "openmetrics")
    ),
    "journal export": (Line(()), Line(("--output", "{file}"))),
    "journal import": (Line(("{events}",)),),
    "journal migrate": (Line(()), Line(("--from", "{sqlite}"))),
    "journal close": (Line(("{domain}", "--reason", "a test")),),
    "config show": (Line(()), Line(("--format", "json"))),
    "config init": (
        Line(("--output", "{file}")),
        Line(("--service", "github", "--into", "{file}")),
    ),
}
