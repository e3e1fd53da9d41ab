"""Texts to documents: what is read in one way only, and what is refused."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from platform_cli.policies.inputs import KINDS, SCHEMAS, Document, document, kind_of
from platform_cli.policies.reading import LONGEST_YAML, plain, read, read_json, read_yaml

PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.text(st.characters(codec="utf-8")),
    lambda inside: (
        st.lists(inside) | st.dictionaries(st.text(st.characters(codec="utf-8")), inside)
    ),
    max_leaves=20,
)


@given(PLAIN)
def test_json_is_read_as_it_is(value: Any) -> None:
    assert read_json(json.dumps(value)) == value
    assert plain(value) == value


@given(PLAIN)
def test_yaml_is_read_as_every_reader_does(value: Any) -> None:
    text = yaml.safe_dump(value, allow_unicode=True)
    assert read_yaml(text) == yaml.safe_load(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: 2026-01-31", {"a": "2026-01-31"}),
        ("a: 2026-01-31T00:00:00Z", {"a": "2026-01-31T00:00:00Z"}),
        (
            "a: yes\nb: ~\nc: 0x1f\nd: 1.5\ne: '1'",
            {"a": True, "b": None, "c": 31, "d": 1.5, "e": "1"},
        ),
        ("1: a\nnull: b\nyes: c", {"1": "a", "null": "b", "yes": "c"}),
        ("a: &x [1]\nb: *x", {"a": [1], "b": [1]}),
        ("&k a: 1\nb: *k", {"a": 1, "b": "a"}),
        ("", None),
        ("# nothing\n", None),
        ("[]", []),
    ],
)
def test_yaml_values(text: str, value: object) -> None:
    assert read_yaml(text) == value


BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{chr(98 + n)}: &{chr(98 + n)} [{', '.join(['*' + chr(97 + n)] * 9)}]\n" for n in range(9)
)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("a: 1\nb: 2\na: 3", "line 3: the key 'a' is repeated"),
        ("x: {a: 1, 'a': 2}", "repeated"),
        ("a: &a {b: 1}\nc:\n  <<: *a", "merge key"),
        ("a: !!python/object/apply:os.getcwd []", "tag"),
        ("a: !!set {x}", "tag"),
        ("a: !x 1", "tag"),
        ("a: 1\n---\nb: 2", "second document"),
        ("a: *b", "names nothing"),
        ("a: &a [*a]", "names nothing"),
        ("? [a]\n: b", "a key is not a text"),
        ("? {a: b}\n: c", "a key is not a text"),
        ("a: [", "not YAML"),
        ("a: \t- b", "not YAML"),
        ("a: \x00", "not YAML"),
        ("[" * 65 + "]" * 65, "deeper"),
        ("[" * 30_000, "deeper"),
        ("a: [" + "*b, " * 101 + "]", "names nothing"),
        ("b: &b x\na: [" + "*b, " * 101 + "]", "aliases"),
        (BOMB, "values"),
        ("a: 1__" + "9" * 5000, "cannot be read"),
    ],
)
def test_yaml_that_is_refused(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        read_yaml(text)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('{"a": 1, "a": 1}', "the key 'a' is repeated"),
        ('{"a": NaN}', "NaN"),
        ('{"a": -Infinity}', "Infinity"),
        ("{", "not JSON"),
        ("[" * 100_000, "deeper"),
        ("1" * 5000, "limit"),
    ],
)
def test_json_that_is_refused(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        read_json(text)


def test_files_are_read_by_their_name() -> None:
    assert read("x.json", b"\xef\xbb\xbf[1]") == [1]
    assert read("x.yaml", b"\xef\xbb\xbf- 1") == [1]
    with pytest.raises(ValueError, match="UTF-8"):
        read("x.yaml", b"a: \xff")
    with pytest.raises(ValueError, match="longer"):
        read("x.yaml", b"#" * (LONGEST_YAML + 1))


def test_numbers_that_engines_read_differently_become_texts() -> None:
    assert plain(730.0) == 730
    assert isinstance(plain(730.0), int)
    assert plain(1.5) == 1.5
    assert plain(2**53) == 2**53
    for number in (2**53 + 1, -(2**60), 10**400, 1e300, math.inf, -math.inf, math.nan):
        assert isinstance(plain(number), str)


def test_half_characters_are_replaced() -> None:
    assert plain({"\ud800": "a\udfff"}) == {"\ufffd": "a\ufffd"}
    with pytest.raises(ValueError, match="repeated"):
        plain(dict.fromkeys((chr(0xD800), chr(0xD801)), 1))


@pytest.mark.parametrize("value", [{1: 2}, {None: 1}, b"x", {"a": object()}, {"a": {1, 2}}])
def test_what_is_not_json_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match="not"):
        plain(value)
    if not isinstance(value, bytes):
        assert document("x", value).unreadable is not None


def test_what_is_too_deep_is_refused() -> None:
    value: Any = []
    for _ in range(65):
        value = [value]
    with pytest.raises(ValueError, match="deeper"):
        plain(value)


def test_a_document_says_of_which_kind_it_is() -> None:
    assert kind_of(document("x", {})) == "contract"
    assert kind_of(document("x", None)) == "contract"
    assert kind_of(document("x", {"kind": "lineage"})) == "lineage"
    assert kind_of(document("x", {"name": "a"}, "pipeline")) == "pipeline"
    for said in ("Pipeline", None, 1, "", ["contract"]):
        assert kind_of(document("x", {"kind": said})) is None
    assert kind_of(document("x", {"kind": "lineage"}, "pipeline")) is None


def test_bytes_are_those_of_a_file() -> None:
    assert document("a.contract.yaml", b"a: 1").content == {"a": 1}
    found = document("a.contract.yaml", b"a: 1\na: 2")
    assert found == Document("a.contract.yaml", None, "line 2: the key 'a' is repeated")


def test_every_kind_has_a_schema() -> None:
    assert set(SCHEMAS) == set(KINDS)
    for kind, schema in SCHEMAS.items():
        assert schema["properties"]["kind"] == {"const": kind}
        assert ("kind" in schema["required"]) is (kind != "contract")
        json.dumps(schema)
