"""What is taken from others: locked, pinned, and asked about; ours and what we generate."""

from __future__ import annotations

import os
import re
import subprocess
import tomllib
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from platform_cli import template
from tests.cli.program import Program
from tests.cli.service import rendered
from tests.unit.test_template_pinned import DATA

TOP: Final = Path(__file__).parents[2]
LOCKS: Final = ("run", "dev")
LINE: Final = re.compile(r"([a-z0-9][a-z0-9.-]*)(\[[a-z0-9,-]+\])?==([^\s;]+)( ; .+)?")
SHA: Final = re.compile(r"[\w./-]+@[0-9a-f]{40}")


def lock(name: str) -> dict[str, tuple[str, list[str]]]:
    """Each requirement's version and hashes. Fails where a line is anything else."""
    found: dict[str, tuple[str, list[str]]] = {}
    text = (TOP / "requirements" / f"{name}.txt").read_text(encoding="utf-8")
    current = ""
    for line in text.splitlines():
        if line.startswith("    --hash="):
            assert re.fullmatch(r"    --hash=sha256:[0-9a-f]{64}( \\)?", line), line
            found[current][1].append(line)
            continue
        match = LINE.fullmatch(line.removesuffix(" \\"))
        assert match is not None, f"{name}.txt: {line}"
        current = match[1]
        found[current] = (match[3], [])
    return found


@pytest.mark.parametrize("name", LOCKS)
def test_every_requirement_is_locked_with_its_hashes(name: str) -> None:
    """Nothing else is in a lock: no address of a registry, no file, no repository."""
    locked = lock(name)
    assert len(locked) > 50
    assert [one for one, (_, hashes) in locked.items() if not hashes] == []


def test_every_dependency_is_in_the_locks() -> None:
    told = tomllib.loads((TOP / "pyproject.toml").read_text(encoding="utf-8"))
    project = told["project"]
    run, dev = lock("run"), lock("dev")

    def named(requirements: list[str]) -> set[str]:
        plain = {re.split(r"[\[<>=;! ]", one)[0].lower() for one in requirements}
        return {re.sub(r"[-_.]+", "-", one) for one in plain}

    extras = project["optional-dependencies"]
    assert named(project["dependencies"] + extras["local"]) <= set(run)
    everything = [one for several in extras.values() for one in several]
    everything += project["dependencies"] + told["dependency-groups"]["dev"]
    assert named(everything) <= set(dev)
    assert {one: dev[one] for one in run} == run, "what is tested is what is run"


def test_copier_is_no_older_than_its_last_hole() -> None:
    """Seven releases before 9.17.2 mended ways out of a template."""
    version = tuple(int(part) for part in lock("run")["copier"][0].split("."))
    assert version >= (9, 17, 2)
    text = (TOP / "pyproject.toml").read_text(encoding="utf-8")
    floor = re.search(r'"copier>=([0-9.]+),', text)
    assert floor is not None
    assert tuple(int(part) for part in (floor[1] + ".0").split(".")[:3]) >= (9, 17, 2)
    for name in ("domain", "product", "service"):
        config = (template.packaged(name) / "copier.yml").read_text(encoding="utf-8")
        assert '_min_copier_version: "9.17.2"' in config


def test_what_is_installed_is_held_to_its_hashes() -> None:
    """Wherever a lock is installed from: here, and in what is generated."""
    places = [TOP / "Makefile", *(TOP / "templates").rglob("*.jinja"), *(TOP / ".ci").iterdir()]
    places += [path for path in (TOP / "templates").rglob("Makefile") if path.is_file()]
    found = 0
    for path in places:
        for line in path.read_text(encoding="utf-8").splitlines():
            if re.search(r"\binstall\b.*(-r|--requirement) \S*requirements\S*\.txt", line):
                found += 1
                assert "--require-hashes" in line, f"{path}: {line}"
    assert found >= 4


def test_the_requirements_of_a_domain_are_locked_with_hashes() -> None:
    text = (template.packaged() / "repository" / "requirements.txt").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    wanted = [line for line in lines if not line.startswith(" ")]
    assert len(wanted) > 20
    assert [line for line in wanted if "==" not in line] == []
    assert text.count("--hash=sha256:") >= len(wanted)
    assert not re.search(r"https?://|--(extra-)?index-url|--find-links|git\+", text)


def uses(workflow: dict[str, Any]) -> list[str]:
    """Every action of a workflow."""
    steps = [step for job in workflow["jobs"].values() for step in job.get("steps", [])]
    called = [job["uses"] for job in workflow["jobs"].values() if "uses" in job]
    return [*(step["uses"] for step in steps if "uses" in step), *called]


def test_the_actions_of_a_domain_s_workflow_are_pinned(tmp_path: Path) -> None:
    template.render(template.packaged(), DATA, tmp_path / "into")
    counted = 0
    for path in sorted((tmp_path / "into" / ".github" / "workflows").iterdir()):
        workflow = yaml.safe_load(path.read_text(encoding="utf-8"))
        assert [one for one in uses(workflow) if not SHA.fullmatch(one)] == []
        assert workflow["permissions"] in ({}, {"contents": "read"})
        counted += len(uses(workflow))
    assert counted >= 3


def test_the_actions_of_the_service_s_workflow_are_pinned(tmp_path: Path) -> None:
    workflow = rendered(Program(tmp_path / "places"))
    assert uses(workflow)
    assert [one for one in uses(workflow) if not SHA.fullmatch(one)] == []
    assert workflow["permissions"] in ({}, {"contents": "read"})


def test_no_template_has_an_action_that_can_move() -> None:
    """Read as they stand, too: a condition may hide a step from a rendering."""
    counted = 0
    for path in (TOP / "templates").rglob("*.yml*"):
        for line in path.read_text(encoding="utf-8").splitlines():
            found = re.search(r"\buses:\s*(\S+)", line)
            if found and "/" in found[1]:
                counted += 1
                assert SHA.fullmatch(found[1]), f"{path}: {line}"
                assert re.search(r"# v[0-9]", line), f"{path}: which version it is, for people"
    assert counted >= 5


# ---- Advisories

ANSWERS: Final = '{{"dependencies": [{{"name": "urllib3", "version": "1.24.1", "vulns": {}}}]}}'


def audit(folder: Path, probe: str, status: int, *words: str) -> subprocess.CompletedProcess[str]:
    """Run .ci/audit with a pip-audit of our own: what it says of the old release, and of the locks."""
    tool = folder / "pip-audit"
    tool.write_text(
        "#!/bin/sh\n"
        f'case " $* " in *probe*) printf "%s" \'{probe}\'; exit 1;; esac\n'
        f'echo "looked at $*"; exit {status}\n',
        encoding="utf-8",
    )
    tool.chmod(0o755)
    return subprocess.run(
        ["bash", str(TOP / ".ci" / "audit"), *words],
        env={**os.environ, "PIP_AUDIT": str(tool)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_where_advisories_are_to_be_had_they_decide(tmp_path: Path) -> None:
    known = ANSWERS.format('[{"id": "PYSEC-1"}]')
    well = audit(tmp_path, known, 0)
    assert well.returncode == 0
    assert "requirements/run.txt" in well.stdout
    assert "requirements/dev.txt" in well.stdout
    assert "--require-hashes" in well.stdout
    assert "--strict" in well.stdout
    assert audit(tmp_path, known, 1).returncode == 1


@pytest.mark.parametrize("probe", ["", "not JSON", ANSWERS.format("[]"), '{"dependencies": []}'])
def test_where_they_are_not_it_says_so_and_never_passes_for_an_audit(
    tmp_path: Path, probe: str
) -> None:
    """pip-audit ends with 0 where it was told nothing about anything: an old release proves it."""
    told = audit(tmp_path, probe, 0)
    assert told.returncode == 0
    assert "skipped" in told.stdout
    assert "looked at" not in told.stdout
    strict = audit(tmp_path, probe, 0, "--strict")
    assert strict.returncode == 1
    assert "skipped" not in strict.stdout


def test_ci_and_people_run_it() -> None:
    assert ".ci/audit" in (TOP / ".ci" / "run").read_text(encoding="utf-8")
    assert ".ci/audit --strict" in (TOP / "Makefile").read_text(encoding="utf-8")
    assert "make audit" in (TOP / "CONTRIBUTING.md").read_text(encoding="utf-8")
