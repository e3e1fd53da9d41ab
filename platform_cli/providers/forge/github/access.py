"""Which permissions an onboarding needs on GitHub, and which of them a credential lacks.

Only looks. A classic token tells its scopes and an App its permissions; a fine-grained token tells
neither, so it is tried on reads, and what no read can show is said to be unknown.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from platform_cli.errors import PlatformError, TemporaryError
from platform_cli.providers.forge.github.api import Api, at
from platform_cli.providers.forge.github.credentials import Credential

Level = Literal["read", "write"]


@dataclass(frozen=True, slots=True)
class Right:
    """One permission: its name for people, GitHub's key for it, and the classic scope with it."""

    name: str
    key: str
    level: Level
    scope: str
    why: str

    def __str__(self) -> str:
        return f"{self.name}: {self.level} (classic: {self.scope})"


NEEDED: Final = (
    Right("Administration", "administration", "write", "repo", "make, share and protect it"),
    Right("Contents", "contents", "write", "repo", "push the files and the trial branch"),
    Right("Workflows", "workflows", "write", "workflow", "push .github/workflows"),
    Right("Pull requests", "pull_requests", "write", "repo", "open and close the trial"),
    Right("Actions", "actions", "read", "repo", "watch the first CI run; see the environments"),
    Right("Checks", "checks", "read", "repo", "see whether every required check is green"),
    Right("Variables", "actions_variables", "write", "repo", "set the variables of CI"),
    Right("Environments", "environments", "write", "repo", "make the environment `production`"),
    Right("Members", "members", "read", "read:org", "see the teams of the organisation"),
)
"""What `init` needs. Secrets and custom properties only where they are used; see the docs."""

_IMPLIED: Final[Mapping[str, frozenset[str]]] = {
    "admin:org": frozenset({"write:org", "read:org"}),
    "write:org": frozenset({"read:org"}),
}
# Not in every App's answer, though it can be granted: its absence there proves nothing.
_EMPTY: Final = (409, 422)
_UNTOLD: Final = frozenset({"actions_variables"})


@dataclass(frozen=True, slots=True)
class Access:
    """Who the credential is and what it may do, as far as looking tells."""

    who: str
    lacking: tuple[Right, ...]
    unknown: tuple[Right, ...]


def look(api: Api, organisation: str, credential: Credential) -> Access:
    """Compare what is needed with what there is. Raises PLT-FORGE-004 without any access."""
    kind = credential.kind
    credential.token()
    granted = credential.granted()
    if granted is not None:
        return Access(kind, tuple(_not_granted(granted)), _told_nothing(granted))
    answer = api.get(at("user"), absent=())
    login = str(answer.data["login"]) if answer is not None else ""
    scopes = answer.headers.get("x-oauth-scopes") if answer is not None else None
    if scopes:
        return Access(f"@{login}, {kind} (classic)", tuple(_outside(scopes)), ())
    lacking, unknown = _tried(api, organisation)
    return Access(f"@{login}, {kind}", lacking, unknown)


def _not_granted(granted: Mapping[str, str]) -> Iterable[Right]:
    for right in NEEDED:
        has = granted.get(right.key)
        if has is None and right.key in _UNTOLD:
            continue
        if has not in (
            {"write", "admin"} if right.level == "write" else {"read", "write", "admin"}
        ):
            yield right


def _told_nothing(granted: Mapping[str, str]) -> tuple[Right, ...]:
    return tuple(r for r in NEEDED if r.key in _UNTOLD and r.key not in granted)


def _outside(scopes: str) -> Iterable[Right]:
    has = {scope.strip() for scope in scopes.split(",")}
    for scope in tuple(has):
        has |= _IMPLIED.get(scope, frozenset())
    return (right for right in NEEDED if right.scope not in has)


def _tried(api: Api, organisation: str) -> tuple[tuple[Right, ...], tuple[Right, ...]]:
    """Read what each right lets one read: of the organisation, and of any repository of it."""
    listed = api.get(at("orgs", organisation, "repos"), {"per_page": 1})
    own = listed.data[0]["name"] if listed is not None and listed.data else None
    probes = {"members": at("orgs", organisation, "teams")}
    if own is not None:
        inside = {
            "actions": ("actions", "runs"),
            "actions_variables": ("actions", "variables"),
            "contents": ("commits", "HEAD"),
            "pull_requests": ("pulls",),
            "administration": ("teams",),
        }
        probes |= {key: at("repos", organisation, own, *path) for key, path in inside.items()}
    lacking, unknown = [], []
    for right in NEEDED:
        path = probes.get(right.key)
        if path is not None and not _reads(api, path):
            lacking.append(right)
        elif path is None or right.level == "write":
            unknown.append(right)
    return tuple(lacking), tuple(unknown)


def _reads(api: Api, path: str) -> bool:
    try:
        # An empty repository has no commit to show, and says so.
        return api.get(path, accept=_EMPTY) is not None
    except TemporaryError:
        raise
    except PlatformError as error:
        if error.code != "PLT-FORGE-004":
            raise
        return False
