"""The four checks of a contract, on files that are handed in."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from platform_cli import policies
from platform_cli.contracts.card import CHECKS, Card, Check, File, Validation
from platform_cli.contracts.load import load
from platform_cli.contracts.validate import Baseline, Governance, validate
from platform_cli.errors import PlatformError
from platform_cli.policies import Bundle
from platform_cli.policies.bundle import released_from
from tests.unit.contract_samples import GONE, TODAY, document, text

NOW = datetime(TODAY.year, TODAY.month, TODAY.day, 12, tzinfo=UTC)
PATH = "product.contract.yaml"


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    return policies.released()


Checked = Callable[..., Validation]


@pytest.fixture
def checked(bundle: Bundle) -> Checked:
    def called(
        new: list[File],
        old: list[File] | None = None,
        using: Bundle | None = None,
        covered: Callable[[str], bool] = lambda _: True,
    ) -> Validation:
        governance = Governance(using or bundle, "embedded", NOW)
        baseline = Baseline(tuple(old)) if old is not None else None
        return validate(new, governance, baseline=baseline, covered=covered)

    return called


def file(changes: dict[str, Any] | None = None, path: str = PATH, *, wanted: bool = True) -> File:
    return File(path, load(text(document(changes)), path), wanted)


def broken(path: str = PATH, content: bytes = b"name: orders.product.order_facts\n") -> File:
    return File(path, load(content, path))


def one(validation: Validation) -> Card:
    (card,) = validation.cards
    return card


def statuses(card: Card) -> list[str]:
    assert tuple(check.id for check in card.checks) == CHECKS
    return [check.status for check in card.checks]


def ids(check: Check) -> list[tuple[str, str]]:
    return [(finding.id, finding.severity) for finding in check.findings]


def test_a_contract_alone(checked: Checked) -> None:
    found = checked([file()])
    card = one(found)
    assert found.outcome == "passed"
    assert statuses(card) == ["passed", "skipped", "skipped", "passed"]
    assert (card.path, card.name, card.version, card.owner, card.draft) == (
        PATH, "orders.product.order_facts", "2.1.0", "@orders-team", False,
    )  # fmt: skip


def test_a_file_that_is_no_contract_has_a_card_with_what_can_be_read(checked: Checked) -> None:
    card = one(checked([broken()]))
    assert statuses(card) == ["failed", "skipped", "skipped", "skipped"]
    assert (card.name, card.version, card.owner) == ("orders.product.order_facts", None, None)
    assert {finding.id for finding in card.checks[0].findings} == {"missing-field"}
    card = one(checked([broken(content=b"- [")]))
    assert (card.name, statuses(card)[0]) == (None, "failed")


def test_a_wrong_deprecation_alone_fails_the_yaml_and_nothing_else_is_asked(
    checked: Checked,
) -> None:
    wrong = file({"deprecation": {"sunset_date": "2026-02-31", "migration_notes": "x"}})
    assert wrong.loaded.contract is not None
    card = one(checked([wrong], [file()]))
    assert statuses(card) == ["failed", "skipped", "skipped", "skipped"]


def test_a_draft_is_said_to_be_one(checked: Checked) -> None:
    card = one(checked([file({"semantics.amount": "TODO"})]))
    assert card.draft
    assert not card.failed


class TestSemver:
    def semver(self, validation: Validation) -> Check:
        return one(validation).checks[1]

    def test_no_difference(self, checked: Checked) -> None:
        check = self.semver(checked([file()], [file()]))
        assert (check.status, check.findings, check.note) == ("passed", (), "2.1.0 -> 2.1.0, none")

    def test_a_new_contract(self, checked: Checked) -> None:
        check = self.semver(checked([file()], []))
        assert (check.status, check.findings) == ("passed", ())
        assert check.note is not None
        assert check.note.startswith("new")

    def test_a_bump_that_is_too_small(self, checked: Checked) -> None:
        new = file({"version": "2.2.0", "schema.weight": GONE})
        check = self.semver(checked([new], [file()]))
        assert check.status == "failed"
        assert ids(check) == [("bump-too-small", "error"), ("column-removed", "error")]
        first = check.findings[0].message
        assert "non-additive diff requires major version bump" in first
        assert "write 3.0.0" in first

    def test_a_warning_does_not_fail(self, checked: Checked) -> None:
        new = file({"version": "2.2.0", "schema.items.type": "bigint"})
        check = self.semver(checked([new], [file()]))
        assert (check.status, ids(check)) == ("passed", [("type-widened", "warning")])

    def test_a_moved_file_is_no_removal(self, checked: Checked) -> None:
        found = checked([file(path="product/order_facts.contract.yaml")], [file()])
        assert found.outcome == "passed"
        assert len(found.cards) == 1

    def test_another_name_at_the_same_path_is_refused(self, checked: Checked) -> None:
        new = file({"name": "orders.product.other", "version": "3.0.0"})
        found = checked([new], [file()])
        assert ("name-changed", "error") in ids(self.semver(found))

    def test_two_majors_side_by_side(self, checked: Checked) -> None:
        deprecation = {
            "previous_version": "2.1.0",
            "sunset_date": "2027-06-01",
            "migration_notes": "Leave weight out.",
        }
        changes = {"version": "3.0.0", "schema.weight": GONE, "deprecation": deprecation}
        second = file(changes, "order_facts.v2.contract.yaml")
        found = checked([file(), second], [file()])
        assert found.outcome == "passed", [list(card.findings) for card in found.cards]
        # The next day only the new one is there: the old one was promised until June.
        gone = checked([second], [file(), second])
        assert [card.path for card in gone.cards if card.failed] == [PATH]

    def test_each_of_two_majors_carries_its_own_deprecation(self, checked: Checked) -> None:
        def ending(version: str) -> dict[str, str]:
            return {
                "previous_version": version,
                "sunset_date": "2027-06-01",
                "migration_notes": "Leave weight out.",
            }

        first = file({"deprecation": ending("1.4.0")})
        changes = {"version": "3.0.0", "schema.weight": GONE, "deprecation": ending("2.1.0")}
        second = file(changes, "order_facts.v3.contract.yaml")
        assert checked([first, second], [first]).outcome == "passed"
        # In its place, the readers of 1.x would no longer be told of their sunset.
        alone = checked([second], [first])
        assert ("deprecation-removed", "error") in ids(self.semver(alone))

    def test_the_major_that_ends_today_may_go(self, checked: Checked) -> None:
        ended = {"sunset_date": TODAY.isoformat(), "migration_notes": "Leave weight out."}
        changes = {"version": "3.0.0", "schema.weight": GONE, "deprecation": ended}
        second = file(changes, "order_facts.v2.contract.yaml")
        found = checked([second], [file(), second])
        assert [card.path for card in found.cards] == [second.path]

    def test_a_re_classed_rule(self, checked: Checked, bundle: Bundle) -> None:
        rules = b'{"classes": {"column-removed": "minor", "contract-removed": "patch"}}'
        files = {**bundle.files, "mesh/contract_rules/data.json": rules}
        own = released_from(files, "9.0.0", NOW)
        new = file({"version": "2.2.0", "schema.weight": GONE})
        assert checked([new], [file()], own).outcome == "passed"
        assert checked([new], [file()]).outcome == "failed"
        other = file({"name": "orders.product.other"}, "other.contract.yaml")
        gone = checked([other], [file(), other], own)
        assert gone.outcome == "passed"
        assert [(f.id, f.severity) for card in gone.cards for f in card.findings] == [
            ("contract-removed", "warning")
        ]

    def test_today_is_the_day_in_utc(self, checked: Checked) -> None:
        changes = {"version": "3.0.0", "schema.weight": GONE}
        for day, passed in (("2027-02-19", True), ("2027-02-18", False)):
            deprecation = {"sunset_date": day, "migration_notes": "Leave it out."}
            found = checked([file({**changes, "deprecation": deprecation})], [file()])
            assert (found.outcome == "passed") is passed


class TestGone:
    OTHER = file({"name": "orders.product.other"}, "other.contract.yaml")

    def test_a_file_that_is_gone_has_a_card(self, checked: Checked) -> None:
        found = checked([self.OTHER], [file(), self.OTHER])
        card = found.cards[1]
        assert found.outcome == "failed"
        assert statuses(card) == ["skipped", "failed", "skipped", "skipped"]
        assert (card.path, card.name, card.version) == (PATH, "orders.product.order_facts", "2.1.0")
        finding = card.checks[1].findings[0]
        assert (finding.id, finding.line, finding.column) == ("contract-removed", 1, 1)
        assert "refused" in finding.message

    def test_only_where_it_was_asked_about(self, checked: Checked) -> None:
        found = checked([self.OTHER], [file(), self.OTHER], covered=lambda path: path != PATH)
        assert [card.path for card in found.cards] == [self.OTHER.path]

    @pytest.mark.parametrize("path", [PATH, "elsewhere.contract.yaml"])
    def test_a_file_that_cannot_be_read_is_not_gone(self, checked: Checked, path: str) -> None:
        found = checked([broken(path)], [file()])
        assert [card.path for card in found.cards] == [path]
        assert found.outcome == "failed"

    def test_what_stands_beside_but_is_not_asked_about_is_not_gone(self, checked: Checked) -> None:
        beside = file(wanted=False)
        found = checked([self.OTHER, beside], [file(), self.OTHER])
        assert [card.path for card in found.cards] == [self.OTHER.path]
        assert found.outcome == "passed"


class TestAnUnreadableBaseline:
    """Nothing was compared: that is said, and never a pass in silence."""

    @pytest.mark.parametrize("path", [PATH, "elsewhere.contract.yaml"])
    def test_by_path_and_by_name(self, checked: Checked, path: str) -> None:
        check = one(checked([file()], [broken(path)])).checks[1]
        assert (check.status, ids(check)) == ("passed", [("baseline-unreadable", "warning")])

    def test_not_where_its_own_major_could_be_compared(self, checked: Checked) -> None:
        check = one(checked([file()], [file(), broken("v1.contract.yaml")])).checks[1]
        assert check.findings == ()

    def test_one_that_is_gone_has_a_card(self, checked: Checked) -> None:
        found = checked([TestGone.OTHER], [TestGone.OTHER, broken()])
        assert [card.path for card in found.cards] == ["other.contract.yaml", PATH]
        assert ids(found.cards[1].checks[1]) == [("baseline-unreadable", "warning")]
        hidden = checked([TestGone.OTHER], [TestGone.OTHER, broken()], covered=lambda _: False)
        assert len(hidden.cards) == 1


class TestUnique:
    def test_the_second_of_a_name_and_major_is_told(self, checked: Checked) -> None:
        found = checked(
            [file(path="a.contract.yaml"), file({"version": "2.4.0"}, "b.contract.yaml")]
        )
        assert [card.failed for card in found.cards] == [False, True]
        assert ids(found.cards[1].checks[0]) == [("duplicate-contract", "error")]

    def test_the_one_that_is_asked_about_is_told(self, checked: Checked) -> None:
        found = checked([file(path="a.contract.yaml"), file(path="b.contract.yaml", wanted=False)])
        card = one(found)
        assert ids(card.checks[0]) == [("duplicate-contract", "error")]
        assert "b.contract.yaml" in card.checks[0].findings[0].message


class TestPolicies:
    def test_a_denial_has_its_message_id_link_and_place(self, checked: Checked) -> None:
        unmasked = file({"schema.email.mask": GONE})
        check = one(checked([unmasked])).checks[3]
        assert (check.status, ids(check)) == ("failed", [("mesh.pii_masking", "error")])
        finding = check.findings[0]
        assert finding.message.startswith("column email is tagged PII but has no mask: directive")
        assert finding.link == "policies/mesh/pii_masking/pii_masking.rego"
        assert finding.address == "schema.email"
        contract = unmasked.loaded.contract
        assert contract is not None
        assert (finding.line, finding.column) == contract.place("schema.email")

    def test_each_contract_has_its_own(self, checked: Checked) -> None:
        names = [f"orders.product.table_{number}" for number in range(4)]
        new = [
            file({"name": name, **({"retention_days": 9000} if number % 2 else {})}, f"{name}.yaml")
            for number, name in enumerate(names)
        ]
        found = checked(new)
        assert [card.failed for card in found.cards] == [False, True, False, True]

    def test_policies_see_what_is_written(self, checked: Checked) -> None:
        """A tag in another case is no tag of the language's, and a denial."""
        assert checked([file({"schema.email.tags": ["pii"]})]).outcome == "failed"

    def test_a_policy_that_cannot_be_asked_is_an_error(
        self, checked: Checked, bundle: Bundle
    ) -> None:
        path = "mesh/retention/retention.rego"
        files = {**bundle.files, path: bundle.files[path] + b"\nx if nonsense(1)\n"}
        with pytest.raises(PlatformError) as caught:
            checked([file()], None, released_from(files, "9.0.0", NOW))
        assert caught.value.code == "PLT-POLICY-002"


def test_everything_is_said_in_one_run(checked: Checked) -> None:
    new = [
        broken("a.contract.yaml"),
        file({"schema.email.mask": GONE, "version": "2.1.1"}, "b.contract.yaml"),
        file({"name": "orders.product.c", "retention_days": -1}, "c.contract.yaml"),
    ]
    found = checked(new, [file(path="b.contract.yaml")])
    assert [[c.id for c in card.checks if c.status == "failed"] for card in found.cards] == [
        ["yaml"], ["semver", "policies"], ["yaml"],
    ]  # fmt: skip
