"""Everything that can go wrong, on every call of the Iceberg adapter, before and after its effect.

Time passes only when somebody waits for it. Where a call ends in an error it is one, with the exit
code of its cause; where it does not, its effect is there once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from typing import Final, Literal

import pytest

from platform_cli.errors import Exit, PlatformError, TemporaryError
from platform_cli.providers.catalog.iceberg.adapter import IcebergCatalog
from platform_cli.providers.catalog.iceberg.place import LayoutName
from platform_cli.providers.catalog.port import EVERYONE
from platform_cli.providers.marker import Marker
from tests.fakes.iceberg.server import serving
from tests.fakes.iceberg.state import Call, Fault, State
from tests.providers.catalog_tables import FIRST, SECOND
from tests.providers.iceberg_worlds import Passing, opened_at

When = Literal["before", "after"]
TEAM: Final = "@acme/loyalty-team"
_SOON: Final = {"Retry-After": "7"}
TEMPORARY: Final[dict[str, tuple[int | Literal["drop", "hang", "cut"], dict[str, str]]]] = {
    "429": (429, {}),
    "429-retry-after": (429, _SOON),
    "500": (500, {}),
    "502": (502, {}),
    "503": (503, {}),
    "503-retry-after": (503, _SOON),
    "drop": ("drop", {}),
    "hang": ("hang", {}),
    "cut": ("cut", {}),
    "419": (419, {}),
}
PERMANENT: Final = {
    401: Exit.CREDENTIALS,
    403: Exit.CREDENTIALS,
    404: Exit.FAILED,
    409: Exit.DECISION,
    422: Exit.FAILED,
}
PATIENT_S: Final = 60
HURRIED_S: Final = 0.8
_NUMBERS: Final = count(1)


@dataclass(slots=True)
class Scene:
    """One domain of its own on the fake, and the catalog as this case opened it."""

    state: State
    catalog: IcebergCatalog
    domain: str

    @property
    def marker(self) -> Marker:
        return Marker(self.domain, "onboarding-1")

    @property
    def place(self) -> tuple[str, ...]:
        return self.catalog.warehouse.namespace(self.domain, "raw")

    def seen(self) -> IcebergCatalog:
        """The catalog as another process opens it."""
        return opened_at(self.state, self.catalog.warehouse.layout.name)

    def schema(self) -> None:
        """A schema of ours, as an earlier run left it."""
        said = {"platform_cli.domain": self.domain, "platform_cli.onboarding": "onboarding-1"}
        for depth in range(1, len(self.place) + 1):
            self.state.namespaces[self.place[:depth]] = dict(said)

    def granted(self) -> None:
        self.schema()
        self.catalog.grant(self.domain, "raw", TEAM, "write")

    def table(self) -> None:
        self.schema()
        self.catalog.create_table(self.domain, "raw", "points", FIRST, marker=self.marker)

    def publish(self) -> object:
        """What `publish` does: it looks, and then makes or sets."""
        found = self.catalog.table(self.domain, "raw", "points")
        if found is None:
            return self.catalog.create_table(
                self.domain, "raw", "points", SECOND, marker=self.marker
            )
        return self.catalog.set_table(self.domain, "raw", "points", SECOND)

    def as_wanted(self) -> bool:
        found = self.seen().table(self.domain, "raw", "points")
        return found is not None and found.publication == SECOND and found.marker == self.marker


@dataclass(frozen=True, slots=True)
class Mutation:
    """What is put there first, the call, how many requests it is, and whether its effect is there."""

    prepare: Callable[[Scene], None]
    call: Callable[[Scene], object]
    done: Callable[[Scene], bool]
    requests: int = 1


def _marked(scene: Scene, onboarding: str) -> bool:
    kept = [scene.state.namespaces.get(scene.place[:n], {}) for n in range(1, len(scene.place) + 1)]
    return kept[-1].get("platform_cli.onboarding") == onboarding and all(kept)


def _writes(scene: Scene) -> bool:
    return scene.seen().grants(scene.domain, "raw") == {TEAM: "write"}


def _tagged(scene: Scene) -> bool:
    found = scene.seen().schema(scene.domain, "raw")
    return found is not None and dict(found.tags) == {"owner": TEAM, "tier": "raw"}


MUTATIONS: Final[dict[str, Mutation]] = {
    "create_schema": Mutation(
        lambda _: None,
        lambda s: s.catalog.create_schema(s.domain, "raw", marker=s.marker),
        lambda s: _marked(s, "onboarding-1"),
        requests=2,
    ),
    "set_marker": Mutation(
        lambda s: s.schema(),
        lambda s: s.catalog.set_marker(s.domain, "raw", Marker(s.domain, "onboarding-2")),
        lambda s: _marked(s, "onboarding-2"),
    ),
    "grant": Mutation(
        lambda s: s.schema(),
        lambda s: s.catalog.grant(s.domain, "raw", TEAM, "write"),
        _writes,
    ),
    "revoke": Mutation(
        lambda s: s.granted(),
        lambda s: s.catalog.revoke(s.domain, "raw", TEAM),
        lambda s: s.seen().grants(s.domain, "raw") == {},
    ),
    "set_tags": Mutation(
        lambda s: s.schema(),
        lambda s: s.catalog.set_tags(s.domain, "raw", {"owner": TEAM, "tier": "raw"}),
        _tagged,
    ),
    "create_table": Mutation(lambda s: s.schema(), Scene.publish, Scene.as_wanted),
    "set_table": Mutation(lambda s: s.table(), Scene.publish, Scene.as_wanted),
}


def driven(mutation: Mutation, scene: Scene, tries: int = 5) -> PlatformError | None:
    """Make the call as the engine does: look, call where it is needed, again after a bad moment."""
    for _ in range(tries):
        if mutation.done(scene):
            return None
        try:
            mutation.call(scene)
        except TemporaryError:
            continue
        except PlatformError as error:
            return error
        return None
    raise AssertionError("it was tried for ever")


@pytest.fixture(scope="module")
def state() -> Iterator[State]:
    with serving(warehouse="mesh") as made:
        yield made


@pytest.fixture
def scene(state: State) -> Iterator[Callable[..., Scene]]:
    def make(layout: LayoutName = "flat") -> Scene:
        catalog = opened_at(state, layout, passing=Passing(), timeout_s=PATIENT_S)
        return Scene(state, catalog, f"d{next(_NUMBERS)}")

    yield make
    state.faults.clear()
    state.over.clear()


CASES: Final[list[tuple[str, LayoutName]]] = [
    *((method, "flat") for method in MUTATIONS),
    # All others are the same one call, nested or not.
    ("create_schema", "nested"),
]


def _requests(mutation: Mutation, layout: LayoutName) -> range:
    return range(mutation.requests if layout == "nested" else 1)


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize(("method", "layout"), CASES)
def test_a_bad_moment_leaves_the_effect_once(
    method: str, when: When, layout: LayoutName, state: State, scene: Callable[..., Scene]
) -> None:
    mutation = MUTATIONS[method]
    for label, (kind, headers) in TEMPORARY.items():
        for number in _requests(mutation, layout):
            made = scene(layout)
            mutation.prepare(made)
            if kind == "hang":  # for the one call that nobody answers, and no other
                made.catalog = opened_at(state, layout, passing=Passing(), timeout_s=HURRIED_S)
            state.faults = [Fault(when, kind, headers, skip=number)]
            error = driven(mutation, made)
            state.over.set()
            state.over.clear()
            assert error is None, f"{label}, request {number}: {error}"
            assert state.faults[0].hit > number, "the fault never happened"
            assert mutation.done(made), f"{label}, request {number}"


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize(("method", "layout"), CASES)
def test_a_refusal_is_one_clear_error_and_the_next_run_converges(
    method: str, when: When, layout: LayoutName, state: State, scene: Callable[..., Scene]
) -> None:
    mutation = MUTATIONS[method]
    for status, exit_code in PERMANENT.items():
        for number in _requests(mutation, layout):
            made = scene(layout)
            mutation.prepare(made)
            state.faults = [Fault(when, status, skip=number)]
            error = driven(mutation, made)
            if error is not None:
                assert error.exit == exit_code, f"{status}: {error.code} {error.summary}"
                assert error.summary
                assert error.hint or exit_code != Exit.CREDENTIALS
                assert "canary" not in error.summary + str(error.hint)
            assert driven(mutation, made) is None, f"{status}, request {number}"
            assert mutation.done(made), f"{status}, request {number}"


READS: Final[dict[str, Callable[[Scene], object]]] = {
    "schema": lambda s: s.catalog.schema(s.domain, "raw"),
    "tiers": lambda s: s.catalog.tiers(s.domain),
    "grants": lambda s: s.catalog.grants(s.domain, "raw"),
    "may_read": lambda s: s.catalog.may_read(EVERYONE, s.domain, "raw"),
    "table": lambda s: s.catalog.table(s.domain, "raw", "points"),
    "tables": lambda s: s.catalog.tables(s.domain, "raw"),
}


@pytest.mark.parametrize("method", READS)
def test_a_read_looks_again_after_a_bad_moment(
    method: str, state: State, scene: Callable[..., Scene]
) -> None:
    for label, (kind, headers) in TEMPORARY.items():
        if kind == "hang":  # takes its time, and is the same for all of them: see below
            continue
        made = scene()
        made.table()
        expected = READS[method](made)
        state.faults = [Fault("before", kind, headers, match=_read)]
        if label == "429":  # half a minute or more is the run's to wait
            with pytest.raises(TemporaryError) as caught:
                READS[method](made)
            assert caught.value.retry_after_s == 30
        else:
            assert READS[method](made) == expected, label


def test_a_read_that_gets_no_answer_in_time_looks_again(
    state: State, scene: Callable[..., Scene]
) -> None:
    made = scene()
    made.table()
    made.catalog = opened_at(state, "flat", passing=Passing(), timeout_s=HURRIED_S)
    made.catalog.tiers(made.domain)  # one that has never answered would be left at once
    state.faults = [Fault("before", "hang", match=_read)]
    assert made.catalog.schema(made.domain, "raw") is not None
    assert state.faults[0].hit
    state.over.set()
    state.over.clear()


@pytest.mark.parametrize("status", [401, 403])
@pytest.mark.parametrize("method", READS)
def test_a_read_that_is_refused_says_so(
    method: str, status: int, state: State, scene: Callable[..., Scene]
) -> None:
    made = scene()
    made.table()
    state.faults = [Fault("before", status, match=_read, times=9)]
    with pytest.raises(PlatformError) as caught:
        READS[method](made)
    assert (caught.value.code, caught.value.exit) == ("PLT-CATALOG-004", Exit.CREDENTIALS)


def test_a_read_gives_up_in_the_end(state: State, scene: Callable[..., Scene]) -> None:
    passing, made = Passing(), scene()
    state.faults = [Fault("before", 503, match=_read, times=99)]
    with pytest.raises(TemporaryError) as caught:
        opened_at(state, passing=passing).schema(made.domain, "raw")
    assert caught.value.code == "PLT-CATALOG-005"
    assert passing.waited_s == [0.5, 1, 2, 4]


def test_a_mutating_call_is_never_sent_twice_by_itself(
    state: State, scene: Callable[..., Scene]
) -> None:
    """Also not where the token has ended, when pyiceberg would."""
    for kind, headers in (("drop", {}), (503, _SOON), (429, _SOON), ("cut", {}), (419, {})):
        made = scene()
        made.schema()
        before = len(state.attempts)
        state.faults = [Fault("after", kind, headers)]  # type: ignore[arg-type]  # of TEMPORARY
        with pytest.raises(TemporaryError):
            made.catalog.set_marker(made.domain, "raw", Marker(made.domain, "onboarding-2"))
        assert len(state.attempts) == before + 1


def _read(call: Call) -> bool:
    return call.method == "GET"
