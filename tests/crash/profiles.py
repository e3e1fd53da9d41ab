"""The profiles that histories play on: which fakes each starts, which calls count, what is wrong.

One row of `PROFILES` is all there is to say of a profile.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.crash import places
from tests.crash.histories import Elsewhere, History, Left, Wrong, Zygote, play
from tests.crash.places import Place
from tests.crash.remains import compared, wrong_at_home, wrong_in_journal, wrong_with_runs
from tests.fakes.github.server import serving as serving_github
from tests.fakes.iceberg.server import serving as serving_iceberg
from tests.fakes.iceberg.state import TOKEN as ICEBERG_TOKEN
from tests.fakes.pagerduty.server import serving as serving_pagerduty
from tests.fakes.pagerduty.state import TOKEN as PAGERDUTY_TOKEN
from tests.fakes.unity.server import serving as serving_unity
from tests.fakes.unity.state import TOKEN as UNITY_TOKEN

WHENS: Final = ("before", "after", "record")


@dataclass(frozen=True, slots=True)
class Fake:
    """A server that takes the place of one embedded provider, while a history plays."""

    settings: Mapping[str, str]
    """Its own section of the profile."""
    environment: Mapping[str, str]
    place: Place
    arrived: Callable[[], int]
    """How many mutating calls it has seen, refused ones included."""
    changed: Callable[[], int]
    """How many of them changed something."""
    wrong: Callable[[], list[str]]
    """Requests and answers that its API's description forbids."""


Serving = Callable[[Path, "Profile"], AbstractContextManager[Fake]]
"""Starts a fake that has a folder to itself."""


@dataclass(frozen=True, slots=True)
class Profile:
    """A profile: its name, its mutating calls, and its fakes by kind and adapter."""

    name: str
    calls: int
    """The mutating calls of an unharmed first run; a test holds this to what arrives."""
    fakes: Mapping[str, tuple[str, Serving]]
    """Which adapter each kind of provider has; what is absent is embedded."""
    results: int | None = None
    """What the journal has of them, where one of its changes is more than one call."""

    @property
    def kinds(self) -> str:
        """How the calls that count begin: one provider's where one is faked, all otherwise."""
        return f"{next(iter(self.fakes))}." if len(self.fakes) == 1 else ""

    @property
    def organisation(self) -> str:
        """Whose teams there are."""
        return "acme" if "forge" in self.fakes else "local"

    @property
    def owner(self) -> str:
        """The team, as the forge names it."""
        return f"@{self.organisation}/loyalty-team"

    def points(self) -> list[str]:
        """Three kill points at every mutating call."""
        last = {"before": self.calls, "after": self.calls, "record": self.results or self.calls}
        return [
            f"call:{number}:{when}"
            for number in range(1, self.calls + 1)
            for when in WHENS
            if number <= last[when]
        ]

    def pairs(self) -> list[tuple[str, str]]:
        """Every pair of kills of which the second can come: what was done is not called again.

        A kill leaves at most the calls from there on, and once more what the proof makes.
        """
        return [
            (first, second)
            for first in self.points()
            for second in self.points()
            if _number(second) <= self.calls - _number(first) + 1 + AGAIN
        ]


AGAIN: Final = 3
"""A proof that was cut off takes away what it had made, and makes it again."""


def _number(point: str) -> int:
    return int(point.split(":")[1])


@contextmanager
def _github(folder: Path, profile: Profile) -> Iterator[Fake]:
    secrets = ["PAGERDUTY_INTEGRATION_KEY"] if "pager" in profile.fakes else []
    with serving_github(folder / "github") as state:
        yield Fake(
            {"base_url": state.base},
            {"GH_TOKEN": "canary-token"},
            places.github(state, secrets),
            lambda: len(state.mutations),
            lambda: len(state.changes),
            lambda: state.wrong,
        )


@contextmanager
def _pagerduty(folder: Path, profile: Profile) -> Iterator[Fake]:
    with serving_pagerduty(folder / "pagerduty") as (state, trusted):
        state.add_team("Loyalty", state.add_user("Ann", "ann@example.org"))
        yield Fake(
            {"base_url": state.base, "team": "Loyalty"},
            {"PAGERDUTY_TOKEN": PAGERDUTY_TOKEN, "SSL_CERT_FILE": str(trusted)},
            places.pagerduty(state),
            lambda: sum(call.mutating for call, _ in state.calls),
            lambda: len(state.mutations),
            lambda: state.wrong,
        )


@contextmanager
def _unity(folder: Path, profile: Profile) -> Iterator[Fake]:
    with serving_unity() as state:
        yield Fake(
            {"host": state.base},
            {"DATABRICKS_TOKEN": UNITY_TOKEN, "DATABRICKS_CONFIG_FILE": os.devnull},
            places.unity(state, profile.owner),
            lambda: len(state.attempts),
            lambda: len(state.mutations),
            lambda: state.wrong,
        )


@contextmanager
def _iceberg(folder: Path, profile: Profile) -> Iterator[Fake]:
    with serving_iceberg(warehouse="mesh") as state:
        yield Fake(
            {"uri": state.uri, "layout": "nested", "warehouse": "mesh"},
            {"ICEBERG_TOKEN": ICEBERG_TOKEN},
            places.iceberg(state, profile.owner),
            lambda: len(state.attempts),
            lambda: len(state.mutations),
            list,
        )


_GITHUB: Final = ("github", _github)
_PAGERDUTY: Final = ("pagerduty", _pagerduty)
_UNITY: Final = ("unity", _unity)
_ICEBERG: Final = ("iceberg", _iceberg)
PROFILES: Final[Mapping[str, Profile]] = {
    profile.name: profile
    for profile in (
        # 11 of the forge, 12 of the catalog, 6 of the pager: see the rows below.
        Profile("local", 29, {}),
        # A repository, three permissions, two variables, an environment, a push, a ruleset; and a
        # trial: its branch, its pull request, the one closed, the other deleted.
        Profile("github", 13, {"forge": _GITHUB}),
        # A schedule, an escalation policy, a service, an integration; a page, and it resolved.
        Profile("pagerduty", 6, {"pager": _PAGERDUTY}),
        # A catalog, three schemas, two uses of the catalog, four grants and nine tags; the journal
        # has three schemas, four grants, and the tags of each schema.
        Profile("unity", 19, {"catalog": _UNITY}, results=10),
        # The domain's namespace, three below it, four grants, and the tags of each schema; the
        # domain's namespace comes with the first schema.
        Profile("iceberg", 11, {"catalog": _ICEBERG}, results=10),
        Profile("all", 39, {"forge": _GITHUB, "pager": _PAGERDUTY, "catalog": _UNITY}, results=30),
    )
}


def lived(zygote: Zygote, history: History, folder: Path, *, counting: bool = False) -> Left:
    """Play a history from nothing in an empty folder, and look for everything that is wrong."""
    profile = PROFILES[history.profile]
    with ExitStack() as stack:
        fakes = {
            kind: stack.enter_context(serving(folder, profile))
            for kind, (_, serving) in profile.fakes.items()
        }

        def arrived() -> int:
            return sum(fake.arrived() for fake in fakes.values())

        counted = folder / "counts.json"
        count = counted if counting else None
        left = play(
            zygote, history, folder, _elsewhere(profile, fakes), arrived=arrived, count=count
        )
        home = folder / "home"
        left.wrong += [*wrong_with_runs(left), *wrong_in_journal(left), *wrong_at_home(home)]
        left.wrong += [Wrong("fake", text) for fake in fakes.values() for text in fake.wrong()]
        if left.result is not None:
            for place in _places(profile, fakes, home):
                left.wrong += compared(place.found(), place.wanted(left.result["onboarding"]))
        left.arrived = arrived()
        left.refused = left.arrived - sum(fake.changed() for fake in fakes.values())
        if counting:
            left.counts = json.loads(counted.read_text(encoding="utf-8"))
    return left


def _elsewhere(profile: Profile, fakes: Mapping[str, Fake]) -> Elsewhere | None:
    if not fakes:
        return None
    adapters = {kind: adapter for kind, (adapter, _) in profile.fakes.items()}
    lines = [
        'profile = "crash"',
        "[platform]",
        f'organisation = "{profile.organisation}"',
        "[profiles.crash]",
        *(f'{kind} = "{adapter}"' for kind, adapter in adapters.items()),
    ]
    environment: dict[str, str] = {}
    for kind, fake in fakes.items():
        lines.append(f"[profiles.crash.{adapters[kind]}]")
        lines += [f'{key} = "{value}"' for key, value in fake.settings.items()]
        environment |= fake.environment
    return Elsewhere(environment, "\n".join(lines) + "\n", profile.kinds)


def _places(profile: Profile, fakes: Mapping[str, Fake], home: Path) -> list[Place]:
    """Every place of the profile, embedded ones too."""
    embedded: dict[str, Callable[[], Place]] = {
        "forge": lambda: places.embedded_forge(home),
        "catalog": lambda: places.embedded_catalog(home, profile.owner),
        "pager": lambda: places.embedded_pager(home),
    }
    return [fakes[kind].place if kind in fakes else make() for kind, make in embedded.items()]
