"""Which contract of a baseline each contract is compared with, and the pages made of the tables."""

from __future__ import annotations

from platform_cli.contracts.baseline import pair, repeated
from platform_cli.contracts.findings import FINDINGS
from platform_cli.contracts.model import Contract
from platform_cli.contracts.pins import PIN_FINDINGS
from platform_cli.contracts.reference import language_page, rules_page
from platform_cli.contracts.rules import RULES
from platform_cli.contracts.version import VERSION_RULES
from tests.unit.contract_samples import contract, document


def at(path: str, version: str, table: str = "facts") -> Contract:
    return contract(document({"name": f"orders.product.{table}", "version": version}), path)


def told(
    new: list[Contract], old: list[Contract]
) -> tuple[list[tuple[str, str | None, bool]], list[str]]:
    made = pair(new, old)
    pairs = [
        (one.new.version, one.old.version if one.old else None, one.stays) for one in made.pairs
    ]
    return pairs, [one.version for one in made.gone]


def test_by_name_and_major_wherever_the_file_is() -> None:
    assert told([at("b", "2.1.0")], [at("a", "2.0.0"), at("b", "1.0.0")]) == (
        [("2.1.0", "2.0.0", False)], ["1.0.0"],
    )  # fmt: skip


def test_a_new_major_beside_the_old_one() -> None:
    new = [at("a", "2.4.0"), at("a.v3", "3.0.0")]
    assert told(new, [at("a", "2.4.0"), at("a.v1", "1.0.0")]) == (
        [("2.4.0", "2.4.0", False), ("3.0.0", "2.4.0", True)], ["1.0.0"],
    )  # fmt: skip


def test_a_new_major_in_the_place_of_the_old_one() -> None:
    assert told([at("a", "3.0.0")], [at("a", "2.4.0")]) == ([("3.0.0", "2.4.0", False)], [])


def test_the_highest_lower_major() -> None:
    old = [at("a", "1.0.0"), at("b", "2.0.0"), at("c", "9.0.0")]
    assert told([at("d", "5.0.0")], old) == ([("5.0.0", "2.0.0", False)], ["1.0.0", "9.0.0"])


def test_by_path_where_the_name_is_another() -> None:
    new, old = at("a", "1.0.0", "renamed"), at("a", "1.0.0")
    made = pair([new], [old])
    assert made.pairs[0].old is old
    assert made.gone == ()


def test_a_new_file_in_the_place_of_one_that_moved() -> None:
    moved, fresh = at("b", "1.0.0"), at("a", "1.0.0", "fresh")
    made = pair([moved, fresh], [at("a", "1.0.0")])
    assert [one.old is not None for one in made.pairs] == [True, False]
    assert made.gone == ()


def test_a_lower_major_is_matched_at_its_path_alone() -> None:
    assert told([at("a", "1.0.0")], [at("a", "2.0.0")]) == ([("1.0.0", "2.0.0", False)], [])
    assert told([at("b", "1.0.0")], [at("a", "2.0.0")]) == ([("1.0.0", None, False)], ["2.0.0"])


def test_what_is_new_and_what_is_gone() -> None:
    made = told([at("b", "1.0.0", "other")], [at("a", "2.0.0")])
    assert made == ([("1.0.0", None, False)], ["2.0.0"])


def test_a_name_and_major_are_one_contract() -> None:
    contracts = [at("a", "1.0.0"), at("b", "1.4.0"), at("c", "2.0.0"), at("d", "1.0.0", "other")]
    ((which, finding),) = repeated(contracts)
    assert which.path == "b"
    assert (finding.id, finding.address) == ("duplicate-contract", "name")
    assert "of a already" in finding.message
    assert finding.id in FINDINGS


def test_the_pages_name_everything() -> None:
    language, rules = language_page(), rules_page()
    for identity in (*FINDINGS, *PIN_FINDINGS):
        assert f"| `{identity}` |" in language
    for identity in (*RULES, *VERSION_RULES):
        assert f"| `{identity}` |" in rules
    for field in (
        "late_arrival_window",
        "semantics_change",
        "sunset_date",
        "on_breaking",
        "extensible",
    ):
        assert f"| `{field}` |" in language
    assert "decimal(p,s)" in language
    assert all(line.count("|") >= 3 for line in rules.splitlines() if line.startswith("|"))
