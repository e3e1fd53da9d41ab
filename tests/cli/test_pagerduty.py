"""`init` with PagerDuty as the pager, as a person types it, against the fake."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.pagerduty import also_on_pagerduty
from tests.cli.program import LOYALTY, Program
from tests.fakes.pagerduty.server import serving
from tests.fakes.pagerduty.state import TOKEN, Fault, State

PAGED = ("--profile", "paged")
SECRETS = (TOKEN, "canary-routing-key")


@pytest.fixture
def account(program: Program, tmp_path: Path) -> Iterator[State]:
    """An account with one person in the team, and a program that is told of it."""
    with serving(tmp_path / "pagerduty") as (state, trusted):
        also_on_pagerduty(program, state, trusted, "paged")
        yield state
        assert not state.wrong


def _kept(program: Program) -> bytes:
    return b"".join(path.read_bytes() for path in program.folder.rglob("*") if path.is_file())


def test_a_rotation_is_made_once_and_its_key_reaches_the_repository(
    program: Program, account: State
) -> None:
    planned = program.run(*LOYALTY, *PAGED, "--dry-run", "--format", "json").json
    assert not account.mutations
    made = program.init(*PAGED, "--format", "json").json
    connected = next(step for step in made["steps"] if step["id"] == "repo.connect")
    addresses = [one["address"] for one in connected["resources"]]
    assert "local/loyalty/secrets/PAGERDUTY_INTEGRATION_KEY" in addresses
    by_step = {step["id"]: step["calls"] for step in planned["steps"]}
    assert any("forge.set_secret" in call for call in by_step["repo.connect"])
    assert {one["id"]: one["status"] for one in made["checks"]}["oncall"] == "passed"
    assert len(account.mutations) == 6
    again = program.init(*PAGED, "--format", "json").json
    assert again["mutating_calls"] == 0
    assert len(account.mutations) == 6
    shown = program.run("status", *PAGED, "--format", "json").out
    assert "loyalty-pager" in shown


def test_a_service_that_the_team_described_anew_gets_its_marker_back(
    program: Program, account: State
) -> None:
    program.init(*PAGED)
    (service,) = account.services
    service["description"] = "Wakes us."
    assert program.init(*PAGED, "--format", "json").json["mutating_calls"] == 1
    assert service["description"].startswith("Wakes us.")
    assert "platform-cli" in service["description"]
    assert program.init(*PAGED, "--format", "json").json["mutating_calls"] == 0


@pytest.mark.parametrize("status", [0, 403, 500])
def test_no_secret_is_anywhere(program: Program, account: State, status: int) -> None:
    if status:
        account.faults = [Fault("before", status, {"ratelimit-reset": "1"}, times=3)]
    told = [
        program.run(*line, *PAGED, "--debug").all
        for line in (LOYALTY, LOYALTY, ("status",), ("doctor",), ("config", "show"))
    ]
    told.append(program.run("journal", "export").all)
    for secret in SECRETS:
        assert secret not in "".join(told)
        assert secret.encode() not in _kept(program)
    assert "Traceback" not in "".join(told) or status


def test_a_service_of_somebody_else_s_is_left_alone(program: Program, account: State) -> None:
    owner = account.users[0]["id"]
    account.schedules.append(_part(account, "schedule", "other", schedule_layers=[]))
    account.policies.append(_part(account, "escalation_policy", "other", escalation_rules=[]))
    policy = {"id": account.policies[0]["id"], "type": "escalation_policy_reference"}
    reference = {**policy, "summary": "other", "self": None, "html_url": None}
    for description in ("theirs", "copied [platform-cli:loyalty/0123abcd]"):
        service = _part(account, "service", "loyalty", escalation_policy=reference)
        account.services = [service | {"description": description, "teams": []}]
        done = program.run(*LOYALTY, *PAGED)
        assert done.status == 6, done.all
        assert "--adopt pager/services/loyalty" in done.all
        assert not account.mutations
    assert owner


def test_a_rotation_with_nobody_in_it(program: Program, account: State) -> None:
    account.schedules.append(
        _part(account, "schedule", "loyalty-pager", schedule_layers=[], time_zone="UTC", users=[])
    )
    done = program.run(*LOYALTY, *PAGED)
    assert done.status == 6, done.all
    assert "nobody is on this rotation" in done.all
    assert not account.mutations


def test_a_team_without_people_and_a_token_that_is_not_there(
    program: Program, account: State
) -> None:
    account.teams.clear()
    done = program.run(*LOYALTY, *PAGED)
    assert done.status == 6, done.all
    assert "knows nobody to put on it" in done.all
    without = program.run(*LOYALTY, *PAGED, env={"PAGERDUTY_TOKEN": None})
    assert without.status == 4, without.all
    assert "PAGERDUTY_TOKEN is not set" in without.all
    assert not account.mutations


def test_doctor_looks_at_it(program: Program, account: State) -> None:
    well = program.run("doctor", *PAGED)
    assert well.status == 0, well.all
    assert "an account's REST API key: nothing is missing" in well.all
    refused = program.run("doctor", *PAGED, env={"PAGERDUTY_TOKEN": "wrong"})
    assert refused.status == 4, refused.all
    assert not account.mutations


def _part(state: State, kind: str, name: str, **more: object) -> dict[str, object]:
    identity = state.new_id()
    return {
        "id": identity,
        "type": kind,
        "name": name,
        "summary": name,
        "description": "theirs",
        "self": None,
        "html_url": f"{state.base}/{kind}/{identity}",
        **more,
    }
