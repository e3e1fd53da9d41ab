"""Least privilege: what each command asks of a server, and the permission that it takes.

docs/reference/permissions.md is the table. The fakes say what they were asked, and GitHub's refuses
every permission that is not in the table: a command that needs more fails here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from tests.fakes.github.state import ALL, Token
from tests.security.commands import REMOTE, leaves
from tests.security.forks import Forks
from tests.security.worlds import World, world

PAGE: Final = Path(__file__).parents[2] / "docs" / "reference" / "permissions.md"
INIT: Final = ("init", "loyalty", "--owner", "@loyalty-team", "--on-call", "loyalty-pager")
# In the order in which the table has them; `{work}` is where the person stands.
COLUMNS: Final[dict[str, tuple[str, ...]]] = {
    "doctor": ("doctor",),
    "init --dry-run": (*INIT, "--dry-run"),
    "init": (*INIT, "--into", "{work}/loyalty"),
    "status": ("status",),
    "verify": ("verify", "loyalty"),
    "verify --trials": ("verify", "loyalty", "--trials"),
    "contract consumers": ("contract", "consumers", "orders.product.facts"),
    "contract pins": ("contract", "pins", "{work}/loyalty"),
    "publish --dry-run": ("publish", "{work}/loyalty", "--dry-run"),
    "publish": ("publish", "{work}/loyalty"),
}
PROVIDERS: Final = {"tokens": ("unity", "pagerduty"), "clients": ("iceberg",)}
LOOKING: Final = frozenset(COLUMNS) - {"init", "verify --trials", "publish"}
CONTRACT: Final = """\
name: loyalty.product.facts
version: "1.0.0"
owner: "@acme/loyalty-team"
sla: {freshness: 24h, completeness: 99%, accuracy: 99%}
semantics: {id: The member.}
schema: [{name: id, type: string, required: true}]
"""
CONSUMES: Final = '- {source: loyalty.product.facts, pin: "^1.0", on_breaking: warn}\n'
Table = dict[str, dict[str, str]]


@dataclass(frozen=True)
class Watched(Token):
    """A token that has exactly what the table says for the command, and tells what it was asked for."""

    def may(self, needed: str | None) -> bool:
        """As any token; a permission that is needed is noted."""
        if needed is not None:
            _asked.add(needed)
        return super().may(needed)


_asked: set[str] = set()


def written() -> Table:
    """The tables of the page: what stands in the row, for each command."""
    found: Table = {}
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        name = re.fullmatch(r"`([^`]+)`", cells[0])
        if name and len(cells) >= len(COLUMNS) + 1:
            found[name[1]] = dict(zip(COLUMNS, cells[-len(COLUMNS) :], strict=True))
    return found


def allowed(table: Table, column: str) -> frozenset[str]:
    """GitHub's permissions for the command, as the fake calls them."""
    return frozenset(
        f"{name}:{cells[column]}"
        for name, cells in table.items()
        if cells[column] in {"read", "write"}
    )


@pytest.fixture(scope="module", params=["tokens", "clients"])
def asked(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, forks: Forks
) -> Iterator[tuple[str, dict[str, set[str]], dict[str, set[str]]]]:
    """What each command asked of GitHub, and of the others, in one world."""
    update = request.config.getoption("--update-golden")
    folder = tmp_path_factory.mktemp("least") / request.param
    with world(request.param, folder) as place:
        permissions, calls = {}, {}
        for column, words in COLUMNS.items():
            argv = [word.replace("{work}", str(place.work)) for word in words]
            permissions[column], calls[column] = _asked_by(
                place, column, argv, forks, everything=update
            )
            if column == "init":
                # Where something is there already more is looked at.
                again = ("doctor", "init --dry-run")
                for one in again:
                    more = _asked_by(place, one, list(COLUMNS[one]), forks, everything=update)
                    permissions[one] |= more[0]
                    calls[one] |= more[1]
                repository = place.work / "loyalty"
                (repository / "facts.contract.yaml").write_text(CONTRACT, encoding="utf-8")
                (repository / "consumes.yaml").write_text(CONSUMES, encoding="utf-8")
        yield request.param, permissions, calls


def _asked_by(
    place: World, column: str, argv: list[str], forks: Forks, *, everything: bool
) -> tuple[set[str], set[str]]:
    github = place.states.get("github")
    if github is not None:
        (token,) = github.tokens
        may = ALL if everything else allowed(written(), column)
        github.tokens[token] = Watched(permissions=may)
    before = {name: len(state.calls) for name, state in place.states.items()}
    _asked.clear()
    said = forks.run(place, [argv], place.work)
    # The fake's caller may not make catalogs, which doctor finds; and nothing is published yet,
    # which the pins say.
    fine = {0, 3} | {"doctor": {4}, "contract pins": {5}}.get(column, set())
    assert said.codes[0] in fine, (column, said.all[-3000:])
    kinds = {
        f"{name} {call.method} {_kind(name, call.path)}"
        for name, state in place.states.items()
        if name != "github"
        for call, _ in state.calls[before[name] :]
    }
    wanted = set(_asked)
    if github is not None and not [c for c, _ in github.calls[before["github"] :] if c.mutating]:
        # The fake looks at both by itself: to tell whether one may push, and whenever git comes.
        wanted -= {"contents:write", "workflows:write"}
    return wanted, kinds


def _kind(name: str, path: str) -> str:
    """What a path is about, without whose it is."""
    path = re.sub(r"^(/api/2\.1/unity-catalog|/iceberg/v1|/v2)", "", path)
    if name == "unity":
        kind = re.sub(r"^/(permissions|effective-permissions)/([a-z]+)/.*", r"/\1/\2", path)
        return re.sub(r"^/(catalogs|schemas|tables|entity-tag-assignments)/.+", r"/\1", kind)
    if name == "iceberg":
        return re.sub(r"/(namespaces|tables)/[^/]+", r"/\1/{}", path)
    return re.sub(r"/P\d+", "/{}", path)


def test_the_table_is_what_was_asked(
    asked: tuple[str, dict[str, set[str]], dict[str, set[str]]], request: pytest.FixtureRequest
) -> None:
    """`--update-golden` writes what was asked now into the page; read the difference."""
    name, permissions, calls = asked
    groups = {one: _of_calls(calls, one) for one in PROVIDERS[name]}
    if name == "tokens":
        groups["github"] = _of_permissions(permissions)
    for group, expected in groups.items():
        if request.config.getoption("--update-golden"):
            PAGE.write_text(
                _with(PAGE.read_text(encoding="utf-8"), group, expected), encoding="utf-8"
            )
        shown = {row: cells for row, cells in written().items() if _group(row) == group}
        assert shown == expected, f"{group}:\n" + "\n".join(_rows(expected))


def _group(row: str) -> str:
    """Whose row it is: GitHub's are permissions, the others calls that begin with their name."""
    kind, blank, _ = row.partition(" ")
    return kind if blank else "github"


def _with(page: str, group: str, table: Table) -> str:
    """The page with these rows instead of the group's."""
    made: list[str] = []
    for line in page.splitlines():
        row = re.match(r"\| `([^`]+)` \| (?!`)", line)
        if row is None or _group(row[1]) != group:
            made.append(line)
        elif table:
            made += _rows(table)
            table = {}
    return "\n".join(made) + "\n"


def test_looking_changes_nothing(
    asked: tuple[str, dict[str, set[str]], dict[str, set[str]]],
) -> None:
    """What only looks takes no permission to write, and makes no call that could change anything."""
    name, permissions, calls = asked
    for column in LOOKING:
        assert not [one for one in permissions[column] if one.endswith((":write", ":admin"))]
        tokens = {"iceberg POST /oauth/tokens"}
        assert not [one for one in calls[column] - tokens if " GET " not in one], (name, column)


def test_whoever_is_not_in_the_table_asks_nobody(tmp_path: Path, forks: Forks) -> None:
    """`tests/security/test_canaries.py` has arguments for every command; these have fronts that count."""
    from tests.security.commands import LINES

    named = {column.removesuffix(" --dry-run").removesuffix(" --trials") for column in COLUMNS}
    assert named == set(REMOTE)
    with world("tokens", tmp_path / "tokens") as place:
        meanings = dict.fromkeys(("repository", "events", "sqlite"), str(tmp_path / "absent"))
        lines = [
            [
                *words,
                *(
                    word.format(domain="loyalty", table="t", file=tmp_path / "file", **meanings)
                    for word in line.words
                ),
            ]
            for command, words in leaves().items()
            if command not in REMOTE
            for line in LINES[command]
        ]
        said = forks.run(place, lines, place.work)
        assert len(said.codes) == len(lines)
        assert [front.calls for front in place.fronts] == [0, 0, 0]


def _of_permissions(permissions: Mapping[str, set[str]]) -> Table:
    """A permission's row: the greatest level that the command asked for."""
    table: Table = {}
    for column, found in permissions.items():
        for one in sorted(found):
            name, _, level = one.partition(":")
            row = table.setdefault(name, dict.fromkeys(COLUMNS, ""))
            row[column] = level  # `write` sorts after `read`
    return dict(sorted(table.items()))


def _of_calls(calls: Mapping[str, set[str]], provider: str) -> Table:
    table: Table = {}
    for column, found in calls.items():
        for one in found:
            if one.partition(" ")[0] == provider:
                table.setdefault(one, dict.fromkeys(COLUMNS, ""))[column] = "yes"
    return dict(sorted(table.items()))


def _rows(table: Table) -> list[str]:
    """The rows as the page has them."""
    return [
        f"| `{name}` | {' | '.join(cells[column] for column in COLUMNS)} |"
        for name, cells in table.items()
    ]
