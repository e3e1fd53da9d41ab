"""CODEOWNERS as GitHub reads it: which line decides for a path, and which lines it ignores.

Where GitHub's reading is not documented a line counts as invalid: better an alarm for a line that
works than an owner who is never asked. Knows neither git nor who may write to a repository.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Final

# In the order in which GitHub looks: the first one found counts, the others are not read.
LOCATIONS: Final = (".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS")
LARGEST: Final = 3_000_000

_OWNER: Final = re.compile(
    r"@[A-Za-z0-9][A-Za-z0-9_-]*(?:/[A-Za-z0-9_][A-Za-z0-9._-]*)?"
    r"|[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9][A-Za-z0-9.-]*",
)
_BLANK: Final = " \t"

# A pattern is a list of steps along a path. A letter is a step over that very letter; the others:
_ANY: Final = 1  # `?`: any letter but `/`
_STAR: Final = 2  # `*`: letters, none of them `/`; possibly none at all
_SKIP: Final = 3  # the start of `**/`: goes on to `_DEEPER`, or past it
_DEEPER: Final = 4  # the inside of `**/`: any letters up to a `/`
_BELOW: Final = 5  # the `/` after a folder, and everything behind it
_Step = str | int


@dataclass(frozen=True, slots=True)
class _Pattern:
    steps: tuple[_Step, ...]
    # Whether what stands before a final `_BELOW` matches as it is, too.
    also_itself: bool


@dataclass(frozen=True, slots=True)
class Rule:
    """One line that counts. No owners: what matches has none."""

    line: int
    pattern: str
    owners: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ignored:
    """One line that GitHub leaves out, and why. Line 0 is the file as a whole."""

    line: int
    text: str
    reason: str


@dataclass(frozen=True, slots=True)
class Codeowners:
    """A file that was read. The rules are in the file's order."""

    rules: tuple[Rule, ...]
    ignored: tuple[Ignored, ...]
    _matcher: _Matcher = field(repr=False, compare=False)

    def rule(self, path: str) -> Rule | None:
        """The line that decides for a file: the last one that matches, or None."""
        index = self._matcher.last(path)
        return None if index is None else self.rules[index]


def parse(content: bytes) -> Codeowners:
    """Read a whole file. Never fails: what cannot be read is among the ignored lines."""
    if len(content) > LARGEST:
        reason = "the file is larger than 3 MB, so none of it is read"
        return Codeowners((), (Ignored(0, "", reason),), _Matcher([]))
    rules: list[Rule] = []
    ignored: list[Ignored] = []
    patterns: list[_Pattern] = []
    lines = content.decode("utf-8-sig", errors="replace").split("\n")
    for number, line in enumerate(lines, start=1):
        try:
            words = list(_words(line.removesuffix("\r")))
            if words:
                compiled = _compile(words[0])
                rules.append(Rule(number, words[0], _owners(words[1:])))
                patterns.append(compiled)
        except ValueError as error:
            ignored.append(Ignored(number, line.strip(), str(error)))
    return Codeowners(tuple(rules), tuple(ignored), _Matcher(patterns))


def matches(pattern: str, path: str) -> bool:
    """Whether one pattern matches a file's path. Raises ValueError for an invalid pattern."""
    return _Matcher([_compile(pattern)]).last(path) is not None


def _words(line: str) -> Iterator[str]:
    """The words of a line up to its comment, with their escapes still in them."""
    start: int | None = None
    index = 0
    while index < len(line):
        letter = line[index]
        if letter == "#":
            if start is not None:
                raise ValueError("a # inside a word: leave a blank before a comment")
            return
        if letter in _BLANK:
            if start is not None:
                yield line[start:index]
            start = None
        elif start is None:
            start = index
        index += 2 if letter == "\\" else 1
    if start is not None:
        yield line[start:]


def _owners(words: list[str]) -> tuple[str, ...]:
    for word in words:
        if not _OWNER.fullmatch(word):
            raise ValueError(f"{word[:60]} is not an owner; write @user, @org/team or a mail")
    return tuple(words)


def _compile(pattern: str) -> _Pattern:
    """Read a pattern. Raises ValueError saying what GitHub does not take."""
    if pattern.startswith("!"):
        raise ValueError("! does not take anything back here")
    if "***" in pattern:
        raise ValueError("three stars in a row")
    if pattern == "/":
        raise ValueError("/ alone never matches anything; * is everything")
    parts = pattern.removeprefix("/").removesuffix("/").split("/")
    if "/" not in pattern[:-1] and parts != ["**"]:
        parts.insert(0, "**")  # a name alone is looked for in every folder
    *above, last = parts
    steps: list[_Step] = []
    for part in above:
        if part != "**":
            steps.extend((*_letters(part), "/"))
        elif steps[-1:] != [_DEEPER]:  # `**/**/` is `**/`
            steps.extend((_SKIP, _DEEPER))
    if last == "**" and steps[-1:] == ["/"]:  # `docs/**` is `docs/`
        return _Pattern((*steps[:-1], _BELOW), also_itself=False)
    if last == "**":
        steps.extend((_STAR,) if steps else (_SKIP, _DEEPER, _STAR))
    else:
        steps.extend(_letters(last))
    return _ended(steps, last, folder=pattern.endswith("/"))


def _ended(steps: list[_Step], last: str, *, folder: bool) -> _Pattern:
    """What may follow the last part: a name stands for a file and for all of a folder."""
    if last in {"*", "**"} and not folder:  # `docs/*`: files in docs, not those in its folders
        return _Pattern(tuple(steps), also_itself=False)
    return _Pattern((*steps, _BELOW), also_itself=not folder)


def _letters(part: str) -> Iterator[_Step]:
    escaped = False
    star = False
    for letter in part:
        if letter in "[]":
            raise ValueError("[ ] does not make a range here, and cannot be written")
        if escaped and letter == "#":
            raise ValueError("a # cannot be escaped here")
        was_star, star = star, letter == "*" and not escaped
        if letter == "\\" and not escaped:
            escaped = True
            continue
        if star:
            if not was_star:  # `a**b` is `a*b`
                yield _STAR
        else:
            yield _ANY if letter == "?" and not escaped else letter
        escaped = False
    if escaped:
        raise ValueError("a \\ at the end escapes nothing")


class _Matcher:
    """All patterns of a file at once, walked along a path letter by letter.

    A bit for each place in each pattern says whether the path so far leads there. The time is the
    path's length times the patterns' length over the width of a machine word, whatever they hold.
    """

    def __init__(self, patterns: Sequence[_Pattern]) -> None:
        self._starts: list[int] = []
        self._size = 0
        self._at: defaultdict[_Step, list[int]] = defaultdict(list)
        ends: list[int] = []
        accepted: list[int] = []
        for pattern in patterns:
            self._starts.append(self._size)
            for place, step in enumerate(pattern.steps, start=self._size):
                self._at[step].append(place)
            end = self._size + len(pattern.steps)
            accepted.extend((end - 1, end) if pattern.also_itself else (end,))
            ends.extend((end,) if pattern.steps[-1] == _BELOW else ())
            self._size = end + 1
        self._accepted = self._bits(accepted)
        self._star, self._skip = self._bits(self._at[_STAR]), self._bits(self._at[_SKIP])
        # Where the walk may stay: at a `/` only in `**` and behind a folder, else at a star, too.
        self._stay_at_slash = self._bits(self._at[_DEEPER]) | self._bits(ends)
        self._stay = self._stay_at_slash | self._star
        self._moves: dict[str, int] = {}

    def last(self, path: str) -> int | None:
        """The index of the last pattern that matches the whole path, or None."""
        reached = self._for_nothing(self._bits(self._starts))
        for letter in path:
            stay = self._stay_at_slash if letter == "/" else self._stay
            reached = self._for_nothing((reached & self._move(letter)) << 1 | reached & stay)
            if not reached:
                return None
        place = (reached & self._accepted).bit_length() - 1
        return bisect_right(self._starts, place) - 1 if place >= 0 else None

    def _for_nothing(self, reached: int) -> int:
        """Add the places that are reached without a letter."""
        skipping = reached & self._skip
        reached |= skipping << 1 | skipping << 2
        return reached | (reached & self._star) << 1

    def _move(self, letter: str) -> int:
        """The places from which the letter leads on to the next."""
        if letter not in self._moves:
            others = (_DEEPER, _BELOW) if letter == "/" else (_ANY,)
            places = (self._at.get(step, []) for step in (letter, *others))
            self._moves[letter] = self._bits(chain.from_iterable(places))
        return self._moves[letter]

    def _bits(self, places: Iterable[int]) -> int:
        packed = bytearray(self._size // 8 + 1)
        for place in places:
            packed[place >> 3] |= 1 << (place & 7)
        return int.from_bytes(packed, "little")
