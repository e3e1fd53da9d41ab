"""The journal's events as JSON Lines: whole round trips, and nothing but ValueError on refusal."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from platform_cli.journal.event import (
    TYPES,
    Event,
    format_time,
    from_document,
    from_line,
    parse_time,
    to_document,
    to_line,
)
from platform_cli.journal.row import from_row, to_row

GOOD: dict[str, Any] = {
    "schema": "platform-cli/event/1",
    "id": "e1",
    "onboarding": "o1",
    "run": "r1",
    "domain": "loyalty",
    "profile": "local",
    "at": "2026-01-05T09:00:00.000001Z",
    "type": "step.finished",
    "step": "repo.create",
    "attempt": 1,
    "duration_s": 0.25,
    "detail": {"status": "done"},
}

kept_texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1)
any_texts = st.text(st.characters())
any_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | any_texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(any_texts, inner, max_size=4),
    max_leaves=12,
)
finite_json = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | any_texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(any_texts, inner, max_size=4),
    max_leaves=12,
)
times = st.datetimes(timezones=st.just(UTC))
events = st.builds(
    Event,
    id=kept_texts,
    onboarding=kept_texts,
    run=kept_texts,
    domain=kept_texts,
    profile=kept_texts,
    at=times,
    type=st.sampled_from(sorted(TYPES)),
    step=st.none() | kept_texts,
    attempt=st.none() | st.integers(1, 2**31 - 1),
    duration_s=st.none() | st.floats(0, 1e12),
    detail=st.dictionaries(any_texts, finite_json, max_size=4),
)


def read(line: str) -> Event | str:
    """The event, or the words of the refusal; anything but a ValueError fails the test."""
    try:
        return from_line(line)
    except ValueError as error:
        return str(error)[:300] or pytest.fail("a refusal without a word")


def as_bytes(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """The row as a database gives it back."""
    return tuple(each.encode() if isinstance(each, str) else each for each in row)


@given(events)
def test_a_line_holds_the_whole_event(event: Event) -> None:
    line = to_line(event)
    assert "\n" not in line
    assert "\r" not in line
    assert from_line(line.encode().decode()) == event
    assert from_document(to_document(event)) == event


@given(events)
def test_a_row_holds_the_whole_event(event: Event) -> None:
    assert from_row(as_bytes(to_row(7, event))) == event


@given(events, st.integers(0, 11), st.data())
def test_a_bit_of_a_row_that_is_flipped_is_noticed(
    event: Event,
    column: int,
    data: st.DataObject,
) -> None:
    row = list(as_bytes(to_row(7, event)))
    field = row[column]
    if isinstance(field, bytes) and field:
        bit = data.draw(st.integers(0, len(field) * 8 - 1))
        changed = bytearray(field)
        changed[bit // 8] ^= 1 << (bit % 8)
        row[column] = bytes(changed)
    else:
        row[column] = 2 if field is None else None
    with pytest.raises(ValueError):
        from_row(row)


@pytest.mark.parametrize("field", [b"7", 7, None, 7.5])
@pytest.mark.parametrize("column", range(13))
def test_a_row_of_wrong_types_is_refused_or_means_the_same(column: int, field: object) -> None:
    event = from_document(GOOD)
    row = list(as_bytes(to_row(7, event)))
    row[column] = field
    with suppress(ValueError):
        assert from_row(row) == event


@given(st.text())
@example("")
@example("null")
@example("[" * 100_000)
@example('{"a":' * 100_000)
@example("1" * 5000)
@example("\ufeff{}")
@example('{"schema": NaN}')
def test_any_text_is_an_event_or_a_value_error(text: str) -> None:
    assert read(text) is not None


@given(st.fixed_dictionaries({}, optional={key: any_json | st.just(GOOD[key]) for key in GOOD}))
def test_any_object_is_an_event_or_a_value_error(document: dict[str, Any]) -> None:
    event = read(json.dumps(document))
    assert isinstance(event, str) or from_line(to_line(event)) == event


@given(st.sampled_from(sorted(GOOD)), any_json)
def test_one_wrong_value_is_an_event_or_a_value_error(key: str, value: object) -> None:
    event = read(json.dumps({**GOOD, key: value}))
    assert isinstance(event, str) or from_line(to_line(event)) == event


def without(key: str) -> dict[str, Any]:
    return {other: value for other, value in GOOD.items() if other != key}


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ([], "not a JSON object"),
        ("text", "not a JSON object"),
        ({}, "schema"),
        ({**GOOD, "schema": "platform-cli/event/2"}, "schema"),
        ({**GOOD, "more": 1}, "unknown key 'more'"),
        (without("id"), "id is not a text"),
        ({**GOOD, "id": ""}, "id is not a text"),
        ({**GOOD, "id": 7}, "id is not a text"),
        ({**GOOD, "run": "a\0b"}, "run is not a text"),
        ({**GOOD, "domain": "\ud800"}, "domain is not a text"),
        ({**GOOD, "type": "step.paused"}, "type"),
        ({**GOOD, "type": ["step.started"]}, "type"),
        ({**GOOD, "type": {}}, "type"),
        (without("at"), "at is not a text"),
        ({**GOOD, "at": 1767603600}, "at is not a text"),
        ({**GOOD, "at": "2026-01-05T09:00:00"}, "offset"),
        ({**GOOD, "at": "2026-01-05"}, "offset"),
        ({**GOOD, "at": "2026-W02-1T09:00:00Z"}, "offset"),
        ({**GOOD, "at": "20260105T090000Z"}, "offset"),
        ({**GOOD, "at": "2026-02-30T09:00:00Z"}, "day"),
        ({**GOOD, "at": "0000-01-05T09:00:00Z"}, "year"),
        ({**GOOD, "at": "0001-01-01T00:00:00+01:00"}, "year"),
        ({**GOOD, "at": "9999-12-31T23:59:59-01:00"}, "year"),
        ({**GOOD, "at": "2026-01-05T09:00:00+99:00"}, "offset"),
        ({**GOOD, "at": "٢٠٢٦-01-05T09:00:00Z"}, "offset"),
        ({**GOOD, "step": 1}, "step"),
        ({**GOOD, "step": ""}, "step"),
        ({**GOOD, "attempt": 0}, "attempt"),
        ({**GOOD, "attempt": True}, "attempt"),
        ({**GOOD, "attempt": 1.5}, "attempt"),
        ({**GOOD, "attempt": 2**63}, "attempt"),
        ({**GOOD, "attempt": 10**400}, "attempt"),
        ({**GOOD, "duration_s": -0.1}, "duration_s"),
        ({**GOOD, "duration_s": True}, "duration_s"),
        ({**GOOD, "duration_s": 10**400}, "duration_s"),
        ({**GOOD, "duration_s": "1"}, "duration_s"),
        ({**GOOD, "detail": []}, "detail"),
        ({**GOOD, "detail": 0}, "detail"),
        ({**GOOD, "detail": ""}, "detail"),
    ],
)
def test_what_is_wrong_is_said(document: object, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        from_line(json.dumps(document))


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("", "not JSON"),
        ("{", "not JSON"),
        (json.dumps(GOOD) + json.dumps(GOOD), "not JSON"),
        (json.dumps(GOOD)[:-1] + ', "id": "e2"}', "twice"),
        (json.dumps(GOOD).replace('"done"', '{"a": 1, "a": 2}'), "twice"),
        (json.dumps(GOOD).replace("0.25", "NaN"), "NaN"),
        (json.dumps(GOOD).replace("0.25", "1e999"), "too large"),
        (json.dumps(GOOD).replace('"done"', "-Infinity"), "Infinity"),
        (json.dumps(GOOD).replace('"done"', "1e999"), "too large"),
        (json.dumps(GOOD).replace('"done"', "9" * 5000), "not JSON"),
        (json.dumps(GOOD).replace('"done"', "[" * 80 + "]" * 80), "nested too deeply"),
        (json.dumps(GOOD).replace('"done"', "[" * 100_000 + "]" * 100_000), "nested too deeply"),
    ],
)
def test_a_line_that_is_not_one_plain_object(line: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        from_line(line)


@pytest.mark.parametrize("key", ["step", "attempt", "duration_s", "detail"])
def test_what_an_event_need_not_have_may_be_null_or_missing(key: str) -> None:
    for document in (without(key), {**GOOD, key: None}):
        assert getattr(from_line(json.dumps(document)), key) in (None, {})


@pytest.mark.parametrize("nested", [0, 1, 50])
def test_detail_may_be_nested_as_far_as_anybody_needs(nested: int) -> None:
    line = json.dumps(GOOD).replace('"done"', "[" * nested + "1" + "]" * nested)
    assert to_line(from_line(line)) == to_line(from_document(json.loads(line)))


def test_a_line_is_readable_where_it_can_be() -> None:
    line = to_line(from_document({**GOOD, "detail": {"owner": "größe 🚀"}}))
    assert "größe 🚀" in line
    assert r"\ud800" in to_line(from_document({**GOOD, "detail": {"owner": "größe \ud800"}}))


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_what_json_cannot_say_is_not_written(value: float) -> None:
    known = from_document(GOOD)
    for event in (replace(known, duration_s=value), replace(known, detail={"x": [value]})):
        with pytest.raises(ValueError):
            to_line(event)
        with pytest.raises(ValueError):
            to_row(1, event)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("2026-01-05T09:00:00Z", "2026-01-05T09:00:00.000000Z"),
        ("2026-01-05t09:00:00z", "2026-01-05T09:00:00.000000Z"),
        ("2026-01-05 09:00:00+02:00", "2026-01-05T07:00:00.000000Z"),
        ("2026-01-05T09:00:00.5-00:30", "2026-01-05T09:30:00.500000Z"),
        ("2026-01-05T09:00:00.123456789Z", "2026-01-05T09:00:00.123456Z"),
        ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000000Z"),
        ("9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59.999999Z"),
    ],
)
def test_a_time_with_its_offset_is_read_as_utc(text: str, wanted: str) -> None:
    assert format_time(parse_time(text)) == wanted


@given(times, times)
def test_times_sort_as_texts_as_they_sort_as_times(one: datetime, other: datetime) -> None:
    assert (one < other) == (format_time(one) < format_time(other))
    assert parse_time(format_time(one)) == one
    assert len(format_time(one)) == len(format_time(other))


def test_a_time_of_another_zone_is_written_in_utc() -> None:
    there = timezone(timedelta(hours=5, minutes=30))
    assert format_time(datetime(2026, 1, 5, 9, 0, tzinfo=there)) == "2026-01-05T03:30:00.000000Z"
