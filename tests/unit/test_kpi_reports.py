"""`kpi onboarding` as people and programs see it: words, JSON, CSV, OpenMetrics, HTML."""

from __future__ import annotations

import csv
import io
import math
import re
from datetime import UTC, date, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as open_metrics
from prometheus_client.parser import text_string_to_metric_families as text_format

from platform_cli.cli.render.kpi_csv import safe
from platform_cli.kpi.comparison import before_and_after
from platform_cli.kpi.periods import parse_since, parse_span, week_of
from tests.unit.kpi_shown import HOSTILE, Kpi, onboarding, several

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.fixture(name="kpi")
def _kpi(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Kpi:
    for name in ("HOME", "PLATFORM_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return Kpi(tmp_path, capsys)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("45s", 45), ("30min", 1800), ("30m", 1800), ("4h", 14400), ("11d", 950400), ("2w", 1209600)],
)
def test_a_stretch_of_time(text: str, seconds: int) -> None:
    assert parse_span(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["", "4", "h", "-4h", "4 years", "1.5h", "٤h", "999999d", "4h\n1"])
def test_no_stretch_of_time(text: str) -> None:
    with pytest.raises(ValueError, match=r"stretch|longer"):
        parse_span(text)


def test_since_is_a_day() -> None:
    assert parse_since("90d", NOW) == date(2026, 8, 23)
    assert parse_since("2026-09-01", NOW) == date(2026, 9, 1)
    with pytest.raises(ValueError, match="neither"):
        parse_since("yesterday", NOW)


def test_weeks_are_those_of_iso() -> None:
    assert week_of(datetime(2027, 1, 1, tzinfo=UTC)) == "2026-W53"
    assert week_of(datetime(2026, 11, 22, 23, 30, tzinfo=UTC)) == "2026-W47"


def test_nothing_can_be_compared_with_nothing() -> None:
    compared = before_and_after(timedelta(days=11), None)
    assert (compared.after_us, compared.saved_us, compared.factor) == (None, None, None)


@pytest.mark.parametrize("form", ["human", "json", "csv", "openmetrics", "html"])
@pytest.mark.parametrize("number", [0, 1, 4, 5])
def test_few_are_reported_honestly(kpi: Kpi, form: str, number: int) -> None:
    kpi.keep(several(number))
    kpi.keep(onboarding(0, asked=NOW, lead_s=5, profile="local"))
    shown = kpi.show("--format", form, "--baseline", "11d", "--fail-over", "4h")
    assert (shown.code, shown.err) == (0, "")
    if number == 0:
        assert not re.search(r"p50[^a-z]*0", shown.out)
        assert {"human": "no data", "html": "No data"}.get(form, "") in shown.out
    if form in {"human", "html"}:
        assert "of-profile" in shown.out
        claimed = re.search(r"^  p90 |<span>p90</span>", shown.out, re.MULTILINE)
        assert (claimed is not None) == (number >= 5)
    if form == "json":
        told = shown.json
        assert told["n"] == number
        assert (told["lead_time_s"]["p90"] is None) == (number < 5)
        assert (told["lead_time_s"]["p50"] is None) == (number == 0)
        assert (told["lead_time_s"]["values"] is None) == (number >= 5)
        assert told["baseline"]["after_s"] == told["lead_time_s"]["p50"]


def test_fail_over_is_for_the_p50_alone(kpi: Kpi) -> None:
    kpi.keep(several(5))
    assert kpi.show("--fail-over", "30min").code == 0  # just as long is not above
    above = kpi.show("--fail-over", "1799s")
    assert above.code == 5
    assert "p50         30 min" in above.out
    assert above.err.startswith(
        "PLT-KPI-001: The p50 of 5 is 30 min, above the limit of 29 min 59 s"
    )
    told = kpi.show("--fail-over", "1799s", "--format", "json")
    assert told.code == 5
    assert told.err == ""
    assert told.json["schema"] == "platform-cli/kpi-onboarding/1"
    assert told.json["error"]["code"] == "PLT-KPI-001"


def test_all_that_is_wrong_is_told_at_once(kpi: Kpi) -> None:
    shown = kpi.show("--since", "x", "--by", "y", "--baseline", "z", "--fail-over", "w")
    assert (shown.code, shown.out) == (2, "")
    for option in ("--since", "--by", "--baseline", "--fail-over"):
        assert option in shown.err


def test_since_goes_by_readiness_and_for_open_ones_by_the_request(kpi: Kpi) -> None:
    day = timedelta(days=1)
    now = datetime.now(tz=UTC)
    kpi.keep(onboarding(1, asked=now - 40 * day, lead_s=20 * 86400.0))
    kpi.keep(onboarding(2, asked=now - 40 * day, lead_s=5.0))
    kpi.keep(onboarding(3, asked=now - 40 * day, lead_s=None))
    kpi.keep(onboarding(4, asked=now - 3 * day, lead_s=None))
    told = kpi.show("--since", "30d", "--format", "json").json
    assert (told["n"], told["open"]) == (1, 1)
    assert told["excluded"] == {"profile": 0, "since": 2}
    assert "2 before" in kpi.show("--since", "30d").out


def test_groups(kpi: Kpi) -> None:
    kpi.keep(several(6, ended=datetime(2026, 3, 2, tzinfo=UTC)))
    kpi.keep(onboarding(9, asked=datetime(2026, 3, 1, tzinfo=UTC), lead_s=60.0, template="1.1.0"))
    told = {
        by: kpi.show("--by", by, "--format", "json").json["groups"]
        for by in ("week", "template", "profile", "step")
    }
    assert [(g["key"], g["n"]) for g in told["template"]] == [("1.0.0", 6), ("1.1.0", 1)]
    assert [(g["key"], g["n"]) for g in told["profile"]] == [("work", 7)]
    assert [g["key"] for g in told["week"]] == ["2026-W09"]
    assert [(g["key"], g["n"]) for g in told["step"]] == [
        ("(between steps)", 7),
        ("repo.create", 7),
    ]
    assert told["step"][1]["lead_time_s"]["p50"] == 5.0
    assert "Lead time by template" in kpi.show("--by", "template").out


def test_the_words_for_people(kpi: Kpi) -> None:
    kpi.keep(several(30, ended=datetime(2026, 3, 2, tzinfo=UTC)))
    out = kpi.show("--baseline", "11d").out
    assert re.search(r"trend +[▁▂▃▄▅▆▇█]{5} p50 by week, 2026-W05 to 2026-W09", out)
    assert "The steps that own the p50" in out
    assert re.search(r"repo\.create +5\.00 s", out)
    assert "11 d before, 2 h 35 min now: 102 times as fast" in out


def test_csv_is_safe_to_open(kpi: Kpi) -> None:
    kpi.keep(several(5))
    kpi.keep(onboarding(7, asked=NOW - timedelta(days=300), lead_s=None, domain=HOSTILE))
    rows = list(csv.DictReader(io.StringIO(kpi.show("--format", "csv", "--runs").out)))
    assert [row["state"] for row in rows] == ["ready"] * 5 + ["abandoned"]
    assert rows[5]["domain"] == f"'{HOSTILE}"
    assert float(rows[0]["lead_time_s"]) == 600.0
    split = sum(float(rows[0][f"{part}_s"]) for part in ("machine", "retry", "waiting"))
    assert split == 600.0
    figures = dict(csv.reader(io.StringIO(kpi.show("--format", "csv").out)))
    assert figures["lead_time_p50_s"] == "1800.0"
    groups = list(csv.DictReader(io.StringIO(kpi.show("--format", "csv", "--by", "step").out)))
    assert [row["key"] for row in groups] == ["(between steps)", "repo.create"]
    both = kpi.show("--format", "csv", "--runs", "--by", "step")
    assert (both.code, both.out) == (2, "")


@pytest.mark.parametrize(
    "text",
    ["=1", "+1", "-1", "@a", " =1", "\t=1", "\n=1", "＝1", "＋1", "－1", "＠a", "|a", "%a", "\r=1"],
)
def test_no_cell_is_a_formula(text: str) -> None:
    made = str(safe(text))
    assert made.lstrip(" \t")[:1] not in set("=+-@|%＝＋－＠")
    assert "\n" not in made


def test_numbers_and_plain_words_stay_as_they_are() -> None:
    assert [safe(cell) for cell in (5, 1.5, "loyalty", "größe", "", None)] == [
        5,
        1.5,
        "loyalty",
        "größe",
        "",
        None,
    ]


def test_both_parsers_of_prometheus_take_the_metrics(kpi: Kpi) -> None:
    kpi.keep(several(5))
    hostile = 'quo"te\\ back {x="y"}'
    kpi.keep(onboarding(7, asked=NOW - timedelta(days=30), lead_s=None, step=hostile))
    out = kpi.show("--format", "openmetrics", "--by", "template").out
    newer: Any = open_metrics  # neither of the two is typed
    older: Any = text_format
    families = {family.name: family for family in newer(out)}
    assert {family.name for family in older(out)} == set(families)
    lead = families["platform_onboarding_lead_time_seconds"]
    assert (lead.type, lead.unit) == ("histogram", "seconds")
    assert "platform_onboarding_lead_time_exact_seconds" in lead.documentation
    at_most = {s.labels["le"]: s.value for s in lead.samples if s.name.endswith("_bucket")}
    assert at_most["1800.0"] == 3
    assert at_most["14400.0"] == 5
    assert at_most["+Inf"] == 5
    assert math.fsum(s.value for s in lead.samples if s.name.endswith("_sum")) == 9000.0
    exact = {
        s.labels["percentile"]: s.value
        for s in families["platform_onboarding_lead_time_exact_seconds"].samples
    }
    assert exact == {"50": 1800.0, "90": 2760.0, "95": 2880.0}
    steps = {s.labels["step"] for s in families["platform_onboarding_step_failures"].samples}
    assert steps == {"repo.create", hostile}
    assert out.endswith("# EOF\n")


class Page(HTMLParser):
    """What a browser and a screen reader find in the page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.named: list[str] = []
        self.tags: list[str] = []
        self.loads: list[str] = []
        self.open: list[str] = []
        self.charts: list[set[str]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.tags.append(tag)
        self.ids += [given["id"] or ""] if "id" in given else []
        self.named += (given.get("aria-labelledby") or "").split()
        self.loads += [str(given[key]) for key in ("src", "href", "data", "action") if key in given]
        assert not [key for key in given if key.startswith("on")]
        if tag == "svg" and given.get("aria-hidden") != "true":
            assert given.get("role") == "img"
            self.charts.append(set())
        elif tag in {"title", "desc"} and self.charts:
            self.charts[-1].add(tag)
        if tag not in {"meta", "rect", "path", "br"}:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_is_one_file_without_scripts(kpi: Kpi) -> None:
    kpi.keep(several(30))
    kpi.keep(onboarding(70, asked=NOW - timedelta(days=300), lead_s=None, domain=HOSTILE))
    kpi.keep(onboarding(71, asked=NOW - timedelta(days=9), lead_s=50.0, step="<b>bold</b>"))
    out = kpi.show("--format", "html", "--baseline", "11d", "--by", "profile").out
    page = Page(out)
    assert page.open == []
    assert "script" not in page.tags
    assert "b" not in page.tags or out.count("<b>") == page.tags.count("b")
    assert page.loads == []
    assert not re.search(r"url\(|@import|https?://", out)
    assert "default-src 'none'" in out
    assert len(page.ids) == len(set(page.ids))
    assert set(page.named) <= set(page.ids)
    assert page.charts == [{"title", "desc"}] * 6
    assert out.count("<table>") >= 8
    for told in ("prefers-color-scheme: dark", "@media print", 'lang="en"', "&lt;script&gt;"):
        assert told in out


def test_a_page_without_data_draws_nothing(kpi: Kpi) -> None:
    page = Page(kpi.show("--format", "html").out)
    assert page.charts == []


@pytest.mark.parametrize("year", [1, 1970, 9999])
def test_any_year_can_be_drawn(kpi: Kpi, year: int) -> None:
    """An imported journal may hold any time."""
    kpi.keep(onboarding(1, asked=datetime(year, 12, 30, tzinfo=UTC), lead_s=0.0))
    for form in ("html", "human", "csv", "openmetrics"):
        shown = kpi.show("--format", form)
        assert (shown.code, shown.err) == (0, "")
