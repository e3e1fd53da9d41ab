"""The parts that charts are made of: scales, axes, labels, and the picture around them.

Plain strings of SVG, coloured by the page's classes. Knows no figure. Every text is escaped here.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

from platform_cli.cli.render.text import clean

WIDTH: Final = 480
HEIGHT: Final = 270
LEFT: Final = 62
RIGHT: Final = 14
TOP: Final = 24
BOTTOM: Final = 34
FLOOR: Final = HEIGHT - BOTTOM
INSIDE: Final = WIDTH - LEFT - RIGHT

# What a logarithmic axis of durations is marked with, in seconds.
_MARKS: Final = (
    (1, "1 s"),
    (10, "10 s"),
    (60, "1 min"),
    (600, "10 min"),
    (3_600, "1 h"),
    (36_000, "10 h"),
    (86_400, "1 day"),
    (604_800, "1 week"),
    (2_592_000, "30 days"),
    (31_536_000, "1 year"),
    (315_360_000, "10 years"),
    (3_153_600_000, "100 years"),
)


@dataclass(frozen=True, slots=True)
class Scale:
    """From a value to its place on the paper."""

    low: float
    high: float
    begin: float
    end: float
    logarithmic: bool = False

    def __call__(self, value: float) -> float:
        """Where the value stands; what is beyond an end stands at that end."""
        low, high, at = self.low, self.high, min(max(value, self.low), self.high)
        if self.logarithmic:
            low, high, at = math.log(low), math.log(high), math.log(at)
        part = (at - low) / (high - low) if high > low else 0.5
        return round(self.begin + part * (self.end - self.begin), 1)


def duration_scale(values: Sequence[float]) -> Scale:
    """A logarithmic scale, upwards, with room around the values."""
    low = max(min(values, default=1.0), 1.0) / 1.5
    high = max(max(values, default=1.0), 10.0) * 1.6
    return Scale(max(low, 0.7), high, FLOOR, TOP, logarithmic=True)


def duration_axis(scale: Scale) -> str:
    """Grid lines across, each with its duration."""
    marks = [(at, name) for at, name in _MARKS if scale.low <= at <= scale.high]
    while len(marks) > 7:  # noqa: PLR2004 - more would touch
        marks = marks[::2]
    return "".join(
        line("grid", LEFT, scale(at), WIDTH - RIGHT, scale(at))
        + text(name, LEFT - 6, scale(at) + 4, "end")
        for at, name in marks
    )


def count_axis(scale: Scale) -> str:
    """Grid lines across, at whole numbers."""
    step = max(1, round_up(scale.high / 4))
    marks = range(0, int(scale.high) + 1, step)
    return "".join(
        line("grid", LEFT, scale(at), WIDTH - RIGHT, scale(at))
        + text(f"{at:,}", LEFT - 6, scale(at) + 4, "end")
        for at in marks
    )


def round_up(value: float) -> int:
    """The next of 1, 2, 5, 10, 20, 50, …"""
    power = 1
    while True:
        for digit in (1, 2, 5):
            if digit * power >= value:
                return digit * power
        power *= 10


def escaped(said: str) -> str:
    """Text for the page: nothing in it is markup, or steers the direction of writing."""
    return escape(" ".join(clean(said).encode("utf-8", "replace").decode().split()))


def shortened(said: str, longest: int) -> str:
    """The text, cut with an ellipsis where there is no room for it."""
    whole = " ".join(clean(said).split())
    return whole if len(whole) <= longest else f"{whole[: longest - 1]}…"


def text(said: str, x: float, y: float, anchor: str = "start", kind: str = "") -> str:
    """A label."""
    style = f' class="{kind}"' if kind else ""
    side = "" if anchor == "start" else f' text-anchor="{anchor}"'
    return f'<text x="{_n(x)}" y="{_n(y)}"{side}{style}>{escaped(said)}</text>'


def line(kind: str, x1: float, y1: float, x2: float, y2: float) -> str:
    """A straight line."""
    return f'<path class="{kind}" d="M{_n(x1)} {_n(y1)}L{_n(x2)} {_n(y2)}"/>'


def curve(kind: str, points: Sequence[tuple[float, float]]) -> str:
    """A line through the points."""
    return f'<path class="{kind}" d="M{"L".join(f"{_n(x)} {_n(y)}" for x, y in points)}"/>'


def dots(kind: str, points: Sequence[tuple[float, float]]) -> str:
    """A dot each: lines of no length with round ends, ten bytes a dot."""
    return f'<path class="{kind}" d="{"".join(f"M{_n(x)} {_n(y)}h0" for x, y in points)}"/>'


def bar(kind: str, x: float, y: float, width: float, height: float) -> str:
    """A rectangle; one of nearly no size is still seen."""
    if width <= 0 or height <= 0:
        return ""
    size = f'width="{_n(max(width, 0.8))}" height="{_n(max(height, 0.8))}"'
    return f'<rect class="{kind}" x="{_n(x)}" y="{_n(y)}" {size}/>'


def picture(name: str, title: str, about: str, drawn: str, height: int = HEIGHT) -> str:
    """The whole chart, with a title and a description for who cannot see it."""
    return (
        f'<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-labelledby="{name}-t {name}-d">'
        f'<title id="{name}-t">{escaped(title)}</title><desc id="{name}-d">{escaped(about)}</desc>'
        f"{drawn}</svg>"
    )


def _n(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
