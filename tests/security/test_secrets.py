"""Secrets that must stay where they are: in no error, no `repr`, no other program's environment.

`test_canaries.py` sweeps every command and failure for what got out. Here each defence is looked at
alone, so that taking one out fails by its name. `tests/cli/test_hostile.py` has the traceback of a
mistake of ours, without the values of its variables.
"""

from __future__ import annotations

import ast
import base64
import json
import os
import shutil
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import import_module
from pathlib import Path
from threading import Thread
from typing import Final

import pytest
import typer

import platform_cli
from platform_cli.cli import app
from platform_cli.git import Git, Pinned, Remote
from platform_cli.providers import echoes
from platform_cli.providers.catalog.iceberg.credentials import Credentials as IcebergCredentials
from platform_cli.providers.catalog.unity import sdk
from platform_cli.providers.catalog.unity.credentials import Credentials as UnityCredentials
from platform_cli.providers.forge.github.api import Api, Times
from platform_cli.providers.forge.github.credentials import (
    AppCredential,
    GhCredential,
    TokenCredential,
)
from platform_cli.providers.pager.pagerduty.api import Api as PagerApi
from platform_cli.settings import holds_credential
from platform_cli.template import Apart
from tests.security.canaries import Search, spellings
from tests.security.failures import going_wrong
from tests.security.forks import Forks
from tests.security.front import Fault, standing
from tests.security.worlds import GH, world

INIT: Final = ("init", "loyalty", "--owner", "@loyalty-team", "--on-call", "loyalty-pager")
HURRIED: Final = {"PLATFORM_CLI_PROFILES_SWEEP_DEADLINE_S": "2"}
SECRET: Final = "canary-Secret+/=&?%4711"  # noqa: S105 - what is looked for
PACKAGE: Final = Path(platform_cli.__file__).parent
TIMES: Final = Times(lambda: 0.0, lambda _: None)


# ---- What a traceback may show


def test_no_traceback_of_typer_s_shows_values() -> None:
    """Said explicitly, for the program and for each group: a default may change."""
    built = app.build(everything=True)
    groups = [built, *(group.typer_instance for group in built.registered_groups)]
    assert len(groups) == 7
    for group in groups:
        assert isinstance(group, typer.Typer)
        assert group.pretty_exceptions_show_locals is False
        assert group.pretty_exceptions_enable is False
    calls = [
        node
        for node in ast.walk(ast.parse(Path(str(app.__file__)).read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "typer.Typer"
    ]
    assert [
        [keyword.arg for keyword in call.keywords].count("pretty_exceptions_show_locals")
        for call in calls
    ] == [1]


# ---- What shows itself


def _holders(tmp_path: Path) -> Iterator[object]:
    def secret(_: str) -> str:
        return SECRET

    environment = {"GH_TOKEN": SECRET}
    git = Git(environment)
    yield TokenCredential(secret)
    gh = GhCredential("github.example.com", environment)
    gh._found = SECRET
    yield gh
    app_credential = AppCredential(secret, "https://api.example.com", 5, TIMES)
    app_credential._token = SECRET
    yield app_credential
    yield Api("https://api.example.com", lambda: SECRET, 5, TIMES)
    yield PagerApi("https://pager.example.com", secret, None, 5, lambda _: None)
    yield UnityCredentials("https://unity.example.com", secret, environment, 5)
    iceberg = IcebergCredentials(secret, lambda: 0.0)
    iceberg._token = SECRET
    yield iceberg
    yield git
    yield Remote(git, "https://github.example.com/x.git", lambda: [("http.extraHeader", SECRET)])
    yield Pinned(git, "https://github.example.com/x.git", "0" * 40)
    yield Apart(environment)


def test_nothing_that_holds_a_secret_shows_it(tmp_path: Path) -> None:
    """A `repr` gets into messages and logs by itself."""
    held = list(_holders(tmp_path))
    assert len(held) == 11
    assert [type(one).__name__ for one in held if "canary" in repr(one) + str(one)] == []


# ---- What a server repeats


def test_what_was_sent_is_crossed_out() -> None:
    said = {
        "message": f"no such token: {SECRET}",
        "errors": [SECRET, {SECRET: f"x{SECRET}x"}],
        "form": "client_secret=canary-Secret%2B%2F%3D%26%3F%254711",
        "id": 7,
        "null": None,
    }
    told = echoes.without(said, [SECRET, "short"])
    assert "canary" not in json.dumps(told)
    assert told["message"] == "no such token: ***"
    assert (told["id"], told["null"]) == (7, None)
    assert echoes.without({"a": "a short word"}, ["short"]) == {"a": "a short word"}
    assert echoes.without("nothing", []) == "nothing"


def test_what_proves_who_asks_is_found_in_headers() -> None:
    basic = base64.b64encode(b"ann:secret").decode()
    found = echoes.proofs({"authorization": f"Basic {basic}", "Accept": "application/json"})
    assert found == {basic}
    assert echoes.proofs({"Authorization": f"Bearer {SECRET}"}) == {SECRET}
    assert echoes.proofs({}) == frozenset()


@pytest.mark.parametrize(("name", "number"), [("tokens", 3), ("clients", 2)])
def test_a_server_that_repeats_what_it_was_sent_is_quoted_without_it(
    name: str, number: int, tmp_path: Path, forks: Forks
) -> None:
    """GitHub, Unity Catalog, PagerDuty and Iceberg: each refuses, and says the token in its words."""
    with world(name, tmp_path / name) as place:
        place.begin(Fault(422))
        said = forks.run(place, [["doctor"], ["doctor", "--debug"]], place.work)
        failed = [front.failed for front in place.fronts]
        place.end()
        assert len(failed) == number
        assert all(failed)
        assert not Search(place.secrets).found(said.all.encode())
        assert said.all.count("***") >= 2, said.all


# ---- Where a server sends us


@pytest.mark.parametrize("name", ["tokens", "clients", "app"])
def test_a_credential_goes_to_no_other_server(name: str, tmp_path: Path, forks: Forks) -> None:
    """Whoever follows a redirection, and Databricks' SDK does, leaves what proves who asks behind."""
    with (
        world(name, tmp_path / name) as place,
        standing(place.fronts[0].backend, place.authority) as other,
    ):
        for front in place.fronts:
            front.elsewhere = other.base
        # From the beginning, and where the first few calls were answered: git comes late.
        for status, skip in ((302, 0), (307, 6)):
            place.begin(Fault(status, skip))
            said = forks.run(place, [["doctor"], INIT], place.work, HURRIED)
            assert place.end() > 0
            assert "PLT-INTERNAL" not in said.all
        assert [one for one in other.got if Search(place.secrets).found(one)] == []
        if name == "clients":
            assert other.got == []


def test_the_address_of_a_next_page_gives_its_query_alone(tmp_path: Path) -> None:
    """GitHub says in a header where the next page is: not which server is given the token."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(f"{self.path} {self.headers['Authorization']}")
            self.send_response(200)
            if "page=2" not in self.path:
                self.send_header("Link", '<http://127.0.0.1:9/evil?page=2>; rel="next"')
            self.end_headers()
            self.wfile.write(b"[1]")

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name it overrides
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        api = Api(f"http://127.0.0.1:{server.server_address[1]}", lambda: SECRET, 60, TIMES)
        assert api.pages("/here") == [1, 1]
        server.shutdown()
        thread.join()
    assert [one.split("?")[0] for one in asked] == ["/here", "/here"]
    assert all(SECRET in one for one in asked)


# ---- What another program is handed


def names_asked_for() -> set[str]:
    """Every variable that the package asks for as a credential, wherever it is written."""
    found = set()
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.add(node.value)
    words = ("TOKEN", "SECRET", "PASSWORD", "PRIVATE_KEY", "CREDENTIAL", "CREDENTIALS")
    return {one for one in found if one.isupper() and one.isidentifier() and one.endswith(words)}


def test_every_variable_that_holds_a_credential_is_withheld() -> None:
    asked = names_asked_for() | set(sdk.credential_variables())
    words = ("TOKEN", "SECRET", "PASSWORD", "PRIVATE_KEY", "CREDENTIAL", "CREDENTIALS")
    secret = {one for one in asked if one.endswith(words)} - {"DATABRICKS_AUDIT_TOKEN"}
    assert len(secret) > 10
    assert {one for one in secret if not holds_credential(one)} == set()
    assert not holds_credential("PATH")
    assert not holds_credential("DATABRICKS_HOST")


def test_git_is_handed_no_credential_of_the_caller(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import_module("git")  # which asks git for its version, once, before anything of ours
    tool = tmp_path / "bin" / "git"
    tool.parent.mkdir()
    real = shutil.which("git")
    tool.write_text(f'#!/bin/sh\nenv >> {tmp_path}/env\nexec {real} "$@"\n', encoding="utf-8")
    tool.chmod(0o755)
    for name in ("GH_TOKEN", "PAGERDUTY_TOKEN", "PGPASSWORD", "DATABRICKS_CLIENT_SECRET"):
        monkeypatch.setenv(name, SECRET)
    monkeypatch.setenv("PATH", f"{tool.parent}:{os.environ['PATH']}")
    git = Git(dict(os.environ))
    git.init_bare(tmp_path / "bare.git")
    git.identity()
    seen = (tmp_path / "env").read_text(encoding="utf-8")
    assert "GIT_CONFIG_COUNT" in seen
    assert "canary" not in seen


def test_gh_is_handed_its_own_alone(tmp_path: Path) -> None:
    tool = tmp_path / "gh"
    tool.write_text(
        f"#!/bin/sh\nenv > {tmp_path}/env\necho {SECRET.replace('&', '')}\n", encoding="utf-8"
    )
    tool.chmod(0o755)
    environment = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "GH_HOST": "h"}
    others = dict.fromkeys(("PAGERDUTY_TOKEN", "ICEBERG_CREDENTIAL", "PGPASSWORD"), SECRET)
    before = os.environ.copy()
    os.environ["PATH"] = environment["PATH"]
    try:
        GhCredential("h", {**environment, **others}).token()
    finally:
        os.environ.clear()
        os.environ.update(before)
    seen = (tmp_path / "env").read_text(encoding="utf-8")
    assert "GH_HOST=h" in seen
    assert "canary" not in seen


# ---- That the sweep would find it


@pytest.mark.parametrize("before", ["", "x", "xy", "xyz", "x-access-token:"])
def test_every_spelling_is_found(before: str) -> None:
    """Prove that the search can find: base64 at any place, as addresses have it, and as it is."""
    search = Search({"it": SECRET})
    text = f"{before}{SECRET}{before}"
    for spelled in (
        text.encode(),
        base64.b64encode(text.encode()),
        base64.urlsafe_b64encode(text.encode()),
        text.encode().hex().encode(),
        json.dumps(text).encode(),
        text.replace("+", "%2B")
        .replace("/", "%2F")
        .replace("=", "%3D")
        .replace("&", "%26")
        .replace("?", "%3F")
        .replace("%4711", "%254711")
        .encode(),
    ):
        assert search.found(b"around " + spelled + b" around"), spelled
    assert not search.found(b"canary")
    assert len(spellings(SECRET)) > 10


def test_a_canary_in_a_packed_object_is_found(tmp_path: Path) -> None:
    git = Git(dict(os.environ))
    bare = tmp_path / "bare.git"
    git.init_bare(bare)
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "a.txt").write_text(f"{GH}\n", encoding="utf-8")
    from datetime import UTC, datetime

    at = datetime(2026, 1, 1, tzinfo=UTC)
    with git.commit_folder(tmp_path / "files", "m", name="a", mail="a@b", at=at) as made:
        git.push(made, bare, "main")
    assert list(bare.rglob("*.pack"))
    assert Search({"it": GH}).below(bare) != []


def test_the_failures_fail(tmp_path: Path) -> None:
    """A front that is told to fail counts it, and lets go afterwards."""
    import random

    with (
        world("tokens", tmp_path / "tokens") as place,
        going_wrong(place, "403", random.Random(1)) as going,
    ):
        assert all(front.fault is not None for front in place.fronts)
    assert going.failed == 0
    assert all(front.fault is None for front in place.fronts)
