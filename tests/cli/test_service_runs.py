"""The scripts of the service's workflow, run by bash with what a runner gives them."""

from __future__ import annotations

import getpass
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

import tests.fakes.github.service  # noqa: F401 - registers what the fake answers
from tests.cli.program import Program
from tests.cli.service import WORKFLOW, Runner, on_the_embedded, on_the_fake, rendered
from tests.fakes.github.server import serving
from tests.fakes.github.state import ALL, Fault, State, Token, matching
from tests.providers.app_key import app_key

LOYALTY = {"name": "loyalty", "owner": "@loyalty-team", "rotation": "loyalty-pager"}
CANARY = "ghs-canary-0815"
AT = "2026-11-20T09:00:00Z"


@pytest.fixture
def state(tmp_path: Path) -> Iterator[State]:
    with serving(tmp_path / "github", token=CANARY) as state:
        state.tokens[CANARY] = Token(login="onboard[bot]", permissions=ALL)
        state.app_keys["34"] = CANARY
        state.members["loyalty-team"] = ["Ann", "cy"]
        state.add("platform")
        state.dispatched["4711"] = AT
        yield state
    assert not state.wrong, "\n".join(state.wrong[:20])


@pytest.fixture(scope="session")
def key() -> str:
    """The App's private key."""
    return app_key()


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Program:
    """A program whose working directory has the service: rendered once."""
    made = Program(tmp_path_factory.mktemp("service"))
    rendered(made)
    return made


def dispatched(program: Program, service: Program) -> Runner:
    """A dispatch by Ann, in a copy of the service's repository."""
    shutil.copytree(service.work, program.work, dirs_exist_ok=True)
    workflow = yaml.safe_load((program.work / WORKFLOW).read_text(encoding="utf-8"))
    return Runner(program, workflow, dict(LOYALTY))


@pytest.fixture
def runner(program: Program, service: Program, state: State, key: str) -> Runner:
    """The same, on the fake."""
    runner = dispatched(program, service)
    on_the_fake(program, state)
    runner.secrets = {
        "ONBOARD_APP_ID": "12",
        "ONBOARD_APP_INSTALLATION_ID": "34",
        "ONBOARD_APP_PRIVATE_KEY": key,
    }
    return runner


def made(state: State) -> list[str]:
    """What was changed, but for the App's own token."""
    return [call.path for call in state.mutations if not call.path.endswith("/access_tokens")]


def kept(runner: Runner, name: str) -> Any:
    """The JSON that becomes an artifact."""
    return json.loads((runner.temporary / name).read_text(encoding="utf-8"))


def refused(runner: Runner, state: State, code: str, status: int) -> None:
    """Neither job does anything, and each says why: in the log, on the page, as JSON."""
    for job, file in (("plan", "plan.json"), ("onboard", "onboard.json")):
        before = len(runner.summary)
        done = runner.job(job)
        assert done.status == status, done.all
        assert code in done.err
        assert code in runner.summary[before:]
        assert kept(runner, file)["code"] == code
    assert made(state) == []
    assert not (runner.program.folder / "journal.sqlite3").exists()


def test_a_domain_is_planned_and_made(runner: Runner, state: State) -> None:
    plan = runner.job("plan")
    assert plan.status == 0, plan.all
    assert made(state) == []
    assert "### Plan: loyalty" in runner.summary
    assert kept(runner, "plan.json")["outcome"] == "planned"
    done = runner.job("onboard")
    assert done.status in {0, 3}, done.all
    assert kept(runner, "onboard.json")["mutating_calls"] > 5
    assert "`repo.create`" in runner.summary
    assert list(state.repos) == ["platform", "loyalty"]
    # From its first line on the runner takes no commands from a log.
    for one in (plan, done):
        assert one.out.startswith("::stop-commands::")
    config = ("--config", str(runner.program.work / ".github/onboard/platform-cli.toml"))
    events = runner.program.run("journal", "export", *config).out.splitlines()
    told = [json.loads(line) for line in events]
    (first,) = [one for one in told if one["type"] == "onboarding.requested"]
    assert first["at"].startswith("2026-11-20T09:00:00")
    assert [one["detail"]["actor"] for one in told if one["type"] == "run.started"] == ["@ann"]
    again = runner.job("onboard")
    assert again.status == done.status
    assert kept(runner, "onboard.json")["mutating_calls"] == 0
    log = "".join([plan.all, done.all, again.all, runner.summary, *events])
    assert CANARY not in log
    assert "PRIVATE KEY" not in log


def test_nobody_else_may_ask(runner: Runner, state: State) -> None:
    runner.person = "mallory"
    refused(runner, state, "PLT-INIT-006", 4)


def test_a_secret_team_is_a_refusal(runner: Runner, state: State) -> None:
    runner.inputs["owner"] = "@inner-circle"
    state.members["inner-circle"] = ["ann"]
    refused(runner, state, "PLT-INIT-006", 4)


def test_a_question_that_fails_is_a_refusal(runner: Runner, state: State) -> None:
    state.tokens[CANARY] = Token(permissions=ALL - {"members:read"})
    refused(runner, state, "PLT-FORGE-004", 4)


def test_a_person_asks_for_themselves_alone(runner: Runner, state: State) -> None:
    runner.inputs["owner"] = "user:@ann"
    assert runner.job("plan").status == 0
    runner.person = "cy"
    refused(runner, state, "PLT-INIT-006", 4)


def test_an_app_asks_for_nobody(runner: Runner, state: State) -> None:
    runner.person = "dependabot[bot]"
    refused(runner, state, "PLT-SPEC-001", 2)


def test_without_its_environment_nothing_happens(runner: Runner, state: State) -> None:
    runner.secrets.clear()
    refused(runner, state, "PLT-FORGE-004", 4)


@pytest.mark.parametrize("at", ["2099-01-01T00:00:00Z", None])
def test_a_moment_that_cannot_be(runner: Runner, state: State, at: str | None) -> None:
    state.dispatched.clear()
    state.dispatched.update({} if at is None else {"4711": at})
    done = runner.job("onboard")
    assert done.status == 2
    assert "PLT-USAGE-002" in done.err
    assert made(state) == []


def test_a_foreign_repository_is_told_before_anybody_approves(runner: Runner, state: State) -> None:
    state.add("loyalty").description = "somebody else's <b>|`"
    done = runner.job("plan")
    assert done.status == 6
    assert kept(runner, "plan.json")["outcome"] == "conflict"
    assert "PLT-INIT-001" in runner.summary
    assert "<b>" not in runner.summary


def test_a_call_that_is_refused_is_a_result_with_its_error(runner: Runner, state: State) -> None:
    state.faults = [Fault("before", 403, match=matching("PUT", "/environments/"), times=9)]
    done = runner.job("onboard")
    assert done.status == 4
    assert kept(runner, "onboard.json")["outcome"] == "failed"
    assert "PLT-FORGE-004" in done.err
    assert "PLT-FORGE-004" in runner.summary


HOSTILE = (
    "$(touch pwned)",
    "`touch pwned`",
    "x'; touch pwned; '",
    'x"; touch pwned; "',
    "x\ntouch pwned",
    "::set-output name=a::b",
    "x\n::add-mask::e\n##[add-path]/tmp",
    "--help",
    "--debug",
    "--adopt=all",
    "-",
    "",
    " ",
    "<img src=x onerror=alert(1)>|[a](javascript:b)",
    "`</details>`\n# Approved",
    "\x1b]0;t\x07\u202e",
    "${{ secrets.ONBOARD_APP_PRIVATE_KEY }}",
    "*",
    "@loyalty-team\n",
    "a b",
    "%0A::error::x",
)


@pytest.mark.parametrize("first", range(0, len(HOSTILE), 3))
def test_what_is_typed_is_data(runner: Runner, state: State, first: int) -> None:
    """Three texts at a time, one a field: whatever stands where, it is told and nothing else."""
    before = runner.program.snapshot()
    for turn, name in enumerate(LOYALTY):
        runner.inputs[name] = HOSTILE[(first + turn) % len(HOSTILE)]
    done = runner.job("plan")
    assert done.status == 2, done.all
    assert kept(runner, "plan.json")["code"] == "PLT-SPEC-001"
    assert state.calls == []
    assert list(runner.program.folder.rglob("pwned")) == []
    stopped, *rest = done.all.splitlines()
    assert stopped.startswith("::stop-commands::")
    assert not [line for line in rest if line.lstrip().startswith(("::", "##["))]
    for wrong in ("<img", "</details>", "\x1b", "\u202e", "\n# Approved", "[a]("):
        assert wrong not in runner.summary
    after = runner.program.snapshot()
    changed = {name for name in after if after[name] != before.get(name)}
    assert {name.partition("/")[0] for name in changed} <= {"runner", "summary.md", "temporary"}


def test_a_flag_in_one_field_is_that_fields_text(runner: Runner, state: State) -> None:
    for name, text in LOYALTY.items():
        runner.inputs[name] = "--offline"
        assert runner.job("plan").status == 2
        assert kept(runner, "plan.json")["code"] == "PLT-SPEC-001"
        runner.inputs[name] = text
    assert state.calls == []


def test_the_embedded_forge_accepts_its_own_person(program: Program, service: Program) -> None:
    runner = dispatched(program, service)
    on_the_embedded(program)
    runner.person = getpass.getuser()
    done = runner.job("plan")
    assert done.status == 0, done.all
    runner.person = "mallory"
    done = runner.job("plan")
    assert done.status == 4
    assert "PLT-INIT-006" in done.err
    runner.person = getpass.getuser()
    # There are no runs of workflows there, so no moment of one.
    done = runner.job("onboard")
    assert done.status == 2
    assert "PLT-USAGE-002" in done.err
    assert not program.bare().exists()


@pytest.mark.parametrize(
    "more", [("--on-behalf-of", "@ann"), ("--requested-at", "run:acme/platform/1")]
)
def test_offline_nobody_can_be_asked_who_somebody_is(
    program: Program, more: tuple[str, str]
) -> None:
    words = ("init", "loyalty", "--owner", "@t-t", "--on-call", "p", "--dry-run", "--offline")
    done = program.run(*words, *more)
    assert done.status == 2
    assert "PLT-USAGE-001" in done.err
