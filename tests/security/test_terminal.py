"""Text that wants to steer a terminal, from wherever it comes: files, servers, git, arguments.

`tests/cli/test_hostile.py` has it in arguments, journals, settings and the live view;
`tests/unit/test_render_text.py` is the property of the one place that cleans; `test_canaries.py`
has servers that say it in their errors. Here it stands in a repository, and in a traceback.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

import platform_cli
from tests.security.forks import CODES, Forks
from tests.security.worlds import World, world

PACKAGE: Final = Path(platform_cli.__file__).parent
# C0 but tab and line feed, C1, and what turns the direction of writing.
STEERING: Final = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\u2028\u2029]"
)
# As YAML and TOML write characters that may not stand in them as they are.
EVIL: Final = r"\u001b]0;owned\u0007\u001b[2J\u009b31m\u202eevil\u2066[/foo][bold]%s%n"
NAME: Final = "\x1b]0;owned\x07\x1b[2J\u202e[bold]"

CONTRACT: Final = f"""\
name: loyalty.product.facts
version: "1.0.0"
owner: "@loyalty-team"
description: "{EVIL}"
sla: {{freshness: "{EVIL}", completeness: 99%, accuracy: 99%}}
semantics: {{id: "{EVIL}"}}
tags: ["{EVIL}"]
"{EVIL}": 1
schema:
  - {{name: "{EVIL}", type: "{EVIL}"}}
  - {{name: id, type: string, enum: ["{EVIL}"]}}
"""
FILES: Final[dict[str, str]] = {
    "platform.toml": '[domain]\nname = "loyalty"\ncatalog_name = "loyalty"\n'
    'owner = "@acme/loyalty-team"\non_call = "loyalty-pager"\n',
    "product/facts.contract.yaml": CONTRACT,
    "product/valid.contract.yaml": CONTRACT.replace(f'"{EVIL}": 1\n', "")
    .replace(f'  - {{name: "{EVIL}", type: "{EVIL}"}}\n', "")
    .replace(f'freshness: "{EVIL}"', "freshness: 24h")
    .replace("facts", "valid"),
    f"product/{NAME}.contract.yaml": CONTRACT,
    "consumes.yaml": f'- {{source: orders.product.facts, pin: "{EVIL}", on_breaking: "{EVIL}"}}\n',
    "exceptions/one.yaml": f'policy: "{EVIL}"\nreason: "{EVIL}"\n',
    f"exceptions/{NAME}.yaml": f'"{EVIL}": 1\n',
    "dbt_project.yml": f'name: "{EVIL}"\nmodel-paths: ["{EVIL}"]\n',
    "models/valid.yml": f'models: [{{name: valid, columns: [{{name: id, data_type: "{EVIL}"}}]}}]\n',
    "policies/mesh/x.rego": f"# {EVIL}\npackage mesh.x\n",
    "pipelines/one.yaml": f'kind: pipeline\nname: "{EVIL}"\n',
}
COMMANDS: Final = (
    ("contract", "validate"),
    ("contract", "validate", "--format", "github"),
    ("contract", "validate", f"product/{NAME}.contract.yaml"),
    ("contract", "diff", "product/facts.contract.yaml", "product/valid.contract.yaml"),
    ("contract", "diff", f"{NAME}:x", "product/valid.contract.yaml"),
    ("contract", "pins"),
    ("contract", "pins", "--contracts", "product"),
    ("contract", "pins", "--format", "github"),
    ("contract", "consumers", "orders.product.facts", "."),
    ("policy", "check", "--engine", "embedded"),
    ("policy", "check", "--engine", "embedded", "--input", f"product/{NAME}.contract.yaml"),
    ("policy", "exceptions"),
    ("policy", "sync", "--dry-run"),
    ("policy", "test", "policies", "--engine", "embedded"),
    ("policy", "bundle", "policies"),
    ("policy", "explain", NAME),
    ("publish", "--dry-run"),
    ("product", "add", "returns", "--dry-run"),
    ("journal", "import", NAME),
    ("config", "show", "--config", NAME),
)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A repository in which everything that can say something is hostile."""
    with world("address", tmp_path_factory.mktemp("terminal") / "address") as made:
        for name, text in FILES.items():
            path = made.work / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        yield made


def test_a_hostile_repository_steers_nothing(place: World, forks: Forks) -> None:
    said = forks.run(place, [*COMMANDS, *((*line, "--debug") for line in COMMANDS)], place.work)
    assert CODES.issuperset(said.codes)
    assert "PLT-INTERNAL" not in said.all
    assert "MarkupError" not in said.all
    found = [said.all[max(0, m.start() - 60) : m.end() + 20] for m in STEERING.finditer(said.all)]
    assert found == []
    assert "[/foo][bold]%s%n" in said.all, "what was hostile was said at all"


def test_only_a_few_places_write() -> None:
    """Whoever writes to a stream is here, and cleans; a new one has to be placed."""
    writers = set()
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            called = ast.unparse(node.func) if isinstance(node, ast.Call) else ""
            if called == "print" or re.fullmatch(
                r"sys\.std(out|err)(\.buffer)?\.write(lines)?", called
            ):
                writers.add(path.relative_to(PACKAGE).as_posix())
    assert {name for name in writers if not name.startswith("cli/render/")} == {
        "__main__.py",  # one sentence of ours
        "cli/app.py",  # the version
        "cli/commands/journal.py",  # JSON Lines, which escape
        "cli/leave.py",  # the parser's help
        "template/apart.py",  # JSON, to the process that asked
    }
    assert {name.removeprefix("cli/render/") for name in writers if "render" in name} == {
        "json.py",  # escapes
        "live.py",
        "text.py",
        "utf8.py",  # reports, each of which escapes in its own way
    }
