"""Everything that can go wrong, on every call of the GitHub adapter, before and after its effect.

Time passes only when somebody waits for it. Where a call ends in an error it is one, with the exit
code of its cause; where it does not, its effect is there once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event as Flag
from typing import Any, Final, Literal

import pytest

from platform_cli.errors import Exit, PlatformError, TemporaryError
from platform_cli.git import Git
from tests.fakes.github.server import serving
from tests.fakes.github.state import Call, Fault, State
from tests.providers.forge_github import Passing, forge_at
from tests.providers.forge_local import environment
from tests.providers.forge_suite import MARKER, TRIAL
from tests.providers.github_calls import MUTATIONS, Scene, driven, template

When = Literal["before", "after"]
_SOON: Final = {"Retry-After": "7"}
_SPENT: Final = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1000005"}
TEMPORARY: Final[dict[str, tuple[int | Literal["drop", "hang"], dict[str, str]]]] = {
    "403-retry-after": (403, _SOON),
    "403-spent": (403, _SPENT),
    "429": (429, {}),
    "429-retry-after": (429, _SOON),
    "500": (500, {}),
    "502": (502, {}),
    "503": (503, {}),
    "503-retry-after": (503, _SOON),
    "drop": ("drop", {}),
    "hang": ("hang", {}),
}
PERMANENT: Final = {401: Exit.CREDENTIALS, 403: Exit.CREDENTIALS, 404: None, 409: None, 422: None}
HURRIED_S: Final = 0.8
_BY_GIT: Final = frozenset({"push", "create_branch"})
_SAMPLED: Final = frozenset({"403-retry-after", "500", "drop", "hang"})
"""Of what git meets, it tells nothing but that it failed: the rest is tried with --sweep all."""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[State, Path, Path]]:
    folder = tmp_path_factory.mktemp("github")
    with serving(folder / "server") as state:
        pushed = template(state, folder / "pushed", Git(environment(folder / "home")))
        yield state, folder, pushed
    assert not state.wrong, "\n".join(state.wrong[:20])


@pytest.fixture
def scenes(world: tuple[State, Path, Path]) -> Iterator[Callable[..., Scene]]:
    """Makes a scene of its own for each case."""
    state, folder, pushed = world

    def scene(**more: Any) -> Scene:
        name = f"d{state.number()}"
        forge = forge_at(state, folder / "home", Passing(), **more)
        return Scene(state, forge, name, folder / f"files-{name}", pushed)

    yield scene
    state.faults.clear()
    state.over.clear()


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("method", MUTATIONS)
def test_a_bad_moment_leaves_the_effect_once(
    method: str, when: When, scenes: Callable[..., Scene], request: pytest.FixtureRequest
) -> None:
    mutation = MUTATIONS[method]
    sampled = method in _BY_GIT and request.config.getoption("--sweep") == "sample"
    for label, (kind, headers) in TEMPORARY.items():
        if sampled and label not in _SAMPLED:
            continue
        scene = scenes()
        mutation.prepare(scene)
        if kind == "hang":  # for the one call that nobody answers, and no other
            scene.forge = scenes(timeout_s=HURRIED_S, git_timeout_s=3).forge
        scene.state.faults = [Fault(when, kind, headers)]
        error = driven(mutation, scene)
        scene.state.over.set()
        scene.state.over.clear()
        assert error is None, f"{label}: {error}"
        assert mutation.effects(scene) == 1, label


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("method", MUTATIONS)
def test_a_refusal_is_one_clear_error_and_the_next_run_converges(
    method: str, when: When, scenes: Callable[..., Scene]
) -> None:
    mutation = MUTATIONS[method]
    for status, exit_code in PERMANENT.items():
        scene = scenes()
        mutation.prepare(scene)
        scene.state.faults = [Fault(when, status)]
        error = driven(mutation, scene)
        if error is not None and exit_code is not None:
            assert error.exit == exit_code, f"{status}: {error.code} {error.summary}"
        if error is None:
            assert mutation.effects(scene) == 1, status
        else:
            assert mutation.effects(scene) == (0 if when == "before" else 1), status
            assert error.hint
            assert "canary" not in error.summary + str(error.hint)
        if not mutation.effects(scene):  # the next run looks, and finds nothing there
            assert driven(mutation, scene) is None, status
        assert mutation.effects(scene) == 1, status


READS: Final[dict[str, Callable[[Scene], object]]] = {
    "repository": lambda s: s.forge.repository(s.name),
    "variables": lambda s: s.forge.variables(s.name),
    "environments": lambda s: s.forge.environments(s.name),
    "permissions": lambda s: s.forge.permissions(s.name),
    "branch": lambda s: s.forge.branch(s.name, "main"),
    "protection": lambda s: s.forge.protection(s.name, "main"),
    "owners": lambda s: s.forge.owners(s.name, "main", "README.md"),
    "owner_errors": lambda s: s.forge.owner_errors(s.name, "main"),
    "pull_request": lambda s: s.forge.pull_request(s.name, TRIAL),
    "build": lambda s: s.forge.build(s.name, "main", Flag()),
    "initial_files": lambda s: s.forge.initial_files(s.name, "main", frozenset({"onboarding-1"})),
}


def _first(call: Call) -> bool:
    return call.method == "GET"


@pytest.mark.parametrize("method", READS)
def test_a_read_looks_again_after_a_bad_moment(method: str, scenes: Callable[..., Scene]) -> None:
    scene = scenes()
    scene.with_proposal()
    expected = READS[method](scene)
    for label, (kind, headers) in TEMPORARY.items():
        if kind == "hang":  # takes its time, and is the same for all of them: see below
            continue
        scene.state.faults = [Fault("before", kind, headers, match=_first)]
        if label == "429":  # a minute or more is the run's to wait
            with pytest.raises(TemporaryError) as caught:
                READS[method](scene)
            assert caught.value.retry_after_s == 60
        else:
            assert READS[method](scene) == expected, label


def test_a_history_of_many_commits_is_read_without_its_files(scenes: Callable[..., Scene]) -> None:
    """git must not ask for a file, such as a mailmap, where nothing lets it in any more."""
    scene = scenes()
    scene.with_main()
    who = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org")
    for _ in range(5):
        made = scene.repo.git(
            *who, "commit-tree", "main^{tree}", "-p", "main", "-m", "The team's own", check=True
        )
        scene.repo.git("update-ref", "refs/heads/main", made.strip(), check=True)
        found = scene.forge.branch(scene.name, "main")
        assert found is not None
        assert found.onboardings == {"onboarding-1"}


@pytest.mark.parametrize("kind", [502, "drop"])
def test_a_fetch_is_tried_again_after_a_bad_moment_and_gives_up_in_the_end(
    kind: Literal[502, "drop"], scenes: Callable[..., Scene], tmp_path: Path
) -> None:
    scene = scenes()
    scene.with_main()

    def git(call: Call) -> bool:
        return ".git/" in call.path

    scene.state.faults = [Fault("before", kind, match=git, times=2)]
    scene.forge.checkout(scene.name, "main", tmp_path / "files")
    assert (tmp_path / "files" / "README.md").is_file()
    scene.state.faults = [Fault("before", kind, match=git, skip=1)]
    scene.forge.clone(scene.name, tmp_path / "clone")
    assert (tmp_path / "clone" / "README.md").is_file()
    scene.state.faults = [Fault("before", kind, match=git, times=99)]
    with pytest.raises(TemporaryError) as caught:
        scene.forge.checkout(scene.name, "main", tmp_path / "more")
    assert caught.value.code == "PLT-FORGE-005"


def test_a_read_that_gets_no_answer_in_time_looks_again(scenes: Callable[..., Scene]) -> None:
    scene = scenes(timeout_s=HURRIED_S)
    scene.empty()
    scene.state.faults = [Fault("before", "hang", match=_first)]
    assert scene.forge.repository(scene.name) is not None


@pytest.mark.parametrize("method", READS)
@pytest.mark.parametrize("status", [401, 403])
def test_a_read_that_is_refused_says_so(
    method: str, status: int, scenes: Callable[..., Scene]
) -> None:
    scene = scenes()
    scene.with_proposal()
    scene.state.faults = [Fault("before", status, match=_first, times=9)]
    if method == "protection" and status == 403:
        # A plan without rulesets answers so, too: then there is none.
        assert READS[method](scene) is None
        return
    with pytest.raises(PlatformError) as caught:
        READS[method](scene)
    assert (caught.value.code, caught.value.exit) == ("PLT-FORGE-004", Exit.CREDENTIALS)


def test_a_read_gives_up_in_the_end(scenes: Callable[..., Scene]) -> None:
    scene = scenes()
    scene.empty()
    scene.state.faults = [Fault("before", 503, match=_first, times=99)]
    with pytest.raises(TemporaryError) as caught:
        scene.forge.repository(scene.name)
    assert caught.value.code == "PLT-FORGE-005"
    waited = scene.forge.place.api.times
    assert waited.now_s() == 1_000_000 + 0.5 + 1 + 2 + 4


def test_a_create_is_never_sent_twice_by_itself(scenes: Callable[..., Scene]) -> None:
    scene = scenes()
    before = len(scene.state.mutations)
    scene.state.faults = [Fault("after", 502)]
    with pytest.raises(TemporaryError):
        scene.forge.create_repository(scene.name, marker=MARKER, description="d")
    assert len(scene.state.mutations) == before + 1
