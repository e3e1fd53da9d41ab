"""`doctor` for people and as `platform-cli/doctor/1`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from platform_cli.cli.render.text import out, wrap

if TYPE_CHECKING:
    from platform_cli.onboarding.doctor import Finding


def document(findings: Sequence[Finding]) -> dict[str, Any]:
    """Every finding."""
    return {
        "schema": "platform-cli/doctor/1",
        "outcome": "failed" if any(f.status == "failed" for f in findings) else "passed",
        "findings": [
            {"id": f.id, "status": f.status, "saw": f.saw, "fix": f.fix, "who": f.who}
            for f in findings
        ],
    }


def tell(findings: Sequence[Finding], columns: int) -> None:
    """A line each; below what is wrong, the fix."""
    for finding in findings:
        out(wrap(f"{finding.status:<8} {finding.id:<9} {finding.saw}", columns, "", "      "))
        if finding.fix is not None:
            out(wrap(f"fix ({finding.who}): {finding.fix}", columns, "      ", "        "))
    out()
    failed = sum(finding.status == "failed" for finding in findings)
    warned = sum(finding.status == "warning" for finding in findings)
    if failed:
        out(wrap(f"{failed} of {len(findings)} would stop an init.", columns))
    elif warned:
        out(wrap(f"Nothing would stop an init; {warned} to look at.", columns))
    else:
        out("Nothing would stop an init.")
