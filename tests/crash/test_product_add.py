"""SIGKILL to `product add` at every file it makes: the same command goes on from whole files."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from platform_cli.domain_repo import placing
from platform_cli.domain_repo.adding import add
from tests.unit.product_repository import CONTRACT, FILES, contents, make

pytestmark = pytest.mark.crash

# Each point is a process of its own, forked from one that has imported everything already.
CHILD = """
import os, signal, sys, tempfile
from pathlib import Path
import copier, yaml
from platform_cli.domain_repo.about import about
from platform_cli.domain_repo.adding import add

def at(name, number, when):
    real, left = getattr(os, name), [number]
    def call(*given, **named):
        left[0] -= 1
        if not left[0] and when == 'before':
            os.kill(os.getpid(), signal.SIGKILL)
        result = real(*given, **named)
        if not left[0]:
            os.kill(os.getpid(), signal.SIGKILL)
        return result
    setattr(os, name, call)

for line in sys.stdin:
    folder, scratch, name, number, when = line.split()
    child = os.fork()
    if child == 0:
        at(name, int(number), when)
        add('returns', about(Path(folder)), {}, Path(scratch))
        os._exit(0)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""
POINTS = [
    *(("link", number, when) for number in range(1, 8) for when in ("before", "after")),
    *(("fsync", number, "before") for number in (1, 4, 8, 9)),
]


def test_a_kill_at_every_file(tmp_path: Path) -> None:
    lines = []
    for index, (name, number, when) in enumerate(POINTS):
        make(tmp_path / str(index) / "loyalty")
        (tmp_path / str(index) / "scratch").mkdir()
        place = tmp_path / str(index)
        lines.append(f"{place / 'loyalty'} {place / 'scratch'} {name} {number} {when}\n")
    done = subprocess.run(
        [sys.executable, "-c", CHILD],
        input="".join(lines),
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )
    assert done.stdout.split() == ["-9"] * len(POINTS), done.stderr
    whole = _made(tmp_path / "whole")
    for index, point in enumerate(POINTS):
        _look(tmp_path / str(index), whole, point)


def _made(folder: Path) -> dict[str, tuple[int, bytes]]:
    """The repository after an unharmed call."""
    (folder / "scratch").mkdir(parents=True)
    own = make(folder / "loyalty")
    add("returns", own, {}, folder / "scratch")
    return contents(own.folder)


def _look(place: Path, whole: dict[str, tuple[int, bytes]], point: tuple[str, int, str]) -> None:
    left = contents(place / "loyalty")
    files = set(left) & set(FILES)
    assert {name: left[name] for name in files} == {name: whole[name] for name in files}, point
    # The contract says that the table is there: it never comes before the rest.
    assert CONTRACT not in files or files == set(FILES), point
    own = make(place / "loyalty")
    (place / "again").mkdir()
    again = add("returns", own, {}, place / "again")
    assert again.outcome == ("conflict" if files == set(FILES) else "added"), point
    now = contents(place / "loyalty")
    if again.outcome == "added":
        assert now == whole, point
    else:
        assert {name: about for name, about in now.items() if placing.STAGING not in name} == whole
