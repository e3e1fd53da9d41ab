"""What a query makes one row of, as it is read from the SQL."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from platform_cli.contracts.dbt_grain import LONGEST, grouping, proves_unique

KEYS = [
    ("select a, b, count(*) from t group by a, b", "GROUP BY a, b"),
    ("select a, b, count(*) from t group by 1, 2", "GROUP BY a, b"),
    ("select T.a as x, count(*) as n from t group by t.a", "GROUP BY x"),
    ("select date_trunc('day', at) as day, sum(n) as n from t group by 1", "GROUP BY day"),
    (
        "select date_trunc('day', at) as day, sum(n) as n from t group by date_trunc('day', at)",
        "GROUP BY day",
    ),
    ("select sum(n) as n, a from t group by a, b", "GROUP BY a, b"),
    ("select a, b, sum(n) as n from t group by all", "GROUP BY a, b"),
    ("select sum(n) as n from t", "GROUP BY of all rows into one"),
    ("select distinct a, b from t", "DISTINCT a, b"),
    ("select distinct on (a) a, b from t", "DISTINCT a"),
    (
        "select a, b from t qualify row_number() over (partition by a order by b) = 1",
        "row_number a",
    ),
    (
        "select a, row_number() over (partition by a order by b) as n from t qualify n = 1",
        "row_number a",
    ),
    (
        """with r as (select *, row_number() over (partition by a order by b) as n from t)
        select * from r where n = 1""",
        "row_number a",
    ),
    (
        """select a from (select a, row_number() over (partition by a, c order by b) as n from t)
        where n = 1 and a > 2""",
        "row_number a, c",
    ),
    ("with final as (select a, sum(n) as n from t group by a) select * from final", "GROUP BY a"),
    (
        """with f as (select a, sum(n) as n from t group by a), g as (select a as k, n from f)
        select k as key, n from g where n > 1 order by 1""",
        "GROUP BY key",
    ),
    ("select a from t union select a from u", "DISTINCT a"),
    ("select a from t union all select a from u", "no grouping"),
    ("select a, b from t", "no grouping"),
    ("with t as (select a from t) select a from t", "no grouping"),
    (
        "with f as (select a, sum(n) as n from t group by a) select f.a from f join g using (a)",
        "no grouping",
    ),
    (
        "with f as (select a, list(n) as n from t group by a) select a, unnest(n) as n from f",
        "no grouping",
    ),
    ("select a, sum(n) over (partition by b) as s from t", "no grouping"),
    ("select a, (select max(b) from u) as m from t", "no grouping"),
]
OPEN = [
    "select a, b, sum(n) from t group by rollup (a, b)",
    "select a, b, sum(n) from t group by grouping sets ((a), (b))",
    "select * from t group by 1",
    "select a from t group by 7",
    "select distinct * from t",
    "select a from t group by jinja_unknown_1",
    "select a from t qualify rank() over (partition by a order by b) = 1",
    "select a from t qualify row_number() over (partition by a order by b) <= 3",
    "insert into t values (1)",
    "select 1; select 2",
    "not sql at all (",
    "",
    "select " + "(" * 2000 + "1" + ")" * 2000,
    "select 1 -- " + "x" * LONGEST,
]


WORDS = """select from group by distinct qualify row_number() over (partition with as t a , * = 1
having count(*) > union all ( ) on join where unnest(a) { } [ ' ; -- :: {{"""


@pytest.mark.parametrize(("sql", "told"), KEYS)
def test_what_makes_one_row(sql: str, told: str) -> None:
    assert str(grouping(sql, None)) == told


@pytest.mark.parametrize("adapter", ["duckdb", "databricks", "spark", "someone_else"])
def test_in_every_dialect(adapter: str) -> None:
    assert str(grouping("select `a` as x, 1 as n from t group by `a`", adapter)) in {
        "GROUP BY x",
        "None",
    }
    assert str(grouping("select a, sum(b) as b from t group by a", adapter)) == "GROUP BY a"


@pytest.mark.parametrize("sql", OPEN)
def test_what_is_not_looked_at(sql: str) -> None:
    assert grouping(sql, None) is None


def test_nothing_is_said_on_stderr(capfd: pytest.CaptureFixture[str]) -> None:
    for sql in ("create stuff of a kind", "alter session blah", "select a from t group by"):
        grouping(sql, None)
    assert capfd.readouterr() == ("", "")


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.sampled_from(WORDS.split()),
        max_size=25,
    ).map(" ".join)
)
def test_any_text_is_decided(sql: str) -> None:
    for text in (sql, f"select {sql}", f"with t as (select {sql}) select * from t"):  # noqa: S608 - parsed, never run
        grouping(text, None)
        proves_unique(text, "t")
