"""The places where a history's resources are, and what of `init loyalty` should stand there.

Each shows everything that it keeps, embedded or at a fake, as things with their state. Nothing here
asks the program: what is wanted stands here again.
"""

from __future__ import annotations

import json
import re
import sqlite3
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.crash.remains import Thing, as_text
from tests.fakes.github.state import State as GitHub
from tests.fakes.iceberg.state import State as Iceberg
from tests.fakes.pagerduty.state import State as PagerDuty
from tests.fakes.unity.state import State as Unity

TIERS: Final = ("derived", "product", "raw")
TEAMS: Final = ("data-compliance", "loyalty-team", "platform-team")
CHECKS: Final = ["dbt", "contract", "policy"]
VARIABLES: Final = ("PLATFORM_DOMAIN", "PLATFORM_PROFILE")
_TRAILERS: Final = "--format=%H %(trailers:key=Platform-Onboarding,valueonly,separator=%x2C)"
_MARKED: Final = re.compile(r"\[platform-cli:([^\]]*)\]")


@dataclass(frozen=True, slots=True)
class Place:
    """What is there, and what an onboarding of this id should have left there."""

    found: Callable[[], Iterator[Thing]]
    wanted: Callable[[str], Iterator[Thing]]


def embedded_forge(home: Path) -> Place:
    """Repositories in the home."""
    root = home / "forge" / "local"

    def found() -> Iterator[Thing]:
        # A killed writer may leave one hidden folder, which the next writer takes away (see the
        # embedded forge's own tests): it is scratch space, not a repository.
        for folder in sorted(p for p in root.iterdir() if not p.name.startswith(".new-")):
            about = {path.stem: json.loads(path.read_bytes()) for path in folder.glob("*.json")}
            yield (
                f"repository {folder.name}",
                as_text(
                    {
                        "marker": about["repository"]["marker"],
                        "permissions": about["permissions"]["permissions"],
                        "variables": sorted(about["variables"]["variables"]),
                        "environments": sorted(about["environments"]["environments"]),
                        "protected": sorted(about["protection"]["protection"]),
                    }
                ),
            )
            yield from _history(_git(folder / f"{folder.name}.git"))
            for pull in about.get("pull_requests", {"pull_requests": {}})["pull_requests"].values():
                if pull["open"]:
                    yield f"open pull request {pull['title']}", ""

    def wanted(onboarding: str) -> Iterator[Thing]:
        yield (
            "repository loyalty",
            as_text(
                {
                    "marker": {"domain": "loyalty", "onboarding": onboarding},
                    "permissions": {f"@local/{team}": "write" for team in TEAMS},
                    "variables": VARIABLES,
                    "environments": ["production"],
                    "protected": ["main"],
                }
            ),
        )
        yield from _one_commit(onboarding)

    return Place(found, wanted)


def github(state: GitHub, secrets: Sequence[str]) -> Place:
    """Repositories at the fake."""

    def found() -> Iterator[Thing]:
        for repo in state.repos.values():
            yield (
                f"repository {repo.name}",
                as_text(
                    {
                        "teams": repo.teams,
                        "variables": sorted(repo.variables),
                        "secrets": sorted(repo.secrets),
                        "environments": repo.environments,
                        "rulesets": [one["name"] for one in repo.rulesets.values()],
                    }
                ),
            )
            yield from _history(repo.git)
            for pull in repo.pulls:
                if pull.open:
                    yield f"open pull request {pull.title}", ""

    def wanted(onboarding: str) -> Iterator[Thing]:
        yield (
            "repository loyalty",
            as_text(
                {
                    "teams": dict.fromkeys(TEAMS, "push"),
                    "variables": VARIABLES,
                    "secrets": secrets,
                    "environments": ["production"],
                    "rulesets": ["platform-cli: main"],
                }
            ),
        )
        yield from _one_commit(onboarding)

    return Place(found, wanted)


def _git(bare: Path) -> Callable[..., str]:
    def git(*arguments: str) -> str:
        command = ["git", "-C", str(bare), *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    return git


def _history(git: Callable[..., str]) -> Iterator[Thing]:
    for line in git("log", "--all", _TRAILERS).splitlines():
        yield f"commit of {line.partition(' ')[2] or 'nobody'}", ""
    for ref in git("for-each-ref", "--format=%(refname)").split():
        yield f"ref {ref}", ""


def _one_commit(onboarding: str) -> Iterator[Thing]:
    yield f"commit of {onboarding}", ""
    yield "ref refs/heads/main", ""


def embedded_catalog(home: Path, team: str) -> Place:
    """Namespaces in the home."""

    def found() -> Iterator[Thing]:
        kept: dict[str, dict[str, str]] = {}
        with closing(sqlite3.connect(home / "catalog" / "catalog.sqlite3")) as connection:
            rows = connection.execute(
                "SELECT namespace, property_key, property_value FROM iceberg_namespace_properties"
            )
            for namespace, key, value in rows:
                kept.setdefault(namespace, {})[key] = value
        for namespace, properties in kept.items():
            yield f"schema {namespace}", as_text(properties)

    def wanted(onboarding: str) -> Iterator[Thing]:
        for tier in TIERS:
            yield f"schema loyalty.{tier}", as_text(_properties(onboarding, tier, team))

    return Place(found, wanted)


def iceberg(state: Iceberg, team: str) -> Place:
    """Namespaces at the fake."""

    def found() -> Iterator[Thing]:
        for name, properties in state.namespaces.items():
            yield f"schema {'.'.join(name)}", as_text(properties)

    def wanted(onboarding: str) -> Iterator[Thing]:
        yield "schema loyalty", as_text(_marker(onboarding))
        for tier in TIERS:
            yield f"schema loyalty.{tier}", as_text(_properties(onboarding, tier, team))

    return Place(found, wanted)


def _marker(onboarding: str) -> dict[str, str]:
    return {"platform_cli.domain": "loyalty", "platform_cli.onboarding": onboarding}


def _tags(tier: str, team: str) -> dict[str, str]:
    return {"domain": "loyalty", "owner": team, "tier": tier}


def _properties(onboarding: str, tier: str, team: str) -> dict[str, str]:
    """A catalog without tags and grants has both as properties."""
    grants = {team: "write"} | ({"everyone": "read"} if tier == "product" else {})
    return {
        **_marker(onboarding),
        **{f"platform_cli.tag.{key}": text for key, text in _tags(tier, team).items()},
        **{f"platform_cli.grant.{who}": privilege for who, privilege in grants.items()},
    }


def unity(state: Unity, team: str) -> Place:
    """Catalogs, schemas, tags and grants at the fake."""

    def found() -> Iterator[Thing]:
        for name, one in state.catalogs.items():
            yield f"catalog {name}", as_text(one["properties"])
        for name, one in state.schemas.items():
            yield f"schema {name}", as_text(one["properties"])
        for name, tags in state.tags.items():
            yield f"tags of {name}", as_text(tags)
        for (_, name), held in state.grants.items():
            yield f"grants on {name}", _held(held)

    def wanted(onboarding: str) -> Iterator[Thing]:
        writes = {"USE_SCHEMA", "SELECT", "MODIFY", "CREATE_TABLE"}
        reads = {"USE_SCHEMA", "SELECT"}
        uses = {"USE_CATALOG"}
        yield "catalog loyalty", as_text(_marker(onboarding))
        yield "grants on loyalty", _held({"loyalty-team": uses, "account users": uses})
        for tier in TIERS:
            everyone = {"account users": reads} if tier == "product" else {}
            yield f"schema loyalty.{tier}", as_text(_marker(onboarding))
            yield f"tags of loyalty.{tier}", as_text(_tags(tier, team))
            yield f"grants on loyalty.{tier}", _held({"loyalty-team": writes, **everyone})

    return Place(found, wanted)


def _held(grants: Mapping[str, set[str]]) -> str:
    return as_text({who: sorted(privileges) for who, privileges in grants.items()})


def embedded_pager(home: Path) -> Place:
    """The rota in the home."""

    def found() -> Iterator[Thing]:
        kept = json.loads((home / "pager" / "pager.json").read_bytes())
        names = {
            one["id"]: one["name"] for one in (*kept["schedules"], *kept["escalation_policies"])
        }
        for one in kept["schedules"]:
            yield f"schedule {one['name']}", as_text(one["marker"])
        for one in kept["escalation_policies"]:
            schedules = [names.get(key) for key in one["schedules"]]
            yield f"policy {one['name']}", as_text([one["marker"], schedules])
        for one in kept["services"]:
            whole = [one["marker"], names.get(one["policy"]), bool(one["integration"])]
            yield f"service {one['name']}", as_text(whole)

    def wanted(onboarding: str) -> Iterator[Thing]:
        marker = {"domain": "loyalty", "onboarding": onboarding}
        yield "schedule loyalty-pager", as_text(marker)
        yield "policy loyalty-pager", as_text([marker, ["loyalty-pager"]])
        yield "service loyalty", as_text([marker, "loyalty-pager", True])

    return Place(found, wanted)


def pagerduty(state: PagerDuty) -> Place:
    """Schedules, policies, services and incidents at the fake."""

    def found() -> Iterator[Thing]:
        kinds = {"schedule": state.schedules, "policy": state.policies, "service": state.services}
        for kind, kept in kinds.items():
            for one in kept:
                yield f"{kind} {one['name']}", as_text(_MARKED.findall(str(one["description"])))
        names = {one["id"]: one["name"] for one in state.services}
        for service, integrations in state.integrations.items():
            for _ in integrations:
                yield f"integration of {names.get(service)}", ""
        for one in state.incidents:
            if one["status"] != "resolved":
                yield f"open page {one['title']}", ""

    def wanted(onboarding: str) -> Iterator[Thing]:
        marker = as_text([f"loyalty/{onboarding}"])
        yield "schedule loyalty-pager", marker
        yield "policy loyalty-pager", marker
        yield "service loyalty", marker
        yield "integration of loyalty", ""

    return Place(found, wanted)
