"""The embedded forge's pull requests: one record a repository, with all of them by number.

Owns the record alone. The caller holds the repository's folder while it changes something, and
says who is asked for a review.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final

from platform_cli.providers.forge import records, shapes
from platform_cli.providers.forge.port import PullRequest

_KIND: Final = "pull_requests"


@dataclass(frozen=True, slots=True)
class Proposal:
    """One pull request as the record has it, under its number. `head` is the tip it began with."""

    branch: str
    base: str
    title: str
    head: str
    reviewers: tuple[str, ...]
    open: bool = True


def newest(place: Path, branch: str) -> PullRequest | None:
    """The newest one from the branch, or None. Raises PLT-FORGE-002 for a damaged record."""
    own = {number: one for number, one in _all(place).items() if one.branch == branch}
    return _shown(place, max(own), own[max(own)]) if own else None


def add(place: Path, proposal: Proposal) -> PullRequest:
    """Record one more."""
    known = _all(place)
    number = max(known, default=0) + 1
    _write(place, {**known, number: proposal})
    return _shown(place, number, proposal)


def close(place: Path, branch: str) -> None:
    """Close the open one from the branch, if there is one."""
    known = _all(place)
    after = {
        number: replace(one, open=False) if one.branch == branch else one
        for number, one in known.items()
    }
    if after != known:
        _write(place, after)


def _all(place: Path) -> dict[int, Proposal]:
    raw = shapes.entries(_path(place), _KIND, _proposal)
    try:
        return {int(number): _proposal(one) for number, one in raw.items()}
    except ValueError as error:
        raise records.damaged(_path(place), str(error)) from None


def _write(place: Path, proposals: dict[int, Proposal]) -> None:
    raw: dict[str, Any] = {str(number): asdict(one) for number, one in sorted(proposals.items())}
    records.write(_path(place), {_KIND: raw})


def _proposal(value: object) -> Proposal:
    parts = shapes.mapping(value)
    return Proposal(
        branch=shapes.text(parts.get("branch")),
        base=shapes.text(parts.get("base")),
        title=shapes.text(parts.get("title")),
        head=shapes.text(parts.get("head")),
        reviewers=shapes.texts(parts.get("reviewers")),
        open=shapes.flag(parts.get("open")),
    )


def _shown(place: Path, number: int, one: Proposal) -> PullRequest:
    url = f"{_path(place).absolute().as_uri()}#{number}"
    return PullRequest(str(number), one.branch, one.title, url, one.open, one.reviewers)


def _path(place: Path) -> Path:
    return place / f"{_KIND}.json"
