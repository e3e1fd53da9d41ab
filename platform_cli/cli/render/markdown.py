"""The plan and the result of `init` as Markdown: what a workflow run shows as its summary.

Appends to the file that it is given. Every text is data: control characters are cleaned, markup is
escaped, and what can be copied stands in a code span that it cannot leave.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

from platform_cli.cli.render.human import headline
from platform_cli.cli.render.text import clean, count, duration
from platform_cli.errors import PlatformError

if TYPE_CHECKING:
    from platform_cli.onboarding.result import Result, StepResult

_MARKUP: Final = re.compile(r"[!-/:-@\[-`{-~]")
_ENTITIES: Final = {"<": "&lt;", ">": "&gt;", "&": "&amp;"}
_RUNS: Final = re.compile(r"`+")
_LONGEST: Final = 500
# A step's summary may have 1 MiB; what does not fit would be refused as a whole.
_MOST_FILES: Final = 300


def append_result(file: Path, result: Result) -> None:
    """Append the plan of a dry run, or the result of a run."""
    lines = _plan(result) if result.dry_run else _result(result)
    _append(file, [*lines, *(_error(result.error) if result.error else ())])


def append_error(file: Path, error: PlatformError) -> None:
    """Append what came before there was a plan or a result."""
    _append(file, ["### Refused" if error.exit != 1 else "### Failed", "", *_error(error)])


def plain(text: str) -> str:
    """The text in one line, with every character of markup escaped: it reads as it is."""
    return _MARKUP.sub(lambda found: _ENTITIES.get(found[0], f"\\{found[0]}"), _line(text))


def code(text: str) -> str:
    """The text as a code span in a table or a line; its own backticks do not end it."""
    line = _line(text).replace("|", "\\|")
    longest = max((len(run) for run in _RUNS.findall(line)), default=0)
    fence = "`" * (longest + 1)
    return f"{fence} {line} {fence}" if line.startswith("`") or longest else f"{fence}{line}{fence}"


def _line(text: str) -> str:
    line = " ".join(clean(text).split()) or "-"
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]}..."


def _append(file: Path, lines: list[str]) -> None:
    with file.open("a", encoding="utf-8") as opened:
        opened.write("\n".join(lines) + "\n\n")


def _plan(result: Result) -> Iterator[str]:
    yield f"### Plan: {plain(result.spec.domain)}"
    yield ""
    yield from _facts(result)
    pending = sum(len(step.calls) for step in result.steps)
    yield "Nothing was changed. " + (
        "Nothing of it can be applied before what is below is decided."
        if result.error
        else f"Applying it makes {count(pending, 'mutating call')}."
    )
    yield ""
    yield "| step | action | what | why |"
    yield "|---|---|---|---|"
    for step in result.steps:
        for change in step.outcome.changes:
            cells = (code(step.plan.id), change.action, code(change.resource.address))
            yield f"| {' | '.join(cells)} | {plain(change.reason)} |"
    yield ""
    if result.files:
        yield f"<details><summary>{count(len(result.files), 'file')}</summary>"
        yield ""
        yield from (f"* {code(path)}" for path in result.files[:_MOST_FILES])
        yield ""
        yield "</details>"
        yield ""


def _result(result: Result) -> Iterator[str]:
    yield f"### {plain(headline(result))}"
    yield ""
    yield from _facts(result)
    if result.lead_time_s is not None:
        yield f"Lead time {duration(result.lead_time_s)}."
    elif result.open_for_s is not None:
        yield f"Open for {duration(result.open_for_s)}; the clock stops when it is proven ready."
    yield from ("", "| step | | took | |", "|---|---|---|---|")
    for step in result.steps:
        yield f"| {code(step.plan.id)} | {step.outcome.status} | {_took(step)} | {_left(step)} |"
    yield from ("", "| check | | what was seen | what to do |", "|---|---|---|---|")
    for check in result.checks:
        saw, following = plain(check.saw), plain(check.next) if check.next else ""
        yield f"| {code(check.id)} | {check.status} | {saw} | {following} |"
    yield ""
    yield from (f"{plain(note)}\n" for note in result.notes)


def _facts(result: Result) -> Iterator[str]:
    facts = (
        ("owner", result.spec.owner.text),
        ("on call", result.spec.on_call),
        ("profile", result.profile),
    )
    yield ", ".join(f"{name} {code(value)}" for name, value in facts) + "."
    yield ""


def _took(step: StepResult) -> str:
    return "" if step.outcome.duration_s is None else duration(step.outcome.duration_s)


def _left(step: StepResult) -> str:
    """What the step left for people to go to, or why it did not."""
    if step.outcome.error is not None:
        return f"{step.outcome.error.code}: {plain(step.outcome.error.summary)}"
    places = [change.resource.url for change in step.outcome.changes if change.resource.url]
    return ", ".join(code(place) for place in dict.fromkeys(places))


def _error(error: PlatformError) -> Iterator[str]:
    yield f"**{error.code}**: {plain(error.summary)}"
    yield ""
    for problem in error.problems:
        told = f"* {code(problem.address)}: {plain(problem.summary)}"
        yield f"{told} {plain(problem.hint)}" if problem.hint else told
    if error.problems:
        yield ""
    if error.hint:
        yield f"Next: {plain(error.hint)}"
