"""The tables of the embedded catalog: their files, and other tools that open them."""

from __future__ import annotations

import os
import shutil
import stat
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pyiceberg.schema import Schema
from pyiceberg.types import NestedField, StringType

from platform_cli.errors import TemporaryError
from platform_cli.providers.catalog import place, store
from platform_cli.providers.catalog.local import LocalCatalog
from platform_cli.providers.catalog.port import Column, ColumnType, Table
from tests.providers.catalog_local import (
    FILE,
    child,
    finished,
    snapshot,
    sql,
)
from tests.providers.catalog_local_tables import change, current, metadata, put, said, seen
from tests.providers.catalog_suite import DOMAIN, MARKER, refused
from tests.providers.catalog_tables import EVERY_TYPE, FIRST, SECOND, make


@pytest.fixture
def catalog(tmp_path: Path) -> LocalCatalog:
    """A catalog with the schema that the tables are in."""
    made = LocalCatalog(tmp_path / "home" / "catalog")
    made.create_schema(DOMAIN, "product", marker=MARKER)
    return made


class TestFiles:
    def test_are_for_this_person_alone(self, catalog: LocalCatalog) -> None:
        before = os.umask(0)
        try:
            make(catalog)
            put(catalog, SECOND)
        finally:
            os.umask(before)
        for path in (catalog.root / "warehouse").rglob("*"):
            assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600)
        assert len(metadata(catalog)) == 2

    def test_reading_leaves_no_trace_and_does_not_import_pyiceberg(
        self, catalog: LocalCatalog
    ) -> None:
        make(catalog)
        before = snapshot(catalog.root)
        code = (
            "print(catalog.table('loyalty', 'product', 'points').publication.version)\n"
            "print(len(catalog.tables('loyalty', 'product')), 'pyiceberg' in sys.modules)"
        )
        assert finished(child(catalog, code, warm=False)).split() == ["1.0.0", "1", "False"]
        assert snapshot(catalog.root) == before

    def test_a_change_that_changes_nothing_writes_nothing(self, catalog: LocalCatalog) -> None:
        make(catalog, publication=SECOND)
        before = snapshot(catalog.root)
        put(catalog, SECOND)
        refused("PLT-CATALOG-001", lambda: make(catalog))
        refused("PLT-CATALOG-003", lambda: catalog.set_table(DOMAIN, "product", "no", FIRST))
        after = snapshot(catalog.root)
        assert after == before

    def test_schema_and_properties_change_in_one_commit(self, catalog: LocalCatalog) -> None:
        make(catalog)
        put(catalog, SECOND)
        assert len(metadata(catalog)) == 2
        assert current(catalog) == metadata(catalog)[-1]
        before = snapshot(catalog.root)
        put(catalog, replace(SECOND, version="1.1.1"))
        assert len(metadata(catalog)) == 3
        assert said(catalog)["current-schema-id"] == 1
        assert len(said(catalog)["schemas"]) == 2
        after = snapshot(catalog.root)
        assert {name for name in before if name.endswith(".json")} < after.keys()

    @pytest.mark.parametrize("name", ["", ".", "a.b", "a-b", "A", "../x", "a/b", "x" * 151, "a\n"])
    def test_a_name_that_is_no_name(self, catalog: LocalCatalog, name: str) -> None:
        before = snapshot(catalog.root)
        for call in (
            lambda: make(catalog, name),
            lambda: catalog.set_table(DOMAIN, "product", name, FIRST),
            lambda: catalog.table(DOMAIN, "product", name),
        ):
            refused("PLT-SPEC-001", call)
        refused("PLT-SPEC-001", lambda: catalog.tables("a.b", "product"))
        assert snapshot(catalog.root) == before

    def test_text_that_no_database_holds(self, catalog: LocalCatalog) -> None:
        make(catalog)
        before = snapshot(catalog.root)
        half = "a\ud800"
        for publication in (
            replace(FIRST, description=half),
            replace(FIRST, tags=frozenset({half})),
            replace(FIRST, columns=(Column("id", ColumnType("string"), description=half),)),
        ):
            refused("PLT-SPEC-001", lambda: put(catalog, publication))  # noqa: B023 - called at once
            refused("PLT-SPEC-001", lambda: make(catalog, "b", publication))  # noqa: B023 - the same
        assert snapshot(catalog.root) == before

    def test_a_place_with_a_strange_name(self, tmp_path: Path) -> None:
        catalog = LocalCatalog(tmp_path / "a b'\"%41?x=1#\u00e4:$HOME\n&mode=memory")
        catalog.create_schema(DOMAIN, "product", marker=MARKER)
        make(catalog)
        made = put(catalog, SECOND)
        assert seen(catalog) == made
        assert [path.name for path in tmp_path.iterdir()] == [catalog.root.name]


class TestOtherTools:
    def test_see_the_columns_and_the_description(self, catalog: LocalCatalog) -> None:
        make(catalog, publication=SECOND)
        with store.opened(catalog.root / FILE, catalog.root / FILE) as opened:
            table = opened.catalog.load_table((DOMAIN, "product", "points"))
            shown = {
                field.name: (str(field.field_type), field.doc) for field in table.schema().fields
            }
            assert list(shown) == [column.name for column in SECOND.columns]
            assert shown["points"] == ("int", None)
            assert shown["c_decimal"] == ("decimal(12, 2)", "decimal")
            assert shown["c_json"] == ("string", "json")
            assert shown["c_timestamp_tz"] == ("timestamptz", "timestamp_tz")
            assert shown["c_map"][0] == "map<string, list<string>>"
            assert [field.name for field in table.schema().fields if field.required] == [
                "points",
                "id",
            ]
            assert table.properties["comment"] == SECOND.description
            assert table.properties["platform_cli.contract.version"] == "1.1.0"
            assert table.properties["platform_cli.deprecation.sunset_date"] == "2027-03-01"

    def test_what_they_add_stays_and_what_they_change_is_seen(self, catalog: LocalCatalog) -> None:
        made = make(catalog)
        with store.opened(catalog.root / FILE, catalog.root / FILE) as opened:
            table = opened.catalog.load_table((DOMAIN, "product", "points"))
            with table.transaction() as change:
                change.set_properties({"theirs": "1", "comment": "theirs"})
                with change.update_schema() as schema:
                    schema.add_column("theirs", StringType())
                    schema.rename_column("points", "score")
        found = seen(catalog)
        assert found is not None
        assert found.publication is not None
        assert [one.name for one in found.publication.columns] == ["id", "score", "theirs"]
        assert found.publication.description == "theirs"
        assert put(catalog, FIRST) == made
        assert said(catalog)["properties"]["theirs"] == "1"

    def test_a_column_keeps_its_id_while_it_can_hold_what_it_held(
        self, catalog: LocalCatalog
    ) -> None:
        struct = ColumnType("struct", None, (("a", ColumnType("float")), ("b", ColumnType("date"))))
        make(
            catalog,
            publication=replace(
                FIRST,
                columns=(
                    Column("grows", ColumnType("integer")),
                    Column("shrinks", ColumnType("bigint")),
                    Column("digits", ColumnType("decimal", (5, 2))),
                    Column("scale", ColumnType("decimal", (5, 2))),
                    Column("inside", struct),
                    Column("lines", ColumnType("array", None, (("element", struct),))),
                    Column("gone", ColumnType("string")),
                ),
            ),
        )
        before = ids(said(catalog))
        wider = ColumnType(
            "struct", None, (("b", ColumnType("string")), ("a", ColumnType("double")))
        )
        put(
            catalog,
            replace(
                FIRST,
                columns=(
                    Column("lines", ColumnType("array", None, (("element", wider),))),
                    Column("inside", wider),
                    Column("scale", ColumnType("decimal", (7, 3))),
                    Column("digits", ColumnType("decimal", (7, 2))),
                    Column("shrinks", ColumnType("integer")),
                    Column("grows", ColumnType("bigint"), required=True),
                    Column("new", ColumnType("string")),
                ),
            ),
        )
        after = ids(said(catalog))
        kept = {name for name in before if after.get(name) == before[name]}
        assert kept == {
            "grows", "digits", "inside", "inside.a", "lines", "lines.element", "lines.element.a",
        }  # fmt: skip
        fresh = {number for name, number in after.items() if name not in kept}
        assert not fresh & set(before.values())
        assert len(set(after.values())) == len(after)

    @pytest.mark.parametrize("elsewhere", ["s3://bucket/x.json", "file:///etc/hostname", ""])
    def test_a_table_whose_file_is_elsewhere_is_foreign_and_not_opened(
        self, catalog: LocalCatalog, elsewhere: str
    ) -> None:
        text = "INSERT INTO iceberg_tables VALUES ('platform', 'loyalty.product', 'points', ?, NULL, NULL)"
        sql(catalog.root / FILE, text, elsewhere)
        address = "loyalty.product.points"
        assert seen(catalog) == Table("points", address, None, None, None)
        refused("PLT-CATALOG-001", lambda: make(catalog))
        refused("PLT-CATALOG-001", lambda: put(catalog, FIRST))

    def test_a_way_out_of_the_folder_is_elsewhere(self, catalog: LocalCatalog) -> None:
        make(catalog)
        path = current(catalog)
        outside = path.parent / ".." / ".." / ".." / ".." / ".." / path.name
        shutil.copy(path, outside)
        sql(
            catalog.root / FILE,
            "UPDATE iceberg_tables SET metadata_location = ?",
            f"file://{outside}",
        )
        found = seen(catalog)
        assert found is not None
        assert found.marker is None

    def test_a_view_of_the_name_is_foreign(self, catalog: LocalCatalog) -> None:
        make(catalog)
        current(catalog).write_text('{"view-uuid": "x", "properties": {}}', encoding="utf-8")
        found = seen(catalog)
        assert found is not None
        assert found.marker is None
        refused("PLT-CATALOG-001", lambda: put(catalog, FIRST))

    @pytest.mark.parametrize("missing", ["domain", "onboarding"])
    def test_half_a_marker_is_none(self, catalog: LocalCatalog, missing: str) -> None:
        make(catalog)
        change(catalog, lambda found: found["properties"].pop(f"platform_cli.{missing}"))
        found = seen(catalog)
        assert found is not None
        assert (found.marker, found.publication) == (None, None)
        refused("PLT-CATALOG-001", lambda: put(catalog, FIRST))

    @pytest.mark.parametrize(
        "key",
        ["contract.name", "contract.version", "contract.digest", "deprecation.migration_notes"],
    )
    def test_half_a_publication_is_none_and_can_be_replaced(
        self, catalog: LocalCatalog, key: str
    ) -> None:
        made = make(catalog, publication=SECOND)
        change(catalog, lambda found: found["properties"].pop(f"platform_cli.{key}"))
        assert seen(catalog) == replace(made, publication=None)
        assert put(catalog, SECOND) == made

    def test_a_day_that_is_none_is_no_publication(self, catalog: LocalCatalog) -> None:
        make(catalog, publication=SECOND)
        key = "platform_cli.deprecation.sunset_date"
        change(catalog, lambda found: found["properties"].update({key: "soon"}))
        found = seen(catalog)
        assert found is not None
        assert found.publication is None

    def test_a_type_that_is_none_of_ours_is_shown_by_its_word(self, catalog: LocalCatalog) -> None:
        make(catalog)

        def fixed(found: dict[str, Any]) -> None:
            found["schemas"][0]["fields"][1]["type"] = "uuid"

        change(catalog, fixed)
        found = seen(catalog)
        assert found is not None
        assert found.publication is not None
        assert found.publication.columns[1].type == ColumnType("uuid")

    def test_another_program_that_commits_at_the_same_moment(
        self, catalog: LocalCatalog, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        make(catalog)
        write = place.put

        def late(file: Path, content: bytes) -> None:
            write(file, content)
            text = "UPDATE iceberg_tables SET metadata_location = metadata_location || '.json'"
            sql(catalog.root / FILE, text)

        monkeypatch.setattr("platform_cli.providers.catalog.place.put", late)
        error = refused("PLT-CATALOG-002", lambda: put(catalog, SECOND))
        assert isinstance(error, TemporaryError)


def ids(found: dict[str, Any]) -> dict[str, int]:
    """The id of every field of the current schema, by its path."""
    (schema,) = [one for one in found["schemas"] if one["schema-id"] == found["current-schema-id"]]
    walked = Schema.model_validate(schema)
    made = {walked.find_column_name(number): number for number in walked.field_ids}
    assert isinstance(walked.fields[0], NestedField)
    return {str(name): number for name, number in made.items()}


def test_every_type_has_an_iceberg_type() -> None:
    """Which the suite writes and reads: nothing of the language is left out."""
    from platform_cli.contracts.types import SIMPLE

    assert set(SIMPLE) <= set(EVERY_TYPE)
