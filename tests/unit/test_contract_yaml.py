"""What is refused before a contract is looked at, and where it is said to stand."""

from __future__ import annotations

from typing import Final

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from platform_cli.contracts.findings import FINDINGS, MOST_FINDINGS, Finding, Report
from platform_cli.contracts.load import load
from platform_cli.contracts.yaml_source import LARGEST, compose, plain
from tests.unit.contract_samples import FULL, text

HEAD: Final = """\
name: orders.product.order_facts
version: "2.1.0"
owner: "@orders-team"
sla: {freshness: 24h, completeness: 99%, accuracy: 99%}
semantics: {id: The order.}
"""
VALID: Final = HEAD + "schema:\n  - name: id\n    type: string\n"


def found(source: str | bytes) -> list[tuple[str, int, int]]:
    data = source.encode() if isinstance(source, str) else source
    return [(one.id, one.line, one.column) for one in load(data, "x").findings]


def test_the_short_sample_is_valid() -> None:
    assert found(VALID) == []
    assert found(b"\xef\xbb\xbf" + VALID.encode()) == []
    assert found("---\n" + VALID + "...\n") == []
    assert found("%YAML 1.1\n---\n" + VALID) == []
    assert found(VALID.replace("\n", "\r\n")) == []


REFUSED: list[tuple[str, str | bytes, tuple[str, int, int]]] = [
    ("no UTF-8", b"name: x\nowner: \xff", ("yaml-encoding", 2, 8)),
    ("UTF-16", "name: x".encode("utf-16"), ("yaml-encoding", 1, 1)),
    ("UTF-16 without a mark", "name: x".encode("utf-16-le"), ("yaml-encoding", 1, 2)),
    ("Latin-1", "owner: caf\xe9".encode("latin-1"), ("yaml-encoding", 1, 11)),
    ("NUL", b"a: b\nc: \x00", ("yaml-encoding", 2, 4)),
    ("escape", b"a: \x1b[2J", ("yaml-encoding", 1, 4)),
    ("not closed", "name: [", ("yaml-syntax", 2, 1)),
    ("tab", "name:\n\t- a", ("yaml-syntax", 2, 1)),
    ("two colons", "name: a: b", ("yaml-syntax", 1, 8)),
    ("nothing", "", ("yaml-empty", 1, 1)),
    ("comments", "# a\n# b\n", ("yaml-empty", 1, 1)),
    ("local tag", VALID + "description: !secret x\n", ("yaml-tag", 9, 14)),
    ("standard tag", VALID + "description: !!str x\n", ("yaml-tag", 9, 14)),
    ("tag that is none", VALID + "description: ! x\n", ("yaml-tag", 9, 14)),
    ("tag of Python", VALID + "x-a: !!python/object/apply:os.system [id]\n", ("yaml-tag", 9, 6)),
    ("tag of a mapping", VALID + "x-a: !set {a: b}\n", ("yaml-tag", 9, 6)),
    ("tag of a key", VALID + "!!str x-a: b\n", ("yaml-tag", 9, 1)),
    ("tag directive", "%TAG !a! x\n---\n" + VALID, ("yaml-tag", 1, 1)),
    ("merge key", VALID + "<<: {a: b}\n", ("merge-key", 9, 1)),
    ("merge key of an alias", VALID + "x-a: &a {b: c}\nx-d:\n  <<: *a\n", ("merge-key", 11, 3)),
    ("merge key in a column", VALID + "    <<: {required: true}\n", ("merge-key", 9, 5)),
    ("double key", VALID + "name: a\n", ("duplicate-key", 9, 1)),
    ("double key in a column", VALID + "    type: date\n", ("duplicate-key", 9, 5)),
    ("double key in an extension", VALID + "x-a: {b: 1, b: 2}\n", ("duplicate-key", 9, 13)),
    ("double key by quotes", VALID + '"name": a\n', ("duplicate-key", 9, 1)),
    ("double key by an alias", VALID + "x-a: &a b\nx-c: {b: 1, *a : 2}\n", ("duplicate-key", 10, 13)),
    ("list as a key", VALID + "[a]: b\n", ("wrong-key", 9, 1)),
    ("mapping as a key", VALID + "? {a: b}\n: c\n", ("wrong-key", 9, 3)),
    ("alias of a list as a key", VALID + "x-a: &a [b]\n*a : c\n", ("wrong-key", 9, 6)),
    ("two documents", VALID + "---\na: b\n", ("yaml-documents", 9, 1)),
    ("two empty documents", "---\n---\n", ("yaml-documents", 2, 1)),
    ("alias of nothing", VALID + "x-a: *b\n", ("yaml-aliases", 9, 6)),
    ("alias of itself", VALID + "x-a: &a [*a]\n", ("yaml-aliases", 9, 10)),
    ("infinite number", VALID + "x-a: .inf\n", ("yaml-number", 9, 6)),
    ("no number", VALID + "x-a: [.nan]\n", ("yaml-number", 9, 1)),
    ("endless number", VALID + f"x-a: {'9' * 100}\n", ("yaml-number", 9, 6)),
]  # fmt: skip


@pytest.mark.parametrize(
    ("source", "expected"), [r[1:] for r in REFUSED], ids=[r[0] for r in REFUSED]
)
def test_what_is_refused(source: str | bytes, expected: tuple[str, int, int]) -> None:
    assert expected in found(source)
    assert load(source.encode() if isinstance(source, str) else source, "x").contract is None


def test_the_other_findings_are_said_beside_what_is_refused() -> None:
    source = "nam: x\n" + VALID + "tags: !t [a]\n<<: {}\nname: y\n---\n"
    assert [one[0] for one in found(source)] == [
        "unknown-key", "yaml-tag", "merge-key", "duplicate-key", "yaml-documents",
    ]  # fmt: skip


def test_a_double_key_is_addressed_by_its_column() -> None:
    (one,) = load((VALID + "    type: date\n").encode(), "x").findings
    assert one.address == "schema.id.type"
    assert "line 8" in one.message


def test_the_size() -> None:
    padding = "#" * (LARGEST - len(VALID) - 1) + "\n"
    assert found(padding + VALID) == []
    assert found("#" + padding + VALID) == [("yaml-size", 1, 1)]


def test_the_depth() -> None:
    assert found(VALID + "x-a: " + "[" * 63 + "]" * 63) == []
    assert found(VALID + "x-a: " + "[" * 64 + "]" * 64) == [("yaml-depth", 9, 69)]


def test_the_depth_counts_through_aliases() -> None:
    nested = "x-a: &a " + "[" * 40 + "]" * 40 + "\n"
    assert found(VALID + nested + "x-b: " + "[" * 23 + "*a" + "]" * 23) == []
    assert found(VALID + nested + "x-b: " + "[" * 24 + "*a" + "]" * 24)[0][0] == "yaml-depth"


def test_the_number_of_aliases() -> None:
    start = VALID + "x-a: &a 1\nx-b:\n"
    assert found(start + "  - *a\n" * 100) == []
    assert found(start + "  - *a\n" * 101) == [("yaml-aliases", 111, 5)]


def test_aliases_may_not_grow_without_measure() -> None:
    laughs = VALID + "x-a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
    for n in range(9):
        laughs += f"x-a{n + 1}: &a{n + 1} [{', '.join([f'*a{n}'] * 10)}]\n"
    assert [one[0] for one in found(laughs)] == ["yaml-aliases"]


def test_an_alias_stands_for_what_it_names() -> None:
    source = HEAD + "schema:\n- &c {name: a, type: date}\n- {name: b, type: date, tags: &t [PII]}\n"
    loaded = load((source + "tags: *t\n").encode(), "x")
    assert loaded.contract is not None
    assert loaded.contract.tags == {"PII"}
    assert [one[0] for one in found(source + "- *c\n")] == ["duplicate-column"]


def test_a_finding_in_an_aliased_value_stands_where_it_is_used() -> None:
    source = VALID.replace("24h", "&f 24").replace("99%, accuracy: 99%", "99%, accuracy: *f")
    assert ("wrong-type", 4, 54) in found(source)


def test_the_findings_of_a_hopeless_file_end_somewhere() -> None:
    findings = load(("a: 1\n" * 5_000).encode(), "x").findings
    assert len(findings) == MOST_FINDINGS + 1
    assert "more-findings" in {one.id for one in findings}


def test_every_kind_of_finding_is_documented() -> None:
    seen = {one.id for row in REFUSED for one in _findings(row[1])}
    assert seen <= set(FINDINGS)


def _findings(source: str | bytes) -> tuple[Finding, ...]:
    return load(source.encode() if isinstance(source, str) else source, "x").findings


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("x", "x"), ("'1'", "1"), ("1", 1), ("-1", -1), ("0x1F", 31), ("1_000", 1000), ("1.5", 1.5),
        ("1e3", "1e3"), ("~", None), ("", None), ("null", None), ("yes", True), ("Off", False),
        ("y", "y"), ("2026-11-21", "2026-11-21"), ("12:30:45", 45045), ("=", "="), ("'<<'", "<<"),
        ("[1, [true]]", [1, [True]]), ("{a: {b: c}}", {"a": {"b": "c"}}), ("|\n  a\n  b", "a\nb\n"),
        (">-\n  a\n  b", "a b"), ('"\\u00e9\\t"', "é\t"), ("0x_", None),
    ],
)  # fmt: skip
def test_a_value_as_json_has_it(written: str, value: object) -> None:
    root = compose(f"a: {written}\n".encode(), Report())
    assert root is not None
    if written == "0x_":
        with pytest.raises(ValueError, match=r"0x_|invalid literal"):
            plain(root)
    else:
        assert plain(root) == {"a": value}


def test_the_document_is_there_for_policies_even_where_the_contract_is_not_valid() -> None:
    loaded = load(b"name: 1\ntags: [PII ]\n", "x")
    assert loaded.contract is None
    assert loaded.document() == {"name": 1, "tags": ["PII"]}
    assert load(b"a: [", "x").document() is None
    assert load(b"a: .nan", "x").document() is None
    assert load(text(FULL), "x").document() == FULL


@given(st.binary(max_size=400))
def test_any_bytes_are_decided(data: bytes) -> None:
    loaded = load(data, "x")
    assert loaded.contract is not None or loaded.findings


@given(st.text(alphabet="ab:-?[]{}&*!|>'\"%#@,<= \n\t0.", max_size=300))
def test_any_yaml_is_decided(source: str) -> None:
    loaded = load(source.encode(), "x")
    assert loaded.contract is None
    assert loaded.findings
    loaded.document()


N: Final = 65_536
HOSTILE: list[tuple[str, str]] = [
    ("lists in lists", "[" * N),
    ("mappings in mappings", "{" * N),
    ("lists in a line", "- " * (N // 2)),
    ("keys of keys", "? " * (N // 2)),
    ("empty keys", "{" + "?," * (N // 2)),
    ("double keys", "a: 1\n" * (N // 5)),
    ("unknown keys", "".join(f"k{n:05d}: 1\n" for n in range(N // 10))),
    ("values", "tags: [" + "a," * (N // 2 - 5) + "]"),
    ("columns without a name", HEAD + "schema: [" + "{}," * (N // 3 - 80) + "]"),
    ("columns", HEAD + "schema: [" + "{name: a, typ: int}," * 3_200 + "]"),
    ("anchors", "".join(f"- &a{n} x\n" for n in range(N // 11))),
    ("aliases", "- &a x\n" + "- *a\n" * (N // 5 - 2)),
    ("merge keys", "a0: &a0 {k: v}\n"
        + "".join(f"a{n + 1}: &a{n + 1}\n  <<: [*a{n}, *a{n}]\n" for n in range(48))),
    ("many merge keys", "<<: {a: b}\n" * (N // 11)),
    ("tags", "- !x y\n" * (N // 7)),
    ("a long tag", "!<" + "x" * N),
    ("directives", "".join(f"%TAG !a{n}! x\n" for n in range(N // 14)) + "---\na: b\n"),
    ("documents", "---\n" * (N // 4)),
    ("comments", "a:\n" + "#\n" * (N // 2 - 2)),
    ("a long text", 'a: "' + "\\x41" * (N // 4 - 2)),
    ("a long number", HEAD + "schema: []\nretention_days: " + "9" * 60_000),
    ("underscores", HEAD + "schema: []\nretention_days: " + "1_" * 30_000),
    ("a nested type", HEAD + "schema: [{name: a, type: '" + "array<" * 10_800 + "'}]"),
    ("a wide type", HEAD + "schema: [{name: a, type: 'struct<"
        + ",".join(f"f{n}: date" for n in range(5_000)) + ">'}]"),
    ("a strange type", HEAD + "schema: [{name: a, type: '" + "< " * 30_000 + "'}]"),
    ("a version", VALID.replace("2.1.0", "1.0.0-" + "0a." * 20_000)),
    ("a number in a version", VALID.replace("2.1.0", "1.0.0-" + "1" * 60_000)),
    ("a name", VALID.replace("orders.", "o_" * 30_000)),
    ("an owner", VALID.replace("orders-team", "a-" * 30_000)),
    ("white space", VALID.replace("The order.", "'" + " " * 60_000 + "'")),
    ("a duration", VALID.replace("24h", "'" + "1 " * 30_000 + "'")),
    ("a percentage", VALID.replace("99%,", "'" + "9." * 30_000 + "%',")),
    ("values of a list", HEAD + "schema: [{name: a, type: string, enum: ["
        + ",".join(str(n) for n in range(11_000)) + "]}]"),
    ("near names", HEAD.replace("{id: The order.}", "{grain: ["
        + ", ".join(f"column_number_x{n}" for n in range(60)) + "]}") + "schema: ["
        + ",".join(f"{{name: column_number_{n}, type: date}}" for n in range(1_500)) + "]"),
    ("a path", HEAD.replace("{id: The order.}", "{grain: [a" + ".a" * 30_000 + "]}")
        + "schema: [{name: a, type: date}]"),
]  # fmt: skip


# An input that grows runs for hours: the limit is far above what any of these takes.
@pytest.mark.timeout(30)
@pytest.mark.parametrize("source", [row[1] for row in HOSTILE], ids=[row[0] for row in HOSTILE])
def test_64_kib_of_anything_are_decided(source: str) -> None:
    loaded = load(source.encode()[:N], "x")
    assert loaded.contract is None
    assert loaded.findings


@pytest.mark.parametrize("source", [row[1] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_the_parser_in_python_decides_alike(
    source: str | bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where PyYAML was built without its C library; only its words differ, and where it stops."""
    ours = [(one.id, one.address) for one in load(_bytes(source), "x").findings]
    monkeypatch.setattr("platform_cli.contracts.yaml_source._PARSER", yaml.SafeLoader)
    theirs = [(one.id, one.address) for one in load(_bytes(source), "x").findings]
    assert theirs == ours


def test_the_parser_in_python_gives_the_same_contract(monkeypatch: pytest.MonkeyPatch) -> None:
    ours = load(VALID.encode(), "x").contract
    monkeypatch.setattr("platform_cli.contracts.yaml_source._PARSER", yaml.SafeLoader)
    theirs = load(VALID.encode(), "x").contract
    assert ours is not None
    assert theirs == ours
    assert theirs.places == ours.places


def _bytes(source: str | bytes) -> bytes:
    return source.encode() if isinstance(source, str) else source
