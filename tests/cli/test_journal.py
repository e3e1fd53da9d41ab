"""`journal export | import | close`, and figures that anyone can compute again from the export."""

from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction

import pytest

from platform_cli.journal.event import Event, from_line, to_line
from tests.cli.production import PROFILE, lead_time_s, ready_onboardings
from tests.cli.program import LOYALTY, SET_UP, Program


def lines(events: list[Event]) -> str:
    return "".join(to_line(event) + "\n" for event in events)


def test_what_is_exported_can_be_imported_once(
    finished: Program, tmp_path_factory: pytest.TempPathFactory
) -> None:
    exported = finished.run("journal", "export").out
    number = len(exported.splitlines())
    assert number > 10
    other = Program(tmp_path_factory.mktemp("other"))
    first = other.run("journal", "import", "-", "--format", "json", stdin=exported)
    assert (first.json["added"], first.json["known"]) == (number, 0)
    again = other.run("journal", "import", "-", "--format", "json", stdin=exported)
    assert (again.json["added"], again.json["known"]) == (0, number)
    assert other.run("journal", "export").out == exported


def test_the_export_to_a_file_is_the_export(finished: Program) -> None:
    file = finished.work / "events.jsonl"
    assert finished.run("journal", "export", "--output", str(file)).out == ""
    assert file.read_text(encoding="utf-8") == finished.run("journal", "export").out


def test_an_empty_journal_exports_nothing_and_is_not_made(program: Program) -> None:
    assert program.run("journal", "export", accept=frozenset({0})).all == ""
    assert not program.home.exists()


BAD = {
    "not JSON": "{",
    "not an object": "[]",
    "another schema": '{"schema": "platform-cli/event/2"}',
    "not UTF-8": "\\xff",
    "a key more": '{"schema": "platform-cli/event/1", "more": 1}',
    "no time": None,
    "too deep": '{"schema": ' + "[" * 5_000,
}


@pytest.mark.parametrize("what", BAD)
def test_one_bad_line_refuses_the_whole_file(finished: Program, what: str) -> None:
    before = finished.run("journal", "export").out
    good = lines(ready_onboardings(2))
    bad = BAD[what]
    if bad is None:
        document = json.loads(good.splitlines()[0]) | {"at": "yesterday", "id": "other"}
        bad = json.dumps(document)
    file = finished.work / "bad.jsonl"
    file.write_bytes((good + bad + "\n" + good).encode().replace(b"\\xff", b"\xff"))
    done = finished.run("journal", "import", str(file))
    assert done.status == 2
    assert "PLT-JOURNAL-004: " in done.err
    assert f"bad.jsonl:{len(good.splitlines()) + 1} is not an event" in " ".join(done.err.split())
    assert "Nothing was imported" in " ".join(done.err.split())
    assert finished.run("journal", "export").out == before


def test_the_same_id_with_another_content_changes_nothing(finished: Program) -> None:
    event = finished.events()[0]
    finished.imported([replace(event, domain="other")])
    assert finished.events()[0] == event


def test_closing_begins_a_new_onboarding(finished: Program) -> None:
    first = finished.init("--format", "json").json
    before = finished.run("kpi", "onboarding", "--of-profile", "local", "--format", "json").json
    assert before["closed"] == 0
    closed = finished.run("journal", "close", "loyalty", "--reason", "a test", "--format", "json")
    assert closed.json["onboarding"] == first["onboarding"]
    after = finished.run("kpi", "onboarding", "--of-profile", "local", "--format", "json").json
    assert after["closed"] == 1
    assert after["open"] + after["n"] == before["open"] + before["n"] - 1
    again = finished.init("--format", "json").json
    assert again["onboarding"] != first["onboarding"]
    assert len(finished.commits()) == 1
    statuses = {step["id"]: step["status"] for step in again["steps"]}
    assert statuses["repo.create"] == statuses["repo.push"] == "kept"


def test_after_closing_other_values_are_welcome(finished: Program) -> None:
    other = ("init", "loyalty", "--owner", "@orders-team", "--on-call", "loyalty-pager")
    refused = finished.run(*other)
    assert refused.status == 6
    assert "PLT-INIT-002" in refused.err
    assert finished.run("journal", "close", "loyalty", "--reason", "a typo").status == 0
    assert "PLT-INIT-002" not in finished.run(*other).all


@pytest.mark.parametrize("domain", ["unknown", "\x1b[2J", "../x", "a" * 1_000])
def test_closing_what_is_not_there(finished: Program, domain: str) -> None:
    done = finished.run("journal", "close", "--reason", "none", "--", domain)
    assert done.status == 2
    # What no domain can be called is refused before the journal is opened.
    assert ("PLT-USAGE-004: " if domain == "unknown" else "PLT-SPEC-001: ") in done.err
    assert "\x1b" not in done.err


def percentile(values: list[Fraction], percent: int) -> float:
    """Linear interpolation between order statistics, written once more for this test."""
    place = Fraction(percent, 100) * (len(values) - 1)
    below = place.numerator // place.denominator
    above = min(below + 1, len(values) - 1)
    return float(values[below] + (place - below) * (values[above] - values[below]))


@pytest.mark.parametrize("number", [1, 4, 5, 100])
def test_the_figures_are_those_of_the_export(program: Program, number: int) -> None:
    program.imported(ready_onboardings(number))
    by_onboarding: dict[str, list[Event]] = {}
    for line in program.run("journal", "export").out.splitlines():
        event = from_line(line)
        by_onboarding.setdefault(event.onboarding, []).append(event)
    values = sorted(
        Fraction(round((ready.at - first.at).total_seconds()))
        for events in by_onboarding.values()
        for first in [min(events, key=lambda event: event.at)]
        for ready in [event for event in events if event.type == "onboarding.ready"]
    )
    assert [float(value) for value in values] == sorted(lead_time_s(n) for n in range(number))
    told = program.run("kpi", "onboarding", "--format", "json", "--runs").json
    lead = told["lead_time_s"]
    assert told["n"] == number
    assert lead["p50"] == percentile(values, 50)
    if number < 5:
        assert lead["p90"] is None
        assert lead["p95"] is None
        assert lead["values"] == [float(value) for value in values]
    else:
        assert lead["p90"] == percentile(values, 90)
        assert lead["p95"] == percentile(values, 95)
        assert lead["values"] is None
    for run in told["runs"]:
        assert sum(run["split_s"].values()) == run["lead_time_s"]
    assert sum(told["split_s"].values()) == sum(float(value) for value in values)


def test_the_local_profile_is_left_out_unless_asked_for(finished: Program) -> None:
    finished.imported(ready_onboardings(4))
    everyone = finished.run("kpi", "onboarding", "--format", "json").json
    assert (everyone["n"], everyone["excluded"]) == (4, {"profile": 1})
    local = finished.run("kpi", "onboarding", "--of-profile", "local", "--format", "json").json
    assert (local["n"] + local["open"], local["excluded"]) == (1, {"profile": 4})
    both = ("--of-profile", "local", "--of-profile", PROFILE)
    assert finished.run("kpi", "onboarding", *both, "--format", "json").json["excluded"] == {
        "profile": 0
    }


def test_a_dry_run_never_enters_the_journal(finished: Program) -> None:
    before = finished.run("journal", "export").out
    assert finished.run(*LOYALTY, "--dry-run").status == 0
    assert (
        finished.run("init", "orders", "--owner", "@o", "--on-call", "p", "--dry-run").status == 0
    )
    assert finished.run("journal", "export").out == before


def test_the_first_request_counts(program: Program) -> None:
    first = program.run(*LOYALTY, "--requested-at", "2026-01-05T09:00:00+01:00", "--format=json")
    assert first.status in SET_UP
    again = program.run(*LOYALTY, "--requested-at", "2025-01-05T09:00:00Z", "--format=json")
    assert again.status in SET_UP
    assert len(again.json["notes"]) == 1
    requested = [event for event in program.events() if event.type == "onboarding.requested"]
    assert [event.at.isoformat() for event in requested] == ["2026-01-05T08:00:00+00:00"]
    took = again.json["lead_time_s"] or again.json["open_for_s"]
    assert took > 24 * 3_600


def test_an_empty_file_is_no_error(program: Program) -> None:
    done = program.run("journal", "import", "-", stdin="\n\n")
    assert (done.status, done.out) == (0, "0 events added, 0 were known.\n")
