"""The pager that other tests rely on does what every pager must do, and fails on demand."""

from __future__ import annotations

import pytest

from platform_cli.errors import TemporaryError
from platform_cli.providers.pager.port import Pager
from tests.fakes.forge import Fault, MemoryForge, temporary
from tests.fakes.memory import MemoryPager
from tests.providers.pager_suite import ANN, MARKER, PagerSuite, rotation


@pytest.fixture
def pager() -> Pager:
    return MemoryPager(MemoryForge())


class TestMemoryPager(PagerSuite):
    """The pager in memory keeps the port's promises."""


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_call_fails_before_or_after_its_effect(when: str) -> None:
    pager = MemoryPager(MemoryForge())
    pager.ledger.faults[1] = Fault(when, temporary)  # type: ignore[arg-type]  # one of the two
    with pytest.raises(TemporaryError):
        pager.create_schedule("loyalty pager", marker=MARKER, members=(ANN,))
    assert (pager.schedule("loyalty pager") is not None) == (when == "after")


def test_a_key_is_resolved_on_its_own_service_alone() -> None:
    pager = MemoryPager(MemoryForge())
    rotation(pager)
    policy = pager.escalation_policy("loyalty pager")
    assert policy is not None
    pager.create_service("stock", marker=MARKER, policy=policy.id)
    for service in ("loyalty", "stock"):
        pager.page(service, "key", "TEST")
    pager.resolve("stock", "key")
    found = pager.page_of("loyalty", "key")
    assert found is not None
    assert found.status == "triggered"
