"""One process for all tests of this folder that type command lines."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.security.forks import Forks, forking


@pytest.fixture(scope="session")
def forks() -> Iterator[Forks]:
    """Started when the first test asks for it."""
    with forking() as made:
        yield made
