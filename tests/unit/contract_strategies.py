"""Random valid contracts, as documents, and random damage to them."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st

from platform_cli.contracts.types import SIMPLE

names = st.from_regex(r"[a-z_][a-z0-9_]{0,6}", fullmatch=True)
words = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Cn", "Co")), max_size=12
)
said = words.filter(lambda text: text.strip() != "")
tags = st.lists(
    st.sampled_from(["PII", "gold", "region:EU", "region:US", "customer_data"]), unique=True
)
teams = st.sampled_from(["@orders", "@acme/orders", "user:@ann", "@a_b"])

fixed = st.integers(1, 38).flatmap(lambda p: st.integers(0, p).map(lambda s: f"decimal({p},{s})"))
simple = st.one_of(st.sampled_from(SIMPLE), fixed)


def _nested(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    fields = st.lists(names, min_size=1, max_size=3, unique=True).flatmap(
        lambda keys: st.tuples(*(inner.map(lambda t, k=key: f"{k}: {t}") for key in keys))  # type: ignore[misc]  # the key is bound early
    )
    return st.one_of(
        inner.map("array<{}>".format),
        st.tuples(inner, inner).map(lambda pair: f"map<{pair[0]},{pair[1]}>"),
        fields.map(lambda parts: f"struct<{', '.join(parts)}>"),
    )


types: st.SearchStrategy[str] = st.recursive(simple, _nested, max_leaves=4)

extensions = st.dictionaries(
    st.sampled_from(["x-a", "x-b"]),
    st.recursive(
        st.one_of(st.none(), st.booleans(), st.integers(-5, 5), words),
        lambda inner: st.one_of(
            st.lists(inner, max_size=2), st.dictionaries(words, inner, max_size=2)
        ),
        max_leaves=3,
    ),
    max_size=2,
)


def _optional(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=fields)


plain_columns = _optional(
    required=st.booleans(),
    description=words,
    tags=tags,
    mask=st.sampled_from(["sha256", "tokenize", "redact"]),
    unique=st.booleans(),
    primary_key=st.booleans(),
    unit=said,
    currency=st.sampled_from(["EUR", "USD"]),
    timezone=st.sampled_from(["UTC", "Europe/Berlin"]),
)


@st.composite
def columns(draw: st.DrawFn, name: str) -> dict[str, Any]:
    """One valid column."""
    made: dict[str, Any] = {
        "name": name,
        "type": draw(types),
        **draw(plain_columns),
        **draw(extensions),
    }
    if draw(st.integers(0, 3)) == 0:
        values = draw(st.lists(st.sampled_from("abcd"), min_size=1, unique=True))
        made |= {"type": "string", "enum": values}
        made |= draw(_optional(extensible=st.booleans(), default=st.sampled_from(values)))
    elif made["type"] in {"integer", "bigint", "double"}:
        made |= draw(_optional(default=st.integers(-3, 3)))
    return made


durations = st.builds("{}{}".format, st.integers(1, 999), st.sampled_from("smhd"))
percentages = st.one_of(
    st.integers(0, 100).map("{}%".format), st.integers(0, 9999).map(lambda n: f"{n / 100:.2f}%")
)
todo = st.just("TODO")


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    """One valid contract."""
    keys = draw(st.lists(names, min_size=1, max_size=5, unique=True))
    version = draw(st.builds("{}.{}.{}".format, *(st.integers(0, 9),) * 3))
    label = draw(st.sampled_from(["", "", "-rc.1", "+b.2"]))
    made: dict[str, Any] = {
        "name": "orders.{}.{}".format(
            draw(st.sampled_from(["raw", "derived", "product"])), draw(names)
        ),
        "version": version + label,
        "owner": draw(_owners),
        "schema": [draw(columns(key)) for key in keys],
        "sla": draw(_slas),
        "semantics": draw(_semantics(keys)),
    }
    made |= draw(
        _optional(
            deprecation=_deprecations,
            tags=tags,
            retention_days=st.integers(1, 5000),
            description=words,
        )
    )
    return made | draw(extensions)


_owners = st.one_of(
    teams,
    st.fixed_dictionaries(
        {"team": teams},
        optional={
            "on_call": st.sampled_from(["pager", "orders pager"]),
            "reviewers": st.lists(teams, unique=True),
            "x-chat": words,
        },
    ),
)
_slas = st.one_of(
    todo,
    st.fixed_dictionaries(
        {
            "freshness": durations | todo,
            "completeness": percentages | todo,
            "accuracy": percentages | todo,
        },
        optional={"late_arrival_window": durations | st.just("0h")},
    ),
)
_deprecations = st.fixed_dictionaries(
    {"sunset_date": st.dates().map(str)},
    optional={"previous_version": st.just("1.2.3"), "migration_notes": words},
)


def _semantics(keys: list[str]) -> st.SearchStrategy[Any]:
    entry = st.one_of(
        said,
        todo,
        st.fixed_dictionaries(
            {"meaning": said}, optional={"semantics_change": st.just("editorial"), "x-by": words}
        ),
    )
    grain = st.one_of(said, st.lists(st.sampled_from(keys), min_size=1, unique=True))
    entries = st.dictionaries(st.sampled_from([*keys, "a rule"]), entry, min_size=1)
    with_grain = st.tuples(entries, grain).map(lambda pair: {**pair[0], "grain": pair[1]})
    return st.one_of(todo, entries, with_grain)


PIECES: list[Any] = [
    None, True, 0, -1, 1.5, 365, 1_000_001, "", " ", "TODO", "x", "2.1.0", "2.1", "24h", "24 h", "99.9%",
    "101%", "@team", "team", "int", "decimal(5,2)", "array<string>", "struct<a: date>", "editorial",
    [], ["a"], ["a", "a"], {}, {"a": "b"}, {"team": "@a"}, {"meaning": "a"}, {"name": "a"},
    "orders.product.x", "orders.gold.x", "2026-11-21", "2026-13-01", "EUR", "eur",
]  # fmt: skip
KEYS = [
    "name", "version", "owner", "schema", "sla", "semantics", "type", "required", "default", "tags",
    "mask", "enum", "extensible", "unique", "grain", "freshness", "on_call", "meaning", "x-z",
    "semantics_change", "sunset_date", "migration_notes", "previous_version", "unknown", "a", "x",
]  # fmt: skip


@st.composite
def damaged(draw: st.DrawFn) -> dict[str, Any]:
    """A valid contract with one to three places changed at random; it may still be valid."""
    made = copy.deepcopy(draw(documents()))
    for _ in range(draw(st.integers(1, 3))):
        holder = draw(st.sampled_from(list(_holders(made))))
        if isinstance(holder, list):
            _damage_list(draw, holder)
        elif holder and draw(st.booleans()):
            key = draw(st.sampled_from(list(holder)))
            if draw(st.booleans()):
                holder.pop(key)
            else:
                holder[key] = draw(st.sampled_from(PIECES))
        else:
            holder[draw(st.sampled_from(KEYS))] = copy.deepcopy(draw(st.sampled_from(PIECES)))
    return made


def _damage_list(draw: st.DrawFn, holder: list[Any]) -> None:
    if len(holder) > 0 and draw(st.booleans()):
        holder.pop(draw(st.integers(0, len(holder) - 1)))
    else:
        holder.append(copy.deepcopy(draw(st.sampled_from(PIECES))))


def _holders(made: Any) -> Iterator[Any]:
    """Every mapping and list of the document."""
    if isinstance(made, (dict, list)):
        yield made
        for value in made.values() if isinstance(made, dict) else made:
            yield from _holders(value)
