"""Which contract of a baseline each contract is compared with, and which are gone.

A contract is one by its name and major. A file that moved is no contract that was removed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from platform_cli.contracts.findings import Finding
from platform_cli.contracts.model import Contract


@dataclass(frozen=True, slots=True)
class Pair:
    """A contract and what it is compared with; None where it is new."""

    new: Contract
    old: Contract | None
    stays: bool
    """Whether the old one remains beside the new major."""


@dataclass(frozen=True, slots=True)
class Pairs:
    """Every contract with its own of the baseline, and those of the baseline that are gone."""

    pairs: tuple[Pair, ...]
    gone: tuple[Contract, ...]


def pair(new: Sequence[Contract], old: Sequence[Contract]) -> Pairs:
    """Match by name and major, else the highest lower major of that name, else by path."""
    present = {_key(one) for one in new}
    by_key = {_key(one): one for one in old}
    by_path = {one.path: one for one in old}
    pairs = []
    for one in new:
        match = by_key.get(_key(one)) or _lower(one, old)
        if match is None:
            match = by_path.get(one.path)
            # What stood at the path may have moved elsewhere: then this one is new.
            if match is not None and _key(match) in present:
                match = None
        beside = match is not None and _key(match) != _key(one) and _key(match) in present
        pairs.append(Pair(one, match, stays=beside))
    matched = {id(one.old) for one in pairs}
    return Pairs(tuple(pairs), tuple(one for one in old if id(one) not in matched))


def repeated(contracts: Iterable[Contract]) -> Iterator[tuple[Contract, Finding]]:
    """Each contract whose name and major another file has, too, with what to say of it."""
    first: dict[tuple[str, int], Contract] = {}
    for one in contracts:
        known = first.setdefault(_key(one), one)
        if known is not one:
            line, column = one.place("name")
            message = f"{one.name} {one.major}.x is the contract of {known.path} already"
            expected = "one contract a name and major"
            yield (
                one,
                Finding("duplicate-contract", "error", message, "name", line, column, expected),
            )


def _key(one: Contract) -> tuple[str, int]:
    return one.name, one.major


def _lower(one: Contract, old: Iterable[Contract]) -> Contract | None:
    lower = (other for other in old if other.name == one.name and other.major < one.major)
    return max(lower, key=lambda other: other.major, default=None)
