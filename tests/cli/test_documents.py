"""JSON on stdout: the documented keys and no others, one document whatever happens."""

from __future__ import annotations

import json
from typing import Any

import pytest

from platform_cli.onboarding.steps import STEPS, ready
from tests.cli.program import LOYALTY, SET_UP, Done, Program
from tests.cli.test_golden import USAGE, as_json, foreign

KEYS = (
    "schema",
    "domain",
    "onboarding",
    "run",
    "profile",
    "dry_run",
    "outcome",
    "steps",
    "checks",
    "mutating_calls",
    "lead_time_s",
)
ALSO = {"open_for_s", "error", "notes"}
ALSO_IN_PLANS = ALSO | {"files", "difference"}
STEP_KEYS = {"id", "action", "status", "duration_s", "resources", "calls", "error"}
STEP_ALSO_IN_PLANS = {"changes", "usual_s"}
RESOURCE_KEYS = {"kind", "address", "id", "url"}
CHECK_KEYS = {"id", "status", "did", "saw", "next"}
CHECKS = {"codeowners", "contract", "ci", "catalog", "policy", "oncall"}
ACTIONS = {"create", "update", "keep", "use", "adopt", "conflict", "unknown"}
STATUSES = {"done", "kept", "planned", "failed", "blocked"}
CHECK_STATUSES = {"passed", "failed", "skipped", "not-run"}
OUTCOMES = {"ready", "incomplete", "failed", "planned", "conflict"}


def holds(document: dict[str, Any]) -> None:
    """The promise of `platform-cli/init/1`."""
    plan = document["dry_run"]
    assert tuple(document)[: len(KEYS)] == KEYS
    assert set(document) - set(KEYS) <= (ALSO_IN_PLANS if plan else ALSO)
    assert document["schema"] == "platform-cli/init/1"
    assert document["outcome"] in OUTCOMES
    for step in document["steps"]:
        assert set(step) == (STEP_KEYS | STEP_ALSO_IN_PLANS if plan else STEP_KEYS)
        assert step["action"] in ACTIONS
        assert step["status"] in STATUSES
        assert step["duration_s"] is None or step["duration_s"] >= 0
        assert all(isinstance(call, str) for call in step["calls"])
        assert all(set(resource) == RESOURCE_KEYS for resource in step["resources"])
    assert {check["id"] for check in document["checks"]} == CHECKS
    for check in document["checks"]:
        assert set(check) == CHECK_KEYS
        assert check["status"] in CHECK_STATUSES
    calls = sum(len(step["calls"]) for step in document["steps"])
    assert document["mutating_calls"] == 0 if plan else document["mutating_calls"] >= calls


def test_the_document_of_init(program: Program) -> None:
    planned = program.run(*LOYALTY, "--dry-run", "--format", "json")
    first = program.init("--format", "json")
    second = program.init("--format", "json")
    again = program.run(*LOYALTY, "--dry-run", "--format", "json")
    for done in (planned, first, second, again):
        holds(done.json)
    ids = [step.id for step in STEPS] + [ready.ID]
    for done in (planned, first, second, again):
        assert [step["id"] for step in done.json["steps"]] == ids
    assert first.json["mutating_calls"] > 0
    assert second.json["mutating_calls"] == 0
    assert second.json["onboarding"] == first.json["onboarding"]
    assert second.json["run"] != first.json["run"]
    assert again.json["difference"] == ""
    planned_calls = [call for step in planned.json["steps"] for call in step["calls"]]
    made = [
        call for step in first.json["steps"] if step["id"] != ready.ID for call in step["calls"]
    ]
    assert [call.partition("(")[0] for call in planned_calls] == made


def test_the_document_of_a_conflict(program: Program) -> None:
    foreign(program)
    for more in ((), ("--dry-run",)):
        done = program.run(*LOYALTY, "--format", "json", *more)
        assert done.status == 6
        holds(done.json)
        assert done.json["outcome"] == "conflict"
        assert done.json["error"]["code"] == "PLT-INIT-001"


def test_the_document_of_a_typo_in_adopt(finished: Program) -> None:
    done = finished.run(*LOYALTY, "--adopt", "local/other", "--format", "json")
    assert done.status == 2
    holds(done.json)
    assert done.json["error"]["code"] == "PLT-INIT-005"


ONE_DOCUMENT = [argv for argv in USAGE if "--format" not in argv]


@pytest.mark.parametrize("argv", ONE_DOCUMENT, ids=lambda argv: " ".join(argv)[-40:])
def test_every_misuse_is_one_document(program: Program, argv: tuple[str, ...]) -> None:
    done = program.run(*as_json(argv))
    assert done.status == 2
    assert done.err == ""
    document = json.loads(done.out)
    assert list(document)[:5] == ["schema", "code", "summary", "hint", "address"]
    assert document["schema"] == "platform-cli/error/1"
    assert document["code"].startswith("PLT-")
    assert document["hint"]


@pytest.mark.parametrize(
    "argv",
    [
        ("kpi", "onboarding"),
        ("config", "show"),
        ("config", "init"),
        ("journal", "close", "loyalty", "--reason", "a test"),
    ],
    ids=" ".join,
)
def test_every_command_prints_one_document(finished: Program, argv: tuple[str, ...]) -> None:
    done: Done = finished.run(*argv, "--format", "json")
    assert done.status == 0
    assert next(iter(done.json)) == "schema"
    assert done.json["schema"].startswith("platform-cli/")
    assert done.err == ""


def test_text_is_kept_whole_in_json(program: Program) -> None:
    done = program.run(
        "init", "a\x1b[2J\u202eb", "--owner", "@x", "--on-call", "p", "--format=json"
    )
    assert done.status == 2
    done = program.run(*LOYALTY, "--set", "description=Zürich € 漢字", "--dry-run", "--format=json")
    assert done.status in SET_UP
    assert "\x1b" not in done.out
