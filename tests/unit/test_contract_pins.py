"""`consumes.yaml`: what it says, what each pin comes to, and the countdown to a sunset."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from platform_cli.contracts.model import Contract
from platform_cli.contracts.pins import PIN_FINDINGS, Pin, Resolution, load, resolve
from tests.unit.contract_samples import TODAY, changed

SOURCE = """\
# What we read.
- source: orders.product.order_facts
  pin: ^2.1
  on_breaking: fail
- source: loyalty.product.members
  pin: "^0.3"
  on_breaking: warn
"""


def test_what_a_file_says() -> None:
    loaded = load(SOURCE.encode())
    assert loaded.findings == ()
    first, second = loaded.pins
    assert first == Pin("orders.product.order_facts", 2, 1, "fail", (2, 3))
    assert (second.text, second.on_breaking) == ("^0.3", "warn")


@pytest.mark.parametrize("source", ["[]", "", "# nothing\n", "---\n", "[]\n"])
def test_a_file_that_reads_nothing(source: str) -> None:
    loaded = load(source.encode())
    assert loaded.pins == ()
    assert loaded.findings == () or source == "---\n"


def test_the_stub_reads_nothing() -> None:
    stub = Path(__file__).parents[2] / "templates/domain/repository/consumes.yaml"
    assert load(stub.read_bytes()) == load(b"[]")


def test_to_break_is_to_fail_unless_it_is_said() -> None:
    (pin,) = load(b"- {source: a.product.b, pin: ^1.0}").pins
    assert pin.on_breaking == "fail"


WRONG: list[tuple[str, str, str, str | None]] = [
    # source, id, address, nearest
    ("{a: b}", "wrong-type", "", None),
    ("- x", "wrong-type", "[0]", None),
    ("- {pin: ^1.0}", "missing-field", "[0].source", None),
    ("- {source: a.product.b}", "missing-field", "a.product.b.pin", None),
    ("- {source: a.product.b, pin: ^1.0, on_breaking: stop}", "wrong-value",
     "a.product.b.on_breaking", None),
    ("- {source: a.product.b, pin: ^1.0, on_breaking: wran}", "wrong-value",
     "a.product.b.on_breaking", "warn"),
    ("- {source: a.product.b, pin: ^1.0, on_braking: warn}", "unknown-key",
     "a.product.b.on_braking", "on_breaking"),
    ("- {source: a.gold.b, pin: ^1.0}", "wrong-value", "a.gold.b.source", None),
    ("- {source: a.product.b, pin: 2.1}", "wrong-type", "a.product.b.pin", '"^2.1"'),
    ("- {source: a.product.b, pin: ~2.1}", "wrong-value", "a.product.b.pin", "^2.1"),
    ("- {source: a.product.b, pin: '>=2.1'}", "wrong-value", "a.product.b.pin", "^2.1"),
    ("- {source: a.product.b, pin: ^2}", "wrong-value", "a.product.b.pin", "^2.0"),
    ("- {source: a.product.b, pin: ^2.1.3}", "wrong-value", "a.product.b.pin", "^2.1"),
    ("- {source: a.product.b, pin: ^2.x}", "wrong-value", "a.product.b.pin", "^2.0"),
    ("- {source: a.product.b, pin: latest}", "wrong-value", "a.product.b.pin", None),
    ("- {source: a.product.b, pin: ^1.0}\n- {source: a.product.b, pin: ^1.2}", "duplicate-value",
     "a.product.b", None),
    ("- {source: a.product.b, pin: !v ^1.0}", "yaml-tag", "", None),
    ("- {source: a.product.b, pin: ^1.0, pin: ^1.1}", "duplicate-key", "pin", None),
    ("- [", "yaml-syntax", "", None),
]  # fmt: skip


@pytest.mark.parametrize(("source", "identity", "address", "nearest"), WRONG)
def test_what_is_wrong(source: str, identity: str, address: str, nearest: str | None) -> None:
    (one,) = load(source.encode()).findings
    assert (one.id, one.nearest) == (identity, nearest)
    assert one.address == address or identity.startswith(("yaml-", "duplicate-key"))
    assert one.line >= 1


def test_two_majors_of_one_table_may_be_read() -> None:
    source = "- {source: a.product.b, pin: ^1.0}\n- {source: a.product.b, pin: ^2.0}"
    assert [pin.place for pin in load(source.encode()).pins] == [(1, 3), (2, 3)]
    assert load(source.encode()).findings == ()


def test_what_is_wrong_with_the_second_entry_of_a_table_stands_there() -> None:
    source = "- {source: a.product.b, pin: ^1.0}\n- x\n- {source: a.product.b}\n"
    assert [(one.id, one.line) for one in load(source.encode()).findings] == [
        ("wrong-type", 2), ("missing-field", 3),
    ]  # fmt: skip
    twice = "- {source: a.product.b, pin: ^1.0}\n- x\n- {source: a.product.b, pin: ^1.4}\n"
    loaded = load(twice.encode())
    assert [(one.id, one.line) for one in loaded.findings][1:] == [("duplicate-value", 3)]
    assert [pin.place[0] for pin in loaded.pins] == [1, 3]


def test_what_is_right_counts_beside_what_is_wrong() -> None:
    loaded = load(b"- {source: a.product.b, pin: ^1.0}\n- {source: c}\n")
    assert len(loaded.pins) == 1
    assert loaded.findings


TAKEN = [
    ("^2.1", "2.1.0", True), ("^2.1", "2.1.7", True), ("^2.1", "2.9.0", True),
    ("^2.1", "2.0.9", False), ("^2.1", "3.0.0", False), ("^2.1", "1.9.0", False),
    ("^2.1", "3.0.0-rc.1", False), ("^2.1", "2.1.0-rc.1", False), ("^2.1", "2.2.0-rc.1", True),
    ("^2.0", "2.0.0", True), ("^2.1", "2.10.0", True), ("^2.1", "2.1.0+b", True),
    ("^0.3", "0.3.0", True), ("^0.3", "0.3.9", True), ("^0.3", "0.4.0", False),
    ("^0.3", "0.2.9", False), ("^0.3", "1.0.0", False), ("^0.0", "0.0.5", True),
    ("^1.0", "0.9.0", False),
]  # fmt: skip


def pin(text: str, on_breaking: Any = "fail", source: str = "orders.product.order_facts") -> Pin:
    major, minor = text.removeprefix("^").split(".")
    return Pin(source, int(major), int(minor), on_breaking, (2, 3))


@pytest.mark.parametrize(("text", "version", "taken"), TAKEN)
def test_what_a_pin_takes(text: str, version: str, taken: bool) -> None:
    assert pin(text).takes(version) is taken


@given(*(st.integers(0, 5),) * 5)
def test_above_the_first_release_a_pin_is_a_lower_bound_in_its_major(
    a: int, b: int, x: int, y: int, z: int
) -> None:
    major = a + 1
    assert pin(f"^{major}.{b}").takes(f"{x}.{y}.{z}") == (x == major and (y, z) >= (b, 0))


def one(text: str, contracts: list[Contract], on_breaking: str = "fail") -> Resolution:
    (found,) = resolve([pin(text, on_breaking)], contracts, today=TODAY)
    return found


def published(version: str, days: int | None = None, **more: Any) -> Contract:
    """A contract; with days, one that ends the major before it."""
    changes: dict[str, Any] = {"version": version, **more}
    if days is not None:
        changes["deprecation"] = {
            "previous_version": f"{int(version[0]) - 1}.4.0",
            "sunset_date": (TODAY + timedelta(days=days)).isoformat(),
            "migration_notes": "Read gross.",
        }
    return changed(changes)


def test_patches_and_minors_flow_through_silently() -> None:
    found = one("^2.1", [published("2.1.0"), published("2.10.3"), published("2.9.0")])
    assert found.contract is not None
    assert found.contract.version == "2.10.3"
    assert (found.findings, found.days_left) == ((), None)


@pytest.mark.parametrize(
    ("days", "told"),
    [(90, "in 90 days"), (2, "in 2 days"), (1, "in 1 day"), (0, "in 0 days")],
)
def test_a_sunset_is_counted_down(days: int, told: str) -> None:
    for beside in ([published("2.4.0")], []):
        found = one("^2.1", [published("3.0.0", days), *beside])
        (finding,) = found.findings
        assert (finding.id, finding.severity) == ("pin-sunsetting", "warning")
        assert finding.message == f"your producer is sunsetting ^2.1 {told}; read ^3.0: Read gross."
        assert (finding.line, finding.column) == (2, 3)
        assert found.days_left == days
        assert (found.contract is not None) == bool(beside)


@pytest.mark.parametrize(("on_breaking", "severity"), [("fail", "error"), ("warn", "warning")])
def test_after_the_sunset_it_fails_unless_it_was_told_to_warn(
    on_breaking: str, severity: str
) -> None:
    for beside in ([published("2.4.0")], []):
        (finding,) = one("^2.1", [published("3.0.0", -1), *beside], on_breaking).findings
        assert (finding.id, finding.severity) == ("pin-sunset", severity)
        assert "your producer has sunset ^2.1 on 2026-11-20" in finding.message


@pytest.mark.parametrize(("on_breaking", "severity"), [("fail", "error"), ("warn", "warning")])
def test_a_major_that_is_gone_without_a_word(on_breaking: str, severity: str) -> None:
    (finding,) = one("^2.1", [published("3.0.0")], on_breaking).findings
    assert (finding.id, finding.severity) == ("pin-gone", severity)
    (below,) = one("^0.3", [published("0.4.0")], on_breaking).findings
    assert (below.id, below.severity) == ("pin-gone", severity)


def test_the_sunset_of_another_major_is_none_of_ours() -> None:
    assert one("^3.0", [published("3.0.0", 5)]).findings == ()
    assert (
        one("^2.1", [published("2.1.0"), published("4.0.0", 5), published("3.0.0")]).findings == ()
    )


def test_a_deprecation_that_names_no_version_is_about_the_major_before() -> None:
    said = {"sunset_date": (TODAY + timedelta(days=7)).isoformat(), "migration_notes": ""}
    (finding,) = one("^2.1", [published("3.1.0", deprecation=said)]).findings
    assert finding.message == "your producer is sunsetting ^2.1 in 7 days; read ^3.1"


def test_what_is_not_published_yet() -> None:
    (finding,) = one("^2.5", [published("2.4.9")]).findings
    assert (finding.id, finding.severity) == ("pin-not-yet", "error")
    assert "2.4.9 is the newest" in finding.message
    (finding,) = one("^3.0", [published("2.4.9")]).findings
    assert finding.id == "pin-not-yet"
    found = one("^2.5", [published("2.4.9"), published("3.0.0", 60)])
    assert [finding.id for finding in found.findings] == ["pin-sunsetting", "pin-not-yet"]


def test_a_draft_is_not_published() -> None:
    (finding,) = one("^2.1", [published("2.1.0", sla="TODO")], "warn").findings
    assert (finding.id, finding.severity) == ("pin-draft", "error")
    announced = published("3.0.0", -5, sla="TODO")
    assert one("^2.1", [published("2.1.0"), announced]).findings == ()


def test_an_unknown_table_is_told_with_the_nearest() -> None:
    (found,) = resolve(
        [pin("^2.1", "warn", "orders.product.order_fact")], [published("2.1.0")], today=TODAY
    )
    (finding,) = found.findings
    assert (finding.id, finding.severity) == ("pin-unknown-table", "error")
    assert finding.nearest == "orders.product.order_facts"
    (finding,) = one("^2.1", []).findings
    assert finding.nearest is None


def test_pins_are_resolved_in_their_order() -> None:
    pins = [pin("^3.0"), pin("^2.1"), pin("^1.0")]
    found = resolve(pins, [published("2.1.0"), published("3.0.0", 90)], today=TODAY)
    assert [resolution.pin for resolution in found] == pins


def test_every_finding_of_a_pin_is_tested() -> None:
    here = Path(__file__)
    beside = here.with_name("test_contract_pins_command.py")
    texts = here.read_text(encoding="utf-8") + beside.read_text(encoding="utf-8")
    assert [name for name in PIN_FINDINGS if f'"{name}"' not in texts] == []


@given(st.binary(max_size=200))
def test_any_bytes_are_decided(data: bytes) -> None:
    loaded = load(data)
    assert isinstance(loaded.pins, tuple)
