"""`template.source` and `template.commit`: a platform team's own template, pinned."""

from __future__ import annotations

import json
import shutil
import subprocess
import time

import pytest

from tests.cli.program import LOYALTY, Program
from tests.unit.upstream_template import VERSION, Upstream, begin


@pytest.fixture
def upstream(program: Program) -> tuple[Upstream, str]:
    return begin(program.folder / "upstream")


def pin(program: Program, source: object, commit: str | None) -> None:
    """Write the person's configuration."""
    file = program.folder / "config" / "platform-cli" / "config.toml"
    file.parent.mkdir(parents=True, exist_ok=True)
    more = "" if commit is None else f'commit = "{commit}"\n'
    file.write_text(f'[template]\nsource = "{source}"\n{more}', encoding="utf-8")


def rendered_by(program: Program, domain: str) -> str:
    show = ["git", "-C", str(program.bare(domain)), "log", "-1", "--format=%B", "main"]
    return subprocess.run(show, check=True, capture_output=True, text=True).stdout


def test_a_pinned_template_is_fetched_once_and_rendered(
    program: Program, upstream: tuple[Upstream, str]
) -> None:
    folder, commit = upstream[0].folder, upstream[1]
    pin(program, folder, commit)
    looked = program.run("doctor", "--format", "json").json
    probe = next(one for one in looked["findings"] if one["id"] == "template")
    assert (probe["status"], "answers" in probe["saw"]) == ("ok", True)
    planned = program.run(*LOYALTY, "--dry-run", "--format", "json").json
    assert not program.home.exists(), "a dry run keeps nothing"
    done = program.init("--format", "json", "--quiet").json
    for told in (planned, done):
        (resource,) = (one["resources"][0] for one in told["steps"] if one["id"] == "render")
        assert resource["kind"] == "files"
    assert f"template {VERSION} at {commit[:12]}" in rendered_by(program, "loyalty")
    begun = next(event for event in program.events() if event.type == "run.started")
    assert begun.detail["template"] == f"{VERSION} at {commit[:12]}"

    shutil.rmtree(folder)
    again = ["init", "stock", *LOYALTY[2:], "--quiet", "--no-page"]
    program.run(*again, accept=frozenset({0, 3}))
    assert f"template {VERSION} at {commit[:12]}" in rendered_by(program, "stock")
    assert "kept" in program.run("doctor").out
    assert program.init("--format", "json", "--quiet").json["mutating_calls"] == 0


def test_config_show_says_who_pinned_it(program: Program, upstream: tuple[Upstream, str]) -> None:
    pin(program, upstream[0].folder, "0" * 40)
    env = {"PLATFORM_CLI_TEMPLATE_COMMIT": upstream[1]}
    shown = program.run("config", "show", "--format", "json", env=env).json
    values = {one["key"]: one for one in shown["values"]}
    assert values["template.source"]["value"] == str(upstream[0].folder)
    assert values["template.source"]["origin"]["kind"] == "user"
    assert values["template.commit"]["value"] == upstream[1]
    assert values["template.commit"]["origin"] == {
        "kind": "environment",
        "where": "PLATFORM_CLI_TEMPLATE_COMMIT",
    }


def test_a_repository_that_somebody_cloned_cannot_choose_the_template(
    program: Program, upstream: tuple[Upstream, str]
) -> None:
    text = f'[template]\nsource = "{upstream[0].folder}"\ncommit = "{upstream[1]}"\n'
    (program.work / "platform.toml").write_text(text, encoding="utf-8")
    error = program.run(*LOYALTY, "--format", "json")
    assert (error.status, error.json["code"]) == (2, "PLT-SETTINGS-003")
    assert not program.home.exists()


@pytest.mark.parametrize("half", ["SOURCE", "COMMIT"])
def test_half_a_pin_is_refused_before_anything_is_done(program: Program, half: str) -> None:
    value = {"SOURCE": "/absent", "COMMIT": "0" * 40}[half]
    env = {f"PLATFORM_CLI_TEMPLATE_{half}": value}
    error = program.run(*LOYALTY, "--format", "json", env=env)
    assert (error.status, error.json["code"]) == (2, "PLT-SETTINGS-002")
    assert f"template.{half.lower()} is set" in error.json["summary"]
    assert not program.home.exists()
    assert program.run("config", "show", env=env).status == 0


@pytest.mark.parametrize(
    ("commit", "word"),
    [
        ("main", "can come to mean another commit"),
        ("v1.2.0", "can come to mean another commit"),
        ("0123456", "can come to mean another commit"),
        ("A" * 40, f"Write {'a' * 40}"),
    ],
)
def test_what_can_move_is_no_pin(program: Program, commit: str, word: str) -> None:
    pin(program, "/absent", commit)
    error = program.run(*LOYALTY, "--format", "json")
    assert (error.status, error.json["code"]) == (2, "PLT-SETTINGS-002")
    assert word in error.json["hint"]


def test_a_wrong_name_is_told_before_anybody_is_asked(program: Program) -> None:
    pin(program, program.folder / "absent", "0" * 40)
    error = program.run("init", "raw", *LOYALTY[2:], "--format", "json")
    assert error.json["code"] == "PLT-SPEC-001"
    error = program.run(*LOYALTY, "--format", "json")
    assert (error.status, error.json["code"]) == (1, "PLT-TEMPLATE-005")
    assert not program.bare().exists()
    probes = program.run("doctor", "--format", "json")
    assert probes.status == 1
    assert [one["id"] for one in probes.json["findings"] if one["status"] == "failed"] == [
        "template"
    ]


def test_a_token_in_the_address_is_refused_and_never_shown(program: Program) -> None:
    canary = "ghp_canary0123456789"
    for source in (
        f"https://oauth2:{canary}@forge.example/t",
        f"https://{canary}@forge.example/t",
        f"https://forge.example/t?private_token={canary}",
        f"ssh://git:{canary}@forge.example/t",
    ):
        pin(program, source, "0" * 40)
        for argv in (LOYALTY, ("doctor",), ("config", "show")):
            done = program.run(*argv, "--debug")
            assert done.status == 2
            assert canary not in done.all


def test_a_template_whose_checks_main_could_not_require_is_refused(
    program: Program, upstream: tuple[Upstream, str]
) -> None:
    repository = upstream[0].folder / "repository" / ".github" / "workflows"
    workflow = next(repository.glob("ci.yml*"))
    workflow.unlink()
    commit = upstream[0].commit(
        {f"repository/.github/workflows/{workflow.name}": "jobs: {build: {}}\n"}
    )
    pin(program, upstream[0].folder, commit)
    error = program.run(*LOYALTY, "--format", "json", "--quiet")
    assert error.status == 1
    assert error.json["code"] == "PLT-TEMPLATE-004"
    assert "no job named" in error.json["summary"]
    assert not program.bare().exists()


def test_a_template_that_never_ends_is_stopped(
    program: Program, upstream: tuple[Upstream, str]
) -> None:
    loops = "[% for a in range(99999) %][% for b in range(99999) %][% endfor %][% endfor %]x\n"
    commit = upstream[0].commit({"repository/loops.txt.jinja": loops})
    pin(program, upstream[0].folder, commit)
    running = program.start(*LOYALTY, "--dry-run")
    for _ in range(600):
        if any(program.temporary.glob("*/.files-*/rendered")):
            break
        time.sleep(0.05)
    else:
        pytest.fail("it does not render")
    running.terminate()
    _, err = running.communicate(timeout=30)
    assert running.returncode == 130
    assert b"PLT-INIT-004" in err
    assert list(program.temporary.iterdir()) == []
    told = json.dumps([str(path) for path in program.folder.iterdir()])
    assert "home" not in told
