"""`platform-cli contract pins|consumers`, as a person runs them."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from platform_cli import wiring
from platform_cli.cli import app
from platform_cli.cli.commands import contract_pins
from platform_cli.contracts.pins import NAME, PIN_FINDINGS
from platform_cli.git import Git
from platform_cli.journal.event import Event, EventType
from platform_cli.providers.forge.local import LocalForge
from platform_cli.providers.forge.port import Author, Commit
from platform_cli.providers.marker import Marker
from platform_cli.settings import load as load_settings
from platform_cli.settings import process_environment
from tests.unit.contract_samples import TODAY, document, text

Run = Callable[..., tuple[int, str, str]]

TABLE = "orders.product.order_facts"
FINDING_KEYS = ["id", "severity", "message", "address", "line", "column"]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    monkeypatch.setenv("PLATFORM_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setattr(contract_pins, "_today", lambda: TODAY)
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)

    def called(*argv: str) -> tuple[int, str, str]:
        code = app.run(["contract", *argv])
        said = capsys.readouterr()
        return code, said.out, said.err

    return called


def produce(name: str, changes: dict[str, Any]) -> None:
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text(document(changes)))


def read(folder: str, *entries: tuple[str, str, str], source: str | None = None) -> None:
    lines = [f"- {{source: {s}, pin: {p}, on_breaking: {b}}}\n" for s, p, b in entries]
    Path(folder).mkdir(parents=True, exist_ok=True)
    Path(folder, NAME).write_text(source if source is not None else "".join(lines) or "[]")


def sunset(days: int) -> dict[str, Any]:
    return {
        "version": "3.0.0",
        "deprecation": {
            "previous_version": "2.4.0",
            "sunset_date": str(TODAY + timedelta(days=days)),
            "migration_notes": "Read gross.",
        },
    }


def test_patches_and_minors_flow_through(run: Run) -> None:
    produce("orders/product/facts.contract.yaml", {"version": "2.4.1"})
    read("finance", (TABLE, "^2.1", "fail"))
    code, out, err = run("pins", "finance", "--contracts", "orders")
    assert (code, err) == (0, "")
    assert out.splitlines() == [
        f"{TABLE} ^2.1 -> 2.4.1",
        "passed: 1 pin against orders, 0 errors, 0 warnings.",
    ]


def test_the_folder_we_stand_in(run: Run) -> None:
    produce("orders/facts.contract.yaml", {})
    read(".", (TABLE, "^2.1", "fail"))
    assert run("pins", "--contracts", "orders")[0] == 0


@pytest.mark.parametrize(
    ("days", "on_breaking", "code", "said"),
    [
        (90, "fail", 0, "your producer is sunsetting ^2.1 in 90 days; read ^3.0: Read gross."),
        (1, "fail", 0, "your producer is sunsetting ^2.1 in 1 day; read ^3.0: Read gross."),
        (0, "fail", 0, "your producer is sunsetting ^2.1 in 0 days; read ^3.0: Read gross."),
        (-1, "fail", 5, "your producer has sunset ^2.1 on 2026-11-20; read ^3.0: Read gross."),
        (-1, "warn", 0, "your producer has sunset ^2.1 on 2026-11-20; read ^3.0: Read gross."),
    ],
)
def test_the_countdown_and_the_day_after(
    run: Run, days: int, on_breaking: str, code: int, said: str
) -> None:
    produce("orders/facts.contract.yaml", {"version": "2.4.0"})
    produce("orders/facts.v3.contract.yaml", sunset(days))
    read("finance", (TABLE, "^2.1", on_breaking))
    found = run("pins", "finance", "--contracts", "orders")
    assert found[0] == code
    assert said in found[1]
    told = json.loads(run("pins", "finance", "--contracts", "orders", "--format", "json")[1])
    (pin,) = told["pins"]
    assert (pin["version"], pin["days_left"]) == ("2.4.0", days)
    assert pin["sunset_date"] == str(TODAY + timedelta(days=days))
    assert told["outcome"] == ("failed" if code else "passed")


def test_the_document_of_pins(run: Run) -> None:
    produce("orders/facts.contract.yaml", {"version": "2.4.0"})
    produce("loyalty/odd.contract.yaml", {"version": "none"})
    read("finance", (TABLE, "^2.1", "fail"), (f"{TABLE}_old", "^1.0", "warn"))
    argv = ("pins", "finance", "--contracts", "orders", "--contracts", "loyalty")
    code, out, err = run(*argv, "--format", "json")
    told = json.loads(out)
    assert (code, err) == (5, "")
    assert list(told) == ["schema", "outcome", "path", "against", "pins", "findings"]
    assert told["schema"] == "platform-cli/contract-pins/1"
    assert (told["path"], told["against"]) == ("finance/consumes.yaml", "orders, loyalty")
    first, second = told["pins"]
    assert list(first) == [
        "source", "pin", "on_breaking", "version", "published", "sunset_date", "days_left",
        "line", "column", "findings",
    ]  # fmt: skip
    assert (first["version"], first["published"]) == ("2.4.0", "orders/facts.contract.yaml")
    assert (first["line"], first["column"], first["findings"]) == (1, 3, [])
    assert (second["version"], second["published"], second["days_left"]) == (None, None, None)
    (finding,) = second["findings"]
    assert list(finding) == FINDING_KEYS
    assert (finding["id"], finding["line"]) == ("pin-unknown-table", 2)
    (beside,) = told["findings"]
    assert list(beside) == ["path", *FINDING_KEYS]
    assert (beside["path"], beside["id"], beside["severity"]) == (
        "loyalty/odd.contract.yaml", "contract-unreadable", "warning",
    )  # fmt: skip


def test_a_contract_that_is_not_valid_counts_as_not_published(run: Run) -> None:
    produce("orders/facts.contract.yaml", {"deprecation": {"sunset_date": "soon"}})
    Path("orders/linked.contract.yaml").symlink_to("facts.contract.yaml")
    os.mkfifo("orders/pipe.contract.yaml")
    read("finance", (TABLE, "^2.1", "fail"))
    code, out, _ = run("pins", "finance", "--contracts", "orders")
    assert code == 5
    assert "warning contract-unreadable orders/facts.contract.yaml:" in out
    assert f"no contract of {TABLE} is published" in out
    assert "linked" not in out


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_a_contract_that_may_not_be_read(run: Run) -> None:
    produce("orders/facts.contract.yaml", {})
    Path("orders/facts.contract.yaml").chmod(0)
    read("finance")
    code, out, _ = run("pins", "finance", "--contracts", "orders")
    assert code == 0
    assert "contract-unreadable orders/facts.contract.yaml:1:1" in out


def test_what_is_wrong_with_the_file_is_told_beside_what_is_right(run: Run) -> None:
    produce("orders/facts.contract.yaml", {})
    read("finance", source=f"- {{source: {TABLE}, pin: ^2.1}}\n- {{source: x, pin: latest}}\n")
    code, out, _ = run("pins", "finance", "--contracts", "orders")
    assert code == 5
    assert f"{TABLE} ^2.1 -> 2.1.0" in out
    assert out.count("error wrong-value finance/consumes.yaml:2:") == 2
    assert "failed: 1 pin against orders, 2 errors, 0 warnings." in out


def test_words_of_a_producer_do_not_begin_a_line_of_ours(run: Run) -> None:
    late = sunset(5)
    late["deprecation"]["migration_notes"] = "Read\npassed: 9 pins\u202e"
    produce("orders/facts.contract.yaml", late)
    read("finance", (TABLE, "^2.1", "fail"))
    _, out, _ = run("pins", "finance", "--contracts", "orders")
    assert "read ^3.0: Read passed: 9 pins?" in out


@pytest.mark.parametrize(
    "argv",
    [
        ("pins", "nowhere"),
        ("pins", "nowhere", "--contracts", "."),
        ("pins", "--contracts", "nowhere"),
        ("pins", "--contracts", "consumes.yaml"),
        ("consumers", TABLE, "nowhere"),
        ("consumers", TABLE, ".", "consumes.yaml"),
    ],
)
def test_what_is_not_there(run: Run, argv: tuple[str, ...]) -> None:
    read(".")
    code, out, err = run(*argv)
    assert (code, out) == (2, "")
    assert "PLT-CONTRACT-004" in err
    told = json.loads(run(*argv, "--format", "json")[1])
    assert (told["schema"], told["code"]) == ("platform-cli/error/1", "PLT-CONTRACT-004")


@pytest.mark.parametrize("table", ["Orders", "orders.product", f"{TABLE}\n", "orders.gold.x"])
def test_what_is_no_table(run: Run, table: str) -> None:
    code, out, err = run("consumers", table)
    assert (code, out) == (2, "")
    assert "PLT-USAGE-001" in err


def test_who_reads_a_table(run: Run) -> None:
    read("all/finance", (TABLE, "^2.1", "fail"), ("orders.product.returns", "^1.0", "fail"))
    read("all/marketing", (TABLE, "^1.4", "warn"), (TABLE, "^2.0", "fail"))
    read("all/loyalty")
    read("all/loyalty/.git", (TABLE, "^9.0", "fail"))
    code, out, _ = run("consumers", TABLE, "all")
    assert code == 0
    assert out.splitlines() == [
        f"{TABLE} is read by 2 domains; 3 consumes.yaml files looked at.",
        "  finance    ^2.1   fail  all/finance/consumes.yaml:1:3",
        "  marketing  ^1.4   warn  all/marketing/consumes.yaml:1:3",
        "  marketing  ^2.0   fail  all/marketing/consumes.yaml:2:3",
    ]


def test_nobody_reads_it_is_not_nothing_was_looked_at(run: Run) -> None:
    Path("empty").mkdir()
    assert (
        run("consumers", TABLE, "empty")[1]
        == f"Nobody reads {TABLE}; no consumes.yaml was found.\n"
    )
    read("finance")
    assert run("consumers", TABLE, "finance")[1] == (
        f"Nobody reads {TABLE}; 1 consumes.yaml file looked at.\n"
    )


def test_a_checkout_is_named_by_its_folder_also_from_inside(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    read("finance", (TABLE, "^2.1", "fail"))
    monkeypatch.chdir("finance")
    assert "  finance  ^2.1   fail  consumes.yaml:1:3" in run("consumers", TABLE, ".")[1]


def test_a_list_that_may_lack_somebody_is_not_a_list(run: Run) -> None:
    read("finance", (TABLE, "^2.1", "fail"))
    read("marketing", source=f"- {{source: {TABLE}, pin: two}}\n")
    read("loyalty", source="- [")
    Path("linked").mkdir()
    Path("linked", NAME).symlink_to("../finance/consumes.yaml")
    code, out, _ = run("consumers", TABLE, ".")
    assert code == 5
    assert "error consumes-unreadable linked/consumes.yaml:1:1" in out
    assert "error yaml-syntax loyalty/consumes.yaml:" in out
    assert "error wrong-value marketing/consumes.yaml:1:" in out
    assert "is read by 1 domain; 4 consumes.yaml files looked at." in out
    assert out.endswith("The list may lack readers: mend the files named above.\n")


def test_the_document_of_consumers(run: Run) -> None:
    read("finance", (TABLE, "^2.1", "fail"))
    read("loyalty", source="- [")
    code, out, err = run("consumers", TABLE, ".", "--format", "json")
    told = json.loads(out)
    assert (code, err) == (5, "")
    assert list(told) == ["schema", "outcome", "table", "looked_at", "consumers", "findings"]
    assert told["schema"] == "platform-cli/contract-consumers/1"
    assert (told["outcome"], told["table"], told["looked_at"]) == ("failed", TABLE, 2)
    (reader,) = told["consumers"]
    assert reader == {
        "domain": "finance", "pin": "^2.1", "on_breaking": "fail",
        "path": "finance/consumes.yaml", "line": 1, "column": 3,
    }  # fmt: skip
    (finding,) = told["findings"]
    assert list(finding) == ["path", *FINDING_KEYS]


def test_annotations_of_pins(run: Run) -> None:
    produce("orders/facts.contract.yaml", sunset(90))
    Path("orders/odd.contract.yaml").write_text("- 1")
    read("finance", (TABLE, "^2.1", "fail"), (f"{TABLE}_old", "^1.0", "fail"))
    code, out, _ = run("pins", "finance", "--contracts", "orders", "--format", "github")
    assert code == 5
    beside, counted, unknown, verdict = out.splitlines()
    assert beside.startswith("::warning file=orders/odd.contract.yaml,line=1,col=1,title=contract-")
    assert counted == (
        f"::warning file=finance/consumes.yaml,line=1,col=3,title=pin-sunsetting {TABLE}"
        "::your producer is sunsetting ^2.1 in 90 days; read ^3.0: Read gross."
    )
    assert unknown.startswith("::error file=finance/consumes.yaml,line=2,col=3,title=pin-unknown-")
    assert verdict == "failed: 2 pins against orders, 1 error, 2 warnings."


def test_annotations_of_consumers(run: Run) -> None:
    read("finance", (TABLE, "^2.1", "fail"))
    read("loyalty", source="- [")
    code, out, _ = run("consumers", TABLE, ".", "--format", "github")
    assert code == 5
    broken, reader, verdict = out.splitlines()
    assert broken.startswith("::error file=loyalty/consumes.yaml,line=2,col=1,title=yaml-syntax::")
    assert reader == (
        "::notice file=finance/consumes.yaml,line=1,col=3,title=consumer"
        f"::finance reads {TABLE} ^2.1, on_breaking: fail"
    )
    assert verdict == f"{TABLE} is read by 1 domain; 2 consumes.yaml files looked at."


def known_domain(
    tmp_path: Path, domain: str, files: dict[str, str], types: list[EventType]
) -> None:
    """A repository on the embedded forge, and what the journal knows of it."""
    source = tmp_path / "sources" / domain
    source.mkdir(parents=True)
    for name, content in files.items():
        (source / name).write_text(content, encoding="utf-8")
    settings = load_settings()
    at = datetime(2026, 11, 20, tzinfo=UTC)
    git = Git(process_environment())
    forge = LocalForge(settings.home / "forge", settings.platform.organisation, git, lambda: at)
    forge.create_repository(domain, marker=Marker(domain, "o"), description="d")
    if files:
        forge.push(domain, "main", Commit(source, "First", Author("A", "a@example.org")))
    with wiring.journal(settings) as journal:
        for type_ in types:
            journal.append(Event(f"{domain}-{type_}", "o", "r", domain, "local", at, type_))


def test_who_reads_a_table_on_the_forge(run: Run, tmp_path: Path) -> None:
    assert run("consumers", TABLE) == (
        0, f"Nobody reads {TABLE}; no consumes.yaml was found.\n", "",
    )  # fmt: skip
    reads = {NAME: f"- {{source: {TABLE}, pin: ^2.1}}\n"}
    known_domain(tmp_path, "finance", reads, ["onboarding.requested"])
    known_domain(tmp_path, "closed", reads, ["onboarding.requested", "onboarding.closed"])
    known_domain(tmp_path, "without", {"README.md": "-"}, ["onboarding.requested"])
    known_domain(tmp_path, "begun", {}, ["onboarding.requested"])
    known_domain(tmp_path, "broken", {NAME: "- ["}, ["onboarding.requested"])
    code, out, _ = run("consumers", TABLE)
    assert code == 5
    assert out.splitlines()[0] == "error yaml-syntax broken/consumes.yaml:2:1"
    assert out.splitlines()[2:4] == [
        f"{TABLE} is read by 1 domain; 2 consumes.yaml files looked at.",
        "  finance  ^2.1   fail  finance/consumes.yaml:1:3",
    ]


def test_the_findings_beside_pins_are_documented() -> None:
    assert {"contract-unreadable", "consumes-unreadable"} <= set(PIN_FINDINGS)
