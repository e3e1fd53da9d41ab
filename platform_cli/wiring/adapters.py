"""The adapters, each opened as the profile says; asked nothing yet.

Offline a remote one is replaced by what answers nothing, so that no answer is invented.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final, cast

from platform_cli.git import Git
from platform_cli.onboarding.clock import SystemClock
from platform_cli.onboarding.request import Request
from platform_cli.providers import Providers
from platform_cli.providers.forge.port import Author
from platform_cli.providers.unasked import Unasked
from platform_cli.settings import Settings, process_environment
from platform_cli.settings import credential as secret

if TYPE_CHECKING:
    from platform_cli.providers.catalog.iceberg.adapter import IcebergCatalog
    from platform_cli.providers.catalog.port import Catalog
    from platform_cli.providers.catalog.unity.adapter import UnityCatalog
    from platform_cli.providers.forge.github.adapter import GitHubForge
    from platform_cli.providers.forge.port import Forge
    from platform_cli.providers.pager.pagerduty.adapter import PagerDutyPager
    from platform_cli.providers.pager.port import Pager

_KEY_OF_PAGERDUTY: Final = "PAGERDUTY_INTEGRATION_KEY"


def providers(
    settings: Settings, git: Git, author: Author, request: Request | None, *, offline: bool
) -> Providers:
    """One of each kind. Offline nobody beyond this machine is ever asked."""
    profile = settings.profile
    key = _KEY_OF_PAGERDUTY if profile.pager == "pagerduty" else None
    unasked = cast("Any", Unasked(organisation=settings.platform.organisation, secret=key))
    return Providers(
        unasked if offline and profile.forge != "local" else _forge(settings, git),
        unasked if offline and profile.catalog != "local" else _catalog(settings),
        unasked if offline and profile.pager != "local" else _pager(settings, author, request),
    )


def _forge(settings: Settings, git: Git) -> Forge:
    if settings.profile.forge == "github":
        return github(settings, git)
    from platform_cli.providers.forge.local import LocalForge

    root, most_s = settings.home / "forge", settings.profile.deadline_s
    organisation = settings.platform.organisation
    return LocalForge(root, organisation, git, SystemClock().wall, build_timeout_s=most_s)


def _catalog(settings: Settings) -> Catalog:
    if settings.profile.catalog == "unity":
        return unity(settings)
    if settings.profile.catalog == "iceberg":
        return iceberg(settings)
    from platform_cli.providers.catalog.local import LocalCatalog

    return LocalCatalog(settings.home / "catalog")


def _pager(settings: Settings, author: Author, request: Request | None) -> Pager:
    if settings.profile.pager == "pagerduty":
        return pagerduty(settings, request)
    from platform_cli.providers.pager.local import LocalPager
    from platform_cli.providers.pager.port import Person

    return LocalPager(
        settings.home / "pager",
        team=(Person(author.name, author.mail),),
        time_zone=settings.profile.pagerduty.time_zone,
        handover=settings.profile.pagerduty.handover,
        now=SystemClock().wall,
    )


def github(settings: Settings, git: Git) -> GitHubForge:
    """GitHub, with the credential that the profile names. Asks nobody anything yet."""
    from platform_cli.providers.forge.github.api import Times
    from platform_cli.providers.forge.github.opening import Server, credential, opened

    profile, clock = settings.profile, SystemClock()
    server = Server(profile.github.base_url, profile.github.auth, profile.timeout_s)
    times = Times(time.time, time.sleep)
    proof = credential(server, secret, git.environment, times)
    organisation = settings.platform.organisation
    return opened(server, organisation, proof, git, times=times, now=clock.wall)


def unity(settings: Settings) -> UnityCatalog:
    """Unity Catalog, laid out as the profile says. Asks nobody anything yet."""
    from platform_cli.providers.catalog.unity.opening import Server, opened

    chosen, organisation = settings.profile.unity, settings.platform.organisation
    timeout_s = settings.profile.timeout_s
    server = Server(chosen.host, chosen.layout, chosen.outsider_group, organisation, timeout_s)
    return opened(server, secret, process_environment(), time.sleep)


def iceberg(settings: Settings) -> IcebergCatalog:
    """An Iceberg REST catalog, laid out as the profile says. Asks nobody anything yet."""
    from platform_cli.providers.catalog.iceberg.opening import Server, Times, opened

    chosen, timeout_s = settings.profile.iceberg, settings.profile.timeout_s
    server = Server(chosen.uri, chosen.warehouse, chosen.layout, timeout_s)
    return opened(server, secret, Times(time.monotonic, time.sleep))


def pagerduty(settings: Settings, request: Request | None) -> PagerDutyPager:
    """PagerDuty, with a new rotation's people from the owner's team. Asks nobody anything yet."""
    from platform_cli.providers.pager.pagerduty.adapter import PagerDutyPager, Rota
    from platform_cli.providers.pager.pagerduty.api import Api

    profile, chosen = settings.profile, settings.profile.pagerduty
    owner = request.spec.owner if request is not None else None
    team = owner.name if owner is not None and owner.kind == "team" else None
    api = Api(chosen.base_url, secret, chosen.from_, profile.timeout_s, time.sleep)
    rota = Rota(chosen.team or team, chosen.escalation_fallback, chosen.time_zone, chosen.handover)
    return PagerDutyPager(api, rota, SystemClock().wall)
