"""The worlds of the sweep: which providers there are, with which credential, each behind a front."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import trustme

from tests.fakes.github.server import serving as github
from tests.fakes.github.state import Token
from tests.fakes.iceberg import state as iceberg_state
from tests.fakes.iceberg.server import serving as iceberg
from tests.fakes.pagerduty import state as pager_state
from tests.fakes.pagerduty.server import serving as pagerduty
from tests.fakes.unity import state as unity_state
from tests.fakes.unity.server import serving as unity
from tests.providers.app_key import app_key
from tests.security.canaries import Search
from tests.security.front import Fault, Front, standing

ROUTING: Final = "canary-routing-key"
"""How the fake's integration keys begin."""
HABITS: Final = "canary-Habit+/9%41"
GH: Final = "ghp_canary+/=&?%4711"
APP: Final = "ghs_canary-installation"
_KEPT: Final = frozenset({"PATH", "LANG", "VIRTUAL_ENV", "PLATFORM_TEST_TOOLS"})


@dataclass(slots=True)
class World:
    """A person's machine and what it is told of, in one folder."""

    name: str
    folder: Path
    secrets: dict[str, str]
    search: Search
    authority: trustme.CA
    env: dict[str, str] = field(default_factory=dict)
    sections: list[str] = field(default_factory=list)
    providers: dict[str, str] = field(default_factory=dict)
    fronts: list[Front] = field(default_factory=list)
    lists: list[Callable[[], list[str]]] = field(default_factory=list)
    """What does not agree with an official description."""
    states: dict[str, Any] = field(default_factory=dict)
    """What each fake keeps."""
    own: dict[str, str] = field(default_factory=dict)
    """What is told to the commands that are tried, and not to the one that prepares the world."""

    @property
    def home(self) -> Path:
        """PLATFORM_HOME."""
        return self.folder / "home"

    @property
    def work(self) -> Path:
        """Where the person stands."""
        return self.folder / "work"

    def begin(self, fault: Fault | None) -> None:
        """Let every front fail in this way."""
        for front in self.fronts:
            front.begin(fault)

    def end(self) -> int:
        """Let every front be well again; how many calls failed."""
        for front in self.fronts:
            front.end()
        failed = sum(front.failed for front in self.fronts)
        for front in self.fronts:
            front.failed = 0
        return failed

    def write(self) -> None:
        """Write what the person has: a configuration, and credentials in the usual files."""
        named = "".join(f'{key} = "{value}"\n' for key, value in self.providers.items())
        head = 'profile = "sweep"\n[platform]\norganisation = "acme"\n'
        config = self.folder / "config" / "platform-cli" / "config.toml"
        config.parent.mkdir(parents=True)
        config.write_text(
            f"{head}[profiles.sweep]\n{named}{''.join(self.sections)}", encoding="utf-8"
        )
        for name in ("home", "user", "work", "temporary", "said"):
            (self.folder / name).mkdir(mode=0o700)
        (self.folder / "home").rmdir()
        for name, text in _habits().items():
            (self.folder / "user" / name).write_text(text, encoding="utf-8")
        inherited = {name: text for name, text in os.environ.items() if name in _KEPT}
        self.env = {
            **inherited,
            "HOME": str(self.folder / "user"),
            "PLATFORM_HOME": str(self.home),
            "XDG_CONFIG_HOME": str(self.folder / "config"),
            "TMPDIR": str(self.folder / "temporary"),
            "LC_ALL": "C.UTF-8",
            "COLUMNS": "1000",
            "NO_PROXY": "*",
            "DATABRICKS_CONFIG_FILE": os.devnull,
            # A busy machine takes its time; what is to run into a time-out says so itself.
            "PLATFORM_CLI_PROFILES_SWEEP_TIMEOUT_S": "60",
            # No keyring of the machine's has a say.
            "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
            **self.env,
        }


def _habits() -> dict[str, str]:
    """Where git and curl look for credentials by themselves; git of ours looks nowhere."""
    return {
        ".gitconfig": "[user]\nname = Ann\nemail = ann@example.org\n[credential]\nhelper = store\n"
        f'[http]\nextraHeader = "X-Habit: {HABITS}"\n',
        ".git-credentials": f"https://ann:{HABITS}@127.0.0.1\n",
        ".pgpass": f"other.example.org:*:*:ann:{HABITS}\n",
    }


NAMES: Final = ("tokens", "app", "gh", "clients", "postgres", "address")


@contextmanager
def world(name: str, folder: Path, database: Callable[[], str] | None = None) -> Iterator[World]:
    """The world of that name, as long as the context lasts."""
    folder.mkdir(parents=True)
    authority = trustme.CA()
    trusted, strange = folder.parent / f"{name}.pem", folder.parent / f"{name}-strange.pem"
    authority.cert_pem.write_to_path(str(trusted))
    trustme.CA().cert_pem.write_to_path(str(strange))
    own = folder / "user"
    allowed = frozenset(own / one for one in _habits())
    made = World(name, folder, {"habits": HABITS}, Search({}, allowed), authority)
    made.env = {"REQUESTS_CA_BUNDLE": str(trusted), "SSL_CERT_FILE": str(trusted)}
    with ExitStack() as stack:
        _MAKERS[name](made, stack, authority, database)
        made.write()
        made.search = Search(made.secrets, allowed)
        yield made


def _github(made: World, stack: ExitStack, authority: trustme.CA, auth: str) -> None:
    token = {"token": GH, "app": APP, "gh": GH}[auth]
    state = stack.enter_context(github(made.folder.parent / f"{made.name}-github", token=token))
    state.tokens[token] = Token()
    state.app_keys["34"] = APP
    state.members["loyalty-team"] = ["ann"]
    front = stack.enter_context(standing(state.web, authority))
    state.web, state.base = front.base, f"{front.base}/api/v3"
    made.states["github"] = state
    made.fronts.append(front)
    made.lists.append(lambda: state.wrong)
    made.secrets |= {"github": token}
    made.providers["forge"] = "github"
    made.sections.append(f'[profiles.sweep.github]\nbase_url = "{state.base}"\nauth = "{auth}"\n')
    if auth == "token":
        made.env["GH_TOKEN"] = GH
    elif auth == "app":
        key = app_key()
        lines = [line for line in key.splitlines() if len(line) == 64]
        made.secrets |= {f"key {number}": line for number, line in enumerate(lines[::6])}
        made.env |= {"GITHUB_APP_ID": "12", "GITHUB_APP_INSTALLATION_ID": "34"}
        made.env["GITHUB_APP_PRIVATE_KEY"] = key
    else:
        tool = made.folder.parent / f"{made.name}-bin" / "gh"
        tool.parent.mkdir()
        tool.write_text(f"#!/bin/sh\necho '{GH}'\n", encoding="utf-8")
        tool.chmod(0o755)
        made.env["PATH"] = f"{tool.parent}:{os.environ.get('PATH', os.defpath)}"


def _unity(made: World, stack: ExitStack, authority: trustme.CA, *, client: bool) -> None:
    state = stack.enter_context(unity())
    front = stack.enter_context(standing(state.base, authority))
    state.base = front.base
    made.fronts.append(front)
    made.lists.append(lambda: state.wrong)
    made.states["unity"] = state
    made.providers["catalog"] = "unity"
    made.sections.append(f'[profiles.sweep.unity]\nhost = "{front.base}"\n')
    made.secrets |= {"unity": unity_state.TOKEN}
    if client:
        name, secret = unity_state.CLIENT
        made.secrets |= {"unity client": secret}
        made.env |= {"DATABRICKS_CLIENT_ID": name, "DATABRICKS_CLIENT_SECRET": secret}
    else:
        made.env["DATABRICKS_TOKEN"] = unity_state.TOKEN


def _iceberg(made: World, stack: ExitStack, authority: trustme.CA, *, client: bool) -> None:
    state = stack.enter_context(iceberg(warehouse="mesh"))
    front = stack.enter_context(standing(state.base, authority))
    state.base = front.base
    made.fronts.append(front)
    made.states["iceberg"] = state
    made.providers["catalog"] = "iceberg"
    made.sections.append(f'[profiles.sweep.iceberg]\nuri = "{state.uri}"\nwarehouse = "mesh"\n')
    made.secrets |= {"iceberg": iceberg_state.TOKEN}
    if client:
        made.secrets |= {"iceberg client": iceberg_state.CLIENT[1]}
        made.env["ICEBERG_CREDENTIAL"] = ":".join(iceberg_state.CLIENT)
    else:
        made.env["ICEBERG_TOKEN"] = iceberg_state.TOKEN


def _pagerduty(made: World, stack: ExitStack, authority: trustme.CA) -> None:
    state, _ = stack.enter_context(pagerduty(made.folder.parent / f"{made.name}-pagerduty"))
    front = stack.enter_context(standing(state.base, authority))
    state.base = front.base
    state.add_team("loyalty-team", state.add_user("Ann", "ann@example.org"))
    made.fronts.append(front)
    made.lists.append(lambda: state.wrong)
    made.states["pagerduty"] = state
    made.providers["pager"] = "pagerduty"
    made.sections.append(f'[profiles.sweep.pagerduty]\nbase_url = "{front.base}"\n')
    made.secrets |= {"pagerduty": pager_state.TOKEN, "integration": ROUTING}
    made.env["PAGERDUTY_TOKEN"] = pager_state.TOKEN


Maker = Callable[[World, ExitStack, trustme.CA, Callable[[], str] | None], None]


def _tokens(made: World, stack: ExitStack, authority: trustme.CA, _: object) -> None:
    _github(made, stack, authority, "token")
    _unity(made, stack, authority, client=False)
    _pagerduty(made, stack, authority)


def _app(made: World, stack: ExitStack, authority: trustme.CA, _: object) -> None:
    _github(made, stack, authority, "app")
    _unity(made, stack, authority, client=True)


def _gh(made: World, stack: ExitStack, authority: trustme.CA, _: object) -> None:
    _github(made, stack, authority, "gh")
    _iceberg(made, stack, authority, client=False)


def _clients(made: World, stack: ExitStack, authority: trustme.CA, _: object) -> None:
    _iceberg(made, stack, authority, client=True)
    _pagerduty(made, stack, authority)


def _postgres(
    made: World, stack: ExitStack, authority: trustme.CA, database: Callable[[], str] | None
) -> None:
    from tests.providers.journal_postgres import PASSWORD

    assert database is not None
    made.env |= {"PGPASSWORD": PASSWORD, "PLATFORM_CLI_JOURNAL_URL": database()}
    made.secrets |= {"postgres": PASSWORD}


def _address(made: World, stack: ExitStack, authority: trustme.CA, _: object) -> None:
    """A person who wrote secrets where none belong: they are refused, and not repeated."""
    secret = "canary-address+9"  # noqa: S105 - what must not be shown
    made.secrets |= {"address": secret}
    made.own["PLATFORM_CLI_JOURNAL_URL"] = f"postgresql://ann:{secret}@127.0.0.1:1/platform"
    made.own["PLATFORM_CLI_TEMPLATE_SOURCE"] = f"https://ann:{secret}@127.0.0.1:1/template"
    made.own["PLATFORM_CLI_TEMPLATE_COMMIT"] = "0" * 40


_MAKERS: Final[dict[str, Maker]] = {
    "tokens": _tokens,
    "app": _app,
    "gh": _gh,
    "clients": _clients,
    "postgres": _postgres,
    "address": _address,
}
