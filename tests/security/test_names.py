"""Names that want to be something else: nobody is asked, nothing is written, all is told at once.

`tests/cli/test_refused_input.py` has more of them for `init`, one by one; `tests/unit/test_spec.py`
the rule itself, as a property.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from platform_cli.journal.event import Event, to_line
from tests.cli.production import onboarding
from tests.security.forks import CODES, Forks
from tests.security.worlds import World, world

NAMES: Final = (
    "",
    "..",
    "../../etc",
    "loyalty/../../x",
    "/etc/passwd",
    "loyalty\0x",
    "-rf",
    "--help-me",
    "l\u043eyalty",  # a Cyrillic o
    "\uff4coyalty",  # a full-width l
    "loyalty\u202e",
    "loyalty\u200b",
    "\x1b[2Jloyalty",
    "loyalty\nowner: evil",
    ".git",
    "loyalty.git",
    "con",
    "NUL.txt",
    "com1",
    "x'; DROP TABLE events; --",
    'x" OR 1=1',
    'x"] { true }',
    "data.mesh[_]",
    "`id`",
    "$(touch owned)",
    "{{ x }}",
    "[[ x ]]",
    "[/foo]",
    "%s%n",
    "*",
    "a" * 41,
    "a" * 5_000,
)
GOOD: Final = ("--owner", "@loyalty-team", "--on-call", "loyalty-pager")
# What takes a name; the name stands where the braces are.
COMMANDS: Final[dict[str, tuple[str, ...]]] = {
    "init DOMAIN": ("init", *GOOD, "--", "{}"),
    "init DOMAIN --dry-run": ("init", *GOOD, "--dry-run", "--", "{}"),
    "init --owner": ("init", "loyalty", "--owner={}", "--on-call", "loyalty-pager"),
    "init --owner user:": ("init", "loyalty", "--owner=user:@{}", "--on-call", "loyalty-pager"),
    "init --on-behalf-of": ("init", "loyalty", *GOOD, "--on-behalf-of={}"),
    "init --requested-at": ("init", "loyalty", *GOOD, "--requested-at=run:{}"),
    "init --set": ("init", "loyalty", *GOOD, "--set={}=x"),
    "init --set product": ("init", "loyalty", *GOOD, "--set=product={}"),
    "verify DOMAIN": ("verify", "--", "{}"),
    "verify DOMAIN --trials": ("verify", "--trials", "--", "{}"),
    "status DOMAIN": ("status", "--", "{}"),
    "journal close DOMAIN": ("journal", "close", "--reason", "a test", "--", "{}"),
    "contract consumers TABLE": ("contract", "consumers", "--", "{}"),
    "contract consumers d.product.t": ("contract", "consumers", "--", "orders.product.{}"),
    "product add TABLE": ("product", "add", "--", "{}"),
    "policy explain ID": ("policy", "explain", "--", "{}"),
    "publish DIR": ("publish", "--", "{}"),
    "--profile": ("init", "loyalty", *GOOD, "--profile={}"),
}
# What is a name all the same: a person's login, a table in somebody's catalog.
FINE: Final[dict[str, frozenset[str]]] = {
    "init --owner user:": frozenset({"con", "com1"}),
    "contract consumers d.product.t": frozenset({"con", "com1", "a" * 41}),
    "init --set product": frozenset({"a" * 41}),
}
TABLES: Final = frozenset({"con", "com1", "a" * 41})
"""Names of tables in a catalog: no file is called so."""
# An empty word is no name at all for these: all of them, or the folder that one stands in.
EMPTY_IS_ALL: Final = frozenset({"status DOMAIN", "publish DIR", "--profile"})
STEERING: Final = ("\x1b", "\x07", "\u202e", "\0")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """GitHub, Unity Catalog and PagerDuty, each behind a front that counts."""
    with world("tokens", tmp_path_factory.mktemp("names") / "tokens") as made:
        yield made


def calls(place: World) -> int:
    """The requests so far."""
    return sum(front.calls for front in place.fronts)


@pytest.mark.parametrize("command", COMMANDS)
def test_nobody_is_asked_and_nothing_is_written(command: str, place: World, forks: Forks) -> None:
    fine = FINE.get(command, frozenset())
    names = [name for name in NAMES if name not in fine and (name or command not in EMPTY_IS_ALL)]
    lines = [[word.replace("{}", name) for word in COMMANDS[command]] for name in names]
    said = forks.run(place, lines, place.work)
    wrong = [
        f"exit {code}: {name!a}"
        for name, code in zip(names, said.codes, strict=True)
        if code not in CODES - {0, 3, 130}
    ]
    assert wrong == [], said.all[-3000:]
    assert calls(place) == 0
    assert not place.home.exists()
    assert list(place.work.iterdir()) == []
    assert list((place.folder / "temporary").iterdir()) == []
    assert "Traceback" not in said.all
    assert "PLT-INTERNAL" not in said.all
    assert not [code for code in STEERING if code in said.all]


@pytest.mark.parametrize("name", ["..", "l\u043eyalty", "-rf", "x'; DROP TABLE events; --"])
def test_all_problems_are_in_one_answer(name: str, place: World, forks: Forks) -> None:
    """One wrong word after the other would be one run after the other."""
    bad = name
    line = [
        "init",
        f"--owner=@{bad}/x/y",
        f"--on-call={bad}/",
        "--set=colour=red",
        "--set",
        "region=Mars",
    ]
    said = forks.run(place, [[*line, "--", f"{bad}-"]], place.work)
    assert said.codes == [2]
    for address in ("DOMAIN", "--owner", "--on-call", "--set", "--set region"):
        assert f"- {address}: " in said.err
    assert calls(place) == 0


def repositories(place: World, kind: str, about: str, contract: str) -> list[Path]:
    """A domain's repository for each hostile name, which stands where the braces are."""
    found = []
    # TOML itself has no text with a control character in it.
    names = [name for name in NAMES if not any(ord(char) < 32 for char in name)]
    for index, name in enumerate(sorted(set(names) - TABLES)):
        folder = place.folder / kind / str(index)
        folder.mkdir(parents=True)
        (folder / "platform.toml").write_text(
            f"[domain]\nname = {_quoted(about, name)}\ncatalog_name = {_quoted(about, name)}\n"
            'owner = "@acme/loyalty-team"\non_call = "loyalty-pager"\n',
            encoding="utf-8",
        )
        (folder / "x.contract.yaml").write_text(
            f'name: {_quoted(contract, name)}\nversion: "1.0.0"\nowner: "@loyalty-team"\n'
            "sla: {freshness: 24h, completeness: 99%, accuracy: 99%}\n"
            "semantics: {id: The order.}\nschema: [{name: id, type: string}]\n",
            encoding="utf-8",
        )
        (folder / "consumes.yaml").write_text(
            f'- {{source: {_quoted(contract, name)}, pin: "^1.0", on_breaking: warn}}\n',
            encoding="utf-8",
        )
        found.append(folder)
    return found


def _quoted(form: str, name: str) -> str:
    return json.dumps(form.replace("{}", name))


@pytest.mark.parametrize(
    ("about", "contract"), [("{}", "loyalty.product.facts"), ("loyalty", "loyalty.product.{}")]
)
def test_a_hostile_repository_names_nothing(
    about: str, contract: str, place: World, forks: Forks
) -> None:
    """What a repository calls its domain, its tables and what it reads is checked like any name."""
    folders = repositories(place, about.replace("{}", "any"), about, contract)
    lines = [["publish", str(folder)] for folder in folders]
    if about == "loyalty":
        lines += [["contract", "pins", str(folder)] for folder in folders]
    said = forks.run(place, lines, place.work)
    assert not {0, 3} & set(said.codes), said.all[-3000:]
    assert CODES.issuperset(said.codes)
    assert calls(place) == 0
    assert not [code for code in STEERING if code in said.all]


def test_a_journal_that_somebody_else_wrote_asks_for_nothing_elsewhere(
    place: World, forks: Forks
) -> None:
    """Its names reach no path and no address, whatever `status` and `verify` make of them."""
    events: list[Event] = []
    hostile = [name for name in NAMES if name and "\0" not in name]
    for number, name in enumerate(hostile):
        events += [_of(event, name) for event in onboarding(number)]
    file = place.folder / "events.jsonl"
    file.write_text("".join(to_line(event) + "\n" for event in events), encoding="utf-8")
    home = place.folder / "home-of-import"
    env = {"PLATFORM_HOME": str(home)}
    lines = [["journal", "import", str(file)], ["status"], ["kpi", "onboarding", "--runs"]]
    lines += [[command, "--", name] for name in hostile for command in ("status", "verify")]
    for profile in ({}, {"PLATFORM_CLI_PROFILE": "local"}):
        said = forks.run(place, lines, place.work, {**env, **profile})
        assert said.codes[0] == 0
        assert CODES.issuperset(said.codes), said.all[-3000:]
        assert calls(place) == 0
        assert not [code for code in STEERING if code in said.all]
    found = {str(path.relative_to(home)).partition("/")[0] for path in home.rglob("*")}
    assert {name.partition(".sqlite3")[0] for name in found} <= {"journal", "locks"}
    assert list(place.work.iterdir()) == []
    assert not Path("/etc/passwd.git").exists()


def _of(event: Event, name: str) -> Event:
    """The event, as of a domain of that name in either profile."""
    from dataclasses import replace

    profile = "local" if int(event.onboarding.rpartition("-")[2]) % 2 else "sweep"
    detail: dict[str, Any] = dict(event.detail)
    if event.type == "run.started":
        detail |= {"owner": f"@{name}", "on_call": name, "domain": name}
    return replace(event, domain=name, profile=profile, detail=detail)


def test_git_itself_is_told_no_option_by_a_name(tmp_path: Path) -> None:
    """Prove why a leading hyphen is refused: git would take it for an option."""
    done = subprocess.run(
        ["git", "clone", "--help-me", str(tmp_path)], capture_output=True, check=False
    )
    assert done.returncode == 129
