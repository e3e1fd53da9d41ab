"""The embedded catalog where its file, the disk or the system is not as it should be."""

from __future__ import annotations

import errno
import os
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from platform_cli.providers.catalog.local import LocalCatalog
from tests.providers.catalog_local import (
    FILE,
    code_of,
    create,
    on_connect,
    property_of,
    reads,
    snapshot,
    sql,
    writes,
)
from tests.providers.catalog_suite import DOMAIN, TEAM, changes, refused


@pytest.fixture
def catalog(tmp_path: Path) -> LocalCatalog:
    return LocalCatalog(tmp_path / "home" / "catalog")


@pytest.fixture
def file(catalog: LocalCatalog) -> Path:
    """Where the catalog is, or would be."""
    return catalog.root / FILE


def _text(file: Path) -> None:
    file.write_text("mine" * 100)


def _empty(file: Path) -> None:
    file.write_bytes(b"")


def _cut(file: Path) -> None:
    os.truncate(file, file.stat().st_size - 1)


def _short(file: Path) -> None:
    os.truncate(file, 50)


def _folder(file: Path) -> None:
    file.unlink()
    file.mkdir()


def _pipe(file: Path) -> None:
    file.unlink()
    os.mkfifo(file)


def _gone(file: Path) -> None:
    file.rename(file.with_name(f"{FILE}-journal"))


def _tables(file: Path) -> None:
    sql(file, "DROP TABLE iceberg_namespace_properties")
    sql(file, "DROP TABLE iceberg_tables")


def _columns(file: Path) -> None:
    sql(file, "ALTER TABLE iceberg_namespace_properties RENAME COLUMN namespace TO n")


def _page(file: Path) -> None:
    with file.open("r+b") as opened:
        opened.seek(100)
        opened.write(b"\xff" * 3000)


class TestDamage:
    @pytest.mark.parametrize(
        "damage",
        [_text, _empty, _cut, _short, _folder, _pipe, _gone, _tables, _columns, _page],
    )
    def test_is_named_and_nothing_is_changed(
        self, catalog: LocalCatalog, file: Path, damage: Callable[[Path], None]
    ) -> None:
        create(catalog)
        damage(file)
        before = snapshot(catalog.root)
        for call in (*reads(catalog).values(), *writes(catalog).values()):
            error = refused("PLT-CATALOG-002", call)
            assert error.address == str(file)
            assert str(file) in error.summary
        assert snapshot(catalog.root) == before

    def test_a_link_to_nowhere(self, catalog: LocalCatalog, file: Path) -> None:
        catalog.root.mkdir(parents=True)
        file.symlink_to("nowhere")
        for call in (*reads(catalog).values(), *writes(catalog).values()):
            refused("PLT-HOME-001", call)
        assert [path.name for path in catalog.root.iterdir()] == [FILE]

    def test_a_grant_of_an_unknown_privilege(self, catalog: LocalCatalog, file: Path) -> None:
        create(catalog)
        for value in ("owner", "", b"\xff"):
            property_of(file, "platform_cli.grant.@ada", value)
            refused("PLT-CATALOG-002", lambda: catalog.grants(DOMAIN, "raw"))
            refused("PLT-CATALOG-002", lambda: catalog.may_read(TEAM, DOMAIN, "raw"))
        catalog.grant(DOMAIN, "raw", "@ada", "read")
        assert dict(catalog.grants(DOMAIN, "raw")) == {"@ada": "read"}

    def test_any_flipped_bit_is_damage_or_read(self, catalog: LocalCatalog, file: Path) -> None:
        """Never another error than ours; reading never changes anything."""
        create(catalog)
        catalog.grant(DOMAIN, "raw", TEAM, "write")
        catalog.set_tags(DOMAIN, "raw", {"owner": TEAM})
        whole, chosen = file.read_bytes(), random.Random(7)
        written = [at for at, byte in enumerate(whole) if byte]  # the rest is free space
        for at in chosen.sample(written, 120):
            flipped = bytearray(whole)
            flipped[at] ^= 1 << chosen.randrange(8)
            file.write_bytes(flipped)
            before = snapshot(catalog.root)
            assert {code_of(read) for read in reads(catalog).values()} <= {None, "PLT-CATALOG-002"}
            assert snapshot(catalog.root) == before
            # What a bit in a name changed is, to a writer, absent or not ours.
            for write in changes(catalog).values():
                assert str(code_of(write)).startswith(("None", "PLT-CATALOG-00")), at

    def test_a_full_disk(self, catalog: LocalCatalog, file: Path) -> None:
        with on_connect("max_page_count = 2"):
            refused("PLT-HOME-002", lambda: create(catalog))
        assert list(catalog.root.iterdir()) == []
        create(catalog)
        (pages,) = sql(file, "PRAGMA page_count")[0]
        before = snapshot(catalog.root)
        with on_connect(f"max_page_count = {pages}"):
            tags = {"note": "x" * 100_000, "owner": TEAM}
            refused("PLT-HOME-002", lambda: catalog.set_tags(DOMAIN, "raw", tags))
        after = snapshot(catalog.root)
        assert after[FILE][2] == before[FILE][2]
        assert after.keys() == before.keys()
        catalog.set_tags(DOMAIN, "raw", tags)

    @pytest.mark.parametrize("name", ["fsync", "rename"])
    @pytest.mark.parametrize(
        ("number", "code"),
        [
            (errno.ENOSPC, "PLT-HOME-002"),
            (errno.EDQUOT, "PLT-HOME-002"),
            (errno.EFBIG, "PLT-HOME-002"),
            (errno.EROFS, "PLT-HOME-001"),
            (errno.EIO, "PLT-HOME-001"),
        ],
    )
    def test_what_the_system_refuses(
        self,
        catalog: LocalCatalog,
        monkeypatch: pytest.MonkeyPatch,
        name: str,
        number: int,
        code: str,
    ) -> None:
        def refuse(*_: object) -> None:
            raise OSError(number, os.strerror(number))

        catalog.root.mkdir(parents=True)
        with monkeypatch.context() as patch:
            patch.setattr(os, name, refuse)
            refused(code, lambda: create(catalog))
        assert list(catalog.root.iterdir()) == []
        create(catalog)

    def test_a_file_that_cannot_be_written(self, catalog: LocalCatalog, file: Path) -> None:
        create(catalog)
        before = snapshot(catalog.root)
        with on_connect("query_only = ON"):
            error = refused("PLT-HOME-001", lambda: catalog.grant(DOMAIN, "raw", TEAM, "read"))
        assert error.address == str(file)
        assert snapshot(catalog.root) == before

    @pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
    def test_a_home_that_cannot_be_written(self, catalog: LocalCatalog) -> None:
        create(catalog)
        catalog.root.chmod(0o500)
        assert catalog.tiers(DOMAIN) == {"raw"}
        refused("PLT-HOME-001", lambda: create(catalog, "product"))
        catalog.root.chmod(0o700)

    def test_a_folder_that_is_a_file(self, catalog: LocalCatalog) -> None:
        catalog.root.parent.mkdir()
        catalog.root.write_text("mine")
        assert catalog.schema(DOMAIN, "raw") is None
        refused("PLT-HOME-001", lambda: create(catalog))
        assert catalog.root.read_text() == "mine"
