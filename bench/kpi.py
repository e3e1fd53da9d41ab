"""`kpi onboarding` over 1,000 and 10,000 onboardings, beside the percentiles alone in DuckDB.

What grows is told too: ten times the onboardings, so many times the time and the memory.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from bench.measure import Ratio, Side, compare
from platform_cli.journal.event import Event, EventType
from platform_cli.journal.sqlite import SqliteJournal

FEW, MANY = 1_000, 10_000
# The ratio beside DuckDB is told and has no goal: it answers one of the report's twenty questions.
SOMETHING_IS_WRONG = 50.0
STEPS = ("render", "repo.create", "repo.push", "repo.protect", "catalog.schemas", "oncall.rotation")
BEGIN = datetime(2025, 1, 6, 9, tzinfo=UTC)

# Only what a query can see of a lead time: the first request or run, and the first ready.
IN_DUCKDB = """
import duckdb, sys

lead = '''
    SELECT epoch_us(min(moment) FILTER (WHERE kind = 'onboarding.ready'))
         - epoch_us(min(moment) FILTER (WHERE kind IN ('onboarding.requested', 'run.started')))
           AS us
    FROM read_csv(?, header = true)
    GROUP BY onboarding
'''
print(duckdb.execute(f'''
    SELECT count(us), quantile_cont(us, 0.5), quantile_cont(us, 0.9), quantile_cont(us, 0.95)
    FROM ({lead})
''', [sys.argv[1]]).fetchall())
"""

MEASURED = """
import sys
from platform_cli.cli.app import run

code = run(["kpi", "onboarding", "--format", "json"])
told = open("/proc/self/status").read().split("VmHWM:")
sys.stderr.write(told[1].split()[0])
sys.exit(code)
"""


def run(runs: int) -> list[Ratio]:
    """The growth first, then the ratio beside DuckDB where that is installed."""
    ours = [sys.executable, "-m", "platform_cli", "kpi", "onboarding", "--format", "json"]
    with tempfile.TemporaryDirectory() as folder:
        homes = {number: _home(Path(folder) / str(number), number) for number in (FEW, MANY)}
        if Path("/proc/self/status").exists():
            peaks = {number: _peak(home) for number, home in homes.items()}
            print(
                f"kpi: peak memory {peaks[FEW] / 1024:.0f} MiB for {FEW:,}, "
                f"{peaks[MANY] / 1024:.0f} MiB for {MANY:,} onboardings"
            )
        sides = {
            number: Side(ours, partial(Path, home), environment=_environment)
            for number, home in homes.items()
        }
        found = [
            compare(
                "kpi-growth",
                (f"kpi onboarding over {MANY:,} onboardings", sides[MANY]),
                (f"the same over {FEW:,}", sides[FEW]),
                goal=MANY / FEW,
                runs=max(3, runs // 3),
            )
        ]
        query = [sys.executable, "-c", IN_DUCKDB, "events.csv"]
        if _there():
            found.append(
                compare(
                    "kpi",
                    (f"kpi onboarding over {MANY:,} onboardings", sides[MANY]),
                    (
                        "the percentiles alone, SQL in DuckDB over the same rows",
                        Side(query, lambda: homes[MANY]),
                    ),
                    goal=SOMETHING_IS_WRONG,
                    runs=max(3, runs // 3),
                )
            )
        return found


def _there() -> bool:
    asked = subprocess.run(
        [sys.executable, "-c", "import duckdb"], capture_output=True, check=False
    )
    return asked.returncode == 0


def _environment(home: Path) -> dict[str, str]:
    return {"PLATFORM_HOME": str(home), "HOME": str(home)}


def _peak(home: Path) -> int:
    """The most memory that the process had, in KiB: of its own, not of what it was forked from."""
    done = subprocess.run(
        [sys.executable, "-c", MEASURED],
        env={**os.environ, **_environment(home)},
        capture_output=True,
        check=True,
    )
    return int(done.stderr.split()[-1])


def _home(home: Path, number: int) -> Path:
    """A journal of so many onboardings of thirty events, and the same rows for DuckDB."""
    home.mkdir()
    journal = SqliteJournal.open(home / "journal.sqlite3", home / "locks")
    with (home / "events.csv").open("w", encoding="utf-8") as rows:
        rows.write("onboarding,kind,moment\n")

        def written() -> Iterator[Event]:
            for event in _events(number):
                rows.write(f"{event.onboarding},{event.type},{event.at.isoformat()}\n")
                yield event

        journal.extend(written())
    journal.close()
    return home


def _events(number: int) -> Iterator[Event]:
    dice = random.Random(number)
    for index in range(number):
        asked = BEGIN + timedelta(minutes=30 * index)
        at = asked + timedelta(seconds=dice.lognormvariate(7, 1))
        told: list[tuple[EventType, datetime, dict[str, Any]]] = [
            ("onboarding.requested", asked, {}),
            ("run.started", at, {"detail": {"actor": "ann", "host": "box", "template": "1.0.0"}}),
        ]
        for step in STEPS:
            took_s = dice.lognormvariate(0, 1)
            told.append(("step.started", at, {"step": step, "attempt": 1}))
            middle = at + timedelta(seconds=took_s / 2)
            told.append(("call.intent", middle, {"step": step, "attempt": 1}))
            told.append(("call.result", middle, {"step": step, "attempt": 1}))
            at += timedelta(seconds=took_s)
            ending = {"duration_s": took_s, "detail": {"status": "done"}}
            told.append(("step.finished", at, {"step": step, "attempt": 1, **ending}))
        told += [("onboarding.ready", at, {}), ("run.finished", at, {})]
        for place, (kind, moment, more) in enumerate(told):
            yield Event(
                id=f"{index}-{place}",
                onboarding=f"o{index}",
                run=f"r{index}",
                domain=f"domain-{index}",
                profile="work",
                at=moment,
                type=kind,
                **more,
            )
