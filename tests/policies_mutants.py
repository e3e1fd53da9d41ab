"""Mutants of the bundle: each rule taken away, each condition taken for true.

Works on text as `opa fmt` lays it out: a rule begins in the first column, a statement of its body
after one tab, and a statement goes on until its brackets are closed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_TEXT = re.compile(r'"(?:[^"\\]|\\.)*"|`[^`]*`')


@dataclass(frozen=True, slots=True)
class Mutant:
    """A module with one thing less; `line` is where that was."""

    path: str
    line: int
    what: str
    text: str


def mutants(path: str, text: str) -> Iterator[Mutant]:
    """Every mutant of a module."""
    lines = text.split("\n")
    for start, end in _rules(lines):
        rest = lines[:start] + lines[end:]
        yield Mutant(path, start + 1, f"without {lines[start]}", "\n".join(rest))
        yield from _without_conditions(path, lines, start, end)


def _rules(lines: list[str]) -> Iterator[tuple[int, int]]:
    number = 0
    while number < len(lines):
        line = lines[number]
        if line and line[0] not in "#\t }])" and not line.startswith(("package ", "import ")):
            end = _end(lines, number)
            yield number, end
            number = end
        else:
            number += 1


def _end(lines: list[str], start: int) -> int:
    """The line after a statement: where its brackets are closed."""
    depth = 0
    for number in range(start, len(lines)):
        bare = _TEXT.sub("", lines[number])
        depth += sum(bare.count(c) for c in "([{") - sum(bare.count(c) for c in ")]}")
        if depth <= 0:
            return number + 1
    return len(lines)


def _without_conditions(path: str, lines: list[str], start: int, end: int) -> Iterator[Mutant]:
    if end == start + 1:
        head, found, condition = lines[start].partition(" if ")
        if found:
            what = f"{head} whether or not {condition}"
            yield Mutant(path, start + 1, what, "\n".join([*lines[:start], head, *lines[end:]]))
        return
    number = start + 1
    while number < end:
        line = lines[number]
        indent = len(line) - len(line.lstrip("\t"))
        if indent and line.strip()[0] not in "}])#":
            after = _end(lines, number)
            kept = [*lines[:number], "\t" * indent + "true", *lines[after:]]
            yield Mutant(path, number + 1, f"without {line.strip()}", "\n".join(kept))
            if after > number + 1 and line.strip().startswith("every "):
                yield from _without_conditions(path, lines, number, after - 1)
            number = after
        else:
            number += 1
