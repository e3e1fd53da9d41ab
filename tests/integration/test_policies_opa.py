"""The embedded engine and real Open Policy Agent: the same decisions on the same inputs.

opa and regal are looked for on the PATH and in the folder PLATFORM_TEST_TOOLS, which `.ci/tools`
fills; where one is absent its tests are skipped and say so. `make fuzz` compares many more inputs.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from platform_cli import policies
from platform_cli.errors import PlatformError
from platform_cli.policies import inputs, output
from platform_cli.policies.bundle import Bundle, packaged_folder, released_from
from platform_cli.policies.decisions import Outcome, evaluate
from platform_cli.policies.embedded import Embedded
from platform_cli.policies.engine import Engine, Fault, Question
from platform_cli.policies.metadata import policies as policies_of
from platform_cli.policies.opa import Opa
from tests.policies_generated import generated

pytestmark = pytest.mark.integration

NOW = datetime(2026, 12, 24, tzinfo=UTC)
INPUTS = 1_100  # for each kind and seed; every policy of the kind decides on each
SEED = 20261121
FUZZED = 25  # so many seeds, where the hypothesis profile is the long one


def seeds() -> range:
    """The one seed of CI, or with `make fuzz` that one and more after it."""
    fuzzing = settings.get_current_profile_name() == "long"
    return range(SEED, SEED + (FUZZED if fuzzing else 1))


def tool(name: str) -> Path:
    folders = os.pathsep.join([os.environ.get("PLATFORM_TEST_TOOLS", ""), os.environ["PATH"]])
    found = shutil.which(name, path=folders)
    if found is None:
        pytest.skip(f"{name} is neither on the PATH nor in PLATFORM_TEST_TOOLS")
    return Path(found)


@pytest.fixture
def opa() -> Opa:
    return Opa(tool("opa"))


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    return policies.released()


def changed(bundle: Bundle, files: dict[str, str]) -> Bundle:
    fresh = {**bundle.files, **{path: text.encode() for path, text in files.items()}}
    return released_from(fresh, "test", NOW)


def told(outcome: Outcome) -> str:
    document = output.check(outcome)
    del document["engine"]
    return json.dumps(document, sort_keys=True, ensure_ascii=False)


def run(*arguments: str | Path) -> str:
    done = subprocess.run(
        [str(a) for a in arguments], capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("kind", inputs.KINDS)
def test_both_engines_decide_alike(kind: inputs.Kind, bundle: Bundle, opa: Opa) -> None:
    for seed in seeds():
        compare(kind, seed, bundle, opa)


def compare(kind: inputs.Kind, seed: int, bundle: Bundle, opa: Opa) -> None:
    documents = [
        policies.document(f"{number}.json", content, kind)
        for number, content in enumerate(generated(kind, INPUTS, seed))
    ]
    embedded = evaluate(bundle, documents, engine=Embedded(), now=NOW)
    real = evaluate(bundle, documents, engine=opa, now=NOW)
    by_path: dict[str, tuple[list[Any], list[Any]]] = {}
    for place, outcome in enumerate((embedded, real)):
        for decision in outcome.decisions:
            by_path.setdefault(decision.path, ([], []))[place].append(output.decision(decision))
    for path, (ours, theirs) in by_path.items():
        assert ours == theirs, documents[int(path.removesuffix(".json"))].content
    assert told(embedded) == told(real)
    denied = {decision.path for decision in real.decisions}
    assert 0 < len(denied) < len(documents), "the inputs must be of both kinds"
    for policy in policies_of(bundle):
        if policy.input == kind:
            assert any(d.policy == policy.id for d in real.decisions), policy.id
    assert not any("one of its functions failed" in d.message for d in real.decisions)


def test_both_engines_follow_a_long_lineage(bundle: Bundle, opa: Opa) -> None:
    columns: list[dict[str, Any]] = [{"name": "c0", "tags": ["PII"], "derived_from": []}]
    columns += [
        {
            "name": f"c{n}",
            "tags": [] if n == 1500 else ["PII"],
            "derived_from": [{"column": f"c{n - 1}", "transform": "lower"}],
        }
        for n in range(1, 3000)
    ]
    document = policies.document("x", {"kind": "lineage", "columns": columns})
    outcomes = [evaluate(bundle, [document], engine=e, now=NOW) for e in (Embedded(), opa)]
    assert told(outcomes[0]) == told(outcomes[1])
    assert [decision.address for decision in outcomes[0].decisions] == ["c1500"]


BROKEN = """# METADATA
# title: T
# description: D
# scope: package
# custom:
#   id: mesh.broken
#   severity: deny
#   input: contract
#   exceptions: false
#   why: W
#   way_out: O
#   passes: "{}"
#   fails: "{}"
package mesh.broken

deny contains {"msg": msg, "address": ""} if {
\tmsg := BODY
}
"""


@pytest.mark.parametrize("which", ["embedded", "opa"])
def test_a_builtin_that_fails_is_a_denial_of_that_document_alone(
    which: str, bundle: Bundle, opa: Opa
) -> None:
    engine: Engine = opa if which == "opa" else Embedded()
    broken = changed(bundle, {"mesh/broken/broken.rego": BROKEN.replace("BODY", "upper(input.x)")})
    good = {"name": "a.raw.b", "schema": []}
    documents = [
        policies.document(str(number), {**good, **({"x": 1} if number == 7 else {})})
        for number in range(20)
    ]
    outcome = evaluate(broken, documents, engine=engine, now=NOW)
    assert [(d.path, d.policy, d.severity) for d in outcome.decisions] == [
        ("7", "mesh.broken", "deny")
    ]
    assert outcome.decisions[0].detail


@pytest.mark.parametrize(
    "body",
    [
        'uper("x")',
        "upper()",
        'upper("x", "y", "z")',
        "data.mesh.nothing(1)",
        "unheard",
        "deny",
        'sprintf("%s", ["x"]',
    ],
)
@pytest.mark.parametrize("which", ["embedded", "opa"])
def test_what_does_not_compile_is_an_error(which: str, body: str, bundle: Bundle, opa: Opa) -> None:
    engine: Engine = opa if which == "opa" else Embedded()
    broken = changed(bundle, {"mesh/broken/broken.rego": BROKEN.replace("BODY", body)})
    with pytest.raises(PlatformError) as raised:
        evaluate(broken, [], engine=engine, now=NOW)
    assert raised.value.code == "PLT-POLICY-002"
    assert "broken" in raised.value.summary
    assert "\n" not in raised.value.summary


def test_the_tests_of_the_bundle_pass_in_opa_with_full_coverage(bundle: Bundle, opa: Opa) -> None:
    report = opa.test(bundle)
    assert report.passed
    assert (report.coverage, report.uncovered) == (100, ())
    assert [r.name for r in report.results] == [r.name for r in Embedded().test(bundle).results]


def test_opa_tells_a_test_that_fails(bundle: Bundle, opa: Opa) -> None:
    text = "package mesh.wrong_test\n\ntest_wrong if {\n\tinput.x == 1\n}\n"
    report = opa.test(changed(bundle, {"mesh/wrong/wrong_test.rego": text}))
    assert not report.passed
    assert [r.name for r in report.results if not r.passed] == ["data.mesh.wrong_test.test_wrong"]


def test_more_is_asked_than_a_command_line_may_hold(bundle: Bundle, tmp_path: Path) -> None:
    """No opa is needed to see how it would be called."""
    stand_in = tmp_path / "opa"
    answer = '{"result": [{"expressions": [{"value": {}}]}]}'
    stand_in.write_text(f"#!/bin/sh\ncat > /dev/null\necho '{answer}'\n", encoding="utf-8")
    stand_in.chmod(0o755)
    questions = [Question("data.mesh.retention.deny", number) for number in range(12_000)]
    answers = Opa(stand_in).answers(bundle, [{}] * len(questions), questions)
    assert len(answers) == len(questions)
    assert all(isinstance(answer, Fault) for answer in answers)


def test_opa_that_is_no_opa_is_an_error(bundle: Bundle, tmp_path: Path) -> None:
    wrong = tmp_path / "opa"
    wrong.write_text("#!/bin/sh\necho no\nexit 3\n", encoding="utf-8")
    wrong.chmod(0o755)
    for engine in (Opa(wrong), Opa(tmp_path / "none")):
        with pytest.raises(PlatformError) as raised:
            evaluate(bundle, [], engine=engine, now=NOW)
        assert raised.value.code == "PLT-POLICY-008"


def test_opa_finds_the_bundle_strictly_right_and_formatted() -> None:
    run(tool("opa"), "check", "--strict", "--bundle", packaged_folder())
    assert run(tool("opa"), "fmt", "--diff", packaged_folder()) == ""


def test_opa_reads_the_archive(bundle: Bundle, tmp_path: Path) -> None:
    from platform_cli.policies.archive import pack

    place = tmp_path / "bundle.tar.gz"
    place.write_bytes(pack(bundle))
    said = json.loads(run(tool("opa"), "inspect", "--format", "json", place))
    assert said["manifest"]["revision"] == bundle.version


def test_the_metadata_is_what_opa_reads(bundle: Bundle) -> None:
    said = json.loads(
        run(tool("opa"), "inspect", "--annotations", "--format", "json", packaged_folder())
    )
    theirs = {
        each["annotations"]["custom"]["id"]: each["annotations"]
        for each in said["annotations"]
        if "id" in each["annotations"].get("custom", {})
    }
    assert set(theirs) == {policy.id for policy in policies_of(bundle)}
    for policy in policies_of(bundle):
        found = theirs[policy.id]
        custom = found["custom"]
        assert (policy.title, policy.description) == (found["title"], found["description"])
        for key in ("severity", "input", "exceptions", "link", "why", "way_out", "passes", "fails"):
            assert getattr(policy, key) == custom[key], (policy.id, key)


def test_regal_has_nothing_to_say() -> None:
    run(tool("regal"), "lint", packaged_folder())
