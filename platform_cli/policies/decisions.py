"""From documents to decisions: the one way that a policy says no, or that an exception waives it.

Decisions are the same, byte for byte, whichever engine gave the answers. Nothing here reads a file
or the clock.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final, Literal

from platform_cli.errors import PlatformError, Problem
from platform_cli.policies.bundle import Bundle
from platform_cli.policies.engine import Answer, Choice, Engine, Fault, Name, Question, choose
from platform_cli.policies.exceptions import PolicyException
from platform_cli.policies.inputs import KINDS, Document, kind_of
from platform_cli.policies.metadata import Policy, Severity, policies

UNREADABLE: Final = "platform.input"
"""The policy id of a document that is not there to decide on."""

_FINDING: Final = frozenset({"msg", "address", "resource"})


@dataclass(frozen=True, slots=True)
class Decision:
    """What one policy says of one document. `exception` is the one that made it a warning."""

    policy: str
    severity: Severity
    message: str
    address: str
    link: str
    path: str
    way_out: str
    exception: PolicyException | None = None
    resource: str | None = field(default=None, compare=False)
    detail: str | None = field(default=None, compare=False)
    """What the engine said of an error; it differs between engines."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """All decisions on all documents, sorted."""

    decisions: tuple[Decision, ...]
    engine: Name
    version: str
    digest: str
    documents: int

    @property
    def outcome(self) -> Literal["passed", "denied"]:
        """Denied where a single decision denies."""
        denied = any(decision.severity == "deny" for decision in self.decisions)
        return "denied" if denied else "passed"

    @property
    def waived(self) -> int:
        """How many denials an exception turned into warnings."""
        return sum(decision.exception is not None for decision in self.decisions)

    def with_decisions(self, more: Iterable[Decision]) -> Outcome:
        """The outcome with further decisions, sorted with the others."""
        return replace(self, decisions=_sorted([*self.decisions, *more]))


def evaluate(
    bundle: Bundle,
    documents: Sequence[Document],
    *,
    engine: Engine | Choice = "auto",
    exceptions: Sequence[PolicyException] = (),
    now: datetime,
) -> Outcome:
    """Ask every policy about every document of its kind.

    Raises PLT-POLICY-001 to -004 and -008: what cannot be asked is an error, never a pass.
    """
    by_kind = _by_kind(documents)
    every = policies(bundle)
    asked = [
        (policy, severity, number)
        for number, kind in by_kind.items()
        for policy in every
        if policy.input == kind
        for severity in policy.rules
    ]
    chosen = choose(engine) if isinstance(engine, str) else engine
    answers = chosen.answers(
        bundle,
        [document.content for document in documents],
        [Question(policy.rule(severity), number) for policy, severity, number in asked],
    )
    found = [_unreadable(document) for document in documents if document.unreadable is not None]
    for (policy, severity, number), answer in zip(asked, answers, strict=True):
        found += _decisions(policy, severity, documents[number].path, answer)
    waivable = {policy.id for policy in every if policy.exceptions}
    holding = [each for each in exceptions if each.policy in waivable and each.valid(now)]
    return Outcome(
        decisions=_sorted(_waived(each, holding) for each in found),
        engine=chosen.name,
        version=bundle.version,
        digest=bundle.digest,
        documents=len(documents),
    )


def _by_kind(documents: Sequence[Document]) -> dict[int, str]:
    """The kind of each document that can be read. Raises PLT-POLICY-004."""
    found: dict[int, str] = {}
    problems = []
    for number, document in enumerate(documents):
        if document.unreadable is not None:
            continue
        kind = kind_of(document)
        if kind is None:
            said = document.content["kind"]
            wanted = document.expected or f"one of {', '.join(KINDS)}"
            what = f"its kind is {said!r:.60}, expected {wanted}"
            problems.append(Problem(document.path, what, "a contract needs no kind"))
        else:
            found[number] = kind
    if problems:
        raise PlatformError(
            "PLT-POLICY-004",
            f"{problems[0].address}: {problems[0].summary}. Nothing was decided.",
            address=problems[0].address,
            problems=problems,
        )
    return found


def _unreadable(document: Document) -> Decision:
    return Decision(
        policy=UNREADABLE,
        severity="deny",
        message=f"the document cannot be read: {document.unreadable}",
        address="",
        link=document.path,
        path=document.path,
        way_out="Write it so that it can be read in one way only.",
    )


def _decisions(policy: Policy, severity: Severity, path: str, answer: Answer) -> Iterable[Decision]:
    if isinstance(answer, Fault):
        # What one engine cannot answer, the other may put in other words: they stay apart.
        what = f"{policy.id} cannot decide on this document: one of its functions failed on it"
        yield replace(_decision(policy, "deny", path, what, ""), detail=answer.detail)
        return
    for finding in answer:
        yield _from_finding(policy, severity, path, finding)


def _from_finding(policy: Policy, severity: Severity, path: str, finding: Any) -> Decision:
    said = {"msg": finding, "address": ""} if isinstance(finding, str) else finding
    texts = isinstance(said, dict) and all(isinstance(value, str) for value in said.values())
    if not texts or not {"msg", "address"} <= set(said) <= _FINDING:
        what = f"{policy.id} gave a finding that is not an object of msg, address and resource"
        return _decision(policy, "deny", path, what, "")
    decision = _decision(policy, severity, path, said["msg"], said["address"])
    return replace(decision, resource=said.get("resource"))


def _decision(policy: Policy, severity: Severity, path: str, what: str, address: str) -> Decision:
    return Decision(policy.id, severity, what, address, policy.link, path, policy.way_out)


def _waived(decision: Decision, holding: Sequence[PolicyException]) -> Decision:
    """The decision as a warning that names the date, where an exception holds."""
    if decision.severity != "deny" or decision.resource is None:
        return decision
    for each in holding:
        if (each.policy, each.resource) == (decision.policy, decision.resource):
            message = f"{decision.message} (waived until {each.until} by {each.path})"
            return replace(decision, severity="warn", message=message, exception=each)
    return decision


def _sorted(found: Iterable[Decision]) -> tuple[Decision, ...]:
    return tuple(
        sorted(set(found), key=lambda d: (d.path, d.policy, d.address, d.message, d.severity))
    )
