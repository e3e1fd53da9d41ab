"""Whose turn it is: one person at every moment, handed over by the clock on the wall."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from platform_cli.providers.pager.turns import on_turn, parse_handover

TEAM = ("Ann", "Ben", "Cem")
ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu")


def at(zone: str, text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


@pytest.mark.parametrize("zone", ZONES)
def test_the_hand_over_is_exact(zone: str) -> None:
    handover = at(zone, "2026-03-02T09:00:00")  # a Monday
    just_before = handover - timedelta(microseconds=1)
    before, after = (on_turn(TEAM, "Mon 09:00", zone, m) for m in (just_before, handover))
    assert (TEAM.index(str(before)) + 1) % 3 == TEAM.index(str(after))


def test_a_week_with_an_hour_less_still_hands_over_at_nine() -> None:
    # In Berlin the clocks go forward on 2026-03-29, a Sunday.
    before = at("Europe/Berlin", "2026-03-30T08:59:59")
    after = at("Europe/Berlin", "2026-03-30T09:00:00")
    assert on_turn(TEAM, "Mon 09:00", "Europe/Berlin", before) != on_turn(
        TEAM, "Mon 09:00", "Europe/Berlin", after
    )


@given(
    moment=st.datetimes(
        # Hypothesis wants its bounds naive and gives the zone by itself.
        min_value=datetime(2020, 1, 1),  # noqa: DTZ001
        max_value=datetime(2040, 1, 1),  # noqa: DTZ001
        timezones=st.just(UTC),
    ),
    zone=st.sampled_from(ZONES),
    day=st.sampled_from(["Mon", "Wed", "Sun"]),
    members=st.integers(min_value=1, max_value=9),
)
def test_at_every_moment_one_person_is_on_call(
    moment: datetime, zone: str, day: str, members: int
) -> None:
    team = [f"person-{number}" for number in range(members)]
    now = on_turn(team, f"{day} 17:30", zone, moment)
    later = on_turn(team, f"{day} 17:30", zone, moment + timedelta(weeks=members))
    assert now in team
    if zone in {"UTC", "Asia/Kathmandu"}:  # elsewhere summer time may begin in between
        assert now == later


def test_nobody_is_on_call_where_there_is_nobody() -> None:
    assert on_turn((), "Mon 09:00", "UTC", datetime(2026, 1, 1, tzinfo=UTC)) is None


@pytest.mark.parametrize("text", ["", "Monday 09:00", "Mon 9:00", "Mon 24:00", "mon 09:00\n"])
def test_what_is_not_a_hand_over_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="hand-over"):
        parse_handover(text)


@pytest.mark.parametrize("zone", ["Nowhere/Town", "", "../etc/passwd"])
def test_what_is_not_a_time_zone_is_refused(zone: str) -> None:
    with pytest.raises(ValueError, match="time zone"):
        on_turn(TEAM, "Mon 09:00", zone, datetime(2026, 1, 1, tzinfo=UTC))
