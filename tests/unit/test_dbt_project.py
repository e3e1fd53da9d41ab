"""Reading a dbt project: its files, its manifest, and what is refused of both."""

from __future__ import annotations

import json
import os
import random
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from platform_cli.dbt_project import Model, from_files, read
from platform_cli.dbt_project.files import LARGEST_MANIFEST, LARGEST_SQL, LARGEST_TEXT
from platform_cli.dbt_project.jinja import scan
from platform_cli.dbt_project.manifest import VERSIONS
from platform_cli.errors import PlatformError

MAIN = b"name: shop\n"
ONE = """\
models:
  - name: facts
    config: {contract: {enforced: true}}
    constraints:
      - {type: primary_key, columns: [id, day]}
    data_tests:
      - dbt_utils.unique_combination_of_columns:
          arguments:
            combination_of_columns: [id, day]
    columns:
      - name: id
        data_type: integer
        constraints:
          - type: not_null
          - type: check
            expression: id > 0
        data_tests:
          - not_null
          - accepted_values: {values: [1, 2], quote: false}
      - name: day
        data_type: date
"""


def said(yaml: str, sql: str = "select 1 as id", **more: str) -> Model:
    """The first model of a project with this one properties file."""
    files = {
        "dbt_project.yml": MAIN,
        "models/facts.sql": sql.encode(),
        "models/all.yml": yaml.encode(),
    }
    files |= {name: text.encode() for name, text in more.items()}
    project = from_files(files)
    assert project.problems == ()
    return next(iter(project.models.values()))[0]


def test_what_a_properties_file_says() -> None:
    model = said(ONE)
    assert (model.name, model.path, str(model.source)) == (
        "facts",
        "models/facts.sql",
        "models/all.yml:2",
    )
    assert [(one.name, one.data_type, one.source.line) for one in model.columns] == [
        ("id", "integer", 11),
        ("day", "date", 20),
    ]
    assert [(one.kind, one.columns, one.expression) for one in model.constraints] == [
        ("primary_key", ("id", "day"), None),
        ("not_null", ("id",), None),
        ("check", ("id",), "id > 0"),
    ]
    assert [(one.kind, one.columns, one.values) for one in model.tests] == [
        ("unique", ("id", "day"), None),
        ("not_null", ("id",), None),
        ("accepted_values", ("id",), (1, 2)),
    ]
    assert model.enforced is True
    assert model.sql == "select 1 as id"


@pytest.mark.parametrize(
    ("test", "told"),
    [
        ("unique", [("unique", ("id",), None)]),
        ("a_rule_of_ours", []),
        ("relationships: {to: ref('x'), field: id}", []),
        ("unique: {where: id > 1}", [("unique", ("id",), "where: id > 1")]),
        ("unique: {config: {severity: warn}}", [("unique", ("id",), "severity: warn")]),
        ("unique: {config: {severity: ERROR}}", [("unique", ("id",), None)]),
        ("unique: {config: {error_if: '>10'}}", [("unique", ("id",), "error_if: >10")]),
        ("unique: {config: {error_if: '!= 0'}}", [("unique", ("id",), None)]),
        ("unique: {config: {enabled: false}}", []),
        (
            "unique: {config: {enabled: \"{{ var('x') }}\"}}",
            [("unique", ("id",), "enabled: only dbt could tell")],
        ),
        ("{name: x, test_name: unique}", [("unique", ("id",), None)]),
        ("dbt_expectations.expect_column_values_to_be_unique", [("unique", ("id",), None)]),
        ("our.unique_rows: {columns: [id, day]}", [("unique", ("id", "day"), None)]),
        ("unique: 3", [("unique", ("id",), None)]),
        ("[1, 2]", []),
        ("{}", []),
        ("", []),
    ],
)
def test_tests_of_many_forms(test: str, told: list[Any]) -> None:
    yaml = f"models: [{{name: facts, columns: [{{name: id, data_tests: [{test}]}}]}}]"
    if test.startswith(("unique: ", "relationships", "our.")) or (
        ":" in test and not test.startswith("{")
    ):
        yaml = yaml.replace(f"[{test}]", f"[{{{test}}}]")
    assert [(one.kind, one.columns, one.weakened) for one in said(yaml).tests] == told


def test_an_old_way_to_test_a_combination() -> None:
    yaml = "models: [{name: facts, tests: [{unique: {column_name: \"id || '-' || day\"}}]}]"
    assert [one.columns for one in said(yaml).tests] == [("id", "day")]
    yaml = "models: [{name: facts, tests: [{unique: {column_name: 'md5(id)'}}]}]"
    assert said(yaml).tests == ()


VERSIONED = """\
models:
  - name: facts
    latest_version: 2
    config: {contract: {enforced: true}}
    columns:
      - {name: id, data_type: integer, data_tests: [unique]}
      - {name: day, data_type: date}
      - {name: note, data_type: string}
    versions:
      - v: 1
        columns:
          - include: all
            exclude: [note]
          - {name: old, data_type: string}
      - v: 2
      - v: 3
        defined_in: newest.sql
        config: {contract: {enforced: false}}
        columns:
          - include: [id]
          - {name: day, data_type: timestamp}
"""


def test_versions_include_exclude_and_replace() -> None:
    files = {f"models/{name}.sql": b"select 1" for name in ("facts_v1", "facts", "newest")}
    project = from_files({"dbt_project.yml": MAIN, "models/all.yml": VERSIONED.encode(), **files})
    told = {
        one.version: (one.path, one.enforced, [(c.name, c.data_type) for c in one.columns])
        for one in project.models["facts"]
    }
    assert told == {
        "1": (
            "models/facts_v1.sql",
            True,
            [("id", "integer"), ("day", "date"), ("old", "string")],
        ),
        "2": (
            "models/facts.sql",
            True,
            [("id", "integer"), ("day", "date"), ("note", "string")],
        ),
        "3": ("models/newest.sql", False, [("id", "integer"), ("day", "timestamp")]),
    }
    assert project.models["facts_v1"][0].version == "1"


TREE = """\
name: shop
models:
  +materialized: view
  shop:
    +contract: {enforced: true}
    marts:
      +materialized: table
      facts: {+alias: shown}
"""


@pytest.mark.parametrize(
    ("yaml", "sql", "told"),
    [
        ("", "", (True, "table", "shown")),
        (
            "{materialized: incremental, contract: {enforced: false}}",
            "",
            (False, "incremental", "shown"),
        ),
        (
            "{materialized: incremental}",
            "{{ config(materialized='view', alias = \"x\", contract={'enforced': True}) }}",
            (True, "view", "x"),
        ),
        ("", "{{ config(contract=dict(enforced=false)) }}", (False, "table", "shown")),
        ("", "{{ config(contract={'enforced': var('x')}) }}", (None, "table", "shown")),
        ("", "{{ config(contract=some) }}", (None, "table", "shown")),
        ("", "{# {{ config(contract={'enforced': false}) }} #}", (True, "table", "shown")),
        ("{contract: {enforced: maybe}}", "", (None, "table", "shown")),
    ],
)
def test_the_nearest_configuration_counts(yaml: str, sql: str, told: tuple[Any, ...]) -> None:
    files = {
        "dbt_project.yml": TREE.encode(),
        "models/marts/facts.sql": f"{sql} select 1".encode(),
        "models/all.yml": f"models: [{{name: facts, config: {yaml or '{}'}}}]".encode(),
    }
    (model,) = from_files(files).models["facts"]
    assert (model.enforced, model.materialized, model.alias) == told


def test_the_project_weakens_all_tests() -> None:
    yaml = b"models: [{name: facts, columns: [{name: id, tests: [unique]}]}]"
    files = {"dbt_project.yml": MAIN + b"data_tests: {+severity: warn}", "models/a.yml": yaml}
    (model,) = from_files(files).models["facts"]
    assert [one.weakened for one in model.tests] == ["severity: warn in dbt_project.yml"]


def test_what_a_model_can_be_made_of() -> None:
    files = {"dbt_project.yml": MAIN, "models/a.py": b"def model(): ...", "models/b.txt": b"x"}
    project = from_files(files)
    assert [(one.name, one.sql, one.columns) for (one,) in project.models.values()] == [
        ("a", None, ())
    ]


# ---- Jinja


@pytest.mark.parametrize(
    ("text", "sql"),
    [
        ("select * from {{ ref('a') }}", "select * from jinja_ref_a"),
        ('select * from {{- ref("pkg", "a b") -}}', "select * from jinja_ref_a_b"),
        ("{{ref('a', v=2)}}", "jinja_ref_a_v2"),
        ("{{ ref('a', version='2') }}", "jinja_ref_a_v2"),
        ("{{ source('s', 't') }}", "jinja_source_s_t"),
        ("{# {{ no }} #}x", "x"),
        ("select {{ star() }}", "select  jinja_unknown_1 "),
        ("{{ config(a=1) }}x", "x"),
        ("select {'a': 1} {", "select {'a': 1} {"),
        ("{% if x %}a{% endif %}", None),
        ("select {{ unclosed", None),
        ("select {# unclosed", None),
        ("{{ ref(name) }}", " jinja_unknown_1 "),
    ],
)
def test_the_scan(text: str, sql: str | None) -> None:
    assert scan(text).sql == sql


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.sampled_from(["{{", "}}", "{%", "%}", "{#", "#}", "ref(", "'a'", ")", "config(", "-"]),
        max_size=30,
    )
)
def test_any_template_is_scanned(parts: list[str]) -> None:
    scan("".join(parts))
    scan(" ".join(parts))


# ---- The manifest


def node(**more: Any) -> dict[str, Any]:
    return {
        "resource_type": "model",
        "unique_id": "model.shop.facts",
        "name": "facts",
        "alias": "facts",
        "original_file_path": "models/facts.sql",
        "raw_code": "select 1 as id",
        "compiled_code": "select 1 as id /* compiled */",
        "config": {"materialized": "table", "contract": {"enforced": True}},
        "columns": {"id": {"name": "id", "data_type": "integer", "constraints": []}},
        "constraints": [],
        **more,
    }


def a_test(name: str, config: dict[str, Any] | None, **more: Any) -> dict[str, Any]:
    return {
        "resource_type": "test",
        "attached_node": "model.shop.facts",
        "column_name": "id",
        "test_metadata": {"name": name, "kwargs": {"column_name": "id"}},
        "config": config or {"severity": "ERROR", "enabled": True, "where": None},
        **more,
    }


def manifest(*nodes: dict[str, Any], version: int = 12) -> bytes:
    schema = f"https://schemas.getdbt.com/dbt/manifest/v{version}.json"
    metadata = {"dbt_schema_version": schema, "adapter_type": "duckdb"}
    made = {str(at): one for at, one in enumerate(nodes)}
    return json.dumps({"metadata": metadata, "nodes": made}).encode()


def with_manifest(data: bytes, yaml: str, sql: str = "select 1 as id\n") -> Model:
    files = {
        "dbt_project.yml": MAIN,
        "models/facts.sql": sql.encode(),
        "models/all.yml": yaml.encode(),
        "target/manifest.json": data,
    }
    project = from_files(files)
    assert project.problems == ()
    assert project.adapter == "duckdb"
    return project.models["facts"][0]


TYPED = "models: [{name: facts, columns: [{name: id, data_type: %s, data_tests: [unique]}]}]"


@pytest.mark.parametrize("version", VERSIONS)
def test_a_manifest_adds_what_the_files_leave_to_dbt(version: int) -> None:
    data = manifest(node(), a_test("unique", None), version=version)
    model = with_manifest(data, TYPED % "\"{{ var('t') }}\"")
    assert model.stale is None
    assert [one.data_type for one in model.columns] == ["integer"]
    assert (model.enforced, model.materialized) == (True, "table")
    assert model.sql == "select 1 as id /* compiled */"
    (test,) = model.tests
    assert (test.kind, test.weakened, str(test.source)) == ("unique", None, "models/all.yml:1")


def test_a_manifest_of_an_older_dbt_names_what_a_test_depends_on() -> None:
    older = {"attached_node": None, "depends_on": {"nodes": ["model.shop.facts"]}}
    model = with_manifest(
        manifest(node(), a_test("unique", None, **older), version=10), TYPED % "integer"
    )
    assert (model.stale, len(model.tests)) == (None, 1)


def test_a_manifest_knows_how_a_test_was_weakened() -> None:
    weak = {"severity": "warn", "enabled": True}
    model = with_manifest(manifest(node(), a_test("unique", weak)), TYPED % "integer")
    assert [one.weakened for one in model.tests] == ["severity: warn"]


@pytest.mark.parametrize(
    ("nodes", "told"),
    [
        ([], "does not have the model as it is"),
        ([node(raw_code="select 2 as id")], "has an older query"),
        ([node(), a_test("not_null", None)], "has other tests"),
        ([node()], "has other tests"),
        (
            [node(columns={"id": {"name": "id", "data_type": "bigint"}}), a_test("unique", None)],
            "has another type of id",
        ),
        ([node(columns={}), a_test("unique", None)], "has other columns (id)"),
        ([node(constraints=[{"type": "primary_key", "columns": ["id"]}])], "has other constraints"),
        ([node(version=3), a_test("unique", None)], "has another version of the model"),
    ],
)
def test_a_manifest_that_is_out_of_date_is_not_believed(nodes: list[Any], told: str) -> None:
    model = with_manifest(manifest(*nodes), TYPED % "integer")
    assert model.stale == told
    assert model.enforced is False
    assert model.sql == "select 1 as id\n"
    assert [one.data_type for one in model.columns] == ["integer"]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"{}",
        b"\xff\xfe\x00",
        b"[" * 200_000,
        b'{"metadata": {"dbt_schema_version": "x/v9.json"}}',
        b'{"metadata": {"dbt_schema_version": "x/v99.json"}}',
        b'{"metadata": ' + b"9" * 5000 + b"}",
    ],
)
def test_a_manifest_that_is_none_is_said_to_be(data: bytes) -> None:
    project = from_files({"dbt_project.yml": MAIN, "target/manifest.json": data})
    (problem,) = project.problems
    assert problem.address == "target/manifest.json"
    assert problem.hint


def test_a_manifest_of_nonsense_says_nothing() -> None:
    """Every value of it may be of any type: nothing is assumed of one."""
    odd: list[Any] = [None, 1, "x", [], {}, [1], {"a": 1}, True, ["\ud800"]]
    keys = [*node(), "test_metadata", "attached_node", "depends_on", "column_name", "version"]
    rolls = random.Random(7)
    for _ in range(400):
        made = rolls.choice([node(), a_test("unique", None)])
        for key in rolls.sample(keys, 3):
            made[key] = rolls.choice(odd)
        from_files(
            {
                "dbt_project.yml": MAIN,
                "models/facts.sql": b"select 1 as id",
                "models/all.yml": (TYPED % "integer").encode(),
                "target/manifest.json": manifest(made, node()),
            }
        )


# ---- What is no project, and what is refused


@pytest.mark.parametrize(
    "data", [None, b"", b"[]", b"name: {", b"a: b: c", b"\xff", b"!!python/object:os.system {}"]
)
def test_a_folder_without_a_project_is_refused(tmp_path: Path, data: bytes | None) -> None:
    if data is not None:
        (tmp_path / "dbt_project.yml").write_bytes(data)
    with pytest.raises(PlatformError) as raised:
        read(tmp_path)
    assert raised.value.code == "PLT-DBT-001"
    assert raised.value.address == str(tmp_path / "dbt_project.yml")
    files = {"dbt_project.yml": data} if data is not None else {}
    assert [one.address for one in from_files(files).problems] == ["dbt_project.yml"]


def test_a_folder_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PlatformError, match=re.escape("there is no dbt_project.yml")):
        read(tmp_path / "nowhere")


BOMB = b"a: &a [x, x, x, x, x, x, x, x, x, x]\n" + b"".join(
    b"%c: &%c [%s]\n" % (98 + i, 98 + i, b", ".join([b"*%c" % (97 + i)] * 10)) for i in range(8)
)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (b"models: [", "it is not YAML"),
        (b"a: 1\na: 2", "second time"),
        (b"a: &x {b: 1}\nc: {<<: *x}", "merge key"),
        (b"--- 1\n--- 2", "second document"),
        (b"a: !!python/object:os.system x", "tag"),
        (b"a: *nothing", "it is not YAML|stands for nothing"),
        (b"a: &a [*a]", "stands for nothing"),
        (b"[" * 65 + b"]" * 65, "deeper than 64"),
        (b"[" * 60_000, "deeper than 64"),
        (BOMB, "aliases"),
        (b"a: &a " + b"[" * 40 + b"]" * 40 + b"\nb: " + b"[" * 40 + b"*a" + b"]" * 40, "deeper"),
        (b"a: &a x\nb: [" + b"*a, " * 101 + b"]", "more than 100 aliases"),
        (b"? [a]\n: 1", "a key is not a text"),
        (b"a: \xff", "not UTF-8"),
        (b"a: \x01", "a character that YAML does not allow"),
        (b"x" * (LARGEST_TEXT + 1), "larger than 256 KiB"),
        (
            b"models: [{name: a, versions: [%s], columns: [%s]}]"
            % (b"{v: 1}, " * 150, b"{name: x}, " * 150),
            "more than 20000 columns",
        ),
    ],
)
def test_a_text_that_is_not_read_says_why(text: bytes, why: str) -> None:
    project = from_files({"dbt_project.yml": MAIN, "models/all.yml": text})
    (problem,) = project.problems
    assert re.search(why, problem.summary)
    assert problem.address.startswith("models/all.yml")


@pytest.mark.parametrize("text", [b"", b"# nothing", b"[]", b"models:", b"models: {a: b}", b"7"])
def test_a_text_that_says_nothing_is_fine(text: bytes) -> None:
    project = from_files({"dbt_project.yml": MAIN, "models/all.yml": text})
    assert (project.problems, project.models) == ((), {})


def test_aliases_are_read() -> None:
    yaml = b"x: &t [not_null]\nmodels: [{name: a, columns: [{name: id, data_tests: *t}]}]"
    (model,) = from_files({"dbt_project.yml": MAIN, "models/all.yml": yaml}).models["a"]
    assert [one.kind for one in model.tests] == ["not_null"]


def test_what_is_too_large_is_not_read() -> None:
    files = {
        "dbt_project.yml": MAIN,
        "models/big.sql": b" " * (LARGEST_SQL + 1),
        "models/ok.sql": b"select 1",
        "target/manifest.json": b" " * (LARGEST_MANIFEST + 1),
    }
    project = from_files(files)
    assert {one.address for one in project.problems} == {"models/big.sql", "target/manifest.json"}
    assert [one.sql for (one,) in project.models.values()] == [None, "select 1"]


def test_two_files_may_not_declare_one_model() -> None:
    yaml = b"models: [{name: a, columns: [{name: id}]}]"
    files = {"dbt_project.yml": MAIN, "models/one.yml": yaml, "models/two.yml": yaml}
    (problem,) = from_files(files).problems
    assert problem.address == "models/two.yml:1"


@pytest.mark.parametrize(
    "paths", ["['../outside']", "[/etc]", "[models/../../outside]", "[\"{{ var('x') }}\"]"]
)
def test_a_folder_outside_of_the_project_is_not_read(tmp_path: Path, paths: str) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "canary.sql").write_text("select 1")
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "dbt_project.yml").write_text(f"name: shop\nmodel-paths: {paths}\n")
    project = read(folder)
    assert project.models == {}
    assert [one.address for one in project.problems] == ["dbt_project.yml:2"]


@pytest.fixture
def outside(tmp_path: Path) -> Iterator[Path]:
    """A folder with a canary, beside the project; nothing of it may be seen."""
    folder = tmp_path / "outside"
    folder.mkdir()
    (folder / "canary.sql").write_text("select 1 as canary")
    (folder / "canary.yml").write_text("models: [{name: canary}]")
    (folder / "manifest.json").write_bytes(manifest(node(name="canary")))
    (tmp_path / "project" / "models").mkdir(parents=True)
    (tmp_path / "project" / "dbt_project.yml").write_bytes(MAIN)
    yield folder
    seen = read(tmp_path / "project")
    assert "canary" not in repr((seen.models, seen.queries))
    assert seen.problems


@pytest.mark.parametrize(
    ("link", "to"),
    [
        ("models/a.sql", "canary.sql"),
        ("models/a.yml", "canary.yml"),
        ("models/more", "."),
        ("tests", "."),
        ("target", "."),
        ("target.json", "manifest.json"),
    ],
)
def test_a_link_is_not_followed(outside: Path, link: str, to: str) -> None:
    project = outside.parent / "project"
    if link == "target.json":
        (project / "target").mkdir()
        link = "target/manifest.json"
    (project / link).symlink_to(outside / to)
    problems = read(project).problems
    assert [one.address for one in problems] == [link]
    assert "is a link" in problems[0].summary


def test_the_models_may_not_be_a_link(outside: Path) -> None:
    project = outside.parent / "project"
    (project / "models").rmdir()
    (project / "models").symlink_to(outside)
    assert [one.address for one in read(project).problems] == ["models"]


def test_the_project_file_may_not_be_a_link(tmp_path: Path) -> None:
    (tmp_path / "elsewhere.yml").write_bytes(MAIN)
    (tmp_path / "dbt_project.yml").symlink_to(tmp_path / "elsewhere.yml")
    with pytest.raises(PlatformError, match="is a link") as raised:
        read(tmp_path)
    assert raised.value.code == "PLT-DBT-001"


def test_special_files_are_not_waited_for(tmp_path: Path) -> None:
    (tmp_path / "dbt_project.yml").write_bytes(MAIN)
    (tmp_path / "models" / "folder.sql").mkdir(parents=True)
    os.mkfifo(tmp_path / "models" / "pipe.sql")
    os.mkfifo(tmp_path / "models" / "pipe.yml")
    assert {one.address for one in read(tmp_path).problems} == {
        "models/pipe.sql",
        "models/pipe.yml",
    }


def test_a_folder_and_its_files_say_the_same(tmp_path: Path) -> None:
    files = {
        "dbt_project.yml": MAIN,
        "models/a/facts.sql": b"select 1 as id",
        "models/a/facts.yml": ONE.encode(),
        "tests/rule.sql": b"select * from {{ ref('facts') }}",
        "target/manifest.json": manifest(),
        "README.md": b"models: [",
    }
    for name, data in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(data)
    on_disk, in_memory = read(tmp_path), from_files(files)
    assert on_disk.folder == tmp_path
    assert on_disk.models == in_memory.models
    assert on_disk.queries == in_memory.queries
    assert [one.sql for one in on_disk.queries["facts"]] == ["select * from jinja_ref_facts"]


# ---- Whatever comes


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_any_damage_is_read_or_said(data: st.DataObject) -> None:
    """Bytes cut, doubled and replaced in every file: never another exception, never a wait."""
    files = {
        "dbt_project.yml": TREE.encode(),
        "models/facts.sql": b"{{ config(materialized='table') }} select * from {{ ref('x') }}",
        "models/all.yml": VERSIONED.encode() if data.draw(st.booleans()) else ONE.encode(),
        "tests/rule.sql": b"select id from {{ ref('facts') }} group by 1 having count(*) > 1",
        "target/manifest.json": manifest(node(), a_test("unique", None)),
    }
    name = data.draw(st.sampled_from(sorted(files)))
    text = bytearray(files[name])
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(text)))
        end = min(len(text), start + data.draw(st.integers(0, 12)))
        pieces = [
            b"",
            b"[",
            b"{",
            b": ",
            b"- ",
            b"*a",
            b"&a ",
            b"\n",
            b"{{",
            b'"',
            b"'",
            b"null",
            b"\xc3",
        ]
        text[start:end] = data.draw(st.sampled_from(pieces)) * data.draw(st.integers(1, 3))
    project = from_files({**files, name: bytes(text)})
    assert all(one.address and one.summary and one.hint for one in project.problems)


ADVERSARIAL = [
    b"{{ " * 21_000,
    b"{{ config(" + b"contract = {" * 5000 + b") }}",
    b"{{ ref('" + b"a', '" * 12_000,
    b"{# " * 21_000,
    b"{" * 65_000,
    b"{{ ref( " + b" " * 64_000,
    b"{{ config(contract" + b" " * 60_000 + b"= ) }}",
    b"a: " + b"- " * 30_000,
    b"a: '" + b"'' " * 20_000,
    b"a: &a " * 10_000,
    b"? " * 30_000,
    b"a" * 65_000 + b": b",
]


@pytest.mark.timeout(30)
@pytest.mark.parametrize("number", range(len(ADVERSARIAL)))
def test_adversarial_texts_are_decided(number: int) -> None:
    """Each is read in a few milliseconds; a scan that goes back and forth would take hours."""
    text = ADVERSARIAL[number]
    project = from_files({"dbt_project.yml": MAIN, "models/a.sql": text, "models/a.yml": text})
    assert set(project.models) <= {"a"}
