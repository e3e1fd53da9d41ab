"""What `contract validate` prints, word for word, in each of its formats."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Sequence

import pytest

from tests.cli.program import Program, transcript

FACTS = """\
name: orders.product.order_facts
version: "2.1.0"
owner: "@orders-team"
schema:
  - {name: id, type: string, required: true, primary_key: true}
  - {name: amount, type: "decimal(12,2)", currency: EUR}
  - {name: email, type: string, tags: [PII], mask: sha256}
sla: {freshness: 1h, completeness: 99.9%, accuracy: 99%}
semantics:
  grain: [id]
  amount: What the customer pays, with VAT.
"""
CHANGED = FACTS.replace('"2.1.0"', '"2.2.0"').replace("with VAT", "without VAT")
UNMASKED = CHANGED.replace(", mask: sha256", "")
REFUNDS = FACTS.replace("order_facts", "refunds").replace(
    "What the customer pays, with VAT.", "TODO"
)
BROKEN = """\
name: orders.product.returns
version: 2.1
ownr: "@orders-team"
schema:
  - {name: id, type: int}
"""


@pytest.fixture
def repository(program: Program) -> Program:
    """A repository whose work tree has one of everything that can be wrong with it."""
    files = {"facts": FACTS, "refunds": REFUNDS, "gone": FACTS.replace("order_facts", "gone")}
    for name, content in files.items():
        (program.work / f"{name}.contract.yaml").write_text(content, encoding="utf-8")
    git = ("git", "-C", str(program.work))
    commit: Sequence[str] = ("commit", "-q", "-m", "first")
    for arguments in (("init", "-q", "-b", "main"), ("add", "."), commit):
        subprocess.run([*git, *arguments], check=True, env=program.variables())
    (program.work / "facts.contract.yaml").write_text(UNMASKED, encoding="utf-8")
    (program.work / "gone.contract.yaml").unlink()
    (program.work / "returns.contract.yaml").write_text(BROKEN, encoding="utf-8")
    return program


@pytest.mark.parametrize("form", ["human", "json", "github"])
def test_everything_that_can_be_wrong(
    repository: Program, golden: Callable[[str, str], None], form: str
) -> None:
    argv = ("contract", "validate", "--baseline", "main", "--format", form)
    done = repository.run(*argv, accept=frozenset({5}))
    line = f"$ platform-cli {' '.join(argv)}\n"
    golden(f"contract-validate-{form}", line + transcript(repository, done))


def test_what_is_not_there(repository: Program, golden: Callable[[str, str], None]) -> None:
    lines: Sequence[Sequence[str]] = (
        ("contract", "validate", "--baseline", "v9"),
        ("contract", "validate", "--baseline", "v9", "--format", "json"),
        ("contract", "validate", "none.yaml", "neither"),
    )
    shown = []
    for argv in lines:
        done = repository.run(*argv, accept=frozenset({2}))
        shown.append(f"$ platform-cli {' '.join(argv)}\n" + transcript(repository, done))
    golden("contract-validate-usage", "\n".join(shown))
