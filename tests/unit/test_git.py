"""git.py against real git: what it makes, whatever the person who runs it has configured."""

from __future__ import annotations

import errno
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from platform_cli.errors import PlatformError
from platform_cli.git import Git, NewCommit

AT = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
KEY = "Platform-Onboarding"


def environment(home: Path) -> dict[str, str]:
    """This process's environment with a home of its own and no git configuration."""
    home.mkdir(exist_ok=True)
    kept = {name: text for name, text in os.environ.items() if not name.startswith("GIT_")}
    return {**kept, "HOME": str(home), "XDG_CONFIG_HOME": str(home / ".config")}


@pytest.fixture(autouse=True)
def _nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """The git that tests run themselves knows nobody, also where a hook runs the tests."""
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)


@pytest.fixture
def git(tmp_path: Path) -> Git:
    return Git(environment(tmp_path / "home"))


@pytest.fixture
def bare(git: Git, tmp_path: Path) -> Path:
    git.init_bare(tmp_path / "bare.git")
    return tmp_path / "bare.git"


def folder_of(place: Path, files: Mapping[str, bytes]) -> Path:
    for name, content in files.items():
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).write_bytes(content)
    return place


def plain_git(*arguments: str, env: Mapping[str, str] | None = None) -> bytes:
    """git as a person runs it."""
    done = subprocess.run(["git", *arguments], check=True, capture_output=True, env=env)
    return done.stdout


def push(git: Git, folder: Path, bare: Path, message: str = "m\n", branch: str = "main") -> str:
    with git.commit_folder(folder, message, name="Ada", mail="ada@example.com", at=AT) as made:
        assert git.push(made, bare, branch)
        return made.commit


def scripted_git(folder: Path, script: str) -> Git:
    """A `git` of our own on the path, before everything else."""
    folder.mkdir()
    (folder / "git").write_text(f"#!/bin/sh\n{script}\n")
    (folder / "git").chmod(0o755)
    return Git({"PATH": f"{folder}:{os.environ['PATH']}"}, timeout_s=0.5)


FILES = {
    "README.md": b"# Loyalty\n",
    ".github/CODEOWNERS": b"* @acme/loyalty\n",
    ".gitignore": b"*\n",
    ".gitattributes": b"* text=auto eol=crlf ident filter=mangle working-tree-encoding=UTF-16\n",
    "unix.txt": b"one\ntwo\n",
    "windows.txt": b"one\r\ntwo\r\n",
    "mixed.txt": b"one\r\ntwo\n$Id$\n",
    "bytes.bin": bytes(range(256)),
    "empty": b"",
    "no-end": b"no newline",
    "deep/er/and/deeper.txt": b"x",
}


class TestVersion:
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


class TestFailure:
    def test_a_git_that_hangs_is_stopped_with_all_it_started(self, tmp_path: Path) -> None:
        script = 'case "$*" in *version*) echo git version 2.40.0;; *) sleep 600 & sleep 600;; esac'
        git = scripted_git(tmp_path / "bin", script)
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
        with pytest.raises(PlatformError) as caught:
            git.tree_of(tmp_path)
        assert caught.value.code == "PLT-HOME-002"

    def test_the_environment_is_not_shown(self) -> None:
        assert "hidden" not in repr(Git({"GH_TOKEN": "hidden"}))


class TestIdentity:
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


class TestTree:
    def test_is_the_one_that_git_itself_makes(self, git: Git, tmp_path: Path) -> None:
        files = {name: text for name, text in FILES.items() if name != ".gitattributes"}
        folder = folder_of(tmp_path / "files", files)
        (folder / "deep" / "run.sh").write_bytes(b"#!/bin/sh\n")
        (folder / "deep" / "run.sh").chmod(0o755)
        (folder / "link").symlink_to("README.md")
        copy = tmp_path / "copy"
        shutil.copytree(folder, copy, symlinks=True)
        env = git.environment
        plain_git("init", "-q", str(copy), env=env)
        plain_git("-C", str(copy), "add", "--all", "--force", env=env)
        wanted = plain_git("-C", str(copy), "write-tree", env=env).decode().strip()
        assert git.tree_of(folder) == wanted

    def test_depends_on_names_content_and_the_executable_bit_alone(
        self, git: Git, tmp_path: Path
    ) -> None:
        one = folder_of(tmp_path / "one", FILES)
        other = folder_of(tmp_path / "other", dict(reversed(FILES.items())))
        os.utime(other / "README.md", (1, 1))
        (other / "README.md").chmod(0o600)
        (other / "empty-folder").mkdir()
        tree = git.tree_of(one)
        assert git.tree_of(other) == tree
        (other / "README.md").chmod(0o700)
        assert git.tree_of(other) != tree

    def test_of_nothing(self, git: Git, tmp_path: Path) -> None:
        assert git.tree_of(folder_of(tmp_path, {})) == "4b825dc642cb6eb9a060e54bf8d69288fbee4904"

    def test_leaves_nothing_behind(
        self, git: Git, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "tmp").mkdir()
        monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
        folder = folder_of(tmp_path / "files", FILES)
        before = sorted(folder.rglob("*"))
        git.tree_of(folder)
        assert list((tmp_path / "tmp").iterdir()) == []
        assert sorted(folder.rglob("*")) == before


HOSTILE_NAMES = [
    b"-n", b"--upload-pack=touch x", b":(exclude)*", b"a\nb", b'a"b', b"a\\b", b"a\tb", b"\xff\xfe",
    b"$(touch x)", b"`touch x`", b"~", b"$HOME", b"{a,b}", b" lead", b"trail ", b"#", b"!", b"*",
    b"done", b"M 100644 inline x", b"\x1b]0;x\x07", "\u202egpj".encode(), b"a" * 255, b"HEAD",
]  # fmt: skip


class TestFolder:
    def test_every_file_is_committed_byte_for_byte(
        self, git: Git, bare: Path, tmp_path: Path
    ) -> None:
        folder = folder_of(tmp_path / "files", FILES)
        commit = push(git, folder, bare)
        assert git.files(bare, commit) == FILES
        for name, content in FILES.items():
            assert git.show(bare, commit, name) == content

    def test_hostile_names_are_names(self, git: Git, bare: Path, tmp_path: Path) -> None:
        folder = tmp_path / "files"
        folder.mkdir()
        for name in HOSTILE_NAMES:
            Path(os.fsdecode(os.fsencode(folder) + b"/" + name)).write_bytes(name)
        commit = push(git, folder, bare)
        files = git.files(bare, commit)
        assert {os.fsencode(name): text for name, text in files.items()} == {
            name: name for name in HOSTILE_NAMES
        }
        for name in HOSTILE_NAMES:
            shown = git.show(bare, commit, os.fsdecode(name))
            assert shown == (None if b"\n" in name else name)
        assert not (tmp_path / "x").exists()

    def test_content_in_the_language_of_the_stream_is_content(
        self, git: Git, bare: Path, tmp_path: Path
    ) -> None:
        text = b'done\ncommit refs/heads/other\nM 100644 inline "x"\ndata 3\nabc\nfrom main\n'
        commit = push(git, folder_of(tmp_path / "files", {"a": text}), bare, text.decode())
        assert git.show(bare, commit, "a") == text
        assert git.branch(bare, "other") is None

    def test_a_link_is_kept_as_a_link_and_not_followed(
        self, git: Git, bare: Path, tmp_path: Path
    ) -> None:
        (tmp_path / "secret").write_text("secret")
        folder = folder_of(tmp_path / "files", {"a": b"a"})
        (folder / "link").symlink_to("../secret")
        (folder / "folder").symlink_to("..")
        (folder / "broken").symlink_to("nowhere")
        commit = push(git, folder, bare)
        assert list(git.files(bare, commit)) == ["a", "broken", "folder", "link"]
        assert git.show(bare, commit, "link") == b"../secret"

    @pytest.mark.parametrize("name", [".git/config", ".GIT/hooks/pre-commit", "sub/.git/HEAD"])
    def test_a_repository_inside_is_refused(self, git: Git, tmp_path: Path, name: str) -> None:
        folder = folder_of(tmp_path / "files", {name: b"x"})
        with pytest.raises(PlatformError, match="git keeps no such name") as caught:
            git.tree_of(folder)
        assert caught.value.code == "PLT-GIT-002"

    @pytest.mark.parametrize("name", ["git~1/config", ".g\u200cit/config", ".git /config"])
    def test_a_name_that_some_machine_reads_as_a_repository_is_not_pushed(
        self, git: Git, bare: Path, tmp_path: Path, name: str
    ) -> None:
        folder = folder_of(tmp_path / "files", {name: b"x"})
        with pytest.raises(PlatformError) as caught:
            push(git, folder, bare)
        assert caught.value.code == "PLT-GIT-002"
        assert git.is_empty(bare)

    def test_what_is_neither_file_nor_folder_is_refused(self, git: Git, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "fifo")
        with pytest.raises(PlatformError, match="fifo is neither"):
            git.tree_of(tmp_path)
        (tmp_path / "fifo").unlink()
        with socket.socket(socket.AF_UNIX) as made:
            made.bind(os.path.relpath(tmp_path / "socket"))
            with pytest.raises(PlatformError, match="socket is neither"):
                git.tree_of(tmp_path)

    def test_a_folder_that_is_not_there(self, git: Git, tmp_path: Path) -> None:
        with pytest.raises(PlatformError, match=r"none.*No such file") as caught:
            git.tree_of(tmp_path / "none")
        assert caught.value.code == "PLT-GIT-002"

    def test_a_large_file_and_many_files(self, git: Git, bare: Path, tmp_path: Path) -> None:
        files = {f"d{i % 7}/f{i}": b"%d" % i for i in range(1000)} | {"large": b"\0\n" * 2_000_000}
        commit = push(git, folder_of(tmp_path / "files", files), bare)
        assert git.files(bare, commit) == files
        assert git.show(bare, commit, "large") == files["large"]


class TestCommit:
    def text(self, git: Git, bare: Path, revision: str) -> str:
        return plain_git("-C", str(bare), "cat-file", "commit", revision).decode()

    def commit(self, git: Git, tmp_path: Path, name: str, mail: str, message: str) -> str:
        bare = tmp_path / "c.git"
        git.init_bare(bare)
        folder = folder_of(tmp_path / "files", {"a": b"a"})
        at = AT.astimezone(timezone(timedelta(hours=5, minutes=30)))
        with git.commit_folder(folder, message, name=name, mail=mail, at=at) as made:
            assert git.push(made, bare, "main")
        return self.text(git, bare, "main")

    def test_is_a_root_with_the_authors_name_and_the_moment(self, git: Git, tmp_path: Path) -> None:
        text = self.commit(git, tmp_path, "J\u00f6rg M", "j@example.com", "Subject\n\nBody\n")
        stamp = f"J\u00f6rg M <j@example.com> {int(AT.timestamp())} +0000"
        assert text.split("\n", 1)[1] == f"author {stamp}\ncommitter {stamp}\n\nSubject\n\nBody\n"

    def test_is_the_same_commit_for_the_same_input(self, git: Git, tmp_path: Path) -> None:
        folder = folder_of(tmp_path / "files", FILES)
        made = set()
        for _ in range(2):
            with git.commit_folder(folder, "m", name="A", mail="a@x", at=AT) as commit:
                made.add((commit.commit, commit.tree))
        assert len(made) == 1
        assert git.tree_of(folder) == made.pop()[1]

    @pytest.mark.parametrize(
        ("name", "mail", "shown"),
        [
            ("A\nauthor B <b@x> 1 +0000", "a@x", "A author B b@x 1 +0000 <a@x>"),
            ("<>", "<>", "unknown <>"),
            ("", "", "unknown <>"),
            ("A\0B\x1b", "a\n@x", "AB <a @x>"),
            ("\udcff", "a@x", "? <a@x>"),
        ],
    )
    def test_a_hostile_author_stays_one_line(
        self, git: Git, tmp_path: Path, name: str, mail: str, shown: str
    ) -> None:
        text = self.commit(git, tmp_path, name, mail, "m\0n\n")
        assert f"\nauthor {shown} {int(AT.timestamp())} +0000\n" in text
        assert text.endswith("\n\nmn\n")


class TestPush:
    def test_makes_the_branch(self, git: Git, bare: Path, tmp_path: Path) -> None:
        assert git.is_empty(bare)
        commit = push(git, folder_of(tmp_path / "files", FILES), bare)
        assert git.branch(bare, "main") == commit
        assert git.branch(bare, "mai") is None
        assert not git.is_empty(bare)
        assert plain_git("-C", str(bare), "fsck", "--strict", "--no-dangling") == b""

    def test_head_is_main(self, bare: Path) -> None:
        assert (bare / "HEAD").read_text() == "ref: refs/heads/main\n"

    def test_a_branch_that_exists_is_refused_and_unchanged(
        self, git: Git, bare: Path, tmp_path: Path
    ) -> None:
        first = push(git, folder_of(tmp_path / "one", {"a": b"1"}), bare)
        for files in ("one", "two"):  # the same commit again, and another one
            folder = folder_of(tmp_path / files, {"a": files.encode()})
            with git.commit_folder(folder, "m\n", name="Ada", mail="a@x", at=AT) as made:
                assert not git.push(made, bare, "main")
        assert git.branch(bare, "main") == first

    def test_one_that_came_up_since_we_looked_is_refused(
        self, git: Git, bare: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        first = push(git, folder_of(tmp_path / "one", {"a": b"1"}), bare)
        answers = iter([None, first])
        monkeypatch.setattr(Git, "branch", lambda *_: next(answers))
        folder = folder_of(tmp_path / "two", {"a": b"2"})
        with git.commit_folder(folder, "m\n", name="Ada", mail="a@x", at=AT) as made:
            assert not git.push(made, bare, "main")
        monkeypatch.undo()
        assert git.branch(bare, "main") == first

    def test_of_ten_at_once_one_makes_it(self, git: Git, bare: Path, tmp_path: Path) -> None:
        folders = [folder_of(tmp_path / f"f{i}", {"a": b"%d" % i}) for i in range(10)]
        start = threading.Barrier(len(folders))
        results: list[tuple[bool, str]] = []

        def run(folder: Path) -> None:
            with git.commit_folder(folder, "m\n", name="A", mail="a@x", at=AT) as made:
                start.wait(30)
                try:
                    results.append((git.push(made, bare, "main"), made.commit))
                except PlatformError as error:  # the other's lock was in the way: nothing made
                    assert error.code == "PLT-GIT-002"  # noqa: PT017 - in a thread
                    results.append((False, made.commit))

        threads = [threading.Thread(target=run, args=(folder,)) for folder in folders]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(results) == len(folders)
        winners = [commit for won, commit in results if won]
        assert winners == [git.branch(bare, "main")]

    @pytest.mark.parametrize(
        "name", ["", "-d", "a..b", "a b", "a:b", "/a", "a/", "a.lock", "@{-1}", "a\n", "refs/*"]
    )
    def test_what_is_not_a_name_for_a_branch(self, git: Git, bare: Path, name: str) -> None:
        made = NewCommit(bare, "0" * 40, "0" * 40)
        for call in (lambda: git.branch(bare, name), lambda: git.push(made, bare, name)):
            with pytest.raises(PlatformError, match="not a name for a branch"):
                call()

    def test_a_branch_below_another_name(self, git: Git, bare: Path, tmp_path: Path) -> None:
        push(git, folder_of(tmp_path / "files", {"a": b"a"}), bare, branch="main/x")
        assert git.branch(bare, "main") is None
        assert git.branch(bare, "main/x") is not None

    def test_a_damaged_ref_is_not_emptiness(self, git: Git, bare: Path) -> None:
        (bare / "refs" / "heads" / "main").write_text("garbage")
        assert not git.is_empty(bare)


class TestReading:
    def test_trailers_over_the_whole_history(self, git: Git, bare: Path, tmp_path: Path) -> None:
        first = push(git, folder_of(tmp_path / "files", FILES), bare, f"s\n\nb\n\n{KEY}: one\n")
        env = {**git.environment, "GIT_CONFIG_GLOBAL": os.devnull}
        work = str(tmp_path / "work")
        plain_git("clone", "-q", str(bare), work, env=env)
        me = ["-c", "user.name=B", "-c", "user.email=b@x"]
        for message in (f"t\n\n{KEY}: two\n{KEY}: three", "u", f"s\n\n{KEY}: one\n", f"{KEY}: no"):
            commit = ["commit", "-q", "--allow-empty", "-m", message]
            plain_git("-C", work, *me, *commit, env=env)
        plain_git("-C", work, "push", "-q", "origin", "HEAD", env=env)
        head = git.branch(bare, "main")
        assert head is not None
        assert git.trailers(bare, head, KEY) == ("one", "two", "three", "one")
        assert git.trailers(bare, "refs/heads/main", KEY.lower()) == ("one", "two", "three", "one")
        assert git.trailers(bare, head, "Other") == ()
        assert git.first_commit_with_trailer(bare, head, KEY, {"one", "none"}) == first
        assert git.first_commit_with_trailer(bare, head, KEY, ["on"]) is None

    def test_a_message_cannot_forge_a_commit(self, git: Git, bare: Path, tmp_path: Path) -> None:
        text = f"s\n\n{KEY}: a\x01{'0' * 40}\x1f\n b\n{KEY}: c\rd\n"
        commit = push(git, folder_of(tmp_path / "files", {"a": b""}), bare, text)
        assert git.trailers(bare, commit, KEY) == (f"a\x01{'0' * 40}\x1f b", "c\rd")

    @pytest.mark.parametrize("key", ["", "a b", "a,valueonly=false", "a)%H", "-a", "a:"])
    def test_what_is_not_a_name_for_a_trailer(self, git: Git, bare: Path, key: str) -> None:
        with pytest.raises(PlatformError, match="not a name for a trailer"):
            git.trailers(bare, "refs/heads/main", key)

    def test_show_what_is_not_a_file(self, git: Git, bare: Path, tmp_path: Path) -> None:
        commit = push(git, folder_of(tmp_path / "files", FILES), bare)
        for path in ("none", "deep", "", "../README.md", "deep/../README.md", "x missing", "a\nb"):
            assert git.show(bare, commit, path) is None
        assert git.show(bare, "refs/heads/main", "README.md") == FILES["README.md"]
        assert git.show(bare, "refs/heads/none", "README.md") is None

    @pytest.mark.parametrize("revision", ["--all", "main:x", "HEAD~1", "-1", "^main", "a..b", ""])
    def test_what_is_not_a_revision(self, git: Git, bare: Path, revision: str) -> None:
        for call in (
            lambda: git.show(bare, revision, "a"),
            lambda: git.files(bare, revision),
            lambda: git.trailers(bare, revision, KEY),
        ):
            with pytest.raises(PlatformError):
                call()

    def test_diff_leads_from_the_commit_to_the_folder(
        self, git: Git, bare: Path, tmp_path: Path
    ) -> None:
        folder = folder_of(tmp_path / "files", {"a": b"1\n", "b": b"2\n", "c": b"\0"})
        commit = push(git, folder, bare)
        objects = sum(1 for _ in (bare / "objects").rglob("*"))
        assert git.diff_folder(bare, commit, folder) == ""
        folder_of(folder, {"a": b"one\n", "d": b"new\n", "c": b"\0\1"})
        (folder / "b").unlink()
        diff = git.diff_folder(bare, commit, folder)
        assert "--- a/a\n+++ b/a\n@@ -1 +1 @@\n-1\n+one\n" in diff
        assert "--- a/b\n+++ /dev/null\n@@ -1 +0,0 @@\n-2\n" in diff
        assert "Binary files a/c and b/c differ" in diff
        assert "--- /dev/null\n+++ b/d\n@@ -0,0 +1 @@\n+new\n" in diff
        assert sum(1 for _ in (bare / "objects").rglob("*")) == objects

    def test_diff_from_a_place_with_a_strange_name(self, git: Git, tmp_path: Path) -> None:
        bare = tmp_path / 'a:b"c\\d $HOME.git'
        git.init_bare(bare)
        commit = push(git, folder_of(tmp_path / "files", {"a": b"1\n"}), bare)
        assert "-1\n+2\n" in git.diff_folder(bare, commit, folder_of(tmp_path / "f", {"a": b"2\n"}))
        git.clone(bare.absolute().as_uri(), tmp_path / "clone")
        assert (tmp_path / "clone" / "a").read_bytes() == b"1\n"


class TestClone:
    def test_is_an_ordinary_one(self, git: Git, bare: Path, tmp_path: Path) -> None:
        files = {name: text for name, text in FILES.items() if name != ".gitattributes"}
        folder = folder_of(tmp_path / "files", files)
        commit = push(git, folder, bare)
        into = tmp_path / "clone"
        git.clone(bare.as_uri(), into)
        for name, content in files.items():
            assert (into / name).read_bytes() == content
        env = git.environment
        assert plain_git("-C", str(into), "status", "--porcelain", env=env) == b""
        assert plain_git("-C", str(into), "rev-parse", "HEAD", env=env).decode().strip() == commit
        config = plain_git("config", "--list", "--file", str(into / ".git" / "config")).decode()
        keys = {line.partition("=")[0].lower() for line in config.splitlines()}
        allowed = {"repositoryformatversion", "filemode", "bare", "logallrefupdates"}
        allowed |= {"ignorecase", "precomposeunicode"}
        assert {key.removeprefix("core.") for key in keys if key.startswith("core.")} <= allowed
        assert {key.partition(".")[0] for key in keys} == {"core", "remote", "branch"}
        assert git.origin(into) == bare.as_uri()

    def test_into_a_folder_with_files_changes_nothing(
        self, git: Git, bare: Path, tmp_path: Path
    ) -> None:
        into = folder_of(tmp_path / "into", {"mine": b"mine"})
        with pytest.raises(PlatformError):
            git.clone(bare.as_uri(), into)
        assert [entry.name for entry in into.iterdir()] == ["mine"]

    def test_an_address_is_never_an_option(self, git: Git, tmp_path: Path) -> None:
        with pytest.raises(PlatformError) as caught:
            git.clone(f"--upload-pack=touch {tmp_path}/x", tmp_path / "into")
        assert caught.value.code == "PLT-GIT-002"
        with pytest.raises(PlatformError):
            git.clone(f"ext::touch {tmp_path}/x", tmp_path / "into")
        assert not (tmp_path / "x").exists()

    def test_origin_of_what_is_no_clone(self, git: Git, bare: Path, tmp_path: Path) -> None:
        git.clone(bare.as_uri(), tmp_path / "clone")
        (tmp_path / "clone" / "inside").mkdir()
        for folder in (tmp_path, tmp_path / "clone" / "inside", tmp_path / "none"):
            assert git.origin(folder) is None


HOOKS = [
    "applypatch-msg",
    "commit-msg",
    "fsmonitor-watchman",
    "post-checkout",
    "post-commit",
    "post-index-change",
    "post-merge",
    "post-receive",
    "post-update",
    "pre-commit",
    "pre-push",
    "pre-receive",
    "prepare-commit-msg",
    "proc-receive",
    "push-to-checkout",
    "reference-transaction",
    "update",
]


@pytest.fixture
def habits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Git:
    """git of a person with hooks, signing, filters, line ends, and variables that point astray."""
    record = f'#!/bin/sh\necho "$0" >> {tmp_path}/ran\n'
    for folder in ("hooks", "template/hooks"):
        for name in HOOKS:
            folder_of(tmp_path / folder, {name: f"{record}exit 1\n".encode()})
            (tmp_path / folder / name).chmod(0o755)
    for name, end in (("sign", "exit 1"), ("mangle", "tr a-z A-Z")):
        folder_of(tmp_path, {name: f"{record}{end}\n".encode()})
        (tmp_path / name).chmod(0o755)
    home = tmp_path / "home"
    made = environment(home)
    folder_of(home, {".config/git/attributes": b"* filter=mangle text eol=crlf\n"})
    folder_of(home, {".config/git/ignore": b"*\n"})
    (home / ".gitconfig").write_text(
        f"""
        [user]
            name = Person
            email = person@example.com
            signingKey = ABC
        [init]
            templateDir = {tmp_path}/template
            defaultBranch = trunk
            defaultObjectFormat = sha256
        [core]
            hooksPath = {tmp_path}/hooks
            autocrlf = true
            fsmonitor = {tmp_path}/sign
        [commit]
            gpgSign = true
        [push]
            gpgSign = true
        [gpg]
            program = {tmp_path}/sign
        [log]
            showSignature = true
        [filter "mangle"]
            clean = {tmp_path}/mangle
            smudge = {tmp_path}/mangle
            required = true
        [diff]
            external = {tmp_path}/sign
            noprefix = true
        [color]
            ui = always
        [transfer]
            hideRefs = refs/heads
        """,
    )
    astray = {
        "GIT_DIR": str(tmp_path / "astray.git"),
        "GIT_WORK_TREE": str(tmp_path / "astray"),
        "GIT_INDEX_FILE": str(tmp_path / "astray.index"),
        "GIT_OBJECT_DIRECTORY": str(tmp_path / "astray.objects"),
        "GIT_CEILING_DIRECTORIES": str(tmp_path),
        "GIT_AUTHOR_NAME": "Somebody",
        "GIT_COMMITTER_DATE": "2001-01-01T00:00:00Z",
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "core.hooksPath",
        "GIT_CONFIG_VALUE_0": str(tmp_path / "hooks"),
        "GIT_CONFIG_PARAMETERS": f"'core.hookspath'='{tmp_path}/hooks'",
        "GIT_TEMPLATE_DIR": str(tmp_path / "template"),
        "GIT_DEFAULT_HASH": "sha256",
        "GIT_EXTERNAL_DIFF": str(tmp_path / "sign"),
        "GIT_TRACE": str(tmp_path / "trace"),
        "GIT_NAMESPACE": "astray",
        "GIT_DEFAULT_BRANCH": "trunk",
    }
    # GitPython hands on this process's environment, so the variables must be there as well.
    for name, text in {**made, **astray}.items():
        monkeypatch.setenv(name, text)
    return Git({**made, **astray})


class TestHabits:
    def test_would_have_an_effect(self, habits: Git, tmp_path: Path) -> None:
        """Without this, the tests below prove nothing."""
        env = {k: v for k, v in habits.environment.items() if not k.startswith("GIT_")}
        plain_git("init", "-q", str(tmp_path / "r"), env=env)
        (tmp_path / "r" / "a").write_text("a\n")
        plain_git("-C", str(tmp_path / "r"), "add", "--force", "a", env=env)
        assert plain_git("-C", str(tmp_path / "r"), "show", ":a", env=env) == b"A\n"
        ran = {Path(line).name for line in (tmp_path / "ran").read_text().splitlines()}
        assert {"mangle", "post-index-change"} <= ran
        with pytest.raises(subprocess.CalledProcessError):
            plain_git("-C", str(tmp_path / "r"), "commit", "-m", "m", env=env)
        assert (tmp_path / "r" / ".git" / "hooks" / "pre-commit").exists()

    def test_have_none(self, habits: Git, tmp_path: Path) -> None:
        ours = Git(environment(tmp_path / "nobody"))
        folder = folder_of(tmp_path / "files", FILES)
        made = []
        for number, git in enumerate((ours, habits)):
            # GitPython runs git when it is imported, and `ours` does not name the variable.
            (tmp_path / "trace").unlink(missing_ok=True)
            bare = tmp_path / f"{number}.git"
            git.init_bare(bare)
            commit = push(git, folder, bare, f"s\n\n{KEY}: one\n")
            git.clone(bare.as_uri(), tmp_path / f"clone{number}")
            (folder / "more").write_text("m\n")
            made.append(
                [
                    git.tree_of(folder),
                    commit,
                    git.branch(bare, "main"),
                    git.trailers(bare, commit, KEY),
                    git.files(bare, commit),
                    git.show(bare, commit, "mixed.txt"),
                    git.diff_folder(bare, commit, folder),
                    (bare / "config").read_text(),
                    (bare / "HEAD").read_text(),
                    sorted(entry.name for entry in bare.iterdir()),
                    (tmp_path / f"clone{number}" / "unix.txt").read_bytes(),
                    sorted(entry.name for entry in (tmp_path / f"clone{number}/.git").iterdir()),
                ],
            )
            (folder / "more").unlink()
        assert made[0] == made[1]
        assert not (tmp_path / "ran").exists()
        assert not (tmp_path / "trace").exists()
        assert not list(tmp_path.glob("astray*"))

    def test_but_the_identity_is_theirs(self, habits: Git) -> None:
        assert habits.identity() == ("Person", "person@example.com")

    def test_hooks_of_the_receiving_repository_do_not_run(
        self, habits: Git, tmp_path: Path
    ) -> None:
        env = {k: v for k, v in habits.environment.items() if not k.startswith("GIT_")}
        bare = tmp_path / "theirs.git"
        plain_git("init", "-q", "--bare", "--object-format=sha1", str(bare), env=env)
        assert (bare / "hooks" / "pre-receive").exists()
        (tmp_path / "ran").unlink(missing_ok=True)
        commit = push(habits, folder_of(tmp_path / "files", FILES), bare)
        assert habits.branch(bare, "main") == commit
        assert not (tmp_path / "ran").exists()
