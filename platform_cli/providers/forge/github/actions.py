"""What a repository's CI is given: variables, secrets, environments.

A secret is encrypted for the repository before it is sent, and read back by nobody.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from platform_cli.providers.forge.github.place import Place

_EXISTS: Final = 409


@dataclass(frozen=True, slots=True)
class Actions:
    """The configuration of GitHub Actions in one organisation's repositories."""

    place: Place

    def variables(self, name: str) -> Mapping[str, str]:
        """The variables by name. Of these GitHub gives thirty a page at most."""
        parts = ("actions", "variables")
        listed = self.place.pages(name, *parts, key="variables", per_page=30) or ()
        return {str(one["name"]): str(one["value"]) for one in listed}

    def set_variable(self, name: str, key: str, value: str) -> None:
        """Create it; GitHub refuses one that is there, which is then replaced.

        Raises PLT-FORGE-001 where it is there and cannot be seen.
        """
        place, body = self.place, {"name": key, "value": value}
        path = place.path(name, "actions", "variables")
        with place.known(name):
            answer = place.api.send("POST", path, body, accept=(_EXISTS,))
        if answer.status != _EXISTS:
            return
        there = place.glance(name, "actions", "variables", key)
        if there is None:
            raise place.kept(name, f"has a variable {key} that cannot be seen yet")
        if there.data["value"] != value:
            place.send("PATCH", name, "actions", "variables", key, body=body)

    def secrets(self, name: str) -> frozenset[str]:
        """The names of the secrets; GitHub tells nobody their values."""
        listed = self.place.pages(name, "actions", "secrets", key="secrets") or ()
        return frozenset(str(one["name"]) for one in listed)

    def set_secret(self, name: str, key: str, value: str) -> None:
        """Create or replace one, encrypted with the repository's own public key."""
        from nacl.public import PublicKey, SealedBox

        found = self.place.get(name, "actions", "secrets", "public-key")
        if found is None:
            raise self.place.missing(name)
        public = PublicKey(base64.b64decode(found.data["key"]))
        sealed = base64.b64encode(SealedBox(public).encrypt(value.encode())).decode()
        body = {"encrypted_value": sealed, "key_id": found.data["key_id"]}
        self.place.send("PUT", name, "actions", "secrets", key, body=body)

    def environments(self, name: str) -> frozenset[str]:
        """The names of the environments."""
        listed = self.place.pages(name, "environments", key="environments") or ()
        return frozenset(str(one["name"]) for one in listed)

    def create_environment(self, name: str, environment: str) -> None:
        """Create it; one that exists stays as it is, with the rules that the team gave it."""
        if self.place.glance(name, "environments", environment) is None:
            self.place.send("PUT", name, "environments", environment)
