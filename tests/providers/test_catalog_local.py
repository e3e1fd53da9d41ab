"""The embedded catalog: the port's suite, its files, and other tools that open it."""

from __future__ import annotations

import os
import shutil
import sqlite3
import stat
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from pyiceberg.catalog.sql import SqlCatalog
from pyiceberg.schema import Schema
from pyiceberg.types import NestedField, StringType

from platform_cli.errors import TemporaryError
from platform_cli.providers.catalog import rows, store
from platform_cli.providers.catalog.local import LocalCatalog
from platform_cli.providers.catalog.port import EVERYONE, TIERS, Tier
from platform_cli.providers.marker import Marker
from tests.fakes.catalog import Kept, MemoryCatalog
from tests.providers.catalog_local import (
    FILE,
    child,
    create,
    finished,
    property_of,
    reads,
    snapshot,
    sql,
    writes,
)
from tests.providers.catalog_suite import (
    DOMAIN,
    MARKER,
    OTHER,
    TEAM,
    CatalogSuite,
    World,
    changes,
    refused,
)
from tests.providers.catalog_tables import TableSuite


@pytest.fixture
def catalog(tmp_path: Path) -> LocalCatalog:
    return LocalCatalog(tmp_path / "home" / "catalog")


@pytest.fixture
def file(catalog: LocalCatalog) -> Path:
    """Where the catalog is, or would be."""
    return catalog.root / FILE


class TestPort(CatalogSuite):
    @pytest.fixture
    def world(self, tmp_path: Path) -> World:
        root = tmp_path / "catalog"

        def foreign(domain: str, tier: Tier) -> None:
            """Made with the library itself, with properties of its own."""
            root.mkdir(exist_ok=True)
            stranger = SqlCatalog(rows.NAME, uri=f"sqlite:///{root / FILE}")
            stranger.create_namespace((domain, tier), {"owner": "mine", "comment": "mine"})
            stranger.close()

        return World(lambda: LocalCatalog(root), foreign)


class TestTables(TableSuite):
    @pytest.fixture
    def root(self, tmp_path: Path) -> Path:
        return tmp_path / "catalog"

    @pytest.fixture
    def world(self, root: Path) -> World:
        def foreign(domain: str, tier: Tier) -> None:
            LocalCatalog(root).create_schema("another", tier, marker=MARKER)
            property_of(root / FILE, "owner", "mine", f"{domain}.{tier}")

        return World(lambda: LocalCatalog(root), foreign)

    @pytest.fixture
    def stranger(self, root: Path) -> Callable[[str, Tier, str], None]:
        """Made with the library itself, in the same place that ours would have."""

        def make(domain: str, tier: Tier, name: str) -> None:
            with store.opened(root / FILE, root / FILE) as opened:
                schema = Schema(NestedField(1, "theirs", StringType(), required=True))
                opened.catalog.create_table((domain, tier, name), schema)

        return make


class TestFake(CatalogSuite):
    @pytest.fixture
    def world(self) -> World:
        fake = MemoryCatalog()

        def foreign(domain: str, tier: Tier) -> None:
            fake.schemas[(domain, tier)] = Kept("theirs", None)

        return World(lambda: fake, foreign)


class TestFiles:
    def test_reading_makes_nothing(self, catalog: LocalCatalog) -> None:
        for read in reads(catalog).values():
            read()
        assert not catalog.root.parent.exists()

    def test_reading_an_absent_catalog_imports_nothing(self, catalog: LocalCatalog) -> None:
        code = (
            "catalog.schema('loyalty', 'raw'); catalog.may_read('x', 'loyalty', 'raw')\n"
            "print(sorted({'pyiceberg', 'sqlalchemy'} & set(sys.modules)))"
        )
        assert finished(child(catalog, code, warm=False)) == "[]"

    def test_reading_does_not_import_pyiceberg(self, catalog: LocalCatalog) -> None:
        create(catalog)
        code = (
            "catalog.schema('loyalty', 'raw'); catalog.tiers('loyalty')\n"
            "print(catalog.may_read('x', 'loyalty', 'raw'), 'pyiceberg' in sys.modules)"
        )
        assert finished(child(catalog, code, warm=False)) == "False False"

    def test_reading_leaves_no_trace(self, catalog: LocalCatalog) -> None:
        for write in writes(catalog).values():
            write()
        before = snapshot(catalog.root)
        for read in reads(catalog).values():
            read()
        assert snapshot(catalog.root) == before

    def test_neither_does_a_change_that_changes_nothing(self, catalog: LocalCatalog) -> None:
        create(catalog)
        repeated = {**changes(catalog), "adopt": lambda: catalog.set_marker(DOMAIN, "raw", OTHER)}
        for write in (*repeated.values(), changes(catalog)["grant"]):
            write()
        before = snapshot(catalog.root)
        del repeated["revoke"]
        for write in repeated.values():
            write()
        refused("PLT-CATALOG-001", lambda: create(catalog))
        refused("PLT-CATALOG-003", lambda: catalog.grant("orders", "raw", TEAM, "read"))
        assert snapshot(catalog.root) == before

    def test_are_for_this_person_alone(self, catalog: LocalCatalog) -> None:
        before = os.umask(0)
        try:
            for write in writes(catalog).values():
                write()
        finally:
            os.umask(before)
        assert [path.name for path in catalog.root.iterdir()] == [FILE]
        assert stat.S_IMODE((catalog.root / FILE).stat().st_mode) == 0o600
        for folder in (catalog.root, catalog.root.parent):
            assert stat.S_IMODE(folder.stat().st_mode) == 0o700

    def test_a_place_with_a_strange_name(self, tmp_path: Path) -> None:
        catalog = LocalCatalog(tmp_path / "a b'\"%41?x=1#\u00e4:$HOME\n&mode=memory")
        made = create(catalog)
        assert LocalCatalog(catalog.root).schema(DOMAIN, "raw") == made
        assert [path.name for path in tmp_path.iterdir()] == [catalog.root.name]

    def test_a_relative_place(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)
        made = create(LocalCatalog(Path("catalog")))
        assert LocalCatalog(tmp_path / "catalog").schema(DOMAIN, "raw") == made

    @pytest.mark.parametrize(
        "name", ["", ".", "..", "../x", "a/b", "a.b", "a-b", "A", "a\0b", "a\n", "x" * 101]
    )
    def test_a_name_that_is_no_name(self, catalog: LocalCatalog, name: str) -> None:
        calls = {
            **changes(catalog, name),
            "create": lambda: create(catalog, domain=name),
            "set_marker": lambda: catalog.set_marker(name, "raw", MARKER),
            "schema": lambda: catalog.schema(name, "raw"),
            "tiers": lambda: catalog.tiers(name),
            "may_read": lambda: catalog.may_read(TEAM, name, "raw"),
        }
        for call in calls.values():
            refused("PLT-SPEC-001", call)
        assert not catalog.root.exists()

    def test_text_that_no_database_holds(self, catalog: LocalCatalog) -> None:
        create(catalog)
        before = snapshot(catalog.root)
        for text in ("\udcff", "a\ud800b"):
            for call in (
                lambda: catalog.grant(DOMAIN, "raw", text, "read"),  # noqa: B023 - called at once
                lambda: catalog.revoke(DOMAIN, "raw", text),  # noqa: B023 - the same
                lambda: catalog.set_tags(DOMAIN, "raw", {text: ""}),  # noqa: B023 - the same
                lambda: catalog.set_tags(DOMAIN, "raw", {"a": text}),  # noqa: B023 - the same
                lambda: catalog.set_marker(DOMAIN, "raw", Marker(DOMAIN, text)),  # noqa: B023 - the same
                lambda: catalog.create_schema(DOMAIN, "product", marker=Marker(text, "x")),  # noqa: B023 - the same
            ):
                refused("PLT-SPEC-001", call)
        assert snapshot(catalog.root) == before


class TestOtherTools:
    def test_find_the_tables_of_iceberg_s_jdbc_catalog(
        self, catalog: LocalCatalog, file: Path
    ) -> None:
        """Read as Java's JdbcCatalog reads it: the layout is in apache/iceberg,
        core/src/main/java/org/apache/iceberg/jdbc/JdbcUtil.java."""
        create(catalog)
        create(catalog, "product")
        catalog.grant(DOMAIN, "product", EVERYONE, "read")
        catalog.set_tags(DOMAIN, "product", {"owner": TEAM})
        listed = sql(
            file,
            "SELECT DISTINCT namespace FROM iceberg_namespace_properties "
            "WHERE catalog_name = ? AND namespace LIKE ? ORDER BY namespace",
            "platform",
            "loyalty.%",
        )
        assert listed == [("loyalty.product",), ("loyalty.raw",)]
        properties = sql(
            file,
            "SELECT property_key, property_value FROM iceberg_namespace_properties "
            "WHERE catalog_name = ? AND namespace = ?",
            "platform",
            "loyalty.product",
        )
        assert dict(properties) == {
            "platform_cli.domain": "loyalty",
            "platform_cli.onboarding": "onboarding-1",
            "platform_cli.grant.everyone": "read",
            "platform_cli.tag.owner": TEAM,
        }
        columns = [name for _, name, *_ in sql(file, "PRAGMA table_info(iceberg_tables)")]
        assert columns == [
            "catalog_name",
            "table_namespace",
            "table_name",
            "metadata_location",
            "previous_metadata_location",
            "iceberg_type",
        ]

    def test_reading_agrees_with_pyiceberg(self, catalog: LocalCatalog, file: Path) -> None:
        """We read the layout ourselves: every kind of namespace must look the same."""
        create(catalog, domain="ours")
        for namespace in ("a.raw", "b.raw.deep", "c_d.raw", "e", "f.product.x.y"):
            property_of(file, "k", "v", namespace)
        text = "INSERT INTO iceberg_tables VALUES (?, ?, 't', 'file:///x', NULL, NULL)"
        for name, namespace in (("platform", "g.raw"), ("platform", "h.raw.x"), ("other", "i.raw")):
            sql(file, text, name, namespace)
        pyiceberg = SqlCatalog("platform", uri=f"sqlite:///{file}")
        domains = ["ours", "a", "b", "c_d", "cxd", "e", "f", "g", "h", "i", "o"]
        for domain in domains:
            for tier in TIERS:
                there = pyiceberg.namespace_exists((domain, tier))
                assert (catalog.schema(domain, tier) is not None) == there, domain
                with catalog._reading() as seen:
                    assert seen is not None
                    found = seen.properties(f"{domain}.{tier}")
                assert found == (
                    pyiceberg.load_namespace_properties((domain, tier)) if there else None
                )
            listed = pyiceberg.list_namespaces(domain) if pyiceberg.namespace_exists(domain) else []
            assert catalog.tiers(domain) == {name[1] for name in listed}
        pyiceberg.close()

    def test_pyiceberg_opens_it_by_name(self, catalog: LocalCatalog, file: Path) -> None:
        for tier in TIERS:
            create(catalog, tier)
        other = SqlCatalog("platform", uri=f"sqlite:///{file}")
        assert other.list_namespaces() == [(DOMAIN,)]
        assert set(other.list_namespaces(DOMAIN)) == {(DOMAIN, tier) for tier in TIERS}
        other.update_namespace_properties((DOMAIN, "raw"), updates={"comment": "theirs"})
        other.close()
        catalog.grant(DOMAIN, "raw", TEAM, "write")
        other = SqlCatalog("platform", uri=f"sqlite:///{file}")
        assert other.load_namespace_properties((DOMAIN, "raw"))["comment"] == "theirs"
        other.close()

    def test_a_namespace_that_only_tables_or_namespaces_below_imply_is_foreign(
        self, catalog: LocalCatalog, file: Path
    ) -> None:
        create(catalog, "product")
        property_of(file, "exists", "true", f"{DOMAIN}.raw.deeper")
        text = "INSERT INTO iceberg_tables VALUES ('platform', ?, 't', 'file:///x', NULL, NULL)"
        sql(file, text, f"{DOMAIN}.derived")
        for tier in ("raw", "derived"):
            seen = catalog.schema(DOMAIN, tier)
            assert seen is not None
            assert seen.marker is None
            refused("PLT-CATALOG-001", lambda: create(catalog, tier))  # noqa: B023 - called at once
        assert catalog.tiers(DOMAIN) == set(TIERS)
        adopted = catalog.set_marker(DOMAIN, "raw", MARKER)
        assert catalog.schema(DOMAIN, "raw") == adopted

    def test_a_namespace_that_is_no_tier_is_not_listed(
        self, catalog: LocalCatalog, file: Path
    ) -> None:
        create(catalog)
        property_of(file, "exists", "true", f"{DOMAIN}.scratch")
        property_of(file, "exists", "true", "loyaltyx.product")
        assert catalog.tiers(DOMAIN) == {"raw"}

    @pytest.mark.parametrize("missing", ["platform_cli.domain", "platform_cli.onboarding"])
    def test_half_a_marker_is_none(self, catalog: LocalCatalog, file: Path, missing: str) -> None:
        create(catalog)
        catalog.grant(DOMAIN, "raw", EVERYONE, "read")
        sql(file, "DELETE FROM iceberg_namespace_properties WHERE property_key = ?", missing)
        seen = catalog.schema(DOMAIN, "raw")
        assert seen is not None
        assert seen.marker is None
        assert not catalog.may_read(EVERYONE, DOMAIN, "raw")
        refused("PLT-CATALOG-001", lambda: catalog.revoke(DOMAIN, "raw", EVERYONE))

    def test_a_write_ahead_log_is_read_without_a_trace(
        self, catalog: LocalCatalog, file: Path
    ) -> None:
        create(catalog)
        sql(file, "PRAGMA journal_mode = WAL")
        with closing(sqlite3.connect(file)) as other:  # while it is open, the log is there, too
            text = "INSERT INTO iceberg_namespace_properties VALUES ('platform', ?, ?, ?)"
            other.execute(text, (f"{DOMAIN}.raw", "platform_cli.tag.a", "b"))
            other.commit()
            before = snapshot(catalog.root)
            assert f"{FILE}-wal" in before
            seen = catalog.schema(DOMAIN, "raw")
            assert snapshot(catalog.root) == before
        assert seen is not None
        assert dict(seen.tags) == {"a": "b"}
        before = snapshot(catalog.root)
        assert catalog.schema(DOMAIN, "raw") == seen
        assert snapshot(catalog.root) == before
        catalog.grant(DOMAIN, "raw", TEAM, "write")
        assert dict(catalog.grants(DOMAIN, "raw")) == {TEAM: "write"}

    def test_another_program_that_writes_for_long(
        self, catalog: LocalCatalog, file: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        create(catalog)
        monkeypatch.setattr(rows, "_BUSY_S", 0)
        with closing(sqlite3.connect(file)) as other:
            other.execute("BEGIN EXCLUSIVE")
            for call in (*reads(catalog).values(), *changes(catalog).values()):
                assert isinstance(refused("PLT-CATALOG-002", call), TemporaryError)
        assert catalog.schema(DOMAIN, "raw") is not None

    def test_a_configuration_of_pyiceberg_that_is_broken(
        self, catalog: LocalCatalog, tmp_path: Path
    ) -> None:
        (tmp_path / ".pyiceberg.yaml").write_text("a: [")
        code = (
            "from platform_cli.errors import PlatformError\n"
            "try:\n    create()\n"
            "except PlatformError as error:\n    print(error.code, '.pyiceberg.yaml' in error.hint)"
        )
        process = child(catalog, code, warm=False, PYICEBERG_HOME=str(tmp_path))
        assert finished(process) == "PLT-CATALOG-002 True"
        assert not catalog.root.exists()


def test_a_folder_that_vanishes_and_comes_back(catalog: LocalCatalog) -> None:
    """Nothing is remembered between two calls."""
    made = create(catalog)
    shutil.rmtree(catalog.root)
    assert catalog.schema(DOMAIN, "raw") is None
    assert catalog.create_schema(DOMAIN, "raw", marker=MARKER) == made
