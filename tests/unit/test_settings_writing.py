"""The first configuration file: written once, for its user alone."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from platform_cli.errors import PlatformError
from platform_cli.settings import completing, load, write_starter


def test_it_is_written_where_it_will_be_read(tmp_path: Path) -> None:
    environ = {"HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path / "c")}
    path = write_starter(None, organisation="acme", environ=environ)
    settings = load(environ=environ, cwd=tmp_path)
    assert settings.config == path
    assert settings.platform.organisation == "acme"
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_another_place_and_no_answer(tmp_path: Path) -> None:
    path = write_starter(Path("a/my.toml"), environ={}, cwd=tmp_path)
    assert path == tmp_path / "a" / "my.toml"
    assert load(environ={"HOME": str(tmp_path)}, cwd=tmp_path, config=path).profiles == ("local",)


def refusal(path: Path, organisation: str | None = None) -> PlatformError:
    with pytest.raises(PlatformError) as caught:
        write_starter(path, organisation=organisation, environ={})
    return caught.value


def test_an_existing_file_stays(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text("mine")
    error = refusal(path)
    assert error.code == "PLT-SETTINGS-005"
    assert "left as it is" in error.summary
    assert path.read_text() == "mine"


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "config.toml").symlink_to(tmp_path / "elsewhere")
    assert refusal(tmp_path / "config.toml").code == "PLT-SETTINGS-005"
    assert not (tmp_path / "elsewhere").exists()


def test_a_wrong_answer_writes_nothing(tmp_path: Path) -> None:
    error = refusal(tmp_path / "x" / "config.toml", "Not A Name")
    assert error.code == "PLT-SETTINGS-002"
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert refusal(tmp_path / "file" / "x" / "config.toml").code == "PLT-SETTINGS-005"
    assert refusal(tmp_path / "a\x00b").code == "PLT-SETTINGS-005"
    assert refusal(tmp_path / ("x" * 300)).code == "PLT-SETTINGS-005"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_leaves_no_half_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    really = os.fdopen

    def full(handle: int, mode: str) -> object:
        os.close(handle)
        return really(os.open("/dev/full", os.O_WRONLY), mode)

    monkeypatch.setattr(os, "fdopen", full)
    error = refusal(tmp_path / "config.toml")
    assert error.code == "PLT-HOME-002"
    assert os.strerror(errno.ENOSPC) in error.summary
    assert list(tmp_path.iterdir()) == []


def test_completing() -> None:
    assert completing({"_PLATFORM_CLI_COMPLETE": "complete_bash"})
    assert not completing({})
