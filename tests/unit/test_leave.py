"""How a command ends: every exception becomes words and an exit code, none passes."""

from __future__ import annotations

import errno
import json
from collections.abc import Callable
from typing import NoReturn, get_args

import pytest
import typer

from platform_cli.cli import leave
from platform_cli.errors import CODES, Code, PlatformError, Problem


def raising(error: BaseException) -> Callable[[], int]:
    """A command that raises it."""

    def command() -> NoReturn:
        raise error

    return command


@pytest.mark.parametrize("code", get_args(Code))
def test_every_error_is_told_and_leaves_with_its_exit_code(
    code: Code, capsys: pytest.CaptureFixture[str]
) -> None:
    error = PlatformError(code, "It did not work. Nothing was changed.", address="here")
    assert leave.guarded(raising(error), ["init"]) == CODES[code].exit
    told = capsys.readouterr()
    assert told.out == ""
    lines = " ".join(told.err.split())
    assert lines.startswith(f"{code}: It did not work. Nothing was changed. Next: ")


@pytest.mark.parametrize("argv", [["--format", "json"], ["--format=json"]])
def test_the_same_as_json(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    problem = Problem("DOMAIN", "it is empty", "Give one.")
    error = PlatformError("PLT-SPEC-001", "1 problem.", hint="Mend it.", problems=[problem])
    assert leave.guarded(raising(error), ["init", *argv]) == 2
    told = capsys.readouterr()
    assert told.err == ""
    assert json.loads(told.out) == {
        "schema": "platform-cli/error/1",
        "code": "PLT-SPEC-001",
        "summary": "1 problem.",
        "hint": "Mend it.",
        "address": None,
        "problems": [{"address": "DOMAIN", "summary": "it is empty", "hint": "Give one."}],
    }


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        (KeyboardInterrupt(), 130, "PLT-INIT-004"),
        (typer.Abort(), 130, "PLT-INIT-004"),
        (typer.Exit(5), 5, ""),
        (typer.BadParameter("it is bad"), 2, "PLT-USAGE-001"),
        (OSError(errno.ENOSPC, "No space left", "file"), 1, "PLT-HOME-002"),
        (OSError(errno.EDQUOT, "Quota", "file"), 1, "PLT-HOME-002"),
        (PermissionError(errno.EACCES, "Permission denied", "file"), 1, "PLT-HOME-001"),
        (OSError(errno.EIO, "Input/output error"), 1, "PLT-HOME-001"),
        (ValueError("[/foo] \x1b[2J"), 1, "PLT-INTERNAL-001"),
        (RecursionError(), 1, "PLT-INTERNAL-001"),
    ],
    ids=repr,
)
def test_whatever_is_raised(
    error: BaseException, status: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert leave.guarded(raising(error), ["init"]) == status
    told = capsys.readouterr().err
    assert said in told
    assert "Traceback" not in told
    assert "\x1b" not in told


def test_a_traceback_only_with_debug(capsys: pytest.CaptureFixture[str]) -> None:
    assert leave.guarded(raising(ValueError("why")), ["init", "--debug"]) == 1
    told = capsys.readouterr().err
    assert "Traceback (most recent call last)" in told
    assert "PLT-INTERNAL-001" in told


def test_a_problem_that_is_the_whole_error_is_told_once(
    capsys: pytest.CaptureFixture[str],
) -> None:
    problem = Problem("--profile", "no such profile", "Choose another.")
    error = PlatformError(
        "PLT-SETTINGS-004", "no such profile", hint="Choose another.", problems=[problem]
    )
    leave.guarded(raising(error), ["init"])
    assert capsys.readouterr().err == "PLT-SETTINGS-004: no such profile\nNext: Choose another.\n"


def test_a_result_that_was_good_stays_so() -> None:
    assert leave.guarded(lambda: 0, ["init"]) == 0
    assert leave.guarded(lambda: 3, ["init"]) == 3


@pytest.mark.parametrize(
    ("argv", "path"),
    [
        (["init", "loyalty", "--owner"], "platform-cli init --help"),
        (["kpi", "onboarding", "--of-profile"], "platform-cli kpi onboarding --help"),
        (["kpi", "--runs"], "platform-cli kpi --help"),
        (["--bogus"], "platform-cli --help"),
    ],
)
def test_an_error_of_the_parser_names_the_help(
    argv: list[str], path: str, capsys: pytest.CaptureFixture[str]
) -> None:
    from platform_cli.cli.app import run

    assert run(argv) == 2
    assert capsys.readouterr().err.endswith(f"Next: {path}\n")
