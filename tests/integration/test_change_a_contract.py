"""Every command of the page on changing a contract, run in order; what the page shows is printed."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "change-a-contract.md"
BESIDE_PYTHON = str(Path(sys.executable).parent)


def blocks(kind: str) -> list[str]:
    return re.findall(rf"```{kind}\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)


def undated(text: str) -> str:
    """The text without the number of days, which midnight may change while this runs."""
    return re.sub(r"in [0-9]+ days", "in N days", text)


def test_the_page_runs_as_it_is_written(tmp_path: Path) -> None:
    identity = "[user]\nname = Ann Example\nemail = ann@example.org\n"
    (tmp_path / ".gitconfig").write_text(identity, encoding="utf-8")
    work = tmp_path / "work"
    work.mkdir()
    done = subprocess.run(
        ["bash", "-e", "-o", "pipefail", "-c", "".join(blocks("sh"))],
        cwd=work,
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
    assert done.stderr == ""
    printed = undated(done.stdout)
    for shown in blocks("text"):
        assert undated(shown) in printed
    said = [
        "sunset-too-soon", "contract-removed", "meaning-changed", "column-removed",
        "your producer is sunsetting ^2.1 in N days",
    ]  # fmt: skip
    assert [one for one in said if one not in printed] == []
    assert printed.count("exit code 5") == 5
    assert not list(work.rglob("*.bak"))
    assert sorted(path.name for path in (work / "orders").glob("*.yaml")) == [
        "order_facts.contract.yaml", "order_facts.v3.contract.yaml",
    ]  # fmt: skip
