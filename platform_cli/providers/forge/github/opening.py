"""Puts the adapter together from what `wiring` chose: address, credential, organisation, git."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal
from urllib.parse import urlsplit

from platform_cli.git import Git, Remote
from platform_cli.providers.forge.github import access, addresses
from platform_cli.providers.forge.github.actions import Actions
from platform_cli.providers.forge.github.adapter import GitHubForge
from platform_cli.providers.forge.github.api import Api, Times
from platform_cli.providers.forge.github.branches import Branches
from platform_cli.providers.forge.github.credentials import (
    AppCredential,
    Credential,
    GhCredential,
    Secret,
    TokenCredential,
)
from platform_cli.providers.forge.github.people import People
from platform_cli.providers.forge.github.place import Place
from platform_cli.providers.forge.github.protecting import Protecting
from platform_cli.providers.forge.github.pulls import Pulls
from platform_cli.providers.forge.github.repositories import Repositories

_CERTIFICATES: Final = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE")


@dataclass(frozen=True, slots=True)
class Server:
    """Where GitHub is, and how it is asked. A whole fetch or push may take `git_timeout_s`."""

    base_url: str
    auth: Literal["token", "app", "gh"]
    timeout_s: float
    git_timeout_s: float = 120.0


def credential(
    server: Server, secret: Secret, environment: Mapping[str, str], times: Times
) -> Credential:
    """What the settings chose to prove who we are. Looks for nothing yet."""
    if server.auth == "app":
        return AppCredential(secret, server.base_url, server.timeout_s, times)
    if server.auth == "gh":
        host = urlsplit(addresses.web(server.base_url)).netloc
        return GhCredential(host, environment)
    return TokenCredential(secret)


def opened(
    server: Server,
    organisation: str,
    proof: Credential,
    git: Git,
    *,
    times: Times,
    now: Callable[[], datetime],
) -> GitHubForge:
    """The forge at this server. Asks it nothing yet."""
    place = Place(Api(server.base_url, proof.token, server.timeout_s, times), organisation)
    web = addresses.web(server.base_url)
    certificates = next((git.environment[n] for n in _CERTIFICATES if git.environment.get(n)), None)

    def remote(name: str) -> Remote:
        def pairs() -> list[tuple[str, str]]:
            return addresses.git_access(server.base_url, proof.token(), certificates)

        url = f"{web}/{organisation}/{name}.git"
        return Remote(git, url, pairs, server.git_timeout_s)

    return GitHubForge(
        place=place,
        proof=proof,
        repositories=Repositories(place, web),
        actions=Actions(place),
        people=People(place),
        branches=Branches(
            place, git, remote, now, lambda: access.look(place.api, organisation, proof)
        ),
        protecting=Protecting(place),
        pulls=Pulls(place),
    )
