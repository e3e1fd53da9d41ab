"""Many domains in one home: what a command costs grows with them, and no faster.

No time is measured: statements, rows, files, processes and memory tell the same on any machine.
`--sweep all` does it with a thousand domains.
"""

from __future__ import annotations

import json
import re
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import pytest

from platform_cli.journal.event import to_line
from platform_cli.journal.sqlite import SqliteJournal
from tests.cli.program import Program, with_stand_ins
from tests.integration.scale_home import ID, Model, copied_events, make, names

ROOT = Path(__file__).parents[2]
SLACK = 5
"""A page of rows more or less is one statement."""
Costs = dict[str, int]

ALL: dict[str, tuple[str, ...]] = {
    "status": ("status",),
    "kpi": ("kpi", "onboarding", "--of-profile", "local"),
    "export": ("journal", "export"),
    "consumers": ("contract", "consumers", "orders.product.order_facts"),
    "doctor": ("doctor",),
}
ONE: dict[str, tuple[str, ...]] = {
    "status of one": ("status", names(1)[0]),
    "closing": ("journal", "close", "unknown", "--reason", "a test"),
}


@pytest.fixture(name="swept")
def _swept(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--sweep") == "all")


@pytest.fixture(name="program", scope="module")
def _program() -> Iterator[Program]:
    """Two real domains: `loyalty` in one home, and `orders` in another one beside it."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        python = with_stand_ins(place / "venv")
        program = Program(place / "places", python=python)
        program.init()
        other = Program(place / "other", python=python)
        other.run(
            *("init", "orders", "--owner", "@orders-team", "--on-call", "orders-pager"),
            accept=frozenset({0}),
        )
        yield program


@pytest.fixture(name="model", scope="module")
def _model(program: Program) -> Model:
    return Model.of(program.home)


def costs(home: Path, commands: Sequence[tuple[str, ...]]) -> list[Costs]:
    """What each of the commands has cost."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.integration.scale_child", str(home)],
        input=json.dumps(commands),
        cwd=ROOT,
        text=True,
        capture_output=True,
        check=True,
    )
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(told) == len(commands), done.stderr
    return told


# A copy is what a real onboarding leaves


def _shape(text: str) -> str:
    """The text without what differs from one onboarding to the next; the same id stays the same."""
    seen: dict[str, str] = {}

    def named(found: re.Match[str]) -> str:
        return seen.setdefault(found[0], f"<id {len(seen)}>")

    text = ID.sub(named, text)
    text = re.sub(r"\b[0-9a-f]{40}\b", "<commit>", text)
    text = re.sub(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)?", "<time>", text)
    return re.sub(r'("duration_s":)[0-9.e-]+', r"\1<duration>", text)


def _left(home: Path, name: str) -> dict[str, object]:
    """Everything that the home keeps of the domain, in a form that can be compared."""
    with closing(SqliteJournal.read(home / "journal.sqlite3")) as journal:
        # Steps that run at once come in any order.
        lines = [to_line(each).replace(str(home), "<home>") for each in journal.events(domain=name)]
    events = sorted(map(_shape, lines))
    folder = home / "forge" / "local" / name
    tree = ("git", "-C", str(folder / f"{name}.git"), "ls-tree", "-r", "main")
    with closing(sqlite3.connect(home / "catalog" / "catalog.sqlite3")) as catalog:
        rows = catalog.execute("SELECT * FROM iceberg_namespace_properties ORDER BY 2, 3")
        namespaces = _shape("\n".join(map(repr, rows)))
    files = subprocess.run(tree, capture_output=True, text=True, check=True).stdout
    return {
        "events": events,
        "catalog": namespaces,
        "records": {
            file.name: _shape(file.read_text(encoding="utf-8"))
            for file in sorted(folder.glob("*.json"))
        },
        # A dashboard's id is made out of the domain's name.
        "files": re.sub(r"\w+(?=\tobservability/dashboard\.json)", "<blob>", files),
        "pager": _shape((home / "pager" / "pager.json").read_text(encoding="utf-8")),
    }


def test_a_copy_is_what_a_real_onboarding_leaves(program: Program, model: Model) -> None:
    copy = program.folder / "copy"
    make(model, copy, ["orders"])
    real = program.folder.parent / "other" / "home"
    assert _left(copy, "orders") == _left(real, "orders")
    told = [_told(program, home) for home in (copy, real)]
    assert told[0] == told[1]


def _told(program: Program, home: Path) -> str:
    env = {"PLATFORM_HOME": str(home)}
    done = program.run("status", "orders", "--format", "json", env=env, accept=frozenset({0}))
    document = done.json["domains"][0]
    assert document["outcome"] == "ready"
    resources = sorted(json.dumps(each) for each in document["resources"])
    return _shape("\n".join(resources)).replace(str(home), "<home>")


# What grows


def test_every_command_costs_so_much_a_domain(
    program: Program, model: Model, *, swept: bool
) -> None:
    sizes = (250, 500, 1000) if swept else (3, 6, 12)
    found: dict[str, list[Costs]] = {}
    for number in sizes:
        home = program.folder / f"home-{number}"
        make(model, home, names(number))
        commands = [*ALL.values(), *ONE.values()]
        told = costs(home, commands)
        for what, cost in zip((*ALL, *ONE), told, strict=True):
            found.setdefault(what, []).append(cost)
    for what in ALL:
        small, middle, large = found[what]
        assert {each["status"] for each in found[what]} == {0}, what
        for kind in ("sql", "opened", "processes", "parsed"):
            once, again = middle[kind] - small[kind], large[kind] - middle[kind]
            assert again <= 2 * once * 1.1 + SLACK, (
                f"{what}: {kind} {[each[kind] for each in found[what]]}"
            )
        assert large["steps"] - middle["steps"] <= 2.5 * (middle["steps"] - small["steps"] + 10)
    for what in ONE:
        small, _, large = found[what]
        for kind in ("sql", "opened", "processes"):
            assert large[kind] == small[kind], f"{what}: {kind}"
    per_domain = {
        kind: (found["status"][2][kind] - found["status"][1][kind]) / (sizes[2] - sizes[1])
        for kind in ("sql", "opened", "processes")
    }
    assert per_domain["processes"] <= 3
    assert per_domain["sql"] <= 60
    assert per_domain["opened"] <= 60
    assert found["status"][2]["most_kib"] < 2 * found["status"][0]["most_kib"]


def test_a_journal_is_streamed_however_many_onboardings_it_has(
    program: Program, model: Model, *, swept: bool
) -> None:
    sizes = (100, 1000) if swept else (20, 200)
    told = []
    for number in sizes:
        home = program.folder / f"journal-{number}"
        with closing(SqliteJournal.open(home / "journal.sqlite3", home / "locks")) as journal:
            journal.extend(copied_events(model, names(number)))
        told.append(costs(home, [ALL["kpi"], ALL["export"]]))
    for small, large in zip(*told, strict=True):
        assert small["status"] == large["status"] == 0
        # One statement an onboarding or less, and memory for one onboarding at a time.
        assert large["sql"] - small["sql"] <= sizes[1] - sizes[0] + 100
        assert large["most_kib"] < 1.25 * small["most_kib"]
