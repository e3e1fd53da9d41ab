"""A rendering in a process of its own: the same files and refusals, and an end in any case."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from threading import Thread

import pytest

from platform_cli import template
from platform_cli.errors import PlatformError
from platform_cli.template import Apart, apart, rendering

ENVOPS = """
_envops: {block_start_string: "[%", block_end_string: "%]", variable_start_string: "[[",
  variable_end_string: "]]", comment_start_string: "[#", comment_end_string: "#]",
  keep_trailing_newline: true, undefined: jinja2.StrictUndefined}
name: {type: str, default: "x", when: false}
"""
ENDLESS = "[% for a in range(99999) %][% for b in range(99999) %][% endfor %][% endfor %]\n"


@pytest.fixture(autouse=True)
def _elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where Copier is imported already no other process is started."""
    monkeypatch.delitem(sys.modules, "copier", raising=False)


def write(folder: Path, files: Mapping[str, str]) -> Path:
    for name, text in {"copier.yml": ENVOPS, **files}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def here() -> dict[str, str]:
    return dict(os.environ)


def until_it_renders(folder: Path) -> None:
    for _ in range(1200):
        if any(folder.glob(".into-*")):
            return
        time.sleep(0.05)
    pytest.fail("it does not render")


def test_it_renders_the_same_as_here(tmp_path: Path) -> None:
    source = write(tmp_path / "ö ü", {"a/[[ name ]].txt.jinja": "[[ name ]]\n", "b": "b\n"})
    done: list[bool] = []
    data = {"name": "ä ' \" $(id)"}
    with Apart(here()) as other:
        told = other.render(source, data, tmp_path / "apart", lambda: done.append(True))
    assert "copier" not in sys.modules
    assert done == [True]
    assert told == template.render(source, data, tmp_path / "here")
    for name in told.files:
        assert (tmp_path / "apart" / name).read_bytes() == (tmp_path / "here" / name).read_bytes()


def test_a_refusal_comes_back_as_it_was(tmp_path: Path) -> None:
    source = write(tmp_path / "source", {"a.txt.jinja": "[[ absent ]]\n"})
    told = []
    with Apart(here()) as other:
        for render in (other.render, template.render):
            with pytest.raises(PlatformError) as caught:
                render(source, {}, tmp_path / "into")
            told.append(caught.value)
            with pytest.raises(PlatformError) as caught:
                render(source, {"name": "a\x1bb"}, tmp_path / "into")
            told.append(caught.value)
    assert [error.code for error in told] == ["PLT-TEMPLATE-001", "PLT-SPEC-001"] * 2
    for one, other_one in zip(told[:2], told[2:], strict=True):
        assert vars(one) == vars(other_one)
    assert not (tmp_path / "into").exists()


def test_one_that_does_not_end_is_stopped(tmp_path: Path) -> None:
    source = write(tmp_path / "source", {"a.txt.jinja": ENDLESS})
    with Apart(here(), longest_s=0.5) as other, pytest.raises(PlatformError) as caught:
        other.render(source, {}, tmp_path / "into")
    assert caught.value.code == "PLT-TEMPLATE-001"
    assert "did not end within 0.5 s" in caught.value.summary
    assert not (tmp_path / "into").exists()


def test_it_ends_with_the_context(tmp_path: Path) -> None:
    source = write(tmp_path / "source", {"a.txt.jinja": ENDLESS})
    told: list[BaseException] = []

    def render(other: Apart) -> None:
        try:
            other.render(source, {}, tmp_path / "into")
        except PlatformError as error:
            told.append(error)

    with Apart(here()) as other:
        thread = Thread(target=render, args=(other,), daemon=True)
        thread.start()
        until_it_renders(tmp_path)
    thread.join(60)
    assert ["said nothing" in str(error) for error in told] == [True]
    with pytest.raises(PlatformError):
        other.render(source, {}, tmp_path / "later")


def test_it_ends_with_the_process_that_asked_however_that_ends(tmp_path: Path) -> None:
    source = write(tmp_path / "source", {"a.txt.jinja": ENDLESS})
    script = (
        "import os, sys, threading; from pathlib import Path; from platform_cli.template import Apart\n"
        "other = Apart(dict(os.environ)); source, into = map(Path, sys.argv[1:])\n"
        "threading.Thread(target=other.render, args=(source, {}, into), daemon=True).start()\n"
        "while not other._running: pass\n"
        "print(other._running[0].pid, flush=True); threading.Event().wait()\n"
    )
    argv = [sys.executable, "-c", script, str(source), str(tmp_path / "into")]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as asker:
        assert asker.stdout is not None
        pid = int(asker.stdout.readline())
        until_it_renders(tmp_path)
        asker.kill()
    for _ in range(1200):
        if not alive(pid):
            return
        time.sleep(0.05)
    os.kill(pid, signal.SIGKILL)
    pytest.fail("the rendering goes on, and nobody waits for it")


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{pid}/stat")
    # Where nobody collects it, a process that has ended keeps its number.
    return not status.exists() or status.read_text().rpartition(")")[2].split()[0] != "Z"


def test_where_no_process_can_be_started_it_renders_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object, **__: object) -> None:
        raise BlockingIOError(11, "Resource temporarily unavailable")

    source = write(tmp_path / "source", {"a.txt": "a\n"})
    monkeypatch.setattr(subprocess, "Popen", refused)
    with Apart(here()) as other:
        assert other.render(source, {}, tmp_path / "into").files == ("a.txt",)


def test_where_copier_is_here_already_it_renders_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "copier", sys)
    monkeypatch.setattr(apart, "render", lambda *_: rendering.Rendered(("here",), "1"))
    with Apart(here()) as other:
        assert other.render(tmp_path, {}, tmp_path / "into").files == ("here",)


def test_a_process_that_dies_and_a_mistake_of_ours_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = write(tmp_path / "source", {"a.txt": "a\n"})
    with Apart(here()) as other:
        with pytest.raises(RuntimeError, match="Traceback"):
            other.render(source, {}, "not\0a path")  # type: ignore[arg-type]  # a mistake
        monkeypatch.setattr(apart, "_BOOT", "import os; os.kill(os.getpid(), 9)")
        with pytest.raises(PlatformError, match="ended with -9"):
            other.render(source, {}, tmp_path / "into")


def test_nothing_in_the_working_directory_is_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "copier.py").write_text("raise SystemExit('imported')\n", encoding="utf-8")
    (tmp_path / "json.py").write_text("raise SystemExit('imported')\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    source = write(tmp_path / "source", {"a.txt": "a\n"})
    with Apart({**here(), "PYTHONPATH": str(tmp_path)}) as other:
        assert other.render(source, {}, tmp_path / "into").files == ("a.txt",)
