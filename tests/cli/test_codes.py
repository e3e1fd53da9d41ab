"""Errors and exit codes that the other files of this folder do not produce, each for real."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from platform_cli import template
from platform_cli.errors import CODES, Code, Exit
from tests.cli.program import LOYALTY, Done, Program


def refused(done: Done, code: Code) -> Done:
    """The error with its documented exit code."""
    assert code in done.all, done.all
    assert done.status == CODES[code].exit, done.all
    assert "Traceback" not in done.all
    return done


def config(program: Program, text: str) -> None:
    """The user's configuration file."""
    file = program.folder / "config" / "platform-cli" / "config.toml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("profile = ", "PLT-SETTINGS-001"),
        ("colour = 1\n", "PLT-SETTINGS-002"),
        ("kpi.target_minutes = 'soon'\n", "PLT-SETTINGS-002"),
        ("profile = 'production'\n", "PLT-SETTINGS-004"),
        ("journal.url = 'mysql://example.org/x'\n", "PLT-SETTINGS-002"),
    ],
)
def test_a_wrong_configuration(program: Program, text: str, code: Code) -> None:
    config(program, text)
    for argv in (LOYALTY, ("kpi", "onboarding"), ("config", "show"), ("journal", "export")):
        refused(program.run(*argv), code)
    assert not program.home.exists()


def test_a_project_sets_what_only_a_user_may(program: Program) -> None:
    (program.work / "platform.toml").write_text("[platform]\norganisation = 'evil'\n", "utf-8")
    refused(program.run(*LOYALTY), "PLT-SETTINGS-003")
    assert not program.home.exists()


def test_a_template_of_ones_own_needs_its_commit(program: Program) -> None:
    config(program, "[template]\nsource = 'https://example.org/t'\n")
    done = program.run(*LOYALTY)
    assert done.status == 2
    assert "template" in done.err
    assert not program.home.exists()


def test_a_journal_elsewhere(program: Program) -> None:
    file = program.folder / "shared" / "journal.sqlite3"
    config(program, f"journal.url = 'sqlite:///{file}'\n")
    program.init()
    assert file.is_file()
    assert not (program.home / "journal.sqlite3").exists()
    assert program.init("--format", "json").json["mutating_calls"] == 0


def test_a_configuration_file_is_never_replaced(program: Program) -> None:
    config(program, "# mine\n")
    done = refused(program.run("config", "init"), "PLT-SETTINGS-005")
    assert "left as it is" in done.err or "left as it was" in done.err
    file = program.folder / "config" / "platform-cli" / "config.toml"
    assert file.read_text(encoding="utf-8") == "# mine\n"


def test_a_configuration_file_where_none_can_be(program: Program) -> None:
    (program.folder / "config").write_text("a file", encoding="utf-8")
    refused(program.run("config", "init"), "PLT-SETTINGS-005")


def test_a_damaged_record_of_the_forge(finished: Program) -> None:
    record = finished.bare().parent / "repository.json"
    record.write_text("{", encoding="utf-8")
    before = finished.snapshot()
    done = refused(finished.run(*LOYALTY), "PLT-FORGE-002")
    assert "repository.json" in done.all
    changed = {name for name, about in finished.snapshot().items() if before.get(name) != about}
    assert all("journal" in name or "locks" in name for name in changed - {"home"})


def test_a_repository_that_is_gone_below_its_record(finished: Program) -> None:
    shutil.rmtree(finished.bare())
    refused(finished.run(*LOYALTY), "PLT-FORGE-002")


def test_a_journal_that_is_none(program: Program) -> None:
    program.home.mkdir(mode=0o700)
    (program.home / "journal.sqlite3").write_bytes(b"not a database at all" * 100)
    for argv in (LOYALTY, ("kpi", "onboarding"), ("journal", "export"), (*LOYALTY, "--dry-run")):
        refused(program.run(*argv), "PLT-JOURNAL-002")


def broken(program: Program, patch: str, *argv: str) -> Done:
    """The program with one of its parts replaced by one that fails."""
    script = (
        f"import sys\n{patch}\nfrom platform_cli.cli.app import run\nsys.exit(run(sys.argv[1:]))\n"
    )
    return program.run(command=[program.python, "-c", script, *argv])


REFUSE = """
from platform_cli.errors import PlatformError, TemporaryError
from platform_cli.providers.forge.local import LocalForge
"""


def test_a_forge_that_never_answers(program: Program) -> None:
    patch = REFUSE + (
        "def fail(*_, **__):\n"
        "    raise TemporaryError('PLT-FORGE-003', 'The forge did not answer.', retry_after_s=60)\n"
        "LocalForge.push = fail\n"
    )
    done = broken(program, patch, *LOYALTY, "--deadline", "5", "--format", "json")
    assert done.status == Exit.FAILED
    assert done.json["error"]["code"] == "PLT-INIT-003"
    assert "deadline" in done.json["error"]["summary"]
    statuses = {step["id"]: step["status"] for step in done.json["steps"]}
    assert statuses["repo.create"] == "done"
    assert statuses["repo.push"] == "failed"
    assert statuses["repo.protect"] == "blocked"
    assert program.init("--format", "json").json["outcome"] in {"ready", "incomplete"}
    assert len(program.commits()) == 1


def test_a_repository_that_vanishes_on_the_way(program: Program) -> None:
    patch = REFUSE + (
        "import shutil\n"
        "push = LocalForge.push\n"
        "def gone(self, name, *rest):\n"
        "    shutil.rmtree(self.root / self.organisation / name)\n"
        "    return push(self, name, *rest)\n"
        "LocalForge.push = gone\n"
    )
    done = broken(program, patch, *LOYALTY)
    refused(done, "PLT-FORGE-003")
    assert program.init("--format", "json").json["outcome"] in {"ready", "incomplete"}


def test_somebody_takes_the_name_between_our_look_and_our_call(program: Program) -> None:
    patch = REFUSE + (
        "create = LocalForge.create_repository\n"
        "def late(self, name, **more):\n"
        "    import subprocess\n"
        "    place = self.root / self.organisation / name\n"
        "    place.mkdir(parents=True)\n"
        "    subprocess.run(['git', 'init', '-q', '--bare', str(place / f'{name}.git')], check=True)\n"
        "    return create(self, name, **more)\n"
        "LocalForge.create_repository = late\n"
    )
    done = refused(broken(program, patch, *LOYALTY), "PLT-INIT-001")
    assert "is not ours" in done.out
    assert not (program.bare().parent / "repository.json").exists()


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ("_tasks: [touch owned]\n", "PLT-TEMPLATE-002"),
        ("bad: [\n", "PLT-TEMPLATE-001"),
    ],
)
def test_a_template_that_is_not_one(
    program: Program, tmp_path: Path, change: str, code: Code
) -> None:
    """The packaged template, tampered with."""
    copy = tmp_path / "template"
    shutil.copytree(template.packaged(), copy)
    with (copy / "copier.yml").open("a", encoding="utf-8") as file:
        file.write(change)
    patch = f"from pathlib import Path\nfrom platform_cli import template\ntemplate.packaged = lambda: Path({str(copy)!r})\n"
    refused(broken(program, patch, *LOYALTY), code)
    assert not program.home.exists()


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("extra.yaml.jinja", "key: [[ nobody ]]\n", "PLT-TEMPLATE-001"),
        ("extra.yaml", "key: [\n", "PLT-TEMPLATE-004"),
        ("extra.json", '{"a": 1, "a": 2}\n', "PLT-TEMPLATE-004"),
    ],
)
def test_a_file_that_cannot_be_rendered(
    program: Program, tmp_path: Path, name: str, content: str, code: Code
) -> None:
    copy = tmp_path / "template"
    shutil.copytree(template.packaged(), copy)
    (copy / "repository" / name).write_text(content, encoding="utf-8")
    patch = f"from pathlib import Path\nfrom platform_cli import template\ntemplate.packaged = lambda: Path({str(copy)!r})\n"
    done = refused(broken(program, patch, *LOYALTY, "--format", "json"), code)
    assert json.loads(done.out)["code"] == code
    assert not (program.home / "forge").exists()
    refused(broken(program, patch, *LOYALTY, "--dry-run"), code)
