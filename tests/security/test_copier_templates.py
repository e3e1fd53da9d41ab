"""A hostile template: one for each way that Copier was known to be led astray, and for our own list.

Nothing outside the template is read, nothing outside the target is written, no process is started
and nobody is connected to: an audit hook listens. `test_rendering_apart` does it where it happens.
"""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import copier
import pytest

from platform_cli import template
from platform_cli.errors import PlatformError
from platform_cli.template import asking

ENVOPS: Final = """
_envops:
  block_start_string: "[%"
  block_end_string: "%]"
  variable_start_string: "[["
  variable_end_string: "]]"
  comment_start_string: "[#"
  comment_end_string: "#]"
  undefined: jinja2.StrictUndefined
"""
STARTS: Final = (
    "subprocess.Popen",
    "os.exec",
    "os.fork",
    "os.posix_spawn",
    "os.system",
    "socket.connect",
)
TOUCHES: Final = ("open", "os.mkdir", "os.rename", "os.remove", "os.symlink", "os.link", "os.chmod")
OURS: Final = ("/source", "/into", "/.into-")
"""The template, the target, and the folder beside it that becomes the target."""

# Python cannot take an audit hook away again, so there is one, and a test opens its ears.
_heard: list[str] | None = None
_place: str = ""


def _listen(event: str, arguments: tuple[Any, ...]) -> None:
    if _heard is None:
        return
    if event.startswith(STARTS):
        _heard.append(f"{event} {arguments}")
    if event in TOUCHES and _is_outside(arguments):
        _heard.append(f"{event} {arguments}")


def _is_outside(arguments: tuple[Any, ...]) -> bool:
    """Whether it is about what the test put there to be found, or beside the target."""
    paths = [
        os.fsdecode(one) for one in arguments[:2] if isinstance(one, str | bytes | os.PathLike)
    ]
    beside = [path.removeprefix(_place) for path in paths if path.startswith(_place)]
    return any(name and not name.startswith(OURS) for name in beside)


sys.addaudithook(_listen)


@pytest.fixture
def started(tmp_path: Path) -> Iterator[list[str]]:
    """What was started, connected to, or touched outside of template and target, since then."""
    global _heard, _place  # noqa: PLW0603 - see _listen
    assert "plumbum" in sys.modules, "it asks `uname` once, while it is imported"
    _heard, _place = [], str(tmp_path)
    yield _heard
    _heard = None


def write(folder: Path, files: Mapping[str, str], *, config: str = ENVOPS) -> Path:
    for name, text in {"copier.yml": config, **files}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def everything_in(folder: Path) -> dict[str, bytes]:
    return {
        p.relative_to(folder).as_posix(): p.read_bytes()
        if p.is_file() and not p.is_symlink()
        else b""
        for p in folder.rglob("*")
        if not stat.S_ISFIFO(p.lstat().st_mode)
    }


# ---- Settings


HOSTILE_SETTINGS = {
    "tasks": "_tasks: ['touch {out}']\n",
    "conditional tasks": "_tasks: [{{command: 'touch {out}', when: true}}]\n",
    "migrations": "_migrations: [{{command: 'touch {out}'}}]\n",
    "extensions": "_jinja_extensions: [jinja2.ext.do]\n",
    "external data": "_external_data: {{x: '{secret}'}}\n",
    "secret questions": "_secret_questions: [a]\n",
    "answers file": "_answers_file: '{out}'\n",
    "answers outside": "_answers_file: '../out'\n",
    "kept symlinks": "_preserve_symlinks: true\n",
    "skipped files": "_skip_if_exists: ['*']\n",
    "a message": "_message_after_copy: '[[ 1 ]]'\n",
    "another suffix": "_templates_suffix: ''\n",
    "a subdirectory above": "_subdirectory: ..\n",
    "a subdirectory from the root": "_subdirectory: /etc\n",
    "a rendered subdirectory": "_subdirectory: '[[ _copier_python ]]'\n",
    "a rendered exclusion": "_exclude: ['[[ _copier_python ]]']\n",
    "an include": "x: !include '{secret}'\n",
    "an include of tasks": "--- !include tasks.yml\n",
    "a tag": "x: !!python/object/apply:os.system ['touch {out}']\n",
    "a second document": "---\n_tasks: ['touch {out}']\n",
    "a merge": "x: &x {{_tasks: [a]}}\ny: {{<<: *x}}\n",
    "a secret question": "a: {{type: str, default: x, secret: true}}\n",
    "a type made by a template": "a: {{type: '[[ _copier_python ]]', default: x}}\n",
    "a condition": "a: {{type: str, default: x, when: '[[ true ]]'}}\n",
    "a question without a type": "a: b\n",
    "choices made by a template": "a: {{type: str, default: x, choices: '[[ x ]]'}}\n",
    "choices with validators": "a: {{type: str, default: x, choices: [[x, {{value: x}}]]}}\n",
    "a default of many": "a: {{type: str, default: [x]}}\n",
}


@pytest.mark.parametrize("setting", HOSTILE_SETTINGS.values(), ids=HOSTILE_SETTINGS)
def test_a_setting_that_does_more_than_render_is_refused(
    tmp_path: Path, started: list[str], setting: str
) -> None:
    out, secret = tmp_path / "out", tmp_path / "secret.yml"
    secret.write_text("canary: 1\n")
    config = ENVOPS + setting.format(out=out, secret=secret)
    source = write(
        tmp_path / "source", {"a.txt": "x\n", "tasks.yml": "_tasks: [x]\n"}, config=config
    )
    before = everything_in(tmp_path)
    started.clear()
    with pytest.raises(PlatformError) as caught:
        template.render(source, {}, tmp_path / "into")
    assert caught.value.code in {"PLT-TEMPLATE-001", "PLT-TEMPLATE-002"}
    assert started == []
    assert everything_in(tmp_path) == before


def test_a_refused_setting_is_named(tmp_path: Path) -> None:
    config = ENVOPS + "_tasks: [x]\n_migrations: [y]\n"
    with pytest.raises(PlatformError) as caught:
        template.questions(write(tmp_path, {}, config=config))
    assert caught.value.code == "PLT-TEMPLATE-002"
    assert [p.address for p in caught.value.problems] == ["_tasks", "_migrations"]
    assert "_tasks, _migrations" in caught.value.summary


@pytest.mark.parametrize(
    "envops",
    [
        "",
        ENVOPS.replace("  undefined: jinja2.StrictUndefined\n", ""),
        ENVOPS.replace("jinja2.StrictUndefined", "jinja2.Undefined"),
        ENVOPS.replace('"[["', '"{{"'),
        ENVOPS + "  extensions: [jinja2.ext.do]\n",
        ENVOPS + "a: {type: str, default: x, help: [y]}\n",
    ],
)
def test_other_delimiters_or_silent_gaps_are_refused(tmp_path: Path, envops: str) -> None:
    with pytest.raises(PlatformError) as caught:
        template.questions(write(tmp_path, {}, config=envops + "b: {type: str, default: x}\n"))
    assert caught.value.code == "PLT-TEMPLATE-002"


@pytest.mark.parametrize("name", ["copier.yaml", "copier.YML", "Copier.yml"])
def test_a_second_configuration_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(PlatformError) as caught:
        template.questions(write(tmp_path, {name: "_tasks: [x]\n"}))
    assert caught.value.code == "PLT-TEMPLATE-002"


@pytest.mark.parametrize("call", [template.questions, lambda source: template.answers(source, {})])
def test_a_configuration_that_is_a_link_is_not_read(
    tmp_path: Path, call: Callable[[Path], object]
) -> None:
    (tmp_path / "secret").write_text("canary: [\n")
    source = tmp_path / "source"
    source.mkdir()
    (source / "copier.yml").symlink_to(tmp_path / "secret")
    with pytest.raises(PlatformError) as caught:
        call(source)
    assert caught.value.code == "PLT-TEMPLATE-002"
    assert "canary" not in caught.value.summary


def link_to_a_file(source: Path, outside: Path) -> None:
    (source / "link.txt").symlink_to(outside / "secret")


def link_to_a_folder(source: Path, outside: Path) -> None:
    (source / "link").symlink_to(outside)


def link_inside(source: Path, outside: Path) -> None:
    (source / "link.txt").symlink_to("a.txt")


def link_to_nothing(source: Path, outside: Path) -> None:
    (source / "link.txt").symlink_to(outside / "later")


def pipe(source: Path, outside: Path) -> None:
    os.mkfifo(source / "pipe.txt")


def name_above(source: Path, outside: Path) -> None:
    (source / "[[ '..' ]]").mkdir()
    (source / "[[ '..' ]]" / "evil.txt").write_text("x\n")


def name_above_in_one_part(source: Path, outside: Path) -> None:
    (source / "[[ '..' ~ _copier_conf.sep ~ 'outside' ~ _copier_conf.sep ~ 'evil' ]]").write_text(
        "x\n"
    )


def name_from_the_root(source: Path, outside: Path) -> None:
    (source / "[[ _copier_conf.sep ~ 'evil' ]]").write_text("x\n")


def hooks_for_git(source: Path, outside: Path) -> None:
    write(source, {"[[ '.GIT' ]]/hooks/post-commit": "x\n"})


def attribute_of_a_class(source: Path, outside: Path) -> None:
    (source / "a.txt.jinja").write_text("[[ ''.__class__.__mro__[1].__subclasses__() ]]\n")


def attribute_of_a_path(source: Path, outside: Path) -> None:
    (source / "a.txt.jinja").write_text(
        f"[[ _copier_conf.src_path.parser.os.mkdir('{outside}/evil') ]]\n"
    )


def attribute_by_format(source: Path, outside: Path) -> None:
    (source / "a.txt.jinja").write_text(
        "[[ '{0.__class__.__init__.__globals__}'.format(_copier_conf) ]]\n"
    )


def settings_from_a_file(source: Path, outside: Path) -> None:
    (source / "a.txt.jinja").write_text("[[ _copier_conf.settings.from_file('x') ]]\n")


def pickles(source: Path, outside: Path) -> None:
    (source / "a.txt.jinja").write_text(
        f"[[ _copier_conf.settings.parse_file('{outside}/secret') ]]\n"
    )


@pytest.mark.parametrize(
    "hostile",
    [
        link_to_a_file,
        link_to_a_folder,
        link_inside,
        link_to_nothing,
        pipe,
        name_above,
        name_above_in_one_part,
        name_from_the_root,
        hooks_for_git,
        attribute_of_a_class,
        attribute_of_a_path,
        attribute_by_format,
        settings_from_a_file,
        pickles,
    ],
)
def test_a_hostile_template_reads_and_writes_nothing_outside(
    tmp_path: Path, started: list[str], hostile: Callable[[Path, Path], None]
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret").write_text("canary")
    source = write(tmp_path / "source", {"a.txt": "x\n"})
    hostile(source, outside)
    before = everything_in(tmp_path)
    started.clear()
    with pytest.raises(PlatformError) as caught:
        template.render(source, {}, tmp_path / "into")
    assert caught.value.code in {"PLT-TEMPLATE-001", "PLT-TEMPLATE-002"}
    assert started == []
    assert "canary" not in str(caught.value)
    assert everything_in(tmp_path) == before
    assert not Path("/evil").exists()


# ---- Behind our list: Copier's own refusals, which hold where ours should ever miss something

BEHIND: Final = {
    "tasks": "_tasks: ['touch {out}']\n",
    "extensions": "_jinja_extensions: [jinja2.ext.do]\n",
}
"""Migrations are not among them: Copier runs them when it updates, which is never asked of it."""


@pytest.mark.parametrize("setting", BEHIND.values(), ids=BEHIND)
def test_copier_is_never_told_to_trust_a_template(
    tmp_path: Path, started: list[str], monkeypatch: pytest.MonkeyPatch, setting: str
) -> None:
    monkeypatch.setattr(asking, "_allowed", lambda *_: True)
    config = ENVOPS + setting.format(out=tmp_path / "out")
    source = write(tmp_path / "source", {"a.txt": "x\n"}, config=config)
    started.clear()
    with pytest.raises(PlatformError) as caught:
        template.render(source, {}, tmp_path / "into")
    assert started == []
    assert caught.value.code == "PLT-TEMPLATE-002"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["source"]


def test_what_copier_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told: dict[str, Any] = {}
    monkeypatch.setattr(copier, "run_copy", lambda *_, **given: told.update(given))
    with pytest.raises(PlatformError):  # nothing was rendered, so nothing can be moved
        template.render(write(tmp_path / "source", {}), {}, tmp_path / "into")
    assert told["unsafe"] is False
    assert told["settings"] == copier.Settings()
    assert not told["settings"].trust
