"""The embedded forge when its process is killed, and when many come at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from platform_cli.errors import PlatformError
from platform_cli.providers.forge import records
from platform_cli.providers.forge.local import LocalForge
from platform_cli.providers.marker import Marker
from tests.providers.forge_local import (
    LocalFixtures,
    at_once,
    child,
    create,
    hidden,
    killed,
)
from tests.providers.forge_suite import (
    MARKER,
    NAME,
    commit_of,
    refused,
)

# Where the process dies while it creates, and whether the repository must be there afterwards.
POINTS = [
    ("before(Git, 'init_bare')", False),
    ("after(Git, 'init_bare')", False),
    ("before(os, 'fsync')", False),
    ("after(os, 'fsync', 3)", False),
    ("before(os, 'replace')", False),
    ("after(os, 'replace')", False),
    ("before(os, 'rename')", False),
    ("after(os, 'rename')", True),
]


@pytest.mark.crash
class TestKill(LocalFixtures):
    @pytest.mark.parametrize(("point", "there"), POINTS)
    def test_create_is_nothing_or_all(self, forge: LocalForge, point: str, there: bool) -> None:
        killed(forge, f"{point}\ncreate()")
        seen = forge.repository(NAME)
        assert (seen is not None) == there
        if seen is None:
            create(forge)
            seen = forge.repository(NAME)
        else:
            refused("PLT-FORGE-001", lambda: create(forge))
            create(forge, "another")
        assert seen is not None
        assert (seen.marker, seen.empty) == (MARKER, True)
        assert hidden(forge) == []

    def test_what_was_left_is_hidden_and_taken_away(self, forge: LocalForge) -> None:
        for _ in range(2):
            killed(forge, "after(os, 'replace')\ncreate()")
            (left,) = hidden(forge)
            assert left.startswith(".new-")
        create(forge)
        assert hidden(forge) == []

    def test_what_a_living_process_makes_is_not(self, forge: LocalForge) -> None:
        code = (
            "from contextlib import ExitStack\nfrom platform_cli import disk\n"
            "from platform_cli.providers.forge import records\n"
            "disk.private_folder(forge.root / 'acme')\n"
            "with records.staging(forge.root / 'acme') as made:\n"
            "    print(made, flush=True)\n    sys.stdin.readline()\n    print(made.exists())"
        )
        process = child(forge, code)
        assert process.stdout is not None
        made = Path(process.stdout.readline().strip())
        create(forge)
        assert made.is_dir()
        with records.staging(made.parent) as ours, records.staging(made.parent) as more:
            assert made.is_dir()
            assert ours.is_dir()
            assert more.is_dir()
        output, _ = process.communicate("go\n", timeout=60)
        assert output == "True\n"
        assert hidden(forge) == []

    @pytest.mark.parametrize(
        ("point", "value"),
        [
            ("before(os, 'replace')", "1"),
            ("after(os, 'replace')", "2"),
            ("before(os, 'fsync')", "1"),
        ],
    )
    def test_a_setting_is_the_old_one_or_the_new(
        self, forge: LocalForge, point: str, value: str
    ) -> None:
        create(forge)
        forge.set_variable(NAME, "A", "1")
        killed(forge, f"{point}\nforge.set_variable('loyalty', 'A', '2')")
        assert dict(forge.variables(NAME)) == {"A": value}
        forge.set_variable(NAME, "B", "3")
        assert dict(forge.variables(NAME)) == {"A": value, "B": "3"}
        assert hidden(forge) == []

    @pytest.mark.parametrize(
        ("point", "there"),
        [
            ("after(Git, 'init_bare')", False),
            ("before(Git, 'push')", False),
            ("after(Git, 'push')", True),
        ],
    )
    def test_a_push_is_nothing_or_all(
        self, forge: LocalForge, tmp_path: Path, point: str, there: bool
    ) -> None:
        create(forge)
        commit = commit_of(tmp_path / "files", {"a": "a"})
        killed(forge, f"{point}\nforge.push('loyalty', 'main', commit)")
        branch = forge.branch(NAME, "main")
        assert (branch is not None) == there
        if branch is None:
            forge.push(NAME, "main", commit)
            branch = forge.branch(NAME, "main")
        else:
            refused("PLT-FORGE-001", lambda: forge.push(NAME, "main", commit))
        assert branch is not None
        assert branch.onboardings == {"onboarding-1"}
        assert hidden(forge) == []


class TestAtOnce(LocalFixtures):
    def test_thirty_repositories(self, forge: LocalForge, tmp_path: Path) -> None:
        def onboard(number: int) -> None:
            name = f"domain-{number}"
            create(forge, name, Marker(name, str(number)))
            forge.set_variable(name, "A", str(number))
            forge.push(name, "main", commit_of(tmp_path / name, {"a": name}, str(number)))

        results = at_once([lambda n=n: onboard(n) for n in range(30)])  # type: ignore[misc] # a default binds the number
        assert results == [None] * 30
        for number in range(30):
            name = f"domain-{number}"
            branch, seen = forge.branch(name, "main"), forge.repository(name)
            assert seen is not None
            assert branch is not None
            assert seen.marker == Marker(name, str(number))
            assert branch.onboardings == {str(number)}
            assert dict(forge.variables(name)) == {"A": str(number)}
        assert hidden(forge) == []

    def test_threads_that_create_the_same_one(self, forge: LocalForge) -> None:
        def attempt(number: int) -> object:
            marker = Marker(NAME, str(number))
            return forge.create_repository(NAME, marker=marker, description="")

        results = at_once([lambda n=n: attempt(n) for n in range(12)])  # type: ignore[misc] # the same
        errors = [result for result in results if isinstance(result, PlatformError)]
        assert {error.code for error in errors} == {"PLT-FORGE-001"}
        assert [r for r in results if not isinstance(r, PlatformError)] == [forge.repository(NAME)]
        assert hidden(forge) == []

    def test_processes_that_create_the_same_one(self, forge: LocalForge) -> None:
        code = (
            "from platform_cli.errors import PlatformError\n"
            "print('ready', flush=True)\nsys.stdin.readline()\n"
            "try:\n    create()\n    print('made')\n"
            "except PlatformError as error:\n    print(error.code)"
        )
        processes = [child(forge, code, str(number)) for number in range(6)]
        for process in processes:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
        for process in processes:
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
        said = [process.communicate(timeout=60)[0].strip() for process in processes]
        assert sorted(said) == ["PLT-FORGE-001"] * 5 + ["made"]
        seen = forge.repository(NAME)
        assert seen is not None
        assert seen.marker == Marker(NAME, str(said.index("made")))
        assert hidden(forge) == []

    def test_settings_of_several_threads_and_processes(self, forge: LocalForge) -> None:
        create(forge)
        code = (
            "sys.stdin.readline()\nfor i in range(10):\n"
            "    forge.set_variable('loyalty', f'{sys.argv[2]}-{i}', str(i))\n"
            "    forge.grant('loyalty', f'@{sys.argv[2]}-{i}', 'write')"
        )
        processes = [child(forge, code, f"p{number}") for number in range(3)]
        for process in processes:
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
        results = at_once(
            [
                *(lambda n=n: forge.set_variable(NAME, f"t-{n}", str(n)) for n in range(20)),
                *(lambda n=n: forge.grant(NAME, f"@t-{n}", "write") for n in range(20)),
            ]
        )
        assert results == [None] * 40
        for process in processes:
            process.communicate(timeout=60)
            assert process.returncode == 0
        keys = {f"t-{n}" for n in range(20)} | {f"p{n}-{i}" for n in range(3) for i in range(10)}
        assert set(forge.variables(NAME)) == keys
        assert set(forge.permissions(NAME)) == {f"@{key}" for key in keys}

    def test_pushes_to_one_branch(self, forge: LocalForge, tmp_path: Path) -> None:
        create(forge)
        commits = [commit_of(tmp_path / str(n), {"a": str(n)}) for n in range(8)]
        results = at_once([lambda c=c: forge.push(NAME, "main", c) for c in commits])  # type: ignore[misc] # the same
        errors = [result for result in results if isinstance(result, PlatformError)]
        assert {error.code for error in errors} == {"PLT-FORGE-001"}
        branch = forge.branch(NAME, "main")
        assert branch is not None
        assert [r for r in results if not isinstance(r, PlatformError)] == [branch.head]
        assert hidden(forge) == []
