"""Delimiters: what GitHub and dbt write with braces comes out of a rendering as it went in.

`tests/unit/test_template.py` refuses other delimiters and silent gaps; the rendered files are read
by the tools of their readers in `tests/integration/test_domain_readers.py` and
`test_service_readers.py`, as far as those tools are here.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final

import jinja2
import pytest
import yaml

from platform_cli import template
from platform_cli.errors import PlatformError
from platform_cli.template.checking import wrong_with_file
from tests.security.test_copier_templates import ENVOPS, write
from tests.unit.test_template_pinned import DATA

BRACES: Final = re.compile(r"\$\{\{.*?\}\}")
TEXT: Final = "a ${{ secrets }} b {{ ref('x') }} {% if y %} {# z #} c\n"
NAMES: Final = ("domain", "product", "service")


def test_the_usual_delimiters_would_lose_it_in_silence() -> None:
    """Prove what there is to lose."""
    usual = jinja2.Environment(autoescape=True)
    assert usual.from_string("a ${{ secrets }} b").render() == "a $ b"


def test_ours_leave_it_as_it_is(tmp_path: Path) -> None:
    source = write(tmp_path / "source", {"a.txt.jinja": TEXT, "[[ 'b' ]].txt": TEXT})
    template.render(source, {}, tmp_path / "into")
    assert (tmp_path / "into" / "a.txt").read_text() == TEXT
    assert (tmp_path / "into" / "b.txt").read_text() == TEXT


def test_what_is_not_defined_is_an_error(tmp_path: Path) -> None:
    for text in ("[[ nobody ]]", "[[ nobody.name ]]", "[% if nobody %]x[% endif %]"):
        source = write(tmp_path / "source", {"a.txt.jinja": f"{text}\n"})
        with pytest.raises(PlatformError) as caught:
            template.render(source, {}, tmp_path / "into")
        assert caught.value.code == "PLT-TEMPLATE-001"
        assert not (tmp_path / "into").exists()


@pytest.mark.parametrize("name", NAMES)
def test_every_template_of_ours_says_so(name: Any) -> None:
    """What is refused of others is held by ours."""
    config = yaml.safe_load((template.packaged(name) / "copier.yml").read_text(encoding="utf-8"))
    wanted = yaml.safe_load(ENVOPS)["_envops"]
    assert {key: config["_envops"][key] for key in wanted} == wanted
    assert template.questions(template.packaged(name))


def test_the_braces_of_the_packaged_workflow_are_all_there(tmp_path: Path) -> None:
    source = template.packaged() / "repository"
    template.render(template.packaged(), DATA, tmp_path / "into")
    counted = 0
    for path in (tmp_path / "into").rglob("*"):
        if not path.is_file():
            continue
        name = path.relative_to(tmp_path / "into")
        written = source / f"{name}.jinja"
        before = BRACES.findall(written.read_text(encoding="utf-8")) if written.exists() else []
        plain = [one for one in before if "[[" not in one]
        after = path.read_text(encoding="utf-8")
        assert [one for one in plain if one not in after] == [], name
        counted += len(plain)
    assert counted > 10


@pytest.mark.parametrize("left", ["[[ x ]]", "[% if x %]", "[# note #]", "[[- x ]]", "[%+ x %]"])
def test_what_was_not_rendered_is_refused(left: str) -> None:
    if left.startswith("[#"):
        assert wrong_with_file("a.txt", f"{left}\n".encode()) is None  # no more than a note
    else:
        assert "not rendered" in (wrong_with_file("a.txt", f"a {left} b\n".encode()) or "")
