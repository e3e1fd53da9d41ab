"""What the `policy` commands say, as the JSON documents that `--format json` prints."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from platform_cli.policies.bundle import Bundle
from platform_cli.policies.decisions import Decision, Outcome
from platform_cli.policies.engine import TestReport
from platform_cli.policies.exceptions import PolicyException
from platform_cli.policies.metadata import Policy
from platform_cli.policies.working_copy import Change


def check(outcome: Outcome) -> dict[str, Any]:
    """`platform-cli/policy-check/1`."""
    return {
        "schema": "platform-cli/policy-check/1",
        "engine": outcome.engine,
        "bundle": {"version": outcome.version, "digest": outcome.digest},
        "outcome": outcome.outcome,
        "decisions": [decision(each) for each in outcome.decisions],
        "documents": outcome.documents,
        "waived": outcome.waived,
    }


def decision(found: Decision) -> dict[str, Any]:
    """One decision of `platform-cli/policy-check/1`."""
    waiver = found.exception
    return {
        "policy": found.policy,
        "severity": found.severity,
        "message": found.message,
        "address": found.address,
        "link": found.link,
        "exception": None if waiver is None else exception(waiver),
        "path": found.path,
    }


def exception(found: PolicyException) -> dict[str, Any]:
    """An exception with its times in UTC."""
    return {
        "path": found.path,
        "policy": found.policy,
        "resource": found.resource,
        "reason": found.reason,
        "granted_by": found.granted_by,
        "granted_on": time(found.granted_on),
        "expires": time(found.expires),
    }


def exceptions(found: Sequence[PolicyException], now: datetime) -> dict[str, Any]:
    """`platform-cli/policy-exceptions/1`: the one that ends first comes first."""
    listed = sorted(found, key=lambda each: (each.expires, each.path))
    return {
        "schema": "platform-cli/policy-exceptions/1",
        "exceptions": [
            {**exception(each), "days_left": each.days_left(now), "valid": each.valid(now)}
            for each in listed
        ],
    }


def explain(policy: Policy) -> dict[str, Any]:
    """`platform-cli/policy-explain/1`."""
    return {
        "schema": "platform-cli/policy-explain/1",
        "policy": policy.id,
        "title": policy.title,
        "description": policy.description.strip(),
        "severity": policy.severity,
        "input": policy.input,
        "exceptions": policy.exceptions,
        "why": policy.why.strip(),
        "way_out": policy.way_out.strip(),
        "passes": policy.passes.strip(),
        "fails": policy.fails.strip(),
        "link": policy.link,
    }


def test(report: TestReport) -> dict[str, Any]:
    """`platform-cli/policy-test/1`."""
    return {
        "schema": "platform-cli/policy-test/1",
        "engine": report.engine,
        "outcome": "passed" if report.passed else "failed",
        "tests": [
            {"name": each.name, "passed": each.passed, "detail": each.detail}
            for each in report.results
        ],
        "coverage": None if report.coverage is None else round(report.coverage, 2),
        "uncovered": list(report.uncovered),
    }


def bundle(found: Bundle, archive: str | None, sha256: str | None) -> dict[str, Any]:
    """`platform-cli/policy-bundle/1`."""
    return {
        "schema": "platform-cli/policy-bundle/1",
        "version": found.version,
        "digest": found.digest,
        "required_from": time(found.release.required_from),
        "files": len(found.files),
        "archive": archive,
        "sha256": sha256,
    }


def sync(found: Bundle, changes: Sequence[Change], *, written: bool) -> dict[str, Any]:
    """`platform-cli/policy-sync/1`."""
    return {
        "schema": "platform-cli/policy-sync/1",
        "version": found.version,
        "written": written,
        "changes": [{"path": each.path, "difference": each.difference} for each in changes],
    }


def time(at: datetime) -> str:
    """RFC 3339 in UTC."""
    return at.isoformat().replace("+00:00", "Z")
