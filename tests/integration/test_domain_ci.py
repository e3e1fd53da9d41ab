"""A rendered domain's CI, who reviews what, and the Makefile that calls the same commands."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from platform_cli import template
from platform_cli.cli.app import TREE, Branch
from platform_cli.onboarding.steps.repo_connect import ENVIRONMENT
from tests.integration.domain_rendered import Repository, run, tool

pytestmark = pytest.mark.integration

PINNED = f"actions/checkout@{'0' * 40}"


def test_code_owners(repository: Repository) -> None:
    lines = [line.split() for line in repository.text(".github/CODEOWNERS").splitlines()]
    assert [line for line in lines if line and line[0] != "#"] == [
        ["*", repository.data["owner"]],
        ["/.github/", "@local/platform-team"],
        ["/policies/", "@local/platform-team"],
        ["/platform.toml", "@local/platform-team"],
        ["/exceptions/", "@local/data-compliance"],
    ]


def test_the_required_checks_are_the_jobs_of_a_pull_request(repository: Repository) -> None:
    workflow = repository.yaml(".github/workflows/ci.yml")
    jobs = {job["name"]: job for job in workflow["jobs"].values()}
    asked = [name for name, job in jobs.items() if "if" not in job]
    assert tuple(asked) == template.REQUIRED_CHECKS == ("dbt", "contract", "policy")
    assert set(jobs) - set(asked) == {"publish"}
    assert jobs["publish"]["needs"] == asked
    assert jobs["publish"]["if"] == "github.event_name == 'push'"
    assert jobs["publish"]["environment"] == ENVIRONMENT
    assert workflow[True] == {"pull_request": None, "push": {"branches": ["main"]}}


def test_a_job_may_do_no_more_than_it_needs(repository: Repository) -> None:
    workflow = repository.yaml(".github/workflows/ci.yml")
    assert workflow["permissions"] == {}
    for name, job in workflow["jobs"].items():
        more = {"id-token": "write"} if name == "publish" else {}
        assert job["permissions"] == {"contents": "read", **more}
        for step in job["steps"]:
            assert "${{" not in step.get("run", "")
            assert re.fullmatch(r"actions/[a-z-]+@[0-9a-f]{40}", step.get("uses", PINNED))


def test_ci_and_make_install_the_platform_cli_that_the_settings_name(
    repository: Repository,
) -> None:
    lines = repository.text(".github/platform-cli.txt").splitlines()
    assert [line for line in lines if not line.startswith("#")] == [repository.data["cli_source"]]
    jobs = repository.yaml(".github/workflows/ci.yml")["jobs"]
    for name in ("contract", "policy", "publish"):
        runs = [step["run"] for step in jobs[name]["steps"] if step.get("id") == "tools"]
        assert ["--requirement .github/platform-cli.txt" in text for text in runs] == [True]
    assert "--requirement .github/platform-cli.txt" in repository.text("Makefile")


def test_make_calls_the_commands_of_ci(least: Repository) -> None:
    jobs = least.yaml(".github/workflows/ci.yml")["jobs"]
    by_ci = {
        step["run"].partition(" -")[0]
        for job in jobs.values()
        for step in job["steps"]
        if "run" in step and step.get("id") != "tools"
    }
    text = least.text("Makefile").replace("$(DBT)", "dbt").replace("$(CLI)", "platform-cli")
    by_make = re.findall(r"^\t((?:dbt|platform-cli) .*)", text, flags=re.MULTILINE)
    assert {command.partition(" -")[0] for command in by_make} == by_ci


def test_every_command_that_is_named_exists(least: Repository) -> None:
    words = re.compile(r"platform-cli ([a-z]+)(?: ([a-z]+))?")
    known = set()
    for name in least.rendered.files:
        for first, second in words.findall(least.text(name)):
            entry = TREE.get(first)
            known.add(first)
            if isinstance(entry, Branch):
                assert second in entry.leaves, f"{name}: platform-cli {first} {second}"
    assert {"contract", "policy", "publish"} <= known & set(TREE)


def test_dependencies_are_pinned_by_hash_and_name_no_index(least: Repository) -> None:
    text = least.text("requirements.txt")
    pinned = re.findall(r"^([a-z0-9-]+)==\S+", text, flags=re.MULTILINE)
    assert {"dbt-core", "dbt-duckdb", "duckdb"} <= set(pinned)
    assert text.count("--hash=sha256:") >= len(pinned)
    assert "://" not in text
    assert "index" not in text.split("\n", 1)[1]


def test_dependabot_waits_seven_days(least: Repository) -> None:
    updates = least.yaml(".github/dependabot.yml")["updates"]
    assert [u["package-ecosystem"] for u in updates] == ["github-actions", "pip", "pre-commit"]
    assert all(u["cooldown"] == {"default-days": 7} for u in updates)


def test_make_lists_its_targets(least: Repository, tmp_path: Path) -> None:
    said = run([tool("make")], least.folder, tmp_path)
    assert [line.split()[0] for line in said.splitlines()] == [
        "help",
        "check",
        "build",
        "contract",
        "policy",
        "publish",
        "pins",
        "alerts",
        "clean",
    ]
