"""`--replay HISTORY` runs that one history of kills, and no other test of this folder."""

from __future__ import annotations

import pytest

from tests.crash.histories import History


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the rest, unless the option holds lines of `test_stateful`."""
    if History.replayed(config.getoption("--replay")) is None:
        return
    wanted = [item for item in items if item.nodeid.partition("[")[0].endswith("::test_histories")]
    config.hook.pytest_deselected(items=[item for item in items if item not in wanted])
    items[:] = wanted
