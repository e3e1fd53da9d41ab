"""One rendering as a tree of files, word for word: a change of the template is seen as a diff.

`pytest tests/integration/test_domain_golden.py --update-golden` writes the tree, and the schema of
the contract language that the template carries for editors; read the difference.
"""

from __future__ import annotations

import difflib
import json
import shutil
from pathlib import Path

import pytest

from platform_cli import template
from platform_cli.contracts.schema import schema
from tests.integration.domain_rendered import LEAST, Repository, rendered

GOLDEN = Path(__file__).with_name("golden-domain")
SCHEMA = Path("repository", ".platform", "contract.schema.json")


def files(folder: Path) -> dict[str, str]:
    """The text of each file by its path."""
    return {
        path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def difference(wanted: dict[str, str], found: dict[str, str]) -> str:
    """Both trees as one diff; a file that one lacks is empty there."""
    lines: list[str] = []
    for name in sorted({*wanted, *found}):
        lines += difflib.unified_diff(
            wanted.get(name, "").splitlines(),
            found.get(name, "").splitlines(),
            f"golden-domain/{name}" if name in wanted else "/dev/null",
            f"rendered/{name}" if name in found else "/dev/null",
            lineterm="",
        )
    return "\n".join(lines)


def test_the_schema_for_editors_is_that_of_the_language(request: pytest.FixtureRequest) -> None:
    place = template.packaged() / SCHEMA
    wanted = json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"
    if request.config.getoption("--update-golden"):
        place.write_text(wanted, encoding="utf-8")
    found = place.read_text(encoding="utf-8")
    told = difference({"contract.schema.json": found}, {"contract.schema.json": wanted})
    assert found == wanted, f"--update-golden writes it:\n{told}"


def test_the_tree_is_the_golden_one(
    least: Repository, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    if request.config.getoption("--update-golden"):
        shutil.rmtree(GOLDEN, ignore_errors=True)
        # Anew: the template may just have been given another schema.
        rendered(LEAST, tmp_path / "anew").folder.rename(tmp_path / "golden")
        shutil.copytree(tmp_path / "golden", GOLDEN)
        return
    wanted, found = files(GOLDEN), files(least.folder)
    assert wanted == found, f"--update-golden writes it:\n{difference(wanted, found)}"


def test_a_difference_is_shown_as_a_diff() -> None:
    wanted = {"a.txt": "one\ntwo\n", "b.txt": "gone\n"}
    found = {"a.txt": "one\nthree\n", "c/d.txt": "new\n"}
    assert difference(wanted, found).splitlines() == [
        "--- golden-domain/a.txt",
        "+++ rendered/a.txt",
        "@@ -1,2 +1,2 @@",
        " one",
        "-two",
        "+three",
        "--- golden-domain/b.txt",
        "+++ /dev/null",
        "@@ -1 +0,0 @@",
        "-gone",
        "--- /dev/null",
        "+++ rendered/c/d.txt",
        "@@ -0,0 +1 @@",
        "+new",
    ]
