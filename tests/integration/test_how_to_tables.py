"""Every command of the pages about product tables, run as a reader would, in one repository."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from platform_cli.providers.catalog.local import LocalCatalog
from platform_cli.providers.marker import Marker
from tests.integration.domain_rendered import LEAST, rendered

pytestmark = pytest.mark.integration

PAGES = Path(__file__).parents[2] / "docs" / "how-to"
BESIDE_PYTHON = str(Path(sys.executable).parent)


def commands(page: str) -> list[str]:
    """The lines of all shell blocks of a page."""
    text = (PAGES / page).read_text(encoding="utf-8")
    return "".join(re.findall(r"```sh\n(.*?)```", text, re.DOTALL)).splitlines()


def test_the_pages_run_as_they_are_written(tmp_path: Path) -> None:
    repository = rendered(LEAST, tmp_path / "repository").folder
    catalog = LocalCatalog(tmp_path / "home" / "catalog")
    catalog.create_schema("loyalty", "product", marker=Marker("loyalty", "onboarding-1"))
    before = {path for path in repository.rglob("*") if path.is_file()}
    meant = "sed -i.old 's/: TODO/: Meant./' product/returns.contract.yaml"
    lines = [*commands("add-a-table.md"), meant, *commands("publish-a-table.md")]
    done = subprocess.run(
        ["bash", "-e", "-o", "pipefail", "-c", "\n".join(lines)],
        cwd=repository,
        env={
            "PATH": os.pathsep.join((BESIDE_PYTHON, os.environ["PATH"])),
            "HOME": str(tmp_path),
            "PLATFORM_HOME": str(tmp_path / "home"),
            "LANG": "C.UTF-8",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    made = {path for path in repository.rglob("*") if path.is_file()} - before
    told = {path.name for path in made if path.suffix != ".old"}
    page = (PAGES / "add-a-table.md").read_text(encoding="utf-8")
    assert len(told) == 7
    assert all(name in page or name.removeprefix("returns") in page for name in told)
    (table,) = catalog.tables("loyalty", "product")
    assert table.name == "returns"
    assert table.publication is not None
    assert table.publication.description == "What customers sent back"
