"""git as a program: its version, its failures, and whose name stands on a commit."""

from __future__ import annotations

import errno
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from platform_cli.errors import PlatformError
from platform_cli.git import Git
from tests.unit.git_folder import (
    AT,
    GitFixtures,
    environment,
    plain_git,
    scripted_git,
)


class TestVersion(GitFixtures):
    def test_is_known(self, git: Git) -> None:
        told = plain_git("--version").decode().split()[2]
        assert told.startswith(".".join(map(str, git.version()[:2])))

    def test_no_git_on_the_path(self, tmp_path: Path) -> None:
        (tmp_path / "empty").mkdir()
        git = Git({"PATH": str(tmp_path / "empty")})
        for call in (git.version, git.identity, lambda: git.init_bare(tmp_path / "x")):
            with pytest.raises(PlatformError) as caught:
                call()
            assert caught.value.code == "PLT-GIT-001"
        assert not (tmp_path / "x").exists()

    def test_gitpython_refuses_to_be_imported_without_git(self, tmp_path: Path) -> None:
        """A path that has git, in a process whose own path has none when GitPython looks."""
        found = Path(shutil.which("git") or "").parent
        code = (
            "from platform_cli.git import Git\nfrom platform_cli.errors import PlatformError\n"
            f"try:\n    Git({{'PATH': {str(found)!r}}}).version()\n"
            "except PlatformError as error:\n    print(error.code)"
        )
        done = subprocess.run(
            [sys.executable, "-c", code],
            env={"PATH": str(tmp_path)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.stdout == "PLT-GIT-001\n", done.stderr

    @pytest.mark.parametrize(
        ("script", "words"),
        [
            ("echo git version 2.30.9", "2.30.9"),
            ("echo git version 1.8.3.1", "1.8.3"),
            ("echo something else", "does not tell"),
            ("exit 1", "does not tell"),
        ],
    )
    def test_too_old_or_no_git_at_all(self, tmp_path: Path, script: str, words: str) -> None:
        git = scripted_git(tmp_path / "bin", script)
        with pytest.raises(PlatformError, match=words) as caught:
            git.init_bare(tmp_path / "x")
        assert caught.value.code == "PLT-GIT-001"

    def test_one_that_cannot_be_run(self, tmp_path: Path) -> None:
        git = scripted_git(tmp_path / "bin", "")
        (tmp_path / "bin" / "git").write_text("#!/no/such/interpreter\n")
        with pytest.raises(PlatformError) as caught:
            git.version()
        assert caught.value.code == "PLT-GIT-001"

    @pytest.mark.parametrize(
        "told",
        ["git version 2.31.0", "git version 2.50.1 (Apple Git-155)", "git version 2.47.0.rc1"],
    )
    def test_new_enough(self, tmp_path: Path, told: str) -> None:
        assert scripted_git(tmp_path / "bin", f"echo '{told}'").version() >= (2, 31, 0)


class TestFailure(GitFixtures):
    def test_a_git_that_hangs_is_stopped_with_all_it_started(self, tmp_path: Path) -> None:
        script = 'case "$*" in *version*) echo git version 2.40.0;; *) sleep 600 & sleep 600;; esac'
        git = scripted_git(tmp_path / "bin", script, timeout_s=3)
        # The second sleep holds our end of the pipe: we return only if it was stopped, too.
        with pytest.raises(PlatformError, match="did not end within") as caught:
            git.init_bare(tmp_path / "x")
        assert caught.value.code == "PLT-GIT-002"

    def test_an_interrupt_stops_git_and_goes_on_up(self, tmp_path: Path) -> None:
        script = (
            'case "$*" in *version*) echo git version 2.40.0;;'
            f" *) : > {tmp_path}/started; sleep 600 & sleep 600;; esac"
        )
        git = Git(scripted_git(tmp_path / "bin", script).environment, timeout_s=600)
        code = (
            "import os, signal, sys, threading, time\nfrom pathlib import Path\n"
            "from platform_cli.git import Git\n"
            "def interrupt():\n"
            f"    while not Path({str(tmp_path / 'started')!r}).exists(): time.sleep(0.01)\n"
            "    os.kill(os.getpid(), signal.SIGINT)\n"
            "threading.Thread(target=interrupt).start()\n"
            f"try:\n    Git({dict(git.environment)!r}, 600).init_bare(Path('x').absolute())\n"
            "except KeyboardInterrupt:\n    print('interrupted')"
        )
        command = [sys.executable, "-c", code]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        assert done.stdout == "interrupted\n", done.stderr

    def test_gits_own_words_without_what_steers_a_terminal(self, tmp_path: Path) -> None:
        script = (
            'case "$*" in *version*) echo git version 2.40.0;;'
            r" *) printf 'fatal: a\033]0;b\007\342\200\256 c\nhint: more\n' >&2; exit 128;; esac"
        )
        git = scripted_git(tmp_path / "bin", script)
        with pytest.raises(PlatformError) as caught:
            git.init_bare(tmp_path / "x")
        assert caught.value.summary == "git init failed: fatal: a]0;b c"

    def test_what_is_not_a_repository(self, git: Git, tmp_path: Path) -> None:
        for call in (
            lambda: git.branch(tmp_path, "main"),
            lambda: git.is_empty(tmp_path),
            lambda: git.clone((tmp_path / "none").as_uri(), tmp_path / "into"),
        ):
            with pytest.raises(PlatformError, match="fatal: ") as caught:
                call()
            assert caught.value.code == "PLT-GIT-002"

    def test_a_full_disk(self, git: Git, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def full(**_: object) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

        monkeypatch.setattr(tempfile, "TemporaryDirectory", full)
        made = git.commit_folder(tmp_path, "", name="Ada", mail="ada@example.com", at=AT)
        with pytest.raises(PlatformError) as caught, made:
            pytest.fail("it was made")
        assert caught.value.code == "PLT-HOME-002"

    def test_the_environment_is_not_shown(self) -> None:
        assert "hidden" not in repr(Git({"GH_TOKEN": "hidden"}))


class TestIdentity(GitFixtures):
    def configure(self, home: Path, text: str) -> Git:
        made = environment(home)
        (home / ".gitconfig").write_text(text)
        return Git(made)

    def test_none_where_git_knows_none(self, git: Git) -> None:
        assert git.identity() is None

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("[user]\nname = Ada L\nemail = ada@example.com\n", ("Ada L", "ada@example.com")),
            ("[user]\nname = Ada\n", None),
            ("[user]\nemail = ada@example.com\n", None),
            ("[user]\nname =\nemail = ada@example.com\n", None),
            ("[user]\nname = A\nname = B\nemail = b@x\n", ("B", "b@x")),
            ("[user]\nname = A\nemail = a@x\n[author]\nname = Z\n", ("Z", "a@x")),
            ("[user]\nname = J\u00f6rg\nemail = j@x\n", ("J\u00f6rg", "j@x")),
            ('[user]\nname = "A <b>\\nC\\tD"\nemail = "<a@x>"\n', ("A b CD", "a@x")),
        ],
    )
    def test_is_the_persons_own(
        self, tmp_path: Path, text: str, expected: tuple[str, str] | None
    ) -> None:
        assert self.configure(tmp_path / "home", text).identity() == expected

    def test_includes_are_followed(self, tmp_path: Path) -> None:
        (tmp_path / "more").write_text("[user]\nname = A\nemail = a@x\n")
        git = self.configure(tmp_path / "home", f"[include]\npath = {tmp_path / 'more'}\n")
        assert git.identity() == ("A", "a@x")

    def test_git_config_global_is_where_a_person_keeps_it(self, tmp_path: Path) -> None:
        (tmp_path / "mine").write_text("[user]\nname = A\nemail = a@x\n")
        made = {**environment(tmp_path / "home"), "GIT_CONFIG_GLOBAL": str(tmp_path / "mine")}
        assert Git(made).identity() == ("A", "a@x")

    def test_the_working_directory_has_no_say(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        git = self.configure(tmp_path / "home", "[user]\nname = A\nemail = a@x\n")
        plain_git("init", "-q", str(tmp_path / "repo"))
        plain_git("-C", str(tmp_path / "repo"), "config", "user.name", "Other")
        monkeypatch.chdir(tmp_path / "repo")
        assert git.identity() == ("A", "a@x")

    def test_a_configuration_that_cannot_be_read_is_said(self, tmp_path: Path) -> None:
        git = self.configure(tmp_path / "home", "[user\n")
        with pytest.raises(PlatformError, match="bad config line 1"):
            git.identity()

    def test_a_working_directory_that_is_gone(
        self, git: Git, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "gone").mkdir()
        monkeypatch.chdir(tmp_path / "gone")
        (tmp_path / "gone").rmdir()
        assert git.identity() is None
        git.init_bare(tmp_path / "x.git")
        assert git.is_empty(tmp_path / "x.git")
