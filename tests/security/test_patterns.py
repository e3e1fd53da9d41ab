"""Patterns take linear time, whoever wrote the text: 64 KiB are decided within a second.

Ours are regular expressions, all of them, attacked in a process of their own. Others' are the
patterns of CODEOWNERS and of `contract.paths`, which a hostile repository chooses.
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Final

import pytest

from platform_cli.contracts import pins, types
from platform_cli.contracts.dbt_types import agreement
from platform_cli.domain_repo.contract_files import Project, Scope
from platform_cli.providers.forge import codeowners
from tests.security.patterns import LARGEST, MOST_S

OURS: Final = Path(__file__).parents[2]


def test_every_expression_of_ours(tmp_path: Path, record_property: Any) -> None:
    """One that is not linear takes minutes: the kernel ends it, and the note says which it was."""
    note = tmp_path / "note"
    done = subprocess.run(
        [sys.executable, "-m", "tests.security.patterns", str(MOST_S), str(note)],
        capture_output=True,
        text=True,
        check=False,
        cwd=OURS,
    )
    assert done.returncode == 0, note.read_text(encoding="utf-8") + done.stderr[-2000:]
    # Those in tuples and tables of a module are among them, and those written where they are used.
    assert int(done.stdout.split()[0]) > 100
    record_property("counted", f"expressions: {done.stdout.strip()}")


def test_the_attack_finds_one_that_is_not_linear(tmp_path: Path) -> None:
    """Prove that it can fail: an expression of the kind that was found in this package once."""
    script = (
        "import re, sys; from tests.security import patterns as p\n"
        "p.patterns = lambda: {('m', 'n', 't'): (re.compile(r'\\s*v?\\s*x'), {'fullmatch'})}\n"
        "from pathlib import Path; p.main(2, Path(sys.argv[1]))"
    )
    note = tmp_path / "note"
    done = subprocess.run([sys.executable, "-c", script, str(note)], check=False, cwd=OURS)
    assert done.returncode < 0
    assert note.read_text(encoding="utf-8").startswith("m n fullmatch")


N: Final = LARGEST
PATTERNS: Final[dict[str, tuple[str, str]]] = {
    "stars": ("*a" * 5_000 + "b", "a" * 5_000),
    "two stars": ("**/" * 5_000 + "b", "a/" * 5_000 + "c"),
    "stars and folders": ("*/" * 5_000 + "*b", "a/" * 5_000 + "a"),
    "questions": ("?" * 20_000 + "*b", "a" * 20_000),
    "a star without an end": ("*" * 20_000 + "b", "a" * 20_000),
    "escapes": ("\\a" * 20_000 + "b", "a" * 20_000),
}


@pytest.mark.timeout(120)
def test_a_pattern_that_a_repository_chose(record_property: Any) -> None:
    """CODEOWNERS and `contract.paths`: every way through the pattern is followed at once."""
    slowest, which = 0.0, ""
    for name, (pattern, path) in PATTERNS.items():
        begun_s = time.process_time()
        content = f"{pattern} @acme/team\n".encode()[:N]
        assert codeowners.parse(content).rule(path) is None
        # A line of platform.toml has 1 KiB at most, and a path 4 KiB.
        project = Project(Path("/r"), (pattern[:999] + "b",))
        assert not Scope(Path("/r"), None, (), project).counts(path[:4_000] + "c")
        took_s = time.process_time() - begun_s
        if took_s > slowest:
            slowest, which = took_s, name
    many = b"".join(b"*a*a*%d* @acme/team\n" % number for number in range(3_500))[:N]
    begun_s = time.process_time()
    codeowners.parse(many).rule("a" * 4_000)
    took_s = time.process_time() - begun_s
    told = f"patterns: {len(PATTERNS)} attacks, slowest {slowest:.2f} s of CPU ({which}); "
    record_property("counted", f"{told}3 500 lines of CODEOWNERS {took_s:.2f} s")


@pytest.mark.timeout(60)
def test_what_only_white_space_made_slow() -> None:
    """A version and a type, each 64 KiB of nothing: they took half a minute and two seconds."""
    pin = f'- {{source: a.product.b, pin: "{" " * (N - 80)}"}}\n'
    assert {one.id for one in pins.load(pin.encode()).findings} >= {"wrong-value"}
    for text in (" " * 9_999, "a" + " " * 9_990 + "b", " " * 9_000 + "("):
        assert agreement(types.parse("string"), text, None) == "unknown"
