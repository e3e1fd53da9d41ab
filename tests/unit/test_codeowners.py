"""CODEOWNERS: which line decides, and which lines GitHub leaves out. Each case says why."""

from __future__ import annotations

import itertools
import os
import re
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from platform_cli.providers.forge.codeowners import LARGEST, LOCATIONS, matches, parse

YES, NO = True, False

CASES = [
    # pattern, path, whether it matches, why
    ("*", "README.md", YES, "a star alone is every file"),
    ("*", "a/b/c.py", YES, "also in folders, as it has no slash"),
    ("**", "a/b", YES, "two stars alone are every file, too"),
    ("*.js", "app.js", YES, "a name is looked for at the top"),
    ("*.js", "web/lib/app.js", YES, "and in every folder"),
    ("*.js", "app.jsx", NO, "the whole name must match"),
    ("*.js", "app.js/readme", YES, "a folder of that name takes its content along"),
    ("app", "my/app/main.py", YES, "a folder's name anywhere"),
    ("app", "application", NO, "a name is not a prefix"),
    ("app", "myapp", NO, "nor a suffix"),
    ("App", "app", NO, "case matters"),
    ("É", "é", NO, "beyond ASCII as well"),
    ("/app", "app", YES, "a leading slash: at the top"),
    ("/app", "app/main.py", YES, "and all below it"),
    ("/app", "my/app", NO, "but nowhere else"),
    ("app/", "app/main.py", YES, "a trailing slash: a folder's content"),
    ("app/", "my/app/main.py", YES, "wherever the folder is"),
    ("app/", "app", NO, "but not a file of that name"),
    ("app/", "my/app", NO, "in whatever folder"),
    ("/app/", "app/a/b/c", YES, "at the top, however deep below"),
    ("/app/", "my/app/main.py", NO, "at the top only"),
    (
        "build/logs",
        "build/logs/today.txt",
        YES,
        "a slash in the middle anchors, and takes all below",
    ),
    ("build/logs", "my/build/logs/today.txt", NO, "anchored"),
    ("build/logs", "build/logs2", NO, "the whole name"),
    ("docs/*", "docs/index.md", YES, "direct children"),
    ("docs/*", "docs/api/index.md", NO, "and, unlike in .gitignore, no deeper ones"),
    ("docs/*", "my/docs/index.md", NO, "anchored by the slash in the middle"),
    ("docs/*/", "docs/api/index.md", YES, "every folder in docs, with its content"),
    ("docs/*/", "docs/index.md", NO, "but no file in docs"),
    ("/*", "README.md", YES, "the files at the top"),
    ("/*", "docs/index.md", NO, "and no deeper ones"),
    ("/*/", "docs/index.md", YES, "what is in any folder"),
    ("/*/", "README.md", NO, "a file at the top is in none"),
    ("docs/*.md", "docs/index.md", YES, "a star in a name"),
    ("docs/*.md", "docs/api/index.md", NO, "does not cross a slash"),
    ("docs/*.md", "docs/index.md/a", YES, "only a last part that is just a star stops there"),
    ("a*b", "a/b", NO, "a star never matches a slash"),
    ("a*b", "ab", YES, "it may match nothing"),
    ("a**b", "axxb", YES, "two stars inside a name are one"),
    ("a**b", "a/b", NO, "and do not cross a slash either"),
    ("/a/*/c", "a/b/c", YES, "a star for one folder"),
    ("/a/*/c", "a/b/b/c", NO, "exactly one"),
    ("/a/*/c", "a/c", NO, "not none"),
    ("a?c", "abc", YES, "a question mark is one letter"),
    ("a?c", "ac", NO, "not none"),
    ("a?c", "a/c", NO, "and no slash"),
    ("a?c", "aéc", YES, "a letter is a letter, not a byte"),
    ("**/logs", "logs", YES, "no folder above"),
    ("**/logs", "a/b/logs/x", YES, "any folders above"),
    ("**/logs", "mylogs", NO, "whole folders only"),
    ("**/a/b", "x/a/b", YES, "not anchored by its slash"),
    ("logs/**", "logs/a/b", YES, "everything inside"),
    ("logs/**", "logs", NO, "but not a file of that name"),
    ("logs/**", "x/logs/a", NO, "anchored"),
    ("a/**/z", "a/z", YES, "no folder in between"),
    ("a/**/z", "a/b/c/z", YES, "or many"),
    ("a/**/z", "a/bz", NO, "whole folders"),
    ("a/**/z", "b/a/z", NO, "anchored"),
    ("a/**/z", "a/b/c/z/d", YES, "and all below"),
    ("a/**/*", "a/b/c", YES, "everything below"),
    ("a/**/**/z", "a/b/z", YES, "twice is once"),
    ("**/*.py", "a.py", YES, "a name in any folder"),
    ("**/*", "a/b", YES, "everything"),
    ("a/**/", "a/b/c", YES, "folders below"),
    ("**/", "a/b", YES, "what is in any folder"),
    ("**/", "a", NO, "a file at the top is in none"),
    ("/**", "a/b", YES, "everything below the top"),
    ("a//b", "a/b", NO, "no folder has an empty name"),
    (r"my\ file", "my file", YES, "a blank is escaped"),
    (r"a\*b", "a*b", YES, "an escaped star is a star"),
    (r"a\*b", "axb", NO, "and nothing else"),
    (r"a\?b", "axb", NO, "the same for a question mark"),
    (r"a\\b", r"a\b", YES, "and for the backslash"),
    ("a.b", "axb", NO, "a dot is a dot"),
    ("a+(b)^$|{2}", "a+(b)^$|{2}", YES, "nothing of a regular expression has a meaning"),
    (".github/", ".github/CODEOWNERS", YES, "a folder that begins with a dot"),
    ("*", ".hidden", YES, "a star matches a leading dot"),
    ("a!b", "a!b", YES, "an exclamation mark inside is a letter"),
]


@pytest.mark.parametrize(("pattern", "path", "expected", "why"), CASES)
def test_a_pattern(pattern: str, path: str, expected: bool, why: str) -> None:
    assert matches(pattern, path) is expected, why


INVALID = [
    (b"!docs/ @a", "! does not take", "negation does not exist"),
    (b"[ab].py @a", "range", "ranges do not exist"),
    (b"a] @a", "range", "half a range neither"),
    (rb"\[id\].tsx @a", "cannot be written", "whether GitHub takes it escaped is not documented"),
    (rb"\#file @a", "cannot be escaped", "documented not to work"),
    (b"***/x @a", "three stars", "GitHub's own example of an invalid pattern"),
    (b"/ @a", "never matches", "GitHub's own example of a pattern without a match"),
    (b"a#b @a", "inside a word", "a comment or a letter? not documented"),
    (b"* @a#b", "inside a word", "the same for an owner"),
    (b"a\\", "escapes nothing", "nothing follows"),
    (b"* team", "not an owner", "an owner has an @"),
    (b"* @", "not an owner", "and a name"),
    (b"* @a/", "not an owner", "and a team, after a slash"),
    (b"* @a/b/c", "not an owner", "but only one"),
    (b"* docs@", "not an owner", "GitHub's own example of an invalid owner"),
    (b"* @a bad @b", "not an owner", "one bad owner spoils the line"),
    (b"* @a\x1b]0;x", "not an owner", "a control character is no letter of a name"),
]


@pytest.mark.parametrize(("line", "reason", "why"), INVALID)
def test_an_invalid_line_is_left_out_and_reported(line: bytes, reason: str, why: str) -> None:
    read = parse(b"* @all\n" + line + b"\n")
    assert [rule.line for rule in read.rules] == [1], why
    assert [(ignored.line, ignored.text) for ignored in read.ignored] == [(2, line.decode())]
    assert reason in read.ignored[0].reason
    decided = read.rule("docs/id")
    assert decided is not None
    assert decided.owners == ("@all",)


def owners(content: str, path: str) -> tuple[str, ...] | None:
    rule = parse(content.encode()).rule(path)
    return None if rule is None else rule.owners


def test_the_last_match_wins() -> None:
    content = "* @all\n/docs/ @writers\n*.md @editors\n"
    assert owners(content, "main.py") == ("@all",)
    assert owners(content, "docs/a.txt") == ("@writers",)
    assert owners(content, "docs/a.md") == ("@editors",)


def test_a_line_without_owners_takes_them_away() -> None:
    assert owners("/apps/ @a\n/apps/github\n", "apps/github/x") == ()
    assert owners("/apps/ @a\n/apps/github\n", "apps/other") == ("@a",)


def test_no_match_is_not_the_same_as_no_owner() -> None:
    assert owners("/apps/ @a\n", "README.md") is None


def test_owners_of_every_form_keep_their_order_and_writing() -> None:
    content = "* @user @Org/The-Team first.last+tag@example.com\t@short_emu\n"
    wanted = ("@user", "@Org/The-Team", "first.last+tag@example.com", "@short_emu")
    assert owners(content, "x") == wanted


def test_comments_blank_lines_and_line_ends() -> None:
    content = (
        "\ufeff# all\r\n\r\n   \t\r\n  *\t@all  # the default\r\n#* @nobody\r\n/a/ # nobody\r\n"
    )
    assert owners(content, "x") == ("@all",)
    assert owners(content, "a/x") == ()
    assert parse(content.encode()).ignored == ()
    assert [rule.line for rule in parse(content.encode()).rules] == [4, 6]


def test_a_blank_at_the_end_may_be_escaped() -> None:
    assert owners("name\\ \n", "name ") == ()
    assert owners("name\\  @a", "name ") == ("@a",)


def test_an_empty_file_decides_nothing() -> None:
    assert parse(b"").rule("x") is None


def test_bytes_that_are_no_text_do_not_stop_the_reading() -> None:
    read = parse(b"\xff\xfe @a\n* @b\n")
    rule = read.rule("x")
    assert rule is not None
    assert rule.owners == ("@b",)


def test_a_file_that_is_too_large_is_not_read_at_all() -> None:
    full = b"* @a\n" + b"#" * (LARGEST - 5)
    assert parse(full).rule("x") is not None
    read = parse(full + b"#")
    assert read.rule("x") is None
    assert [(line.line, "3 MB" in line.reason) for line in read.ignored] == [(0, True)]


def test_github_looks_in_its_own_folder_first() -> None:
    assert LOCATIONS == (".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS")


SIZE = 65_536
HOSTILE = [
    ("a*" * (SIZE // 2) + "b", "a" * SIZE),
    ("*" + "a?" * (SIZE // 2) + "b*", "a" * SIZE),
    ("**/a/" * (SIZE // 5) + "b", "a/" * (SIZE // 2) + "c"),
    ("*/" * (SIZE // 2) + "b", "a/" * (SIZE // 2) + "c"),
    ("**/" + "*a" * (SIZE // 2), "a" * (SIZE - 1) + "b"),
]


@pytest.mark.timeout(60)  # backtracking would take for ever
@pytest.mark.parametrize(("pattern", "path"), HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_patterns_are_decided(pattern: str, path: str) -> None:
    assert not matches(pattern, path)


@pytest.mark.timeout(60)
def test_hostile_files_are_decided() -> None:
    many = parse(b"a*b @x\n" * (SIZE // 7)).rule("a" * 4096 + "b")
    assert many is not None
    assert many.line == SIZE // 7
    letters = "".join(chr(0x4E00 + i) for i in range(16_000))
    assert parse("".join(f"{c}\n" for c in letters).encode()).rule(letters) is None
    assert len(parse(b"* " + b"a." * SIZE + b"@").ignored) == 1
    assert len(parse(b"\\ " * SIZE).rules) == 1


words = st.lists(st.sampled_from(["a", "b", "*", "**", "?", "/", "\\", " ", "#", "!", "[", "@"]))


@given(words, words)
def test_anything_can_be_read(line: list[str], path: list[str]) -> None:
    read = parse(("".join(line) + " @x\n* @y").encode())
    assert all(isinstance(ignored.reason, str) for ignored in read.ignored)
    read.rule("".join(path))


@given(st.lists(st.sampled_from(["a", "b", "*", "?", "/", "**/"]), min_size=1, max_size=6), words)
def test_all_patterns_at_once_decide_as_each_on_its_own(parts: list[str], path: list[str]) -> None:
    pattern, name = "".join(parts).replace("***", "*"), "".join(path) or "a"
    try:
        alone = matches(pattern, name)
    except ValueError:
        return
    rule = parse(f"/zzz @first\n{pattern} @x\n/zzz @last\n".encode()).rule(name)
    assert (rule is not None) == alone


PATHS = [
    "a",
    "b",
    "ab",
    "a/a",
    "a/b",
    "b/a",
    "aa/b",
    "a/b/a",
    "b/a/b",
    "a/a/b",
    "a/b/ab",
    "b/b/a/b",
]


def _as_in_gitignore(pattern: str) -> bool:
    """Whether GitHub documents, or is known, to read the pattern as git reads an ignore file."""
    last = pattern.rpartition("/")[2]
    differs = (last in {"*", "**"} and "/" in pattern) or pattern.endswith("**/")
    # git itself reads `/a**/b` as `a`, then `**/b`, against its own documentation.
    differs = differs or re.search(r"[^/]\*\*", pattern) is not None
    return not differs and "***" not in pattern and "//" not in pattern and pattern != "/"


def test_git_reads_the_patterns_the_same_where_it_should(tmp_path: Path) -> None:
    tokens = ["a", "b", "*", "?", "/", "**/"]
    patterns = sorted(
        {"".join(parts) for n in (1, 2, 3, 4) for parts in itertools.product(tokens, repeat=n)},
    )
    patterns = [pattern for pattern in patterns if _as_in_gitignore(pattern)]
    environment = {"PATH": os.environ["PATH"], "GIT_CONFIG_GLOBAL": os.devnull}
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True, env=environment)
    command = ["git", "-C", str(tmp_path), "check-ignore", "--no-index", "--stdin", "-z"]
    for pattern in patterns:
        (tmp_path / ".git" / "info").mkdir(exist_ok=True)
        (tmp_path / ".git" / "info" / "exclude").write_text(f"{pattern}\n")
        asked = "\0".join(PATHS).encode()
        done = subprocess.run(
            command, input=asked, capture_output=True, check=False, env=environment
        )
        ignored = {name for name in done.stdout.decode().split("\0") if name}
        assert {path for path in PATHS if matches(pattern, path)} == ignored, pattern
