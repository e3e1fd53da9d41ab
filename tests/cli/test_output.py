"""Terminals and none, widths, colours, quiet and verbose: what reaches which stream, and how."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping

import pytest

from tests.cli.production import ready_onboardings
from tests.cli.program import LOYALTY, SET_UP, Done, Program
from tests.cli.screen import Shown, watch

STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ ")
NARROW = (40, 80, 100)


def too_long(text: str, columns: int) -> list[str]:
    """Lines wider than the terminal that hold more than one unbreakable word."""
    return [
        line
        for line in text.splitlines()
        if len(line) > columns and len(line.strip().removeprefix("call ").split()) > 1
    ]


def step_ids(program: Program) -> list[str]:
    """The steps of an onboarding, as the program itself plans them."""
    plan = program.run(*LOYALTY, "--dry-run", "--format", "json")
    return [step["id"] for step in plan.json["steps"]]


@pytest.mark.parametrize("columns", NARROW)
def test_no_line_is_wider_than_the_terminal(finished: Program, columns: int) -> None:
    finished.imported(ready_onboardings(5))
    width = {"COLUMNS": str(columns)}
    told: list[Done] = [
        finished.run("init", "orders", "--owner", "@o", "--on-call", "p", "--dry-run", env=width),
        finished.run(*LOYALTY, env=width),
        finished.run("kpi", "onboarding", "--runs", env=width),
        finished.run("config", "show", env=width),
        finished.run("init", "Ab--", "--owner", "x", "--on-call", "/", env=width),
        finished.run("init", "loyalty", "--owner", "@other", "--on-call", "p", env=width),
    ]
    for done in told:
        assert not too_long(done.out, columns)
        narration = [line for line in done.err.splitlines() if not STAMP.match(line)]
        assert not too_long("\n".join(narration), columns)


def test_the_width_can_be_set(finished: Program) -> None:
    config = finished.folder / "config" / "platform-cli" / "config.toml"
    config.parent.mkdir(parents=True)
    config.write_text("[output]\nwidth = 50\n", encoding="utf-8")
    for columns in (None, "200"):
        argv = ("kpi", "onboarding", "--of-profile", "local")
        done = finished.run(*argv, env={"COLUMNS": columns})
        assert not too_long(done.out, 50)


@pytest.mark.parametrize(
    "env",
    [
        {},
        {"FORCE_COLOR": "1"},
        {"NO_COLOR": "1"},
        {"CI": "1"},
        {"TERM": "dumb"},
        {"TERM": None},
    ],
    ids=str,
)
def test_without_a_terminal_there_are_no_codes_and_one_line_a_step(
    finished: Program, env: dict[str, str | None]
) -> None:
    done = finished.run(*LOYALTY, env=env)
    assert done.status in SET_UP
    assert "\x1b" not in done.all
    assert "\r" not in done.all
    lines = done.err.splitlines()
    assert lines
    assert all(STAMP.match(line) for line in lines)


def test_each_step_has_one_line(program: Program) -> None:
    planned = step_ids(program)
    done = program.init()
    told = [STAMP.sub("", line).split()[0] for line in done.err.splitlines()]
    for step in planned:
        assert told.count(step) <= 1, f"{step}: {told}"
    steps = done.out.partition("\nSteps\n")[2].partition("\n\n")[0].splitlines()
    assert [
        line.split()[0] for line in steps if line.startswith("  ") and line[2] != " "
    ] == planned


def test_verbose_says_when_a_step_begins(finished: Program) -> None:
    begun = [line for line in finished.init("--verbose").err.splitlines() if "started" in line]
    assert begun
    assert not any("started" in line for line in finished.init().err.splitlines())


def test_quiet_leaves_the_result_alone(finished: Program) -> None:
    loud, quiet = finished.init(), finished.init("--quiet")
    assert quiet.err == ""
    assert quiet.out.splitlines()[0] == loud.out.splitlines()[0]


def test_a_dry_run_narrates_nothing(program: Program) -> None:
    assert program.run(*LOYALTY, "--dry-run").err == ""


def on_a_terminal(
    program: Program, *argv: str, columns: int = 100, env: Mapping[str, str | None] | None = None
) -> Shown:
    """The command on a terminal, which tells its width itself."""
    variables = program.variables({**(env or {}), "COLUMNS": None})
    return watch(program.command(*argv), variables, program.work, columns)


def result_of(lines: list[str]) -> list[str]:
    """The lines of the result: from its headline on."""
    begin = next(index for index, line in enumerate(lines) if line.startswith("loyalty is "))
    return lines[begin:]


def test_the_live_view_is_gone_when_the_result_is_printed(program: Program) -> None:
    shown = on_a_terminal(program, *LOYALTY)
    assert shown.status in SET_UP
    assert "\x1b[?25l" in shown.raw
    assert shown.raw.count("\x1b[?25l") == shown.raw.count("\x1b[?25h")
    assert shown.lines[0].startswith("loyalty is set up") or shown.lines[0].startswith(
        "loyalty is ready"
    )
    assert shown.lines[-1].startswith("  3. platform-cli kpi onboarding")
    assert not too_long("\n".join(shown.lines), 100)


@pytest.mark.parametrize(("name", "value"), [("TERM", "dumb"), ("CI", "1")])
def test_a_terminal_that_is_none_gets_lines(program: Program, name: str, value: str) -> None:
    shown = on_a_terminal(program, *LOYALTY, "--dry-run", env={name: value})
    assert "\x1b" not in shown.raw
    shown = on_a_terminal(program, *LOYALTY, env={name: value})
    assert shown.status in SET_UP
    assert "\x1b" not in shown.raw
    assert STAMP.match(shown.lines[0])


@pytest.mark.parametrize(
    ("argv", "env"),
    [
        ((), {"NO_COLOR": "1"}),
        (("--no-color",), {}),
        (("--no-color",), {"FORCE_COLOR": "1"}),
    ],
)
def test_no_colour_means_no_colour(
    finished: Program, argv: tuple[str, ...], env: dict[str, str]
) -> None:
    shown = on_a_terminal(finished, *LOYALTY, *argv, env=env)
    assert shown.status in SET_UP
    assert not re.search(r"\x1b\[[0-9;]*[1-9][0-9;]*m", shown.raw)


def test_a_narrow_terminal_is_not_overrun(finished: Program) -> None:
    shown = on_a_terminal(finished, *LOYALTY, columns=44)
    assert shown.status in SET_UP
    assert not too_long("\n".join(result_of(shown.lines)), 44)


def test_quiet_and_verbose_on_a_terminal(finished: Program) -> None:
    quiet = on_a_terminal(finished, *LOYALTY, "--quiet")
    assert "\x1b" not in quiet.raw
    assert quiet.lines[0].startswith("loyalty is ")
    verbose = on_a_terminal(finished, *LOYALTY, "--verbose")
    assert STAMP.match(verbose.lines[0])


def test_an_error_on_a_terminal_is_plain(program: Program) -> None:
    shown = on_a_terminal(program, "init", "Loyalty", "--owner", "@x", "--on-call", "p")
    assert shown.status == 2
    assert "\x1b" not in shown.raw
    assert shown.lines[0].startswith("PLT-SPEC-001: ")


def test_stdout_is_data_and_stderr_is_narration(finished: Program) -> None:
    done = finished.run(*LOYALTY, "--format", "json", "--verbose")
    assert done.json["schema"] == "platform-cli/init/1"
    assert all(STAMP.match(line) for line in done.err.splitlines())
    exported = finished.run("journal", "export")
    assert exported.err == ""
    assert all(line.startswith('{"schema"') for line in exported.out.splitlines())


@pytest.mark.parametrize("form", ["human", "json"])
def test_a_reader_that_leaves_early_is_no_error(finished: Program, form: str) -> None:
    command = " ".join(finished.command("config", "show", "--format", form))
    piped = f"set -o pipefail; {command} | head -n 1"
    done = finished.run(command=["bash", "-c", piped])
    assert (done.status, done.err) == (0, "")


def test_a_narration_that_nobody_reads_does_not_stop_the_run(program: Program) -> None:
    run = " ".join(program.command(*LOYALTY, "--verbose"))
    done = program.run(
        command=["bash", "-c", f"{run} 2>&1 >result | true; exit ${{PIPESTATUS[0]}}"]
    )
    assert done.status in SET_UP
    assert program.init("--format", "json").json["mutating_calls"] == 0


@pytest.mark.parametrize("form", ["human", "json"])
@pytest.mark.parametrize("argv", [("kpi", "onboarding"), LOYALTY, ("journal", "export")], ids=str)
def test_a_stdout_that_is_full(finished: Program, argv: tuple[str, ...], form: str) -> None:
    command = " ".join(finished.command(*argv, "--format", form, "--quiet"))
    done = finished.run(command=["bash", "-c", f"{command} >/dev/full"])
    assert done.status == 1
    assert done.err.startswith("PLT-HOME-002: ") or form == "json"
    assert "Traceback" not in done.err
    assert "Exception ignored" not in done.err


@pytest.mark.parametrize("closing", [">&-", "2>&-", "<&-", ">&- 2>&- <&-"])
def test_closed_streams(finished: Program, closing: str) -> None:
    command = " ".join(finished.command(*LOYALTY))
    done = finished.run(command=["bash", "-c", f"{command} {closing}"])
    assert done.status in SET_UP
    assert "Traceback" not in done.err
    assert "PLT-" not in done.err


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-16"])
@pytest.mark.parametrize("form", ["human", "json"])
def test_a_terminal_of_another_encoding(finished: Program, encoding: str, form: str) -> None:
    """Not one word is lost to an exception, and JSON stays JSON."""
    argv = ("init", "loyalty", "--owner", "@x", "--on-call", "p", "--set", "description=Ü€漢")
    done = subprocess.run(
        finished.command(*argv, "--format", form),
        env=finished.variables({"PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"}),
        cwd=finished.work,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 6
    told = (done.stdout if form == "json" else done.stderr).decode(encoding)
    assert "Traceback" not in told
    assert "PLT-INIT-002" in told
    if form == "json":
        assert Done(6, told, "").json["code"] == "PLT-INIT-002"
