"""Column types: how they are written, and the lattice of what holds what."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from platform_cli.contracts.types import (
    SIMPLE,
    Array,
    Fixed,
    Map,
    Simple,
    Struct,
    Type,
    TypeTextError,
    holds,
    parse,
    relation,
)

names = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,5}", fullmatch=True)
fixed = st.integers(1, 38).flatmap(lambda p: st.builds(Fixed, st.just(p), st.integers(0, p)))
simple = st.one_of(st.sampled_from(SIMPLE).map(Simple), fixed)


def _nested(inner: st.SearchStrategy[Type]) -> st.SearchStrategy[Type]:
    fields = st.lists(
        st.tuples(names, inner), min_size=1, max_size=3, unique_by=lambda field: field[0].lower()
    )
    return st.one_of(inner.map(Array), st.builds(Map, inner, inner), fields.map(tuple).map(Struct))


types: st.SearchStrategy[Type] = st.recursive(simple, _nested, max_leaves=6)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("string", "string"),
        (" TimeStamp_TZ ", "timestamp_tz"),
        ("decimal(38,0)", "decimal(38,0)"),
        ("DECIMAL ( 5 , 5 )", "decimal(5,5)"),
        ("Array<String>", "array<string>"),
        ("map<string,array<integer>>", "map<string,array<integer>>"),
        ("struct<A:date,b : struct<c:json>>", "struct<A: date, b: struct<c: json>>"),
        ("struct<decimal: decimal(1,0)>", "struct<decimal: decimal(1,0)>"),
        ("struct<\n  a: date,\n  b: date\n>", "struct<a: date, b: date>"),
    ],
)
def test_what_is_a_type(text: str, expected: str) -> None:
    assert str(parse(text)) == expected


WRONG = [
    ("int", "int is no type", "integer"),
    ("VARCHAR", "VARCHAR is no type", "string"),
    ("varchar(20)", "varchar is no type", "string"),
    ("", "a type is expected, not the end", None),
    ("decimal", "decimal is no type", "decimal(38,0)"),
    ("decimal(5)", "a decimal has two numbers", "decimal(5,0)"),
    ("decimal(5,6)", "of 5 digits, 6 cannot stand behind the point", None),
    ("decimal(0,0)", "a decimal has 1 to 38 digits, not 0", None),
    ("decimal(39,0)", "a decimal has 1 to 38 digits, not 39", None),
    ("decimal(5,-1)", "a number is expected, not -", None),
    ("decimal(a,b)", "a number is expected, not a", None),
    ("decimal(5,2", ") is expected, not the end", None),
    ("decimal(1111,2)", "a number is expected, not 1111", None),
    ("decimal(٣,٢)", "a number is expected, not ٣", None),
    ("array", "array is no type", "array<string>"),
    ("array<>", "> is no type", None),
    ("array<string", "> is expected, not the end", None),
    ("array<string>>", "> stands after the end of the type", "array<string>"),
    ("string string", "string stands after the end of the type", "string"),
    ("map<string>", ", is expected, not >", None),
    ("struct<>", "a field's name is expected, not >", None),
    ("struct<a>", ": is expected, not >", None),
    ("struct<a: date,>", "a field's name is expected, not >", None),
    ("struct<1a: date>", "a field's name is expected, not 1", None),
    ("struct<a: date, A: date>", "the field A stands twice in one struct", None),
    ("struct<a: int>", "int is no type", "integer"),
    ("ｓｔｒｉｎｇ", "ｓ is no type", None),
    ("array<" * 40 + "date" + ">" * 40, "the type is nested deeper than 32 levels", None),
    ("x" * 10_001, "the type has 10001 characters", None),
]


@pytest.mark.parametrize(("text", "message", "nearest"), WRONG, ids=[row[0][:30] for row in WRONG])
def test_what_is_no_type(text: str, message: str, nearest: str | None) -> None:
    with pytest.raises(TypeTextError) as caught:
        parse(text)
    assert str(caught.value) == message
    assert caught.value.nearest == nearest


@given(types)
def test_a_type_is_read_as_it_is_written(one: Type) -> None:
    assert parse(str(one)) == one


@given(types)
def test_spaces_do_not_matter(one: Type) -> None:
    text = str(one).replace("<", " < ").replace(",", " , ").replace("(", " ( ")
    assert parse(text) == one


ORDER = [
    ("integer", "bigint"),
    ("integer", "double"),
    ("float", "double"),
    ("integer", "decimal(10,0)"),
    ("integer", "decimal(15,5)"),
    ("bigint", "decimal(19,0)"),
    ("bigint", "decimal(38,19)"),
    ("decimal(9,0)", "integer"),
    ("decimal(18,0)", "bigint"),
    ("decimal(1,0)", "decimal(1,0)"),
    ("decimal(4,2)", "decimal(5,3)"),
    ("array<integer>", "array<double>"),
    ("map<integer,float>", "map<bigint,double>"),
]
APART = [
    ("bigint", "double"),
    ("bigint", "float"),
    ("integer", "float"),
    ("decimal(5,0)", "double"),
    ("decimal(5,2)", "float"),
    ("decimal(5,2)", "integer"),
    ("decimal(10,2)", "bigint"),
    ("decimal(5,2)", "decimal(5,3)"),
    ("date", "timestamp"),
    ("date", "timestamp_tz"),
    ("timestamp", "timestamp_tz"),
    ("string", "json"),
    ("boolean", "integer"),
    ("array<integer>", "integer"),
    ("map<integer,bigint>", "map<bigint,integer>"),
    ("struct<a: integer>", "struct<a: bigint>"),
]


@pytest.mark.parametrize(("inner", "outer"), ORDER)
def test_one_type_holds_the_other(inner: str, outer: str) -> None:
    assert holds(parse(outer), parse(inner))
    same = parse(inner) == parse(outer)
    assert relation(parse(inner), parse(outer)) == ("same" if same else "wider")
    assert relation(parse(outer), parse(inner)) == ("same" if same else "narrower")


@pytest.mark.parametrize(("one", "other"), APART)
def test_neither_type_holds_the_other(one: str, other: str) -> None:
    assert relation(parse(one), parse(other)) == "other"
    assert relation(parse(other), parse(one)) == "other"


def test_the_tenth_digit_of_a_decimal_does_not_fit_an_integer() -> None:
    assert relation(parse("decimal(10,0)"), parse("integer")) == "narrower"
    assert relation(parse("decimal(19,0)"), parse("bigint")) == "narrower"


REVERSED = {"same": "same", "wider": "narrower", "narrower": "wider", "other": "other"}


@given(types, types)
def test_widening_is_reversed_by_narrowing(one: Type, other: Type) -> None:
    assert relation(other, one) == REVERSED[relation(one, other)]


@given(simple, simple, simple)
def test_what_holds_is_an_order(a: Type, b: Type, c: Type) -> None:
    assert holds(a, a)
    if holds(a, b) and holds(b, a):
        assert a == b
    # An integer stands between decimals and double, which are not compared with each other.
    between = isinstance(c, Fixed) and a == Simple("double")
    if holds(a, b) and holds(b, c) and not between:
        assert holds(a, c)


@given(fixed, fixed)
def test_a_decimal_holds_another_exactly_if_it_holds_its_extremes(a: Fixed, b: Fixed) -> None:
    largest = 10**b.precision - 1  # in units of 10^-scale
    fits = b.scale <= a.scale and largest * 10 ** (a.scale - b.scale) < 10**a.precision
    assert holds(a, b) == fits
