"""`consumes.yaml`: what a domain reads from others, and what its producers make of each pin.

A pin is resolved against what is handed in as published; where that comes from is not known here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, Literal, Protocol

from platform_cli.contracts.findings import Finding, Place, Report, Severity
from platform_cli.contracts.language import TABLE
from platform_cli.contracts.model import Deprecation
from platform_cli.contracts.record import Field, Record
from platform_cli.contracts.shape import INVALID, ListOf, Text, Word
from platform_cli.contracts.yaml_source import Items, Mapping, Node, compose

OnBreaking = Literal["fail", "warn"]

NAME: Final = "consumes.yaml"

PIN_FINDINGS: Final[dict[str, str]] = {
    "consumes-unreadable": "a `consumes.yaml` cannot be read: what it reads is not known",
    "contract-unreadable": "what pins are resolved against has a contract that is not valid: it "
    "counts as not published (warning)",
    "pin-unknown-table": "no contract of that name is published",
    "pin-draft": "the contract is a draft, which is not published",
    "pin-not-yet": "the pinned version is higher than what is published",
    "pin-gone": "the pinned major is no longer published; a warning where `on_breaking` is `warn`",
    "pin-sunsetting": "the producer has announced the end of the pinned major (warning)",
    "pin-sunset": "the sunset of the pinned major has passed; a warning where `on_breaking` is "
    "`warn`",
}

_PART: Final = r"(0|[1-9][0-9]{0,8})"
_PINNED: Final = re.compile(rf"\^{_PART}\.{_PART}")
_LOOSE: Final = re.compile(
    r"\s{0,9}(?:[\^~]|[>=]=|=|v)?\s{0,9}v?([0-9]{1,9})(?:\.([0-9]{1,9}|x|\*))?.{0,20}"
)


def _meant(text: str) -> str | None:
    found = _LOOSE.fullmatch(text)
    if found is None:
        return None
    minor = found[2] if found[2] and found[2].isdigit() else "0"
    return f"^{int(found[1])}.{int(minor)}"


PIN: Final = Record(
    "a mapping with source and pin",
    {
        "source": Field(TABLE, "The table that is read.", required=True),
        "pin": Field(
            Text("^major.minor, such as ^2.1", _PINNED, _meant),
            "The major, and the lowest minor of it that will do.",
            required=True,
        ),
        "on_breaking": Field(
            Word(("fail", "warn")),
            "What happens once the pinned major is gone; fail unless it says warn.",
        ),
    },
    {"table": "source", "name": "source", "version": "pin", "contract": "source"},
)
_FILE: Final = ListOf(PIN, "a list of what is read, or []", label="source")


@dataclass(frozen=True, slots=True)
class Pin:
    """One entry of `consumes.yaml`."""

    source: str
    major: int
    minor: int
    on_breaking: OnBreaking
    place: Place

    @property
    def text(self) -> str:
        """The pin as it is written."""
        return f"^{self.major}.{self.minor}"

    def takes(self, version: str) -> bool:
        """Whether the version will do. Below 1.0.0 another minor is another interface."""
        from semver import Version

        found = Version.parse(version)
        if found.major != self.major or (self.major == 0 and found.minor != self.minor):
            return False
        return found >= Version(self.major, self.minor, 0)


@dataclass(frozen=True, slots=True)
class LoadedPins:
    """What became of a `consumes.yaml`: the pins that are right, and every finding."""

    pins: tuple[Pin, ...]
    findings: tuple[Finding, ...]


class Offer(Protocol):
    """What resolving asks of a contract, be it a file or what a catalog says of a table."""

    @property
    def path(self) -> str:
        """Where it is: a file, or the table in its catalog."""
        ...

    @property
    def name(self) -> str:
        """The table, fully qualified."""
        ...

    @property
    def version(self) -> str:
        """The contract's version."""
        ...

    @property
    def major(self) -> int:
        """The first number of the version."""
        ...

    @property
    def draft(self) -> bool:
        """Whether it is not published yet."""
        ...

    @property
    def deprecation(self) -> Deprecation | None:
        """What this major replaces, and until when."""
        ...


@dataclass(frozen=True, slots=True)
class Resolution:
    """What a pin comes to today."""

    pin: Pin
    contract: Offer | None
    """The highest published version that the pin takes."""
    sunset_date: date | None
    days_left: int | None
    findings: tuple[Finding, ...]


def load(data: bytes) -> LoadedPins:
    """The pins that the text says, and every finding at once. Never raises."""
    report = Report()
    report.places[""] = (1, 1)
    root = compose(data, report)
    if root is None:
        # A file in which all is commented out reads nothing, as [] does.
        found = tuple(one for one in report.findings if one.id != "yaml-empty")
        return LoadedPins((), found)
    values = _FILE.read(root, "", report)
    pins = []
    seen: set[tuple[str, int]] = set()
    for place, entry in zip(_places(root), values if values is not INVALID else (), strict=False):
        if "source" not in entry or "pin" not in entry:
            continue
        pin = _pin(entry, place)
        key = (pin.source, pin.major)
        if key in seen:
            message = f"{pin.source} is pinned to ^{pin.major} twice"
            expected = "one pin a major"
            report.add("duplicate-value", pin.source, message, expected=expected, at=place)
        seen.add(key)
        pins.append(pin)
    report.findings.sort(key=lambda finding: (finding.line, finding.column))
    return LoadedPins(tuple(pins), tuple(report.findings))


def _places(root: Node) -> Iterator[Place]:
    """Where each entry stands. Two majors of one table have one address and two places."""
    for entry in root.entries if isinstance(root, Items) else ():
        if isinstance(entry, Mapping):
            yield entry.line, entry.column


def _pin(entry: dict[str, Any], place: Place) -> Pin:
    major, _, minor = entry["pin"].removeprefix("^").partition(".")
    return Pin(entry["source"], int(major), int(minor), entry.get("on_breaking", "fail"), place)


def resolve(pins: Iterable[Pin], contracts: Iterable[Offer], *, today: date) -> list[Resolution]:
    """What each pin comes to among the contracts, in the order of the pins. Today is in UTC."""
    by_name: dict[str, list[Offer]] = {}
    for contract in contracts:
        by_name.setdefault(contract.name, []).append(contract)
    return [_resolve(pin, by_name.get(pin.source, []), by_name, today) for pin in pins]


def _resolve(pin: Pin, known: Sequence[Offer], names: Iterable[str], today: date) -> Resolution:
    published = [contract for contract in known if not contract.draft]
    fitting = [contract for contract in published if pin.takes(contract.version)]
    chosen = _highest(fitting)
    announced = _announced(pin, published)
    sunset = announced.deprecation.sunset_date if announced and announced.deprecation else None
    days_left = (sunset - today).days if sunset is not None else None
    findings = []
    if announced is not None and days_left is not None:
        findings.append(_sunsetting(pin, announced, days_left))
    same = [contract for contract in published if contract.major == pin.major]
    # Of a major whose end is announced, the announcement is all there is to say.
    if chosen is None and (same or not findings):
        findings.append(_unresolved(pin, known, same or published, names))
    return Resolution(pin, chosen, sunset, days_left, tuple(findings))


def _highest(contracts: Sequence[Offer]) -> Offer | None:
    from semver import Version

    return max(contracts, key=lambda one: Version.parse(one.version), default=None)


def _announced(pin: Pin, published: Sequence[Offer]) -> Offer | None:
    """The contract whose deprecation ends the pinned major; the latest word counts."""
    ending = []
    for one in published:
        deprecation = one.deprecation
        if deprecation is None or deprecation.sunset_date is None or one.major <= pin.major:
            continue
        about = deprecation.previous_version
        ended = int(about.partition(".")[0]) if about else one.major - 1
        if ended == pin.major:
            ending.append(one)
    return _highest(ending)


def _sunsetting(pin: Pin, announced: Offer, days_left: int) -> Finding:
    deprecation = announced.deprecation
    notes = deprecation.migration_notes.strip() if deprecation else ""
    next_pin = f"^{announced.major}.{announced.version.split('.')[1]}"
    way_out = f"; read {next_pin}" + (f": {notes}" if notes else "")
    if days_left >= 0:
        days = "1 day" if days_left == 1 else f"{days_left} days"
        message = f"your producer is sunsetting {pin.text} in {days}{way_out}"
        return _finding("pin-sunsetting", "warning", message, pin)
    day = deprecation.sunset_date if deprecation else None
    message = f"your producer has sunset {pin.text} on {day}{way_out}"
    return _finding("pin-sunset", _severity(pin), message, pin)


def _unresolved(
    pin: Pin, known: Sequence[Offer], published: Sequence[Offer], names: Iterable[str]
) -> Finding:
    if not known:
        nearest = Report().nearest(pin.source, names)
        hint = f"; did you mean {nearest}?" if nearest else ""
        message = f"no contract of {pin.source} is published{hint}"
        return _finding("pin-unknown-table", "error", message, pin, nearest)
    newest = _highest(published)
    if newest is None:
        message = f"{pin.source} is a draft: it is not published yet"
        return _finding("pin-draft", "error", message, pin)
    if _beyond(pin, newest):
        message = f"your producer no longer publishes {pin.text}: {newest.version} is the newest"
        return _finding("pin-gone", _severity(pin), message, pin)
    message = f"{pin.text} is not published yet: {newest.version} is the newest"
    return _finding("pin-not-yet", "error", message, pin)


def _beyond(pin: Pin, newest: Offer) -> bool:
    """Whether the producer has gone on past everything that the pin takes."""
    minor = int(newest.version.split(".")[1])
    if newest.major == pin.major == 0:
        return minor > pin.minor
    return newest.major > pin.major


def _severity(pin: Pin) -> Severity:
    return "warning" if pin.on_breaking == "warn" else "error"


def _finding(
    identity: str, severity: Severity, message: str, pin: Pin, nearest: str | None = None
) -> Finding:
    line, column = pin.place
    return Finding(identity, severity, message, pin.source, line, column, None, nearest)
