"""Commits that a domain's CI must refuse: the workflow's own commands, run on a real clone.

Each is the change of a pull request, built by the embedded forge's runner; of the workflow the
job that must refuse it is kept, because a build ends with its first failure.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from threading import Event as Flag

import pytest
import yaml

from platform_cli.providers.forge import ci, workflow
from platform_cli.providers.forge.port import Build
from tests.integration.domain_rendered import LEAST, rendered, tool

pytestmark = pytest.mark.integration

PRODUCT = "product.contract.yaml"
MODEL = "models/product/loyalty_facts"


@dataclass(frozen=True, slots=True)
class Domain:
    """A clone whose `main` is what `init` renders."""

    folder: Path
    base: str

    def git(self, *words: str) -> str:
        identity = ["-c", "user.name=Ann", "-c", "user.email=ann@example.org"]
        done = subprocess.run(
            ["git", "-C", str(self.folder), *identity, *words],
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout.strip()

    def edit(self, name: str, *changes: tuple[str, str]) -> None:
        """Replace each text by another; it must be there."""
        path = self.folder / name
        text = path.read_text(encoding="utf-8")
        for old, new in changes:
            assert old in text, f"{name} has no {old!r}"
            text = text.replace(old, new)
        path.write_text(text, encoding="utf-8")

    def proposed(self, job: str) -> Build:
        """Commit what was edited on a branch, and run the commands of that job on it."""
        self.git("checkout", "--quiet", "-b", "change")
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", "A change")

        def checkout(into: Path) -> None:
            self.git("clone", "--quiet", "--branch", "change", str(self.folder), str(into))

        order = ci.Order(
            address="local/loyalty",
            branch="change",
            head=self.git("rev-parse", "HEAD"),
            variables={},
            workflow=self._only(job),
            checkout=checkout,
            review=ci.Review(1, "main", self.base),
        )
        environment = {"PATH": os.environ["PATH"]}
        return ci.Run(order, environment, 120, Flag()).build()

    def _only(self, job: str) -> bytes:
        """The workflow with that job alone, its texts as they stand."""
        text = (self.folder / workflow.PATH).read_text(encoding="utf-8")
        document = yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506 - texts alone
        document["jobs"] = {job: document["jobs"][job]}
        return yaml.safe_dump(document).encode()


@pytest.fixture
def domain(tmp_path: Path) -> Domain:
    folder = rendered({**LEAST, "customer_data": True}, tmp_path / "loyalty").folder
    made = Domain(folder, "")
    made.git("init", "--quiet", "--initial-branch", "main")
    made.git("add", "--all")
    made.git("commit", "--quiet", "--message", "As init renders it")
    return Domain(folder, made.git("rev-parse", "HEAD"))


def without_a_bump(domain: Domain) -> None:
    domain.edit(PRODUCT, ("freshness: 24h", "freshness: 48h"))


def drifted(domain: Domain) -> None:
    """The model's column has another name, in its query and its file, and not in the contract."""
    domain.edit(f"{MODEL}.sql", ("as amount", "as total"))
    domain.edit(f"{MODEL}.yml", ("- name: amount", "- name: total"))


def unmasked(domain: Domain) -> None:
    domain.edit(PRODUCT, ("    mask: sha256\n", ""))


def edited_policy(domain: Domain) -> None:
    domain.edit("policies/mesh/limits/data.json", ("730", "7300"))


def broken_test(domain: Domain) -> None:
    """A kind of event that no test of the models accepts."""
    domain.edit("seeds/sample_events.csv", ("closed", "reopened"))


@dataclass(frozen=True, slots=True)
class Case:
    """A change, the job that must refuse it, and what it must say: what is wrong, how to mend it."""

    change: Callable[[Domain], None]
    job: str
    says: tuple[str, ...]


CASES = (
    Case(without_a_bump, "contract", ("semver", r"write 0\.2\.0")),
    Case(
        drifted,
        "contract",
        ("schema drift between dbt model and contract YAML", "amount", "total"),
    ),
    Case(
        unmasked,
        "contract",
        (r"customer_email is tagged PII but has no mask", "Give the column a mask"),
    ),
    Case(
        unmasked,
        "policy",
        (r"customer_email is tagged PII but has no mask", "Give the column a mask"),
    ),
    Case(
        edited_policy,
        "policy",
        (r"policies/mesh/limits/data\.json is not as the release", "platform-cli policy sync"),
    ),
    Case(
        broken_test,
        "dbt",
        ("accepted_values_derived_events_event_type", r"models/derived/derived_events\.yml"),
    ),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.change.__name__}-{case.job}")
def test_a_bad_change_is_refused_and_told_how_to_mend_it(domain: Domain, case: Case) -> None:
    tool("dbt" if case.job == "dbt" else "platform-cli")
    case.change(domain)
    built = domain.proposed(case.job)
    assert built.status == "red", built.saw
    for words in case.says:
        assert re.search(words, built.saw), built.saw
    assert built.next is not None


@pytest.mark.parametrize("job", ["contract", "policy"])
def test_a_change_of_the_readme_is_not_refused(domain: Domain, job: str) -> None:
    domain.edit("README.md", ("# loyalty", "# The loyalty domain"))
    built = domain.proposed(job)
    assert built.status == "green", built.saw
    assert f"ran 1 command of ci.yml in a clean checkout of {domain.git('rev-parse', 'HEAD')}" in (
        built.did
    )


def test_a_change_with_its_bump_is_not_refused(domain: Domain) -> None:
    without_a_bump(domain)
    domain.edit(PRODUCT, ('version: "0.1.0"', 'version: "0.2.0"'))
    built = domain.proposed("contract")
    assert built.status == "green", built.saw
