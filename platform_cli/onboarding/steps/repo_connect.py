"""`repo.connect`: what the first CI run and the reviewers need, before the first push.

Variables and the environment are written where they are missing and then left to the team.
Permissions are a floor: CODEOWNERS counts only owners who may write.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from platform_cli.errors import PlatformError
from platform_cli.onboarding.plan import Call, Change, Resource
from platform_cli.onboarding.steps.step import Step, Target
from platform_cli.onboarding.wanted import Wanted
from platform_cli.providers import Providers
from platform_cli.providers.forge.port import Permission

ENVIRONMENT: Final = "production"
_ENOUGH: Final[frozenset[Permission]] = frozenset({"write", "admin"})


@dataclass(frozen=True, slots=True)
class Variable:
    """A CI variable. Floor: that it is there. Initial: its value."""

    wanted: Wanted
    key: str
    value: str

    @property
    def address(self) -> str:
        """The variable under its repository."""
        return f"{self.wanted.organisation}/{self.wanted.spec.domain}/variables/{self.key}"

    def observe(self, providers: Providers) -> str | None:
        """Its value, where it is set."""
        return providers.forge.variables(self.wanted.spec.domain).get(self.key)

    def decide(self, observed: str | None) -> Change:
        """Set it once."""
        resource = Resource("variable", self.address)
        if observed is not None:
            return Change("keep", resource, "set; its value is the team's")
        payload = {"name": self.wanted.spec.domain, "key": self.key, "value": self.value}
        return Change("create", resource, "not set", Call("forge.set_variable", payload))

    def differs(
        self,
        observed: str | None,
        payload: Mapping[str, Any],
        resource: Mapping[str, Any],  # noqa: ARG002 - the shape of HasInitialFields
    ) -> str | None:
        """The value is the team's to change."""
        if observed is None or observed == payload.get("value"):
            return None
        return "the team has changed its value, which is fine"

    def apply(self, providers: Providers, change: Change) -> Resource:
        """Set the variable."""
        providers.forge.set_variable(self.wanted.spec.domain, self.key, self.value)
        return change.resource


@dataclass(frozen=True, slots=True)
class Environment:
    """The environment that publishing runs in."""

    wanted: Wanted

    @property
    def address(self) -> str:
        """The environment under its repository."""
        return f"{self.wanted.organisation}/{self.wanted.spec.domain}/environments/{ENVIRONMENT}"

    def observe(self, providers: Providers) -> bool:
        """Whether it is there."""
        return ENVIRONMENT in providers.forge.environments(self.wanted.spec.domain)

    def decide(self, observed: bool) -> Change:  # noqa: FBT001 - what was seen is a yes or no
        """Make it once; its rules are the team's."""
        resource = Resource("environment", self.address)
        if observed:
            return Change("keep", resource, "there; its rules are the team's")
        payload = {"name": self.wanted.spec.domain, "environment": ENVIRONMENT}
        return Change("create", resource, "absent", Call("forge.create_environment", payload))

    def apply(self, providers: Providers, change: Change) -> Resource:
        """Create the environment."""
        providers.forge.create_environment(self.wanted.spec.domain, ENVIRONMENT)
        return change.resource


@dataclass(frozen=True, slots=True)
class AlertSecret:
    """The key that the domain's alerts page with. Floor: that it is there."""

    wanted: Wanted
    key: str

    @property
    def address(self) -> str:
        """The secret under its repository."""
        return f"{self.wanted.organisation}/{self.wanted.spec.domain}/secrets/{self.key}"

    def observe(self, providers: Providers) -> bool:
        """Whether there is one of that name: nobody is told a secret's value."""
        return self.key in providers.forge.secrets(self.wanted.spec.domain)

    def decide(self, observed: bool) -> Change:  # noqa: FBT001 - what was seen is a yes or no
        """Set it once; a key that the team has renewed stays."""
        resource = Resource("secret", self.address)
        if observed:
            return Change("keep", resource, "set; its value is the team's")
        payload = {"name": self.wanted.spec.domain, "key": self.key}
        return Change("create", resource, "not set", Call("forge.set_secret", payload))

    def apply(self, providers: Providers, change: Change) -> Resource:
        """Take the key from the pager and hand it on; it is written down nowhere else."""
        domain = self.wanted.spec.domain
        key = providers.pager.integration_key(domain)
        if key is None:
            raise PlatformError(
                "PLT-PAGER-004",
                f"The service {domain} has no integration with a key. Nothing was set.",
                address=change.resource.address,
            )
        providers.forge.set_secret(domain, self.key, key)
        return change.resource


@dataclass(frozen=True, slots=True)
class TeamPermission:
    """A team's right to write. Floor: `write`; more than that is left as it is."""

    wanted: Wanted
    who: str

    @property
    def address(self) -> str:
        """The permission under its repository."""
        return f"{self.wanted.organisation}/{self.wanted.spec.domain}/permissions/{self.who}"

    def observe(self, providers: Providers) -> Permission | None:
        """What the team may do now."""
        return providers.forge.permission(self.wanted.spec.domain, self.who)

    def decide(self, observed: Permission | None) -> Change:
        """Restore the floor wherever it is missing."""
        resource = Resource("permission", self.address)
        if observed in _ENOUGH:
            return Change("keep", resource, f"may {observed}")
        payload = {"name": self.wanted.spec.domain, "who": self.who, "permission": "write"}
        call = Call("forge.grant", payload)
        if observed is None:
            return Change("create", resource, "no permission yet", call)
        return Change("update", resource, f"may only {observed}; write is the floor", call)

    def apply(self, providers: Providers, change: Change) -> Resource:
        """Grant `write`."""
        providers.forge.grant(self.wanted.spec.domain, self.who, "write")
        return change.resource


def _targets(wanted: Wanted) -> Sequence[Target[Any]]:
    teams = dict.fromkeys((wanted.spec.owner.text, wanted.platform_team, wanted.compliance_team))
    return (
        *(TeamPermission(wanted, who) for who in teams),
        Variable(wanted, "PLATFORM_DOMAIN", wanted.spec.domain),
        Variable(wanted, "PLATFORM_PROFILE", wanted.profile),
        *(AlertSecret(wanted, name) for name in (wanted.alert_secret,) if name is not None),
        Environment(wanted),
    )


STEP = Step(
    id="repo.connect",
    needs=("repo.create", "catalog.access", "oncall.rotation"),
    targets=_targets,
    # GitHub keeps each of them by itself: none is there because of another, nor in its way.
    together=True,
)
