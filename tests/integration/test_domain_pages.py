"""What a rendered domain tells people: the portal, the settings, the pages and what they show."""

from __future__ import annotations

import re
import shutil
import tomllib
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from platform_cli import policies, template
from platform_cli.contracts import pins
from platform_cli.domain_repo.about import about
from platform_cli.errors import PlatformError
from platform_cli.policies.exceptions import read_repository
from tests.integration.domain_rendered import HOSTILE, LEAST, Repository, rendered

pytestmark = pytest.mark.integration


def test_the_portal_finds_the_domain(repository: Repository) -> None:
    entities = list(yaml.safe_load_all(repository.text("catalog-info.yaml")))
    assert [e["kind"] for e in entities] == ["Domain", "System", "Component", "API"]
    owner, domain = str(repository.data["owner"]), repository.data["domain"]
    kind, name = ("group", owner.split("/")[1]) if "/" in owner else ("user", owner[1:])
    for entity in entities:
        assert entity["spec"]["owner"] == f"{kind}:default/{name}"
        about = entity["metadata"]["annotations"]
        assert about["github.com/project-slug"] == f"{repository.data['organisation']}/{domain}"
        assert about["platform-cli/service"] == about["platform-cli/domain"] == domain
        assert about["platform-cli/on-call"] == repository.data["on_call"]
    lifecycle = repository.data.get("lifecycle", "experimental")
    assert [e["spec"]["lifecycle"] for e in entities[2:]] == [lifecycle] * 2
    assert entities[3]["metadata"]["annotations"]["platform-cli/table"] == repository.table
    assert entities[3]["spec"]["definition"] == {"$text": "./product.contract.yaml"}


def test_two_domains_may_have_a_table_of_one_name(tmp_path: Path) -> None:
    names = []
    for domain in ("loyalty", "orders"):
        data = {**LEAST, "domain": domain, "catalog_name": domain, "product": "facts"}
        made = rendered(data, tmp_path / domain)
        for entity in yaml.safe_load_all(made.text("catalog-info.yaml")):
            about = entity["metadata"]
            names.append((entity["kind"], about.get("namespace", "default"), about["name"]))
    assert len(set(names)) == len(names) == 8


def test_platform_toml_has_only_what_a_project_may_say(repository: Repository) -> None:
    said = tomllib.loads(repository.text("platform.toml"))
    assert set(said) == {"domain", "contract"}
    assert said["contract"] == {"paths": ["**/*.contract.yaml"], "dbt": "."}
    assert said["domain"]["name"] == repository.data["domain"]
    assert said["domain"]["description"] == repository.description
    own = about(repository.folder)
    assert own.domain == repository.data["domain"]
    assert own.owner == repository.yaml("product.contract.yaml")["owner"]["team"]


def test_what_consumes_yaml_shows_can_be_written(least: Repository) -> None:
    text = least.text("consumes.yaml")
    assert pins.load(text.encode()) == pins.load(b"[]\n")
    shown = re.findall(r"^#   (.*)", text, flags=re.MULTILINE)
    loaded = pins.load("\n".join(shown).encode())
    assert loaded.findings == ()
    assert [(pin.source, pin.major, pin.minor) for pin in loaded.pins] == [
        ("orders.product.order_facts", 2, 1)
    ]


def test_what_the_exceptions_page_shows_can_be_written(least: Repository, tmp_path: Path) -> None:
    (shown,) = re.findall(r"```yaml\n(.*?)```", least.text("exceptions/README.md"), re.DOTALL)
    (tmp_path / "exceptions").mkdir()
    (tmp_path / "exceptions" / "cross_region-orders.yaml").write_text(shown, encoding="utf-8")
    found = read_repository(tmp_path, policies.released(), datetime(2026, 2, 1, tzinfo=UTC))
    assert [one.policy for one in found] == ["mesh.cross_region"]


def test_the_decision_path_is_filled(repository: Repository) -> None:
    path = repository.yaml("decision-paths/daily-review.yaml")
    assert list(path["signals"]) == ["freshness", "quality", "cost", "usage"]
    assert path["stands_on"] == [{"table": repository.table, "version": "0.1.0"}]
    page = repository.text("decision-paths/README.md")
    assert list(path["readiness"]) == re.findall(r"^\| `(\w+)` \|", page, flags=re.MULTILINE)
    assert len(path["readiness"]) == 7
    for check in path["readiness"].values():
        assert check["owner"].startswith("@")
        assert check["state"] in {"done", "open"}
        assert check["evidence"]


def test_links_are_true(repository: Repository) -> None:
    for page in [n for n in repository.rendered.files if n.endswith(".md")]:
        folder = (repository.folder / page).parent
        for token in MarkdownIt("commonmark").enable("table").parse(repository.text(page)):
            for child in token.children or []:
                if child.type == "link_open":
                    target = str(child.attrs["href"])
                    known = target == "https://www.openpolicyagent.org"
                    assert known or (folder / target).exists(), f"{page}: {target}"
    linked = re.findall(r"\]\(([^)]+)\)", repository.text("README.md"))
    for name in ("product.contract.yaml", "consumes.yaml", "observability/README.md"):
        assert name in linked


def test_pages_name_files_that_are_there(repository: Repository) -> None:
    for page in [n for n in repository.rendered.files if n.endswith("README.md")]:
        shown = re.findall(r"`([a-z./-]+(?:/|\.(?:yaml|md|toml|json|txt)))`", repository.text(page))
        for name in set(shown) - {".yml", "data.mesh"}:
            beside = (repository.folder / page).parent / name
            assert beside.exists() or (repository.folder / name).exists(), f"{page}: {name}"


def test_the_readme_says_what_was_made_what_comes_first_and_whom_to_page(
    repository: Repository,
) -> None:
    text = repository.text("README.md")
    titles = re.findall(r"^## (.*)", text, flags=re.MULTILINE)
    assert titles == [
        "What was created, and where",
        "The checks",
        "The first sprint",
        "When it breaks",
    ]
    sprint, page = (text.split(f"## {title}")[1] for title in titles[2:])
    for step in ("Complete the semantics", "Revise the SLA", "Replace the example", "you consume"):
        assert step in sprint
    assert f"`{repository.data['on_call']}`" in page
    assert f"`{repository.data['domain']}`" in page
    for name in template.REQUIRED_CHECKS:
        assert f"\n| `{name}` |" in text


def shown_as_text(markdown: str) -> str:
    """The first paragraph below the title, as a reader sees it; fails where it is more than text."""
    tokens = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(markdown)
    inline = next(t for t in tokens if t.type == "inline" and t.content.startswith("**What it is."))
    children = (inline.children or [])[4:]
    assert {child.type for child in children} <= {"text", "text_special"}
    return "".join(child.content for child in children)


@given(text=st.text(min_size=1, max_size=80))
@example(text=HOSTILE)
@example(text="]]>[[% [% [[")
@example(text="   # not a title")
@example(text="null")
@example(text="\\")
@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.filter_too_much],
)
def test_any_description_arrives_as_it_was_written(
    text: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    source = template.packaged()
    try:
        asked = template.answers(source, {"description": text})
    except PlatformError:
        assume(False)
    folder = tmp_path_factory.mktemp("any") / "repository"
    done = rendered({**LEAST, **asked}, folder)
    assert done.yaml("product.contract.yaml")["description"] == text
    assert done.yaml(".copier-answers.yml")["description"] == text
    assert tomllib.loads(done.text("platform.toml"))["domain"]["description"] == text
    entities = list(yaml.safe_load_all(done.text("catalog-info.yaml")))
    assert entities[0]["metadata"]["description"] == text
    assert shown_as_text(done.text("README.md")).split() == text.split()
    shutil.rmtree(folder)
