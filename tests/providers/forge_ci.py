"""What the tests of the embedded forge's CI share: a main with a workflow, and its build."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from threading import Event as Flag

import pytest

from platform_cli.providers.forge import workflow
from platform_cli.providers.forge.local import LocalForge
from platform_cli.providers.forge.port import Build
from tests.providers.forge_local import LocalFixtures, create
from tests.providers.forge_suite import NAME, commit_of

STEPS = "on: push\njobs:\n  build:\n    runs-on: ubuntu-24.04\n    steps:\n"


class CiFixtures(LocalFixtures):
    @pytest.fixture(autouse=True)
    def temporary(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        """Where the build's folders are made, and must be gone from."""
        place = tmp_path / "temporary"
        place.mkdir()
        monkeypatch.setattr(tempfile, "tempdir", str(place))
        return place

    def pushed(
        self,
        forge: LocalForge,
        folder: Path,
        text: str | None,
        more: Mapping[str, str] | None = None,
    ) -> str:
        create(forge)
        files = {
            **({workflow.PATH: text} if text is not None else {}),
            "a.txt": "a\n",
            **(more or {}),
        }
        return forge.push(NAME, "main", commit_of(folder / "files", files))

    def build(self, forge: LocalForge, folder: Path, text: str | None) -> Build:
        """Push a main with this workflow and build it; nothing may be left of it."""
        self.pushed(forge, folder, text)
        built = forge.build(NAME, "main", Flag())
        assert list((folder / "temporary").iterdir()) == []
        return built
