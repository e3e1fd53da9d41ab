"""The version rules: what a bump carries, which version to write, what a new major owes."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from platform_cli.contracts.load import load
from platform_cli.contracts.rules import CLASSES, Class, reclassed
from platform_cli.contracts.version import NOTICE_DAYS, VERSION_RULES, check, judge
from platform_cli.errors import Exit, PlatformError
from tests.unit.contract_samples import GONE, TODAY, changed, document, text

JUDGED: list[tuple[str, str, Class, Class, str | None, bool]] = [
    # old, new, class, declared, required, sufficient
    ("2.1.0", "2.1.0", "none", "none", "2.1.0", True),
    ("2.1.0", "2.1.1", "none", "patch", "2.1.0", True),
    ("2.1.0", "2.1.1", "patch", "patch", "2.1.1", True),
    ("2.1.0", "2.1.0", "patch", "none", "2.1.1", False),
    ("2.1.3", "2.2.0", "minor", "minor", "2.2.0", True),
    ("2.1.3", "2.1.4", "minor", "patch", "2.2.0", False),
    ("2.1.3", "2.2.0", "major", "minor", "3.0.0", False),
    ("2.1.3", "3.0.0", "major", "major", "3.0.0", True),
    ("2.1.3", "5.2.1", "major", "major", "3.0.0", True),
    ("2.1.3", "2.9.0", "patch", "minor", "2.1.4", True),
    ("2.1.3", "2.0.0", "none", "none", "2.1.3", False),
    ("2.1.3", "3.0.0", "refused", "major", None, False),
    ("2.1.3", "2.1.3", "refused", "none", None, False),
    # Below 1.0.0.
    ("0.3.1", "0.4.0", "major", "minor", "0.4.0", True),
    ("0.3.1", "0.3.2", "major", "patch", "0.4.0", False),
    ("0.3.1", "0.3.2", "minor", "patch", "0.4.0", False),
    ("0.3.1", "0.3.2", "patch", "patch", "0.3.2", True),
    ("0.3.1", "1.0.0", "major", "major", "0.4.0", True),
    ("0.0.1", "0.0.2", "major", "patch", "0.1.0", False),
    # Pre-releases.
    ("1.4.0", "2.0.0-rc.1", "major", "major", "2.0.0", True),
    ("2.0.0-rc.1", "2.0.0-rc.2", "major", "major", "2.0.0", True),
    ("2.0.0-rc.2", "2.0.0-rc.10", "major", "major", "2.0.0", True),
    ("2.0.0-rc.1", "2.0.0", "major", "major", "2.0.0", True),
    ("2.0.0", "2.0.0-rc.1", "none", "none", "2.0.0", False),
    ("2.1.0-rc.1", "2.1.0", "minor", "minor", "2.1.0", True),
    ("2.1.0-rc.1", "2.1.0", "major", "minor", "3.0.0", False),
    ("2.1.1-rc.1", "2.1.1", "minor", "patch", "2.2.0", False),
    ("2.1.0-rc.1", "2.1.1", "minor", "minor", "2.1.0", True),
    ("2.0.0-rc.1", "2.1.0", "major", "major", "2.0.0", True),
    ("0.4.0-rc.1", "0.4.0", "major", "minor", "0.4.0", True),
    ("2.0.0-alpha", "2.0.0-alpha.1", "patch", "major", "2.0.0", True),
    ("2.0.0-rc.1", "2.0.0-beta", "none", "none", "2.0.0-rc.1", False),
    # What is built is no part of the order.
    ("2.1.0+a", "2.1.0+b", "patch", "none", "2.1.1", False),
    ("2.1.0+a", "2.1.0+b", "none", "none", "2.1.0+a", True),
]


@pytest.mark.parametrize(("old", "new", "change", "declared", "required", "sufficient"), JUDGED)
def test_a_bump_is_judged(  # noqa: PLR0917 - a table reads best as a table
    old: str, new: str, change: Class, declared: Class, required: str | None, sufficient: bool
) -> None:
    verdict = judge(old, new, change)
    assert (verdict.declared, verdict.required_version) == (declared, required)
    assert verdict.sufficient is sufficient


parts = st.integers(0, 30)
releases = st.builds("{}.{}.{}".format, parts, parts, parts)
labels = st.sampled_from(["", "-alpha", "-alpha.1", "-rc.2", "-rc.10", "-1"])
versions = st.builds("{}{}".format, releases, labels)
classes: st.SearchStrategy[Class] = st.sampled_from(CLASSES[:-1])


@given(versions, classes)
def test_the_required_version_is_sufficient(old: str, change: Class) -> None:
    required = judge(old, old, change).required_version
    assert required is not None
    assert judge(old, required, change).sufficient


@given(versions, versions, classes, classes)
def test_what_carries_a_class_carries_every_lower_one(
    old: str, new: str, one: Class, other: Class
) -> None:
    lower, higher = sorted((one, other), key=CLASSES.index)
    if judge(old, new, higher).sufficient:
        assert judge(old, new, lower).sufficient


def found(old: dict[str, Any], new: dict[str, Any], today: date = TODAY) -> list[str]:
    judged = check(changed(old), changed(new), today=today)
    return [finding.id for finding in judged.findings]


def deprecation(days: int, **more: Any) -> dict[str, Any]:
    return {
        "previous_version": "2.1.0",
        "sunset_date": (TODAY + timedelta(days=days)).isoformat(),
        "migration_notes": "Read gross in place of amount.",
        **more,
    }


MAJOR = {"schema.weight": GONE}


def test_nothing_differs_and_nothing_is_said() -> None:
    assert found({}, {}) == []
    assert found({}, {"version": "2.1.1"}) == []


def test_something_differs_and_the_version_does_not() -> None:
    judged = check(changed({}), changed({"description": "Other."}), today=TODAY)
    first, second = judged.findings
    assert first.id == "version-not-bumped"
    assert first.message.endswith("diff requires patch version bump: write 2.1.1")
    assert (first.address, first.line > 1) == ("version", True)
    assert second.id == "description-changed"


def test_a_version_that_goes_back() -> None:
    assert found({}, {"version": "2.0.9"}) == ["version-decreased"]
    assert found({}, {"version": "2.1.0-rc.1"}) == ["version-decreased"]
    assert found({}, {"version": "1.9.0", "description": "x"})[0] == "version-decreased"


def test_a_bump_that_is_too_small_names_the_version_to_write() -> None:
    judged = check(changed({}), changed({"version": "2.2.0", **MAJOR}), today=TODAY)
    first, second = judged.findings
    assert first.id == "bump-too-small"
    assert "non-additive diff requires major version bump" in first.message
    assert "write 3.0.0" in first.message
    assert (second.id, second.address, second.severity) == (
        "column-removed", "schema.weight", "error",
    )  # fmt: skip


def test_a_bump_that_is_larger_than_needed_is_a_warning() -> None:
    judged = check(changed({}), changed({"version": "2.2.0", "description": "x"}), today=TODAY)
    (one,) = judged.findings
    assert (one.id, one.severity) == ("bump-larger-than-needed", "warning")
    assert "2.1.1 would do" in one.message
    assert found({}, {"version": "2.2.0"}) == ["bump-larger-than-needed"]


def test_a_major_without_a_major_difference_owes_nothing_but_a_warning() -> None:
    assert found({}, {"version": "3.0.0", "description": "x"}) == ["bump-larger-than-needed"]


def test_to_be_released_is_no_larger_bump_than_needed() -> None:
    assert found({"version": "0.3.0"}, {"version": "1.0.0"}) == []
    assert found({"version": "0.3.0"}, {"version": "1.0.0-rc.1"}) == []
    assert found({"version": "1.0.0-rc.1"}, {"version": "1.0.0"}) == []
    assert found({"version": "0.3.0"}, {"version": "2.0.0"}) == ["bump-larger-than-needed"]


def test_below_the_first_release_a_major_owes_no_notice() -> None:
    assert found({"version": "0.3.0"}, {"version": "0.4.0", **MAJOR}) == []
    assert found({"version": "0.3.0"}, {"version": "1.0.0", **MAJOR}) == []
    assert found({"version": "1.0.0-rc.1"}, {"version": "1.0.0-rc.2", **MAJOR}) == []


def test_what_is_carried_with_a_warning_is_warned_of() -> None:
    judged = check(
        changed({"schema.items.type": "integer"}),
        changed({"schema.items.type": "bigint", "version": "2.2.0"}),
        today=TODAY,
    )
    (one,) = judged.findings
    assert (one.id, one.severity, one.address) == ("type-widened", "warning", "schema.items")


NOTICES: list[tuple[str, Any, list[str]]] = [
    ("none", GONE, ["deprecation-missing"]),
    ("90 days", deprecation(90), []),
    ("89 days", deprecation(89), ["sunset-too-soon"]),
    ("today", deprecation(0), ["sunset-too-soon"]),
    ("past", deprecation(-1), ["sunset-too-soon"]),
    ("years", deprecation(900), []),
    ("no notes", deprecation(90, migration_notes=""), ["migration-notes-empty"]),
    ("blank notes", deprecation(90, migration_notes=" \n"), ["migration-notes-empty"]),
    ("soon and no notes", deprecation(1, migration_notes=""),
     ["sunset-too-soon", "migration-notes-empty"]),
    ("of another major", deprecation(90, previous_version="1.9.0"), ["deprecation-missing"]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("said", "expected"), [n[1:] for n in NOTICES], ids=[n[0] for n in NOTICES]
)
def test_a_new_major_owes_notice(said: Any, expected: list[str]) -> None:
    assert found({}, {"version": "3.0.0", "deprecation": said, **MAJOR}) == expected
    assert found({}, {"version": "3.0.0-rc.1", "deprecation": said, **MAJOR}) == expected


def test_the_previous_version_need_not_be_named() -> None:
    said = deprecation(90)
    said.pop("previous_version")
    assert found({}, {"version": "3.0.0", "deprecation": said, **MAJOR}) == []


@pytest.mark.parametrize("sunset", ["2027-02-30", "next summer", "2027-3-1", 20270301])
def test_a_sunset_that_is_no_day(sunset: Any) -> None:
    made = document(
        {"version": "3.0.0", "deprecation": deprecation(0, sunset_date=sunset), **MAJOR}
    )
    loaded = load(text(made), "x")
    assert not loaded.valid
    assert {one.address for one in loaded.findings} == {"deprecation.sunset_date"}
    assert loaded.contract is not None
    judged = check(changed({}), loaded.contract, today=TODAY)
    assert [one.id for one in judged.findings] == ["sunset-invalid"]


def test_a_sunset_that_is_not_said() -> None:
    said = deprecation(90)
    said.pop("sunset_date")
    loaded = load(text(document({"version": "3.0.0", "deprecation": said, **MAJOR})), "x")
    assert loaded.contract is not None
    judged = check(changed({}), loaded.contract, today=TODAY)
    assert [one.id for one in judged.findings] == ["sunset-invalid"]


def test_the_day_counts_in_whole_days_across_a_leap_day() -> None:
    new = changed(
        {"version": "3.0.0", "deprecation": deprecation(0, sunset_date="2028-03-01"), **MAJOR}
    )
    first = date(2028, 3, 1) - timedelta(days=NOTICE_DAYS)
    assert check(changed({}), new, today=first).findings == ()
    late = check(changed({}), new, today=first + timedelta(days=1))
    assert [one.id for one in late.findings] == ["sunset-too-soon"]
    assert "2028-03-02" in late.findings[0].message


def test_what_is_refused_is_refused_whatever_the_bump() -> None:
    judged = check(changed({}), changed({"version": "9.0.0", "name": "a.product.b"}), today=TODAY)
    assert [one.id for one in judged.findings] == ["name-changed"]
    assert judged.verdict.sufficient is False
    same = check(changed({}), changed({"name": "a.product.b"}), today=TODAY)
    assert [one.id for one in same.findings] == ["version-not-bumped", "name-changed"]


def test_editorial_left_standing_is_a_warning() -> None:
    entry = {"meaning": "Paid.", "semantics_change": "editorial"}
    judged = check(
        changed({"semantics.amount": entry}), changed({"semantics.amount": entry}), today=TODAY
    )
    (one,) = judged.findings
    assert (one.id, one.severity, one.address) == ("editorial-left", "warning", "semantics.amount")


def test_a_reclassed_rule_changes_what_is_required() -> None:
    table = reclassed({"null-tightened": "major"})
    new = changed({"version": "2.2.0", "schema.weight.required": True})
    judged = check(changed({}), new, today=TODAY, reclassed=table)
    assert judged.verdict.required_version == "3.0.0"
    assert any("re-classed by the organisation" in one.message for one in judged.findings)


@pytest.mark.parametrize(
    ("rule", "wanted"),
    [("null-tight", "major"), ("null-tightened", "huge"), ("type-widened", "none")],
)
def test_a_bundle_that_reclasses_what_is_not_there_is_refused(rule: str, wanted: str) -> None:
    with pytest.raises(PlatformError) as caught:
        reclassed({rule: wanted})
    assert caught.value.code == "PLT-CONTRACT-003"
    assert caught.value.exit == Exit.FAILED
    assert rule in caught.value.summary


def test_every_version_rule_is_found_by_a_test_above() -> None:
    here = Path(__file__).read_text(encoding="utf-8")
    assert [rule for rule in VERSION_RULES if f'"{rule}"' not in here] == []
