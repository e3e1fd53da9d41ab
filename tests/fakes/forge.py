"""A forge in memory: stateful, counts its mutating calls, fails before or after the effect.

Held to the same suite as the embedded forge (tests/providers). `faults` maps the number of a
mutating call (from 1) to what happens to it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from platform_cli.errors import PlatformError, TemporaryError
from platform_cli.providers.forge.port import (
    Branch,
    Commit,
    Marker,
    Permission,
    Protection,
    Repository,
)

When = Literal["before", "after"]


@dataclass(slots=True)
class Kept:
    """Everything the fake keeps of one repository."""

    id: str
    marker: Marker | None
    description: str = ""
    variables: dict[str, str] = field(default_factory=dict)
    environments: set[str] = field(default_factory=set)
    permissions: dict[str, Permission] = field(default_factory=dict)
    branches: dict[str, Branch] = field(default_factory=dict)
    protections: dict[str, Protection] = field(default_factory=dict)


@dataclass(slots=True)
class Fault:
    """What a mutating call meets: an error, before or after its effect."""

    when: When
    error: Callable[[], BaseException]


def temporary(retry_after_s: float | None = None) -> BaseException:
    """A server's bad moment."""
    return TemporaryError("PLT-FORGE-003", "The forge did not answer.", retry_after_s=retry_after_s)


@dataclass(slots=True)
class MemoryForge:
    """Implements the forge's port."""

    organisation: str = "local"
    repositories: dict[str, Kept] = field(default_factory=dict)
    calls: list[tuple[str, dict[str, object]]] = field(default_factory=list)
    faults: dict[int, Fault] = field(default_factory=dict)
    before_call: Callable[[str], None] = lambda _: None

    def repository(self, name: str) -> Repository | None:
        kept = self.repositories.get(name)
        return None if kept is None else self._shown(name, kept)

    def variables(self, name: str) -> Mapping[str, str]:
        return dict(self.repositories[name].variables) if name in self.repositories else {}

    def environments(self, name: str) -> frozenset[str]:
        kept = self.repositories.get(name)
        return frozenset(kept.environments) if kept else frozenset()

    def permissions(self, name: str) -> Mapping[str, Permission]:
        return dict(self.repositories[name].permissions) if name in self.repositories else {}

    def branch(self, name: str, branch: str) -> Branch | None:
        kept = self.repositories.get(name)
        return kept.branches.get(branch) if kept else None

    def protection(self, name: str, branch: str) -> Protection | None:
        kept = self.repositories.get(name)
        return kept.protections.get(branch) if kept else None

    def owners(self, name: str, branch: str, path: str) -> tuple[str, ...]:
        return ()

    def initial_files(
        self, name: str, branch: str, onboardings: frozenset[str]
    ) -> Mapping[str, bytes] | None:
        return None

    def create_repository(self, name: str, *, marker: Marker, description: str) -> Repository:
        def effect() -> None:
            if name in self.repositories:
                raise PlatformError("PLT-FORGE-001", f"{name} exists already.")
            identity = f"id-{name}-{len(self.calls)}"
            self.repositories[name] = Kept(identity, marker, description)

        given = {"domain": marker.domain, "onboarding": marker.onboarding}
        payload = {"name": name, "marker": given, "description": description}
        self._mutate("forge.create_repository", payload, effect)
        return self._shown(name, self.repositories[name])

    def set_marker(self, name: str, marker: Marker) -> Repository:
        def effect() -> None:
            self.repositories[name].marker = marker

        given = {"domain": marker.domain, "onboarding": marker.onboarding}
        self._mutate("forge.set_marker", {"name": name, "marker": given}, effect)
        return self._shown(name, self.repositories[name])

    def set_variable(self, name: str, key: str, value: str) -> None:
        payload: dict[str, object] = {"name": name, "key": key, "value": value}
        self._mutate(
            "forge.set_variable",
            payload,
            lambda: self.repositories[name].variables.update({key: value}),
        )

    def create_environment(self, name: str, environment: str) -> None:
        self._mutate(
            "forge.create_environment",
            {"name": name, "environment": environment},
            lambda: self.repositories[name].environments.add(environment),
        )

    def grant(self, name: str, who: str, permission: Permission) -> None:
        self._mutate(
            "forge.grant",
            {"name": name, "who": who, "permission": permission},
            lambda: self.repositories[name].permissions.update({who: permission}),
        )

    def push(self, name: str, branch: str, commit: Commit) -> str:
        trailer = commit.message.rsplit("Platform-Onboarding: ", 1)[1].strip()

        def effect() -> None:
            if branch in self.repositories[name].branches:
                raise PlatformError("PLT-FORGE-001", f"{branch} exists already.")
            made = Branch(f"commit-{len(self.calls)}", frozenset({trailer}))
            self.repositories[name].branches[branch] = made

        payload: dict[str, object] = {"name": name, "branch": branch, "message": commit.message}
        self._mutate("forge.push", payload, effect)
        return self.repositories[name].branches[branch].head

    def protect(self, name: str, branch: str, protection: Protection) -> None:
        payload: dict[str, object] = {
            "name": name,
            "branch": branch,
            "code_owner_review": protection.code_owner_review,
            "required_checks": list(protection.required_checks),
            "force_push": protection.force_push,
            "deletion": protection.deletion,
        }
        self._mutate(
            "forge.protect",
            payload,
            lambda: self.repositories[name].protections.update({branch: protection}),
        )

    def _mutate(
        self, method: str, payload: dict[str, object], effect: Callable[[], object]
    ) -> None:
        self.before_call(method)
        self.calls.append((method, payload))
        fault = self.faults.get(len(self.calls))
        if fault is not None and fault.when == "before":
            raise fault.error()
        effect()
        if fault is not None:
            raise fault.error()

    def _shown(self, name: str, kept: Kept) -> Repository:
        return Repository(
            address=f"{self.organisation}/{name}",
            id=kept.id,
            url=f"memory:{name}",
            marker=kept.marker,
            empty=not kept.branches,
        )
