"""What every pager must do, whichever one it is. An adapter inherits and gives a `pager`."""

from __future__ import annotations

from threading import Thread

import pytest

from platform_cli.errors import PlatformError
from platform_cli.providers.marker import Marker
from platform_cli.providers.pager.port import Pager, Person

MARKER = Marker("loyalty", "onboarding-1")
OTHER = Marker("loyalty", "onboarding-2")
ANN = Person("Ann", "ann@example.org")
BEN = Person("Ben", "ben@example.org")


def rotation(pager: Pager, *members: Person) -> None:
    """A whole rotation for the domain loyalty."""
    schedule = pager.create_schedule("loyalty pager", marker=MARKER, members=members or (ANN,))
    policy = pager.create_escalation_policy("loyalty pager", marker=MARKER, schedule=schedule.id)
    pager.create_service("loyalty", marker=MARKER, policy=policy.id)
    pager.create_integration("loyalty")


class PagerSuite:
    """Tests of the port."""

    def test_what_is_not_there_reads_as_nothing(self, pager: Pager) -> None:
        assert pager.schedule("loyalty pager") is None
        assert pager.escalation_policy("loyalty pager") is None
        assert pager.service("loyalty") is None
        assert pager.integration("loyalty") is None
        assert pager.on_call("loyalty") == ()
        assert pager.page_of("loyalty", "key") is None

    def test_a_rotation_reads_back_as_it_was_made(self, pager: Pager) -> None:
        rotation(pager, ANN, BEN)
        schedule = pager.schedule("Loyalty PAGER")
        policy = pager.escalation_policy("loyalty pager")
        service = pager.service("loyalty")
        assert schedule is not None
        assert policy is not None
        assert service is not None
        assert schedule.marker == policy.marker == service.marker == MARKER
        assert schedule.members == ("Ann", "Ben")
        assert schedule.id in policy.schedules
        assert service.policy == policy.id
        assert pager.integration("loyalty") is not None

    def test_making_it_twice_is_refused_and_changes_nothing(self, pager: Pager) -> None:
        rotation(pager)
        before = (pager.schedule("loyalty pager"), pager.service("loyalty"))
        for again in (
            lambda: pager.create_schedule("Loyalty Pager", marker=OTHER, members=(BEN,)),
            lambda: pager.create_escalation_policy("loyalty pager", marker=OTHER, schedule="x"),
            lambda: pager.create_service("loyalty", marker=OTHER, policy="x"),
            lambda: pager.create_integration("loyalty"),
        ):
            with pytest.raises(PlatformError) as caught:
                again()
            assert caught.value.code == "PLT-PAGER-001"
        assert (pager.schedule("loyalty pager"), pager.service("loyalty")) == before

    def test_a_page_reaches_whoever_is_on_call_once(self, pager: Pager) -> None:
        rotation(pager, ANN, BEN)
        pager.page("loyalty", "key", "TEST")
        pager.page("loyalty", "key", "TEST")
        assert len(pager.pages("loyalty")) == 1
        page = pager.page_of("loyalty", "key")
        assert page is not None
        assert page.status == "triggered"
        assert page.assigned_to == pager.on_call("loyalty")

    def test_a_resolved_page_may_be_sent_again(self, pager: Pager) -> None:
        rotation(pager)
        pager.page("loyalty", "key", "TEST")
        pager.resolve("loyalty", "key")
        pager.resolve("loyalty", "key")
        page = pager.page_of("loyalty", "key")
        assert page is not None
        assert page.status == "resolved"
        pager.page("loyalty", "key", "TEST")
        assert [found.status for found in pager.pages("loyalty")] == ["triggered", "resolved"]

    def test_a_page_that_would_reach_nobody_is_refused(self, pager: Pager) -> None:
        rotation(pager, Person("Ann", None))
        with pytest.raises(PlatformError) as caught:
            pager.page("loyalty", "key", "TEST")
        assert caught.value.code == "PLT-PAGER-003"
        assert pager.pages("loyalty") == () or not list(pager.pages("loyalty"))

    def test_a_service_that_is_not_there_cannot_page(self, pager: Pager) -> None:
        with pytest.raises(PlatformError) as caught:
            pager.page("loyalty", "key", "TEST")
        assert caught.value.code == "PLT-PAGER-004"

    def test_adopting_writes_the_marker_alone(self, pager: Pager) -> None:
        rotation(pager)
        before = pager.service("loyalty")
        after = pager.set_marker("loyalty", OTHER)
        assert before is not None
        assert after.marker == OTHER
        assert (after.id, after.policy) == (before.id, before.policy)

    def test_many_at_once_lose_nothing(self, pager: Pager) -> None:
        def one(number: int) -> None:
            pager.create_schedule(f"rotation {number}", marker=MARKER, members=(ANN,))

        threads = [Thread(target=one, args=(number,)) for number in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert all(pager.schedule(f"rotation {number}") for number in range(20))
