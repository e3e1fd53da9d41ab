"""The official descriptions: where they are named, every fake is held to them, and none in silence."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.fakes import descriptions
from tests.fakes.github import description as github
from tests.fakes.pagerduty import description as pagerduty
from tests.fakes.unity import description as unity

TESTS = Path(__file__).parents[1]


def test_one_place_knows_the_variable() -> None:
    """It is taken out of the environment: whoever else asked for it would find nothing, and skip."""
    known = [
        path.relative_to(TESTS).as_posix()
        for path in TESTS.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and node.value == descriptions.VARIABLE
    ]
    assert known == ["fakes/descriptions.py"]


@pytest.mark.parametrize("fake", [github, pagerduty, unity])
def test_a_fake_finds_its_description(fake: object) -> None:
    name, absent = getattr(fake, "FILE", ""), getattr(fake, "ABSENT", "")
    if descriptions.file(name) is None:
        pytest.skip(absent)
    folder = getattr(fake, "folder")()  # noqa: B009 - what mypy knows of a module in a list is an object
    assert folder is not None
