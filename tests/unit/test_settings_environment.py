"""Places, the terminal, and the environment that other programs get."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import platformdirs
import pytest

from platform_cli.errors import PlatformError
from platform_cli.settings import Terminal, config_file, home, load, process_environment, terminal


def test_home_is_what_platform_home_says(tmp_path: Path) -> None:
    environ = {"PLATFORM_HOME": str(tmp_path / "p"), "HOME": str(tmp_path)}
    assert home(environ) == tmp_path / "p"
    assert load(environ=environ, cwd=tmp_path).home == tmp_path / "p"
    assert home({"PLATFORM_HOME": "p/../q"}, tmp_path) == tmp_path / "q"
    assert home({"PLATFORM_HOME": "~/p", "HOME": str(tmp_path)}) == tmp_path / "p"
    assert home({"PLATFORM_HOME": "", "HOME": str(tmp_path)}) == home({"HOME": str(tmp_path)})
    assert not (tmp_path / "p").exists()


def test_a_relative_home_starts_at_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PLATFORM_HOME", "p")
    assert home() == tmp_path / "p"


@pytest.mark.parametrize(
    "environ",
    [
        {"HOME": "/somewhere"},
        {"HOME": "/somewhere", "XDG_CONFIG_HOME": "/c", "XDG_DATA_HOME": "/d"},
        {"HOME": "/somewhere", "XDG_CONFIG_HOME": "relative", "XDG_DATA_HOME": ""},
        {"HOME": "relative", "XDG_CONFIG_HOME": "", "XDG_DATA_HOME": ""},
    ],
)
def test_places_are_those_of_platformdirs(
    environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    assert home(environ) == platformdirs.user_data_path("platform-cli", appauthor=False)
    expected = platformdirs.user_config_path("platform-cli", appauthor=False) / "config.toml"
    assert config_file(environ) == expected


def test_no_home_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    def lost(*_args: object, **_kwargs: object) -> Path:
        raise RuntimeError

    monkeypatch.setattr(platformdirs, "user_data_path", lost)
    with pytest.raises(PlatformError) as caught:
        home({})
    assert caught.value.code == "PLT-HOME-001"
    assert "PLATFORM_HOME" in caught.value.hint


def test_the_environment_is_a_copy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CANARY", "1")
    copy = process_environment()
    copy["CANARY"] = "2"
    assert os.environ["CANARY"] == "1"
    given = {"A": "b"}
    process_environment(given)["A"] = "c"
    assert given == {"A": "b"}


NOTHING = Terminal(no_color=False, force_color=False, term_dumb=False, ci=False, columns=None)


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, NOTHING),
        ({"NO_COLOR": "", "FORCE_COLOR": "", "CI": "", "COLUMNS": "", "TERM": ""}, NOTHING),
        ({"CI": "false", "TERM": "xterm-256color"}, NOTHING),
        ({"COLUMNS": "0"}, NOTHING),
        ({"COLUMNS": "-5"}, NOTHING),
        ({"COLUMNS": "wide"}, NOTHING),
        ({"COLUMNS": "99999999999"}, NOTHING),
        ({"COLUMNS": "\u0668\u0660"}, NOTHING),
        (
            {"NO_COLOR": "1"},
            Terminal(no_color=True, force_color=False, term_dumb=False, ci=False, columns=None),
        ),
        (
            {"FORCE_COLOR": "1"},
            Terminal(no_color=False, force_color=True, term_dumb=False, ci=False, columns=None),
        ),
        (
            {"TERM": "dumb"},
            Terminal(no_color=False, force_color=False, term_dumb=True, ci=False, columns=None),
        ),
        (
            {"CI": "true"},
            Terminal(no_color=False, force_color=False, term_dumb=False, ci=True, columns=None),
        ),
        (
            {"COLUMNS": "132"},
            Terminal(no_color=False, force_color=False, term_dumb=False, ci=False, columns=132),
        ),
    ],
)
def test_the_terminal(environ: dict[str, str], expected: Terminal) -> None:
    assert terminal(environ) == expected


def test_the_terminal_of_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "77")
    assert terminal().columns == 77


def test_loading_imports_nothing_heavy(tmp_path: Path) -> None:
    program = """
import sys
from platform_cli.settings import load
load(environ={"HOME": "/nowhere"})
heavy = ("pydantic", "platformdirs", "tomllib", "difflib", "zoneinfo", "json")
print([name for name in heavy if name in sys.modules])
"""
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"
