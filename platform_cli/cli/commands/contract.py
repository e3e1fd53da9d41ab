"""`platform-cli contract validate|diff|schema`: parse, check or compare, render."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from platform_cli.cli.options import Invocation
from platform_cli.errors import Exit, PlatformError, Problem

if TYPE_CHECKING:
    from platform_cli.contracts.model import Contract


def schema(invocation: Invocation) -> int:
    """Print the JSON Schema of the contract language. Editors complete and check with it.

    \b
    Example:
      platform-cli contract schema > contract.schema.json
    """
    del invocation  # the schema is JSON whichever format is asked for
    from platform_cli.cli.render import json
    from platform_cli.contracts.schema import schema as made

    json.write(made())
    return Exit.DONE


def validate(
    invocation: Invocation,
    paths: Annotated[
        list[Path] | None,
        typer.Argument(metavar="PATHS", help="Contracts or folders; else the whole repository."),
    ] = None,
    *,
    baseline: Annotated[
        str | None,
        typer.Option("--baseline", metavar="REF", help="Judge the version against this commit."),
    ] = None,
    dbt: Annotated[
        Path | None,
        typer.Option("--dbt", metavar="DIR", help="The dbt project; else the repository's own."),
    ] = None,
) -> int:
    """Check contracts: the YAML, the version against a baseline, the dbt model, the policies.

    One card a contract, every finding at once; exits with 5 where a check fails. A baseline is
    read from the commit: the work tree stays as it is, and nothing of the repository is run.
    --format github annotates a pull request.

    \b
    Examples:
      platform-cli contract validate
      platform-cli contract validate product --baseline origin/main
      platform-cli contract validate product.contract.yaml --dbt . --format json
    """
    from platform_cli import policies
    from platform_cli.cli.render import contract, json, text
    from platform_cli.domain_repo.contract_files import Project
    from platform_cli.domain_repo.validating import Wish, validated
    from platform_cli.git import Git
    from platform_cli.settings import process_environment

    settings = invocation.settings
    project = None
    if settings.project is not None:
        own = settings.contract
        project = Project(settings.project.parent, own.paths, own.dbt)
    validation = validated(
        Wish(Path.cwd(), tuple(paths or ()), baseline, dbt, project),
        policies.released(settings.policy.bundle),
        git=Git(process_environment()),
        engine="auto",
        now=datetime.now(tz=UTC),
    )
    if invocation.json:
        json.write(contract.validation_document(validation))
    elif invocation.format == "github":
        contract.annotate_validation(validation)
    else:
        columns = text.width(invocation.terminal, sys.stdout, settings.output.width)
        contract.tell_validation(validation, columns)
    return Exit.DENIED if validation.outcome == "failed" else Exit.DONE


validate.formats = ("human", "json", "github")  # type: ignore[attr-defined]  # read by with_shared_options


def diff(
    invocation: Invocation,
    old: Annotated[str, typer.Argument(metavar="OLD", help="A file, or REF:path.")],
    new: Annotated[str, typer.Argument(metavar="NEW", help="A file, or REF:path.")],
) -> int:
    """What a change to a contract costs: every difference with its rule, and the version to write.

    Exits with 5 where the declared version does not carry the change, or no version can.

    \b
    Examples:
      platform-cli contract diff main:product.contract.yaml product.contract.yaml
      platform-cli contract diff old.contract.yaml new.contract.yaml --format json
    """
    from platform_cli import policies
    from platform_cli.cli.render import contract, json, text
    from platform_cli.contracts.compare import compare
    from platform_cli.contracts.rules import reclassed
    from platform_cli.contracts.version import judge

    before, after = _contract(old), _contract(new)
    bundle = policies.released(invocation.settings.policy.bundle)
    table = reclassed(policies.reclassed_rules(bundle))
    comparison = compare(before, after, today=datetime.now(tz=UTC).date(), reclassed=table)
    verdict = judge(before.version, after.version, comparison.change_class)
    if invocation.json:
        json.write(contract.diff_document(comparison, verdict))
    else:
        wished = invocation.settings.output.width
        columns = text.width(invocation.terminal, sys.stdout, wished)
        contract.tell_diff(before, after, comparison, verdict, columns)
    return Exit.DONE if verdict.sufficient else Exit.DENIED


def _contract(named: str) -> Contract:
    """The contract of a file or of a commit. Raises PLT-CONTRACT-001 or -002."""
    from platform_cli.contracts.load import load

    loaded = load(_text(named), named)
    if loaded.contract is not None:
        return loaded.contract
    problems = [
        Problem(
            f"{named}:{one.line}:{one.column}",
            f"{one.address}: {one.message}" if one.address else one.message,
            f"Expected: {one.expected}." if one.expected else "",
        )
        for one in loaded.findings
    ]
    found = "1 finding" if len(problems) == 1 else f"{len(problems)} findings"
    raise PlatformError(
        "PLT-CONTRACT-001",
        f"{named} is not a valid contract: {found}. Nothing was compared.",
        address=problems[0].address,
        problems=problems,
    )


def _text(named: str) -> bytes:
    from platform_cli.contracts.yaml_source import LARGEST

    path = Path(named)
    if path.is_file():
        with path.open("rb") as file:
            return file.read(LARGEST + 1)
    reference, colon, inside = named.partition(":")
    found = _committed(reference, inside) if colon and reference and inside else None
    if found is not None:
        return found
    raise PlatformError(
        "PLT-CONTRACT-002",
        f"{named} is neither a file nor a file of a commit. Nothing was compared.",
        address=named,
    )


def _committed(called: str, path: str) -> bytes | None:
    """The file as a commit of the repository around us has it; None without one or the other."""
    from platform_cli.git import Git, around
    from platform_cli.settings import process_environment

    tree = around(Path.cwd())
    if tree is None:
        return None
    git = Git(process_environment())
    commit = git.resolve(tree.repository, called)
    return git.show(tree.repository, commit, path) if commit is not None else None
