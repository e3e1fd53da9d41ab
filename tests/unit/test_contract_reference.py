"""The reference pages: what stands in them as an example or as a promise is true."""

from __future__ import annotations

import re

import pytest

from platform_cli.cli.render.pins import consumers_document, pins_document
from platform_cli.contracts.card import VALIDATION_FINDINGS
from platform_cli.contracts.dbt_findings import DBT_FINDINGS
from platform_cli.contracts.load import load
from platform_cli.contracts.pins import load as load_pins
from platform_cli.contracts.reference import (
    CONSUMERS_KEYS,
    CONSUMES,
    EXAMPLE,
    PINS_KEYS,
    language_page,
    rules_page,
)
from platform_cli.contracts.types import parse, relation
from platform_cli.domain_repo.consumes import Offers, Pins, pinned, readers
from tests.unit.contract_samples import TODAY


def test_the_contract_of_the_page_is_valid_and_whole() -> None:
    loaded = load(EXAMPLE.encode(), "x")
    assert loaded.findings == ()
    assert loaded.contract is not None
    assert not loaded.contract.draft


def test_the_pins_of_the_page_are_right() -> None:
    loaded = load_pins(CONSUMES.encode())
    assert loaded.findings == ()
    assert [pin.text for pin in loaded.pins] == ["^2.1"]


def test_the_keys_of_the_documents_are_those_of_the_page() -> None:
    loaded = load_pins(CONSUMES.encode())
    told = pins_document(pinned(Pins("x", loaded), Offers(()), today=TODAY), "x")
    assert list(told) == list(PINS_KEYS)
    written = re.findall("`([a-z_]+)`", PINS_KEYS["pins"])
    assert written == list(told["pins"][0])
    assert list(consumers_document("x", readers("x", []))) == list(CONSUMERS_KEYS)


def test_every_finding_is_on_the_page() -> None:
    page = language_page()
    assert all(f"| `{one}` |" in page for one in (*VALIDATION_FINDINGS, *DBT_FINDINGS))


@pytest.mark.parametrize(
    ("old", "new", "relative"),
    [
        ("integer", "decimal(12,2)", "wider"), ("integer", "decimal(11,2)", "other"),
        ("bigint", "decimal(19,0)", "wider"), ("bigint", "double", "other"),
        ("decimal(9,0)", "integer", "wider"), ("decimal(10,0)", "integer", "narrower"),
        ("decimal(18,0)", "bigint", "wider"), ("decimal(19,0)", "bigint", "narrower"),
        ("float", "double", "wider"), ("integer", "double", "wider"), ("date", "timestamp", "other"),
        ("decimal(5,2)", "decimal(6,3)", "wider"), ("decimal(5,2)", "decimal(6,4)", "other"),
    ],
)  # fmt: skip
def test_which_type_holds_which_is_as_the_page_says(old: str, new: str, relative: str) -> None:
    assert relation(parse(old), parse(new)) == relative


@pytest.mark.parametrize("page", [language_page(), rules_page()])
def test_a_table_is_a_table(page: str) -> None:
    """Every row has as many cells as the heading; a bar or a bracket in a text makes no other."""
    cells = 0
    for line in page.splitlines():
        if not line.startswith("|"):
            cells = 0
            continue
        found = len(re.findall(r"(?<!\\)\|", line))
        cells = cells or found
        assert found == cells, line
        outside = re.sub("`[^`]*`", "", line)
        assert "<" not in outside, line
        assert "&lt;" not in "".join(re.findall("`[^`]*`", line)), line
