"""What `doctor` looks at, and how each remote provider is looked at without changing it."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from datetime import datetime
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from platform_cli.errors import Exit
from platform_cli.git import Git
from platform_cli.onboarding.doctor import Finding, Patient
from platform_cli.onboarding.surroundings import Surroundings
from platform_cli.settings import Settings
from platform_cli.wiring import adapters
from platform_cli.wiring.drafting import pinned

if TYPE_CHECKING:
    from platform_cli.journal.port import Reading


def patient(
    settings: Settings,
    around: Surroundings,
    reading: Reading,
    *,
    now: datetime,
) -> Patient:
    """What `doctor` looks at."""
    github = settings.profile.forge == "github"
    return Patient(
        around=around,
        reading=reading,
        home=settings.home,
        # The embedded forge looks for a build's tools beside this Python first, and so does this.
        path=os.pathsep.join(
            (str(Path(sys.executable).parent), around.git.environment.get("PATH", ""))
        ),
        modules={name: find_spec(name) is not None for name in ("pyiceberg", "regorus")},
        now=now,
        forge=partial(_look_at_forge, settings, around.git) if github else None,
        catalog=_catalog_look(settings),
        pager=partial(_look_at_pager, settings) if settings.profile.pager == "pagerduty" else None,
        template=partial(_look_at_template, settings, around),
    )


def _look_at_template(settings: Settings, around: Surroundings) -> str:
    git = Git(around.git.environment, settings.profile.timeout_s)
    own = pinned(settings, git)
    return f"version {around.template}" if own is None else own.look()


def _look_at_forge(settings: Settings, git: Git) -> Finding:
    from platform_cli.providers.forge.github import access

    forge = adapters.github(settings, git)
    found = access.look(forge.place.api, forge.organisation, forge.proof)
    unknown = ", ".join(right.name for right in found.unknown)
    told = f"; no look can show before a repository is there: {unknown}" if unknown else ""
    if not found.lacking:
        return Finding("forge", "ok", f"{found.who}: nothing is missing{told}")
    lacking = "; ".join(f"{right}, to {right.why}" for right in found.lacking)
    fix = "grant them for the organisation: docs/how-to/github.md has the table"
    saw = f"{found.who} lacks {lacking}{told}"
    return Finding("forge", "failed", saw, fix, "whoever owns the token or App", Exit.CREDENTIALS)


def _catalog_look(settings: Settings) -> Callable[[], Finding] | None:
    looks = {"unity": _look_at_unity, "iceberg": _look_at_iceberg}
    look = looks.get(settings.profile.catalog)
    return partial(look, settings) if look is not None else None


def _look_at_iceberg(settings: Settings) -> Finding:
    from platform_cli.providers.catalog.iceberg import access

    found = access.look(adapters.iceberg(settings))
    saw = f"a caller with {found.kind} at {found.server}: namespaces are listed; it does not tell "
    return Finding(
        "catalog", "ok", f"{saw}what they may change; access is not enforced by this catalog"
    )


def _look_at_unity(settings: Settings) -> Finding:
    from platform_cli.providers.catalog.unity import access

    found = access.look(adapters.unity(settings))
    at = f"{found.who} at {found.flavour}"
    if found.lacking is not None:
        saw, fix, who = f"{at}: {found.lacking.saw}", found.lacking.fix, found.lacking.who
        return Finding("catalog", "failed", saw, fix, who, Exit.CREDENTIALS)
    saw = "no grant is missing" if found.told else "it answers; it does not tell anybody's grants"
    return Finding("catalog", "ok", f"{at}: {saw}")


def _look_at_pager(settings: Settings) -> Finding:
    from platform_cli.providers.pager.pagerduty import access

    found = access.look(adapters.pagerduty(settings, None))
    if not found.lacking:
        return Finding("pager", "ok", f"{found.who}: nothing is missing")
    exits = (Exit.CREDENTIALS if one.credentials else Exit.FAILED for one in found.lacking)
    saw = "; ".join(one.saw for one in found.lacking)
    fix = "; ".join(one.fix for one in found.lacking)
    return Finding(
        "pager", "failed", f"{found.who}: {saw}", fix, "an admin of the account", max(exits)
    )
