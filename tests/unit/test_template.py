"""What a template may ask for, what an answer may be, what a rendered file must be."""

from __future__ import annotations

import errno
import os
import stat
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import copier
import pytest

from platform_cli import template
from platform_cli.errors import PlatformError
from platform_cli.template.checking import wrong_with_file

ENVOPS = """
_envops:
  block_start_string: "[%"
  block_end_string: "%]"
  variable_start_string: "[["
  variable_end_string: "]]"
  comment_start_string: "[#"
  comment_end_string: "#]"
  undefined: jinja2.StrictUndefined
"""

# Python cannot take an audit hook away again, so there is one, and a test opens its ears.
_heard: list[str] | None = None


def _listen(event: str, arguments: object) -> None:
    starts = (
        "subprocess.Popen",
        "os.exec",
        "os.fork",
        "os.posix_spawn",
        "os.system",
        "socket.connect",
    )
    if _heard is not None and event.startswith(starts):
        _heard.append(f"{event} {arguments}")


sys.addaudithook(_listen)


@pytest.fixture
def started() -> Iterator[list[str]]:
    """The processes and connections that were started since."""
    global _heard  # noqa: PLW0603 - see _listen
    assert "plumbum" in sys.modules, "it asks `uname` once, while it is imported"
    _heard = []
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


# ---- Questions and answers


def test_the_packaged_template_asks_what_the_documentation_says() -> None:
    asked = template.questions(template.packaged())
    assert [q.key for q in asked if q.settable] == [
        "description",
        "product",
        "region",
        "customer_data",
        "lifecycle",
    ]
    assert all(q.help for q in asked)
    assert next(q for q in asked if q.key == "region").choices == ("EU", "US", "APAC", "UK", "CA")


def test_answers_get_their_type() -> None:
    given = {
        "description": "Points, and what they are worth",
        "product": "points_2",
        "region": "US",
        "customer_data": "Yes",
    }
    assert template.answers(template.packaged(), given) == {**given, "customer_data": True}
    assert template.answers(template.packaged(), {}) == {}


def test_numbers_are_numbers(tmp_path: Path) -> None:
    config = ENVOPS + "days: {type: int, default: 1}\nshare: {type: float, default: 0.5}\n"
    source = write(tmp_path, {}, config=config)
    assert template.answers(source, {"days": "7", "share": "0.25"}) == {"days": 7, "share": 0.25}
    with pytest.raises(PlatformError) as caught:
        template.answers(source, {"days": "seven", "share": "7 %"})
    assert [p.address for p in caught.value.problems] == ["--set days", "--set share"]


def test_every_wrong_answer_is_reported_at_once() -> None:
    with pytest.raises(PlatformError) as caught:
        template.answers(
            template.packaged(),
            {"regoin": "EU", "region": "Mars", "customer_data": "maybe", "product": "No-Table"},
        )
    assert caught.value.code == "PLT-SPEC-001"
    problems = caught.value.problems
    assert [p.address for p in problems] == [
        "--set",
        "--set region",
        "--set customer_data",
        "--set product",
    ]
    assert problems[0].hint == "did you mean region?"
    assert "EU, US, APAC, UK, CA" in problems[1].summary


@pytest.mark.parametrize("key", ["domain", "owner", "cli_source", "template_version", "_tasks", ""])
def test_what_the_program_answers_cannot_be_set(key: str) -> None:
    with pytest.raises(PlatformError) as caught:
        template.answers(template.packaged(), {key: "x"})
    assert caught.value.code == "PLT-SPEC-001"


@pytest.mark.parametrize(
    "text",
    [
        "two\nlines",
        "a\ttab",
        "\x1b]0;title\x07",
        "nul\0",
        "\x9b2J",
        "right \u202e to left",
        "isolate \u2066x",
        "zero\u200bwidth",
        "\ufeffmark",
        "line\u2028separator",
        "tag\U000e0041",
        "\ud800",
        "\uffff",
        "x" * 501,
    ],
)
def test_text_that_a_person_cannot_see_is_refused(text: str) -> None:
    with pytest.raises(PlatformError) as caught:
        template.answers(template.packaged(), {"description": text})
    assert [p.address for p in caught.value.problems] == ["--set description"]
    assert len(caught.value.problems[0].summary) < 100


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "Facts",
        "1facts",
        "_facts",
        "faćts",
        "facts;",
        "a" * 61,
        "x'); drop table y; --",
        "raw_events",
        "sample_events",
        "derived_events",
        "../up",
        "[[ domain ]]",
    ],
)
def test_a_product_is_a_plain_identifier(text: str) -> None:
    with pytest.raises(PlatformError) as caught:
        template.answers(template.packaged(), {"product": text})
    assert [p.address for p in caught.value.problems] == ["--set product"]


def test_an_answer_of_nothing_is_no_description() -> None:
    with pytest.raises(PlatformError):
        template.answers(template.packaged(), {"description": "   "})


# ---- What rendering does


def test_it_renders_what_is_asked_and_leaves_the_rest_alone(
    tmp_path: Path, started: list[str]
) -> None:
    source = write(
        tmp_path / "source",
        {
            "repository/[[ name ]].txt.jinja": "a ${{ secrets.X }} {{ ref('x') }} [[ name ]]\n",
            "repository/plain.txt": "{{ left }} ${{ alone }}\n",
        },
        config=ENVOPS
        + "_subdirectory: repository\n"
        + "template_version: {type: str, default: '3.1', when: false}\n"
        + "name: {type: str, when: false}\n",
    )
    done = template.render(source, {"name": "x", "unasked": object()}, tmp_path / "into")
    assert done == template.Rendered(files=("plain.txt", "x.txt"), version="3.1")
    text = (tmp_path / "into" / "x.txt").read_text()
    assert text == "a ${{ secrets.X }} {{ ref('x') }} x\n"
    assert (tmp_path / "into" / "plain.txt").read_text() == "{{ left }} ${{ alone }}\n"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["into", "source"]
    assert started == []


def test_modes_are_the_same_on_every_machine(tmp_path: Path) -> None:
    source = write(tmp_path / "source", {"run.sh": "true\n", "text.txt": "x\n"})
    (source / "run.sh").chmod(0o700)
    (source / "text.txt").chmod(0o600)
    before = os.umask(0o077)
    try:
        template.render(source, {}, tmp_path / "into")
    finally:
        os.umask(before)
    modes = {p.name: stat.S_IMODE(p.stat().st_mode) for p in (tmp_path / "into").iterdir()}
    assert modes == {"run.sh": 0o755, "text.txt": 0o644}
    assert stat.S_IMODE((tmp_path / "into").stat().st_mode) == 0o755


def test_the_users_own_copier_settings_change_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = tmp_path / "settings.yml"
    settings.write_text("defaults: {word: theirs}\n")
    monkeypatch.setenv("COPIER_SETTINGS_PATH", str(settings))
    source = write(
        tmp_path / "source",
        {"a.txt.jinja": "[[ word ]]\n"},
        config=ENVOPS + "word: {type: str, default: ours}\n",
    )
    template.render(source, {}, tmp_path / "into")
    assert (tmp_path / "into" / "a.txt").read_text() == "ours\n"


@pytest.mark.parametrize("inside", [".", "deep/source"], ids=["root", "inside"])
def test_a_template_in_a_git_work_tree_is_a_plain_folder(
    tmp_path: Path, started: list[str], inside: str
) -> None:
    tree = tmp_path / "tree"
    source = write(tree / inside, {"a.txt": "committed\n"})
    git = ["git", "-C", str(tree), "-c", "user.name=a", "-c", "user.email=a@example.com"]
    subprocess.run(["git", "init", "--quiet", str(tree)], check=True)
    subprocess.run([*git, "add", "."], check=True)
    subprocess.run([*git, "commit", "--quiet", "--no-verify", "--message", "x"], check=True)
    (source / "a.txt").write_text("dirty\n")
    started.clear()
    done = template.render(source, {}, tmp_path / "into")
    assert done.files == ("a.txt",)
    assert (tmp_path / "into" / "a.txt").read_text() == "dirty\n"
    assert started == []


def test_an_empty_folder_is_used_and_a_full_one_is_left_alone(tmp_path: Path) -> None:
    source = write(tmp_path / "source", {"a.txt": "x\n"})
    into = tmp_path / "into"
    into.mkdir()
    template.render(source, {}, into)
    with pytest.raises(PlatformError) as caught:
        template.render(source, {}, into)
    assert caught.value.code == "PLT-USAGE-003"
    assert everything_in(into) == {"a.txt": b"x\n"}


def test_a_folder_that_cannot_be_written_is_said_so(tmp_path: Path) -> None:
    source = write(tmp_path / "source", {"a.txt": "x\n"})
    (tmp_path / "file").write_text("")
    for into in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(PlatformError) as caught:
            template.render(source, {}, into)
        assert caught.value.code == "PLT-USAGE-003"


def test_a_full_disk_is_said_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(copier, "run_copy", full)
    with pytest.raises(PlatformError) as caught:
        template.render(write(tmp_path / "source", {}), {}, tmp_path / "into")
    assert caught.value.code == "PLT-HOME-002"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["source"]


@pytest.mark.parametrize("text", ["a\nb", "\u202ename", "x" * 501])
def test_data_is_one_line_of_visible_text(tmp_path: Path, text: str) -> None:
    source = write(tmp_path / "source", {}, config=ENVOPS + "name: {type: str, when: false}\n")
    with pytest.raises(PlatformError) as caught:
        template.render(source, {"name": text}, tmp_path / "into")
    assert caught.value.code == "PLT-SPEC-001"
    assert [p.address for p in caught.value.problems] == ["name"]


# ---- Templates with a mistake


@pytest.mark.parametrize(
    ("files", "where"),
    [
        ({"repository/a.txt.jinja": "one\ntwo [[ nobody ]]\n"}, "repository/a.txt.jinja:2"),
        ({"repository/a.txt.jinja": "one\n[% if %]\n"}, "repository/a.txt.jinja:2"),
        ({"repository/a.txt.jinja": "[[ 1 / 0 ]]\n"}, "repository/a.txt.jinja:1"),
        ({"repository/a.txt.jinja": "[% include '../../secret' %]\n"}, "repository/a.txt.jinja:1"),
        ({"repository/[[ nobody ]].txt": "x\n"}, None),
    ],
)
def test_a_mistake_is_named_with_its_line(
    tmp_path: Path, files: dict[str, str], where: str | None
) -> None:
    (tmp_path / "secret").write_text("canary")
    source = write(tmp_path / "source", files, config=ENVOPS + "_subdirectory: repository\n")
    with pytest.raises(PlatformError) as caught:
        template.render(source, {}, tmp_path / "into")
    assert caught.value.code == "PLT-TEMPLATE-001"
    assert caught.value.address == where
    assert "canary" not in caught.value.summary
    assert sorted(p.name for p in tmp_path.iterdir()) == ["secret", "source"]


@pytest.mark.parametrize(
    "config",
    ["", "- a\n", "a: [\n", "a: 1\na: 2\n", "x: &x {}\ny: {<<: *x}\n", "--- {}\n--- {}\n", "\xff"],
)
def test_a_configuration_that_cannot_be_read(tmp_path: Path, config: str) -> None:
    (tmp_path / "copier.yml").write_bytes(config.encode("latin-1"))
    with pytest.raises(PlatformError) as caught:
        template.questions(tmp_path)
    assert caught.value.code in {"PLT-TEMPLATE-001", "PLT-TEMPLATE-002"}


def test_a_validator_that_fails_is_the_templates_mistake(tmp_path: Path) -> None:
    config = ENVOPS + "a: {type: str, default: x, validator: '[[ nobody ]]'}\n"
    with pytest.raises(PlatformError) as caught:
        template.answers(write(tmp_path, {}, config=config), {"a": "y"})
    assert caught.value.code == "PLT-TEMPLATE-001"


# ---- What a rendered file must be


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.yaml", b"a: 1\nb: [2]\n---\na: 1\n"),
        ("a.yml", b"on: push\n"),
        ("a.json", b'{"a": [[1, 2]]}\n'),
        (".manifest", b"{}\n"),
        ("a.toml", b"[[table]]\na = 1\n"),
        (".github/CODEOWNERS", b"# all\n\n* @org/team @person\n"),
        ("Makefile", b"a:\n\tb\n"),
        ("a.rego", b'sprintf("schema[%d]", [i])\n'),
        ("empty", b""),
    ],
)
def test_a_good_file_passes(name: str, content: bytes) -> None:
    assert wrong_with_file(name, content) is None


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.yaml", b"a: 1\na: 2\n", "repeated"),
        ("a.yaml", b"x:\n  a: 1\n  a: 2\n", "repeated"),
        ("a.yaml", b"x: &x {a: 1}\ny: {<<: *x}\n", "repeated"),
        ("a.yaml", b"a: [\n", "cannot be read"),
        ("a.yaml", b"a: !thing b\n", "cannot be read"),
        ("a.yaml", b"- x\n---\na: 1\na: 2\n", "repeated"),
        ("a.yaml", b"[" * 60_000 + b"\n", "deeper than 64 levels"),
        ("a.yaml", b"a: &a 1\n<<: {b: 2}\n", "merged"),
        ("a.json", b"{'a': 1}\n", "cannot be read"),
        ("a.json", b"[" * 60_000 + b"\n", "cannot be read"),
        ("a.json", b'{"a": 1, "a": 2}\n', "repeated"),
        (".manifest", b"{\n", "cannot be read"),
        ("a.toml", b"a = 1\na = 2\n", "cannot be read"),
        ("CODEOWNERS", b"*\n", "no owner"),
        ("CODEOWNERS", b"* @a # b\n", "no owner"),
        ("CODEOWNERS", b"* team\n", "no owner"),
        ("a.txt", b"x", "line break"),
        ("a.txt", b"\xff\n", "UTF-8"),
        ("a.txt", b"one\r\n", "control character"),
        ("a.txt", b"one\n\x1b[2J\n", "line 2 has the control character"),
        ("a.txt", "a \u202e b\n".encode(), "control character"),
        ("a.txt", b"one\n[[ left ]]\n", "line 2 was not rendered"),
        ("a.txt", b"[% if x %]\n", "not rendered"),
        ("a.txt", b"[%- if x %]\n", "not rendered"),
        ("[[ a ]].txt", b"x\n", "name"),
    ],
)
def test_a_bad_file_is_said_to_be_bad(name: str, content: bytes, said: str) -> None:
    assert said in (wrong_with_file(name, content) or "")


def test_every_bad_file_is_named_and_nothing_is_written(tmp_path: Path) -> None:
    source = write(tmp_path / "source", {"a.yaml": "a: [\n", "b.json": "{\n", "c.txt": "x\n"})
    with pytest.raises(PlatformError) as caught:
        template.render(source, {}, tmp_path / "into")
    assert caught.value.code == "PLT-TEMPLATE-004"
    assert [p.address for p in caught.value.problems] == ["a.yaml", "b.json"]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["source"]


def test_importing_the_package_does_not_import_copier() -> None:
    code = "import sys, platform_cli.template; print([m for m in ('copier', 'jinja2', 'yaml') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "[]"


def test_two_threads_render_at_once(tmp_path: Path) -> None:
    from concurrent.futures import ThreadPoolExecutor

    source = write(
        tmp_path / "source",
        {"a.txt.jinja": "[[ name ]]\n"},
        config=ENVOPS + "name: {type: str, when: false}\n",
    )

    def one(number: int) -> str:
        template.render(source, {"name": f"n{number}"}, tmp_path / str(number))
        return (tmp_path / str(number) / "a.txt").read_text()

    with ThreadPoolExecutor(4) as pool:
        results: list[Any] = list(pool.map(one, range(8)))
    assert results == [f"n{number}\n" for number in range(8)]
