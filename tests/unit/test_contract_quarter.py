"""A quarter in the life of one table: three releases that break nobody, and one that does."""

from __future__ import annotations

from datetime import date, timedelta

from platform_cli.contracts.load import load
from platform_cli.contracts.model import Contract
from platform_cli.contracts.version import Judgement, check

TODAY = date(2026, 11, 21)

START = """\
name: orders.product.order_facts
version: "2.1.0"
owner: "@orders-team"
schema:
  - {name: order_id, type: string, required: true, primary_key: true}
  - {name: amount, type: "decimal(12,2)", required: true, currency: EUR}
sla: {freshness: 1h, completeness: 99.9%, accuracy: 99%}
semantics:
  grain: [order_id]
  amount: What the customer pays, with VAT.
"""


def changed(source: str, *changes: tuple[str, str]) -> str:
    """The text with each old part, which it must have, replaced by the new one."""
    for old, new in changes:
        assert old in source
        source = source.replace(old, new)
    return source


def contract(source: str) -> Contract:
    """The contract of a valid text."""
    loaded = load(source.encode(), "order_facts.contract.yaml")
    assert loaded.findings == ()
    assert loaded.contract is not None
    return loaded.contract


def judged(old: str, new: str) -> Judgement:
    """What the check `semver` says of the release."""
    return check(contract(old), contract(new), today=TODAY)


def passes(old: str, new: str, version: str) -> None:
    """The release is right, and its version is the lowest that is."""
    judgement = judged(old, new)
    assert judgement.findings == ()
    assert judgement.verdict.required_version == contract(new).version == version


def release_3(old: str, days: int) -> str:
    """The rename as a new major, with a sunset that many days away."""
    renamed = changed(old, ('"2.3.0"', '"3.0.0"'), ("amount", "gross"))
    return renamed + (
        "deprecation:\n"
        "  previous_version: 2.3.0\n"
        f"  sunset_date: {TODAY + timedelta(days=days)}\n"
        "  migration_notes: amount is called gross now.\n"
    )


def test_a_quarter_in_the_life_of_a_table() -> None:
    # A check is written down: nobody gets other data. A patch.
    checked = changed(START, ('"2.1.0"', '"2.1.1"')) + "x-checks: [amount is never negative]\n"
    passes(START, checked, "2.1.1")

    # A column that may be NULL. A minor version.
    columns = "\nsla:"
    region = "\n  - {name: sales_region, type: string}" + columns
    wider = changed(checked, ('"2.1.1"', '"2.2.0"'), (columns, region))
    passes(checked, wider, "2.2.0")

    # Another one. A minor version.
    channel = "\n  - {name: channel, type: string}" + columns
    widest = changed(wider, ('"2.2.0"', '"2.3.0"'), (columns, channel))
    passes(wider, widest, "2.3.0")

    # A rename is a column that is gone and a required one that is new: as a minor it is refused.
    renamed = changed(widest, ('"2.3.0"', '"2.4.0"'), ("amount", "gross"))
    refused = judged(widest, renamed)
    assert [(one.id, one.severity, one.address) for one in refused.findings] == [
        ("bump-too-small", "error", "version"),
        ("column-removed", "error", "schema.amount"),
        ("column-added-required", "error", "schema.gross"),
    ]
    assert refused.findings[0].message == (
        "non-additive diff requires major version bump: 2.4.0 is minor, write 3.0.0"
    )
    assert refused.verdict.required_version == "3.0.0"
    (guess,) = refused.comparison.renames
    assert (guess.old, guess.new) == ("schema.amount", "schema.gross")

    # As a major it is accepted where readers have 90 days, and refused where they have 89.
    assert judged(widest, release_3(widest, days=90)).findings == ()
    (soon,) = judged(widest, release_3(widest, days=89)).findings
    assert (soon.id, soon.severity, soon.address) == (
        "sunset-too-soon", "error", "deprecation.sunset_date",
    )  # fmt: skip
    assert soon.message == (
        "the sunset 2027-02-18 is 89 days after today (2026-11-21, UTC): at least 90 are needed, "
        "2027-02-19 or later"
    )
