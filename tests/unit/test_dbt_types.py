"""Types as DuckDB and Spark write them, against the contract's."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from platform_cli.contracts import types
from platform_cli.contracts.dbt_types import NAMES, agreement
from tests.unit.contract_strategies import types as written
from tests.unit.dbt_samples import in_duckdb, in_spark

SAME = """\
string: varchar | VARCHAR(50) | text | character varying(20) | string | char(3)
boolean: boolean | BOOL
integer: integer | int | int4
bigint: bigint | long | int8
float: float | real
double: double | double precision | DOUBLE
decimal(18,2): decimal(18,2) | NUMERIC( 18 , 2 ) | dec(18,2)
decimal(10,0): decimal(10) | decimal(10,0)
date: date
timestamp: timestamp | timestamp_ntz | datetime | timestamp without time zone | timestamp(6)
timestamp_tz: timestamptz | TIMESTAMP WITH TIME ZONE | timestamp(6) with time zone | timestamp_ltz
binary: blob | bytea | varbinary | binary
json: json | variant
array<string>: varchar[] | array<string> | varchar[3] | list<varchar>
array<array<integer>>: integer[][] | array<array<int>> | integer[2][]
map<string,double>: map(varchar, double) | map<string,double>
struct<a: integer, b: string>: struct(a integer, b varchar) | struct<a: int, b: string>
struct<a: integer, b: string>: struct<a int, b string> | struct("b" varchar, "a" int) | row(a int, b text)
struct<a: integer>: struct<a: int not null comment 'how, many>'> | struct<`a`:int>
array<struct<a: decimal(5,2)>>: struct(a decimal(5,2))[] | array<struct<a: decimal(5,2)>>
"""
DIFFERS = """\
string: integer | uuid | date | varchar[]
integer: bigint | smallint | tinyint | decimal(10,0) | hugeint
bigint: integer | ubigint
double: float
decimal(18,2): decimal(18,3) | decimal(17,2) | decimal | numeric | decimal(18) | double
timestamp: timestamptz | date | timestamp_s | time
timestamp_tz: timestamp | timestamp_ntz
array<string>: varchar | integer[] | varchar[][]
map<string,double>: map(varchar, float) | map(integer, double) | struct(a varchar)
struct<a: integer, b: string>: struct(a integer) | struct(a integer, c varchar) | struct(a integer, b integer)
struct<a: integer>: struct(A integer) | struct(a integer, a integer)
json: varchar
"""
UNKNOWN = """\
string: geography | enum('a', 'b') | {{ type() }} | varchar( | varchar) | varchar varchar | "varchar"
integer: money | 12 | integer(3) | int unsigned
decimal(18,2): fixed(18,2)
array<string>: array | geography[] | list
map<string,double>: map
struct<a: integer>: struct | struct(a geography) | struct<>
"""


def cases(text: str) -> list[tuple[str, str]]:
    rows = [line.partition(": ") for line in text.splitlines()]
    # A struct has a colon of its own.
    rows = [
        (f"{head}: {rest.rpartition('>: ')[0]}>", "", rest.rpartition(">: ")[2])
        if head.startswith(("struct", "array<struct"))
        else (head, "", rest)
        for head, _, rest in rows
    ]
    return [(head, one) for head, _, rest in rows for one in rest.split(" | ")]


@pytest.mark.parametrize(("promised", "built"), cases(SAME))
def test_the_same(promised: str, built: str) -> None:
    assert agreement(types.parse(promised), built, None) == "same"


@pytest.mark.parametrize(("promised", "built"), cases(DIFFERS))
def test_another(promised: str, built: str) -> None:
    assert agreement(types.parse(promised), built, None) == "differs"


@pytest.mark.parametrize(("promised", "built"), cases(UNKNOWN))
def test_unknown(promised: str, built: str) -> None:
    assert agreement(types.parse(promised), built, None) == "unknown"


@pytest.mark.parametrize(
    ("adapter", "told"), [("databricks", "same"), ("spark", "same"), ("duckdb", "differs")]
)
def test_a_timestamp_of_spark_is_a_moment(adapter: str, told: str) -> None:
    assert agreement(types.parse("timestamp_tz"), "timestamp", adapter) == told
    assert agreement(types.parse("timestamp"), "timestamp", adapter) == "same"


def test_every_simple_type_has_its_names_and_no_name_is_of_two() -> None:
    assert set(NAMES) == set(types.SIMPLE)
    names = [name for one in NAMES.values() for name in one]
    assert len(names) == len(set(names))


@settings(max_examples=200, deadline=None)
@given(written, written)
def test_a_type_is_the_same_as_itself_alone(one: str, other: str) -> None:
    held, another = types.parse(one), types.parse(other)
    for write in (in_duckdb, in_spark):
        assert agreement(held, write(held), None) == "same"
        fields_aside = _sorted(held) == _sorted(another)
        assert agreement(held, write(another), None) == ("same" if fields_aside else "differs")


def _sorted(one: types.Type) -> types.Type:
    """The type with the fields of its structs in one order, which says nothing."""
    match one:
        case types.Array():
            return types.Array(_sorted(one.element))
        case types.Map():
            return types.Map(_sorted(one.key), _sorted(one.value))
        case types.Struct():
            return types.Struct(tuple(sorted((name, _sorted(held)) for name, held in one.fields)))
    return one


@settings(max_examples=200, deadline=None)
@given(st.text(st.sampled_from("<>()[]{},:'\"` adecimlstruc0129\x00é"), max_size=60))
def test_any_text_is_decided(text: str) -> None:
    assert agreement(types.parse("struct<a: integer>"), text, None) in {
        "same",
        "differs",
        "unknown",
    }


@pytest.mark.parametrize("text", ["array<" * 5000, "(" * 9999, "struct(a " * 1100, "[" * 10_001])
def test_deep_and_long_texts_are_unknown(text: str) -> None:
    assert agreement(types.parse("string"), text, None) == "unknown"
