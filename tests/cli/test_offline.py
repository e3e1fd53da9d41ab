"""`--dry-run --offline`: no account, no network, and nothing invented."""

from __future__ import annotations

import pytest

from tests.cli.program import LOYALTY, Program

PRODUCTION = {
    "PLATFORM_CLI_PROFILES_PRODUCTION_FORGE": "github",
    "PLATFORM_CLI_PROFILES_PRODUCTION_CATALOG": "unity",
    "PLATFORM_CLI_PROFILES_PRODUCTION_PAGER": "pagerduty",
    "PLATFORM_CLI_PLATFORM_ORGANISATION": "acme",
}
PLAN = (*LOYALTY, "--dry-run", "--offline")


def test_with_embedded_providers_it_is_the_plan_as_it_is(program: Program) -> None:
    offline = program.run(*PLAN, "--format", "json").json
    assert offline == program.run(*LOYALTY, "--dry-run", "--format", "json").json
    assert "unknown" not in {step["action"] for step in offline["steps"]}
    assert not program.home.exists()


@pytest.mark.parametrize("into", [False, True])
def test_with_remote_ones_all_of_it_is_unknown(program: Program, into: bool) -> None:
    more = ["--into", str(program.work / "files")] if into else []
    argv = (*PLAN, "--profile", "production", "--detailed-exitcode", *more)
    done = program.run(*argv, "--format", "json", env=PRODUCTION)
    assert done.status == 3, done.err
    actions = {step["id"]: step["action"] for step in done.json["steps"]}
    assert actions.pop("ready") == "create"
    assert set(actions.values()) == {"unknown"}
    assert not any(step["calls"] for step in done.json["steps"])
    assert done.json["mutating_calls"] == 0
    told = program.run(*PLAN, "--profile", "production", env=PRODUCTION)
    assert "repo.create" in told.out
    assert "unknown" in told.out
    assert "catalog-info.yaml" in told.out
    assert "what the steps make that are unknown" in told.out
    assert not program.home.exists()
    assert (program.work / "files" / "product.contract.yaml").exists() == into


def test_offline_belongs_to_a_dry_run(program: Program) -> None:
    assert program.run(*LOYALTY, "--offline").status == 2
