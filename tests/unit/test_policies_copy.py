"""The copy in a repository: every way to opt out is named, and sync takes all of them back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from platform_cli import policies
from platform_cli.errors import PlatformError
from platform_cli.policies.bundle import Bundle, Release, released_from
from platform_cli.policies.working_copy import check_copy, sync

SECOND = timedelta(seconds=1)
JAN, FEB, MAR = (datetime(2027, month, 1, tzinfo=UTC) for month in (1, 2, 3))
FILES = dict(policies.released().files)
FIRST = released_from({**FILES, "mesh/old.txt": b"1"}, "1.0.0", JAN)
SECOND_ONE = released_from({**FILES, "mesh/old.txt": b"2"}, "1.1.0", FEB, (FIRST.release,))
THIRD = released_from(FILES, "1.2.0", MAR, (FIRST.release, SECOND_ONE.release))


def write(repository: Path, bundle: Bundle) -> Path:
    folder = repository / "policies"
    for path, content in {**bundle.files, ".manifest": bundle.manifest}.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    return folder


def found(repository: Path, bundle: Bundle = THIRD, now: datetime = JAN) -> list[tuple[str, str]]:
    return [(d.severity, d.address) for d in check_copy(repository, bundle, now)]


def test_a_right_copy_has_nothing_wrong(tmp_path: Path) -> None:
    write(tmp_path, THIRD)
    assert found(tmp_path) == []
    assert sync(tmp_path, THIRD) == ()


def test_no_copy_at_all_is_a_failure(tmp_path: Path) -> None:
    assert found(tmp_path) == [("deny", "policies")]
    (tmp_path / "policies").mkdir()
    assert found(tmp_path) == [("deny", "policies")]


def test_a_changed_file_is_named(tmp_path: Path) -> None:
    folder = write(tmp_path, THIRD)
    (folder / "mesh/limits/data.json").write_bytes(b"{}\n")
    assert found(tmp_path) == [("deny", "policies/mesh/limits/data.json")]
    (decision,) = check_copy(tmp_path, THIRD, JAN)
    assert "is not as the release 1.2.0 has it" in decision.message
    assert "policy sync" in decision.way_out


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    folder = write(tmp_path, THIRD)
    (folder / "mesh/retention/retention.rego").unlink()
    assert found(tmp_path) == [("deny", "policies/mesh/retention/retention.rego")]


def test_an_added_file_is_named(tmp_path: Path) -> None:
    folder = write(tmp_path, THIRD)
    (folder / "mesh/retention/allow.rego").write_bytes(b"package mesh.retention\n")
    (folder / "empty").touch()
    assert found(tmp_path) == [
        ("deny", "policies/empty"),
        ("deny", "policies/mesh/retention/allow.rego"),
    ]


@pytest.mark.parametrize("content", [b"", b"{}", b"\xff", THIRD.manifest.replace(b"2027", b"2028")])
def test_a_changed_manifest_is_named(tmp_path: Path, content: bytes) -> None:
    (write(tmp_path, THIRD) / ".manifest").write_bytes(content)
    assert found(tmp_path) == [("deny", "policies/.manifest")]


def test_a_link_is_a_changed_file_even_where_it_points_at_the_right_one(tmp_path: Path) -> None:
    folder = write(tmp_path, THIRD)
    outside = tmp_path / "outside"
    outside.write_bytes(THIRD.files["mesh/limits/data.json"])
    (folder / "mesh/limits/data.json").unlink()
    (folder / "mesh/limits/data.json").symlink_to(outside)
    assert found(tmp_path) == [("deny", "policies/mesh/limits/data.json")]


def test_a_linked_folder_is_no_copy(tmp_path: Path) -> None:
    write(tmp_path / "elsewhere", THIRD)
    (tmp_path / "repository").mkdir()
    (tmp_path / "repository/policies").symlink_to(tmp_path / "elsewhere/policies")
    assert found(tmp_path / "repository") == [("deny", "policies")]
    with pytest.raises(PlatformError) as raised:
        sync(tmp_path / "repository", THIRD)
    assert raised.value.code == "PLT-POLICY-007"


def test_a_linked_folder_inside_is_named(tmp_path: Path) -> None:
    folder = write(tmp_path, THIRD)
    (folder / "mesh/limits").rename(tmp_path / "limits")
    (folder / "mesh/limits").symlink_to(tmp_path / "limits")
    assert found(tmp_path) == [
        ("deny", "policies/mesh/limits"),
        ("deny", "policies/mesh/limits/data.json"),
    ]


@pytest.mark.parametrize(
    ("bundle", "required"), [(FIRST, FEB), (SECOND_ONE, MAR)], ids=["1.0.0", "1.1.0"]
)
def test_an_older_release_is_a_warning_until_its_successor_is_required(
    tmp_path: Path, bundle: Bundle, required: datetime
) -> None:
    write(tmp_path, bundle)
    assert found(tmp_path, now=required - SECOND) == [("warn", "policies")]
    assert found(tmp_path, now=required) == [("deny", "policies")]
    (decision,) = check_copy(tmp_path, THIRD, required - SECOND)
    successor = "1.1.0" if bundle is FIRST else "1.2.0"
    assert bundle.version in decision.message
    assert f"{successor} is required from {required.date().isoformat()}" in decision.message


def test_an_older_release_that_was_changed_is_no_older_release(tmp_path: Path) -> None:
    folder = write(tmp_path, FIRST)
    (folder / "mesh/limits/data.json").write_bytes(b"{}\n")
    assert ("deny", "policies/mesh/limits/data.json") in found(tmp_path)
    write(tmp_path, FIRST)
    (folder / ".manifest").write_bytes(b"{}")
    assert all(severity == "deny" for severity, _ in found(tmp_path))


def test_a_manifest_of_an_older_release_on_other_files_buys_no_time(tmp_path: Path) -> None:
    folder = write(tmp_path, THIRD)
    (folder / "mesh/limits/data.json").write_bytes(b"{}\n")
    (folder / ".manifest").write_bytes(FIRST.manifest)
    assert [severity for severity, _ in found(tmp_path)] == ["deny", "deny"]


def test_a_newer_release_than_the_program_knows_is_a_failure(tmp_path: Path) -> None:
    write(tmp_path, THIRD)
    assert all(severity == "deny" for severity, _ in found(tmp_path, SECOND_ONE))


def test_the_program_s_list_of_earlier_releases_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = Release("0.9.0", FIRST.digest, JAN)
    monkeypatch.setattr("platform_cli.policies.bundle._carried", lambda: (old,))
    assert policies.released().earlier == (old,)


# ---- Sync


def everything_wrong(tmp_path: Path) -> Path:
    folder = write(tmp_path, THIRD)
    (folder / "mesh/limits/data.json").write_bytes(b"{}\n")
    (folder / "mesh/retention/retention.rego").unlink()
    (folder / "mesh/more/deep").mkdir(parents=True)
    (folder / "mesh/more/deep/x.rego").write_bytes(b"package x\n")
    (folder / "mesh/tags/tags.rego").unlink()
    (folder / "mesh/tags/tags.rego").symlink_to(tmp_path / "precious")
    (folder / "mesh/shown").rename(tmp_path / "shown")
    (folder / "mesh/shown").symlink_to(tmp_path / "shown")
    (folder / "README.md").unlink()
    (folder / "README.md").mkdir()
    (folder / "README.md" / "x").touch()
    (tmp_path / "precious").write_bytes(b"precious")
    return folder


def test_sync_takes_back_whatever_was_done(tmp_path: Path) -> None:
    folder = everything_wrong(tmp_path)
    planned = sync(tmp_path, THIRD, write=False)
    assert found(tmp_path) != []
    assert sync(tmp_path, THIRD) == planned
    assert found(tmp_path) == []
    assert sync(tmp_path, THIRD) == ()
    assert not (folder / "mesh/more").exists()
    assert (tmp_path / "precious").read_bytes() == b"precious"
    assert (tmp_path / "shown/shown.rego").exists()
    assert {change.difference for change in planned} == {"changed", "missing", "added"}


def test_sync_makes_a_copy_where_there_is_none(tmp_path: Path) -> None:
    sync(tmp_path, THIRD)
    assert found(tmp_path) == []


def test_sync_brings_an_older_release_up(tmp_path: Path) -> None:
    write(tmp_path, FIRST)
    assert {change.path for change in sync(tmp_path, THIRD)} == {".manifest", "mesh/old.txt"}
    assert found(tmp_path, now=MAR) == []
