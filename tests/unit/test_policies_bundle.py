"""The bundle: its digest, its manifest, its archive, its line of releases."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import tarfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from platform_cli.errors import PlatformError
from platform_cli.policies import archive, reclassed_rules, release, released
from platform_cli.policies.bundle import (
    Bundle,
    Release,
    digest,
    draft,
    from_files,
    load,
    packaged_folder,
    read_folder,
    released_from,
)

DAY = datetime(2027, 1, 1, tzinfo=UTC)
FILES = dict(released().files)


def made(files: dict[str, bytes] | None = None, **more: bytes) -> Bundle:
    return released_from({**(FILES if files is None else files), **more}, "9.0.0", DAY)


def refused(files: dict[str, bytes]) -> PlatformError:
    with pytest.raises(PlatformError) as raised:
        from_files(files)
    assert raised.value.code == "PLT-POLICY-001"
    return raised.value


def test_the_packaged_bundle_is_what_its_manifest_says() -> None:
    found = released()
    assert found.digest == digest(read_folder(packaged_folder()))
    assert found.roots == ("mesh",)
    assert found.release.required_from.tzinfo is UTC
    assert found.version not in {each.version for each in found.earlier}
    days = [each.required_from for each in (*found.earlier, found.release)]
    assert days == sorted(days)


def test_the_digest_is_over_sorted_paths_and_bytes() -> None:
    files = {"b": b"2", "a": b"1", ".manifest": b"not counted"}
    wanted = hashlib.sha256(b"a\x001\x001" + b"b\x001\x002").hexdigest()
    assert digest(files) == f"sha256:{wanted}"
    assert digest({"a": b"12"}) != digest({"a": b"1", "b": b"2"})
    assert digest({"ab": b"c"}) != digest({"a": b"bc"})


@pytest.mark.parametrize("way", ["changed", "missing", "added"])
def test_files_that_disagree_with_the_digest_are_refused(way: str) -> None:
    bundle = made()
    files = {**bundle.files, ".manifest": bundle.manifest}
    if way == "changed":
        files["mesh/limits/data.json"] += b" "
    elif way == "missing":
        del files["mesh/limits/data.json"]
    else:
        files["mesh/more.txt"] = b""
    assert "digest" in refused(files).summary


@pytest.mark.parametrize(
    "manifest",
    [
        b"",
        b"[]",
        b"{}",
        b"\xff",
        b'{"revision": "1", "roots": [], "metadata": {}}',
        b'{"revision": 1, "roots": ["mesh"], "metadata": {"required_from": "2026-01-01", "digest": "sha256:%s"}}'
        % (b"0" * 64),
        b'{"revision": "1", "roots": "mesh", "metadata": {"required_from": "2026-01-01", "digest": "sha256:%s"}}'
        % (b"0" * 64),
        b'{"revision": "1", "roots": ["mesh"], "metadata": {"required_from": "soon", "digest": "sha256:%s"}}'
        % (b"0" * 64),
        b'{"revision": "1", "roots": ["mesh"], "metadata": {"required_from": "2026-01-01", "digest": "md5:0"}}',
        b'{"revision": "1", "roots": ["mesh"], "metadata": []}',
        b'{"revision": "1", "roots": ["mesh"], "metadata": {"required_from": 1, "digest": "sha256:%s"}}'
        % (b"0" * 64),
        b'{"revision": "1", "roots": ["mesh"], "metadata": {"earlier": 1, "required_from": "2026-01-01", "digest": "sha256:%s"}}'
        % (b"0" * 64),
    ],
)
def test_a_manifest_that_cannot_be_read_is_refused(manifest: bytes) -> None:
    assert "manifest" in refused({**FILES, ".manifest": manifest}).summary


def test_a_bundle_without_a_manifest_is_refused() -> None:
    refused(FILES)


def test_links_and_strange_names_are_not_read(tmp_path: Path) -> None:
    (tmp_path / "a.rego").write_text("package a\n", encoding="utf-8")
    (tmp_path / "b.rego").symlink_to(tmp_path / "a.rego")
    with pytest.raises(PlatformError, match="link"):
        read_folder(tmp_path)
    (tmp_path / "b.rego").unlink()
    (tmp_path / "c").symlink_to("/")
    with pytest.raises(PlatformError, match="link"):
        read_folder(tmp_path)
    (tmp_path / "c").unlink()
    (tmp_path / "d\x1b").write_text("", encoding="utf-8")
    with pytest.raises(PlatformError, match="name"):
        read_folder(tmp_path)
    with pytest.raises(PlatformError, match="folder"):
        load(tmp_path / "none")
    with pytest.raises(PlatformError, match="folder"):
        draft(tmp_path / "none")


def test_a_bundle_that_is_too_large_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("platform_cli.policies.bundle.LARGEST", 10)
    (tmp_path / "a").write_bytes(b"x" * 11)
    with pytest.raises(PlatformError, match="larger"):
        read_folder(tmp_path)


def test_data_lies_at_its_folder() -> None:
    found = released().data()
    assert set(found["mesh"]) == {"contract_rules", "limits", "regions", "transforms"}
    assert found["mesh"]["limits"]["retention_days"] == 730


@pytest.mark.parametrize(
    ("files", "why"),
    [
        ({"mesh/data.json": b'{"limits": {"masks": []}}'}, "already"),
        ({"data.json": b'{"mesh": {"limits": {"masks": []}}}'}, "already"),
        ({"mesh/limits/masks/data.json": b'{"a": 1}'}, "already"),
        ({"mesh/x/data.json": b"[]"}, "object"),
        ({"mesh/x/data.json": b'{"a": 1, "a": 2}'}, "repeated"),
        ({"mesh/x/data.json": b"\xff"}, "cannot be read"),
        ({"mesh/x/data.yaml": b"a: 1"}, "data.json alone"),
    ],
)
def test_data_that_says_two_things_is_refused(files: dict[str, bytes], why: str) -> None:
    with pytest.raises(PlatformError, match=why) as raised:
        made({**FILES, **files}).data()
    assert raised.value.code == "PLT-POLICY-001"


def test_rego_that_is_no_text_is_refused() -> None:
    with pytest.raises(PlatformError, match="UTF-8"):
        made({**FILES, "mesh/x.rego": b"\xff"}).modules(tests=False)


def test_rules_for_contracts_may_be_re_classed() -> None:
    where = "mesh/contract_rules/data.json"
    assert reclassed_rules(released()) == {}
    given = json.dumps({"classes": {"null-tightened": "major"}}).encode()
    assert reclassed_rules(made({**FILES, where: given})) == {"null-tightened": "major"}
    del (files := dict(FILES))[where]
    assert reclassed_rules(made(files)) == {}
    with pytest.raises(PlatformError):
        reclassed_rules(made({**FILES, "data.json": b'{"mesh": 1}'}))
    with pytest.raises(PlatformError):
        reclassed_rules(made({"data.json": b'{"mesh": 1}'}))
    wrongs: tuple[object, ...] = ({"null-tightened": "Major"}, [], {"x": None}, {"x": ["major"]})
    for wrong in wrongs:
        with pytest.raises(PlatformError) as raised:
            reclassed_rules(made({**FILES, where: json.dumps({"classes": wrong}).encode()}))
        assert raised.value.code == "PLT-POLICY-001"


# ---- The archive


def test_an_archive_has_the_same_bytes_every_time_and_holds_the_bundle(tmp_path: Path) -> None:
    bundle = made()
    packed = archive.pack(bundle)
    assert packed == archive.pack(
        from_files({**dict(reversed(list(bundle.files.items()))), ".manifest": bundle.manifest})
    )
    assert archive.unpack(packed) == bundle
    (place := tmp_path / "b.tar.gz").write_bytes(packed)
    assert released(str(place)) == bundle
    with tarfile.open(place) as tar:
        assert {(e.mtime, e.uid, e.gid, e.uname, e.mode) for e in tar} == {(0, 0, 0, "", 0o644)}
    assert gzip.decompress(packed)[:10] == b".manifest\0"


def test_the_bytes_of_an_archive_are_known() -> None:
    """They may never change: a digest of them stands in people's settings."""
    bundle = released_from({"mesh/a.rego": b"package mesh.a\n" * 6000}, "1.0.0", DAY)
    found = hashlib.sha256(archive.pack(bundle)).hexdigest()
    assert found == "8eb92733f399af2778dd42628075691df7a67f7f39c968577baf141723ed0226"


def test_an_unpacked_folder_is_a_bundle_too(tmp_path: Path) -> None:
    bundle = made()
    for path, content in {**bundle.files, ".manifest": bundle.manifest}.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(content)
    assert released(str(tmp_path)) == bundle


def packed(entries: list[tuple[tarfile.TarInfo, bytes]]) -> bytes:
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w:gz") as tar:
        for entry, content in entries:
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    return raw.getvalue()


def entry(name: str, kind: bytes = tarfile.REGTYPE) -> tarfile.TarInfo:
    found = tarfile.TarInfo(name)
    found.type = kind
    found.linkname = "/etc/passwd"
    return found


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not a tar",
        gzip.compress(b"not a tar"),
        packed([(entry("../outside"), b"x")]),
        packed([(entry("a/../../outside"), b"x")]),
        packed([(entry("a\\..\\b"), b"x")]),
        packed([(entry("a", tarfile.SYMTYPE), b"")]),
        packed([(entry("a", tarfile.LNKTYPE), b"")]),
        packed([(entry("a", tarfile.FIFOTYPE), b"")]),
        packed([(entry("a"), b"1"), (entry("a"), b"2")]),
        packed([(entry("a"), b"1"), (entry("./a"), b"2")]),
        packed([(entry("a"), b"1")])[:-30],
    ],
    ids=lambda _: "archive",  # a name made of bytes that hold the time differs in each process
)
def test_a_hostile_archive_is_refused(content: bytes, tmp_path: Path) -> None:
    (place := tmp_path / "b.tar.gz").write_bytes(content)
    with pytest.raises(PlatformError) as raised:
        released(str(place))
    assert raised.value.code == "PLT-POLICY-001"
    assert [path.name for path in tmp_path.iterdir()] == ["b.tar.gz"]


def test_an_archive_that_grows_is_refused() -> None:
    with pytest.raises(PlatformError, match="larger"):
        archive.unpack(gzip.compress(b"\0" * (40 * 1024 * 1024)))


def test_an_archive_made_by_others_is_read() -> None:
    bundle = made()
    files = {**bundle.files, ".manifest": bundle.manifest}
    entries = [(entry("mesh", tarfile.DIRTYPE), b"")]
    entries += [(entry(f"/{path}"), content) for path, content in files.items()]
    assert archive.unpack(packed(entries)) == bundle


def test_a_bundle_that_is_not_there_is_refused(tmp_path: Path) -> None:
    for place in (
        str(tmp_path / "none"),
        "http://127.0.0.1/b#sha256:0",
        "https://127.0.0.1:1/b#sha256:0",
    ):
        with pytest.raises(PlatformError) as raised:
            released(place)
        assert raised.value.code == "PLT-POLICY-001"


def test_a_download_must_have_its_digest(monkeypatch: pytest.MonkeyPatch) -> None:
    content = archive.pack(made())
    monkeypatch.setattr(archive, "_download", lambda _: content)
    right = hashlib.sha256(content).hexdigest()
    assert released(f"https://example.com/b#sha256:{right}") == made()
    with pytest.raises(PlatformError, match="gave sha256"):
        released(f"https://example.com/b#sha256:{'0' * 64}")


# ---- Making a release


def a_folder(tmp_path: Path) -> Path:
    for path, content in FILES.items():
        (tmp_path / "own" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "own" / path).write_bytes(content)
    return tmp_path / "own"


def test_a_release_is_made_of_a_folder(tmp_path: Path) -> None:
    folder = a_folder(tmp_path)
    first = release.of(folder, "1.0.0", "2027-01-01", None)
    assert load(folder) == first
    assert first.earlier == ()
    (tmp_path / "1.tar.gz").write_bytes(archive.pack(first))
    (folder / "more.md").write_bytes(b"more\n")
    second = release.of(folder, "1.1.0", "2027-02-01T12:00:00+01:00", tmp_path / "1.tar.gz")
    assert second.earlier == (first.release,)
    assert second.release.required_from == datetime(2027, 2, 1, 11, tzinfo=UTC)
    (tmp_path / "2.tar.gz").write_bytes(archive.pack(second))
    third = release.of(folder, "1.2.0", "2027-03-01", tmp_path / "2.tar.gz")
    assert [each.version for each in third.earlier] == ["1.0.0", "1.1.0"]
    assert release.of(folder, None, None, None) == third


def test_a_release_that_cannot_be_made_writes_nothing(tmp_path: Path) -> None:
    folder = a_folder(tmp_path)
    (tmp_path / "1.tar.gz").write_bytes(archive.pack(made()))
    for version, start, after in (
        ("1.0.0", None, None),
        (None, "2027-01-01", None),
        (" ", "2027-01-01", None),
        ("1.0.0", "soon", None),
        ("9.0.0", "2027-01-01", tmp_path / "1.tar.gz"),
    ):
        with pytest.raises(PlatformError) as raised:
            release.of(folder, version, start, after)
        assert raised.value.code == "PLT-POLICY-007"
    with pytest.raises(PlatformError) as raised:
        release.of(tmp_path / "none", None, None, None)
    assert raised.value.code == "PLT-POLICY-007"
    (folder / "mesh/retention/retention.rego").write_text(
        "package mesh.retention\n\ndeny contains 1\n", encoding="utf-8"
    )
    with pytest.raises(PlatformError) as raised:
        release.of(folder, "1.0.0", "2027-01-01", None)
    assert raised.value.code == "PLT-POLICY-001"
    assert not (folder / ".manifest").exists()


def test_a_draft_has_whatever_its_files_have(tmp_path: Path) -> None:
    folder = a_folder(tmp_path)
    (folder / ".manifest").write_bytes(b"nonsense")
    assert draft(folder).files == FILES


def test_importing_policies_is_cheap() -> None:
    import subprocess
    import sys

    program = (
        "import sys, platform_cli.policies, platform_cli.domain_repo.inputs; print(*sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        env=dict(os.environ),
    )
    heavy = {
        "regorus",
        "yaml",
        "tarfile",
        "copier",
        "pydantic",
        "urllib.request",
        "subprocess",
        "git",
    }
    assert not heavy & set(done.stdout.split())


def test_the_releases_that_the_program_carries_can_be_read() -> None:
    assert all(isinstance(each, Release) for each in released().earlier)
