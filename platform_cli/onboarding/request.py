"""What was typed, checked as a whole: everything wrong with it is told at once."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from platform_cli import spec, template
from platform_cli.errors import PlatformError, Problem
from platform_cli.spec import DomainSpec

_PERSON: Final = re.compile(r"@[A-Za-z0-9][A-Za-z0-9_-]{0,38}")
_RUN: Final = re.compile(
    r"run:([A-Za-z0-9][A-Za-z0-9-]{0,38}/(?!\.{1,2}/)[A-Za-z0-9._-]{1,100})/([0-9]{1,20})"
)


@dataclass(frozen=True, slots=True)
class Request:
    """What a person asked `init` for."""

    spec: DomainSpec
    answers: Mapping[str, Any]
    requested_at: datetime | None = None
    adopt: frozenset[str] = frozenset()
    no_page: bool = False
    on_behalf_of: str | None = None
    """Who asks (`@name`, in lower case), where somebody else runs it for them."""
    dispatched: tuple[str, str] | None = None
    """The repository and number of the workflow run that it was asked for with."""


def read(
    *,
    domain: str,
    owner: str,
    on_call: str,
    organisation: str,
    answers: Sequence[str],
    source: Path,
    now: datetime,
    requested_at: str | None = None,
    adopt: Sequence[str] = (),
    no_page: bool = False,
    on_behalf_of: str | None = None,
) -> Request:
    """Check all of it. Raises PLT-SPEC-001 with every problem, or PLT-USAGE-002."""
    pairs, unreadable = _pairs(answers)
    problems = [*spec.problems_of(domain, owner, on_call), *unreadable, *_nobody(on_behalf_of)]
    given: Mapping[str, Any] = {}
    try:
        given = template.answers(source, pairs)
    except PlatformError as error:
        if error.code != "PLT-SPEC-001":
            raise
        problems.extend(error.problems)
    if problems:
        count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
        raise PlatformError(
            "PLT-SPEC-001",
            f"{count} with what was asked for. Nothing was written, nobody was asked.",
            hint="Mend what is listed and run the same line again.",
            address=problems[0].address,
            problems=problems,
        )
    run = _RUN.fullmatch(requested_at) if requested_at is not None else None
    moment = _moment(requested_at) if requested_at is not None and run is None else None
    not_in_the_future(moment, now)
    parsed = spec.parse(domain, owner, on_call, organisation=organisation)
    return Request(
        parsed,
        given,
        moment,
        frozenset(adopt),
        no_page,
        on_behalf_of.lower() if on_behalf_of is not None else None,
        (run[1], run[2]) if run is not None else None,
    )


def _nobody(person: str | None) -> Iterator[Problem]:
    """What is wrong with the name of who asks. It is only ever compared, so GitHub's rule is it."""
    if person is not None and not _PERSON.fullmatch(person):
        hint = "Write @name, the person's login on the forge; an App or a bot asks for nobody."
        yield Problem("--on-behalf-of", f"{person[:60]!a} is no person", hint)


def not_in_the_future(moment: datetime | None, now: datetime) -> None:
    """Nothing can have been asked for later than now. Raises PLT-USAGE-002."""
    if moment is not None and moment > now:
        raise PlatformError(
            "PLT-USAGE-002",
            "--requested-at lies in the future. Nothing was done.",
            address="--requested-at",
        )


def _pairs(answers: Sequence[str]) -> tuple[dict[str, str], list[Problem]]:
    """`KEY=VALUE` texts, and what is wrong with those that are none or come twice."""
    pairs: dict[str, str] = {}
    problems = []
    for text in answers:
        key, equals, value = text.partition("=")
        if not equals or not key:
            problems.append(
                Problem("--set", f"{text!a} is not KEY=VALUE", "Write --set KEY=VALUE.")
            )
        elif key in pairs:
            problems.append(Problem("--set", f"{key!a} is given twice", "Give it once."))
        else:
            pairs[key] = value
    return pairs, problems


def _moment(text: str) -> datetime:
    """A moment with its offset. Raises PLT-USAGE-002."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise PlatformError(
            "PLT-USAGE-002",
            f"--requested-at {text!a} is not a moment with its offset. Nothing was done.",
            address="--requested-at",
        )
    return moment.astimezone(UTC)


def as_document(request: Request) -> dict[str, Any]:
    """What the journal keeps of a request: the values that bind later runs."""
    return {
        "owner": request.spec.owner.text,
        "on_call": request.spec.on_call,
        "answers": dict(request.answers),
    }


def same_as_first(request: Request, first: Mapping[str, Any] | None) -> None:
    """Refuse other values than the first time, quoting both. Raises PLT-INIT-002."""
    if first is None:
        return
    now = as_document(request)
    differences = [
        f"{name}: first {first.get(name)!r}, now {now[name]!r}"
        for name in now
        if first.get(name) != now[name]
    ]
    if differences:
        raise PlatformError(
            "PLT-INIT-002",
            f"{request.spec.domain} was first asked for with other values. "
            f"{'; '.join(differences)}. Nothing was changed.",
            hint="Run it again with the first values. If the first ones were a mistake: "
            f'platform-cli journal close {request.spec.domain} --reason "…", then init again.',
            address=request.spec.domain,
        )
