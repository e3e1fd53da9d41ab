"""A template in somebody's repository: what a platform team of its own would have."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from platform_cli import template

VERSION = "9.9.9"


@dataclass(frozen=True, slots=True)
class Upstream:
    """The repository, as a person works on it."""

    folder: Path

    def git(self, *arguments: str) -> str:
        """git in that repository, without anybody's configuration."""
        clean = {name: text for name, text in os.environ.items() if not name.startswith("GIT_")}
        who = {
            f"GIT_{role}_{what}": "ann@example.org"
            for role in ("AUTHOR", "COMMITTER")
            for what in ("NAME", "EMAIL")
        }
        env = {**clean, **who, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
        done = subprocess.run(
            ["git", "-C", str(self.folder), *arguments],
            check=True,
            capture_output=True,
            text=True,
            env=env,
        )
        return done.stdout.strip()

    def commit(self, files: Mapping[str, str]) -> str:
        """Write the files and commit everything; the commit's id."""
        for name, text in files.items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        self.git("add", "--all", "--force")
        self.git("commit", "--quiet", "--message", "change")
        return self.git("rev-parse", "HEAD")


def begin(folder: Path) -> tuple[Upstream, str]:
    """The packaged template with a version of its own, and the commit that has it."""
    shutil.copytree(template.packaged(), folder)
    upstream = Upstream(folder)
    upstream.git("init", "--quiet", "--initial-branch=main")
    config = (folder / "copier.yml").read_text(encoding="utf-8")
    ours = next(one for one in template.questions(folder) if one.key == "template_version")
    return upstream, upstream.commit(
        {"copier.yml": config.replace(f'"{ours.default}"', f'"{VERSION}"')}
    )
