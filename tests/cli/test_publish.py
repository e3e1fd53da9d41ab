"""`publish` and `product add` as people run them: what is printed, what is left, how they end."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest

from platform_cli.providers.catalog.local import LocalCatalog
from platform_cli.providers.marker import Marker
from tests.cli.program import Program
from tests.cli.test_golden import FORMATS, shown

Golden = Callable[[str, str], None]
CONTRACT = "product.contract.yaml"


@pytest.fixture
def cloned(finished: Program) -> Program:
    """A person who stands in a clone of the domain's repository."""
    clone = ["git", "clone", "--quiet", str(finished.bare()), str(finished.work)]
    subprocess.run(clone, check=True, env=finished.variables())
    return finished


@pytest.fixture
def meant(cloned: Program) -> Program:
    """The same, with every TODO of the contract replaced."""
    edit(cloned, ": TODO", ": What readers may rely on.")
    return cloned


def edit(program: Program, old: str, new: str, name: str = CONTRACT) -> None:
    file = program.work / name
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")


def beside(program: Program, name: str, *changes: tuple[str, str]) -> None:
    """A further contract: that of the repository with some texts replaced."""
    text = (program.work / CONTRACT).read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    (program.work / name).parent.mkdir(exist_ok=True)
    (program.work / name).write_text(text, encoding="utf-8")


def catalog(program: Program) -> LocalCatalog:
    return LocalCatalog(program.home / "catalog")


def versions(program: Program) -> dict[str, str]:
    found = catalog(program).tables("loyalty", "product")
    return {one.name: one.publication.version for one in found if one.publication}


def test_a_draft(cloned: Program, golden: Golden) -> None:
    before = cloned.snapshot()
    golden("publish-draft", shown(cloned, "publish"))
    assert cloned.snapshot() == before


@FORMATS
def test_a_life_of_a_table(meant: Program, golden: Golden, form: str) -> None:
    """Planned, published, unchanged, updated, a second major, and a draft beside them."""
    form_of = ("--format", form)
    told = [shown(meant, "publish", "--dry-run", *form_of)]
    assert versions(meant) == {}
    told += [shown(meant, "publish", *form_of), shown(meant, "publish", *form_of)]
    edit(meant, 'version: "0.1.0"', 'version: "1.0.0"')
    notice = 'deprecation: {sunset_date: "2099-01-01", migration_notes: Read the new one.}\nsla:'
    beside(meant, "facts.v2.contract.yaml", ('"1.0.0"', '"2.0.0"'), ("sla:", notice))
    beside(meant, "product/new.contract.yaml", ("loyalty_facts", "new"), ("What readers", "TODO"))
    told += [shown(meant, "publish", *form_of)]
    golden(f"publish-life-{form}", "\n".join(told))
    assert versions(meant) == {"loyalty_facts": "1.0.0", "loyalty_facts_v2": "2.0.0"}


def test_what_cannot_be_published(meant: Program, golden: Golden) -> None:
    meant.run("publish", accept=frozenset({0}))
    edit(meant, "24h", "25h")
    beside(meant, "other.contract.yaml", ("loyalty.product.loyalty_facts", "orders.product.facts"))
    beside(meant, "new.contract.yaml", ("loyalty_facts", "new"))
    before = meant.snapshot()
    golden("publish-refused", shown(meant, "publish"))
    assert meant.snapshot() == before


def test_a_table_that_is_not_ours(meant: Program, golden: Golden) -> None:
    meant.run("publish", accept=frozenset({0}))
    edit(meant, "0.1.0", "0.2.0")
    with closing(sqlite3.connect(meant.home / "catalog" / "catalog.sqlite3")) as file, file:
        file.execute("UPDATE iceberg_tables SET metadata_location = 's3://theirs/x.json'")
    before = meant.snapshot()
    golden("publish-conflict", shown(meant, "publish"))
    assert meant.snapshot() == before


def test_contracts_that_are_not_valid(meant: Program, golden: Golden) -> None:
    edit(meant, "freshness: 24h", "freshness: soon")
    beside(meant, "b.contract.yaml", ("soon", "24h"), ("owner:", "owners:"))
    before = meant.snapshot()
    golden("publish-not-valid", shown(meant, "publish"))
    assert meant.snapshot() == before


def test_from_anywhere_in_or_outside_of_the_repository(meant: Program) -> None:
    outside = str(meant.work / "models" / "product")
    done = meant.run("publish", outside)
    assert (done.status, done.err) == (0, "")
    assert versions(meant) == {"loyalty_facts": "0.1.0"}
    done = meant.run("publish", str(meant.folder))
    assert done.status == 2
    assert "PLT-REPO-001" in done.err


def test_a_domain_that_was_never_onboarded_here(meant: Program) -> None:
    done = meant.run("publish", env={"PLATFORM_HOME": str(meant.folder / "another")})
    assert done.status == 1
    assert "PLT-CATALOG-003" in done.err
    assert "platform-cli init loyalty" in done.err
    assert not (meant.folder / "another" / "catalog").exists()


def test_a_schema_of_somebody_else(meant: Program) -> None:
    catalog(meant).set_marker("loyalty", "product", Marker("orders", "onboarding-1"))
    before = meant.snapshot()
    done = meant.run("publish")
    assert done.status == 6
    assert "PLT-PUBLISH-002" in done.err
    assert meant.snapshot() == before


def test_publishing_is_no_part_of_the_onboarding_s_journal(meant: Program) -> None:
    before = meant.run("journal", "export").out
    meant.run("publish", accept=frozenset({0}))
    assert meant.run("journal", "export").out == before


def test_names_that_steer_a_terminal(meant: Program) -> None:
    (meant.work / "a\x1b[2J\u202e.contract.yaml").write_text("a: b\n", encoding="utf-8")
    done = meant.run("publish")
    assert done.status == 5
    assert not {"\x1b", "\u202e"} & set(done.all)


def test_an_interruption_is_told_and_safe(meant: Program) -> None:
    """It comes while a call is made: that one ends, and no other begins."""
    beside(meant, "b.contract.yaml", ("loyalty_facts", "b"))
    script = (
        "import os, sys\nfrom platform_cli.providers.catalog.local import LocalCatalog\n"
        "real = LocalCatalog.create_table\n"
        "def create_table(*given, **named):\n"
        f"    os.kill(os.getpid(), {int(signal.SIGTERM)})\n"
        "    return real(*given, **named)\n"
        "LocalCatalog.create_table = create_table\n"
        "from platform_cli.cli.app import run\nsys.exit(run(['publish']))\n"
    )
    done = meant.run(command=[meant.python, "-c", script])
    assert done.status == 130
    assert "PLT-INIT-004" in done.all
    assert versions(meant) == {"b": "0.1.0"}
    again = meant.run("publish", "--format", "json").json
    assert again["mutating_calls"] == 1
    assert set(versions(meant)) == {"b", "loyalty_facts"}


class TestProductAdd:
    @FORMATS
    def test_what_is_printed(self, cloned: Program, golden: Golden, form: str) -> None:
        wrong = ("product", "add", "Re-turns", "--set", "regio=EU", "--format", form)
        told = [
            shown(cloned, "product", "add", "returns", "--dry-run", "--format", form),
            shown(cloned, "product", "add", "returns", "--format", form),
            shown(cloned, "product", "add", "returns", "--format", form),
            shown(cloned, *wrong),
        ]
        golden(f"product-add-{form}", "\n".join(told))

    def test_a_dry_run_and_a_refusal_leave_everything(self, cloned: Program) -> None:
        before = cloned.snapshot()
        assert cloned.run("product", "add", "returns", "--dry-run").status == 0
        document = cloned.run("product", "add", "derived_events", "--format", "json").json
        assert document["error"]["code"] == "PLT-PRODUCT-001"
        assert cloned.run("product", "add", "returns", "--set", "region").status == 2
        assert cloned.snapshot() == before

    def test_outside_of_a_repository(self, program: Program) -> None:
        done = program.run("product", "add", "returns")
        assert done.status == 2
        assert "PLT-REPO-001" in done.err
        assert list(program.work.iterdir()) == []

    def test_the_new_table_is_published_beside_the_first(self, meant: Program) -> None:
        meant.run("product", "add", "returns", accept=frozenset({0}))
        assert tables(meant) == {"loyalty_facts": "done", "returns": "draft"}
        edit(meant, ": TODO", ": Meant.", "product/returns.contract.yaml")
        assert tables(meant) == {"loyalty_facts": "kept", "returns": "done"}


def tables(program: Program) -> dict[str, str]:
    """What became of each table of a `publish`."""
    document: dict[str, Any] = program.run("publish", "--format", "json").json
    return {one["table"].rpartition(".")[2]: one["status"] for one in document["tables"]}
