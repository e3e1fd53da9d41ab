"""The platform team's service: the workflow by which a team makes its own domain, and its files.

Renders what the settings say into a folder of a repository, all of it or nothing, never over
anything. Asks nobody, and writes no credential: those are for the environments of that repository.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from platform_cli import disk, template
from platform_cli.domain_repo import placing
from platform_cli.errors import PlatformError, Problem
from platform_cli.settings import Settings

Status = Literal["written", "kept"]

_PYTHON: Final = "3.12"
_PINS: Final = "repository/.github/workflows/ci.yml.jinja"
"""The workflow of a domain: the one place where these actions are pinned."""
_PIN: Final = r"uses: (%s@[0-9a-f]{40} # v[0-9.]+)\n"
_INSTALLING_MINUTES: Final = 15
_LONGEST_MINUTES: Final = 360
_NAMED: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(?:\[[^\]]*\])?\s*(?:[<>=!~].*)?")


@dataclass(frozen=True, slots=True)
class Written:
    """The files of the service, and which of them were there already, the very same."""

    folder: Path
    files: tuple[tuple[str, Status], ...]


def write(settings: Settings, folder: Path, scratch: Path) -> Written:
    """Render the service into a folder that is there; `scratch` is a folder to render in.

    Raises PLT-SETTINGS-002 with every setting that does not fit, PLT-SERVICE-001 where a file
    says something else, PLT-USAGE-001 for the folder, PLT-HOME or PLT-TEMPLATE codes.
    """
    _fit(settings)
    if not folder.is_dir():
        raise PlatformError(
            "PLT-USAGE-001",
            f"{folder} is no folder. Nothing was written.",
            hint="Name the folder of the platform team's repository with --into.",
            address="--into",
        )
    rendered = scratch / "files"
    names = template.render(template.packaged("service"), _data(settings), rendered).files
    with disk.held(folder):
        kept = _kept(folder, rendered, names)
        missing = [name for name in names if name not in kept]
        try:
            if missing:
                placing.place(folder, rendered, missing)
        except PlatformError as error:
            if error.code != "PLT-PRODUCT-001":  # somebody else made the file at this moment
                raise
            raise _conflict([Problem(str(error.address), error.summary, "")]) from None
    return Written(folder, tuple((name, "kept" if name in kept else "written") for name in names))


def _kept(folder: Path, rendered: Path, names: Sequence[str]) -> frozenset[str]:
    """What is there with the very same bytes. Raises PLT-SERVICE-001 for all that is not."""
    # `compared` wants its last name to be new: one that no file of a repository has.
    kept, problems = placing.compared(folder, rendered, (*names, placing.STAGING))
    problems = [problem for problem in problems if problem.address != placing.STAGING]
    if problems:
        raise _conflict(problems)
    return kept


def _conflict(problems: Sequence[Problem]) -> PlatformError:
    more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
    return PlatformError(
        "PLT-SERVICE-001",
        f"{problems[0].address}: it is there already, and says something else{more}. Nothing was "
        "written.",
        address=problems[0].address,
        problems=problems,
    )


def _fit(settings: Settings) -> None:
    """A service needs an organisation, GitHub and a journal that outlives a runner."""
    problems = list(_problems(settings))
    if problems:
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        raise PlatformError(
            "PLT-SETTINGS-002",
            f"The service cannot work with these settings: {problems[0].summary}{more}. Nothing "
            "was written.",
            hint="Set what is listed in your configuration, or name another with --config.",
            address=problems[0].address,
            problems=problems,
        )


def _problems(settings: Settings) -> Iterator[Problem]:
    profile = settings.profile
    if settings.platform.organisation == "local":
        yield Problem(
            "platform.organisation", "no organisation is set", "Its teams are who may ask."
        )
    if profile.forge != "github":
        key = f"profiles.{profile.name}.forge"
        yield Problem(key, f"the profile {profile.name} is not on GitHub", "Choose --profile.")
    for kind in ("catalog", "pager"):
        if getattr(profile, kind) == "local":
            key = f"profiles.{profile.name}.{kind}"
            yield Problem(key, f"the embedded {kind} would end with the runner", "Name another.")
    if not (settings.journal.url or "").startswith(("postgresql://", "postgres://")):
        yield Problem(
            "journal.url",
            "without a shared journal each run would know nothing of the one before",
            "Set it to postgresql://USER@HOST/DATABASE.",
        )
    for key in ("template.source", "policy.bundle"):
        section, _, name = key.partition(".")
        place = getattr(getattr(settings, section), name)
        if place is not None and not re.match(r"[a-z+]+://", place):
            yield Problem(key, f"{key} is a path of this machine", "Use an address.")


def _data(settings: Settings) -> Mapping[str, Any]:
    profile, source = settings.profile, settings.platform.cli_source
    extras = ["postgres", *(["pagerduty"] if profile.pager == "pagerduty" else [])]
    minutes = math.ceil(profile.deadline_s / 60) + _INSTALLING_MINUTES
    return {
        "checkout": _pin("actions/checkout"),
        "setup_python": _pin("actions/setup-python"),
        "python_version": _PYTHON,
        "cli_source": source,
        "extras": ",".join(extras),
        "hashed": _hashed(source),
        "profile": profile.name,
        "organisation": settings.platform.organisation,
        "platform_team": settings.platform.team,
        "compliance_team": settings.platform.compliance_team,
        "journal_url": settings.journal.url or "",
        "template_source": settings.template.source or "",
        "template_commit": settings.template.commit or "",
        "policy_bundle": settings.policy.bundle or "",
        "catalog": profile.catalog,
        "pager": profile.pager,
        "timeout_s": float(profile.timeout_s),
        "deadline_s": float(profile.deadline_s),
        "timeout_minutes": min(minutes, _LONGEST_MINUTES),
        "github_base_url": profile.github.base_url,
        "unity_host": profile.unity.host or "",
        "unity_layout": profile.unity.layout,
        "unity_outsider_group": profile.unity.outsider_group,
        "iceberg_uri": profile.iceberg.uri or "",
        "iceberg_warehouse": profile.iceberg.warehouse or "",
        "iceberg_layout": profile.iceberg.layout,
        "pagerduty_base_url": profile.pagerduty.base_url,
        "pagerduty_from": profile.pagerduty.from_ or "",
        "pagerduty_team": profile.pagerduty.team or "",
        "pagerduty_escalation_fallback": profile.pagerduty.escalation_fallback or "",
        "pagerduty_time_zone": profile.pagerduty.time_zone,
        "pagerduty_handover": profile.pagerduty.handover,
    }


def _pin(action: str) -> str:
    """The action at the commit that a domain's workflow has it."""
    workflow = (template.packaged() / _PINS).read_text(encoding="utf-8")
    found = re.search(_PIN % re.escape(action), workflow)
    assert found is not None, f"{_PINS} pins no {action}"  # noqa: S101 - both come with the program
    return found[1]


def _hashed(source: str) -> bool:
    """Whether pip can hold it by a hash: a released package or an archive, no checkout, no path."""
    return _NAMED.fullmatch(source) is not None or ("https://" in source and "git+" not in source)
