"""What every journal must do, whichever database keeps it.

A test module inherits `JournalSuite` and gives a fixture `open_journal`: a function that opens the
same journal anew each time it is called. Nothing here knows a database.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from platform_cli.errors import Exit, PlatformError
from platform_cli.journal.event import Event
from platform_cli.journal.port import Holder, Imported, Journal
from tests.providers.journal_events import START, event

ANA = Holder(actor="ana", host="laptop", pid=1, since=START)
BEN = Holder(actor="ben", host="build-7", pid=2, since=START + timedelta(minutes=5))

OpenJournal = Callable[[], Journal]


def ids(events: Iterator[Event]) -> list[str]:
    """The events' ids, in their order."""
    return [each.id for each in events]


class JournalSuite:
    """The port's promises, one test each."""

    def test_a_new_journal_is_empty(self, open_journal: OpenJournal) -> None:
        journal = open_journal()
        assert list(journal.events()) == []
        assert list(journal.events(profile="local", domain="loyalty")) == []
        assert list(journal.by_onboarding()) == []
        assert journal.place

    @pytest.mark.parametrize(
        "changes",
        [
            {},
            {"step": None, "attempt": None, "duration_s": None, "detail": {}},
            {"duration_s": 0.0, "attempt": 2**31 - 1},
            {"duration_s": 1 / 3, "type": "step.finished", "detail": {"status": "done"}},
            {"duration_s": 1e12},
            {"at": datetime(1, 1, 1, tzinfo=UTC)},
            {"at": datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)},
            {"detail": {"a": [1, -2.5, None, True, {"b": "c"}], "": "ü\n\0'\";--\u2028"}},
            {"detail": {"half": "\ud800", "large": 10**40}},
            {"domain": "a'; DROP TABLE events; --", "profile": "größe 🚀", "onboarding": "%"},
        ],
    )
    def test_an_event_comes_back_as_it_was(
        self,
        open_journal: OpenJournal,
        changes: dict[str, Any],
    ) -> None:
        written = event(1, **changes)
        open_journal().append(written)
        other = open_journal()
        assert list(other.events()) == [written]
        assert list(other.events(profile=written.profile, domain=written.domain)) == [written]
        assert list(other.by_onboarding()) == [[written]]

    def test_the_order_is_that_of_appending_and_not_of_time(
        self,
        open_journal: OpenJournal,
    ) -> None:
        journal = open_journal()
        for number in (3, 1, 2):
            journal.append(event(number))
        assert ids(journal.events()) == ["e3", "e1", "e2"]
        assert ids(journal.events(profile="local", domain="loyalty")) == ["e3", "e1", "e2"]

    def test_an_id_that_is_known_changes_nothing(self, open_journal: OpenJournal) -> None:
        journal = open_journal()
        journal.append(event(1))
        journal.append(event(1, detail={"other": True}, onboarding="o2", domain="orders"))
        journal.append(event(2))
        assert list(journal.events()) == [event(1), event(2)]
        assert list(journal.by_onboarding()) == [[event(1), event(2)]]
        assert list(journal.events(profile="local", domain="orders")) == []

    def test_extend_counts_what_is_new_and_what_is_known(self, open_journal: OpenJournal) -> None:
        journal = open_journal()
        journal.append(event(2))
        again = [event(number) for number in (1, 2, 3, 3)]
        assert journal.extend(again) == Imported(added=2, known=2)
        assert journal.extend(iter(again)) == Imported(added=0, known=4)
        assert journal.extend([]) == Imported(added=0, known=0)
        assert ids(journal.events()) == ["e2", "e1", "e3"]

    def test_extend_writes_all_or_none(self, open_journal: OpenJournal) -> None:
        journal = open_journal()
        journal.append(event(0))

        def breaks_off() -> Iterator[Event]:
            for number in range(1, 50):
                yield event(number, domain="orders", onboarding="o2")
            raise LookupError

        with pytest.raises(LookupError):
            journal.extend(breaks_off())
        assert ids(journal.events()) == ["e0"]
        journal.append(event(1))
        assert ids(open_journal().events()) == ["e0", "e1"]
        assert list(journal.events(profile="local", domain="orders")) == []
        assert list(journal.by_onboarding()) == [[event(0), event(1)]]

    def test_a_journal_may_be_imported_into_itself(self, open_journal: OpenJournal) -> None:
        journal = open_journal()
        journal.extend(event(number) for number in range(1, 2100))
        assert journal.extend(journal.events()) == Imported(added=0, known=2099)

    def test_events_can_be_had_of_a_profile_and_of_a_domain(
        self,
        open_journal: OpenJournal,
    ) -> None:
        journal = open_journal()
        journal.append(event(1))
        journal.append(event(2, domain="orders"))
        journal.append(event(3, profile="prod"))
        assert ids(journal.events(profile="local")) == ["e1", "e2"]
        assert ids(journal.events(domain="loyalty")) == ["e1", "e3"]
        assert ids(journal.events(profile="prod", domain="loyalty")) == ["e3"]
        assert ids(journal.events(profile="prod", domain="orders")) == []

    def test_each_onboarding_is_whole_and_they_go_by_their_first_event(
        self,
        open_journal: OpenJournal,
    ) -> None:
        journal = open_journal()
        for number, onboarding in enumerate(["b", "a", "b", "c", "a", "b"]):
            journal.append(event(number, onboarding=onboarding))
        assert [ids(iter(each)) for each in journal.by_onboarding()] == [
            ["e0", "e2", "e5"],
            ["e1", "e4"],
            ["e3"],
        ]

    def test_many_events_are_streamed_whole(self, open_journal: OpenJournal) -> None:
        journal = open_journal()
        journal.extend(event(number, onboarding=f"o{number % 1300}") for number in range(2700))
        wanted = [f"e{number}" for number in range(2700)]
        assert ids(journal.events()) == wanted
        assert ids(journal.events(profile="local", domain="loyalty")) == wanted
        groups = list(journal.by_onboarding())
        assert [group[0].onboarding for group in groups] == [f"o{n}" for n in range(1300)]
        assert sum(len(group) for group in groups) == 2700

    def test_who_appends_meanwhile_neither_waits_nor_disturbs(
        self,
        open_journal: OpenJournal,
    ) -> None:
        journal, other = open_journal(), open_journal()
        journal.extend(event(number, onboarding=f"o{number % 7}") for number in range(1500))
        streams = (
            journal.events(),
            journal.events(profile="local", domain="loyalty"),
            (each for group in journal.by_onboarding() for each in group),
        )
        for stream in streams:
            next(stream)
        other.append(event(1500, onboarding="o3"))
        journal.append(event(1501, onboarding="o8"))
        for stream in streams:
            assert sum(1 for _ in stream) == 1499
        assert sum(1 for _ in journal.events()) == 1502

    def test_threads_append_at_once_through_one_journal(self, open_journal: OpenJournal) -> None:
        journal = open_journal()

        def work(worker: int) -> None:
            for number in range(30):
                journal.append(event(worker * 100 + number, onboarding=f"o{worker}"))
                # The same from all of them: it may be there once.
                journal.append(event(10_000 + number, onboarding="shared"))

        with ThreadPoolExecutor(8) as pool:
            list(pool.map(work, range(8)))
        found = ids(journal.events())
        assert len(found) == len(set(found)) == 8 * 30 + 30
        own = [[each for each in found if int(each[1:]) // 100 == n] for n in range(8)]
        assert own == [[f"e{n * 100 + k}" for k in range(30)] for n in range(8)]
        assert sorted(len(group) for group in journal.by_onboarding()) == [30] * 9

    def test_a_domain_is_held_by_one_and_whoever_comes_is_told(
        self,
        open_journal: OpenJournal,
    ) -> None:
        first, second = open_journal(), open_journal()
        for journal in (first, second):
            with first.hold("local", "loyalty", ANA):
                with (
                    pytest.raises(PlatformError) as refused,
                    journal.hold("local", "loyalty", BEN),
                ):
                    pytest.fail("two hold the domain")
                # Other domains and profiles are free meanwhile.
                with journal.hold("local", "orders", BEN), journal.hold("prod", "loyalty", BEN):
                    pass
            assert refused.value.code == "PLT-JOURNAL-005"
            assert refused.value.exit is Exit.HELD
            said = "loyalty is held by ana on laptop since 2026-01-05 09:00:00 UTC"
            assert refused.value.summary.startswith(said)

    def test_a_domain_is_free_after_its_holder_failed(self, open_journal: OpenJournal) -> None:
        first, second = open_journal(), open_journal()

        def fails() -> None:
            with first.hold("local", "loyalty", ANA):
                raise LookupError

        for _ in range(2):
            with pytest.raises(LookupError):
                fails()
        with second.hold("local", "loyalty", BEN):
            pass

    def test_a_holder_may_append(self, open_journal: OpenJournal) -> None:
        journal = open_journal()
        with journal.hold("local", "loyalty", ANA):
            journal.append(event(1))
        assert list(journal.events()) == [event(1)]

    @pytest.mark.parametrize(
        ("one", "other"),
        [
            (("a", "b"), ("A", "b")),
            (("a/b", "c"), ("a", "b/c")),
            (('a","b', "c"), ("a", 'b","c')),
            (("..", ".."), ("../..", "")),
            (("x" * 500, "d"), ("x" * 501, "d")),
            (("\ud800", "d"), ("\ud801", "d")),
        ],
    )
    def test_any_names_can_be_held_and_different_ones_at_once(
        self,
        open_journal: OpenJournal,
        one: tuple[str, str],
        other: tuple[str, str],
    ) -> None:
        journal = open_journal()
        with journal.hold(*one, ANA), journal.hold(*other, BEN):
            for held in (one, other):
                with pytest.raises(PlatformError), journal.hold(*held, ANA):
                    pytest.fail("two hold the domain")
