"""Starts git, through GitPython, in an environment without anybody's habits.

Hooks, filters, templates, signing and configuration of whoever runs it have no effect; what git
says on failure is translated here. Knows no command of git but `version`.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import time
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, BinaryIO, Final, cast

from platform_cli.errors import PlatformError
from platform_cli.settings import holds_credential

if TYPE_CHECKING:
    from git import Git as Command

# GIT_CONFIG_COUNT, the one way to configure a single call without files or arguments.
OLDEST: Final = (2, 31)

# git sets these for the hooks it runs. GitPython hands this process's own environment on whatever
# it is told, so they are taken away even where the mapping we were given does not name them.
_LOCAL: Final = (
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_CONFIG_PARAMETERS",
    "GIT_DIR",
    "GIT_INDEX_FILE",
    "GIT_NAMESPACE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_PREFIX",
    "GIT_QUARANTINE_PATH",
    "GIT_WORK_TREE",
)
# Where a person keeps their own configuration: kept for `identity`, which asks for it.
OWN_CONFIG: Final = frozenset({"GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM"})

_CLEAN: Final[Mapping[str, str]] = {
    "GIT_ADVICE": "0",
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    # git 2.31 does not know GIT_CONFIG_GLOBAL yet: without a home it finds no file either.
    "HOME": os.devnull,
    "XDG_CONFIG_HOME": os.devnull,
    "LC_ALL": "C",
}
_CONFIG: Final = (
    ("core.attributesFile", os.devnull),
    ("core.autocrlf", "false"),
    ("core.excludesFile", os.devnull),
    ("core.fsmonitor", "false"),
    ("core.fsync", "committed,-loose-object,reference"),
    ("core.hooksPath", os.devnull),
    ("credential.helper", ""),
    ("fastimport.unpackLimit", "1"),
    ("gc.auto", "0"),
    ("log.showSignature", "false"),
    ("maintenance.auto", "false"),
    ("protocol.file.allow", "always"),
    ("push.gpgSign", "false"),
)

_LONGEST_WORDS: Final = 300
_BETWEEN_LOOKS_S: Final = 0.1
# What `env` answers with when it cannot find or run what it was given.
_CANNOT_RUN: Final = frozenset({126, 127})
_VERSION: Final = re.compile(rb"git version (\d+)\.(\d+)(?:\.(\d+))?")

# Executables whose version was found good: asked once a process, not once a call.
_SUPPORTED: Final[set[str]] = set()


@dataclass(frozen=True, slots=True)
class Done:
    """What one call of git left: its exit code, stdout and stderr."""

    status: int
    output: bytes
    words: str


@dataclass(frozen=True, slots=True)
class Process:
    """How git is started. `environment` is this process's own, or one made of it."""

    environment: Mapping[str, str] = field(repr=False)
    timeout_s: float

    def version(self) -> tuple[int, int, int]:
        """The version of git. Raises PLT-GIT-001 below 2.31."""
        executable = self._executable()
        done = self._execute(executable, ["version"], self.clean({}))
        found = _VERSION.match(done.output)
        if done.status or found is None:
            raise PlatformError("PLT-GIT-001", f"{executable} does not tell its version")
        major, minor, patch = (int(part or 0) for part in found.groups())
        if (major, minor) < OLDEST:
            raise PlatformError(
                "PLT-GIT-001",
                f"{executable} is git {major}.{minor}.{patch}; 2.31 is needed, nothing was changed",
            )
        _SUPPORTED.add(executable)
        return major, minor, patch

    def run(
        self,
        arguments: Sequence[str],
        environment: Mapping[str, str],
        *,
        stream: IO[bytes] | None = None,
        accept: Sequence[int] | None = (0,),
        watch: Callable[[], None] | None = None,
    ) -> Done:
        """Run one command of git; `accept=None` leaves the judgement of its code to the caller.

        `watch` is called while it runs; what that raises ends git. Raises PLT-GIT-001 without a
        usable git, PLT-GIT-002 for another exit code or a time-out.
        """
        executable = self._executable()
        if executable not in _SUPPORTED:
            self.version()
        done = self._execute(executable, arguments, environment, stream, watch)
        if accept is not None and done.status not in accept:
            raise failure(arguments[0], done)
        return done

    def stripped(self) -> dict[str, str]:
        """The environment without the caller's GIT_* variables, and without credentials."""
        return {k: v for k, v in self.environment.items() if not _withheld(k)}

    def clean(
        self,
        extra: Mapping[str, str],
        config: Sequence[tuple[str, str]] = (),
    ) -> dict[str, str]:
        """An environment in which git behaves the same for everyone, with `extra` on top."""
        pairs = (*_CONFIG, *config)
        clean = {**self.stripped(), **_CLEAN, "GIT_CONFIG_COUNT": str(len(pairs)), **extra}
        for index, (key, value) in enumerate(pairs):
            clean[f"GIT_CONFIG_KEY_{index}"] = key
            clean[f"GIT_CONFIG_VALUE_{index}"] = value
        return clean

    def _executable(self) -> str:
        found = shutil.which("git", path=self.environment.get("PATH", os.defpath))
        if found is None:
            raise PlatformError("PLT-GIT-001", "git is not on the path; nothing was changed")
        return str(Path(found).absolute())

    def _execute(
        self,
        executable: str,
        arguments: Sequence[str],
        environment: Mapping[str, str],
        stream: IO[bytes] | None = None,
        watch: Callable[[], None] | None = None,
    ) -> Done:
        started = _git_python()
        from git.exc import GitCommandNotFound

        theirs = {name for name in self.environment if _withheld(name)}
        gone = sorted({*theirs, *_LOCAL}.difference(environment))
        unset = [word for name in gone for word in ("-u", name)]
        # GitPython adds to this process's environment and takes nothing away: `env -u` does.
        command = ["/usr/bin/env", *unset, executable, "-C", "/", *arguments]
        try:
            running = started.execute(
                command,
                istream=cast("BinaryIO", stream),
                as_process=True,
                env=environment,
                shell=False,
                # A group of its own: Ctrl-C reaches us, who then decide when to stop git.
                start_new_session=True,
            )
        except GitCommandNotFound:
            raise PlatformError("PLT-GIT-001", f"{executable} cannot be run") from None
        process = running.proc
        assert process is not None  # noqa: S101 - GitPython takes it away only when it is over
        return self._wait(process, arguments[0], watch)

    def _wait(
        self,
        process: subprocess.Popen[bytes],
        command: str,
        watch: Callable[[], None] | None,
    ) -> Done:
        try:
            output, words = self._communicate(process, watch)
        except BaseException as error:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
            if isinstance(error, subprocess.TimeoutExpired):
                raise PlatformError(
                    "PLT-GIT-002",
                    f"git {command} did not end within {self.timeout_s:g} seconds and was stopped",
                ) from None
            raise
        return Done(process.returncode, output, words.decode(errors="replace"))

    def _communicate(
        self,
        process: subprocess.Popen[bytes],
        watch: Callable[[], None] | None,
    ) -> tuple[bytes, bytes]:
        if watch is None:
            return process.communicate(timeout=self.timeout_s)
        ends_s = time.monotonic() + self.timeout_s
        while True:
            left_s = ends_s - time.monotonic()
            try:
                return process.communicate(timeout=max(0.0, min(left_s, _BETWEEN_LOOKS_S)))
            except subprocess.TimeoutExpired:
                watch()
                if left_s <= 0:
                    raise


def _withheld(name: str) -> bool:
    """Whether git is not handed the caller's variable: what lets it in, it is told for one call."""
    return name.startswith("GIT_") or holds_credential(name)


def _git_python() -> Command:
    try:
        from git import Git as GitPython
    except ModuleNotFoundError:
        raise
    except ImportError:  # GitPython runs git when it is imported, and gives up without it
        raise PlatformError("PLT-GIT-001", "git cannot be run; nothing was changed") from None
    return GitPython()


def failure(command: str, done: Done) -> PlatformError:
    """git's own last word: what it calls fatal or an error, else whatever it said last."""
    lines = [line for line in done.words.splitlines() if line.strip()]
    loud = [line for line in lines if line.startswith(("fatal: ", "error: "))]
    said = plain((loud or lines or [f"exit code {done.status}"])[-1])[:_LONGEST_WORDS]
    if done.status in _CANNOT_RUN:
        return PlatformError("PLT-GIT-001", f"git cannot be run: {said}")
    return PlatformError("PLT-GIT-002", f"git {command} failed: {said}")


def plain(text: str) -> str:
    """Without control and format characters, which could steer a terminal."""
    return "".join(c for c in text if unicodedata.category(c) not in {"Cc", "Cf"}).strip()


def signature(text: str) -> str:
    """What git allows in a name or a mail: one line, and no angle brackets."""
    return plain(text.replace("\n", " ")).replace("<", "").replace(">", "")
