"""The embedded forge's CI: a workflow's own commands, in a clean checkout with a clean environment.

Owns the temporary folders and what the commands see. Installs nothing, and hands on nothing of
the caller's environment but where programs are.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import site
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event as Flag
from threading import Timer
from typing import Final, Literal

from platform_cli import disk
from platform_cli.providers.forge import command, expression, workflow
from platform_cli.providers.forge.port import Build
from platform_cli.providers.forge.workflow import Job, Step

INSTALL: Final[Mapping[str, str]] = {"dbt": "pip install 'platform-cli[local]'"}
"""How to get a program that the template's workflow runs."""

_PROGRAM: Final = "platform-cli"
_OWN: Final = "own"
_NOT_FOUND: Final = 127
_NAME: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+-]*")
_GIVEN: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*=.*", re.DOTALL)
_ROOM: Final = 60
_FEW: Final = 10
_LONGEST: Final = 4000
_AGAIN: Final = "then run the same line again"


@dataclass(frozen=True, slots=True)
class Review:
    """The pull request that a build is for: its number, and the branch and commit it goes to."""

    number: int
    base: str
    base_commit: str


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be built: a branch's tip, and the repository around it.

    Without a `review` it is built as what was pushed to that branch.
    """

    address: str
    branch: str
    head: str
    variables: Mapping[str, str]
    workflow: bytes | None
    checkout: Callable[[Path], None]
    review: Review | None = None


class _Over(Exception):  # noqa: N818 - says that the build is over, which is no error
    """The build is over before its last command."""

    def __init__(self, status: Literal["red", "absent"], saw: str, following: str) -> None:
        super().__init__(saw)
        self.status = status
        self.saw = saw
        self.next = following


@dataclass(slots=True)
class Run:
    """One build. `environment` is the caller's, of which only PATH is read."""

    order: Order
    environment: Mapping[str, str] = field(repr=False)
    timeout_s: float
    stop: Flag
    _late: Flag = field(default_factory=Flag, init=False)
    _ran: list[str] = field(default_factory=list, init=False)
    _left_out: list[str] = field(default_factory=list, init=False)

    def build(self) -> Build:
        """Run every job. Raises PLT-HOME-001 or PLT-HOME-002 where no folder can be made."""
        timer = Timer(self.timeout_s, self._late.set)
        timer.daemon = True
        timer.start()
        try:
            self._jobs()
        except _Over as over:
            saw = command.readable(over.saw)[:_LONGEST]
            return Build(over.status, self._did(), saw, over.next)
        finally:
            timer.cancel()
        return Build("green", self._did(), f"every command succeeded on {self.order.branch}")

    def _jobs(self) -> None:
        if self.order.workflow is None:
            raise self._red(f"there is no {workflow.PATH} on {self.order.branch}")
        due: dict[str, Job] = {}
        outside: set[str] = set()
        try:
            for job in workflow.parse(self.order.workflow):
                # A build proves: what changes the world outside is not run, nor what comes after.
                if job.deploys or outside & set(job.needs):
                    outside.add(job.key)
                elif due.keys() >= set(job.needs) and expression.holds(
                    job.condition, self._names({})
                ):
                    due[job.key] = job
        except (workflow.UnreadableError, expression.UnknownError) as error:
            raise self._red(f"{workflow.PATH}: {error}") from None
        for job in due.values():
            with self._place() as place:
                self._job(job, place)
        self._left_out += map(_short, sorted(outside))
        if not self._ran:
            raise self._red(f"{workflow.PATH} ran no command, so nothing is proven")

    def _job(self, job: Job, place: Path) -> None:
        base = self._base(job, place)
        due = []
        for step in job.steps:
            try:
                env = self._filled({**job.env, **step.env}, base)
                names = self._names(env)
                if expression.holds(step.condition, names):
                    due.append((step, env, expression.fill(step.run or "", names)))
            except expression.UnknownError as error:
                raise self._red(f"{step.name}, of the job {job.key}: {error}") from None
        self._left_out += [_short(step.name) for step, _, _ in due if step.run is None]
        commands = [one for one in due if one[0].run is not None]
        for step, env, text in commands:
            self._look_for(step, env, text, place)
        for step, env, text in commands:
            self._step(step, env, text, place)

    def _look_for(self, step: Step, env: Mapping[str, str], text: str, place: Path) -> None:
        """End the build where the one line of a step runs a program that is not here."""
        name = _program(text)
        if name is not None and not self._is_here(step, env, name, place):
            raise _missing(name)

    def _lacks(self, step: Step, env: Mapping[str, str], text: str, place: Path) -> bool:
        """Whether one of the lines of a script runs a program that is not here."""
        names = {_program(line) for line in text.splitlines()}
        return any(name and not self._is_here(step, env, name, place) for name in names)

    def _is_here(self, step: Step, env: Mapping[str, str], name: str, place: Path) -> bool:
        if shutil.which(name, path=env["PATH"]):
            return True
        ask = [*self._shell(step, env), "-c", 'type -- "$1"', "sh", name]
        return self._run(step, ask, place, env).status == 0

    def _step(self, step: Step, env: Mapping[str, str], text: str, place: Path) -> None:
        folder = place / "checkout" / step.folder
        if not folder.is_dir():
            raise self._red(f"{step.name}: there is no folder {step.folder}")
        script = place / "command"
        with disk.touching(script):
            script.write_text(text, encoding="utf-8", errors="replace")
        self._ran.append(_short(text))
        ended = self._run(step, [*self._shell(step, env), str(script)], folder, env)
        # The shell says so; a program that is there may, of something of its own.
        if ended.status == _NOT_FOUND and self._lacks(step, env, text, place):
            saw = _with(f"{step.name} runs a program that is missing on this machine", ended.last)
            raise _Over("absent", saw, f"Install the program that the last line names, {_AGAIN}.")
        if ended.status and not step.may_fail:
            how = f"exit code {ended.status}" if ended.status > 0 else f"signal {-ended.status}"
            raise self._red(_with(f"{step.name} ended with {how}", ended.last))
        for name in ("GITHUB_ENV", "GITHUB_PATH"):
            file = place / _FILES[name]
            if not file.is_file() or file.stat().st_size:
                raise self._red(f"{step.name} writes to {name}, which the embedded forge has not")

    def _run(
        self, step: Step, words: list[str], folder: Path, env: Mapping[str, str]
    ) -> command.Ended:
        """Run it to its end; the build is over where it cannot start, or was stopped."""
        try:
            with disk.touching(folder):
                ended = command.run(words, folder, env, (self.stop, self._late))
        except ValueError:  # a NUL in a value, a = in a name
            raise self._red(
                f"{step.name} has an environment that no program can be given"
            ) from None
        if ended.status is None and self.stop.is_set():
            raise _Over("absent", f"{step.name} was stopped", "Run the same line again.")
        if ended.status is None:
            saw = f"{step.name} did not end within {self.timeout_s:g} seconds and was stopped"
            raise self._red(_with(saw, ended.last))
        return ended

    def _shell(self, step: Step, env: Mapping[str, str]) -> list[str]:
        bash = shutil.which("bash", path=env["PATH"]) if step.shell == "bash" else None
        if bash:
            return [bash, "--noprofile", "--norc", "-e", "-o", "pipefail"]
        if sh := shutil.which("sh", path=env["PATH"]):
            return [sh, "-e"]
        raise _missing("sh")

    @contextmanager
    def _place(self) -> Iterator[Path]:
        """A private folder with a clean checkout, a home and a place for temporary files."""
        with disk.touching(Path(tempfile.gettempdir())):
            made = tempfile.TemporaryDirectory(prefix="platform-cli-", ignore_cleanup_errors=True)
        with made as name:
            place = Path(name).resolve()
            with disk.touching(place):
                for folder in ("home", "tmp"):
                    (place / folder).mkdir()
                for file in _FILES.values():
                    (place / file).touch()
                _own_program(place)
            self.order.checkout(place / "checkout")
            yield place

    def _base(self, job: Job, place: Path) -> dict[str, str]:
        """What every command sees before the workflow's own `env`."""
        facts = {f"GITHUB_{key.upper()}": text for key, text in self._facts().items()}
        return {
            **facts,
            **{name: str(place / file) for name, file in _FILES.items()},
            "CI": "true",
            "GITHUB_JOB": job.key,
            "GITHUB_WORKSPACE": str(place / "checkout"),
            "HOME": str(place / "home"),
            "LANG": "C.UTF-8",
            "PATH": _path(self.environment.get("PATH", os.defpath), place / _OWN),
            # The programs that are here are used as they are: a workflow must not change them.
            "PIP_NO_INDEX": "1",
            "PYTHONUSERBASE": site.getuserbase(),  # or a program in it would not find its library
            "UV_OFFLINE": "1",
            "TMPDIR": str(place / "tmp"),
            command.TRACKING: place.name,
        }

    def _facts(self) -> dict[str, str]:
        review, branch = self.order.review, self.order.branch
        return {
            **(_push(branch) if review is None else _pull_request(review, branch)),
            "repository": self.order.address,
            "repository_owner": self.order.address.partition("/")[0],
            "sha": self.order.head,
            "workflow": "ci",
        }

    def _names(self, env: Mapping[str, str]) -> dict[str, str]:
        """What an expression may name."""
        review = self.order.review
        base = {"event.pull_request.base.sha": "" if review is None else review.base_commit}
        kinds = {"env": env, "github": {**self._facts(), **base}, "vars": self.order.variables}
        return {
            f"{kind}.{key}".lower(): text
            for kind, texts in kinds.items()
            for key, text in texts.items()
        }

    def _filled(self, env: Mapping[str, str], base: Mapping[str, str]) -> dict[str, str]:
        names = self._names({})
        given = {key: expression.fill(text, names) for key, text in env.items()}
        # Last: by another one's value we would find, and end, what is not ours.
        return {**base, **given, command.TRACKING: base[command.TRACKING]}

    def _red(self, saw: str) -> _Over:
        branch = self.order.branch
        return _Over("red", saw, f"Mend it by a pull request to {branch}, {_AGAIN}.")

    def _did(self) -> str:
        number = len(self._ran)
        if not number:
            return f"read {workflow.PATH} and ran nothing"
        commands = f"{number} command{'s' if number > 1 else ''}"
        what = f"ran {commands} of ci.yml in a clean checkout of {self.order.head}"
        others = _some(list(dict.fromkeys(self._left_out)))
        aside = f" (not run here: {others})" if others else ""
        return command.readable(f"{what}: {_some(self._ran)}{aside}")


_FILES: Final[Mapping[str, str]] = {
    f"GITHUB_{name}": name.lower() for name in ("ENV", "OUTPUT", "PATH", "STEP_SUMMARY")
}


def _push(branch: str) -> dict[str, str]:
    return {
        "event_name": "push",
        "ref": f"refs/heads/{branch}",
        "ref_name": branch,
        "ref_type": "branch",
        "base_ref": "",
        "head_ref": "",
    }


def _pull_request(review: Review, branch: str) -> dict[str, str]:
    return {
        "event_name": "pull_request",
        "ref": f"refs/pull/{review.number}/merge",
        "ref_name": f"{review.number}/merge",
        "ref_type": "branch",
        "base_ref": review.base,
        "head_ref": branch,
    }


def _own_program(place: Path) -> None:
    """Let `platform-cli` be the one that is running, where no script beside Python is it."""
    beside = Path(sys.executable).parent / _PROGRAM
    if not sys.executable or beside.exists():
        return
    folder = place / _OWN
    folder.mkdir()
    # -P: the checkout is the working directory, and must not lend Python its modules.
    words = shlex.join([sys.executable, "-P", "-m", "platform_cli"])
    script = folder / _PROGRAM
    script.write_text(f'#!/bin/sh\nexec {words} "$@"\n', encoding="utf-8")
    script.chmod(0o700)


def _path(theirs: str, ours: Path) -> str:
    """This program's own folder, where its extras put theirs, and the caller's that exist."""
    own = [str(Path(sys.executable).parent)] if sys.executable else []
    folders = [*own, str(ours), *theirs.split(os.pathsep)]
    # Never a relative one: it would lead into the checkout.
    there = [folder for folder in folders if Path(folder).is_absolute() and Path(folder).is_dir()]
    return os.pathsep.join(dict.fromkeys(there))


def _program(text: str) -> str | None:
    """The program that a command of one line runs; None where it cannot be told by a glance."""
    lines = text.strip().split("\n")
    try:
        words = shlex.split(lines[0], comments=True)
    except ValueError:
        return None
    names = [word for word in words if not _GIVEN.fullmatch(word)]
    return names[0] if len(lines) == 1 and names and _NAME.fullmatch(names[0]) else None


def _missing(name: str) -> _Over:
    saw = f"{name} is missing on this machine"
    install = INSTALL.get(name)
    return _Over("absent", saw, f"{saw}: {install or f'install it, {_AGAIN}'}")


def _short(text: str) -> str:
    first, *more = text.strip().split("\n")
    return f"{first[:_ROOM]} …" if more or len(first) > _ROOM else first


def _some(texts: list[str]) -> str:
    more = len(texts) - _FEW
    return ", ".join([*texts[:_FEW], *([f"and {more} more"] if more > 0 else [])])


def _with(saw: str, last: str) -> str:
    return f"{saw}:\n{last}" if last else saw
