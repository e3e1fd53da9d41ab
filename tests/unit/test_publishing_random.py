"""Random histories of contracts against a naive model of what is to be published."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from semver import Version

from platform_cli.contracts.digest import digest
from tests.fakes.catalog import KeptTable
from tests.unit.contract_samples import contract, document
from tests.unit.publishing_world import World

TABLES = ("a", "b")
CONTENTS: tuple[dict[str, Any], ...] = (
    {},
    {"owner": "@others"},
    {"tags": ["gold"]},
    {"semantics": "TODO"},
)


@dataclass(frozen=True, slots=True)
class File:
    """One contract of the repository: its table, its file's major or none, version, content."""

    table: str
    suffix: int | None
    version: str
    content: int

    @property
    def path(self) -> str:
        return f"{self.table}{'' if self.suffix is None else f'.v{self.suffix}'}.contract.yaml"

    @property
    def target(self) -> str:
        return self.table if self.suffix is None else f"{self.table}_v{self.suffix}"

    @property
    def draft(self) -> bool:
        return self.content == 3

    def document(self) -> dict[str, Any]:
        return {
            "name": f"orders.product.{self.table}",
            "version": self.version,
            **CONTENTS[self.content],
        }


files = st.builds(
    File,
    st.sampled_from(TABLES),
    st.sampled_from([None, None, 1, 2]),
    st.builds(lambda a, b: f"{a}.{b}.0", st.integers(0, 2), st.integers(0, 2)),
    st.integers(0, 3),
)
repositories = st.lists(files, max_size=3, unique_by=lambda one: one.path)
events = st.lists(
    st.one_of(repositories, repositories, repositories, st.sampled_from(["a", "b_v2"])),
    min_size=1,
    max_size=7,
)


@dataclass
class Model:
    """What ought to be published: the table's contract, version and digest, written down anew."""

    published: dict[str, tuple[str, str, str]] = field(default_factory=dict)
    foreign: set[str] = field(default_factory=set)

    def publish(self, repository: list[File]) -> int | None:
        """How many calls it takes; None where it is refused, and nothing changes."""
        wanted: dict[str, tuple[str, str, str]] = {}
        for one in repository:
            major = Version.parse(one.version).major
            if one.suffix is not None and one.suffix != major:
                return None
            if one.draft:
                continue
            if one.target in wanted or one.target in self.foreign:
                return None
            said = digest(contract(document(one.document())))
            wanted[one.target] = (one.table, one.version, said)
        if any(self._refuses(target, *one) for target, one in wanted.items()):
            return None
        calls = sum(self.published.get(target) != one for target, one in wanted.items())
        self.published.update(wanted)
        return calls

    def _refuses(self, target: str, name: str, version: str, said: str) -> bool:
        after = Version.parse(version)
        for other, (its_name, its_version, _) in self.published.items():
            same = its_name == name and Version.parse(its_version).major == after.major
            if same and other != target:
                return True
        if target not in self.published:
            return False
        its_name, its_version, its_digest = self.published[target]
        before = Version.parse(its_version)
        if its_name != name or after < before or after.major > before.major > 0:
            return True
        return after == before and said != its_digest


def lay_out(world: World, repository: list[File]) -> None:
    for old in world.folder.glob("*.contract.yaml"):
        old.unlink()
    for one in repository:
        world.write(one.path, one.document())


def one_of_each(repository: list[File]) -> bool:
    """A contract is one by name and major: anything else is not valid to begin with."""
    keys = [(one.table, one.version.split(".")[0]) for one in repository]
    return len(set(keys)) == len(keys)


@given(events)
@settings(max_examples=150)
def test_the_catalog_is_always_what_the_model_says(history: list[Any]) -> None:
    folder = Path(tempfile.mkdtemp())
    try:
        _play(World(folder), history)
    finally:
        shutil.rmtree(folder)


def _play(world: World, history: list[Any]) -> None:
    model = Model()
    tables = world.catalog.kept_tables.setdefault(("orders", "product"), {})
    for event in history:
        if isinstance(event, str):
            if event not in tables:
                tables[event] = KeptTable("x", None, None)
                model.foreign.add(event)
            continue
        if not one_of_each(event):
            continue
        lay_out(world, event)
        before = dict(world.published())
        planned = world.publish(dry_run=True)
        assert world.calls() == []
        calls = model.publish(event)
        result = world.publish()
        assert len(world.calls()) == (calls or 0)
        assert (result.error is None) == (calls is not None) == (planned.error is None)
        if calls is None:
            assert world.published() == before
        else:
            assert world.publish().mutating_calls == 0
            planned_calls = sum(line.status == "planned" for line in planned.lines)
            assert planned_calls == calls
        seen = {
            name: (said.contract.removeprefix("orders.product."), said.version, said.digest)
            for name, said in world.published().items()
            if said is not None
        }
        assert seen == model.published
        assert {name for name, one in tables.items() if one.marker is None} == model.foreign
