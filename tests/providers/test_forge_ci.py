"""The embedded forge's CI on tiny workflows: when it is green, red or absent."""

from __future__ import annotations

import re
import shutil
import sys
from dataclasses import replace
from pathlib import Path
from threading import Event as Flag
from threading import Thread

import pytest

from platform_cli.git import Git
from platform_cli.providers.forge import ci, workflow
from platform_cli.providers.forge.local import LocalForge
from platform_cli.providers.forge.port import Build
from tests.providers.forge_ci import STEPS, CiFixtures
from tests.providers.forge_local import snapshot
from tests.providers.forge_suite import NAME


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
            f"ran 2 commands of ci.yml in a clean checkout of {head}: cat a.txt, test -f a.txt …"
            " (not run here: Check out, Install)",
            "every command succeeded on main",
        )
        assert not (tmp_path / "installed").exists()
        assert snapshot(forge.root) == before

    def test_one_command_alone(self, forge: LocalForge, tmp_path: Path) -> None:
        built = self.build(forge, tmp_path, f"{STEPS}      - run: cat a.txt\n")
        assert re.fullmatch(
            "ran 1 command of ci.yml in a clean checkout of [0-9a-f]{40}: cat a.txt", built.did
        )

    def test_many_commands_are_counted(self, forge: LocalForge, tmp_path: Path) -> None:
        built = self.build(forge, tmp_path, STEPS + "      - run: 'true'\n" * 12)
        listed = ", ".join(["true"] * 10)
        assert built.did.startswith("ran 12 commands of ci.yml in a clean checkout of ")
        assert built.did.endswith(f": {listed}, and 2 more")

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


class TestPullRequest(CiFixtures):
    def built(self, forge: LocalForge, folder: Path, text: str) -> Build:
        """The build of `main`'s tip as a change that goes from `change` to `main`."""
        head = self.pushed(forge, folder, text)

        def checkout(into: Path) -> None:
            forge.checkout(NAME, "main", into)

        review = ci.Review(7, "main", "0" * 40)
        order = ci.Order("acme/loyalty", "change", head, {}, text.encode(), checkout, review)
        return ci.Run(order, forge.git.environment, 60, Flag()).build()

    def test_what_is_for_a_pull_request_is_run(self, forge: LocalForge, tmp_path: Path) -> None:
        text = """\
on: pull_request
jobs:
  after:
    if: github.event_name == 'push'
    steps: [{run: exit 1}]
  review:
    if: github.event_name == 'pull_request' && github.base_ref == 'main'
    env: {BASE: "${{ github.event.pull_request.base.sha }}", FROM: "${{ github.head_ref }}"}
    steps:
      - run: test "$BASE $FROM" = "0000000000000000000000000000000000000000 change"
      - run: test "$GITHUB_EVENT_NAME $GITHUB_REF $GITHUB_BASE_REF" = "pull_request refs/pull/7/merge main"
      - run: exit 1
        if: github.ref == 'refs/heads/main'
"""
        built = self.built(forge, tmp_path, text)
        assert (built.status, built.did.startswith("ran 2 commands")) == ("green", True)

    def test_a_push_has_no_base(self, forge: LocalForge, tmp_path: Path) -> None:
        text = f"""{STEPS}
      - run: test -z "$BASE$GITHUB_BASE_REF$GITHUB_HEAD_REF"
        env: {{BASE: "${{{{ github.event.pull_request.base.sha }}}}"}}
"""
        assert self.build(forge, tmp_path, text).status == "green"

    @pytest.mark.parametrize("event", ["push", "pull_request"])
    def test_nothing_else_of_the_event_is_guessed(
        self, forge: LocalForge, tmp_path: Path, event: str
    ) -> None:
        text = f"{STEPS}      - run: echo ${{{{ github.event.pull_request.title }}}}\n"
        build = self.build if event == "push" else self.built
        built = build(forge, tmp_path, text)
        assert built.status == "red"
        assert "github.event.pull_request.title' cannot be evaluated" in built.saw


class TestWhatDeploys(CiFixtures):
    def test_is_not_run_and_nor_is_what_comes_after(
        self, forge: LocalForge, tmp_path: Path
    ) -> None:
        text = f"""\
on: push
jobs:
  build:
    steps: [{{run: "true"}}]
  publish:
    needs: build
    environment: production
    steps:
      - run: touch {tmp_path}/published
        env: {{TOKEN: "${{{{ secrets.TOKEN }}}}"}}
  look:
    needs: [build, publish]
    steps: [{{run: touch {tmp_path}/looked}}]
"""
        built = self.build(forge, tmp_path, text)
        assert built.status == "green"
        assert built.did.endswith(": true (not run here: look, publish)")
        assert not (tmp_path / "published").exists()
        assert not (tmp_path / "looked").exists()

    def test_alone_proves_nothing(self, forge: LocalForge, tmp_path: Path) -> None:
        text = "on: push\njobs: {p: {environment: production, steps: [{run: 'true'}]}}\n"
        built = self.build(forge, tmp_path, text)
        assert (built.status, built.did) == ("red", f"read {workflow.PATH} and ran nothing")


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
            (f'{STEPS}      - run: rm "$GITHUB_ENV"\n', "writes to GITHUB_ENV"),
            (f'{STEPS}      - run: pwd\n        env: {{A: "\\0"}}\n', "no program can be given"),
            (f"{STEPS}      - run: pwd\n        env: {{A=B: x}}\n", "no program can be given"),
            (f'{STEPS}      - name: "a\\e[31mb\\a"\n        run: exit 1\n', "ab ended with"),
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
        brief = replace(forge, build_timeout_s=3)
        text = f"{STEPS}      - name: Wait\n        run: echo on; while :; do sleep 600; done\n"
        built = self.build(brief, tmp_path, text)
        assert built.status == "red"
        assert built.saw == "Wait did not end within 3 seconds and was stopped:\non"


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

    @pytest.mark.parametrize(
        "command", ["exit 127", "env no-such-tool", "echo on\n          sh -c no"]
    )
    def test_one_that_something_else_looks_for_is_red(
        self, forge: LocalForge, tmp_path: Path, command: str
    ) -> None:
        built = self.build(forge, tmp_path, f"{STEPS}      - run: |\n          {command}\n")
        assert built.status == "red"
        assert "exit code 127" in built.saw

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
