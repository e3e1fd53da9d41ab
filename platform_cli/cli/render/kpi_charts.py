"""The six charts of the report, each from the document's own figures. Nothing is computed here
but places on the paper; every chart has a sentence that says the same in words.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Any, Final

from platform_cli.cli.render import kpi_svg as svg
from platform_cli.cli.render.kpi import before_and_now, between, ranked
from platform_cli.cli.render.text import duration

PARTS: Final = ("machine", "retry", "waiting")
_MOST_ROWS: Final = 12
_WEEKS: Final = 26
_ROW: Final = 24
_FIRST_DAY: Final = datetime.min.replace(tzinfo=UTC).timestamp()
_LAST_DAY: Final = datetime.max.replace(tzinfo=UTC).timestamp() - 1


@dataclass(frozen=True, slots=True)
class Chart:
    """A picture, what it is called, what it says in words, and the table with its numbers."""

    id: str
    title: str
    said: str
    picture: str
    legend: tuple[tuple[str, str], ...] = ()
    """A class of the page and what it means."""


def over_time(told: Mapping[str, Any]) -> Chart:
    """Every onboarding at the day it was ready; the p50 of each week; target and alarm."""
    leads = [run["lead_time_s"] for run in told["runs"]]
    days = [_moment(run["ready"]) for run in told["runs"]]
    up = svg.duration_scale([*leads, told["target_s"], told["alarm_s"]])
    across = _time_scale(days)
    drawn = svg.duration_axis(up) + _time_axis(across)
    drawn += svg.dots("dot", [(across(d), up(s)) for d, s in zip(days, leads, strict=True)])
    weeks = [
        (across(_middle_of(week["key"])), up(week["lead_time_s"]["p50"])) for week in told["trend"]
    ]
    drawn += svg.curve("median", weeks) if len(weeks) > 1 else ""
    drawn += _limits(told, up)
    within = sum(lead <= told["target_s"] for lead in leads)
    alarmed = sum(lead > told["alarm_s"] for lead in leads)
    said = (
        f"{within} of {len(leads)} within the target of {duration(told['target_s'])}, "
        f"{alarmed} above the alarm of {duration(told['alarm_s'])}."
    )
    title = "Lead time over time"
    return Chart(
        "over-time",
        title,
        said,
        svg.picture("over-time", title, f"{said} Logarithmic scale.", drawn),
        (("dot", "one onboarding"), ("median", "p50 of a week")),
    )


def _limits(told: Mapping[str, Any], up: svg.Scale) -> str:
    """Target and alarm, above all else: their names are read over the dots."""
    drawn, right = "", svg.WIDTH - svg.RIGHT
    for kind in ("target", "alarm"):
        y = up(told[f"{kind}_s"])
        name = f"{kind} {duration(told[f'{kind}_s'])}"
        drawn += svg.line(kind, svg.LEFT, y, right, y)
        drawn += svg.text(name, right, y - 5, "end", f"{kind}-text")
    return drawn


def distribution(told: Mapping[str, Any]) -> Chart:
    """How many took how long, in the buckets of the document."""
    buckets = _trimmed(told["distribution"])
    highest = max(bucket["n"] for bucket in buckets)
    up = svg.Scale(0, max(highest, 1), svg.FLOOR, svg.TOP + 12)
    wide = svg.INSIDE / len(buckets)
    drawn = svg.count_axis(up)
    for place, bucket in enumerate(buckets):
        x = svg.LEFT + place * wide
        top = up(bucket["n"])
        kind = _level(bucket["up_to_s"], told)
        drawn += svg.bar(kind, x + 2, top, wide - 4, svg.FLOOR - top)
        if bucket["n"]:
            drawn += svg.text(f"{bucket['n']:,}", x + wide / 2, top - 4, "middle", "value")
        name = "more" if bucket["up_to_s"] is None else _short(bucket["up_to_s"])
        lower = 15 if len(buckets) <= 8 or place % 2 == 0 else 28  # noqa: PLR2004 - room for names
        drawn += svg.text(name, x + wide / 2, svg.FLOOR + lower, "middle")
    most = max(buckets, key=lambda bucket: bucket["n"])
    bound = "more than the last bound" if most["up_to_s"] is None else _short(most["up_to_s"])
    said = f"The fullest bar, {most['n']} of {told['n']}, ends at {bound}."
    title = "How the lead times are distributed"
    about = f"{said} Each bar counts the onboardings up to its bound and above the one before."
    return Chart(
        "distribution",
        title,
        said,
        svg.picture("distribution", title, about, drawn),
        (("good", "within target"), ("fair", "up to the alarm"), ("poor", "above the alarm")),
    )


def by_step(told: Mapping[str, Any]) -> Chart:
    """How long the median onboarding spends in each step; the longest first."""
    shown, between_s = ranked(told)[:_MOST_ROWS], between(told)
    widest = max((_p90(step) for step in shown), default=0) or 1
    left, height = 126, svg.TOP + max(len(shown), 1) * _ROW + 12
    across = svg.Scale(0, widest, left, svg.WIDTH - 168)
    drawn = ""
    for place, step in enumerate(shown):
        y = svg.TOP + place * _ROW
        p50 = step["lead_time_s"]["p50"]
        drawn += svg.text(svg.shortened(step["key"], 17), left - 8, y + 13, "end", "value")
        drawn += svg.bar("range", left, y + 6, across(_p90(step)) - left, 6)
        drawn += svg.bar("machine", left, y + 2, across(p50) - left, 14)
        p90 = step["lead_time_s"]["p90"]
        numbers = duration(p50) if p90 is None else f"{duration(p50)} · {duration(p90)}"
        drawn += svg.text(numbers, across(_p90(step)) + 6, y + 13)
    longest = shown[0] if shown else None
    said = (
        f"The longest step, {longest['key']}, takes {duration(longest['lead_time_s']['p50'])} of "
        "the median onboarding, its waits included."
        if longest is not None
        else "No step took any time."
    )
    if between_s:
        said += f" For {duration(between_s)} no step is running: a person, an approval."
    title = "Where the time goes, by step"
    return Chart(
        "by-step",
        title,
        said,
        svg.picture("by-step", title, said, drawn, height),
        (("machine", "p50"), ("range", "p90, from five on")),
    )


def machine_and_waiting(told: Mapping[str, Any]) -> Chart:
    """The parts of the lead time: in all, and by week."""
    weeks = told["trend"][-_WEEKS:]
    columns = [("all", told["split_s"]), *((week["key"][5:], week["split_s"]) for week in weeks)]
    wide = svg.INSIDE / (len(columns) + 0.5)
    up = svg.Scale(0, 1, svg.FLOOR, svg.TOP)
    drawn = "".join(
        svg.line("grid", svg.LEFT, up(part), svg.WIDTH - svg.RIGHT, up(part))
        + svg.text(f"{part:.0%}", svg.LEFT - 6, up(part) + 4, "end")
        for part in (0, 0.25, 0.5, 0.75, 1)
    )
    every = max(1, round(len(columns) / 6))
    for place, (name, split) in enumerate(columns):
        x = svg.LEFT + (place + (0.5 if place else 0)) * wide
        drawn += _stack(split, x, wide, up)
        if place == 0 or place % every == every // 2:
            drawn += svg.text(name, x + wide / 2, svg.FLOOR + 16, "middle")
    whole = sum(told["split_s"].values())
    shares = ", ".join(
        f"{part} {told['split_s'][part] / whole:.0%}" if whole else f"{part} none" for part in PARTS
    )
    said = f"Of all lead time: {shares}."
    title = "Machine time against waiting"
    return Chart(
        "machine-waiting",
        title,
        said,
        svg.picture("machine-waiting", title, said, drawn),
        (("machine", "machine"), ("retry", "retry"), ("waiting", "waiting")),
    )


def _stack(split: Mapping[str, float], x: float, wide: float, up: svg.Scale) -> str:
    whole, below, drawn = sum(split.values()), 0.0, ""
    for part in PARTS:
        share = split[part] / whole if whole else 0
        top = up(below + share)
        drawn += svg.bar(part, x + wide * 0.08, top, wide * 0.84, up(below) - top)
        below += share
    return drawn


def in_progress(told: Mapping[str, Any]) -> Chart:
    """How many were open at the end of each day or week."""
    points = told["in_progress"]
    highest = max(point["open"] for point in points)
    up = svg.Scale(0, max(highest, 1), svg.FLOOR, svg.TOP + 6)
    days = [_day(point["day"]) for point in points]
    across = _time_scale(days)
    places = [(across(d), up(p["open"])) for d, p in zip(days, points, strict=True)]
    stairs = [places[0]]
    for (_, before), (x, y) in pairwise(places):
        stairs += [(x, before), (x, y)]
    area = [(stairs[0][0], svg.FLOOR), *stairs, (stairs[-1][0], svg.FLOOR)]
    drawn = svg.count_axis(up) + _time_axis(across)
    drawn += svg.curve("area", area) + svg.curve("open", stairs)
    if len(places) == 1:
        drawn += svg.dots("dot", places)
    now = f"{told['open']} open now, {told['abandoned']} of them abandoned"
    said = f"{now}; at most {highest} at the end of a day."
    title = "Onboardings in progress"
    return Chart("in-progress", title, said, svg.picture("in-progress", title, said, drawn))


def before_and_after(told: Mapping[str, Any]) -> Chart | None:
    """The p50 beside what it was before; None where nothing was said of before."""
    compared = told["baseline"]
    if compared is None or compared["after_s"] is None:
        return None
    before, after = compared["before_s"], compared["after_s"]
    left, height = svg.LEFT, svg.TOP + 2 * 44 + 10
    across = svg.Scale(0, max(before, after, 1), left, svg.WIDTH - 110)
    drawn = ""
    for place, (name, seconds) in enumerate((("before", before), ("now", after))):
        y = svg.TOP + place * 44
        drawn += svg.text(name, left - 8, y + 19, "end", "value")
        drawn += svg.bar(
            "waiting" if place == 0 else "machine", left, y, across(seconds) - left, 28
        )
        drawn += svg.text(duration(seconds), across(seconds) + 8, y + 19, "start", "value")
    said = before_and_now(compared)
    title = "Before and after"
    picture = svg.picture("before-after", title, f"{said}.", drawn, height)
    return Chart("before-after", title, f"{said}.", picture)


def _p90(step: Mapping[str, Any]) -> float:
    lead = step["lead_time_s"]
    return float(max(lead["p50"], lead["p90"] or 0))


def _trimmed(buckets: Sequence[Mapping[str, Any]]) -> Sequence[Mapping[str, Any]]:
    """Without the empty ones at both ends."""
    full = [place for place, bucket in enumerate(buckets) if bucket["n"]]
    return buckets[full[0] : full[-1] + 1]


def _level(up_to_s: float | None, told: Mapping[str, Any]) -> str:
    if up_to_s is not None and up_to_s <= told["target_s"]:
        return "good"
    return "fair" if up_to_s is not None and up_to_s <= told["alarm_s"] else "poor"


def _short(seconds: float) -> str:
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "m")):
        if seconds % size == 0:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"


def _moment(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def _day(text: str) -> float:
    return datetime.combine(date.fromisoformat(text), time(12), tzinfo=UTC).timestamp()


def _middle_of(week: str) -> float:
    year, number = week.split("-W")
    thursday = date.fromisocalendar(int(year), int(number), 4)
    return datetime.combine(thursday, time(12), tzinfo=UTC).timestamp()


def _time_scale(moments: Sequence[float]) -> svg.Scale:
    first, last = min(moments), max(moments)
    half_s = max(0.0, (86_400 - (last - first)) / 2)  # one day alone stands in the middle
    low, high = max(first - half_s, _FIRST_DAY), min(last + half_s, _LAST_DAY)
    return svg.Scale(low, high, svg.LEFT + 8, svg.WIDTH - svg.RIGHT - 8)


def _time_axis(across: svg.Scale) -> str:
    drawn = svg.line("axis", svg.LEFT, svg.FLOOR, svg.WIDTH - svg.RIGHT, svg.FLOOR)
    for part, anchor in ((0.0, "start"), (0.5, "middle"), (1.0, "end")):
        at = across.low + part * (across.high - across.low)
        day = (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=at)).date().isoformat()
        drawn += svg.text(day, across(at), svg.FLOOR + 20, anchor)
    return drawn
