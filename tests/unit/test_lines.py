"""What a file to import must be: whole, or it is refused with the line."""

from __future__ import annotations

from pathlib import Path

import pytest

from platform_cli import wiring
from platform_cli.errors import PlatformError
from platform_cli.journal import lines
from platform_cli.settings import load


@pytest.mark.parametrize("content", [b"{", b"[]\n", b"\xff\n", b"x" * 2_000_000])
def test_a_bad_line_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "events.jsonl"
    path.write_bytes(b"\n" + content)
    with pytest.raises(PlatformError) as caught:
        list(lines.read(path))
    assert caught.value.code == "PLT-JOURNAL-004"
    assert f"{path}:2" in caught.value.summary


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(PlatformError) as caught:
        list(lines.read(tmp_path / "absent"))
    assert caught.value.code == "PLT-JOURNAL-004"


def test_a_journal_that_this_version_cannot_keep_is_refused(tmp_path: Path) -> None:
    environment = {
        "PLATFORM_HOME": str(tmp_path),
        "HOME": str(tmp_path),
        "PLATFORM_CLI_JOURNAL_URL": "postgresql://db.example.org/journal",
    }
    settings = load(environ=environment, cwd=tmp_path)
    with pytest.raises(PlatformError) as caught, wiring.reading(settings):
        pass
    assert caught.value.code == "PLT-JOURNAL-006"
