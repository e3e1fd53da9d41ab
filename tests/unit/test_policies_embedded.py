"""The embedded engine: everything that it would let pass in silence is an error or a denial."""

from __future__ import annotations

import sys
import traceback
from datetime import UTC, datetime
from typing import Any

import pytest

from platform_cli import policies
from platform_cli.errors import PlatformError
from platform_cli.policies import embedded, engine, opa
from platform_cli.policies.bundle import Bundle, released_from
from platform_cli.policies.decisions import Decision, evaluate
from platform_cli.policies.embedded import Embedded
from platform_cli.policies.engine import Question, choose

NOW = datetime(2026, 12, 24, tzinfo=UTC)
FILES = dict(policies.released().files)
HEAD = """# METADATA
# title: T
# description: Déjà vu — 😀
# scope: package
# custom:
#   id: mesh.own
#   severity: deny
#   input: contract
#   exceptions: false
#   why: W
#   way_out: O
#   passes: "{}"
#   fails: "{}"
package mesh.own

import data.mesh.tags
import data.mesh.shown as as_text
"""
DENY = 'deny contains {"msg": "no", "address": "here"} if input.bad\n'


def bundle(text: str, **more: str) -> Bundle:
    fresh = {f"mesh/{name}.rego": content.encode() for name, content in more.items()}
    return released_from({**FILES, "mesh/own/own.rego": text.encode(), **fresh}, "own", NOW)


def own(rules: str, deny: str = DENY) -> Bundle:
    return bundle(f"{HEAD}\n{deny}\n{rules}")


def not_compiled(found: Bundle) -> str:
    with pytest.raises(PlatformError) as raised:
        Embedded().answers(found, [], [])
    assert raised.value.code == "PLT-POLICY-002"
    assert "\n" not in raised.value.summary
    return raised.value.summary


def decide(found: Bundle, document: object) -> list[Decision]:
    outcome = evaluate(found, [policies.document("x", document)], engine=Embedded(), now=NOW)
    return [decision for decision in outcome.decisions if decision.policy == "mesh.own"]


@pytest.mark.parametrize("rules", ["unused := ", "unused(x) := uper(x)", "deny := 1"])
def test_a_refusal_does_not_keep_the_engine(rules: str) -> None:
    """Whoever keeps the error, and lets it go in another thread, would meet a complaint of it."""
    with pytest.raises(PlatformError) as raised:
        Embedded().answers(own(rules), [], [])
    errors: list[BaseException | None] = [raised.value]
    kept: list[str] = []
    for error in errors:
        if error is None:
            continue
        errors += [error.__context__, error.__cause__]
        for frame, _ in traceback.walk_tb(error.__traceback__):
            kept += [type(value).__name__ for value in frame.f_locals.values()]
    assert "Bundle" in kept
    assert "Engine" not in kept


@pytest.mark.parametrize(
    "rules",
    [
        "unused(x) := uper(x)",
        'warn contains {"msg": "w", "address": ""} if uper(input.x) == "X"',
        "unused if nosuch.thing(1)",
        "unused if data.mesh.nothing(1)",
        "unused if tags.nothing(1)",
        "unused if input.call(1)",
        "unused if [y | some x in input.xs; y := uper(x)] == []",
        "unused if {uper(x): 1 | some x in input.xs} == {}",
        "unused if {uper(x) | some x in input.xs} == set()",
        "unused if not uper(input.x)",
        "unused if every x in input.xs { uper(x) }",
        "unused := 1 if false else := uper(input.x)",
        "unused := input.xs[uper(input.x)]",
        "unused[uper(input.x)] := 1 if input.y",
        "unused contains uper(input.x)",
        'unused := {"a": [uper(input.x)]}',
        "unused if input.x with input as uper(1)",
        "default unused := uper(1)",
        "unused(uper(1)) := 1",
        "unused if uper(upper(1))",
        "unused if upper(uper(1))",
        "unused if {\n\tinput.x\n\n\tsome y in uper(input.ys)\n\ty\n}",
    ],
)
def test_a_misspelt_function_is_found_wherever_it_stands(rules: str) -> None:
    said = not_compiled(own(rules))
    assert "mesh/own/own.rego" in said


@pytest.mark.parametrize(
    ("rules", "why"),
    [
        ("unused := upper()", "upper takes 1 arguments, not 0"),
        ('unused := upper("a", "b")', "upper takes 1 arguments, not 2"),
        ('unused := split("a")', "split takes 2 arguments, not 1"),
        ('unused if split("a", ".", parts)', "split takes 2 arguments, not 3"),
        ("f(x) := x\n\nunused := f(1, 2)", "f takes 1 arguments, not 2"),
        ("unused := tags.of()", "tags.of takes 1 arguments, not 0"),
        ('unused := crypto.sha256("a")', "unknown function crypto.sha256"),
        ("unused := rego.metadata.rule()", "unknown function rego.metadata.rule"),
        ("unused := time.add_date(1, 1, 1, 1)", "unknown function time.add_date"),
        ("unused := time.now_ns()", "unknown function time.now_ns"),
        ('unused := http.send({"url": "x"})', "unknown function http.send"),
        ("unused := json.marshal(1)", "unknown function json.marshal"),
        ("f(x) := f(x)", "needs itself"),
        ("f(x) := g(x)\n\ng(x) := f(x)", "needs itself"),
        ("a if b\n\nb if not a", "needs itself"),
        ("a contains x if some x in data.mesh.own.a", "needs itself"),
        ('a[x] := 1 if some x in data.mesh["own"].a', "needs itself"),
        ("a if some x in data.mesh\n", "needs itself"),
        ("a := data.mesh[input.x]", "needs itself"),
        ("a[b.c] := 1\n\nb := {x | some x in a}", "needs itself"),
        ("a := 1\n\na if", "own.rego"),
        ("unused := unheard", "unheard"),
        ("unused if some x in input.xs; y == x", "y"),
    ],
)
def test_what_opa_would_refuse_is_refused(rules: str, why: str) -> None:
    assert why in not_compiled(own(rules))


def test_what_is_right_is_compiled() -> None:
    found = own(
        """
f(x) := upper(x)

f2(x, y) := concat(" ", [x, y])

known contains tag if some tag in tags.of(input)

by_name[name] contains tag if {
	name := input.name
	some tag in known
}

text := as_text.value(f(f2(input.name, "b")))

more := data.mesh.shown.value(1)

listed := [x | some x in [1, 2]; x > 1]
"""
    )
    assert decide(found, {"bad": True, "name": "a.raw.b", "schema": []})


def test_a_misspelt_function_in_a_test_is_found() -> None:
    found = bundle(f"{HEAD}\n{DENY}", own_test="package mesh.own_test\n\ntest_x if uper(1)\n")
    with pytest.raises(PlatformError) as raised:
        Embedded().test(found)
    assert raised.value.code == "PLT-POLICY-002"


def test_a_function_that_fails_is_a_denial_with_a_reason() -> None:
    found = own("", 'deny contains {"msg": upper(input.x), "address": ""}')
    (decision,) = decide(found, {"x": 1, "name": "a.raw.b", "schema": []})
    assert decision.severity == "deny"
    assert decision.message == (
        "mesh.own cannot decide on this document: one of its functions failed on it"
    )
    assert decision.detail
    assert "own.rego" in decision.detail
    assert "unknown>" not in decision.detail
    assert decide(found, {"x": "fine", "name": "a.raw.b", "schema": []})[0].message == "FINE"


def test_one_document_that_fails_does_not_spoil_the_others() -> None:
    found = own("", 'deny contains {"msg": upper(input.x), "address": ""}')
    documents: list[Any] = [{"x": "a"}, {"x": 1}, {"x": "b"}, {}]
    asked = [Question("data.mesh.own.deny", number) for number in (0, 1, 2, 3, 0)]
    first, failed, third, empty, again = Embedded().answers(found, documents, asked)
    assert first == again == [{"address": "", "msg": "A"}]
    assert isinstance(failed, engine.Fault)
    assert third == [{"address": "", "msg": "B"}]
    assert empty == []


def test_what_is_no_set_is_a_fault() -> None:
    (answer,) = Embedded().answers(
        policies.released(), [{}], [Question("data.mesh.limits.retention_days", 0)]
    )
    assert isinstance(answer, engine.Fault)


@pytest.mark.parametrize(
    "finding",
    [
        "1",
        "null",
        '["no"]',
        '{"msg": "no"}',
        '{"msg": 1, "address": ""}',
        '{"msg": "no", "address": null}',
        '{"msg": "no", "address": "", "resource": 1}',
        '{"msg": "no", "address": "", "severity": "warn"}',
    ],
)
def test_a_finding_of_another_form_is_a_denial(finding: str) -> None:
    (decision,) = decide(own("", f"deny contains {finding}"), {"name": "a.raw.b", "schema": []})
    assert decision.severity == "deny"
    assert "mesh.own gave a finding" in decision.message


def test_a_finding_may_be_a_text_as_conftest_has_it() -> None:
    (decision,) = decide(own("", 'deny contains "no"'), {})
    assert (decision.message, decision.address, decision.severity) == ("no", "", "deny")


def test_a_warning_is_no_denial() -> None:
    text = f"{HEAD}\n{DENY}".replace("severity: deny", "severity: warn").replace(
        "deny contains", "warn contains"
    )
    outcome = evaluate(
        bundle(text),
        [policies.document("x", {"bad": 1, "name": "a.raw.b", "schema": []})],
        engine=Embedded(),
        now=NOW,
    )
    assert [(d.policy, d.severity) for d in outcome.decisions] == [("mesh.own", "warn")]
    assert outcome.outcome == "passed"


# ---- Its tests


def test_the_tests_of_the_bundle_pass_with_full_coverage() -> None:
    report = Embedded().test(policies.released())
    assert report.passed
    assert (report.coverage, report.uncovered) == (100, ())
    assert len(report.results) > 80


def test_a_test_that_fails_and_a_line_that_no_test_reaches_are_told() -> None:
    tests = (
        "package mesh.own_test\n\nimport data.mesh.own\n\n"
        "test_true if true\n\ntest_false if count(own.deny) == 1\n\ntest_breaks if upper(input.x)\n"
    )
    found = bundle(
        f"{HEAD}\n{DENY}\nunused if {{\n\tinput.never\n\tinput.more\n}}\n", own_test=tests
    )
    report = Embedded().test(found)
    assert not report.passed
    failed = {each.name: each.detail for each in report.results if not each.passed}
    assert failed["data.mesh.own_test.test_false"] == "it is not true"
    assert set(failed) == {"data.mesh.own_test.test_false", "data.mesh.own_test.test_breaks"}
    assert report.coverage is not None
    assert report.coverage < 100
    assert any(line.startswith("mesh/own/own.rego:") for line in report.uncovered)


def test_a_bundle_without_tests_does_not_pass() -> None:
    files = {path: content for path, content in FILES.items() if not path.endswith("_test.rego")}
    report = Embedded().test(released_from(files, "own", NOW))
    assert (report.passed, report.results) == (False, ())


# ---- Which engine


def test_the_engine_is_chosen(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    (binary := tmp_path / "opa").write_text("#!/bin/sh\n", encoding="utf-8")
    monkeypatch.setattr(opa, "binary", lambda: binary)
    assert choose("auto").name == "opa"
    assert choose("opa").name == "opa"
    assert choose("embedded").name == "embedded"
    monkeypatch.setattr(opa, "binary", lambda: None)
    assert choose("auto").name == "embedded"
    assert choose().name == "embedded"


def test_without_an_engine_opa_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opa, "binary", lambda: None)
    monkeypatch.setitem(sys.modules, "regorus", None)
    assert not embedded.available()
    for choice in engine.CHOICES:
        with pytest.raises(PlatformError) as raised:
            choose(choice)
        assert raised.value.code == "PLT-POLICY-003"
        assert "opa" in raised.value.summary + raised.value.hint
