"""One contract with something of everything, and ways to change it."""

from __future__ import annotations

import copy
import json
from datetime import date
from typing import Any, Final

from platform_cli.contracts.load import load
from platform_cli.contracts.model import Contract

TODAY: Final = date(2026, 11, 21)
GONE: Final = object()
"""The value of what is not written."""

FULL: Final[dict[str, Any]] = {
    "name": "orders.product.order_facts",
    "version": "2.1.0",
    "owner": {"team": "@orders-team", "on_call": "orders-pager", "reviewers": ["@ann", "@bob"]},
    "description": "Orders as they were placed.",
    "tags": ["customer_data", "region:EU"],
    "retention_days": 365,
    "schema": [
        {"name": "id", "type": "string", "required": True, "primary_key": True, "unique": True},
        {"name": "amount", "type": "decimal(12,2)", "currency": "EUR", "description": "Gross."},
        {"name": "weight", "type": "double", "unit": "kg"},
        {"name": "status", "type": "string", "required": True, "enum": ["open", "closed"]},
        {"name": "stage", "type": "string", "enum": ["a", "b"], "extensible": True},
        {"name": "placed_at", "type": "timestamp", "required": True, "timezone": "UTC"},
        {"name": "email", "type": "string", "tags": ["PII"], "mask": "sha256"},
        {"name": "items", "type": "integer", "default": 0},
        {"name": "address", "type": "struct<city: string, zip: integer, geo: struct<lat: double>>"},
        {"name": "lines", "type": "array<struct<sku: string, quantity: integer>>"},
        {"name": "attributes", "type": "map<string, integer>"},
    ],
    "sla": {
        "freshness": "1h",
        "completeness": "99.9%",
        "accuracy": "99%",
        "late_arrival_window": "2h",
    },
    "semantics": {
        "grain": ["id"],
        "amount": "What the customer pays, with VAT.",
        "address.city": "Where it is sent.",
        "vat": "VAT is that of the seller's country.",
    },
}


def document(changes: dict[str, Any] | None = None, start: dict[str, Any] = FULL) -> dict[str, Any]:
    """The sample with values put at addresses; GONE takes the entry away."""
    made: dict[str, Any] = copy.deepcopy(start)
    for address, value in (changes or {}).items():
        _put(made, address, value)
    return made


def _put(made: dict[str, Any], address: str, value: Any) -> None:
    head, _, rest = address.partition(".")
    if head == "schema" and rest:
        name, _, key = rest.partition(".")
        columns = made["schema"]
        at = next((n for n, column in enumerate(columns) if column["name"] == name), len(columns))
        if key:
            _put(columns[at], key, value)
        elif value is GONE:
            del columns[at : at + 1]
        else:
            columns[at : at + 1] = [{"name": name, **value}]
    elif rest and isinstance(made.get(head), dict) and head != "semantics":
        _put(made[head], rest, value)
    elif rest:
        _put_flat(made.setdefault(head, {}), rest, value)
    else:
        _put_flat(made, head, value)


def _put_flat(made: dict[str, Any], key: str, value: Any) -> None:
    if value is GONE:
        made.pop(key, None)
    else:
        made[key] = value


def text(made: Any) -> bytes:
    """The document as YAML: JSON is YAML."""
    return json.dumps(made, ensure_ascii=False, indent=1).encode()


def contract(made: dict[str, Any], path: str = "order_facts.contract.yaml") -> Contract:
    """The contract of a valid document."""
    loaded = load(text(made), path)
    assert loaded.valid, loaded.findings
    assert loaded.contract is not None
    return loaded.contract


def changed(changes: dict[str, Any]) -> Contract:
    """The sample's contract with values put at addresses."""
    return contract(document(changes))
