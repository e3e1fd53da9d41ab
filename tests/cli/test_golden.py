"""What the program prints, word for word, for the situations that people meet most.

Printed so wide that no line breaks: the length of a path or a duration would move the break.
Widths are looked at in test_output.py.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Sequence

import pytest

from tests.cli.production import ready_onboardings
from tests.cli.program import LOYALTY, SET_UP, Program, transcript

Golden = Callable[[str, str], None]
FORMATS = pytest.mark.parametrize("form", ["human", "json"])


def shown(program: Program, *argv: str) -> str:
    """The command line and what came of it."""
    done = program.run(*argv)
    return f"$ platform-cli {' '.join(argv)}\n{transcript(program, done)}"


def foreign(program: Program) -> None:
    """An empty repository of that name that nobody of us has made."""
    program.bare().parent.mkdir(parents=True)
    subprocess.run(["git", "init", "--quiet", "--bare", str(program.bare())], check=True)


@FORMATS
def test_a_dry_run_of_a_new_domain(program: Program, golden: Golden, form: str) -> None:
    golden(f"dry-run-new-{form}", shown(program, *LOYALTY, "--dry-run", "--format", form))


@FORMATS
def test_a_first_init(program: Program, golden: Golden, form: str) -> None:
    golden(f"init-first-{form}", shown(program, *LOYALTY, "--format", form))


@FORMATS
def test_a_second_init(finished: Program, golden: Golden, form: str) -> None:
    golden(f"init-second-{form}", shown(finished, *LOYALTY, "--format", form))


@FORMATS
def test_a_dry_run_of_a_domain_that_is_there(finished: Program, golden: Golden, form: str) -> None:
    """The template's answers have changed since: a difference is shown, nothing is applied."""
    config = finished.folder / "config" / "platform-cli" / "config.toml"
    config.parent.mkdir(parents=True)
    config.write_text('[platform]\nteam = "@data-platform"\n', encoding="utf-8")
    told = shown(finished, *LOYALTY, "--dry-run", "--format", form)
    assert '+platform_team: "@local/data-platform"' in told.replace('\\"', '"')
    golden(f"dry-run-existing-{form}", _without_the_template(told))


def _without_the_template(text: str) -> str:
    """Which files differ, without what stands in them: that is the template's business."""
    text = re.sub(r'("difference": ).*', r'\1"<difference>"', text)
    head, begun, rest = text.partition("--- initial/")
    if not begun:
        return text
    body, tail = rest.split("\n\nApplying", 1)
    names = re.findall(r"^\+\+\+ rendered/(.*)", body, re.MULTILINE)
    return head + "".join(f"<difference of {name}>\n" for name in names) + "\nApplying" + tail


@FORMATS
def test_a_conflict(program: Program, golden: Golden, form: str) -> None:
    foreign(program)
    golden(f"conflict-{form}", shown(program, *LOYALTY, "--format", form))


def test_the_plan_of_a_conflict(program: Program, golden: Golden) -> None:
    foreign(program)
    golden("conflict-dry-run-human", shown(program, *LOYALTY, "--dry-run"))


def test_adopting(program: Program, golden: Golden) -> None:
    foreign(program)
    golden("adopt-human", shown(program, *LOYALTY, "--adopt", "local/loyalty"))


def test_other_values_than_the_first_time(finished: Program, golden: Golden) -> None:
    argv = ("init", "loyalty", "--owner", "@orders-team", "--on-call", "other pager")
    golden("other-values", shown(finished, *argv))


@FORMATS
def test_the_figures_without_data(program: Program, golden: Golden, form: str) -> None:
    golden(f"kpi-no-data-{form}", shown(program, "kpi", "onboarding", "--format", form))


@FORMATS
@pytest.mark.parametrize("number", [1, 4, 5, 100])
def test_the_figures_of_onboardings(
    program: Program, golden: Golden, number: int, form: str
) -> None:
    program.imported(ready_onboardings(number))
    golden(f"kpi-{number}-ready-{form}", _measured(program, form))


@FORMATS
def test_the_figures_of_open_onboardings(program: Program, golden: Golden, form: str) -> None:
    ready, *still = [
        [event for event in ready_onboardings(3) if event.onboarding == f"onboarding-{number}"]
        for number in range(3)
    ]
    open_ones = [event for events in still for event in events if event.type != "onboarding.ready"]
    program.imported([*ready, *open_ones])
    shown_now = _measured(program, form)
    # How long they have been open depends on today.
    golden(f"kpi-open-{form}", _without_ages(shown_now))


def _measured(program: Program, form: str) -> str:
    """Imported onboardings last what their events say: their durations are no accident."""
    argv = ("kpi", "onboarding", "--runs", "--format", form)
    done = program.run(*argv, accept=frozenset({0}))
    return f"$ platform-cli {' '.join(argv)}\nexit 0\n--- stdout\n{done.out}--- stderr\n{done.err}"


def _without_ages(text: str) -> str:
    return re.sub(r'("oldest_open_s": |"age_s": |the oldest for |  for ).*', r"\1<age>", text)


@FORMATS
def test_the_settings(program: Program, golden: Golden, form: str) -> None:
    golden(f"config-show-{form}", shown(program, "config", "show", "--format", form))


def test_a_configuration_file(program: Program, golden: Golden) -> None:
    twice = [shown(program, "config", "init"), shown(program, "config", "init")]
    golden("config-init", "\n".join(twice))


def test_the_journal(finished: Program, golden: Golden) -> None:
    exported = finished.folder / "events.jsonl"
    export = finished.run("journal", "export", "--output", str(exported), accept=frozenset({0}))
    assert export.all == ""
    close = ("journal", "close", "loyalty", "--reason", "a test")
    lines: Sequence[Sequence[str]] = (
        ("journal", "import", str(exported)),
        ("journal", "import", str(exported), "--format", "json"),
        close,
        close,
        ("journal", "close", "unknown", "--reason", "a typo", "--format", "json"),
    )
    told = [shown(finished, *argv).replace(str(finished.folder), "<folder>") for argv in lines]
    golden("journal", "\n".join(told))


USAGE: Sequence[Sequence[str]] = (
    ("ini",),
    ("init",),
    ("init", "Loyalty!", "--owner", "loyalty", "--on-call", "a/b"),
    ("init", "loyalty", "orders", "--owner", "@loyalty-team", "--on-call", "pager"),
    (*LOYALTY, "--bogus"),
    (*LOYALTY, "--owner"),
    (*LOYALTY, "--format", "yaml"),
    (*LOYALTY, "--offline"),
    (*LOYALTY, "--detailed-exitcode"),
    (*LOYALTY, "--requested-at", "yesterday"),
    (*LOYALTY, "--requested-at", "2026-01-05T09:00:00"),
    (*LOYALTY, "--requested-at", "9999-01-01T00:00:00Z"),
    (*LOYALTY, "--set", "region"),
    (*LOYALTY, "--set", "region=EU", "--set", "region=US", "--set", "colour=red"),
    (*LOYALTY, "--set", "region=Atlantis"),
    (*LOYALTY, "--timeout", "soon"),
    (*LOYALTY, "--profile", "production"),
    (*LOYALTY, "--config", "nowhere.toml"),
    (*LOYALTY, "--into", "no/such/folder"),
    (*LOYALTY, "--adopt", "local/other", "--dry-run"),
    ("kpi", "onbording"),
    ("kpi", "onboarding", "--of-profile"),
    ("journal", "import"),
    ("journal", "import", "nowhere.jsonl"),
    ("journal", "close", "loyalty"),
    ("journal", "export", "--output", "no/such/file"),
    ("config", "show", "--profile", "production"),
    ("config", "init", "--organisation", "Not A Name"),
)


def as_json(argv: Sequence[str]) -> Sequence[str]:
    """The same misuse with --format json, which stands before an option without its argument."""
    if "--format" in argv:
        return argv
    words = 1 if argv[0] in {"init", "ini"} else 2
    return (*argv[:words], "--format", "json", *argv[words:])


@FORMATS
def test_every_misuse(program: Program, golden: Golden, form: str) -> None:
    told = []
    for argv in USAGE:
        told.append(shown(program, *(as_json(argv) if form == "json" else argv)))
    assert not program.home.exists()
    golden(f"usage-{form}", "\n".join(told))


def test_help_without_a_command(program: Program) -> None:
    for argv in ((), ("kpi",), ("journal",), ("config",)):
        done = program.run(*argv)
        assert (done.status, done.out) == (2, "")
        assert done.err.startswith("Usage: platform-cli")
    assert program.run("--help").out.startswith("Usage: platform-cli")
    assert program.run("--version").out.startswith("platform-cli ")


def test_a_run_is_told_alike_whether_or_not_it_is_the_first(finished: Program) -> None:
    again = finished.run(*LOYALTY, "--format", "json")
    assert again.status in SET_UP
    assert again.json["mutating_calls"] == 0
    assert {step["status"] for step in again.json["steps"]} <= {"kept", "blocked", "done"}
    assert all(step["calls"] == [] for step in again.json["steps"])
