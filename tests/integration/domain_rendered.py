"""Renderings of the packaged template, and the programs of others that read them.

A program is looked for in PLATFORM_TEST_TOOLS, where `.ci/tools` puts it, beside this Python and
on the PATH; where it is absent its test is skipped and says so.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from platform_cli import template

LONGEST = "customer-care-and-more-of-a-very-long-na"
HOSTILE = (
    """Say "hi" & 'bye' <script>alert(1)</script> `x` {{ 7*7 }} ${{ secrets.X }} [[ y ]] [% z %] [[[ w """
    """# a | b *é* _u_ ~s~ \\ \\n $k$ https://evil.example @me :tada: %} {% if %} : - ? ! 😀 --- ==="""
)
LEAST: Mapping[str, Any] = {
    "domain": "loyalty",
    "catalog_name": "loyalty",
    "owner": "@local/loyalty-team",
    "on_call": "loyalty-pager",
    "organisation": "local",
    "platform_team": "@local/platform-team",
    "compliance_team": "@local/data-compliance",
    "cli_source": "platform-cli==0.1.0",
    "profile": "local",
    "python_version": "3.12",
}
RENDERINGS: Mapping[str, Mapping[str, Any]] = {
    "least": LEAST,
    "all": {
        **LEAST,
        "domain": "null",
        "catalog_name": "null",
        "description": HOSTILE,
        "product": "select",
        "region": "US",
        "customer_data": True,
        "lifecycle": "production",
    },
    "hyphen": {**LEAST, "domain": "customer-care", "catalog_name": "customer_care"},
    "longest": {
        **LEAST,
        "domain": LONGEST,
        "catalog_name": LONGEST.replace("-", "_"),
        "on_call": "A rotation with_a name-of sixty characters and not one more",
        "product": "p" * 60,
        "cli_source": 'platform-cli @ file:///opt/wheels/x.whl ; python_version > "3"',
    },
    "elsewhere": {**LEAST, "owner": "@another-org/team_of-some", "organisation": "another-org"},
    "person": {**LEAST, "owner": "@someone"},
}


@dataclass(frozen=True, slots=True)
class Repository:
    """One rendering: the folder, and what it was rendered with."""

    folder: Path
    data: Mapping[str, Any]
    rendered: template.Rendered

    def text(self, name: str) -> str:
        return (self.folder / name).read_text(encoding="utf-8")

    def yaml(self, name: str) -> Any:
        return yaml.safe_load(self.text(name))

    @property
    def product(self) -> str:
        return str(self.data.get("product", f"{self.data['catalog_name']}_facts"))

    @property
    def table(self) -> str:
        return f"{self.data['catalog_name']}.product.{self.product}"

    @property
    def description(self) -> str:
        return str(self.data.get("description", f"The {self.data['domain']} domain"))


def rendered(data: Mapping[str, Any], folder: Path) -> Repository:
    """Render the packaged template there."""
    return Repository(folder, data, template.render(template.packaged(), data, folder))


def tools() -> Path | None:
    """The folder that `.ci/tools` fills, where it is known."""
    named = os.environ.get("PLATFORM_TEST_TOOLS", "")
    return Path(named) if named else None


def tool(name: str, *, inside: str = "") -> str:
    """A program's path; else the test is skipped. `inside` is a folder in PLATFORM_TEST_TOOLS."""
    place = tools()
    folders = [str(place / inside)] if place else []
    if not inside:
        folders += [str(Path(sys.executable).parent), os.environ.get("PATH", "")]
    found = shutil.which(name, path=os.pathsep.join(folders)) if folders else None
    if found is None:
        pytest.skip(f"{name} is not here: .ci/tools fetches it into PLATFORM_TEST_TOOLS")
    return found


def run(
    arguments: Sequence[str | Path],
    folder: Path,
    home: Path,
    *,
    given: str | None = None,
    more: Mapping[str, str] | None = None,
    status: int = 0,
    both: bool = False,
) -> str:
    """Run a reader with nothing of this machine in its environment; what it says on stdout.

    With `both` what it says on stderr is there, too. Another exit code than `status` fails.
    """
    words = [str(one) for one in arguments]
    environment = {
        "HOME": str(home),
        "PATH": os.pathsep.join([str(Path(words[0]).parent), "/usr/bin", "/bin"]),
        "LC_ALL": "C.UTF-8",
        **(more or {}),
    }
    done = subprocess.run(
        words,
        cwd=folder,
        env=environment,
        input=given,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == status, f"{words}\n{done.stdout}\n{done.stderr}"
    return done.stdout + (done.stderr if both else "")
