"""Another template, pinned to a commit: fetched once from real repositories, and nothing run."""

from __future__ import annotations

import os
import shutil
import signal
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
import trustme

from platform_cli import template
from platform_cli.errors import PlatformError
from platform_cli.git import Git, Limits, Pinned
from platform_cli.template.pinned import PinnedTemplate
from tests.unit.git_folder import environment
from tests.unit.upstream_template import VERSION, Upstream, begin

GIT = shutil.which("git") or "git"
DATA = {
    "domain": "loyalty",
    "catalog_name": "loyalty",
    "owner": "@local/loyalty-team",
    "on_call": "loyalty-pager",
    "organisation": "local",
    "platform_team": "@local/platform-team",
    "compliance_team": "@local/data-compliance",
    "cli_source": "platform-cli",
    "profile": "local",
    "python_version": "3.12",
}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def started(tmp_path: Path) -> tuple[Upstream, str]:
    return begin(tmp_path / "upstream")


@pytest.fixture
def upstream(started: tuple[Upstream, str]) -> Upstream:
    return started[0]


@pytest.fixture
def commit(started: tuple[Upstream, str]) -> str:
    return started[1]


def pinned(home: Path, url: object, commit: str, **more: str) -> PinnedTemplate:
    git = Git({**environment(home), **more})
    return PinnedTemplate(Pinned(git, str(url), commit), home / "platform" / "templates")


def refusal(wanted: PinnedTemplate, *, keep: bool = True, offline: bool = False) -> PlatformError:
    with pytest.raises(PlatformError) as caught, wanted.files(keep=keep, offline=offline):
        pytest.fail("it was not refused")
    return caught.value


def left_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


# ---- Fetched once, kept by its commit


def test_it_is_fetched_once_and_needs_nobody_afterwards(
    home: Path, upstream: Upstream, commit: str, tmp_path: Path
) -> None:
    wanted = pinned(home, upstream.folder, commit)
    with wanted.files(keep=True, offline=False) as source:
        rendered = template.render(source, DATA, tmp_path / "first")
    assert rendered.version == VERSION
    assert not source.exists(), "what was written out goes with the context"
    assert left_in(wanted.kept) == [f"{commit}.git"]
    assert wanted.kept.stat().st_mode & 0o777 == 0o700
    shutil.rmtree(upstream.folder)
    with wanted.files(keep=True, offline=True) as source:
        assert template.render(source, DATA, tmp_path / "second").files == rendered.files
    assert wanted.look() == f"commit {commit[:12]} is kept: it needs no network"


def test_a_later_commit_of_the_branch_changes_nothing(
    home: Path, upstream: Upstream, commit: str
) -> None:
    upstream.commit({"copier.yml": "_tasks: [touch /pwned]\n", "repository/new.txt": "new\n"})
    with pinned(home, upstream.folder, commit).files(keep=True, offline=False) as source:
        assert template.questions(source)
        assert not (source / "repository" / "new.txt").exists()


def test_without_keeping_it_nothing_is_left(home: Path, upstream: Upstream, commit: str) -> None:
    wanted = pinned(home, upstream.folder, commit)
    with wanted.files(keep=False, offline=False) as source:
        assert (source / "copier.yml").exists()
    assert not wanted.kept.exists()
    assert not source.exists()


def test_offline_what_was_never_fetched_is_refused(
    home: Path, upstream: Upstream, commit: str
) -> None:
    wanted = pinned(home, upstream.folder, commit)
    error = refusal(wanted, offline=True)
    assert error.code == "PLT-TEMPLATE-005"
    assert "never fetched" in error.summary
    assert not wanted.kept.exists()


def test_what_is_no_commit_of_that_repository_is_refused(
    home: Path, upstream: Upstream, commit: str
) -> None:
    upstream.git("tag", "--annotate", "v1", "--message", "v1")
    for other in (
        "0" * 40,
        upstream.git("rev-parse", "v1"),
        upstream.git("rev-parse", "HEAD^{tree}"),
    ):
        wanted = pinned(home, upstream.folder, other)
        error = refusal(wanted)
        assert error.code == "PLT-TEMPLATE-005"
        assert str(upstream.folder) in error.summary
        assert left_in(wanted.kept) == []
    nowhere = pinned(home, upstream.folder.with_name("absent"), commit)
    assert refusal(nowhere).code == "PLT-TEMPLATE-005"
    with pytest.raises(PlatformError) as caught:
        nowhere.look()
    assert caught.value.code == "PLT-TEMPLATE-005"
    assert "answers" in pinned(home, upstream.folder, commit).look()


def test_a_place_that_cannot_be_written_is_said(
    home: Path, upstream: Upstream, commit: str
) -> None:
    wanted = pinned(home, upstream.folder, commit)
    wanted.kept.parent.mkdir(parents=True)
    wanted.kept.write_text("not a folder")
    error = refusal(wanted)
    assert error.code == "PLT-HOME-001"
    assert str(wanted.kept) in error.summary


# ---- What it may not have


def test_links_and_submodules_are_refused_and_not_kept(
    home: Path, upstream: Upstream, commit: str
) -> None:
    (upstream.folder / "repository" / "out").symlink_to("/etc")
    linked = upstream.commit({})
    (upstream.folder / "repository" / "out").unlink()
    upstream.git("rm", "--cached", "--quiet", "repository/out")
    upstream.git("update-index", "--add", "--cacheinfo", f"160000,{commit},vendor/sub")
    upstream.git("commit", "--quiet", "--message", "submodule")
    for one, name in (
        (linked, "repository/out"),
        (upstream.git("rev-parse", "HEAD"), "vendor/sub"),
    ):
        wanted = pinned(home, upstream.folder, one)
        error = refusal(wanted)
        assert error.code == "PLT-TEMPLATE-002"
        assert name in error.summary
        assert left_in(wanted.kept) == []


@pytest.mark.parametrize(
    ("limits", "word"),
    [
        (Limits(files=3), "more than 3 files"),
        (Limits(bytes=2 * 1024 * 1024), "files are more than 2 MiB"),
        (Limits(transfer_bytes=1024 * 1024), "more than 1 MiB to fetch"),
    ],
)
def test_more_than_was_agreed_is_refused_and_not_kept(
    home: Path, upstream: Upstream, limits: Limits, word: str
) -> None:
    # Of these, one compresses to nothing and one does not compress at all.
    (upstream.folder / "zeros").write_bytes(b"\0" * 2 * 1024 * 1024)
    (upstream.folder / "noise").write_bytes(os.urandom(2 * 1024 * 1024))
    large = upstream.commit({})
    git = Git(environment(home))
    wanted = PinnedTemplate(Pinned(git, str(upstream.folder), large, limits), home / "templates")
    error = refusal(wanted)
    assert error.code == "PLT-TEMPLATE-002"
    assert word in error.summary
    assert left_in(wanted.kept) == []


def test_a_template_that_wants_more_than_rendering_is_refused_as_any_other(
    home: Path, upstream: Upstream, tmp_path: Path
) -> None:
    config = (upstream.folder / "copier.yml").read_text(encoding="utf-8")
    for number, more in enumerate(("_tasks: [id]", "_migrations: []", "_jinja_extensions: [os]")):
        hostile = upstream.commit({"copier.yml": f"{config}\n{more}\n"})
        with (
            pinned(home, upstream.folder, hostile).files(keep=True, offline=False) as source,
            pytest.raises(PlatformError) as caught,
        ):
            template.render(source, DATA, tmp_path / str(number))
        assert caught.value.code == "PLT-TEMPLATE-002"
        assert not (tmp_path / str(number)).exists()


def test_nothing_that_a_person_or_a_repository_configures_is_run(
    home: Path, upstream: Upstream, tmp_path: Path
) -> None:
    ran = tmp_path / "ran"
    script = tmp_path / "program"
    script.write_text(f'#!/bin/sh\necho "$0 $*" >> {ran}\nexec cat\n', encoding="utf-8")
    script.chmod(0o755)
    hooks = tmp_path / "hooks"
    hooks.mkdir()
    for name in ("post-checkout", "reference-transaction", "pre-receive", "post-update"):
        shutil.copy(script, hooks / name)
    environment(home)
    (home / ".gitconfig").write_text(
        f"""
        [core]
            hooksPath = {hooks}
            fsmonitor = {script}
            askPass = {script}
            sshCommand = {script}
        [filter "mangle"]
            smudge = {script}
            required = true
        [credential]
            helper = !{script}
        [init]
            templateDir = {tmp_path}/absent
        [uploadpack]
            packObjectsHook = {script}
        [url "ext::{script} "]
            insteadOf = {upstream.folder}
        """,
        encoding="utf-8",
    )
    crlf = upstream.commit(
        {".gitattributes": "* filter=mangle text eol=crlf ident\n", "repository/a.txt": "$Id$\na\n"}
    )
    upstream.git("config", "uploadpack.packObjectsHook", str(script))
    shutil.copytree(hooks, upstream.folder / ".git" / "hooks", dirs_exist_ok=True)
    more = {"SSH_ASKPASS": str(script), "GIT_ASKPASS": str(script), "GIT_SSH": str(script)}
    wanted = pinned(home, upstream.folder, crlf, **more)
    with wanted.files(keep=True, offline=False) as source:
        assert (source / "repository" / "a.txt").read_bytes() == b"$Id$\na\n"
    assert not ran.exists(), ran.read_text()


@pytest.mark.parametrize("url", ["ext::sh -c id", "http://127.0.0.1:9/t", "git://127.0.0.1:9/t"])
def test_no_other_protocol_is_spoken(home: Path, commit: str, url: str) -> None:
    error = refusal(pinned(home, url, commit))
    assert error.code == "PLT-TEMPLATE-005"
    assert "not allowed" in error.summary


# ---- Killed, and at the same time

KEEP = """
import os, sys
from pathlib import Path
from platform_cli.git import Git, Pinned
from platform_cli.template.pinned import PinnedTemplate
url, commit, kept = sys.argv[1:]
with PinnedTemplate(Pinned(Git(dict(os.environ)), url, commit), Path(kept)).files(keep=True, offline=False) as found:
    print(sorted(path.name for path in found.iterdir()))
"""


def slow_git(folder: Path) -> dict[str, str]:
    """A git on the path that writes down each fetch, and halts in it where there is a file `halt`."""
    folder.mkdir()
    (folder / "git").write_text(
        "#!/bin/sh\n"
        f'case " $* " in *" fetch "*) echo $$ >> {folder}/fetches\n'
        f"while [ -e {folder}/halt ]; do sleep 0.05; done;; esac\n"
        f'exec {GIT} "$@"\n',
        encoding="utf-8",
    )
    (folder / "git").chmod(0o755)
    return {"PATH": f"{folder}:{os.environ['PATH']}"}


def until(there: Path) -> None:
    for _ in range(1200):
        if there.exists():
            return
        time.sleep(0.05)
    pytest.fail(f"{there} did not come")


def test_killed_in_the_middle_of_the_fetch_the_next_run_begins_again(
    home: Path, upstream: Upstream, commit: str, tmp_path: Path
) -> None:
    wanted = pinned(home, upstream.folder, commit)
    env = {**environment(home), **slow_git(tmp_path / "bin")}
    (tmp_path / "bin" / "halt").touch()
    argv = [sys.executable, "-c", KEEP, str(upstream.folder), commit, str(wanted.kept)]
    running = subprocess.Popen(argv, env=env, stdout=subprocess.DEVNULL)
    until(tmp_path / "bin" / "fetches")
    running.kill()
    running.wait()
    for line in (tmp_path / "bin" / "fetches").read_text().split():
        with suppress(ProcessLookupError):
            os.kill(int(line), signal.SIGKILL)
    assert [name[:5] for name in left_in(wanted.kept)] == [".new-"]
    with wanted.files(keep=True, offline=False) as source:
        assert template.questions(source)
    assert left_in(wanted.kept) == [f"{commit}.git"]


def test_several_at_once_fetch_it_once(
    home: Path, upstream: Upstream, commit: str, tmp_path: Path
) -> None:
    wanted = pinned(home, upstream.folder, commit)
    env = {**environment(home), **slow_git(tmp_path / "bin")}
    (tmp_path / "bin" / "halt").touch()
    argv = [sys.executable, "-c", KEEP, str(upstream.folder), commit, str(wanted.kept)]
    running = [subprocess.Popen(argv, env=env, stdout=subprocess.PIPE) for _ in range(4)]
    until(tmp_path / "bin" / "fetches")
    (tmp_path / "bin" / "halt").unlink()
    told = {process.communicate()[0] for process in running}
    assert [process.returncode for process in running] == [0] * 4
    assert len(told) == 1
    assert len((tmp_path / "bin" / "fetches").read_text().split()) == 1
    assert left_in(wanted.kept) == [f"{commit}.git"]


# ---- Over ssh and https


def fake_ssh(folder: Path, *, protocol: str) -> dict[str, str]:
    """An ssh that writes down how it was called, and runs what was asked for on this machine."""
    folder.mkdir()
    (folder / "ssh").write_text(
        f'#!/bin/sh\necho "$*" >> {folder}/called\n{protocol}\n'
        'for last in "$@"; do :; done\nexec sh -c "$last"\n',
        encoding="utf-8",
    )
    (folder / "ssh").chmod(0o755)
    return {"PATH": f"{folder}:{os.environ['PATH']}"}


@pytest.mark.parametrize(
    ("form", "protocol"),
    [
        ("ssh://git@forge.example{path}", "export GIT_PROTOCOL=version=2"),
        ("git@forge.example:{path}", "unset GIT_PROTOCOL"),
    ],
)
def test_over_ssh_nothing_is_asked_and_an_old_server_will_do(
    upstream: Upstream, commit: str, tmp_path: Path, protocol: str, form: str
) -> None:
    upstream.commit({"repository/later.txt": "later\n"})  # so that the commit is no tip any more
    url, ssh = form.format(path=upstream.folder), fake_ssh(tmp_path / "bin", protocol=protocol)
    wanted = pinned(tmp_path / "home", url, commit, **ssh)
    with wanted.files(keep=True, offline=False) as source:
        assert not (source / "repository" / "later.txt").exists()
    called = (tmp_path / "bin" / "called").read_text()
    assert "BatchMode=yes" in called
    assert "git@forge.example" in called


class _Backend(BaseHTTPRequestHandler):
    """git's own server side, as any web server runs it."""

    root: Path
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._run(b"")

    def do_POST(self) -> None:
        self._run(self.rfile.read(int(self.headers["Content-Length"])))

    def _run(self, body: bytes) -> None:
        path, _, query = self.path.partition("?")
        env = {
            "PATH": os.environ["PATH"],
            "GIT_PROJECT_ROOT": str(self.root),
            "GIT_HTTP_EXPORT_ALL": "1",
            "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "REQUEST_METHOD": self.command,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)),
        }
        done = subprocess.run(
            [GIT, "http-backend"], input=body, capture_output=True, env=env, check=False
        )
        head, _, answer = done.stdout.partition(b"\r\n\r\n")
        fields = dict(line.split(": ", 1) for line in head.decode().splitlines())
        self.send_response(int(fields.pop("Status", "200").split()[0]))
        for name, text in fields.items():
            self.send_header(name, text)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name it has there
        """Say nothing."""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple[str, str]]:
    """An https address of the folder of repositories, and the file of the authority to believe."""
    if subprocess.run([GIT, "http-backend"], capture_output=True, check=False).returncode == 1:
        pytest.skip("git http-backend is not installed")
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    handler = type("Handler", (_Backend,), {"root": tmp_path})
    serving = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    serving.socket = context.wrap_socket(serving.socket, server_side=True)
    Thread(target=serving.serve_forever, daemon=True).start()
    yield f"https://localhost:{serving.server_address[1]}/upstream/.git", str(tmp_path / "ca.pem")
    serving.shutdown()
    serving.server_close()


def test_over_https_only_a_server_that_is_believed(
    home: Path, upstream: Upstream, commit: str, server: tuple[str, str]
) -> None:
    upstream.commit({"repository/later.txt": "later\n"})
    url, authority = server
    assert refusal(pinned(home, url, commit)).code == "PLT-TEMPLATE-005"
    wanted = pinned(home, url, commit, GIT_SSL_CAINFO=authority)
    assert "answers" in wanted.look()
    with wanted.files(keep=True, offline=False) as source:
        assert not (source / "repository" / "later.txt").exists()
        assert template.questions(source)
