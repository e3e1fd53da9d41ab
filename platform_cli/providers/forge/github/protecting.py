"""A branch's protection: read as it holds; written as a ruleset, or else the older way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from platform_cli.errors import PlatformError, TemporaryError
from platform_cli.providers.asked import Asked
from platform_cli.providers.forge.github import answers, rulesets
from platform_cli.providers.forge.github.place import Place
from platform_cli.providers.forge.port import Protection

_NOT_TO_BE_HAD: Final = (403, 404)


@dataclass(frozen=True, slots=True)
class Protecting:
    """Protections in one organisation's repositories."""

    place: Place
    _without: set[str] = field(default_factory=set)
    """Repositories whose server or plan has refused a ruleset."""

    def read(self, name: str, branch: str) -> Protection | None:
        """How the branch is protected by everything that applies to it, or None."""
        place = self.place
        path = place.path(name, "rules", "branches", branch)
        rules = place.api.pages(path, absent=_NOT_TO_BE_HAD)
        found = rulesets.read(rules or ())
        if (
            found is not None
            and found.code_owner_review
            and not (found.force_push or found.deletion)
        ):
            return found
        path = place.path(name, "branches", branch, "protection")
        older = place.api.get(path, absent=_NOT_TO_BE_HAD)
        return rulesets.both(found, None if older is None else rulesets.read_older(older.data))

    def write(self, name: str, branch: str, wanted: Protection) -> None:
        """Create or replace our protection of the branch."""
        ours = None if name in self._without else self._rulesets(name)
        if ours is None:
            body = rulesets.older_payload(wanted)
            self.place.send("PUT", name, "branches", branch, "protection", body=body)
            return
        same = [one for one in ours if one["name"] == rulesets.name(branch)]
        body = rulesets.payload(branch, wanted)
        if same:
            self.place.send("PUT", name, "rulesets", str(same[0]["id"]), body=body)
            return
        error = self._refusal(name, body)
        if error is None:
            return
        # A server or plan without rulesets says 404 or 403; a token without the right does, too,
        # and is told so when the older way is tried.
        self._without.add(name)
        raise TemporaryError(
            error.code,
            f"{error.summary} The older branch protection is tried instead.",
            hint=error.hint,
            address=error.address,
        )

    def _refusal(self, name: str, body: Mapping[str, Any]) -> PlatformError | None:
        """Create a ruleset; what 403 or 404 to that means, or None."""
        api, path = self.place.api, self.place.path(name, "rulesets")
        answer = api.send("POST", path, body, accept=_NOT_TO_BE_HAD)
        if answer.status not in _NOT_TO_BE_HAD:
            return None
        return answers.judged(answer, Asked("POST", path, api.server), api.times.now_s())

    def _rulesets(self, name: str) -> list[Any] | None:
        """The repository's own rulesets; None where there are none to be had."""
        path = self.place.path(name, "rulesets")
        return self.place.api.pages(
            path, parameters={"includes_parents": "false"}, absent=_NOT_TO_BE_HAD
        )
