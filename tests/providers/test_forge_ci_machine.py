"""What the embedded forge's CI takes from the machine and leaves on it; and a real dbt."""

from __future__ import annotations

import errno
import os
import shutil
import stat
import subprocess
import sys
import sysconfig
import tempfile
import venv
from dataclasses import replace
from pathlib import Path
from threading import Event as Flag

import pytest

from platform_cli import __version__, template
from platform_cli.git import Git
from platform_cli.providers.forge.local import LocalForge
from platform_cli.providers.forge.port import Author, Build, Commit
from tests.integration.domain_rendered import LEAST
from tests.providers.forge_ci import STEPS, CiFixtures
from tests.providers.forge_local import create, environment
from tests.providers.forge_suite import NAME, refused


class TestScrubbed(CiFixtures):
    def test_the_environment_is_what_is_listed_here(
        self, git: Git, forge: LocalForge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name in ("GH_TOKEN", "DATABRICKS_TOKEN", "CANARY", "VIRTUAL_ENV", "BASH_ENV", "ENV"):
            monkeypatch.setenv(name, "canary")
        seen = Git({**git.environment, "CANARY": "canary", "PIP_INDEX_URL": "canary"})
        text = f"{STEPS}      - run: env -0 > {tmp_path}/env; umask > {tmp_path}/umask\n"
        built = self.build(replace(forge, git=seen), tmp_path, text)
        assert built.status == "green"
        found = dict(
            entry.split("=", 1) for entry in (tmp_path / "env").read_text().split("\0") if entry
        )
        assert "canary" not in "".join(found.values())
        ours = {"CI", "HOME", "LANG", "PATH", "PIP_NO_INDEX", "PYTHONUSERBASE", "TMPDIR"}
        ours |= {"UV_OFFLINE", "RUNNER_TRACKING_ID", "PWD", "SHLVL", "_", "OLDPWD"}
        assert {name for name in found if not name.startswith("GITHUB_")} <= ours
        assert {
            "CI": "true",
            "LANG": "C.UTF-8",
            "GITHUB_EVENT_NAME": "push",
            "GITHUB_REF": "refs/heads/main",
            "GITHUB_REF_NAME": "main",
            "GITHUB_REPOSITORY": "acme/loyalty",
            "GITHUB_JOB": "build",
            "PWD": found["GITHUB_WORKSPACE"],
        }.items() <= found.items()
        inside = str(tmp_path / "temporary")
        for name in ("HOME", "TMPDIR", "GITHUB_WORKSPACE", "GITHUB_OUTPUT"):
            assert found[name].startswith(inside)
        assert found["PATH"].split(os.pathsep)[0] == str(Path(sys.executable).parent)

    def test_the_path_has_folders_that_are_there_and_no_relative_one(
        self, git: Git, forge: LocalForge, tmp_path: Path
    ) -> None:
        mine = tmp_path / "mine"
        mine.mkdir()
        theirs = [".", "", "bin", str(mine), str(tmp_path / "none"), *os.environ["PATH"].split(":")]
        seen = Git({**git.environment, "PATH": os.pathsep.join(theirs)})
        text = f'{STEPS}      - run: printf %s "$PATH" > {tmp_path}/path\n'
        assert self.build(replace(forge, git=seen), tmp_path, text).status == "green"
        found = (tmp_path / "path").read_text().split(os.pathsep)
        assert found[1] == str(mine)
        assert all(Path(folder).is_absolute() and Path(folder).is_dir() for folder in found)
        assert len(found) == len(set(found))

    def test_platform_cli_is_the_one_that_is_running(
        self, forge: LocalForge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Without a script beside Python, and with another one on the PATH and in the checkout."""
        folder = tmp_path / "bare"
        venv.EnvBuilder(symlinks=True).create(folder)
        hook = Path(sysconfig.get_path("purelib", "venv", {"base": str(folder)}), "ours.pth")
        hook.write_text(f"import site; site.addsitedir({sysconfig.get_path('purelib')!r})\n")
        other = tmp_path / "other"
        other.mkdir()
        (other / "platform-cli").write_text("#!/bin/sh\nexit 9\n")
        (other / "platform-cli").chmod(0o755)
        path = os.pathsep.join([str(other), os.environ["PATH"]])
        seen = Git({**forge.git.environment, "PATH": path})
        text = f"{STEPS}      - run: platform-cli --version > {tmp_path}/said\n"
        theirs = dict.fromkeys(("__init__.py", "__main__.py"), "raise SystemExit(8)\n")
        more = {f"platform_cli/{name}": lines for name, lines in theirs.items()}
        self.pushed(forge, tmp_path, text, more)
        monkeypatch.setattr(sys, "executable", str(folder / "bin" / "python"))
        built = replace(forge, git=seen).build(NAME, "main", Flag())
        assert built.status == "green", built.saw
        assert (tmp_path / "said").read_text() == f"platform-cli {__version__}\n"

    def test_the_folders_are_for_this_person_alone(self, forge: LocalForge, tmp_path: Path) -> None:
        script = f'stat -c %a "$(dirname "$HOME")" > {tmp_path}/mode || true'
        self.build(forge, tmp_path, f"{STEPS}      - run: {script}\n")
        said = (tmp_path / "mode").read_text().strip()
        assert said in {"", f"{stat.S_IRWXU:o}"}

    def test_what_others_started_is_out_of_reach(self, forge: LocalForge, tmp_path: Path) -> None:
        """A workflow that takes a stranger's tracking variable for its own."""
        env = {**os.environ, "RUNNER_TRACKING_ID": "strangers"}
        with subprocess.Popen(["sleep", "600"], env=env) as stranger:
            text = f"{STEPS}      - run: 'true'\n        env: {{RUNNER_TRACKING_ID: strangers}}\n"
            assert self.build(forge, tmp_path, text).status == "green"
            assert stranger.poll() is None
            stranger.kill()

    def test_a_name_without_end_is_cut(self, forge: LocalForge, tmp_path: Path) -> None:
        name = "n" * 100_000
        built = self.build(forge, tmp_path, f"{STEPS}      - name: {name}\n        run: exit 1\n")
        assert built.status == "red"
        assert len(built.saw) == 4000

    def test_a_read_only_folder_is_taken_away_too(self, forge: LocalForge, tmp_path: Path) -> None:
        text = f"{STEPS}      - run: mkdir d && touch d/x && chmod 500 d\n"
        assert self.build(forge, tmp_path, text).status == "green"

    def test_nothing_is_installed(self, forge: LocalForge, tmp_path: Path) -> None:
        text = f"{STEPS}      - run: python -m pip install --quiet no-such-package-of-ours\n"
        built = self.build(forge, tmp_path, text)
        assert built.status in {"red", "absent"}


class TestWhose(CiFixtures):
    def test_what_is_not_ours_is_not_run(
        self, forge: LocalForge, place: Path, tmp_path: Path
    ) -> None:
        self.pushed(forge, tmp_path, f"{STEPS}      - run: touch {tmp_path}/ran\n")
        (place / "repository.json").unlink()
        refused("PLT-FORGE-001", lambda: forge.build(NAME, "main", Flag()))
        assert not (tmp_path / "ran").exists()

    def test_a_branch_that_is_not_there(self, forge: LocalForge, tmp_path: Path) -> None:
        self.pushed(forge, tmp_path, STEPS)
        error = refused("PLT-FORGE-003", lambda: forge.build(NAME, "none", Flag()))
        assert error.address == "acme/loyalty/branches/none"

    def test_no_room_for_temporary_files(
        self, forge: LocalForge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def full(**_: object) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

        self.pushed(forge, tmp_path, f"{STEPS}      - run: x\n")
        for name in ("TemporaryDirectory", "TemporaryFile"):
            with monkeypatch.context() as patch:
                patch.setattr(tempfile, name, full)
                refused("PLT-HOME-002", lambda: forge.build(NAME, "main", Flag()))


@pytest.mark.integration
class TestTemplate(CiFixtures):
    @pytest.fixture
    def rendered(self, forge: LocalForge, tmp_path: Path) -> LocalForge:
        folder = tmp_path / "rendered"
        template.render(template.packaged(), LEAST, folder)
        create(forge)
        forge.push(NAME, "main", Commit(folder, "m", Author("Ada", "ada@example.com")))
        return forge

    def test_a_fresh_domain_is_green(self, rendered: LocalForge, temporary: Path) -> None:
        folders = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
        if shutil.which("dbt", path=folders) is None:
            pytest.skip("dbt is not on this machine: pip install 'platform-cli[local]'")
        built = rendered.build(NAME, "main", Flag())
        assert built.status == "green", built.saw
        assert " in a clean checkout of " in built.did
        assert ": dbt build" in built.did
        assert list(temporary.iterdir()) == []
        text = b"select 1 as id from nowhere"
        files = {"models/raw/raw_broken.sql": text}
        rendered.create_branch(NAME, "x", base="main", files=files, message="m")
        built = rendered.build(NAME, "x", Flag())
        assert built.status == "red"
        assert "ended with exit code 1" in built.saw
        assert "ERROR=1" in built.saw

    def test_without_dbt_it_is_absent(
        self, rendered: LocalForge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        only = tmp_path / "only"
        only.mkdir()
        for name in ("sh", "bash", "git", "env"):
            (only / name).symlink_to(shutil.which(name) or "")
        monkeypatch.setattr(sys, "executable", str(only / "python"))
        poor = replace(rendered, git=Git({**environment(tmp_path / "h"), "PATH": str(only)}))
        assert poor.build(NAME, "main", Flag()) == Build(
            "absent",
            "read .github/workflows/ci.yml and ran nothing",
            "dbt is missing on this machine",
            "dbt is missing on this machine: pip install 'platform-cli[local]'",
        )
