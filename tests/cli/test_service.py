"""The service's files: rendered from the settings, never over anything, and read back as written."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from platform_cli import template
from tests.cli.program import Program
from tests.cli.service import CONFIG, ICEBERG, PRODUCTION, RENDER, WORKFLOW, configuration, rendered

FILES = (
    ".github/onboard/README.md",
    CONFIG,
    ".github/onboard/requirements.in",
    WORKFLOW,
)


def files(program: Program) -> dict[str, str]:
    """What stands in the folder."""
    return {
        path.relative_to(program.work).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(program.work.rglob("*"))
        if path.is_file()
    }


@pytest.mark.parametrize(("name", "text"), [("unity", PRODUCTION), ("iceberg", ICEBERG)])
def test_the_files(
    program: Program, golden: Callable[[str, str], None], name: str, text: str
) -> None:
    configuration(program, text)
    done = program.run(*RENDER, accept=frozenset({0}))
    parts = [f"==> {path}\n{content}" for path, content in files(program).items()]
    version = re.sub(r"platform-cli==[0-9.]+", "platform-cli==<version>", "\n".join(parts))
    golden(f"service-{name}", f"{done.out}\n{version}")
    assert tuple(files(program)) == FILES


def test_the_configuration_is_read_back_as_it_was(program: Program) -> None:
    configuration(program, ICEBERG)
    program.run(*RENDER, accept=frozenset({0}))
    told = [
        {
            one["key"]: one["value"]
            for one in program.run("config", "show", "--format", "json", *more).json["values"]
        }
        for more in ((), ("--config", CONFIG))
    ]
    different = {key for key in told[0] if told[0][key] != told[1][key]}
    assert different == {"profiles.lake.github.auth"}
    assert told[1]["profiles.lake.github.auth"] == "app"


def test_rendering_again_changes_nothing(program: Program) -> None:
    rendered(program)
    before = program.snapshot()
    done = program.run(*RENDER, "--format", "json", accept=frozenset({0}))
    assert {one["status"] for one in done.json["files"]} == {"kept"}
    assert program.snapshot() == before


def test_a_file_that_says_something_else_is_a_conflict_and_nothing_is_written(
    program: Program,
) -> None:
    rendered(program)
    (program.work / CONFIG).write_text("# mine\n", encoding="utf-8")
    (program.work / WORKFLOW).unlink()
    done = program.run(*RENDER)
    assert done.status == 6
    assert "PLT-SERVICE-001" in done.err
    assert CONFIG in done.err
    assert WORKFLOW not in files(program)
    assert files(program)[CONFIG] == "# mine\n"


def test_it_can_be_rendered_elsewhere(program: Program) -> None:
    configuration(program)
    (program.work / "platform").mkdir()
    program.run(*RENDER, "--into", "platform", accept=frozenset({0}))
    assert (program.work / "platform" / WORKFLOW).is_file()
    missing = program.run(*RENDER, "--into", "nowhere")
    assert missing.status == 2
    assert "nowhere" in missing.err
    assert not (program.work / "nowhere").exists()


def test_a_link_leads_nothing_elsewhere(program: Program, tmp_path: Path) -> None:
    configuration(program)
    (tmp_path / "elsewhere").mkdir()
    (program.work / ".github").symlink_to(tmp_path / "elsewhere")
    assert program.run(*RENDER).status == 6
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_all_settings_that_do_not_fit_are_told_at_once(program: Program) -> None:
    done = program.run(*RENDER, "--format", "json")
    assert done.status == 2
    assert done.json["code"] == "PLT-SETTINGS-002"
    assert [one["address"] for one in done.json["problems"]] == [
        "platform.organisation",
        "profiles.local.forge",
        "profiles.local.catalog",
        "profiles.local.pager",
        "journal.url",
    ]
    assert files(program) == {}


@pytest.mark.parametrize(
    "words",
    [
        ("config", "init", "--service", "gitlab"),
        (*RENDER, "--organisation", "acme"),
        (*RENDER, "--output", "x.toml"),
        ("config", "init", "--into", "."),
    ],
)
def test_flags_of_the_two_kinds_are_not_mixed(program: Program, words: tuple[str, ...]) -> None:
    configuration(program)
    done = program.run(*words)
    assert (done.status, files(program)) == (2, {})
    assert "PLT-USAGE-001" in done.err


def test_actions_are_pinned_as_in_a_domains_workflow(program: Program) -> None:
    rendered(program)
    pins = re.findall(r"uses: (\S+@[0-9a-f]{40} # v[0-9.]+)\n", files(program)[WORKFLOW])
    assert len(pins) == files(program)[WORKFLOW].count("uses:")
    domain = template.packaged() / "repository/.github/workflows/ci.yml.jinja"
    known = domain.read_text(encoding="utf-8")
    assert {pin for pin in pins if pin not in known} == {
        "actions/upload-artifact@043fb46d1a93c77aae656e7c1c64a875d1fc6a0a # v7.0.1"
    }


def test_no_script_is_made_of_what_somebody_typed(program: Program) -> None:
    workflow = rendered(program)
    assert workflow["permissions"] == {}
    for job in workflow["jobs"].values():
        assert job["permissions"] == {"contents": "read"}
        assert job["timeout-minutes"] <= 45
        assert job["environment"]
        for step in job["steps"]:
            assert "${{" not in step.get("run", "")
            assert "inputs." not in json.dumps({**step, "env": None})
    assert workflow["concurrency"]["cancel-in-progress"] is False


def test_the_guide_and_the_files_name_the_same_credentials(program: Program) -> None:
    workflow = yaml.safe_dump(rendered(program))
    guide = Path("docs/how-to/service-for-the-platform-team.md").read_text(encoding="utf-8")
    names = set(re.findall(r"(?:secrets|vars)\.([A-Z_]+)", workflow))
    assert len(names) == 8
    for text in (guide, files(program)[".github/onboard/README.md"]):
        assert {name for name in names if f"`{name}`" not in text} == set()
