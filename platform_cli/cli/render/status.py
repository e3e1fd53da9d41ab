"""`status` for people and as `platform-cli/status/1`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from platform_cli.cli.render.text import out, wrap
from platform_cli.journal.event import format_time

if TYPE_CHECKING:
    from platform_cli.onboarding.status import DomainStatus, ResourceStatus


def document(domains: Sequence[DomainStatus]) -> dict[str, Any]:
    """Every domain with every resource."""
    return {
        "schema": "platform-cli/status/1",
        "domains": [
            {
                "domain": one.domain,
                "onboarding": one.onboarding,
                "profile": one.profile,
                "outcome": one.outcome,
                "resources": [_resource(resource) for resource in one.resources],
            }
            for one in domains
        ],
    }


def _resource(resource: ResourceStatus) -> dict[str, Any]:
    return {
        "kind": resource.kind,
        "address": resource.address,
        "id": resource.id,
        "url": resource.url,
        "whose": resource.whose,
        "since": format_time(resource.since) if resource.since is not None else None,
        "missing": resource.missing,
        "differs": resource.differs,
    }


def tell(domains: Sequence[DomainStatus], columns: int) -> None:
    """Each domain in a few lines: what stands out first, then what is as it should be."""
    if not domains:
        out("No domain is known to the journal.")
        out("Next: platform-cli init DOMAIN --owner @TEAM --on-call NAME --dry-run")
        return
    for number, one in enumerate(domains):
        if number:
            out()
        state = "ready" if one.outcome == "ready" else "not proven yet"
        out(wrap(f"{one.domain}   {state}   profile {one.profile}", columns))
        loud = [r for r in one.resources if _loud(r)]
        for resource in loud:
            out(wrap(_line(resource), columns, "  ", "      "))
        quiet = [r for r in one.resources if not _loud(r)]
        kinds = ", ".join(dict.fromkeys(resource.kind for resource in quiet))
        said = f"{len(quiet)} resources of ours are as they should be: {kinds}"
        out(wrap(said, columns, "  ", "      "))


def _loud(resource: ResourceStatus) -> bool:
    return bool(resource.missing or resource.differs) or resource.whose != "ours"


def _line(resource: ResourceStatus) -> str:
    said = f"missing: {resource.missing}" if resource.missing else resource.differs or "as it is"
    return f"{resource.whose:<8} {resource.address}: {said}"
