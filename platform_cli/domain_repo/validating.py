"""`contract validate`: gathers a repository's contracts, their baseline and the dbt project.

Executes nothing of the repository, changes nothing in it, and reads a baseline from the commit
alone: the work tree stays as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from platform_cli.contracts.card import File, Validation
from platform_cli.contracts.load import load
from platform_cli.contracts.validate import Baseline, Governance, validate
from platform_cli.domain_repo import contract_files
from platform_cli.domain_repo.contract_files import END, Project, Scope
from platform_cli.errors import PlatformError
from platform_cli.git import Git, WorkTree, around
from platform_cli.policies.bundle import Bundle
from platform_cli.policies.engine import Choice, Engine
from platform_cli.policies.exceptions import PolicyException, read_repository
from platform_cli.policies.metadata import policies

if TYPE_CHECKING:
    from platform_cli.dbt_project import DbtProject

_DBT: Final = "dbt_project.yml"
_DBT_ENDS: Final = (".yml", ".yaml", ".sql")
_LARGEST: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Wish:
    """What a person asks to be validated, and where they stand."""

    here: Path
    paths: tuple[Path, ...] = ()
    baseline: str | None = None
    dbt: Path | None = None
    project: Project | None = None


def validated(
    wish: Wish, bundle: Bundle, *, git: Git, engine: Engine | Choice, now: datetime
) -> Validation:
    """Every check of every contract that is asked about.

    Raises PLT-CONTRACT-002, -003 and -005, PLT-DBT-001, PLT-GIT and PLT-POLICY codes.
    """
    scope = contract_files.scope(wish.paths, wish.here, wish.project)
    commit = _commit(wish.baseline, scope, git) if wish.baseline is not None else None
    found = contract_files.files(scope, beside=commit is not None)
    project = _project(wish, scope)
    baseline = None
    if commit is not None and scope.tree is not None:
        baseline = _baseline(git, scope, scope.tree, commit, project)
    if not found and (baseline is None or not baseline.files):
        raise PlatformError(
            "PLT-CONTRACT-002",
            f"There is no file *{END} in {scope.root}. Nothing was validated.",
            hint=f"A contract is a file such as product{END}; `contract schema` says more.",
            address=str(scope.root),
        )
    governance = Governance(bundle, engine, now, _exceptions(scope.root, bundle, now))
    return validate(found, governance, baseline=baseline, project=project, covered=scope.covers)


def _exceptions(root: Path, bundle: Bundle, now: datetime) -> tuple[PolicyException, ...]:
    """The repository's exceptions, where a policy about contracts allows any."""
    if any(policy.input == "contract" and policy.exceptions for policy in policies(bundle)):
        return read_repository(root, bundle, now)
    return ()


def _project(wish: Wish, scope: Scope) -> DbtProject | None:
    """The dbt project: the one that was named, the settings' own, the one at the top."""
    if wish.dbt is not None:
        folder = contract_files.whole(wish.here, wish.dbt)
    elif scope.project is not None and scope.project.dbt is not None:
        folder = contract_files.whole(scope.project.folder, Path(scope.project.dbt))
    elif (scope.root / _DBT).is_file():
        folder = scope.root
    else:
        return None
    from platform_cli.dbt_project import read

    return read(folder)


def _commit(called: str, scope: Scope, git: Git) -> str:
    """The commit of the baseline. Raises PLT-CONTRACT-005."""
    if scope.tree is None:
        raise PlatformError(
            "PLT-CONTRACT-005",
            f"There is no git repository around {scope.root}, and so no {called} in it. Nothing "
            "was validated.",
            hint="Run it in a clone of the domain's repository, or without --baseline.",
            address=called,
        )
    for path in scope.asked:
        if around(contract_files.folder_of(path)) != scope.tree:
            raise PlatformError(
                "PLT-CONTRACT-005",
                f"{path} is not in the repository {scope.root}, whose {called} is the baseline. "
                "Nothing was validated.",
                hint="Run it once for each repository.",
                address=str(path),
            )
    commit = git.resolve(scope.tree.repository, called)
    if commit is None:
        shallow = git.is_shallow(scope.tree.repository)
        raise PlatformError(
            "PLT-CONTRACT-005",
            f"There is no commit {called} in the repository {scope.root}. Nothing was validated.",
            hint=(
                "This clone is shallow. Fetch what is missing: git fetch --unshallow, or in a "
                "workflow `fetch-depth: 0`."
                if shallow
                else "Name a branch, a tag or a commit of this clone; git fetch brings what is new."
            ),
            address=called,
        )
    return commit


def _baseline(
    git: Git, scope: Scope, tree: WorkTree, commit: str, project: DbtProject | None
) -> Baseline:
    """The contracts of the commit and its dbt project, read at one go."""
    ends = _DBT_ENDS if project is not None else ()
    files = git.chosen(
        tree.repository,
        commit,
        lambda path: path.endswith(ends) or scope.counts(path),
        largest=_LARGEST,
    )
    contracts = tuple(
        File(path, contract_files.too_large(None) if text is None else load(text, path))
        for path, text in files.items()
        if scope.counts(path)
    )
    return Baseline(contracts, _project_of(files, tree, project))


def _project_of(
    files: Mapping[str, bytes | None], tree: WorkTree, project: DbtProject | None
) -> DbtProject | None:
    """The same dbt project as the commit has it; None where it has none there."""
    if project is None or project.folder is None:
        return None
    if not project.folder.is_relative_to(tree.top):
        return None
    inside = project.folder.relative_to(tree.top).as_posix()
    prefix = "" if inside == "." else f"{inside}/"
    own = {
        path.removeprefix(prefix): text
        for path, text in files.items()
        if text is not None and path.startswith(prefix)
    }
    from platform_cli.dbt_project import from_files

    try:
        return from_files(own)
    except PlatformError:  # there was none yet, or none that could be read: nothing to compare
        return None
