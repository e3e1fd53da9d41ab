"""Every command of the tutorial, run as a reader would: in order, in one empty folder."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "tutorial" / "first-domain.md"
BESIDE_PYTHON = str(Path(sys.executable).parent)
DBT = shutil.which("dbt", path=os.pathsep.join((BESIDE_PYTHON, os.environ["PATH"])))


def commands() -> list[str]:
    """The lines of all shell blocks, without the installation, which this machine has done."""
    blocks = re.findall(r"```sh\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    lines = "".join(blocks).splitlines()
    return [line for line in lines if line and not line.startswith("pip ")]


@pytest.mark.integration
@pytest.mark.skipif(DBT is None, reason="dbt is not there: it comes with the extra `local`")
def test_the_tutorial_runs_as_it_is_written(tmp_path: Path) -> None:
    done = subprocess.run(
        ["bash", "-e", "-o", "pipefail", "-c", "\n".join(commands())],
        cwd=tmp_path,
        env={
            "PATH": os.pathsep.join((BESIDE_PYTHON, os.environ["PATH"])),
            "HOME": str(tmp_path),
            "LANG": "C.UTF-8",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "loyalty is ready" in done.stdout
    assert "0 mutating calls" in done.stdout
    assert (tmp_path / "loyalty" / "product.contract.yaml").is_file()
    assert (tmp_path / "events.jsonl").read_text(encoding="utf-8").count("onboarding.ready") == 1
