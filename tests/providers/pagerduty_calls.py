"""Every mutating call of the PagerDuty adapter with the world it needs, and what it leaves once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from platform_cli.errors import PlatformError, TemporaryError
from platform_cli.providers.pager.pagerduty.adapter import PagerDutyPager
from tests.fakes.pagerduty.state import State
from tests.providers.pager_suite import ANN, MARKER, OTHER

KEY = "platform-cli-test-1"


@dataclass(slots=True)
class Scene:
    """The fake, the pager as this case opened it, and names of its own."""

    state: State
    pager: PagerDutyPager
    name: str

    def schedule(self) -> str:
        return self.pager.create_schedule(self.name, marker=MARKER, members=(ANN,)).id

    def policy(self) -> str:
        schedule = self.schedule()
        made = self.pager.create_escalation_policy(self.name, marker=MARKER, schedule=schedule)
        return made.id

    def service(self) -> None:
        self.pager.create_service(self.name, marker=MARKER, policy=self.policy())

    def rotation(self) -> None:
        self.service()
        self.pager.create_integration(self.name)

    def paged(self) -> None:
        self.rotation()
        self.pager.page(self.name, KEY, "TEST")

    def named(self, kind: str) -> list[dict[str, object]]:
        entries: list[dict[str, object]] = getattr(self.state, kind)
        return [one for one in entries if one["name"] == self.name]

    def pages(self, status: str) -> int:
        services = {one["id"] for one in self.named("services")}
        return sum(
            one["service"]["id"] in services and one["status"] == status
            for one in self.state.incidents
        )


@dataclass(frozen=True, slots=True)
class Mutation:
    """One call: what is there before it, the call, and how often its effect is there after."""

    prepare: Callable[[Scene], object]
    call: Callable[[Scene], object]
    effects: Callable[[Scene], int]


def _policy(scene: Scene) -> object:
    schedule = str(scene.named("schedules")[0]["id"])
    return scene.pager.create_escalation_policy(scene.name, marker=MARKER, schedule=schedule)


def _service(scene: Scene) -> object:
    policy = str(scene.named("policies")[0]["id"])
    return scene.pager.create_service(scene.name, marker=MARKER, policy=policy)


def _integrations(scene: Scene) -> int:
    services = scene.named("services")
    return sum(len(scene.state.integrations.get(str(one["id"]), ())) for one in services)


MUTATIONS: dict[str, Mutation] = {
    "create_schedule": Mutation(
        lambda s: None, lambda s: s.schedule(), lambda s: len(s.named("schedules"))
    ),
    "create_escalation_policy": Mutation(
        lambda s: s.schedule(), _policy, lambda s: len(s.named("policies"))
    ),
    "create_service": Mutation(lambda s: s.policy(), _service, lambda s: len(s.named("services"))),
    "create_integration": Mutation(
        lambda s: s.service(), lambda s: s.pager.create_integration(s.name), _integrations
    ),
    "set_marker": Mutation(
        lambda s: s.service(),
        lambda s: s.pager.set_marker(s.name, OTHER),
        lambda s: sum("onboarding-2" in str(one["description"]) for one in s.named("services")),
    ),
    "page": Mutation(
        lambda s: s.rotation(),
        lambda s: s.pager.page(s.name, KEY, "TEST"),
        lambda s: s.pages("triggered"),
    ),
    "resolve": Mutation(
        lambda s: s.paged(),
        lambda s: s.pager.resolve(s.name, KEY),
        lambda s: s.pages("resolved"),
    ),
}


def driven(mutation: Mutation, scene: Scene, tries: int = 4) -> PlatformError | None:
    """Make the call as the engine does: after a bad moment look, and call again where it is absent.

    Returns the error that ends it, or None.
    """
    for _ in range(tries):
        try:
            mutation.call(scene)
        except TemporaryError:
            if mutation.effects(scene):
                return None
        except PlatformError as error:
            if error.code == "PLT-PAGER-001" and mutation.effects(scene):
                return None
            return error
        else:
            return None
    raise AssertionError("it was tried for ever")
