"""The real program as a person runs it: a process of its own, in places of its own."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from platform_cli.journal.event import Event, from_line, to_line

LOYALTY: Final = ("init", "loyalty", "--owner", "@loyalty-team", "--on-call", "loyalty-pager")
SET_UP: Final = frozenset({0, 3})
"""How an `init` ends that left nothing undone: proven, or with a check that could not be run."""

_OURS: Final = re.compile(
    r"PLATFORM_.*|GIT_.*|XDG_.*|GH_.*|GITHUB_.*|LC_.*|LANG|COLUMNS|NO_COLOR|FORCE_COLOR|CI|TERM|EMAIL"
)


@dataclass(frozen=True, slots=True)
class Done:
    """What one process left: its exit code, stdout and stderr."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        """stdout as the one JSON document that it is."""
        document = json.loads(self.out)
        assert isinstance(document, dict)
        return document

    @property
    def all(self) -> str:
        """Both streams."""
        return self.out + self.err


@dataclass(slots=True)
class Program:
    """`python -m platform_cli` with a home, a configuration and a temporary folder in `folder`."""

    folder: Path
    environment: dict[str, str] = field(default_factory=dict)
    python: str = sys.executable
    """The interpreter; what stands beside it is found before anything on the path."""

    def __post_init__(self) -> None:
        for name in ("user", "work", "temporary"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        identity = "[user]\nname = Ann Example\nemail = ann@example.org\n"
        (self.folder / "user" / ".gitconfig").write_text(identity, encoding="utf-8")
        clean = {name: text for name, text in os.environ.items() if not _OURS.fullmatch(name)}
        self.environment = {
            **clean,
            "HOME": str(self.folder / "user"),
            "PLATFORM_HOME": str(self.home),
            "XDG_CONFIG_HOME": str(self.folder / "config"),
            "TMPDIR": str(self.temporary),
            "LC_ALL": "C.UTF-8",
            "TERM": "xterm",
            # So wide that a message is one line, however long the paths in it are.
            "COLUMNS": "1000",
            **self.environment,
        }

    @property
    def home(self) -> Path:
        """PLATFORM_HOME, which does not exist before the program has made it."""
        return self.folder / "home"

    @property
    def temporary(self) -> Path:
        """The system's temporary folder, as far as the program knows."""
        return self.folder / "temporary"

    @property
    def work(self) -> Path:
        """Where the person stands."""
        return self.folder / "work"

    def bare(self, domain: str = "loyalty") -> Path:
        """The domain's repository on the embedded forge."""
        return self.home / "forge" / "local" / domain / f"{domain}.git"

    def command(self, *argv: str) -> list[str]:
        """The command line of the process."""
        return [self.python, "-m", "platform_cli", *argv]

    def variables(self, env: Mapping[str, str | None] | None = None) -> dict[str, str]:
        """The environment with some variables set, or taken away where None."""
        mixed = {**self.environment, **(env or {})}
        return {name: text for name, text in mixed.items() if text is not None}

    def run(
        self,
        *argv: str,
        env: Mapping[str, str | None] | None = None,
        stdin: str = "",
        command: Sequence[str] | None = None,
        before: Callable[[], None] | None = None,
        accept: frozenset[int] | None = None,
    ) -> Done:
        """Run one command line to its end."""
        done = subprocess.run(
            command or self.command(*argv),
            env=self.variables(env),
            cwd=self.work,
            input=stdin.encode(),
            capture_output=True,
            check=False,
            timeout=240,
            preexec_fn=before,
        )
        told = Done(done.returncode, done.stdout.decode(), done.stderr.decode())
        assert accept is None or told.status in accept, told.all
        return told

    def start(
        self, *argv: str, env: Mapping[str, str | None] | None = None
    ) -> subprocess.Popen[bytes]:
        """Begin one command line, to be looked after by the test."""
        return subprocess.Popen(
            self.command(*argv),
            env=self.variables(env),
            cwd=self.work,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def init(self, *more: str, env: Mapping[str, str | None] | None = None) -> Done:
        """The usual `init`, which must leave nothing undone."""
        return self.run(*LOYALTY, *more, env=env, accept=SET_UP)

    def events(self) -> list[Event]:
        """The journal, as `journal export` prints it."""
        exported = self.run("journal", "export", accept=frozenset({0}))
        return [from_line(line) for line in exported.out.splitlines()]

    def imported(self, events: Sequence[Event]) -> Done:
        """Give events to `journal import` in a file."""
        file = self.folder / "events.jsonl"
        file.write_text("".join(to_line(event) + "\n" for event in events), encoding="utf-8")
        return self.run("journal", "import", str(file), accept=frozenset({0}))

    def commits(self, domain: str = "loyalty") -> list[str]:
        """The commits of the domain's repository, on any branch."""
        log = ["git", "-C", str(self.bare(domain)), "log", "--all", "--format=%H"]
        done = subprocess.run(log, capture_output=True, text=True, check=True, env=self.variables())
        return done.stdout.split()

    def snapshot(self) -> dict[str, tuple[int, int, bytes]]:
        """Everything in every place of the person's: mode, time of change and content."""
        found = {}
        for path in sorted(self.folder.rglob("*")):
            about = path.lstat()
            content = path.read_bytes() if path.is_file() else b""
            name = str(path.relative_to(self.folder))
            if path != self.temporary:  # only its own time changes when something came and went
                found[name] = (about.st_mode, about.st_mtime_ns, content)
        return found


def with_stand_ins(folder: Path) -> str:
    """An interpreter with our packages, and a `dbt` beside it that is green at once.

    What dbt does takes seconds and is looked at in tests of its own.
    """
    venv.EnvBuilder(symlinks=True).create(folder)
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    ours = sysconfig.get_path("purelib")
    hook = folder / "lib" / version / "site-packages" / "ours.pth"
    hook.write_text(f"import site; site.addsitedir({ours!r})\n", encoding="utf-8")
    python = folder / "bin" / "python"
    tools = {"dbt": "exit 0", "platform-cli": f'exec {python} -m platform_cli "$@"'}
    for name, script in tools.items():
        tool = folder / "bin" / name
        tool.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        tool.chmod(0o755)
    return str(python)


_NORMAL: Final = (
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", "<time>"),
    (r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b", "<id>"),
    (r"\b[0-9a-f]{40}\b", "<commit>"),
    (r"\b[0-9a-f]{32}\b", "<id>"),
    (r" *\b\d+(\.\d+)? (ms|s|min|h|d)( \d+ (s|min|h))?(?!\w)", " <duration>"),
    (r'("(?:duration|open_for|lead_time|usual|oldest_open)_s": )[0-9.e-]+', r'\1"<duration>"'),
    (r'("(?:p50|p90)_s": )[0-9.e-]+', r'\1"<duration>"'),
    (r"\d+ files from template [0-9.]+", "<n> files from template <version>"),
    (r"from template [0-9]+\.[0-9.]*[0-9]", "from template <version>"),
    (r"files=\d+", "files=<n>"),
    (r'"files": \d+', '"files": "<n>"'),
    (r'"files": \[[^]]+\]', '"files": ["<files>"]'),
    (r"Files \(\d+\)\n(  \S.*\n)+", "Files (<n>)\n  <files>\n"),
    (r"platform-cli==[0-9][^\s\"',)]*", "platform-cli==<version>"),
    (r"\d+ were known", "<n> were known"),
    (r'"known": \d+', '"known": "<n>"'),
    (r"held by \S+ on \S+ since .* UTC", "held by <actor> on <host> since <time>"),
)


def normal(text: str, program: Program) -> str:
    """The text without what differs from run to run: places, times, ids, counts of files."""
    text = text.replace(str(program.folder), "<folder>")
    for pattern, instead in _NORMAL:
        text = re.sub(pattern, instead, text)
    return text


def _in_order(calls: re.Match[str]) -> str:
    """The day-one checks run at the same time: their calls come in any order."""
    first, *middle, last = calls[0].split("\n")
    if not any("pager.page" in line for line in middle):
        return calls[0]
    sorted_calls = sorted(line.rstrip(",") for line in middle)
    return "\n".join([first, ",\n".join(sorted_calls), last])


def transcript(program: Program, done: Done) -> str:
    """One command's streams and exit code. Steps that run at once may end in any order."""
    lines = normal(done.err, program).splitlines()
    timed = sorted(line for line in lines if line.startswith("<time>"))
    err = "\n".join([*timed, *(line for line in lines if not line.startswith("<time>"))])
    out = re.sub(r'"calls": \[\n(?: +"[^\n]*\n)+ +\]', _in_order, normal(done.out, program)).rstrip(
        "\n"
    )
    return f"exit {done.status}\n--- stdout\n{out}\n--- stderr\n{err}\n"
