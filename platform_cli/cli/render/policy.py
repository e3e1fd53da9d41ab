"""The `policy` commands for people: what is denied, where, and the way out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from platform_cli.cli.render.text import out, wrap

if TYPE_CHECKING:
    from platform_cli.policies.decisions import Decision, Outcome
    from platform_cli.policies.engine import TestReport
    from platform_cli.policies.metadata import Policy


def tell_check(outcome: Outcome, columns: int) -> None:
    """Every decision with its place, its text and the way out; the verdict last."""
    for decision in outcome.decisions:
        _tell_decision(decision, columns)
    denied = sum(decision.severity == "deny" for decision in outcome.decisions)
    warned = len(outcome.decisions) - denied
    said = f"{_counted(denied, 'denial')}, {_counted(warned, 'warning')}"
    if outcome.waived:
        said += f" ({outcome.waived} of them waived by an exception)"
    bundle = f"policies {outcome.version}, engine {outcome.engine}"
    out(wrap(f"{outcome.outcome}: {_counted(outcome.documents, 'document')}, {said}.", columns))
    out(wrap(bundle, columns))


def _tell_decision(decision: Decision, columns: int) -> None:
    # A line break in a document's own words must not begin a line of ours.
    place = decision.path + (f" {decision.address}" if decision.address != decision.path else "")
    out(wrap(_line(f"{decision.severity} {decision.policy} {place}"), columns))
    out(wrap(_line(decision.message), columns, "  "))
    if decision.detail:
        out(wrap(_line(f"the engine says: {decision.detail}"), columns, "  "))
    if decision.exception is not None:
        out(wrap(_line(f"reason: {decision.exception.reason}"), columns, "  "))
    else:
        out(wrap(_line(decision.way_out), columns, "  "))
    out(wrap(_line(f"see {decision.link}"), columns, "  "))
    out()


def _line(said: str) -> str:
    return " ".join(said.split())


def _counted(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def tell_test(report: TestReport, columns: int) -> None:
    """What failed, what no test reaches, and the count."""
    failed = [result for result in report.results if not result.passed]
    for result in failed:
        out(
            wrap(
                f"failed {result.name}: {_line(result.detail or 'it is not true')}",
                columns,
                "",
                "  ",
            )
        )
    for line in report.uncovered:
        out(wrap(f"no test reaches {line}", columns))
    passed = len(report.results) - len(failed)
    said = f"{_counted(passed, 'test')} passed, {len(failed)} failed"
    covered = "" if report.coverage is None else f"; coverage {report.coverage:.4g}%"
    out(wrap(f"{said}{covered}; engine {report.engine}.", columns))
    if not report.results:
        out(wrap("A bundle without tests does not pass.", columns))


def tell_explanation(policy: Policy, columns: int) -> None:
    """What a policy asks, why, and its two examples."""
    out(wrap(f"{policy.id}: {policy.title}", columns))
    out()
    out(wrap(_line(policy.description), columns))
    out()
    rows = [
        ("why", policy.why),
        ("way out", policy.way_out),
        ("reads", f"a {policy.input}"),
        ("exceptions", "allowed, for 90 days at most" if policy.exceptions else "none"),
        ("text", policy.link),
    ]
    for name, value in rows:
        out(wrap(f"{name:<11} {_line(value)}", columns, "  ", "              "))
    verdict = "Is denied" if policy.severity == "deny" else "Is warned of"
    for title, example in (("Passes", policy.passes), (verdict, policy.fails)):
        out()
        out(title)
        out(wrap(_line(example), columns, "  "))


def tell_exceptions(told: Mapping[str, Any], columns: int) -> None:
    """Each exception with what is left of it; the one that ends first comes first."""
    if not told["exceptions"]:
        out(wrap("There are no exceptions.", columns))
    for each in told["exceptions"]:
        left = f"{_counted(each['days_left'], 'day')} left" if each["valid"] else "expired"
        out(wrap(_line(f"{each['policy']} {each['resource']}: {left}"), columns))
        for name in ("reason", "granted_by", "granted_on", "expires", "path"):
            said = f"{name.replace('_', ' '):<11} {_line(each[name])}"
            out(wrap(said, columns, "  ", "              "))


def tell_bundle(told: Mapping[str, Any], columns: int) -> None:
    """Version, digest and date of a release; where its archive is."""
    for name in ("version", "digest", "required_from", "archive", "sha256"):
        if told[name] is not None:
            out(wrap(f"{name.replace('_', ' '):<13} {told[name]}", columns))


def tell_sync(told: Mapping[str, Any], columns: int) -> None:
    """Each file that was not as the release has it."""
    done = {"changed": "restored", "missing": "written", "added": "removed"}
    would = {"changed": "would restore", "missing": "would write", "added": "would remove"}
    words = done if told["written"] else would
    for change in told["changes"]:
        out(wrap(f"{words[change['difference']]} policies/{change['path']}", columns))
    state = "is" if told["written"] or not told["changes"] else "is not yet"
    out(wrap(f"policies/ {state} the release {told['version']}.", columns))
