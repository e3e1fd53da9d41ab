"""The fake forge that other tests rely on does what every forge must do, and fails on demand."""

from __future__ import annotations

from pathlib import Path
from threading import Event as Flag

import pytest

from platform_cli.errors import TemporaryError
from platform_cli.providers.forge.port import Build
from tests.fakes.forge import Fault, MemoryForge, temporary
from tests.providers.forge_suite import (
    MARKER,
    NAME,
    TRIAL,
    ForgeSuite,
    World,
    commit_of,
    propose,
    propose_branch,
)
from tests.providers.forge_trial_suite import TrialSuite


class Memory:
    @pytest.fixture
    def world(self) -> World:
        forge = MemoryForge("acme")

        def fetch(name: str, branch: str, path: str) -> bytes | None:
            return forge.repositories[name].files(branch).get(path)

        return World(lambda: forge, fetch)


class TestPort(Memory, ForgeSuite):
    """The first half of the port."""


class TestTrial(Memory, TrialSuite):
    """The second half."""


@pytest.mark.parametrize("when", ["before", "after"])
def test_each_call_of_a_trial_can_fail(when: str, tmp_path: Path) -> None:
    forge = MemoryForge()
    forge.create_repository(NAME, marker=MARKER, description="")
    forge.push(NAME, "main", commit_of(tmp_path / "files", {"a": "a"}))
    calls = (
        lambda: propose_branch(forge),
        lambda: propose(forge),
        lambda: forge.close_pull_request(NAME, TRIAL),
        lambda: forge.delete_branch(NAME, TRIAL),
    )
    for call in calls:
        before = len(forge.calls)
        forge.faults[before + 1] = Fault(when, temporary)  # type: ignore[arg-type] # one of the two
        with pytest.raises(TemporaryError):
            call()
        assert len(forge.calls) == before + 1
        if when == "before":
            call()
    found = forge.pull_request(NAME, TRIAL)
    assert found is not None
    assert not found.open
    assert forge.branch(NAME, TRIAL) is None
    assert [method for method, _ in forge.calls if "create_b" in method][
        -1
    ] == "forge.create_branch"


def test_the_build_is_what_the_test_says(tmp_path: Path) -> None:
    forge = MemoryForge()
    forge.create_repository(NAME, marker=MARKER, description="")
    forge.push(NAME, "main", commit_of(tmp_path / "files", {"a": "a"}))
    assert forge.build(NAME, "main", Flag()).status == "green"
    forge.built = Build("red", "asked", "dbt build ended with exit code 1")
    assert forge.build(NAME, "main", Flag()) is forge.built
