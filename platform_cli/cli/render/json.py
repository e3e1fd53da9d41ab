"""Results as JSON: one document on stdout, its first key `schema`. Text is kept whole."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from platform_cli.errors import PlatformError

if TYPE_CHECKING:
    from platform_cli.onboarding.plan import Resource
    from platform_cli.onboarding.result import Result, StepResult


def write(document: Mapping[str, Any]) -> None:
    """Print one document."""
    text = json.dumps(document, ensure_ascii=False, indent=2)
    try:
        text.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:
        # Half a character from the command line, or a stdout that is not UTF-8: JSON can escape.
        text = json.dumps(document, indent=2)
    sys.stdout.write(text + "\n")


def error_document(error: PlatformError) -> dict[str, Any]:
    """An error that came before there was a plan or a result."""
    return {"schema": "platform-cli/error/1", **error_body(error)}


def error_body(error: PlatformError) -> dict[str, Any]:
    """An error inside another document."""
    body: dict[str, Any] = {
        "code": error.code,
        "summary": error.summary,
        "hint": error.hint,
        "address": error.address,
    }
    if error.problems:
        body["problems"] = [
            {"address": p.address, "summary": p.summary, "hint": p.hint} for p in error.problems
        ]
    return body


def init_document(result: Result) -> dict[str, Any]:
    """`platform-cli/init/1`."""
    document: dict[str, Any] = {
        "schema": "platform-cli/init/1",
        "domain": result.spec.domain,
        "onboarding": result.onboarding,
        "run": result.run,
        "profile": result.profile,
        "dry_run": result.dry_run,
        "outcome": result.outcome,
        "steps": [_step(step, result) for step in result.steps],
        "checks": [
            {"id": c.id, "status": c.status, "did": c.did, "saw": c.saw, "next": c.next}
            for c in result.checks
        ],
        "mutating_calls": result.mutating_calls,
        "lead_time_s": result.lead_time_s,
        "open_for_s": result.open_for_s,
        "error": error_body(result.error) if result.error else None,
        "notes": list(result.notes),
    }
    if result.dry_run:
        document["files"] = list(result.files)
        document["difference"] = result.difference
    return document


def verify_document(result: Result) -> dict[str, Any]:
    """`platform-cli/verify/1`: the keys of `init`."""
    return {**init_document(result), "schema": "platform-cli/verify/1"}


def _step(step: StepResult, result: Result) -> dict[str, Any]:
    outcome = step.outcome
    document: dict[str, Any] = {
        "id": step.plan.id,
        "action": step.plan.action,
        "status": outcome.status,
        "duration_s": outcome.duration_s,
        "resources": [_resource(change.resource) for change in outcome.changes],
        "calls": list(step.calls),
        "error": error_body(outcome.error) if outcome.error else None,
    }
    if result.dry_run:
        document["changes"] = [
            {
                "action": change.action,
                "kind": change.resource.kind,
                "address": change.resource.address,
                "reason": change.reason,
                "call": change.call.method if change.call else None,
                "payload": dict(change.call.payload) if change.call else None,
            }
            for change in outcome.changes
        ]
        document["usual_s"] = result.usual_s.get(step.plan.id)
    return document


def _resource(resource: Resource) -> dict[str, Any]:
    return {
        "kind": resource.kind,
        "address": resource.address,
        "id": resource.id,
        "url": resource.url,
    }
