"""Whether a commit's build is green: its workflow runs first, then its checks by their names. Pure.

Nothing that ran is not green: an empty list says that nobody has looked yet.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from platform_cli.providers.forge.port import Build

_GOOD: Final = frozenset({"success", "neutral", "skipped"})
_DID: Final = "asked GitHub for the runs and checks of the last commit of {branch}"
_NOT_STARTED: Final = (
    "See that Actions are allowed for the organisation and the repository, and that a runner is "
    "there; then run init again."
)
_FAILED: Final = "Read the run's log, mend it by a pull request, then run init again."

Found = Mapping[str, Any]


def of_runs(branch: str, runs: Sequence[Found]) -> Build | None:
    """What the runs of the commit already decide; None where its checks must be looked at."""
    did = _DID.format(branch=branch)
    if not runs:
        return Build("pending", did, "no run has started yet", _NOT_STARTED)
    going = [run for run in runs if run["status"] != "completed"]
    if going:
        saw = f"{_named(going[0])} is {going[0]['status']}: {going[0]['html_url']}"
        return Build("pending", did, saw, f"Look at it: {going[0]['html_url']}", started=True)
    bad = [run for run in runs if run["conclusion"] not in _GOOD]
    if bad and bad[0]["conclusion"] in {"startup_failure", "action_required"}:
        saw = f"{_named(bad[0])} ended with {bad[0]['conclusion']}: {bad[0]['html_url']}"
        return Build("red", did, saw, _FAILED, started=True)
    return None


def of_checks(
    branch: str, runs: Sequence[Found], checks: Iterable[Found], required: Sequence[str]
) -> Build:
    """What runs that have ended and their checks come to."""
    did = _DID.format(branch=branch)
    newest = {check["name"]: check for check in sorted(checks, key=lambda check: check["id"])}
    bad = [check for check in newest.values() if check["conclusion"] not in _GOOD]
    if going := [check for check in bad if check["status"] != "completed"]:
        saw = f"the check {going[0]['name']} is {going[0]['status']}: {going[0]['html_url']}"
        return Build("pending", did, saw, f"Look at it: {going[0]['html_url']}", started=True)
    if bad:
        told = "; ".join(f"{one['name']} {one['conclusion']}: {one['html_url']}" for one in bad[:3])
        return Build("red", did, told, _FAILED, started=True)
    if failed := [run for run in runs if run["conclusion"] not in _GOOD]:
        saw = f"{_named(failed[0])} ended with {failed[0]['conclusion']}: {failed[0]['html_url']}"
        return Build("red", did, saw, _FAILED, started=True)
    if missing := [name for name in required if name not in newest]:
        saw = f"required, but not among the commit's checks: {', '.join(missing)}"
        fix = (
            "Name the jobs in .github/workflows/ci.yml as main requires them, then run init again."
        )
        return Build("red", did, saw, fix, started=True)
    return Build("green", did, f"{len(newest)} checks passed: {runs[0]['html_url']}", started=True)


def _named(run: Found) -> str:
    return f"the run {run.get('name') or run['id']}"
