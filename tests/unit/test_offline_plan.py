"""A plan that asks nobody: what would have to be asked is unknown, and nothing is invented."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from platform_cli.cli.render import json
from platform_cli.journal.sqlite import SqliteJournal
from platform_cli.onboarding.planning import dry_run
from platform_cli.onboarding.result import Result
from platform_cli.providers import Providers
from platform_cli.providers.unasked import Unasked, UnaskedError
from tests.unit.onboarding_world import World

FORGE = {"render", "repo.create", "repo.connect", "repo.push", "repo.protect"}
CATALOG = {"catalog.schemas", "catalog.access"}
PAGER = {"oncall.rotation"}


def unasked() -> Any:
    """Stands for any provider that is not on this machine."""
    return cast("Any", Unasked(organisation="acme", secret=None))


def planned(world: World, **instead: Any) -> Result:
    here = world.around()
    providers = replace(here.providers, **instead)
    reading = SqliteJournal.read(world.home / "journal.sqlite3")
    try:
        around = replace(here, providers=providers)
        return dry_run(world.request(), around, reading, world.watcher)
    finally:
        reading.close()


def unknown(result: Result) -> set[str]:
    return {step.plan.id for step in result.steps if step.plan.action == "unknown"}


def test_with_nobody_to_ask_all_but_the_files_is_unknown(tmp_path: Path) -> None:
    world = World(tmp_path / "home")
    result = planned(world, forge=unasked(), catalog=unasked(), pager=unasked())
    assert unknown(result) == FORGE | CATALOG | PAGER
    for step in result.steps:
        assert step.outcome.status == "planned"
        if step.plan.id != "ready":
            assert step.calls == ()
            assert all(change.call is None for change in step.plan.changes)
            assert all(change.resource.id is None for change in step.plan.changes)
    assert (result.outcome, result.mutating_calls, result.error) == ("planned", 0, None)
    assert (result.files, result.difference) == (("README.md",), None)
    assert not world.home.exists()
    document = json.init_document(result)
    assert {step["action"] for step in document["steps"]} == {"unknown", "create"}
    assert {step["status"] for step in document["steps"]} == {"planned"}


@pytest.mark.parametrize(
    ("kind", "steps"), [("forge", FORGE), ("catalog", CATALOG), ("pager", PAGER)]
)
def test_what_is_on_this_machine_is_known_all_the_same(
    tmp_path: Path, kind: str, steps: set[str]
) -> None:
    world = World(tmp_path / "home")
    result = planned(world, **{kind: unasked()})
    assert unknown(result) == steps
    known = [step for step in result.steps if step.plan.id not in steps]
    assert {step.plan.action for step in known} == {"create"}


def test_with_all_of_it_on_this_machine_nothing_is_unknown(tmp_path: Path) -> None:
    world = World(tmp_path / "home")
    assert unknown(world.plan()) == set()


def test_it_can_answer_nothing() -> None:
    provider = Unasked(organisation="acme")
    assert provider.organisation == "acme"
    for name in ("repository", "schema", "create_repository", "on_call"):
        with pytest.raises(UnaskedError):
            getattr(provider, name)
    Providers(cast("Any", provider), cast("Any", provider), cast("Any", provider))
