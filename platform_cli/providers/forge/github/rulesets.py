"""The least protection of a branch, as a ruleset and as the older branch protection. Pure.

What holds is read from all rules that apply to the branch, whoever made them; what is written is
one ruleset of ours, by its name, that nobody may bypass.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from platform_cli.providers.forge.port import Protection

Rule = Mapping[str, Any]


def name(branch: str) -> str:
    """What our ruleset is called."""
    return f"platform-cli: {branch}"


def payload(branch: str, wanted: Protection) -> dict[str, Any]:
    """The ruleset to be created or put in the place of ours."""
    rules: list[Rule] = []
    if not wanted.deletion:
        rules.append({"type": "deletion"})
    if not wanted.force_push:
        rules.append({"type": "non_fast_forward"})
    if wanted.code_owner_review:
        parameters = {
            "required_approving_review_count": 1,
            "require_code_owner_review": True,
            "dismiss_stale_reviews_on_push": False,
            "require_last_push_approval": False,
            "required_review_thread_resolution": False,
        }
        rules.append({"type": "pull_request", "parameters": parameters})
    if wanted.required_checks:
        checks = [{"context": check} for check in wanted.required_checks]
        checked = {"required_status_checks": checks, "strict_required_status_checks_policy": False}
        rules.append({"type": "required_status_checks", "parameters": checked})
    return {
        "name": name(branch),
        "target": "branch",
        "enforcement": "active",
        "bypass_actors": [],
        "conditions": {"ref_name": {"include": [f"refs/heads/{branch}"], "exclude": []}},
        "rules": rules,
    }


def read(rules: Iterable[Rule]) -> Protection | None:
    """What the rules that apply to a branch come to; None where there is none."""
    listed = list(rules)
    if not listed:
        return None
    kinds = {rule["type"] for rule in listed}
    checks = [
        check["context"]
        for rule in listed
        if rule["type"] == "required_status_checks"
        for check in _parameters(rule).get("required_status_checks", ())
    ]
    return Protection(
        code_owner_review=any(
            bool(_parameters(rule).get("require_code_owner_review"))
            for rule in listed
            if rule["type"] == "pull_request"
        ),
        required_checks=tuple(dict.fromkeys(checks)),
        force_push="non_fast_forward" not in kinds,
        deletion="deletion" not in kinds,
    )


def older_payload(wanted: Protection) -> dict[str, Any]:
    """The same as branch protection, for a server or plan without rulesets."""
    checks = [{"context": check} for check in wanted.required_checks]
    reviews = {"require_code_owner_reviews": True, "required_approving_review_count": 1}
    return {
        "required_status_checks": (
            {"strict": False, "contexts": [], "checks": checks} if checks else None
        ),
        "enforce_admins": True,
        "required_pull_request_reviews": reviews if wanted.code_owner_review else None,
        "restrictions": None,
        "allow_force_pushes": wanted.force_push,
        "allow_deletions": wanted.deletion,
    }


def read_older(found: Mapping[str, Any]) -> Protection:
    """What a branch protection comes to."""
    checks = found.get("required_status_checks") or {}
    named = [check["context"] for check in checks.get("checks", ())] or checks.get("contexts", ())
    reviews = found.get("required_pull_request_reviews") or {}
    return Protection(
        code_owner_review=bool(reviews.get("require_code_owner_reviews")),
        required_checks=tuple(dict.fromkeys(named)),
        force_push=bool((found.get("allow_force_pushes") or {}).get("enabled")),
        deletion=bool((found.get("allow_deletions") or {}).get("enabled")),
    )


def both(one: Protection | None, other: Protection | None) -> Protection | None:
    """What two protections of the same branch come to: each thing is as strict as the stricter."""
    if one is None or other is None:
        return one or other
    return Protection(
        code_owner_review=one.code_owner_review or other.code_owner_review,
        required_checks=tuple(dict.fromkeys((*one.required_checks, *other.required_checks))),
        force_push=one.force_push and other.force_push,
        deletion=one.deletion and other.deletion,
    )


def _parameters(rule: Rule) -> Mapping[str, Any]:
    found = rule.get("parameters")
    return found if isinstance(found, Mapping) else {}
