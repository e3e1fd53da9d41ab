"""The digest of a contract: equal exactly where nothing differs, whatever the spelling."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from platform_cli.contracts.compare import compare
from platform_cli.contracts.digest import digest
from platform_cli.contracts.load import load
from platform_cli.contracts.model import Contract
from tests.unit.contract_samples import FULL, GONE, TODAY, changed, contract, document, text
from tests.unit.contract_strategies import damaged, documents


def test_a_digest_is_the_same_on_every_day_and_machine() -> None:
    """What a catalog keeps must still be understood by every later version of the program."""
    assert digest(contract(document())) == digest(contract(document()))
    least = {
        "name": "orders.product.facts",
        "version": "1.0.0",
        "owner": "@orders",
        "schema": [{"name": "id", "type": "string"}],
        "sla": {"freshness": "1h", "completeness": "99%", "accuracy": "99%"},
        "semantics": {"id": "Who."},
    }
    assert digest(contract(least)) == (
        "sha256:2783532e37e1e904d03e4bcd8620d07bab4d6c02f69dbfa05f8176bb671f0b0e"
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"version": "2.1.1"},
        {"version": "3.0.0-rc.1"},
        {"tags": ["region:EU", "customer_data"]},
        {"description": "Orders as\n  they were placed."},
        {"sla.freshness": "60m"},
        {"sla.completeness": "99.90%"},
        {"schema.status.enum": ["closed", "open"]},
        {"schema.amount.type": "DECIMAL( 12 , 2 )"},
        {"schema.amount.required": False},
        {"schema.weight.tags": []},
        {"schema.items.default": 0.0},
        {"semantics": {**FULL["semantics"], "vat": "VAT is that of the  seller's country."}},
    ],
)
def test_another_spelling_is_no_other_contract(changes: dict[str, Any]) -> None:
    assert digest(changed(changes)) == digest(contract(document()))


@pytest.mark.parametrize(
    "changes",
    [
        {"owner": "@orders-team"},
        {"retention_days": 366},
        {"retention_days": GONE},
        {"tags": ["customer_data"]},
        {"description": "Orders."},
        {"x-a": None},
        {"x-a": 1},
        {"sla.freshness": "61m"},
        {"sla.late_arrival_window": GONE},
        {"schema.status.enum": ["open"]},
        {"schema.status.extensible": True},
        {"schema.amount.type": "decimal(12,3)"},
        {"schema.amount.required": True},
        {"schema.amount.currency": "USD"},
        {"schema.weight.unit": GONE},
        {"schema.email.mask": "redact"},
        {"schema.email.tags": GONE},
        {"schema.items.default": 1},
        {"schema.id.unique": GONE},
        {"schema.note": {"type": "string"}},
        {"schema.attributes": GONE},
        {"deprecation": {"sunset_date": "2027-06-01", "migration_notes": "Read it."}},
    ],
)
def test_what_differs_has_another_digest(changes: dict[str, Any]) -> None:
    assert digest(changed(changes)) != digest(contract(document()))


def test_one_and_true_are_two_values() -> None:
    assert digest(changed({"x-a": 1})) != digest(changed({"x-a": True}))
    assert digest(changed({"x-a": 1})) == digest(changed({"x-a": 1.0}))
    assert digest(changed({"x-a": [1, 2]})) != digest(changed({"x-a": [2, 1]}))
    assert digest(changed({"x-a": {"a": 1, "b": 2}})) == digest(changed({"x-a": {"b": 2, "a": 1}}))


def _agree(one: Contract, other: Contract) -> None:
    same = not compare(one, other, today=TODAY).differences
    assert (digest(one) == digest(other)) == same


@given(documents(), st.data())
def test_digests_agree_with_the_comparison(made: dict[str, Any], data: st.DataObject) -> None:
    """For a contract and itself with a few places changed at random."""
    other = copy.deepcopy(made)
    more = data.draw(documents())
    for key in data.draw(st.lists(st.sampled_from(sorted(more)), max_size=2)):
        other[key] = more[key]
    contracts = [load(text(one), "a") for one in (made, other)]
    if all(one.valid and one.contract is not None for one in contracts):
        one, second = (loaded.contract for loaded in contracts)
        assert one is not None
        assert second is not None
        _agree(one, second)


@given(damaged(), damaged())
def test_digests_agree_with_the_comparison_of_any_two(
    one: dict[str, Any], other: dict[str, Any]
) -> None:
    contracts = [load(text(each), "a").contract for each in (one, other)]
    for first in contracts:
        for second in contracts:
            if first is not None and second is not None:
                _agree(first, second)
