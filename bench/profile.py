"""Where the time of a run goes: `python -m bench profile latency latency-both policies`.

Every moment is counted once, so that the parts add up to the whole; medians over the runs. Told
below the table, for the ratios that are above their goal: what is above it is in one of these.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from statistics import median

from bench import latency, policies
from bench.latency import LATENCY_S, Lived, Spent

Parts = Mapping[str, float]

START = "start: Python, imports, settings, until the journal has the run"
PLAN_CALLS = "the plan: waiting for its calls"
PLAN_OURS = "the plan: the rest of rendering, in a process beside, and of importing"
API = "waiting for the API"
GIT = "waiting for the server of git alone"
OURS = "between calls: the journal, git's own processes, our work"
LEAVING = "after the last call: telling and leaving"

# Its first argument is when it was started, by the clock that all processes share.
MARKED = """
import json, sys, time

marks = {"begun": float(sys.argv[1])}

def marked(module, name, *, before=None, after=None):
    function = getattr(module, name)
    def called(*args, **more):
        if before:
            marks[before] = time.monotonic()
        answer = function(*args, **more)
        if after:
            marks[after] = time.monotonic()
        return answer
    setattr(module, name, called)

from platform_cli.cli.render import json as told
from platform_cli.domain_repo import inputs
from platform_cli.policies import embedded

marked(inputs, "decide", before="asked")
marked(inputs, "evaluate", before="read", after="evaluated")
marked(embedded, "_compiled", after="compiled")
marked(told, "write", after="told")
sys.argv[:2] = ["platform-cli"]
try:
    from platform_cli.__main__ import main
    main()
finally:
    sys.stderr.write(json.dumps(marks))
"""


def run(name: str, runs: int) -> str:
    """The table of one measurement, in Markdown."""
    if name == "policies":
        return _policies(runs)
    lives = [latency.lived(paged=name == "latency-both") for _ in range(runs)]
    chain = round(lives[0].chain_s / LATENCY_S)
    followed = round(median(_longest_chain(one.calls) for one in lives))
    calls = round(median(len(one.calls) for one in lives))
    about = (
        f"{calls} calls, {followed} of which followed each other, where {chain} must: those alone "
        f"take {chain * LATENCY_S:.1f} s."
    )
    return _table(name, [_latency(one) for one in lives], about)


def _table(name: str, runs: Sequence[Parts], about: str) -> str:
    rows = {part: median(one[part] for one in runs) for part in runs[0]}
    whole = sum(rows.values())
    lines = [f"| {part} | {took_s:.2f} | {took_s / whole:.0%} |" for part, took_s in rows.items()]
    head = f"### `{name}`, by its parts\n\n{about}\n\n| part | s | of the whole |\n|---|---|---|\n"
    return head + "\n".join(lines) + f"\n\nMedians of {len(runs)}.\n"


def _latency(one: Lived) -> Parts:
    moments = dict(reversed(one.moments))  # the first of each kind
    started_s = moments["run.started"]
    changing_s = min(at for kind, at in one.moments if kind.startswith("call.intent"))
    last_s = max(call.ended_s for call in one.calls)
    found = dict.fromkeys((START, PLAN_CALLS, PLAN_OURS, API, GIT, OURS, LEAVING), 0.0)
    edges = {0.0, started_s, changing_s, last_s, one.took_s}
    edges |= {edge for call in one.calls for edge in (call.begun_s, call.ended_s)}
    ordered = sorted(edge for edge in edges if edge <= one.took_s)
    for begun_s, ended_s in pairwise(ordered):
        under_way = [c.what for c in one.calls if c.begun_s <= begun_s and c.ended_s >= ended_s]
        if begun_s >= last_s:
            part = LEAVING
        elif begun_s < started_s:
            part = START
        elif begun_s < changing_s:
            part = PLAN_CALLS if under_way else PLAN_OURS
        elif any(".git/" not in what for what in under_way):
            part = API
        else:
            part = GIT if under_way else OURS
        found[part] += ended_s - begun_s
    return found


def _longest_chain(calls: Iterable[Spent]) -> int:
    """How many of the calls did follow each other: always the next that ends first."""
    count, free_s = 0, float("-inf")
    for call in sorted(calls, key=lambda call: call.ended_s):
        if call.begun_s >= free_s:
            count, free_s = count + 1, call.ended_s
    return count


def _policies(runs: int) -> str:
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        ours, theirs = policies.commands(place)
        script = place / "marked.py"
        script.write_text(MARKED, encoding="utf-8")
        lives = [_marked([sys.executable, str(script)], ours[1:], place) for _ in range(runs)]
        beside = [_timed(theirs, place) for _ in range(runs)]
        empty = [_timed([*theirs[:-1], "true"], place) for _ in range(runs)]
    about = (
        f"Beside it `opa eval` takes {median(beside):.2f} s, {median(empty):.2f} s of them to "
        "start and to read the bundle and the one file: it is a compiled program, that evaluates "
        "on one core and collects its garbage on the other."
    )
    return _table("policies", lives, about)


def _marked(python: Sequence[str], arguments: Sequence[str], place: Path) -> Parts:
    begun_s = time.monotonic()
    done = subprocess.run(
        [*python, str(begun_s), *arguments], cwd=place, capture_output=True, check=False
    )
    ended_s = time.monotonic()
    marks = json.loads(done.stderr)
    edges = [marks[name] for name in ("begun", "asked", "read", "compiled", "evaluated", "told")]
    names = (
        "start: Python, imports, the command line of 1,000 files",
        "reading 1,000 files, and making each readable in one way",
        "reading, compiling and guarding the bundle",
        "evaluating, in two processes",
        "telling",
        "leaving",
    )
    return dict(zip(names, _between([*edges, ended_s]), strict=True))


def _timed(argv: Sequence[str], place: Path) -> float:
    begun_s = time.monotonic()
    subprocess.run(argv, cwd=place, capture_output=True, check=True)
    return time.monotonic() - begun_s


def _between(edges: Sequence[float]) -> Iterator[float]:
    for begun_s, ended_s in pairwise(edges):
        yield ended_s - begun_s
