"""`doctor`: everything that would stop an `init`, found before it, with the fix and who has it.

Only looks; nothing is created. A probe that cannot look has failed and says why.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, Literal

from platform_cli.errors import Exit, PlatformError
from platform_cli.journal.port import Reading
from platform_cli.onboarding.surroundings import Surroundings

ENOUGH_BYTES: Final = 200 * 1024 * 1024
CLOCK_SLACK: Final = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Finding:
    """What one probe saw; a fix, and who can do it, where something is wrong."""

    id: str
    status: Literal["ok", "warning", "failed"]
    saw: str
    fix: str | None = None
    who: str | None = None
    exit: Exit = Exit.DONE


@dataclass(frozen=True, slots=True)
class Patient:
    """What doctor looks at."""

    around: Surroundings
    reading: Reading
    home: Path
    path: str
    modules: Mapping[str, bool]
    """Libraries by name, and whether each can be imported."""
    now: datetime
    forge: Callable[[], Finding] | None
    """Looks at the credentials and permissions of a forge that needs some."""
    catalog: Callable[[], Finding] | None
    """The same of a catalog that is not embedded."""
    pager: Callable[[], Finding] | None
    """The same of a pager: its token, and whether the people can be paged."""
    template: Callable[[], str]
    """Says what there is to say of the template. Raises PlatformError where it is not to be had."""


def examine(patient: Patient) -> tuple[Finding, ...]:
    """Every probe, whatever the others found."""
    probes: Sequence[tuple[str, Callable[[Patient], Finding]]] = (
        ("git", _git),
        ("author", _author),
        ("home", _home),
        ("disk", _disk),
        ("journal", _journal),
        ("clock", _clock),
        ("template", _template),
        ("dbt", _dbt),
        ("catalog", _catalog),
        ("policies", _policies),
        *(() if patient.forge is None else (("forge", _forge),)),
        *(() if patient.pager is None else (("pager", _pager),)),
    )
    return tuple(_looked(name, probe, patient) for name, probe in probes)


def exit_of(findings: Sequence[Finding]) -> Exit:
    """4 where credentials or permissions are missing, 1 for anything else that would stop."""
    failed = [finding for finding in findings if finding.status == "failed"]
    if any(finding.exit == Exit.CREDENTIALS for finding in failed):
        return Exit.CREDENTIALS
    return Exit.FAILED if failed else Exit.DONE


def _looked(name: str, probe: Callable[[Patient], Finding], patient: Patient) -> Finding:
    try:
        return probe(patient)
    except PlatformError as error:
        return Finding(name, "failed", error.summary, error.hint, "you", error.exit)


def _git(patient: Patient) -> Finding:
    version = ".".join(str(part) for part in patient.around.git.version())
    return Finding("git", "ok", f"git {version}")


def _author(patient: Patient) -> Finding:
    known = patient.around.git.identity()
    if known is not None:
        return Finding("author", "ok", f"commits are by {known[0]} <{known[1]}>")
    fix = 'git config --global user.name "Your Name", and user.email'
    return Finding("author", "warning", "git knows no name and mail of yours", fix, "you")


def _home(patient: Patient) -> Finding:
    folder = patient.home
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    import os

    if not folder.is_dir() or not os.access(folder, os.W_OK | os.X_OK):
        fix = "mend its permissions, or set PLATFORM_HOME to a folder of yours"
        return Finding("home", "failed", f"{folder} cannot be written", fix, "you", Exit.FAILED)
    there = "" if patient.home.exists() else ", which init makes"
    return Finding("home", "ok", f"{patient.home}{there}")


def _disk(patient: Patient) -> Finding:
    folder = patient.home
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    said = f"{free // (1024 * 1024)} MiB free"
    if free < ENOUGH_BYTES:
        return Finding("disk", "failed", said, "free some space", "you", Exit.FAILED)
    return Finding("disk", "ok", said)


def _journal(patient: Patient) -> Finding:
    count = sum(1 for _ in patient.reading.events())
    return Finding("journal", "ok", f"{count} events in {patient.reading.place}")


def _clock(patient: Patient) -> Finding:
    last = max((event.at for event in patient.reading.events()), default=None)
    if last is not None and last > patient.now + CLOCK_SLACK:
        saw = f"this machine's clock is behind the journal's last event ({last.isoformat()})"
        return Finding("clock", "warning", saw, "set the clock right", "you")
    return Finding("clock", "ok", patient.now.isoformat(timespec="seconds"))


def _template(patient: Patient) -> Finding:
    return Finding("template", "ok", patient.template())


def _forge(patient: Patient) -> Finding:
    assert patient.forge is not None  # noqa: S101 - asked for only where there is one
    return patient.forge()


def _pager(patient: Patient) -> Finding:
    assert patient.pager is not None  # noqa: S101 - asked for only where there is one
    return patient.pager()


def _dbt(patient: Patient) -> Finding:
    found = shutil.which("dbt", path=patient.path)
    if found is None:
        fix = "pip install 'platform-cli[local]'"
        saw = "dbt is not there: on the embedded forge the check ci is skipped"
        return Finding("dbt", "warning", saw, fix, "you")
    return Finding("dbt", "ok", found)


def _catalog(patient: Patient) -> Finding:
    if patient.catalog is not None:
        return patient.catalog()
    if patient.modules.get("pyiceberg"):
        return Finding("catalog", "ok", "pyiceberg is there")
    fix = "pip install --force-reinstall platform-cli"
    saw = "pyiceberg cannot be imported"
    return Finding("catalog", "failed", saw, fix, "you", Exit.FAILED)


def _policies(patient: Patient) -> Finding:
    if shutil.which("opa", path=patient.path) is not None:
        return Finding("policies", "ok", "opa is on the path")
    if patient.modules.get("regorus"):
        return Finding("policies", "ok", "the embedded engine is there")
    saw = "neither opa nor the embedded engine is there"
    return Finding("policies", "failed", saw, "install opa", "you", Exit.FAILED)
