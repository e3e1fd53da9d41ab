"""Export, import and the figures take the same memory however many events there are."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from platform_cli.journal.event import to_line
from tests.providers.journal_events import event

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(
        not Path("/proc/self/status").exists(), reason="only Linux tells a process's own peak"
    ),
]

# The most that the process had, of its own: what `getrusage` tells begins with its parent's.
MEASURED = """
import sys
from platform_cli.cli.app import run

code = run(sys.argv[1:])
sys.stderr.write(open("/proc/self/status").read().split("VmHWM:")[1].split()[0])
sys.exit(code)
"""
FEW, MANY = 1_000, 15_000


def peak(home: Path, *words: str) -> int:
    environment = {"PLATFORM_HOME": str(home), "HOME": str(home), "PATH": "/usr/bin:/bin"}
    done = subprocess.run(
        [sys.executable, "-c", MEASURED, *words],
        env=environment,
        cwd=home,
        capture_output=True,
        check=True,
    )
    return int(done.stderr)


def lines(path: Path, number: int) -> Path:
    with path.open("w", encoding="utf-8") as file:
        for n in range(number):
            of = f"o{n // 30}"
            made = event(n, onboarding=of, domain=f"domain-{n // 30}", detail={"text": "x" * 300})
            file.write(to_line(made) + "\n")
    return path


def test_fifteen_times_the_events_take_no_more_memory(tmp_path: Path) -> None:
    """Held in memory, the events of the larger journal would be some thirty megabytes."""
    found: dict[int, list[int]] = {}
    for number in (FEW, MANY):
        home = tmp_path / str(number)
        home.mkdir()
        file = lines(home / "events.jsonl", number)
        found[number] = [
            peak(home, "journal", "import", str(file)),
            peak(home, "journal", "export", "--output", str(home / "again.jsonl")),
            peak(home, "kpi", "onboarding", "--format", "json"),
        ]
        assert (home / "again.jsonl").read_bytes() == file.read_bytes()
    grown = [many / few for few, many in zip(found[FEW], found[MANY], strict=True)]
    # SQLite's own cache is filled by the larger one: up to 16 MB of some 60.
    assert max(grown) < 1.4, (found, grown)
