"""The service as its runner would have it: rendered, its expressions filled in, its scripts run."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import yaml

from tests.cli.program import Done, Program
from tests.fakes.github.state import State

WORKFLOW: Final = ".github/workflows/onboard.yml"
CONFIG: Final = ".github/onboard/platform-cli.toml"
PRODUCTION: Final = """\
profile = "production"
[platform]
organisation = "acme"
[journal]
url = "postgresql://platform@db.example.com/platform"
[profiles.production]
forge = "github"
catalog = "unity"
pager = "pagerduty"
"""
ICEBERG: Final = """\
profile = "lake"
[platform]
organisation = "acme"
team = "@data-platform"
cli_source = "git+https://github.example.com/acme/platform-cli@0123456789abcdef0123456789abcdef01234567"
[journal]
url = "postgresql://platform@db.example.com/platform"
[policy]
bundle = "https://policies.example.com/b.tar.gz#sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
[profiles.lake]
forge = "github"
catalog = "iceberg"
pager = "pagerduty"
deadline_s = 3600
[profiles.lake.github]
base_url = "https://github.example.com/api/v3"
[profiles.lake.iceberg]
uri = "https://catalog.example.com/api"
warehouse = "it's [mesh]"
"""
RENDER: Final = ("config", "init", "--service", "github")
_EXPRESSION: Final = re.compile(r"\$\{\{ (.+?) \}\}")


def configuration(program: Program, text: str = PRODUCTION) -> None:
    """The configuration of whoever renders."""
    file = program.folder / "config" / "platform-cli" / "config.toml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")


def rendered(program: Program) -> dict[str, Any]:
    """Render the service where the person stands, and read its workflow."""
    configuration(program)
    program.run("config", "init", "--service", "github", accept=frozenset({0}))
    found = yaml.safe_load((program.work / WORKFLOW).read_text(encoding="utf-8"))
    assert isinstance(found, dict)
    return found


@dataclass(slots=True)
class Runner:
    """One dispatch: what was typed, by whom, and what GitHub gives to a job."""

    program: Program
    workflow: Mapping[str, Any]
    inputs: dict[str, str]
    person: str = "ann"
    secrets: dict[str, str] = field(default_factory=dict)
    number: str = "4711"

    @property
    def temporary(self) -> Path:
        """The runner's folder for a job."""
        return self.program.folder / "runner"

    @property
    def summary(self) -> str:
        """What the run's page shows."""
        file = self.program.folder / "summary.md"
        return file.read_text(encoding="utf-8") if file.exists() else ""

    def job(self, name: str) -> Done:
        """Run the job's own scripts; the installation is not looked at here."""
        steps = [step for step in self.workflow["jobs"][name]["steps"] if "env" in step]
        assert len(steps) == 1
        return self._script(steps[0])

    def _script(self, step: Mapping[str, Any]) -> Done:
        self.temporary.mkdir(exist_ok=True)
        file = self.temporary / "script.sh"
        file.write_text(step["run"], encoding="utf-8")
        path = f"{Path(self.program.python).parent}:{self.program.environment['PATH']}"
        given = {key: self._filled(str(text)) for key, text in step["env"].items()}
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(file)],
            cwd=self.program.work,
            env={
                **self.program.environment,
                "PATH": path,
                "RUNNER_TEMP": str(self.temporary),
                "GITHUB_STEP_SUMMARY": str(self.program.folder / "summary.md"),
                "GITHUB_REPOSITORY": "acme/platform",
                "GITHUB_RUN_ID": self.number,
                # No keyring of the machine's has a say.
                "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
                **given,
            },
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            timeout=240,
        )
        return Done(done.returncode, done.stdout.decode(), done.stderr.decode())

    def _filled(self, text: str) -> str:
        known = {
            "github.triggering_actor": self.person,
            "runner.temp": str(self.temporary),
            **{f"inputs.{key}": value for key, value in self.inputs.items()},
            **{f"vars.{key}": value for key, value in self.secrets.items()},
            **{f"secrets.{key}": value for key, value in self.secrets.items()},
        }
        return _EXPRESSION.sub(lambda found: known.get(found[1], ""), text)


def on_the_fake(program: Program, state: State) -> None:
    """The service's configuration with the fake for a GitHub, and the rest on this machine."""
    (program.work / CONFIG).write_text(
        'profile = "production"\n[platform]\n'
        f'organisation = "{state.organisation}"\n'
        f'[journal]\nurl = "sqlite:///{program.folder}/journal.sqlite3"\n'
        '[profiles.production]\nforge = "github"\n'
        "[profiles.production.github]\n"
        f'base_url = "{state.base}"\nauth = "app"\n',
        encoding="utf-8",
    )


def on_the_embedded(program: Program) -> None:
    """The service's configuration with nothing but this machine."""
    (program.work / CONFIG).write_text('profile = "local"\n', encoding="utf-8")
