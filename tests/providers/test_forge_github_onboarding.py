"""Whole onboardings against the fake GitHub: what goes wrong converges, what is foreign stays.

The catalog and the pager are in memory, and time passes only when somebody waits.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Event as Flag
from typing import Any, Final, Literal

import pytest

from platform_cli.errors import Exit, PlatformError
from platform_cli.onboarding import readiness
from platform_cli.onboarding.result import Result
from platform_cli.onboarding.surroundings import Surroundings
from tests.fakes.github.server import serving
from tests.fakes.github.state import ALL, Call, Fault, State, Token, matching
from tests.providers.forge_github import TOKEN, Passing, forge_at
from tests.providers.test_forge_github_faults import TEMPORARY
from tests.unit.onboarding_world import World

CALLS: Final = 9
"""One repository, three permissions, two variables, an environment, a push and a ruleset."""
SEED: Final = 20260108
SAMPLED: Final = 12


class Waiting(Flag):
    """A flag on which nobody waits: the clocks go on instead."""

    def __init__(self, world: World, passing: Passing) -> None:
        super().__init__()
        self._world, self._passing = world, passing

    def wait(self, timeout: float | None = None) -> bool:
        self._world.clock.elapsed_s += timeout or 0
        self._passing.pause(timeout or 0)
        return self.is_set()


@dataclass(slots=True)
class Hub:
    """A world whose forge is GitHub."""

    world: World
    state: State
    passing: Passing
    home: Path

    def around(self, **more: Any) -> Surroundings:
        forge = forge_at(self.state, self.home, self.passing, **more)
        plain = self.world.around(Waiting(self.world, self.passing), deadline_s=1800)
        return replace(plain, providers=replace(plain.providers, forge=forge))

    def run(self, *, adopt: str | None = None, **more: Any) -> Result:
        request = self.world.request()
        if adopt:
            request = replace(request, adopt=frozenset({adopt}))
        return self.world.run(request, self.around(**more))

    def made_once(self) -> None:
        """Everything is there, and nothing twice."""
        assert list(self.state.repos) == ["loyalty"]
        repo = self.state.repos["loyalty"]
        assert sorted(repo.variables) == ["PLATFORM_DOMAIN", "PLATFORM_PROFILE"]
        assert (len(repo.teams), repo.environments) == (3, ["production"])
        assert len(repo.rulesets) + len(repo.protections) == 1
        assert len(repo.git("log", "--all", "--format=%H").split()) == 1
        before = len(self.state.mutations)
        second = self.run()
        assert second.mutating_calls == 0
        assert len(self.state.mutations) == before


@pytest.fixture(autouse=True)
def unproven(monkeypatch: pytest.MonkeyPatch) -> None:
    """The trial has tests of its own: here nothing is proven."""
    monkeypatch.setattr(readiness, "prove", lambda *_: readiness.not_run("not in these tests"))


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    with serving(tmp_path / "github", organisation="local") as state:
        (tmp_path / "world").mkdir()
        yield Hub(World(tmp_path / "world"), state, Passing(), tmp_path / "home")
    assert not state.wrong, "\n".join(state.wrong[:20])


def refused(call: Callable[[], object]) -> PlatformError:
    with pytest.raises(PlatformError) as caught:
        call()
    return caught.value


def test_a_first_run_makes_each_thing_with_one_call(hub: Hub) -> None:
    result = hub.run()
    assert (result.outcome, result.error) == ("incomplete", None)
    assert len(hub.state.mutations) == len(hub.state.changes) == CALLS
    hub.made_once()


def test_a_second_run_asks_each_thing_once(hub: Hub) -> None:
    hub.run()
    hub.state.calls.clear()
    assert hub.run().mutating_calls == 0
    asked = sorted(call.path.removeprefix("/repos/local/loyalty") for call in hub.state.reads)
    assert asked == [
        "",
        "/actions/variables",
        "/commits/heads/main",
        "/environments",
        "/rules/branches/main",
        "/teams",
    ]


def test_just_before_a_change_its_target_is_looked_at_again(hub: Hub) -> None:
    hub.run()
    calls = [(call.method, call.path) for call, _ in hub.state.calls]
    made = calls.index(("POST", "/orgs/local/repos"))
    assert calls[:made].count(("GET", "/repos/local/loyalty")) == 2
    for path, change in {
        "/repos/local/loyalty/teams": "PUT /orgs/local/teams/loyalty-team/repos/local/loyalty",
        "/repos/local/loyalty/actions/variables": "POST /repos/local/loyalty/actions/variables",
        "/repos/local/loyalty/environments": "PUT /repos/local/loyalty/environments/production",
        "/repos/local/loyalty/rules/branches/main": "POST /repos/local/loyalty/rulesets",
    }.items():
        method, _, where = change.partition(" ")
        assert ("GET", path) in calls[made : calls.index((method, where))]


@pytest.mark.parametrize("hidden", range(6))
def test_what_was_made_and_cannot_be_seen_is_not_made_again(hub: Hub, hidden: int) -> None:
    hub.state.hide = hidden
    create = matching("POST", "/orgs/local/repos$")
    hub.state.faults = [Fault("after", 502, match=create)]
    result = hub.run()
    if result.error is not None:  # it cannot be decided: then a person must
        assert result.error.exit == Exit.DECISION
        assert len(hub.state.changes) == 1
        hub.state.repos["loyalty"].hidden = 0
        hub.run()
    hub.made_once()


# Six targets look at the same time, each at itself and then at the repository, before one waits.
@pytest.mark.parametrize("hidden", [13, 20])
def test_a_run_waits_for_what_it_has_just_made(hub: Hub, hidden: int) -> None:
    hub.state.hide = hidden
    assert hub.run().error is None
    assert hub.passing.waited
    hub.made_once()


def test_a_repository_that_never_shows_is_a_persons_decision(hub: Hub) -> None:
    hub.state.add("loyalty")
    hub.state.unseen.add("loyalty")
    result = hub.run()
    assert result.error is not None
    assert (result.error.code, result.error.exit) == ("PLT-FORGE-001", Exit.DECISION)
    assert hub.state.changes == []


def _disturbed() -> list[tuple[int, str, Literal["before", "after"]]]:
    """A sample of every fault, at every call, before and after its effect."""
    kinds = [kind for kind in TEMPORARY if kind not in {"hang", "403-spent"}]
    cases = [
        (n, kind, when) for n in range(CALLS) for kind in kinds for when in ("before", "after")
    ]
    return random.Random(SEED).sample(cases, SAMPLED)  # type: ignore[arg-type]  # `when` is one of two


@pytest.mark.parametrize(("number", "kind", "when"), _disturbed())
def test_a_disturbed_run_converges(
    hub: Hub, number: int, kind: str, when: Literal["before", "after"]
) -> None:
    status, headers = TEMPORARY[kind]
    hub.state.faults = [Fault(when, status, headers, skip=number)]
    assert hub.run().error is None
    hub.made_once()


@pytest.mark.parametrize("times", [1, 2])
def test_a_read_that_fails_in_the_middle_is_tried_again(hub: Hub, times: int) -> None:
    def late(call: Call) -> bool:
        return call.method == "GET" and bool(hub.state.repos)

    hub.state.faults = [Fault("before", 503, match=late, skip=n * 5, times=times) for n in range(4)]
    assert hub.run().error is None
    hub.made_once()


@pytest.mark.parametrize("description", [None, "Orders [platform-cli:loyalty/somebody-elses]"])
def test_what_is_not_ours_is_left_alone(hub: Hub, description: str | None) -> None:
    """No marker, or a marker that was copied: both are somebody else's."""
    hub.state.add("loyalty").description = description
    result = hub.run()
    assert result.outcome == "conflict"
    assert result.error is not None
    assert result.error.exit == Exit.DECISION
    assert hub.state.mutations == []


def test_an_empty_repository_is_adopted_when_asked(hub: Hub) -> None:
    hub.state.add("loyalty").description = "Ours for years"
    assert hub.run(adopt="local/loyalty").error is None
    assert str(hub.state.repos["loyalty"].description).startswith("Ours for years [platform-cli:")
    hub.made_once()


def test_a_repository_that_was_renamed_is_a_persons_decision(hub: Hub) -> None:
    hub.run()
    hub.state.rename("loyalty", "loyalty-data")
    before = len(hub.state.mutations)
    error = refused(hub.run)
    assert (error.code, error.exit) == ("PLT-FORGE-001", Exit.DECISION)
    assert "local/loyalty-data" in error.summary
    assert len(hub.state.mutations) == before


def test_wrong_credentials_end_the_run_before_anything_is_made(hub: Hub) -> None:
    error = refused(lambda: hub.run(token="another"))  # noqa: S106 - of nobody
    assert (error.code, error.exit) == ("PLT-FORGE-004", Exit.CREDENTIALS)
    assert hub.state.changes == []


def test_exactly_the_documented_permissions_are_enough(hub: Hub) -> None:
    from platform_cli.providers.forge.github.access import NEEDED

    needed = frozenset(f"{right.key}:{right.level}" for right in NEEDED)
    hub.state.tokens[TOKEN] = Token(permissions=needed)
    assert hub.run().error is None
    hub.made_once()


@pytest.mark.parametrize(
    "lacking", ["administration:write", "actions_variables:write", "contents:write"]
)
def test_a_missing_permission_is_named(hub: Hub, lacking: str) -> None:
    name = lacking.partition(":")[0]
    hub.state.tokens[TOKEN] = Token(permissions=ALL - {lacking} | {f"{name}:read"})
    result = hub.run()
    assert result.error is not None
    assert (result.error.code, result.error.exit) == ("PLT-FORGE-004", Exit.CREDENTIALS)
    assert name.rpartition("_")[2] in (result.error.summary + str(result.error.hint)).lower()


def test_a_limit_that_outlasts_the_deadline_ends_the_run(hub: Hub) -> None:
    spent = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1003600"}
    hub.state.faults = [Fault("before", 403, spent)]
    result = hub.run()
    assert result.error is not None
    assert result.error.code == "PLT-INIT-003"
    assert "limits" in result.error.summary


@pytest.mark.parametrize("rulesets", ["absent", "forbidden"])
def test_without_rulesets_the_older_protection_is_written(
    hub: Hub, rulesets: Literal["absent", "forbidden"]
) -> None:
    hub.state.rulesets = rulesets
    assert hub.run().error is None
    protection = hub.state.repos["loyalty"].protections["main"]
    assert protection["required_pull_request_reviews"]["require_code_owner_reviews"]
    assert not protection["allow_force_pushes"]["enabled"]
    hub.made_once()


def test_the_marker_is_a_property_where_the_organisation_has_it(hub: Hub) -> None:
    hub.state.properties.add("platform-cli")
    result = hub.run()
    repo = hub.state.repos["loyalty"]
    assert repo.properties == {"platform-cli": f"loyalty/{result.onboarding}"}
    assert "platform-cli" not in str(repo.description)
    hub.made_once()


def test_every_page_is_read(hub: Hub) -> None:
    hub.state.page_size = 1
    assert hub.run().error is None
    assert hub.run().mutating_calls == 0
    assert any("page" in call.query for call in hub.state.reads)
    hub.made_once()
