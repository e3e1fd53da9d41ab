"""One rendering: refuse what is not a plain template, run Copier, check, and move into place."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
import threading
import traceback
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal, NoReturn

from platform_cli import disk
from platform_cli.errors import PlatformError, Problem
from platform_cli.template.asking import questions, refuse, several, unrenderable, wrong_with_text
from platform_cli.template.checking import wrong_with_file

REQUIRED_CHECKS: Final = ("dbt", "contract", "policy")
"""The checks that `main` of a domain's repository requires: the names of the jobs in its ci.yml."""

_VERSION: Final = "template_version"

# plumbum, by which Copier looks for git, keeps one environment for the whole process.
_ONE_RENDERING: Final = threading.Lock()


@dataclass(frozen=True, slots=True)
class Rendered:
    """The paths of the rendered files, sorted, and the version of the template."""

    files: tuple[str, ...]
    version: str


def packaged(name: Literal["domain", "product", "service"] = "domain") -> Path:
    """A template that comes with the program: inside a wheel, or beside the package."""
    package = Path(__file__).resolve().parent.parent
    inside = package / "templates" / name
    return inside if inside.is_dir() else package.parent / "templates" / name


def render(source: Path, data: Mapping[str, Any], into: Path) -> Rendered:
    """Render the template into a folder that is absent or empty: all of it, checked, or nothing.

    Raises PLT-TEMPLATE-001, -002 or -004, PLT-SPEC-001 for data, PLT-USAGE-003 for the folder.
    """
    source, into = source.resolve(), into.resolve()
    asked = {question.key: question for question in questions(source)}
    _refuse_foreign_entries(source)
    wanted = {k: v for k, v in data.items() if k in asked and k != _VERSION}
    _check_data(wanted)
    version = str(asked[_VERSION].default) if _VERSION in asked else "unversioned"
    try:
        if into.exists() and any(into.iterdir()):
            raise PlatformError("PLT-USAGE-003", f"{into} is not empty; nothing was written")
        into.parent.mkdir(parents=True, exist_ok=True)
        with _folder_beside(into) as folder:
            rendered = folder / "rendered"
            _run_copier(source, {**wanted, _VERSION: version}, rendered)
            files = _finish(rendered)
            rendered.replace(into)
    except OSError as error:
        raise PlatformError(
            disk.code(error, "PLT-USAGE-003"),
            f"cannot write {into}: {error.strerror}; nothing was written",
        ) from error
    return Rendered(files=files, version=version)


def _refuse_foreign_entries(source: Path) -> None:
    """A link may point anywhere and a pipe never ends: only files and folders are rendered."""
    for folder, folders, files in os.walk(source):
        for name in (*folders, *files):
            path = Path(folder, name)
            if not stat.S_ISREG(mode := path.lstat().st_mode) and not stat.S_ISDIR(mode):
                where = path.relative_to(source).as_posix()
                refuse(f"{where} is a link or a special file", address=where)


def _check_data(data: Mapping[str, Any]) -> None:
    problems = [
        Problem(key, f"{key} {wrong}", "write it as one line of plain text")
        for key, value in data.items()
        if isinstance(value, str) and (wrong := wrong_with_text(value))
    ]
    if problems:
        raise PlatformError("PLT-SPEC-001", several(problems), problems=problems)


@contextmanager
def _folder_beside(into: Path) -> Iterator[Path]:
    """A folder of ours on the same disk, so that the last move is one rename."""
    folder = Path(tempfile.mkdtemp(prefix=f".{into.name}-", dir=into.parent))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _run_copier(source: Path, data: dict[str, Any], into: Path) -> None:
    import copier

    with _ONE_RENDERING, _no_programs(into.parent), _no_word_about_open_folders():
        try:
            copier.run_copy(
                str(source),
                into,
                data=data,
                settings=copier.Settings(),
                defaults=True,
                quiet=True,
                unsafe=False,
            )
        except Exception as error:  # noqa: BLE001 - a template is a program: it may raise anything
            _stopped(error, source)


@contextmanager
def _no_programs(folder: Path) -> Iterator[None]:
    """Copier asks git about the template, and again after each file it writes.

    Where it finds no git, it takes every template for a plain folder, which is what ours is.
    """
    from plumbum import local

    with local.env(PATH=str(folder / "no-programs")):
        yield


@contextmanager
def _no_word_about_open_folders() -> Iterator[None]:
    """An error leaves a folder half read in Copier, which Python would warn of where asked to."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        yield


def _stopped(error: Exception, source: Path) -> NoReturn:
    from copier.errors import ForbiddenPathError, UnsafeTemplateError
    from jinja2.exceptions import SecurityError, TemplateNotFound

    # Jinja's "template not found" is an OSError; any other is about the folder we write into.
    if isinstance(error, OSError) and not isinstance(error, TemplateNotFound):
        raise error
    where = _where(error, source)
    if isinstance(error, ForbiddenPathError | UnsafeTemplateError | SecurityError):
        refuse(f"rendering it was stopped: {error}", address=where)
    raise unrenderable(str(error) or type(error).__name__, where) from error


def _where(error: BaseException, source: Path) -> str | None:
    """The template's file and line that the error comes from, where Jinja told."""
    place = None
    chained: BaseException | None = error
    while chained is not None and place is None:
        for frame in traceback.extract_tb(chained.__traceback__):
            path = Path(frame.filename)
            if path.is_relative_to(source):
                place = f"{path.relative_to(source).as_posix()}:{frame.lineno}"
        chained = chained.__cause__ or chained.__context__
    return place


def _finish(folder: Path) -> tuple[str, ...]:
    """Check every rendered file and give it the same mode everywhere; their paths, sorted."""
    files: list[str] = []
    problems: list[Problem] = []
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if ".git" in name.lower().split("/") or path.is_symlink():
            refuse(f"it would write {name}", address=name)
        if path.is_dir():
            path.chmod(0o755)
            continue
        files.append(name)
        if wrong := wrong_with_file(name, path.read_bytes()):
            problems.append(Problem(name, wrong, "mend the template: an answer is always quoted"))
        path.chmod(0o755 if path.stat().st_mode & stat.S_IXUSR else 0o644)
    if problems:
        what = several([Problem(p.address, f"{p.address}: {p.summary}", "") for p in problems])
        raise PlatformError(
            "PLT-TEMPLATE-004",
            f"{what}; nothing was written",
            address=problems[0].address,
            problems=problems,
        )
    folder.chmod(0o755)
    return tuple(sorted(files))
