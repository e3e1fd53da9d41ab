"""A further product table: what is refused, what is written, and that it is all or nothing."""

from __future__ import annotations

import errno
import os
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from platform_cli.contracts.language import NAME
from platform_cli.contracts.load import load
from platform_cli.domain_repo import placing
from platform_cli.domain_repo.about import About
from platform_cli.domain_repo.adding import Added, add, problems_of
from platform_cli.errors import Exit, PlatformError
from tests.unit.product_repository import CONTRACT, FILES, contents, make


@pytest.fixture
def own(tmp_path: Path) -> About:
    return make(tmp_path / "loyalty")


@pytest.fixture
def call(own: About, tmp_path: Path) -> Callable[..., Added]:
    """`product add`, each time with a scratch folder of its own."""
    number = iter(range(100))

    def called(table: str = "returns", /, dry_run: bool = False, **said: str) -> Added:
        scratch = tmp_path / f"scratch-{next(number)}"
        scratch.mkdir()
        return add(table, own, said, scratch, dry_run=dry_run)

    return called


Call = Callable[..., Added]


def conflict(added: Added, *paths: str) -> None:
    assert added.outcome == "conflict"
    assert added.error is not None
    assert (added.error.code, added.error.exit) == ("PLT-PRODUCT-001", Exit.DECISION)
    assert sorted(problem.address for problem in added.error.problems) == sorted(paths)


def test_every_file_is_written_and_nothing_else_is_touched(own: About, call: Call) -> None:
    before = contents(own.folder)
    added = call()
    assert added.outcome == "added"
    assert added.files == tuple((name, "written") for name in FILES)
    assert added.address == "loyalty.product.returns"
    after = contents(own.folder)
    assert {name: after[name] for name in before} == before
    assert set(after) - set(before) == {*FILES, "product", "tests"}


def test_who_may_read_a_file_is_the_person_s_choice(own: About, call: Call) -> None:
    before = os.umask(0o027)
    try:
        call()
    finally:
        os.umask(before)
    found = contents(own.folder)
    assert {stat.S_IMODE(found[name][0]) for name in FILES} == {0o640}


def test_the_contract_is_a_valid_draft_with_the_domain_s_region(own: About, call: Call) -> None:
    call(description='Say "hi" & [[ x ]] {{ y }} # a: b')
    loaded = load((own.folder / CONTRACT).read_bytes(), CONTRACT)
    assert loaded.valid
    contract = loaded.contract
    assert contract is not None
    assert contract.draft
    assert contract.name == "loyalty.product.returns"
    assert contract.owner.team == "@acme/loyalty-team"
    assert contract.owner.on_call == "loyalty-pager"
    assert contract.tags == {"region:APAC"}
    assert contract.description == 'Say "hi" & [[ x ]] {{ y }} # a: b'


def test_a_person_that_owns_a_domain(own: About, tmp_path: Path) -> None:
    (tmp_path / "s").mkdir()
    alone = About(own.folder, own.domain, own.catalog_name, "user:@ann", own.on_call)
    add("returns", alone, {}, tmp_path / "s")
    loaded = load((own.folder / CONTRACT).read_bytes(), CONTRACT)
    assert loaded.contract is not None
    assert loaded.contract.owner.team == "user:@ann"


def test_a_dry_run_lists_and_writes_nothing(own: About, call: Call) -> None:
    before = contents(own.folder)
    added = call(dry_run=True)
    assert added.outcome == "planned"
    assert added.files == tuple((name, "planned") for name in FILES)
    assert contents(own.folder) == before
    call()
    assert [name for name, _ in added.files] == [
        name for name in contents(own.folder) if name in FILES
    ]


def test_a_second_table_and_a_third(own: About, call: Call) -> None:
    call()
    before = contents(own.folder)
    assert call("refunds").outcome == "added"
    after = contents(own.folder)
    assert {name: after[name] for name in before} == before


def test_a_table_that_exists(own: About, call: Call) -> None:
    call()
    before = contents(own.folder)
    for dry_run in (True, False):
        conflict(call(dry_run=dry_run), CONTRACT)
    assert contents(own.folder) == before


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("kind", ["file", "folder", "link"])
def test_anything_in_the_way_is_a_conflict(own: About, call: Call, name: str, kind: str) -> None:
    target = own.folder / name
    target.parent.mkdir(exist_ok=True)
    if kind == "file":
        target.write_text("mine", encoding="utf-8")
    elif kind == "folder":
        target.mkdir()
    else:
        target.symlink_to("nowhere")
    before = contents(own.folder)
    added = call()
    assert added.error is not None
    assert name in [problem.address for problem in added.error.problems]
    assert dict(added.files)[name] == "conflict"
    assert {status for _, status in added.files} == {"conflict", "blocked"}
    assert contents(own.folder) == before


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("deep/mine.contract.yaml", 'name: "loyalty.product.returns"\nversion: 7\n'),
        ("models/derived/returns.sql", "select 1\n"),
        ("models/returns.py", ""),
        ("seeds/returns.csv", "a\n"),
        ("snapshots/a/returns.sql", ""),
    ],
)
def test_a_name_that_is_taken_elsewhere(own: About, call: Call, path: str, text: str) -> None:
    file = own.folder / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    before = contents(own.folder)
    conflict(call(), path)
    assert contents(own.folder) == before


def test_a_folder_that_is_a_file(own: About, call: Call) -> None:
    (own.folder / "tests").write_text("mine", encoding="utf-8")
    conflict(call(), "tests/returns_grain.sql")


def test_a_folder_that_leads_elsewhere(own: About, call: Call, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (own.folder / "product").symlink_to(elsewhere)
    conflict(call(), CONTRACT)
    assert list(elsewhere.iterdir()) == []


class TestInput:
    @pytest.mark.parametrize(
        ("table", "count"),
        [
            ("", 1),
            ("Returns", 2),
            ("re-turns", 1),
            ("../evil", 2),
            ("1st", 1),
            ("_a", 1),
            ("a" * 61, 1),
            ("product", 1),
            ("aux", 1),
            ("returns_v2", 1),
            ("\x1b[2J\u202e", 2),
            ("a\n", 1),
            ("Re-turns_v2" + "x" * 60 + "_v2", 4),
        ],
    )
    def test_every_problem_of_a_name_is_told(
        self, own: About, call: Call, table: str, count: int
    ) -> None:
        before = contents(own.folder)
        with pytest.raises(PlatformError) as caught:
            call(table, region="Mars", colour="red")
        error = caught.value
        assert (error.code, error.exit) == ("PLT-SPEC-001", Exit.USAGE)
        assert [problem.address for problem in error.problems].count("TABLE") == count
        assert len(error.problems) == count + 2
        assert not any(char in str(error.problems) for char in "\x1b\u202e")
        assert contents(own.folder) == before

    @given(st.text(max_size=70) | st.from_regex(r"[a-z_][a-z0-9_]{0,70}", fullmatch=True))
    def test_a_name_without_a_problem_is_one_in_a_contract(self, table: str) -> None:
        if not list(problems_of(table)):
            assert NAME.fullmatch(f"loyalty.product.{table}")

    def test_a_region_is_asked_for_where_nobody_said_it(self, own: About, call: Call) -> None:
        answers = own.folder / ".copier-answers.yml"
        for text in (None, "", "- a\n", "region: 7\n", "a: [\n", "region: !!python/name:os.x\n"):
            if text is None:
                answers.unlink()
            else:
                answers.write_text(text, encoding="utf-8")
            with pytest.raises(PlatformError) as caught:
                call()
            assert [problem.address for problem in caught.value.problems] == ["--set region"]
        call(region="US")
        said = yaml.safe_load((own.folder / CONTRACT).read_text(encoding="utf-8"))
        assert said["tags"] == ["region:US"]

    def test_a_region_that_the_answers_have_and_the_template_does_not(
        self, own: About, call: Call
    ) -> None:
        (own.folder / ".copier-answers.yml").write_text("region: Mars\n", encoding="utf-8")
        with pytest.raises(PlatformError) as caught:
            call()
        assert caught.value.code == "PLT-SPEC-001"

    @pytest.mark.parametrize("key", ["table", "owner", "template_version"])
    def test_what_only_the_program_answers_cannot_be_set(self, call: Call, key: str) -> None:
        with pytest.raises(PlatformError) as caught:
            call(**{key: "x"})
        assert caught.value.code == "PLT-SPEC-001"


class TestAllOrNothing:
    @pytest.mark.parametrize("number", range(1, len(FILES) + 1))
    @pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "full"), KeyboardInterrupt()])
    def test_what_fails_leaves_nothing(
        self,
        own: About,
        call: Call,
        monkeypatch: pytest.MonkeyPatch,
        number: int,
        error: BaseException,
    ) -> None:
        before, left = contents(own.folder), [number]
        link = os.link

        def fail(*given: Any) -> None:
            left[0] -= 1
            if not left[0]:
                raise error
            link(*given)

        with monkeypatch.context() as patch:
            patch.setattr(os, "link", fail)
            with pytest.raises((PlatformError, KeyboardInterrupt)) as caught:
                call()
        if isinstance(caught.value, PlatformError):
            assert caught.value.code == "PLT-HOME-002"
            assert "Nothing was written" in caught.value.summary
        assert contents(own.folder) == before
        assert call().outcome == "added"

    def test_somebody_makes_a_file_between_our_look_and_our_write(
        self, own: About, call: Call, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        link, theirs = os.link, own.folder / CONTRACT

        def late(source: Any, target: Path) -> None:
            if target == theirs:
                theirs.write_text("theirs", encoding="utf-8")
            link(source, target)

        monkeypatch.setattr(os, "link", late)
        with pytest.raises(PlatformError) as caught:
            call()
        assert caught.value.code == "PLT-PRODUCT-001"
        assert theirs.read_text(encoding="utf-8") == "theirs"
        left = set(contents(own.folder)) & {*FILES, placing.STAGING}
        assert left == {CONTRACT}

    @pytest.mark.parametrize("there", [False, True])
    def test_a_disk_without_links(
        self, own: About, call: Call, monkeypatch: pytest.MonkeyPatch, there: bool
    ) -> None:
        def never(_: Any, target: Path) -> None:
            if there:
                target.write_text("theirs", encoding="utf-8")
            raise OSError(errno.EPERM, os.strerror(errno.EPERM))

        monkeypatch.setattr(os, "link", never)
        if there:
            with pytest.raises(PlatformError) as caught:
                call()
            assert caught.value.code == "PLT-PRODUCT-001"
        else:
            assert call().outcome == "added"
            assert set(FILES) <= set(contents(own.folder))

    def test_a_repository_that_cannot_be_written(
        self, own: About, call: Call, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def refuse(*_: Any, **__: Any) -> None:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(own.folder))

        before = contents(own.folder)
        with monkeypatch.context() as patch:
            patch.setattr(Path, "mkdir", refuse)
            with pytest.raises(PlatformError) as caught:
                placing.place(own.folder, own.folder, ("a",))
        assert caught.value.code == "PLT-HOME-001"
        assert contents(own.folder) == before

    def test_two_at_once(self, own: About) -> None:
        """Two processes add the same table: one does, the other finds it there."""
        code = (
            "import os, sys, tempfile\nfrom pathlib import Path\n"
            "from platform_cli.domain_repo.about import about\n"
            "from platform_cli.domain_repo.adding import add\n"
            "sys.stdin.readline()\n"
            "with tempfile.TemporaryDirectory() as scratch:\n"
            "    print(add('returns', about(Path(sys.argv[1])), {}, Path(scratch)).outcome)\n"
        )
        processes = [
            subprocess.Popen(
                [sys.executable, "-c", code, str(own.folder)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            for _ in range(2)
        ]
        for process in processes:
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
        said = sorted(process.communicate(timeout=120)[0].strip() for process in processes)
        assert said == ["added", "conflict"]
        assert set(FILES) <= set(contents(own.folder))
        assert placing.STAGING not in contents(own.folder)
