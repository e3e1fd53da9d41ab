"""Options of the whole suite, and profiles for property tests."""

from __future__ import annotations

import pytest
from hypothesis import settings

from tests.fakes import descriptions

descriptions.take()
settings.register_profile("default", deadline=None, derandomize=True)
settings.register_profile("long", deadline=None, max_examples=5_000)
settings.load_profile("default")


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--sweep all` tries every kill point and pair; the default is a seeded sample."""
    parser.addoption("--sweep", choices=("sample", "all"), default="sample")
    parser.addoption(
        "--update-golden",
        action="store_true",
        help="Write what the program prints now as what it is to print (tests/cli/golden).",
    )
    parser.addoption("--replay", default=None, help="One crash history, as a failure printed it.")
    parser.addoption("--live-github", default="", help="A real organisation to try the forge on.")
