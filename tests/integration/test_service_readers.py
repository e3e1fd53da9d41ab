"""The service's workflow, given to those who read workflows: each accepts it at its strictest."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.program import Program
from tests.cli.service import ICEBERG, PRODUCTION, RENDER, WORKFLOW, configuration
from tests.integration.domain_rendered import run, tool

pytestmark = pytest.mark.integration
ZIZMOR = ("--offline", "--no-progress", "--persona", "auditor", "--collect=all", ".")


@pytest.fixture(scope="module", params=[PRODUCTION, ICEBERG], ids=["unity", "iceberg"])
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the service and nothing else."""
    program = Program(tmp_path_factory.mktemp("service"))
    configuration(program, request.param)
    program.run(*RENDER, accept=frozenset({0}))
    return program.work


def test_actionlint_accepts_it(folder: Path, tmp_path: Path) -> None:
    run([tool("actionlint"), "-no-color", WORKFLOW], folder, tmp_path)


def test_zizmor_finds_nothing_at_its_strictest(folder: Path, tmp_path: Path) -> None:
    assert "No findings" in run([tool("zizmor"), *ZIZMOR], folder, tmp_path)


def test_zizmor_is_asked_in_earnest(folder: Path, tmp_path: Path) -> None:
    """The same call finds a script that is made of what somebody typed."""
    wrong = tmp_path / WORKFLOW
    wrong.parent.mkdir(parents=True)
    text = (folder / WORKFLOW).read_text(encoding="utf-8")
    wrong.write_text(text.replace('-- "$NAME"', '-- "${{ inputs.name }}"'), encoding="utf-8")
    assert "template-injection" in run([tool("zizmor"), *ZIZMOR], tmp_path, tmp_path, status=14)
