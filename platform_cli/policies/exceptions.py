"""Exceptions: files that let one table pass one policy for a limited time.

Owns what an exception must say. All that is wrong with all of them is told at once, and then
nothing is decided: an exception that cannot be read must not look like one that ran out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from platform_cli.errors import PlatformError, Problem
from platform_cli.policies.bundle import Bundle
from platform_cli.policies.metadata import policies
from platform_cli.policies.reading import read
from platform_cli.policies.times import last_moment, moment

FOLDER: Final = "exceptions"
FIELDS: Final = ("policy", "resource", "reason", "granted_by", "granted_on", "expires")
LONGEST: Final = timedelta(days=90)

_TABLE: Final = re.compile(r"[^.\s]+\.(raw|derived|product)\.[^.\s]+")

SCHEMA: Final[Mapping[str, Any]] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "An exception from one policy for one table",
    "type": "object",
    "required": list(FIELDS),
    "additionalProperties": False,
    "properties": {
        "policy": {"type": "string", "minLength": 1},
        "resource": {"type": "string", "pattern": r"^[^.\s]+\.(raw|derived|product)\.[^.\s]+$"},
        "reason": {"type": "string", "pattern": r"\S"},
        "granted_by": {"type": "string", "pattern": r"\S"},
        "granted_on": {"type": "string", "description": "A time with its offset, or a day"},
        "expires": {"type": "string", "description": "At most 90 days after granted_on"},
    },
}


@dataclass(frozen=True, slots=True)
class PolicyException:
    """One exception. It holds from `granted_on` to `expires`, both included."""

    path: str
    policy: str
    resource: str
    reason: str
    granted_by: str
    granted_on: datetime
    expires: datetime
    until: str
    """`expires` as the file has it."""

    def valid(self, now: datetime) -> bool:
        """Whether it holds at this moment."""
        return self.granted_on <= now <= self.expires

    def days_left(self, now: datetime) -> int:
        """Whole days that are left; below zero where it ran out."""
        return (self.expires - now).days


def read_files(
    files: Mapping[str, bytes], bundle: Bundle, now: datetime
) -> tuple[PolicyException, ...]:
    """The exceptions of these files by path. Raises PLT-POLICY-005 with all that is wrong."""
    allowed = {policy.id: policy.exceptions for policy in policies(bundle)}
    found: list[PolicyException] = []
    problems: list[Problem] = []
    for path in sorted(files):
        exception, wrong = _read_one(path, files[path], allowed, now)
        problems += wrong
        if exception is not None:
            found.append(exception)
    problems += _given_twice(found)
    if problems:
        first = problems[0]
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        raise PlatformError(
            "PLT-POLICY-005",
            f"{first.address}: {first.summary}{more}. Nothing was decided.",
            address=first.address,
            problems=problems,
        )
    return tuple(found)


def read_repository(repository: Path, bundle: Bundle, now: datetime) -> tuple[PolicyException, ...]:
    """The exceptions of a repository's folder. Raises PLT-POLICY-005."""
    folder = repository / FOLDER
    if not folder.is_dir():
        return ()
    files: dict[str, bytes] = {}
    for path in sorted(folder.rglob("*")):
        if path.suffix not in {".yaml", ".yml", ".json"}:
            continue
        name = path.relative_to(repository).as_posix()
        # A link's target is not read: an exception that is not in the repository was not reviewed.
        regular = path.is_file() and not path.is_symlink()
        files[name] = path.read_bytes() if regular else b"a link is not read"
    return read_files(files, bundle, now)


def _read_one(
    path: str, content: bytes, allowed: Mapping[str, bool], now: datetime
) -> tuple[PolicyException | None, list[Problem]]:
    try:
        said = read(path, content)
    except ValueError as error:
        return None, [Problem(path, f"it cannot be read: {error}", "write the six fields as YAML")]
    if not isinstance(said, dict):
        return None, [Problem(path, "it is not a mapping", "write the six fields as YAML")]
    problems = [Problem(path, what, hint) for what, hint in _wrong(said, allowed)]
    times, wrong = _times(said, now)
    problems += [Problem(path, what, hint) for what, hint in wrong]
    if problems or times is None:
        return None, problems
    texts = {key: said[key] for key in FIELDS[:4]}
    granted_on, expires = times
    exception = PolicyException(
        path=path, **texts, granted_on=granted_on, expires=expires, until=said["expires"]
    )
    return exception, []


def _wrong(said: Mapping[str, Any], allowed: Mapping[str, bool]) -> Iterable[tuple[str, str]]:
    for key in sorted(set(said) - set(FIELDS)):
        yield f"{key} is not a field of an exception", f"the fields are {', '.join(FIELDS)}"
    for key in FIELDS:
        value = said.get(key)
        if not isinstance(value, str) or not value.strip():
            yield f"{key} is missing, empty or not a text", f"write {key} as a text"
    policy, resource = said.get("policy"), said.get("resource")
    if isinstance(policy, str) and policy.strip():
        if policy not in allowed:
            yield f"there is no policy {policy}", f"the policies are {', '.join(allowed)}"
        elif not allowed[policy]:
            yield f"{policy} allows no exceptions", "remove the file and meet the policy"
    if isinstance(resource, str) and resource.strip() and not _TABLE.fullmatch(resource):
        yield (
            f"resource {resource!r} is not a table",
            "name the table that is read: domain.tier.table",
        )


def _times(
    said: Mapping[str, Any], now: datetime
) -> tuple[tuple[datetime, datetime] | None, list[tuple[str, str]]]:
    granted, until = said.get("granted_on"), said.get("expires")
    if not _is_filled(granted) or not _is_filled(until):
        return None, []
    form = 'write a time such as "2026-03-31T00:00:00Z", or a day'
    try:
        begin, last = moment(str(granted)), moment(str(until))
        end = last_moment(str(until))
    except (ValueError, OverflowError) as error:
        return None, [(f"a time cannot be read: {error}", form)]
    wrong = []
    if begin > now:
        wrong.append((f"it is granted in the future ({granted})", "merge it on the day it begins"))
    if end < begin:
        wrong.append(("it ends before it begins", "let expires come after granted_on"))
    elif last - begin > LONGEST:
        what = f"expires is more than {LONGEST.days} days after granted_on"
        wrong.append((what, "shorten it; a longer one needs a new review"))
    return (begin, end), wrong


def _is_filled(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _given_twice(found: Iterable[PolicyException]) -> Iterable[Problem]:
    first: dict[tuple[str, str], str] = {}
    for each in found:
        before = first.setdefault((each.policy, each.resource), each.path)
        if before != each.path:
            what = f"{before} is an exception from {each.policy} for {each.resource}, too"
            yield Problem(each.path, what, "keep one of them")
