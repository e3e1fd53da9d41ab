"""The embedded catalog where processes are killed, and where many work at once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from platform_cli.errors import PlatformError
from platform_cli.providers.catalog.local import LocalCatalog
from platform_cli.providers.catalog.port import EVERYONE
from platform_cli.providers.marker import Marker
from tests.providers.catalog_local import FILE, child, create, finished, killed, leftovers, snapshot
from tests.providers.catalog_suite import DOMAIN, MARKER, TEAM, refused


@pytest.fixture
def catalog(tmp_path: Path) -> LocalCatalog:
    return LocalCatalog(tmp_path / "home" / "catalog")


@pytest.fixture
def file(catalog: LocalCatalog) -> Path:
    """Where the catalog is, or would be."""
    return catalog.root / FILE


@pytest.mark.crash
class TestKill:
    @pytest.mark.parametrize(
        ("point", "there"),
        [
            ("before(os, 'fsync', 3)", False),  # two make the folders
            ("before(Session, 'commit')", False),
            ("after(Session, 'commit')", False),
            ("before(os, 'rename')", False),
            ("after(os, 'rename')", True),
        ],
    )
    def test_the_first_schema_comes_with_the_file(
        self, catalog: LocalCatalog, file: Path, point: str, there: bool
    ) -> None:
        killed(catalog, f"{point}\ncreate()")
        assert file.exists() == there
        before = snapshot(catalog.root)
        assert (catalog.schema(DOMAIN, "raw") is not None) == there
        assert snapshot(catalog.root) == before
        if there:
            refused("PLT-CATALOG-001", lambda: create(catalog))
        else:
            create(catalog)
        seen = catalog.schema(DOMAIN, "raw")
        assert seen is not None
        assert seen.marker == MARKER
        assert leftovers(catalog) == []

    @pytest.mark.parametrize(
        ("point", "there"),
        [("before(Session, 'commit')", False), ("after(Session, 'commit')", True)],
    )
    def test_every_other_change_is_nothing_or_all(
        self, catalog: LocalCatalog, point: str, there: bool
    ) -> None:
        create(catalog)
        catalog.set_tags(DOMAIN, "raw", {"a": "1", "b": "1"})
        catalog.grant(DOMAIN, "raw", "@ada", "read")
        killed(catalog, f"{point}\ncatalog.set_tags('loyalty', 'raw', {{'a': '2', 'c': '2'}})")
        killed(catalog, f"{point}\ncatalog.revoke('loyalty', 'raw', '@ada')")
        killed(catalog, f"{point}\ncreate('product')")
        before = snapshot(catalog.root)
        seen, made = catalog.schema(DOMAIN, "raw"), catalog.schema(DOMAIN, "product")
        assert seen is not None
        changed = {"a": "2", "b": "1", "c": "2"}
        assert dict(seen.tags) == (changed if there else {"a": "1", "b": "1"})
        assert dict(catalog.grants(DOMAIN, "raw")) == ({} if there else {"@ada": "read"})
        assert (made.marker if made else None) == (MARKER if there else None)
        assert snapshot(catalog.root) == before
        catalog.set_tags(DOMAIN, "raw", changed)
        assert leftovers(catalog) == []

    def test_in_the_middle_of_writing_to_the_file(self, catalog: LocalCatalog, file: Path) -> None:
        """Half of a transaction is in the file already, and what undoes it beside it."""
        create(catalog)
        catalog.set_tags(DOMAIN, "raw", {f"t{n}": "x" * 900 for n in range(60)})
        whole, seen = file.read_bytes(), catalog.schema(DOMAIN, "raw")
        killed(
            catalog,
            "other = sqlite3.connect(catalog.root / 'catalog.sqlite3')\n"
            "other.execute('PRAGMA cache_size = 1')\n"
            "other.execute(\"UPDATE iceberg_namespace_properties SET property_value = 'y'\")\n"
            "die()",
        )
        before = snapshot(catalog.root)
        assert before[FILE][2] != whole
        assert f"{FILE}-journal" in before
        assert catalog.schema(DOMAIN, "raw") == seen
        assert catalog.tiers(DOMAIN) == {"raw"}
        assert snapshot(catalog.root) == before
        catalog.grant(DOMAIN, "raw", TEAM, "write")
        assert catalog.schema(DOMAIN, "raw") == seen
        assert leftovers(catalog) == []

    @pytest.mark.parametrize("acknowledged", [0, 1, 7, 20])
    def test_at_any_moment(self, catalog: LocalCatalog, acknowledged: int) -> None:
        process = child(
            catalog,
            "create()\nprint('made', flush=True)\nfor n in range(10_000):\n"
            "    catalog.grant('loyalty', 'raw', f'@{n}', 'write')\n    print(n, flush=True)",
        )
        assert process.stdout is not None
        for _ in range(acknowledged):
            process.stdout.readline()
        process.kill()
        said = acknowledged + len(process.communicate(timeout=60)[0].splitlines())
        granted = catalog.grants(DOMAIN, "raw") if catalog.schema(DOMAIN, "raw") else {}
        assert len(granted) in {max(said - 1, 0), said}
        assert list(granted) == sorted(f"@{n}" for n in range(len(granted)))
        if said == 0 and catalog.schema(DOMAIN, "raw") is None:
            create(catalog)
        catalog.grant(DOMAIN, "raw", TEAM, "write")
        assert leftovers(catalog) == []


def threads(calls: list[Callable[[], object]]) -> list[object]:
    """Run all of them at the same moment; an error of ours is a result, too."""
    start = threading.Barrier(len(calls))

    def run(call: Callable[[], object]) -> object:
        start.wait(60)
        try:
            return call()
        except PlatformError as error:
            return error.code

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


class TestAtOnce:
    def test_thirty_processes_open_a_fresh_catalog(self, catalog: LocalCatalog) -> None:
        code = "at_once(30, lambda n: create('raw', f'domain_{n}', n))"
        assert finished(child(catalog, code)).split() == ["made"] * 30
        for number in range(30):
            seen = catalog.schema(f"domain_{number}", "raw")
            assert seen is not None
            assert seen.marker == Marker("loyalty", str(number))
        assert leftovers(catalog) == []

    def test_processes_that_create_the_same_one(self, catalog: LocalCatalog) -> None:
        code = "at_once(12, lambda n: create('raw', 'loyalty', n))"
        said = finished(child(catalog, code)).split()
        assert sorted(said) == ["PLT-CATALOG-001"] * 11 + ["made"]
        seen = catalog.schema(DOMAIN, "raw")
        assert seen is not None
        assert seen.marker == Marker(DOMAIN, str(said.index("made")))

    def test_threads_that_create_the_same_one(self, catalog: LocalCatalog) -> None:
        results = threads([lambda: create(catalog)] * 12)
        assert [r for r in results if r != "PLT-CATALOG-001"] == [catalog.schema(DOMAIN, "raw")]

    def test_grants_and_tags_of_several_threads_and_processes(self, catalog: LocalCatalog) -> None:
        create(catalog)
        process = child(
            catalog,
            "def work(n):\n"
            "    for i in range(5):\n"
            "        catalog.grant('loyalty', 'raw', f'@p{n}-{i}', 'write')\n"
            "        catalog.set_tags('loyalty', 'raw', {f'p{n}-{i}': str(i), 'last': 'p'})\n"
            "        assert catalog.may_read(f'@p{n}-{i}', 'loyalty', 'raw')\n"
            "    return 'done'\n"
            "at_once(4, work)",
        )
        results = threads(
            [
                *(lambda n=n: catalog.grant(DOMAIN, "raw", f"@t{n}", "read") for n in range(15)),
                *(lambda n=n: catalog.set_tags(DOMAIN, "raw", {f"t{n}": ""}) for n in range(15)),
            ]
        )
        assert results == [None] * 30
        assert finished(process).split() == ["done"] * 4
        names = [f"t{n}" for n in range(15)] + [f"p{n}-{i}" for n in range(4) for i in range(5)]
        assert set(catalog.grants(DOMAIN, "raw")) == {f"@{name}" for name in names}
        seen = catalog.schema(DOMAIN, "raw")
        assert seen is not None
        assert set(seen.tags) == {*names, "last"}
        assert seen.marker == MARKER

    def test_grants_and_revocations_of_one_principal(self, catalog: LocalCatalog) -> None:
        create(catalog)
        calls: list[Callable[[], object]] = [
            lambda: catalog.grant(DOMAIN, "raw", TEAM, "write"),
            lambda: catalog.revoke(DOMAIN, "raw", TEAM),
            lambda: catalog.grant(DOMAIN, "raw", TEAM, "read"),
            lambda: catalog.grant(DOMAIN, "raw", EVERYONE, "read"),
        ]
        assert threads(calls * 5) == [None] * 20
        assert catalog.grants(DOMAIN, "raw")[EVERYONE] == "read"

    def test_a_reader_sees_whole_changes_alone(self, catalog: LocalCatalog) -> None:
        create(catalog)

        def write() -> None:
            for number in range(15):
                tags = {key: str(number) for key in "abc"}
                catalog.set_tags(DOMAIN, "raw", tags)

        def read() -> None:
            for _ in range(30):
                seen = catalog.schema(DOMAIN, "raw")
                assert seen is not None
                assert len(set(seen.tags.values())) <= 1
                assert seen.tags.keys() in (set(), set("abc"))

        assert threads([write, read, read]) == [None] * 3
