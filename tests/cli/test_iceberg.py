"""`init`, `doctor` and `status` with an Iceberg REST catalog, as a person types them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.program import LOYALTY, Program
from tests.fakes.iceberg.server import serving
from tests.fakes.iceberg.state import TOKEN, Fault, State

LAKE = ("--profile", "lake")
CANARY = b"canary-"


@pytest.fixture
def lake(program: Program) -> Iterator[State]:
    """A catalog, and a program that is told of it."""
    with serving(warehouse="mesh") as state:
        config = program.folder / "config" / "platform-cli" / "config.toml"
        config.parent.mkdir(parents=True)
        config.write_text(
            '[profiles.lake]\ncatalog = "iceberg"\n'
            f'[profiles.lake.iceberg]\nuri = "{state.uri}"\nwarehouse = "mesh"\n'
        )
        program.environment |= {"ICEBERG_TOKEN": TOKEN}
        yield state


def _kept(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


def test_the_plan_and_the_check_say_that_grants_are_not_enforced(
    program: Program, lake: State
) -> None:
    planned = program.run(*LOYALTY, *LAKE, "--dry-run").out
    assert planned.count("not enforced by this catalog") >= 3
    assert lake.attempts == []
    made = program.init(*LAKE, "--format", "json").json
    check = next(one for one in made["checks"] if one["id"] == "catalog")
    assert check["status"] == "passed"
    assert "not enforced by this catalog" in check["saw"]
    again = program.init(*LAKE, "--format", "json").json
    assert again["mutating_calls"] == 0
    assert len(lake.attempts) == 10
    assert CANARY not in _kept(program.folder)


def test_doctor_looks_at_the_catalog(program: Program, lake: State) -> None:
    def finding() -> dict[str, str]:
        shown = program.run("doctor", *LAKE, "--format", "json").json
        found: dict[str, str] = next(one for one in shown["findings"] if one["id"] == "catalog")
        return found

    assert finding()["status"] == "ok"
    assert "not enforced by this catalog" in finding()["saw"]
    lake.forbidden = {"list"}
    assert finding()["status"] == "failed"
    assert "an admin of the catalog" in str(finding())
    lake.forbidden = set()
    lake.faults = [Fault("before", 401, match=lambda _: True, times=9)]
    assert "ICEBERG_TOKEN" in str(finding())
    assert lake.attempts == []
