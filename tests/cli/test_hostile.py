"""Text that wants to steer a terminal, a format string or a markup language; and tracebacks."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import replace

import pytest
import yaml

from tests.cli.production import onboarding, ready_onboardings
from tests.cli.program import LOYALTY, Program
from tests.cli.screen import watch

HOSTILE = (
    "\x1b]0;owned\x07",
    "\x1b[2J\x1b[H",
    "\x9b31m",
    "\u202etxt.exe",
    "\u2066hidden\u2069",
    "[/foo]",
    "[bold red]x[/]",
    "%s%n%(name)s",
    "{0.__class__}",
    "${HOME} $(id) `id`",
    "a\rb",
    "a\x08b",
    "\u2028line",
    "=cmd()|' /C calc'!A0",
    "<script>alert(1)</script>",
)
STEERING = ("\x1b", "\x07", "\x08", "\r", "\x9b", "\u202e", "\u2066", "\u2069", "\u2028")


def is_clean(text: str) -> None:
    """Nothing in it steers a terminal, and nothing has gone wrong while telling it."""
    assert not [code for code in STEERING if code in text]
    assert "Traceback" not in text
    assert "MarkupError" not in text
    assert "PLT-INTERNAL" not in text


@pytest.mark.parametrize("text", HOSTILE, ids=ascii)
def test_in_every_argument_of_init(program: Program, text: str) -> None:
    for argv in (
        ("init", "--owner", text, "--on-call", text, "--set", text, "--", text),
        (*LOYALTY, "--set", f"description={text}", "--adopt", text, "--dry-run"),
        (*LOYALTY, f"--{text}"),
    ):
        is_clean(program.run(*argv).all)
    assert not program.home.exists()


@pytest.mark.parametrize("text", HOSTILE[:8], ids=ascii)
def test_in_every_other_argument(program: Program, text: str) -> None:
    for argv in (
        (text,),
        ("kpi", "onboarding", "--of-profile", text),
        ("journal", "close", text, "--reason", text),
        ("journal", "import", text),
        ("config", "show", "--profile", text, "--config", text),
    ):
        is_clean(program.run(*argv).all)


def test_text_from_an_imported_journal(program: Program) -> None:
    """Whoever wrote the journal chose its names: they are shown, and steer nothing."""
    events = []
    for number, text in enumerate(HOSTILE):
        changed = [
            replace(e, domain=text, step=text if e.step else None) for e in onboarding(number)
        ]
        events += changed
    program.imported([*events, *ready_onboardings(0)])
    done = program.run("kpi", "onboarding", "--runs")
    assert done.status == 0
    is_clean(done.all)
    assert "[/foo]" in done.out
    assert "%s%n%(name)s" in done.out
    whole = program.run("kpi", "onboarding", "--runs", "--format", "json").json
    assert [run["domain"] for run in whole["runs"]] == list(HOSTILE)


def test_markup_in_the_live_view(program: Program) -> None:
    """A rotation and an organisation cannot hold markup; git's own words in an error can."""
    folder = program.folder / "bin"
    folder.mkdir()
    script = '#!/bin/sh\ncase " $* " in *" push "*) printf "fatal: [/foo] \\033[2J %%s\\n" >&2; exit 1;; esac\n'
    (folder / "git").write_text(f'{script}exec {shutil.which("git")} "$@"\n', encoding="utf-8")
    (folder / "git").chmod(0o755)
    env = program.variables({"PATH": f"{folder}:{program.environment['PATH']}", "COLUMNS": None})
    shown = watch(program.command(*LOYALTY), env, program.work, 100)
    assert shown.status == 1
    assert "[/foo]" in "\n".join(shown.lines)
    assert "\x1b[2J" not in shown.raw


def test_an_answer_is_only_text(program: Program) -> None:
    text = "[[ domain ]] {{ x }} ${{ secrets.TOKEN }} %s {} '\" \\ # : - & * ! | >"
    program.init("--set", f"description={text}", "--into", str(program.work / "clone"))
    for name in (".copier-answers.yml", "product.contract.yaml"):
        found = yaml.safe_load((program.work / "clone" / name).read_text(encoding="utf-8"))
        assert text in json.dumps(found, ensure_ascii=False).replace('\\"', '"').replace(
            "\\\\", "\\"
        )


@pytest.mark.parametrize(
    "argv", [(b"\xff",), (b"init", b"\xff"), (b"init", b"a", b"--owner", b"\xff")]
)
@pytest.mark.parametrize("form", ["human", "json"])
def test_arguments_that_are_not_utf_8(program: Program, argv: tuple[bytes, ...], form: str) -> None:
    done = subprocess.run(
        [*(word.encode() for word in program.command()), *argv, b"--format", form.encode()],
        env=program.variables(),
        cwd=program.work,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 2
    assert b"Traceback" not in done.stderr
    if form == "json" and argv[0] == b"init":
        assert json.loads(done.stdout)["schema"] == "platform-cli/error/1"


BROKEN = """
import sys
from platform_cli.cli import app

def broken(*_: object, **__: object) -> None:
    secret = "canary-0123456789"
    raise RuntimeError("[/foo] \\x1b[2J broke")

import platform_cli.settings
platform_cli.settings.load = broken
sys.exit(app.run(sys.argv[1:]))
"""


@pytest.mark.parametrize("form", ["human", "json"])
def test_an_error_of_ours(program: Program, form: str) -> None:
    """Told like any other; its traceback only with --debug, and never with local values."""
    argv = (*LOYALTY, "--format", form)
    done = program.run(command=[program.python, "-c", BROKEN, *argv])
    assert done.status == 1
    assert "PLT-INTERNAL-001" in done.all
    if form == "json":
        assert done.json["code"] == "PLT-INTERNAL-001"
    else:
        is_clean(done.all.replace("PLT-INTERNAL-001", ""))
    assert "canary" not in done.all
    debug = program.run(command=[program.python, "-c", BROKEN, *argv, "--debug"])
    assert "Traceback (most recent call last)" in debug.err
    assert "RuntimeError" in debug.err
    assert "canary" not in debug.all.replace('secret = "canary', "")
    assert "Traceback" not in debug.out


def test_debug_shows_where_a_refusal_comes_from(program: Program) -> None:
    refused = (*LOYALTY, "--offline")
    assert "Traceback" not in program.run(*refused).all
    assert "Traceback" in program.run(*refused, "--debug").err


def test_a_very_long_word_is_not_a_problem(program: Program) -> None:
    word = "a" * 60_000
    for argv in (
        (word,),
        ("init", word, "--owner", word, "--on-call", word),
        (*LOYALTY, f"--{word}"),
    ):
        done = program.run(*argv)
        assert done.status == 2
        is_clean(done.all)


def test_the_settings_may_hold_hostile_text(program: Program) -> None:
    config = program.folder / "config" / "platform-cli" / "config.toml"
    config.parent.mkdir(parents=True)
    for text in ("\\u001b[2J", "[/foo]", "\\u202e", "%s"):
        config.write_text(f'[platform]\norganisation = "{text}"\n', encoding="utf-8")
        done = program.run("config", "show")
        assert done.status == 2
        is_clean(done.all)
        assert program.run(*LOYALTY, "--format", "json").status == 2
    assert not program.home.exists()
