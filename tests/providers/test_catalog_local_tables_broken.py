"""The tables of the embedded catalog where a file is damaged, a process killed, or many work at once."""

from __future__ import annotations

import errno
import gc
import inspect
import os
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from platform_cli.providers.catalog.local import LocalCatalog
from platform_cli.providers.catalog.port import Column, ColumnType, Publication, Table
from tests.providers.catalog_local import (
    FILE,
    child,
    code_of,
    finished,
    killed,
    on_connect,
    snapshot,
    sql,
)
from tests.providers.catalog_local_tables import change, current, metadata, put, seen
from tests.providers.catalog_suite import DOMAIN, MARKER, refused
from tests.providers.catalog_tables import FIRST, SECOND, make


@pytest.fixture
def catalog(tmp_path: Path) -> LocalCatalog:
    """A catalog with the schema that the tables are in."""
    made = LocalCatalog(tmp_path / "home" / "catalog")
    made.create_schema(DOMAIN, "product", marker=MARKER)
    return made


def _text(file: Path) -> None:
    file.write_text("mine" * 100)


def _empty(file: Path) -> None:
    file.write_bytes(b"")


def _cut(file: Path) -> None:
    os.truncate(file, file.stat().st_size - 1)


def _gone(file: Path) -> None:
    file.unlink()


def _folder(file: Path) -> None:
    file.unlink()
    file.mkdir()


def _pipe(file: Path) -> None:
    file.unlink()
    os.mkfifo(file)


def _list(file: Path) -> None:
    file.write_text("[]")


def _deep(file: Path) -> None:
    file.write_text("[" * 100_000)


def _bytes(file: Path) -> None:
    file.write_bytes(b"\xff\xfe" * 50)


def _huge(file: Path) -> None:
    os.truncate(file, 65 * 1024 * 1024)


class TestDamage:
    @pytest.mark.parametrize("key", ["location", "write.metadata.path"])
    def test_a_table_that_says_it_is_elsewhere_is_not_written_there(
        self, catalog: LocalCatalog, tmp_path: Path, key: str
    ) -> None:
        made = make(catalog)
        said_so = {key: f"file://{tmp_path}/elsewhere"}
        if key == "location":
            change(catalog, lambda found: found.update(said_so))
        else:
            change(catalog, lambda found: found["properties"].update(said_so))
        refused("PLT-CATALOG-002", lambda: put(catalog, SECOND))
        assert not (tmp_path / "elsewhere").exists()
        assert seen(catalog) == made

    @pytest.mark.parametrize(
        "damage", [_text, _empty, _cut, _gone, _folder, _pipe, _list, _deep, _bytes, _huge]
    )
    def test_is_named_and_nothing_is_changed(
        self, catalog: LocalCatalog, damage: Callable[[Path], None]
    ) -> None:
        make(catalog)
        file = current(catalog)
        damage(file)
        before = snapshot(catalog.root)
        for call in (
            lambda: seen(catalog),
            lambda: catalog.tables(DOMAIN, "product"),
            lambda: put(catalog, SECOND),
        ):
            error = refused("PLT-CATALOG-002", call)
            assert error.address == str(file)
            assert str(file) in error.summary
        assert snapshot(catalog.root) == before
        # The rest of the catalog is as it was, and the name stays taken.
        assert catalog.schema(DOMAIN, "product") is not None
        refused("PLT-CATALOG-001", lambda: make(catalog))

    def test_any_flipped_bit_is_damage_or_read(self, catalog: LocalCatalog) -> None:
        """Never another error than ours; reading never changes anything."""
        make(catalog, publication=SECOND)
        file, chosen = current(catalog), random.Random(7)
        whole, row = file.read_bytes(), (catalog.root / FILE).read_bytes()
        for at in chosen.sample(range(len(whole)), 40):
            flipped = bytearray(whole)
            flipped[at] ^= 1 << chosen.randrange(8)
            file.write_bytes(flipped)
            before = snapshot(catalog.root)
            assert code_of(lambda: seen(catalog)) in {None, "PLT-CATALOG-002"}
            assert snapshot(catalog.root) == before
            assert str(code_of(lambda: put(catalog, FIRST))).startswith(("None", "PLT-CATALOG-00"))
            (catalog.root / FILE).write_bytes(row)

    def test_a_full_disk(self, catalog: LocalCatalog) -> None:
        make(catalog)
        (pages,) = sql(catalog.root / FILE, "PRAGMA page_count")[0]
        before = seen(catalog)
        names = [f"t{number}" + "x" * 100 for number in range(20)]
        with on_connect(f"max_page_count = {pages}"):
            codes = {code_of(lambda: make(catalog, name)) for name in names}  # noqa: B023 - called at once
        assert codes == {None, "PLT-HOME-002"}
        assert seen(catalog) == before

    @pytest.mark.parametrize(
        ("number", "code"),
        [
            (errno.ENOSPC, "PLT-HOME-002"),
            (errno.EDQUOT, "PLT-HOME-002"),
            (errno.EROFS, "PLT-HOME-001"),
            (errno.EIO, "PLT-HOME-001"),
        ],
    )
    def test_what_the_system_refuses(
        self, catalog: LocalCatalog, monkeypatch: pytest.MonkeyPatch, number: int, code: str
    ) -> None:
        def refuse(*_: object) -> None:
            raise OSError(number, os.strerror(number))

        with monkeypatch.context() as patch:
            patch.setattr(os, "fsync", refuse)
            refused(code, lambda: make(catalog))
        gc.collect()  # nothing that was given up is written later
        assert seen(catalog) is None
        assert metadata(catalog) == []
        made = make(catalog)
        with monkeypatch.context() as patch:
            patch.setattr(os, "fsync", refuse)
            refused(code, lambda: put(catalog, SECOND))
        gc.collect()
        assert seen(catalog) == made
        assert len(metadata(catalog)) == 1


def simple(version: str) -> Publication:
    """Every part of it says which version it is of."""
    columns = (Column("id", ColumnType("string" if version == "1.0.0" else "date")),)
    sla = {"freshness": version}
    return Publication("loyalty.product.points", version, version, "@t", sla, columns)


CALLS = f"""
from platform_cli.providers.catalog.port import Column, ColumnType, Publication
{inspect.getsource(simple)}
def make():
    catalog.create_table('loyalty', 'product', 'points', simple('1.0.0'), marker=Marker('loyalty', 'onboarding-1'))
def put(version='2.0.0'):
    catalog.set_table('loyalty', 'product', 'points', simple(version))
"""


def version_of(table: Table | None) -> str | None:
    """The version of a table that is whole: every part of it is of the same version."""
    if table is None:
        return None
    said = table.publication
    assert said is not None
    assert said.digest == said.sla["freshness"] == said.version
    word = "string" if said.version == "1.0.0" else "date"
    assert [str(one.type.word) for one in said.columns] == [word]
    return said.version


@pytest.mark.crash
class TestKill:
    @pytest.mark.parametrize(
        ("point", "there"),
        [
            *((f"before(os, 'fsync', {number})", False) for number in (1, 4, 6)),
            ("after(os, 'fsync', 6)", False),
            ("before(Session, 'commit')", False),
            ("after(Session, 'commit')", True),
        ],
    )
    def test_a_table_is_there_whole_or_not_at_all(
        self, catalog: LocalCatalog, point: str, there: bool
    ) -> None:
        killed(catalog, f"{CALLS}{point}\nmake()")
        before = snapshot(catalog.root)
        assert version_of(seen(catalog)) == ("1.0.0" if there else None)
        assert snapshot(catalog.root) == before
        assert len(metadata(catalog)) <= 1  # which nothing names, where the table is not there
        if there:
            put(catalog, simple("1.0.0"))
        else:
            make(catalog, publication=simple("1.0.0"))
        assert version_of(seen(catalog)) == "1.0.0"
        assert len(catalog.tables(DOMAIN, "product")) == 1

    @pytest.mark.parametrize(
        ("point", "version"),
        [
            ("before(os, 'fsync')", "1.0.0"),
            ("after(os, 'fsync')", "1.0.0"),
            ("before(Session, 'commit')", "1.0.0"),
            ("after(Session, 'commit')", "2.0.0"),
        ],
    )
    def test_a_change_is_all_of_it_or_nothing(
        self, catalog: LocalCatalog, point: str, version: str
    ) -> None:
        make(catalog, publication=simple("1.0.0"))
        killed(catalog, f"{CALLS}{point}\nput()")
        assert version_of(seen(catalog)) == version
        put(catalog, simple("2.0.0"))
        assert version_of(seen(catalog)) == "2.0.0"

    def test_at_any_moment(self, catalog: LocalCatalog) -> None:
        process = child(
            catalog,
            f"{CALLS}make()\nprint('made', flush=True)\nfor n in range(2, 10_000):\n"
            "    put(f'{n}.0.0')\n    print(n, flush=True)",
        )
        assert process.stdout is not None
        for _ in range(6):
            process.stdout.readline()
        process.kill()
        acknowledged = 6 + len(process.communicate(timeout=60)[0].splitlines())
        version = version_of(seen(catalog))
        assert version in {f"{acknowledged}.0.0", f"{acknowledged + 1}.0.0"}


class TestAtOnce:
    def test_processes_that_make_the_same_table(self, catalog: LocalCatalog) -> None:
        code = f"{CALLS}at_once(8, lambda n: make())"
        told = finished(child(catalog, code)).split()
        assert sorted(told) == ["None"] + ["PLT-CATALOG-001"] * 7
        assert len(metadata(catalog)) == 1

    def test_processes_that_change_it_while_others_look(self, catalog: LocalCatalog) -> None:
        make(catalog, publication=simple("1.0.0"))
        process = child(
            catalog,
            f"{CALLS}at_once(4, lambda n: [put(f'{{n + 2}}.{{i}}.0') for i in range(5)] and 'done')",
        )
        while process.poll() is None:
            assert version_of(seen(catalog)) is not None
        assert finished(process).split() == ["done"] * 4
        assert len(metadata(catalog)) == 21
