"""The embedded forge's CI on tiny workflows, and on the template's own with a real dbt."""

from __future__ import annotations

import os
import shutil
import stat
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from threading import Event as Flag
from threading import Thread

import pytest

from platform_cli import template
from platform_cli.git import Git
from platform_cli.providers.forge import workflow
from platform_cli.providers.forge.local import LocalForge
from platform_cli.providers.forge.port import Author, Build, Commit
from tests.integration.test_domain_repository import LEAST
from tests.providers.forge_local import LocalFixtures, create, environment, snapshot
from tests.providers.forge_suite import NAME, commit_of, refused

STEPS = "on: push\njobs:\n  build:\n    runs-on: ubuntu-24.04\n    steps:\n"


class CiFixtures(LocalFixtures):
    @pytest.fixture(autouse=True)
    def temporary(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        """Where the build's folders are made, and must be gone from."""
        place = tmp_path / "temporary"
        place.mkdir()
        monkeypatch.setattr(tempfile, "tempdir", str(place))
        return place

    def pushed(
        self,
        forge: LocalForge,
        folder: Path,
        text: str | None,
        more: Mapping[str, str] | None = None,
    ) -> str:
        create(forge)
        files = {
            **({workflow.PATH: text} if text is not None else {}),
            "a.txt": "a\n",
            **(more or {}),
        }
        return forge.push(NAME, "main", commit_of(folder / "files", files))

    def build(self, forge: LocalForge, folder: Path, text: str | None) -> Build:
        """Push a main with this workflow and build it; nothing may be left of it."""
        self.pushed(forge, folder, text)
        built = forge.build(NAME, "main", Flag())
        assert list((folder / "temporary").iterdir()) == []
        return built


class TestGreen(CiFixtures):
    def test_says_what_it_did_and_what_it_left_out(self, forge: LocalForge, tmp_path: Path) -> None:
        text = f"""{STEPS}
      - name: Check out
        uses: actions/checkout@0123
      - name: Install
        id: tools
        run: touch {tmp_path}/installed
      - name: Look
        run: cat a.txt
      - name: Again
        run: |
          test -f a.txt
          test ! -e .git
"""
        head = self.pushed(forge, tmp_path, text)
        before = snapshot(forge.root)
        built = forge.build(NAME, "main", Flag())
        assert built == Build(
            "green",
            "ran 2 commands of ci.yml in a clean checkout: cat a.txt, test -f a.txt …"
            " (not run here: Check out, Install)",
            f"every command succeeded on main at {head[:12]}",
        )
        assert not (tmp_path / "installed").exists()
        assert snapshot(forge.root) == before

    def test_one_command_alone(self, forge: LocalForge, tmp_path: Path) -> None:
        built = self.build(forge, tmp_path, f"{STEPS}      - run: cat a.txt\n")
        assert built.did == "ran 1 command of ci.yml in a clean checkout: cat a.txt"

    def test_of_another_branch_is_that_branchs(self, forge: LocalForge, tmp_path: Path) -> None:
        self.pushed(forge, tmp_path, f"{STEPS}      - run: test ! -f bad\n")
        forge.create_branch(NAME, "x/y", base="main", files={"bad": b""}, message="m")
        assert forge.build(NAME, "x/y", Flag()).status == "red"
        assert forge.build(NAME, "main", Flag()).status == "green"

    def test_each_job_has_a_checkout_of_its_own(self, forge: LocalForge, tmp_path: Path) -> None:
        text = """\
on: push
jobs:
  second:
    needs: first
    steps: [{run: test ! -e dirt && test ! -e "$HOME/dirt" && test ! -e "$TMPDIR/dirt"}]
  first:
    steps:
      - run: touch dirt "$HOME/dirt" "$TMPDIR/dirt"
      - run: test -e dirt && test -e "$HOME/dirt"
"""
        assert self.build(forge, tmp_path, text).status == "green"

    def test_env_is_that_of_the_workflow_the_job_and_the_step(
        self, forge: LocalForge, tmp_path: Path
    ) -> None:
        text = """\
on: push
env: {A: "1", B: "1", C: "1"}
jobs:
  build:
    env: {B: "2", C: "2", WHERE: "${{ github.ref_name }}/${{ vars.CATALOG }}"}
    steps:
      - run: test "$A$B$C $WHERE ${{ env.C }}" = "123 main/loyalty 3"
        env: {C: "3"}
      - run: test "$A$B$C" = "122"
"""
        self.pushed(forge, tmp_path, text)
        forge.set_variable(NAME, "CATALOG", "loyalty")
        assert forge.build(NAME, "main", Flag()).status == "green"

    def test_what_is_not_for_a_push_is_not_run(self, forge: LocalForge, tmp_path: Path) -> None:
        text = """\
on: push
jobs:
  review:
    if: github.event_name == 'pull_request'
    steps: [{run: exit 1}]
  after:
    needs: review
    steps: [{run: exit 1}]
  build:
    steps:
      - run: exit 1
        if: ${{ github.ref != 'refs/heads/main' }}
      - run: exit 1
        if: failure()
      - run: "true"
        if: always() && github.event_name == 'push'
"""
        built = self.build(forge, tmp_path, text)
        assert (built.status, built.did.rpartition(": ")[2]) == ("green", "true")

    def test_folders_shells_and_steps_that_may_fail(
        self, forge: LocalForge, tmp_path: Path
    ) -> None:
        text = f"""{STEPS}
      - run: mkdir -p deep && touch deep/x
      - run: test -f x && test -z "$BASH_VERSION$(set -o | grep -c pipefail.*on)" || test -f x
        working-directory: deep
        shell: sh
      - run: exit 5
        continue-on-error: true
      - run: test -n "$BASH_VERSION"
"""
        assert self.build(forge, tmp_path, text).status == "green"

    def test_without_bash_there_is_sh(
        self, forge: LocalForge, git: Git, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        only = tmp_path / "only"
        only.mkdir()
        for name in ("sh", "test", "git", "env"):
            (only / name).symlink_to(shutil.which(name) or "")
        monkeypatch.setattr(sys, "executable", str(only / "python"))
        bare = replace(forge, git=Git({**git.environment, "PATH": str(only)}))
        assert self.build(bare, tmp_path, f"{STEPS}      - run: test -f a.txt\n").status == "green"
        (only / "sh").unlink()
        built = bare.build(NAME, "main", Flag())
        assert (built.status, built.saw) == ("absent", "sh is missing on this machine")


class TestRed(CiFixtures):
    def test_says_which_step_and_its_last_words(self, forge: LocalForge, tmp_path: Path) -> None:
        text = f"""{STEPS}
      - name: Talk
        run: |
          for i in $(seq 100); do echo "line $i"; done
          printf '\\033[31mbad\\033[0m\\a\\n' >&2
          exit 3
      - run: touch {tmp_path}/later
"""
        built = self.build(forge, tmp_path, text)
        first, *lines = built.saw.split("\n")
        assert (built.status, first) == ("red", "Talk ended with exit code 3:")
        assert lines == [*(f"line {i}" for i in range(90, 101)), "bad"]
        assert built.next == "Mend it by a pull request to main, then run the same line again."
        assert not (tmp_path / "later").exists()

    @pytest.mark.parametrize(
        "command", ["false; true", "false | true", "echo $(exit 3) && exit 2", "kill -9 $$"]
    )
    def test_every_part_of_a_command_counts(
        self, forge: LocalForge, tmp_path: Path, command: str
    ) -> None:
        built = self.build(forge, tmp_path, f"{STEPS}      - run: {command}\n")
        assert built.status == "red"
        if "kill" in command:
            assert built.saw == "kill -9 $$ ended with signal 9"

    @pytest.mark.parametrize(
        ("text", "words"),
        [
            (None, "there is no .github/workflows/ci.yml on main"),
            ("on: push\non: push\n", "line 2: the key on stands twice"),
            (f"{STEPS}      - uses: actions/checkout@1\n", "ran no command, so nothing is proven"),
            (
                f"{STEPS}      - run: echo ${{{{ secrets.TOKEN }}}}\n",
                "of the job build: 'secrets.TOKEN' cannot be evaluated by the embedded forge",
            ),
            (
                f"{STEPS}      - run: x\n        env: {{A: '${{{{ matrix.x }}}}'}}\n",
                "'matrix.x' cannot be evaluated",
            ),
            (f"{STEPS}      - run: x\n        if: hashFiles('x')\n", "cannot be evaluated"),
            (STEPS.replace("    steps", "    if: x\n    steps") + "      - run: x\n", "'x' cannot"),
            (
                f"{STEPS}      - run: pwd\n        working-directory: none\n",
                "pwd: there is no folder none",
            ),
            (f'{STEPS}      - run: echo A=1 >> "$GITHUB_ENV"\n', "writes to GITHUB_ENV"),
            (f'{STEPS}      - run: pwd >> "$GITHUB_PATH"\n', "writes to GITHUB_PATH"),
        ],
    )
    def test_what_cannot_be_known_is_not_green(
        self, forge: LocalForge, tmp_path: Path, text: str | None, words: str
    ) -> None:
        built = self.build(forge, tmp_path, text)
        assert built.status == "red"
        assert words in built.saw
        assert built.next

    def test_a_step_that_cannot_be_evaluated_lets_none_before_it_run(
        self, forge: LocalForge, tmp_path: Path
    ) -> None:
        text = f"{STEPS}      - run: touch {tmp_path}/ran\n      - run: ${{{{ secrets.X }}}}\n"
        built = self.build(forge, tmp_path, text)
        assert built.did == "read .github/workflows/ci.yml and ran nothing"
        assert not (tmp_path / "ran").exists()

    def test_one_that_takes_too_long(self, forge: LocalForge, tmp_path: Path) -> None:
        brief = replace(forge, build_timeout_s=0.2)
        text = f"{STEPS}      - name: Wait\n        run: echo on; while :; do sleep 600; done\n"
        built = self.build(brief, tmp_path, text)
        assert built.status == "red"
        assert built.saw == "Wait did not end within 0.2 seconds and was stopped:\non"


class TestAbsent(CiFixtures):
    def test_a_tool_that_is_missing_is_named_before_anything_runs(
        self, forge: LocalForge, tmp_path: Path
    ) -> None:
        text = (
            f"{STEPS}      - run: touch {tmp_path}/ran\n      - run: A=1 no-such-tool build # x\n"
        )
        built = self.build(forge, tmp_path, text)
        assert built == Build(
            "absent",
            "read .github/workflows/ci.yml and ran nothing",
            "no-such-tool is missing on this machine",
            "no-such-tool is missing on this machine: install it, then run the same line again",
        )
        assert not (tmp_path / "ran").exists()

    def test_one_that_only_a_script_looks_for(self, forge: LocalForge, tmp_path: Path) -> None:
        text = f"{STEPS}      - run: |\n          echo on\n          no-such-tool --x\n"
        built = self.build(forge, tmp_path, text)
        assert built.status == "absent"
        assert "no-such-tool" in built.saw
        assert (
            built.next
            == "Install the program that the last line names, then run the same line again."
        )

    @pytest.mark.parametrize("command", ["! false", "A=1 B='2 3' : # x", "if true; then :; fi"])
    def test_words_of_the_shell_are_no_tools(
        self, forge: LocalForge, tmp_path: Path, command: str
    ) -> None:
        built = self.build(forge, tmp_path, f"{STEPS}      - run: |\n          {command}\n")
        assert built.status == "green"

    def test_one_that_is_stopped(self, forge: LocalForge, tmp_path: Path, temporary: Path) -> None:
        there, stop = tmp_path / "there", Flag()
        self.pushed(forge, tmp_path, f"{STEPS}      - run: touch {there}; sleep 600 & sleep 600\n")

        def interrupt() -> None:
            while not there.exists():
                Flag().wait(0.01)
            stop.set()

        waiting = Thread(target=interrupt)
        waiting.start()
        built = forge.build(NAME, "main", stop)
        waiting.join()
        assert (built.status, built.next) == ("absent", "Run the same line again.")
        assert list(temporary.iterdir()) == []

    def test_one_that_was_stopped_before_it_began(self, forge: LocalForge, tmp_path: Path) -> None:
        self.pushed(forge, tmp_path, f"{STEPS}      - run: touch {tmp_path}/ran\n")
        stop = Flag()
        stop.set()
        assert forge.build(NAME, "main", stop).status == "absent"


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

    def test_the_folders_are_for_this_person_alone(self, forge: LocalForge, tmp_path: Path) -> None:
        script = f'stat -c %a "$(dirname "$HOME")" > {tmp_path}/mode || true'
        self.build(forge, tmp_path, f"{STEPS}      - run: {script}\n")
        said = (tmp_path / "mode").read_text().strip()
        assert said in {"", f"{stat.S_IRWXU:o}"}

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

    def test_no_place_for_temporary_files(
        self, forge: LocalForge, tmp_path: Path, temporary: Path
    ) -> None:
        self.pushed(forge, tmp_path, f"{STEPS}      - run: x\n")
        temporary.rmdir()
        refused("PLT-HOME-001", lambda: forge.build(NAME, "main", Flag()))


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
        assert built.did.startswith("ran 1 command of ci.yml in a clean checkout: dbt build")
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
