"""The reference pages of the contract language and the rule table, made of the very tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from platform_cli.contracts import types
from platform_cli.contracts.findings import FINDINGS
from platform_cli.contracts.language import (
    COLUMN,
    CONTRACT,
    DEPRECATION,
    ENTRY,
    OWNER,
    SEMANTICS,
    SLA,
)
from platform_cli.contracts.pins import PIN, PIN_FINDINGS
from platform_cli.contracts.record import Field
from platform_cli.contracts.rules import RULES, Rule
from platform_cli.contracts.version import VERSION_RULES
from platform_cli.contracts.yaml_source import DEEPEST, LARGEST, MOST_ALIASES

_ABOUT_LANGUAGE: Final = (
    "A contract is a YAML file whose name ends in `.contract.yaml`. `platform-cli contract schema` "
    "prints the same as JSON Schema. Every mapping of fixed keys also takes keys that begin with "
    "`x-`.\n"
)
_REFUSED: Final = (
    f"More than {LARGEST // 1024} KiB, another encoding than UTF-8, more than one document, "
    f"nesting deeper than {DEEPEST} levels, more than {MOST_ALIASES} aliases, tags, merge keys, "
    "and a key that stands twice.\n"
)
_ABOUT_RULES: Final = (
    "The class of a change follows from the difference alone, and the declared bump must be at "
    "least that class. An organisation may re-class a rule in its policy bundle; the report then "
    "says so.\n"
)


def language_page() -> str:
    """Every field of a contract, the types, what is refused, and the findings: Markdown."""
    lines = ["# The contract language\n", _ABOUT_LANGUAGE]
    for title, fields in (
        ("A contract", CONTRACT.fields),
        ("`schema`: each column", COLUMN.fields),
        ("`owner`, where it is a mapping", OWNER.fields),
        ("`sla`", SLA.fields),
        ("`semantics`: names that are reserved", SEMANTICS.reserved),
        ("`semantics`: an entry that is a mapping", ENTRY.fields),
        ("`deprecation`", DEPRECATION.fields),
        ("`consumes.yaml`: each entry", PIN.fields),
    ):
        lines += [f"## {title}\n", *_fields(fields), ""]
    lines += ["## Types\n", *(f"* `{form}`" for form in types.FORMS), ""]
    lines += [
        f"A decimal has up to {types.MOST_DIGITS} digits. Case and spaces do not matter.\n",
        "## Refused before anything else\n",
        _REFUSED,
        "## Findings\n",
        "| id | what is wrong |",
        "|---|---|",
        *(f"| `{identity}` | {_cell(what)} |" for identity, what in FINDINGS.items()),
        *(f"| `{identity}` | {_cell(what)} |" for identity, what in PIN_FINDINGS.items()),
    ]
    return "\n".join(lines) + "\n"


def rules_page() -> str:
    """Every rule with its class and why, and the version rules: Markdown."""
    lines = [
        "# What a change to a contract costs\n",
        _ABOUT_RULES,
        "| id | change | class | why |",
        "|---|---|---|---|",
        *(_rule(rule) for rule in RULES.values()),
        "",
        "## Version rules\n",
        "| id | what is wrong |",
        "|---|---|",
        *(f"| `{identity}` | {_cell(what)} |" for identity, what in VERSION_RULES.items()),
    ]
    return "\n".join(lines) + "\n"


def _fields(fields: Mapping[str, Field]) -> Iterator[str]:
    yield "| field | | takes | |"
    yield "|---|---|---|---|"
    for name, one in fields.items():
        needed = "required" if one.required else ""
        yield f"| `{name}` | {needed} | {_cell(one.shape.expected)} | {_cell(one.about)} |"


def _rule(rule: Rule) -> str:
    classes: str = rule.change_class
    if rule.warning:
        classes += f" (warning: {rule.warning})"
    if rule.exempt:
        classes += f"; {rule.exempt.change_class} where {rule.exempt.when}"
    return f"| `{rule.id}` | {_cell(rule.change)} | {_cell(classes)} | {_cell(rule.why)} |"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;")
