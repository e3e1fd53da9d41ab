"""`platform-cli doctor`: look at everything that would stop an init, render."""

from __future__ import annotations

import sys
from datetime import UTC, datetime

from platform_cli.cli.options import Invocation


def doctor(invocation: Invocation) -> int:
    """Everything that would stop an init, found before it, with the fix and who has it.

    \b
    Examples:
      platform-cli doctor
      platform-cli doctor --profile production --format json
    """
    from platform_cli import wiring
    from platform_cli.cli.render import doctor as told
    from platform_cli.cli.render import json, text
    from platform_cli.onboarding import doctor as examining

    settings = invocation.settings
    with wiring.surroundings(settings) as around, wiring.reading(settings) as past:
        patient = wiring.patient(settings, around, past, now=datetime.now(tz=UTC))
        findings = examining.examine(patient)
    if invocation.json:
        json.write(told.document(findings))
    else:
        told.tell(findings, text.width(invocation.terminal, sys.stdout, settings.output.width))
    return examining.exit_of(findings)
