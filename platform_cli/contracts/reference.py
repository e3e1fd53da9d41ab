"""The reference pages of the contract language and the rule table, made of the very tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from platform_cli.contracts import types
from platform_cli.contracts.card import VALIDATION_FINDINGS
from platform_cli.contracts.dbt_findings import DBT_FINDINGS
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

EXAMPLE: Final = """\
name: orders.product.order_facts
version: "2.1.0"
owner: "@orders-team"
schema:
  - {name: order_id, type: string, required: true, primary_key: true}
  - {name: amount, type: "decimal(12,2)", required: true, currency: EUR}
  - {name: placed_at, type: timestamp, required: true, timezone: UTC}
sla: {freshness: 1h, completeness: 99.9%, accuracy: 99%}
semantics:
  grain: [order_id]
  amount: What the customer pays, with VAT.
"""
CONSUMES: Final = """\
- source: orders.product.order_facts
  pin: ^2.1
  on_breaking: fail
"""

_ABOUT_LANGUAGE: Final = f"""\
A contract says what the readers of a table may rely on. It is a YAML file whose name ends in
`.contract.yaml`, anywhere in a domain's repository. Six fields are required; this is a whole one:

```yaml
{EXAMPLE}```

`platform-cli contract validate` checks it. `platform-cli contract schema` prints the same rules as
JSON Schema, for an editor to complete and check with. A key that is not known is an error, except
one that begins with `x-`, which any mapping below may have.
"""
_DRAFT: Final = """\
A promise of `sla` and a text of `semantics` may be `TODO` until somebody knows it (a text may go
on: `TODO: ask finance`), and so may the whole of either. Such a contract is a **draft**: it is
valid, is said to be a draft, and is not published.
"""
_ADDRESSES: Final = """\
A finding says which file, line and column it is about, and at which address: `schema.amount` is the
column `amount`, `schema.address.city` the field `city` of a struct, `schema.lines[]` the element of
an array, `schema.attributes{}` the value of a map, `sla.freshness` a promise, `semantics.grain` the
grain. What is called a warning below fails nothing; everything else does.
"""
_REFUSED: Final = (
    f"A file is not read on where it is larger than {LARGEST // 1024} KiB, is not UTF-8, has more "
    f"than one document, is nested deeper than {DEEPEST} levels, or has more than {MOST_ALIASES} "
    "aliases. Tags, merge keys (`<<`) and a key that stands twice are errors.\n"
)
_ABOUT_PINS: Final = f"""\
A domain says in `consumes.yaml`, at the top of its repository, what it reads from others:

```yaml
{CONSUMES}```

`[]` says that it reads nothing. `^2.1` takes 2.1.0 and every later 2.x: patches and additive minors
flow through without a word. Below 1.0.0 another minor is another interface: `^0.3` takes 0.3.x
alone. `platform-cli contract pins` holds every pin against the catalog of the profile, or with
`--contracts DIR` against a folder of contracts. Once the producer has announced the end of a pinned
major it warns on every run and counts the days; after the sunset it fails with exit code 5.
`platform-cli contract consumers TABLE` lists who reads a table.
"""
_ABOUT_RULES: Final = """\
The class of a change follows from the difference alone, by the table below, and the declared bump
must be at least that class: nobody feels it out. One test decides every row: *do all existing
queries still compile, and do they still give the same answer?* Yes, and something is new: minor.
Yes, and nothing is new: patch. No, or it cannot be known: major.

A **major** change needs a `deprecation` with a `sunset_date` at least 90 days after today (in UTC)
and `migration_notes`; the previous major stays published until then, beside the new one. What is
**refused** no version can carry.

The ids are permanent. An organisation may give a rule another class in its policy bundle; the
report then says so. A domain cannot.
"""
_SPELLING: Final = """\
Equal values in another spelling: `60m` and `1h`, `99.90%` and `99.9%`, `Decimal(12, 2)` and
`decimal(12,2)`, `required: false` and no `required`, `"@team"` and `{team: "@team"}`, another order
of tags, of an enum's values or of the columns of a key or grain, another folding of a text, and
everything that is a comment or layout in YAML. The version itself is no difference either.
"""
_LATTICE: Final = """\
| from | to each of these is `type-widened`, and back is `type-narrowed` |
|---|---|
| `integer` | `bigint`, `double`, `decimal(p,s)` with 10 digits or more before the point |
| `bigint` | `decimal(p,s)` with 19 digits or more before the point; not `double`, which rounds |
| `decimal(p,s)` | `decimal(q,t)` with as many digits or more on both sides of the point |
| `decimal(p,0)` | `integer` up to 9 digits, `bigint` up to 18 |
| `float` | `double` |

`array<T>` and `map<K,V>` follow what they hold, and the fields of a `struct` follow the rules of
columns, with their path as the address. Everything else is `type-changed`: `date`, `timestamp` and
`timestamp_tz` have no order among each other.
"""
_BELOW: Final = """\
Below 1.0.0 a minor bump may carry what is major above it, and owes nobody a notice. A pre-release
(`2.0.0-rc.1`) is ordered as semver says, and carries what its core version carries. A major bump
without a major difference is a warning and needs no deprecation.

`semantics_change: editorial` on an entry says that its words changed and its meaning did not. It
counts for the change that adds it; left standing, it licenses nothing. `grain` cannot be editorial.
"""

PINS_KEYS: Final[dict[str, str]] = {
    "schema": "`platform-cli/contract-pins/1`",
    "outcome": "`passed` or `failed`",
    "path": "the `consumes.yaml` that was read",
    "against": "the folders, or the catalog, that its pins were held against",
    "pins": "each pin in the order of the file: `source`, `pin`, `on_breaking`; `version`, the "
    "highest published version that it takes, and `published`, where that is (null: nothing is); "
    "`sunset_date` and `days_left` of an announced end (null: none is); `line`, `column`, "
    "`findings`",
    "findings": "what is wrong with the file or with the contracts, each with its `path`",
}
CONSUMERS_KEYS: Final[dict[str, str]] = {
    "schema": "`platform-cli/contract-consumers/1`",
    "outcome": "`failed` where a file cannot be read, and the list may lack a reader",
    "table": "the table that was asked about",
    "looked_at": "how many `consumes.yaml` were looked at",
    "consumers": "each reader: `domain`, `pin`, `on_breaking`, `path`, `line`, `column`",
    "findings": "what is wrong with the files, each with its `path`",
}


def language_page() -> str:
    """Every field of a contract and of `consumes.yaml`, and the findings: Markdown."""
    lines = ["# The contract language\n", _ABOUT_LANGUAGE]
    for title, fields in (
        ("A contract", CONTRACT.fields),
        ("`schema`: each column", COLUMN.fields),
        ("`owner`, where it is a mapping", OWNER.fields),
        ("`sla`", SLA.fields),
        ("`semantics`: the one name that is reserved", SEMANTICS.reserved),
        ("`semantics`: an entry that is a mapping", ENTRY.fields),
        ("`deprecation`", DEPRECATION.fields),
    ):
        lines += [f"## {title}\n", *_fields(fields), ""]
    lines += ["## Types\n", *(f"* `{form}`" for form in types.FORMS), ""]
    lines += [f"A decimal has up to {types.MOST_DIGITS} digits. Case and spaces do not matter.\n"]
    lines += ["## Drafts\n", _DRAFT, "## Refused before anything else\n", _REFUSED]
    lines += ["## Findings\n", _ADDRESSES, *_findings({**FINDINGS, **VALIDATION_FINDINGS}), ""]
    lines += ["## Findings beside a dbt project\n", *_findings(DBT_FINDINGS), ""]
    lines += ["## `consumes.yaml`\n", _ABOUT_PINS, *_fields(PIN.fields), ""]
    lines += [*_findings(PIN_FINDINGS), "", "## What `pins` and `consumers` print as JSON\n"]
    lines += [*_keys(PINS_KEYS), "", *_keys(CONSUMERS_KEYS), ""]
    lines += ["A finding has `id`, `severity`, `message`, `address`, `line` and `column`."]
    return "\n".join(lines) + "\n"


def rules_page() -> str:
    """Every rule with its class and why, and the version rules: Markdown."""
    lines = [
        "# What a change to a contract costs\n",
        _ABOUT_RULES,
        "## The rules\n",
        "| id | what changes | class | why |",
        "|---|---|---|---|",
        *(_rule(rule) for rule in RULES.values()),
        "",
        "## What is no difference\n",
        _SPELLING,
        "## Which type holds which\n",
        _LATTICE,
        "## The version\n",
        _BELOW,
        *_findings(VERSION_RULES),
    ]
    return "\n".join(lines) + "\n"


def _findings(found: Mapping[str, str]) -> Iterator[str]:
    yield "| id | what is wrong |"
    yield "|---|---|"
    yield from (f"| `{identity}` | {_cell(what)} |" for identity, what in found.items())


def _keys(keys: Mapping[str, str]) -> Iterator[str]:
    yield "| key | |"
    yield "|---|---|"
    yield from (f"| `{key}` | {_cell(what)} |" for key, what in keys.items())


def _fields(fields: Mapping[str, Field]) -> Iterator[str]:
    yield "| field | | takes | what it says |"
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
    """A table's cell. In `code` nothing but the bar between cells needs escaping."""
    parts = text.replace("|", "\\|").split("`")
    parts[::2] = [part.replace("<", "&lt;") for part in parts[::2]]
    return "`".join(parts)
