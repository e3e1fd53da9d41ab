"""What can be wrong with a contract's text: the ids, one finding, and the report that gathers them.

Ids are permanent. A report never stops at the first finding.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Final, Literal

Severity = Literal["error", "warning"]
Place = tuple[int, int]

FINDINGS: Final[dict[str, str]] = {
    "yaml-encoding": "the file is not UTF-8, or holds a control character",
    "yaml-size": "the file is larger than 256 KiB",
    "yaml-syntax": "the file is not well-formed YAML",
    "yaml-empty": "the file says nothing",
    "yaml-documents": "the file holds more than one document",
    "yaml-depth": "something is nested deeper than 64 levels",
    "yaml-aliases": "more than 100 aliases, or aliases that grow without measure",
    "yaml-tag": "a YAML tag",
    "yaml-number": "a number that JSON cannot carry",
    "merge-key": "a merge key (`<<`)",
    "duplicate-key": "a key stands twice in one mapping",
    "wrong-key": "a key is not a text",
    "unknown-key": "a key that the language does not have",
    "missing-field": "a field that must be there is not",
    "wrong-type": "a value of another type than the field's",
    "wrong-value": "a value of the right type in a form that the field does not take",
    "unknown-type": "a column's type that the language does not have",
    "duplicate-column": "two columns whose names are equal, or differ only by case",
    "duplicate-value": "a value stands twice in one list",
    "unknown-column": "a name that should be one of the contract's columns is not",
    "value-mismatch": "a default or a value of an enum that the column's type or list cannot hold",
    "sunset-invalid": "a sunset_date that is not a day of the calendar",
    "duplicate-contract": "two files have one name and major",
    "more-findings": "there are more findings than are listed",
}

MOST_FINDINGS: Final = 1000
"""A person mends what a thousand lines say before they ask for more."""

_SUGGESTIONS: Final = 60
_CANDIDATES: Final = 150
_LONGEST_WORD: Final = 40
_LONGEST_SHOWN: Final = 60


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong: where it stands, what was expected, what was probably meant."""

    id: str
    severity: Severity
    message: str
    address: str
    line: int
    column: int
    expected: str | None = None
    nearest: str | None = None
    way_out: str | None = None
    """What to do, as a sentence."""
    link: str | None = None
    """Where the text of what was broken can be read."""


@dataclass(slots=True)
class Report:
    """The findings of one text, and where each address of it stands."""

    findings: list[Finding] = field(default_factory=list)
    places: dict[str, Place] = field(default_factory=dict)
    _left: int = _SUGGESTIONS

    @property
    def full(self) -> bool:
        """Whether enough has been found: readers of long lists stop there."""
        return len(self.findings) > MOST_FINDINGS

    def add(
        self,
        identity: str,
        address: str,
        message: str,
        *,
        expected: str | None = None,
        nearest: str | None = None,
        at: Place | None = None,
    ) -> None:
        """Note an error. Without `at` it stands where its address stands."""
        line, column = at or place_of(self.places, address)
        if len(self.findings) >= MOST_FINDINGS:
            if not self.full:
                message = f"more than {MOST_FINDINGS} findings: the rest is not listed"
                more = Finding("more-findings", "error", message, "", line, column)
                self.findings.append(more)
            return
        hint = f"; did you mean {nearest}?" if nearest is not None else ""
        self.findings.append(
            Finding(identity, "error", message + hint, address, line, column, expected, nearest)
        )

    def nearest(
        self,
        word: str,
        known: Iterable[str],
        synonyms: Mapping[str, str] | None = None,
    ) -> str | None:
        """The known word that was probably meant. Gives up after a while: a bomb has no typos."""
        lower = word[: _LONGEST_WORD + 1].lower()
        if synonyms and (meant := synonyms.get(lower.replace("-", "_"))):
            return meant
        if self._left <= 0 or len(word) > _LONGEST_WORD:
            return None
        self._left -= 1
        import difflib

        by_lower = {one.lower(): one for one in islice(known, _CANDIDATES)}
        close = difflib.get_close_matches(lower, by_lower, n=1, cutoff=0.6)
        return by_lower[close[0]] if close else None


def place_of(places: Mapping[str, Place], address: str) -> Place:
    """Where an address stands, or the nearest thing around it that the text has."""
    while address not in places:
        cut = max(address.rfind("."), address.rfind("["), address.rfind("{"))
        if cut < 0:
            return places.get("", (1, 1))
        address = address[:cut]
    return places[address]


def shown(text: str) -> str:
    """A text as a message quotes it: whole where it is short, without line breaks."""
    flat = " ".join(text[: _LONGEST_SHOWN * 2].split())
    cut = flat[:_LONGEST_SHOWN]
    return cut if cut == flat and len(text) <= _LONGEST_SHOWN * 2 else f"{cut}..."
