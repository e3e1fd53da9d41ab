"""Configuration files that are broken or hostile: refused with their place, and in no time."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from platform_cli.errors import PlatformError
from platform_cli.settings import Settings, load
from platform_cli.settings.files import LARGEST


def load_file(tmp_path: Path, content: bytes) -> Settings:
    config = tmp_path / "config.toml"
    config.write_bytes(content)
    return load(environ={"HOME": str(tmp_path)}, cwd=tmp_path, config=config)


def refusal_of(config: Path, cwd: Path) -> PlatformError:
    with pytest.raises(PlatformError) as caught:
        load(environ={"HOME": str(cwd)}, cwd=cwd, config=config)
    assert caught.value.code == "PLT-SETTINGS-001"
    assert caught.value.summary.isprintable()
    return caught.value


def refusal(tmp_path: Path, content: bytes) -> PlatformError:
    config = tmp_path / "config.toml"
    config.write_bytes(content)
    return refusal_of(config, tmp_path)


@pytest.mark.parametrize(
    "content", [b"", b"\n", b"# only\n", b"\xef\xbb\xbf", b"\xef\xbb\xbfoutput.width = 90\r\n"]
)
def test_unusual_but_good(tmp_path: Path, content: bytes) -> None:
    settings = load_file(tmp_path, content)
    assert settings.output.width == (90 if b"width" in content else None)


@pytest.mark.parametrize(
    ("content", "place"),
    [
        (b"x", ":1:2"),
        (b"[kpi]\ntarget_minutes = \n", ":2:18"),
        (b"[kpi]\n[kpi]\n", ":2:5"),
        (b"profile = 'a'\nprofile = 'b'\n", ":2:14"),
        (b"a = 1\r\nb = = 2\r\n", ":2:5"),
        (b"profile = '\x00'", ":1:12"),
        (b"profile = 'a'\n\xff", ":2:1"),
        (b"# caf\xe9\n", ":1:6"),
        ("profile = 'x'".encode("utf-16"), ":1:1"),
        ("profile = 'x'".encode("utf-32"), ":1:1"),
        (b"x\x00=\x001\x00", ":1:2"),
        (b"profile = 'a", None),
        (b"x = 2026-02-30", ":1:5"),
        (b"x = " + b"9" * 1000 + b"z", None),
        (b"\xed\xa0\x80 = 1", ":1:1"),
    ],
)
def test_what_is_not_toml_or_not_utf8_has_a_place(
    tmp_path: Path, content: bytes, place: str | None
) -> None:
    error = refusal(tmp_path, content)
    assert error.address is not None
    assert error.address.startswith(f"{tmp_path / 'config.toml'}:")
    if place is not None:
        assert error.address.endswith(place)
    assert "config init" in error.hint


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    "content",
    [
        b"x = " + b"[\n" * (LARGEST // 2 - 10),
        b"x = " + b"[" * 1000,
        b"x = " + b"{a = " * 200,
        b"a." * (LARGEST // 2 - 4) + b"a = 1",
        b"x = '" + b"a" * (LARGEST - 10) + b"'",
        b"#" * LARGEST,
        b"x" * (LARGEST + 1),
        b"\n" * (LARGEST + 1),
        b"x = 1\n" * 5000,
    ],
    ids=[
        "arrays",
        "arrays in a line",
        "tables",
        "dotted",
        "long text",
        "long comment",
        "large",
        "lines",
        "duplicates",
    ],
)
def test_what_would_cost_time_or_memory(tmp_path: Path, content: bytes) -> None:
    refusal(tmp_path, content)


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    "content",
    [
        (
            "["
            + "a." * 500
            + "a]\n"
            + "b.c = 1\n" * 0
            + "".join(f"b{n}.c = 1\n" for n in range(2000))
        ).encode(),
        "".join(f"[k{n}.a]\n" for n in range(2500)).encode(),
        "".join(f"profiles.p{n}.x = 1\n" for n in range(1200)).encode(),
        "".join(f"profile{n:04} = 1\n" for n in range(1500)).encode(),
    ],
    ids=["deep", "tables", "profiles", "near names"],
)
def test_what_is_read_but_costly_to_answer(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(PlatformError) as caught:
        load_file(tmp_path, content)
    assert caught.value.code == "PLT-SETTINGS-002"


def test_a_directory(tmp_path: Path) -> None:
    assert "not a regular file" in refusal_of(tmp_path, tmp_path).summary
    (tmp_path / "platform.toml").mkdir()
    refusal_of(tmp_path / "platform.toml", tmp_path)


@pytest.mark.timeout(60)
def test_a_fifo_does_not_hang(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "platform.toml")
    with pytest.raises(PlatformError) as caught:
        load(environ={"HOME": str(tmp_path)}, cwd=tmp_path)
    assert "not a regular file" in caught.value.summary


@pytest.mark.timeout(60)
@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="needs /dev/zero")
def test_a_device_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "platform.toml").symlink_to("/dev/zero")
    with pytest.raises(PlatformError) as caught:
        load(environ={"HOME": str(tmp_path)}, cwd=tmp_path)
    assert caught.value.code == "PLT-SETTINGS-001"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_a_file_without_permission(tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text("")
    config.chmod(0)
    assert "cannot be read" in refusal_of(config, tmp_path).summary


def test_links(tmp_path: Path) -> None:
    dangling = tmp_path / "dangling.toml"
    dangling.symlink_to(tmp_path / "nothing")
    assert "symbolic link to nothing" in refusal_of(dangling, tmp_path).summary
    loop = tmp_path / "loop.toml"
    loop.symlink_to(loop)
    assert "cannot be read" in refusal_of(loop, tmp_path).summary
    (tmp_path / "real.toml").write_text("output.width = 33")
    good = tmp_path / "good.toml"
    good.symlink_to("real.toml")
    assert load(environ={"HOME": str(tmp_path)}, cwd=tmp_path, config=good).output.width == 33


def test_a_config_that_was_named_must_exist(tmp_path: Path) -> None:
    error = refusal_of(tmp_path / "none.toml", tmp_path)
    assert "does not exist" in error.summary
    assert "config init" in error.hint
    (tmp_path / "file").write_text("")
    assert "does not exist" in refusal_of(tmp_path / "file" / "x.toml", tmp_path).summary


def test_a_name_that_no_file_can_have(tmp_path: Path) -> None:
    assert "not a path" in refusal_of(tmp_path / "x\x00y", tmp_path).summary
    refusal_of(tmp_path / ("x" * 5000), tmp_path)


def test_the_position_does_not_depend_on_the_parsers_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class PlacedError(ValueError):
        lineno = 4
        colno = 7

    def refuse(_text: str) -> None:
        raise PlacedError

    monkeypatch.setattr("tomllib.loads", refuse)
    assert str(refusal(tmp_path, b"").address).endswith(":4:7")
